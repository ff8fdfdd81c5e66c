#!/bin/sh
# What the figures' tests on Spark need: Java, and the packages of the extra `spark`.
set -eu
cd "$(dirname "$0")/.."
if ! command -v java >/dev/null; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Java with apt …" >&2
        apt-get update -qq >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            default-jre-headless >/dev/null
    else
        echo "Spark needs Java 17. Ask an administrator to run this, then try again:" >&2
        echo "    apt-get update && apt-get install -y --no-install-recommends default-jre-headless" >&2
        exit 1
    fi
fi
if ! .venv/bin/python -c 'import pyspark' 2>/dev/null; then
    echo "Installing PySpark …" >&2
    .venv/bin/uv pip install --quiet --python .venv/bin/python --constraint requirements-dev.lock \
        'pyspark>=4,<5' >&2
fi
