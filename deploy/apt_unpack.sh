#!/bin/sh
# apt_unpack.sh FOLDER PACKAGE...: brings Debian packages, and what they need beyond what is installed, without being root:
# apt downloads and checks them into FOLDER, dpkg unpacks them there, and nothing of the system is changed.
set -eu
command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 || exit 1
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
apt="$folder/.apt"
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
run_apt() {
    apt-get -qq -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o Debug::NoLocking=1 \
        -o Dpkg::Use-Pty=0 "$@" >/dev/null
}
echo "Unpacking Debian packages for this user only: $*"
run_apt update || exit 1
run_apt install -y --download-only --no-install-recommends "$@" || exit 1
for package in "$apt"/cache/archives/*.deb; do
    dpkg -x "$package" "$folder"
done
rm -rf "$apt"
