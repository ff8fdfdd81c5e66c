#!/bin/sh
# The browser of the tests: Debian's Chromium.
set -eu
if [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null; then
    exit 0
fi
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium with apt …" >&2
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core >/dev/null
else
    echo "The browser's tests need Chromium. Ask an administrator to run this, then try again:" >&2
    echo "    apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core" >&2
    echo "or set CHROMIUM to the path of one that is installed. \`make fast\` needs no browser." >&2
    exit 1
fi
