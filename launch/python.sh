# Becomes the first Python here that is new enough, with the arguments it was given.
# PYTHON in the environment names one that is not on the PATH.

for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" "$@"
    fi
done

found="none on the PATH"
if command -v "${PYTHON:-python3}" >/dev/null; then
    found=$("${PYTHON:-python3}" --version 2>&1)
fi
cat >&2 <<EOF
Postroom needs Python 3.11 or newer. Found here: $found

  Debian 12, Ubuntu 24.04 and later:  apt-get install python3 python3-venv
  elsewhere:                          https://www.python.org/downloads/

A Python that is not on the PATH can be named: PYTHON=/path/to/python3 bin/run
EOF
exit 1
