#!/bin/sh
# espeak-ng (GPL, used unmodified over a pipe) turns text into phonemes for the voices. Installs it where that is possible.
set -eu
command -v espeak-ng >/dev/null 2>&1 && exit 0
install="apt-get install -y -qq --no-install-recommends espeak-ng"
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then
        echo "installing espeak-ng"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive $install >/dev/null && exit 0
    elif command -v sudo >/dev/null 2>&1; then
        echo "installing espeak-ng (sudo may ask for your password)"
        sudo apt-get update -qq && sudo $install >/dev/null && exit 0
    fi
fi
echo "The voices need the program espeak-ng. Install it (Debian, Ubuntu: apt-get install espeak-ng) and try again." >&2
exit 1
