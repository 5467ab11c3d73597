#!/bin/sh
# apt_install.sh PACKAGE...: installs Debian packages where that is allowed (root or sudo). Exit code 1: it is not, or failed.
set -u
command -v apt-get >/dev/null 2>&1 || exit 1
if [ "$(id -u)" = 0 ]; then
    as_root="env"
elif command -v sudo >/dev/null 2>&1; then
    # Without a terminal nobody can be asked for the password.
    if [ -t 0 ]; then as_root="sudo env"; else as_root="sudo -n env"; fi
else
    exit 1
fi
echo "Installing by apt: $*"
$as_root apt-get update -qq || echo "apt-get update failed; going on with the package lists that are here." >&2
# Another installation, as a fresh system makes for its updates, is waited for, for five minutes at most.
$as_root DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@" >/dev/null || exit 1
