#!/bin/sh
# Brings the peers that the tests really talk to. Those that cannot be installed are named here, and each test that needs
# one names itself at the end of the run; with CI=true that is a failure.
set -u
peers="sipp:sip-tester baresip:baresip-core sipsak:sipsak chromium:chromium espeak-ng:espeak-ng turnserver:coturn pg_ctlcluster:postgresql kamailio:kamailio nginx:nginx svmap:sipvicious dovecot:dovecot-imapd exim4:exim4-daemon-light"
missing() {
    for pair in $peers; do
        PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || printf ' %s' "${pair#*:}"
    done
    # kamailio's TLS is a package of its own.
    [ -n "$(find /usr/lib -path '*kamailio/modules/tls.so' 2>/dev/null | head -n 1)" ] || printf ' kamailio-tls-modules'
    # The program that drives the browser (playwright's node) needs this library, which a bare Debian does not have.
    [ -n "$(find /lib /usr/lib -name libatomic.so.1 2>/dev/null | head -n 1)" ] || printf ' libatomic1'
}

packages=$(missing)
[ -n "$packages" ] || exit 0
if ! sh "$(dirname "$0")/../deploy/apt_install.sh" $packages; then
    # One that this system does not have must not keep the others away.
    for package in $(missing); do sh "$(dirname "$0")/../deploy/apt_install.sh" "$package"; done
fi
packages=$(missing)
[ -n "$packages" ] || exit 0
echo "Left out, because they could not be installed:$packages (as root: apt-get install --no-install-recommends$packages)"
[ "${CI:-}" != true ] || { echo "CI=true asks for every peer." >&2; exit 1; }
