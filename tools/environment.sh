#!/bin/sh
# Make or refresh .venv from the lock file:  tools/environment.sh run|dev
# Does nothing when lock file, Python and folder are as last time.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
kind=${1:-run}

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    say "Python 3.11 or later is needed. On Debian 12: apt-get install -y python3 python3-venv"
    exit 1
}

need_venv_module() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        say "Installing python3-venv with apt …"
        apt-get update -qq >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv \
            >/dev/null
    else
        say "Python's venv module is missing. Ask an administrator to run this, then try again:"
        say "    apt-get update && apt-get install -y python3-venv"
        exit 1
    fi
}

hash_of() { sha256sum | cut -d' ' -f1; }

install() {
    say "Installing the packages of $1 …"
    UV_CACHE_DIR="$root/.venv/cache" .venv/bin/uv pip install --quiet --python .venv/bin/python \
        --require-hashes --no-deps -r "$1" >&2
    rm -rf .venv/cache
}

mkdir -p var
exec 9>var/environment.lock
flock 9

python=$(find_python)
base=$({ echo "layout 1" && echo "$root" && "$python" -VV; } | hash_of)
run=$(hash_of < requirements.lock)
dev=$(hash_of < requirements-dev.lock)
has() { grep -qs "$1" .venv/stamp; }

if ! has "$base" || ! [ -x .venv/bin/uv ]; then
    need_venv_module
    say "Making .venv (about a minute, once) …"
    rm -rf .venv
    "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check 'uv>=0.7'
elif has "$run" && { [ "$kind" = run ] || has "$dev"; }; then
    exit 0
fi
if [ "$kind" = dev ] || has "development"; then
    install requirements-dev.lock
    made="$run $dev development"
else
    install requirements.lock
    made="$run"
fi

# The project itself needs no installing: its folder is on the path, and `centro` is one line.
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "$root" > "$site/centro.pth"
cat > .venv/bin/centro <<'SCRIPT'
#!/bin/sh
# The command line of Centro 311 in this environment.
exec "$(dirname "$0")/python" -m centro.ops "$@"
SCRIPT
chmod +x .venv/bin/centro
.venv/bin/python -m compileall -q centro >/dev/null || true
echo "$base $made" > .venv/stamp
