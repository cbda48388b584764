#!/bin/sh
# Debian packages that the project needs beside Python (names separated by spaces). None so far.
DEBIAN_PACKAGES="${DEBIAN_PACKAGES-}"
set -eu

missing=
for package in $DEBIAN_PACKAGES; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
if [ -z "$missing" ]; then
    exit 0
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing the Debian packages$missing …"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
else
    echo "Missing packages. Please run: sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
