#!/bin/sh
# The servers that some tests run beside them: Kannel for SMS, Dovecot for mail. Debian's packages;
# none of them is started as a service: each test starts its own, on free ports, and ends it.
set -eu
packages="kannel kannel-extras dovecot-imapd dovecot-lmtpd"
missing=""
for package in $packages; do
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "install ok installed"; then
        missing="$missing $package"
    fi
done
if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$missing with apt …" >&2
    apt-get update -qq >/dev/null
    # Nothing may be started by the installation.
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends \
        $missing >/dev/null
else
    echo "Tests with real servers need$missing. Ask an administrator to run this, then try again:" >&2
    echo "    apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    echo "\`make fast\` needs none of them." >&2
    exit 1
fi
