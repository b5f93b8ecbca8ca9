#!/bin/sh
# Prints the first Python that this project runs on: 3.11 to 3.13. PYTHON=... is asked first.
for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if "$candidate" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        command -v "$candidate"
        exit 0
    fi
done
echo "No Python from 3.11 to 3.13 was found. On Debian 12: apt-get install python3. Elsewhere: make PYTHON=/path/to/python3.12 ..." >&2
exit 3
