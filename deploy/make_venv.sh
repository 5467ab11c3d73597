#!/bin/sh
# make_venv.sh FOLDER [PYTHON]: makes the virtual environment, also where Debian's python3-venv is missing.
set -eu
here=$(dirname "$0")
venv=$1
python=$(sh "$here/find_python.sh" "${2:-}")
name=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')

if ! "$python" -c 'import ensurepip' 2>/dev/null && ! sh "$here/apt_install.sh" "$name"; then
    # Debian cuts pip out of Python; the same pip can be unpacked by anybody.
    sh "$here/apt_unpack.sh" "$venv/debian" python3-pip-whl || {
        echo "Python's module venv is incomplete here. Install Debian's package $name (apt-get install $name) and try again." >&2
        exit 1
    }
    "$python" -m venv --without-pip "$venv"
    wheel=$(find "$venv/debian/usr/share/python-wheels" -name 'pip-*.whl')
    PYTHONPATH="$wheel" "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel"
    exit 0
fi
"$python" -m venv "$venv"
