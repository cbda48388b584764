#!/bin/sh
# usage: scripts/debian.sh EXTRAS PYTHON
# Installs the Debian packages that EXTRAS of setup.cfg need beside PYTHON. Only `dev` needs any: PyAudio is compiled, and
# the tests play and record on virtual sound devices. Elsewhere than on Debian it does nothing.
set -eu

case ,$1, in
    *,dev,*) ;;
    *) exit 0 ;;
esac
command -v dpkg >/dev/null || exit 0

packages="gcc libc6-dev portaudio19-dev pulseaudio pulseaudio-utils libasound2-plugins espeak-ng sox"
headers='import os, sys, sysconfig
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    print("python%d.%d-dev" % sys.version_info[:2])'
packages="$packages $("$2" -c "$headers")"

missing=
for package in $packages; do
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
