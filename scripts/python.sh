#!/bin/sh
# Prints the Python to build the virtual environments with: $PYTHON if set, else the newest supported one that works.
# Each candidate is really run, as a name on PATH may be a version manager's shim for something not installed.
set -eu

works() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    if works "$PYTHON"; then
        echo "$PYTHON"
        exit 0
    fi
    echo "PYTHON=$PYTHON does not run, is older than 3.10, or lacks venv and ensurepip." >&2
    exit 1
fi
for candidate in python3.13 python3.12 python3.11 python3.10 python3; do
    if works "$candidate"; then
        command -v "$candidate"
        exit 0
    fi
done
cat >&2 <<'MESSAGE'
No usable Python found: the local gateway needs Python 3.10 or newer with the modules venv and ensurepip.
Install one (on Debian and Ubuntu: apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python3 …
MESSAGE
exit 1
