#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a test as an ordinary user, where we are root and may become one; skips it otherwise.
[ "$(id -u)" = 0 ] || exit 77
setpriv --reuid 2000 --regid 2000 --clear-groups true 2>/dev/null || exit 77
folder=$(mktemp -d /tmp/kstl-user-XXXXXX) || exit 77
# The emulated identities that other tests have made already: each takes seconds.
mkdir -m 700 "$folder/identity"
cp "${KASTELLAN_BUILD:-/nonexistent}"/tests/emulated-identity/*.identity "$folder/identity/" 2>/dev/null
chown -R 2000:2000 "$folder"
trap 'rm -rf "$folder"' EXIT
HOME=$folder KASTELLAN_TEST_IDENTITY=$folder/identity setpriv --reuid 2000 --regid 2000 --clear-groups --inh-caps=-all "$@"
