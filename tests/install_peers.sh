#!/bin/sh
# Brings the peers that the tests really talk to. Without the right to install, each test that needs a missing one says so.
set -u
missing=""
for pair in sipp:sip-tester baresip:baresip-core sipsak:sipsak chromium:chromium espeak-ng:espeak-ng pg_ctlcluster:postgresql; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing test peers:$missing"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "left out, because they could not be installed:$missing"
[ "${CI:-}" != true ] || exit 1
