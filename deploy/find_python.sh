#!/bin/sh
# Prints the Python to use: the one that is named, or the first of those that Warmline runs on; else says what to install.
set -eu
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; }
for python in ${1:-python3.11 python3.12 python3.13 python3.14 python3}; do
    if fits "$python"; then
        echo "$python"
        exit 0
    fi
done
echo "Warmline needs Python 3.11 to 3.14, and ${1:-no python3 here} is none of them. Install one (Debian 12 or newer, Ubuntu 24.04 or newer: apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python3.11" >&2
exit 1
