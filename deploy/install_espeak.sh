#!/bin/sh
# install_espeak.sh VENV: espeak-ng (GPL, used unmodified over a pipe) turns text into phonemes for the voices.
# Installs it where that is allowed; elsewhere unpacks Debian's package into VENV, with a launcher in VENV/bin.
set -eu
here=$(dirname "$0")
venv=$(cd "$1" && pwd)
PATH="$venv/bin:$PATH"
command -v espeak-ng >/dev/null 2>&1 && exit 0
sh "$here/apt_install.sh" espeak-ng && exit 0

if sh "$here/apt_unpack.sh" "$venv/debian" espeak-ng; then
    phonemes=$(find "$venv/debian/usr" -name phontab | head -n 1)
    data=$(dirname "$(dirname "$phonemes")")
    libraries=$(find "$venv/debian" -name '*.so*' -exec dirname {} + | sort -u | paste -sd : -)
    cat >"$venv/bin/espeak-ng" <<END
#!/bin/sh
# Debian's espeak-ng, unpacked for this user only.
LD_LIBRARY_PATH="$libraries" ESPEAK_DATA_PATH="$data" exec "$venv/debian/usr/bin/espeak-ng" "\$@"
END
    chmod +x "$venv/bin/espeak-ng"
    if [ "$(echo one | espeak-ng -q --ipa -v en-us)" ]; then exit 0; fi
    rm "$venv/bin/espeak-ng"
fi
echo "The voices need the program espeak-ng. Install it (Debian, Ubuntu: apt-get install espeak-ng) and try again." >&2
exit 1
