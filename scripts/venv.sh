#!/bin/sh
# usage: scripts/venv.sh DIRECTORY EXTRAS
# Makes DIRECTORY a virtual environment with this checkout, editable, and EXTRAS of setup.cfg. Does nothing, quickly,
# if it is one already and neither setup.cfg nor the place of the checkout has changed.
set -eu
cd "$(dirname "$0")/.."
directory=$1 extras=$2

stamp=$directory/.installed
wanted=$( (pwd && echo "$extras" && cat setup.cfg setup.py) | cksum)
if "$directory/bin/python" -c '' 2>/dev/null; then
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        exit 0
    fi
    rm -f "$stamp"
else
    python=$(scripts/python.sh)
    echo "Making $directory with $("$python" --version) …"
    "$python" -m venv --clear "$directory"
fi
scripts/debian.sh "$extras" "$directory/bin/python"
echo "Installing .[$extras] into $directory (takes a minute or two, once) …"
# Python compiles what is imported when it is imported; compiling all that is installed takes a third of the time.
"$directory/bin/python" -m pip install -qq --disable-pip-version-check --no-compile --use-pep517 \
    --editable ".[$extras]"
echo "$wanted" > "$stamp"
