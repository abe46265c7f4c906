# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the tests of what is installed: installs into a folder of its own, which ends with the test.
# usage: . install.sh CMAKE BUILD-FOLDER      sets $place and $usr
cmake=$1 build=$2
place=$(mktemp -d /tmp/kastellan-installed-XXXXXX)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place" # ordinary users come here
DESTDIR=$place/root "$cmake" --install "$build" --prefix /usr >"$place/install.log" 2>&1 || { cat "$place/install.log"; exit 1; }
usr=$place/root/usr

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

are_installed() { # file below /usr...
    local file
    for file; do
        [ -e "$usr/$file" ] || fail "$file was not installed"
    done
}
