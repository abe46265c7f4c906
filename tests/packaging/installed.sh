#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs into an empty folder, and uses what is there as a person would: nothing may be looked for in the build folder.
# usage: installed.sh CMAKE BUILD-FOLDER
set -euo pipefail
# shellcheck source=tests/packaging/install.sh
. "$(dirname "$0")/install.sh" "$@"

are_installed bin/kastellan bin/keepctl bin/keep-loader libexec/kastellan-platform-helper share/kastellan/keep-image/usr/bin/keep-warden \
    share/applications/org.kastellan.Kastellan.desktop share/metainfo/org.kastellan.Kastellan.metainfo.xml \
    share/icons/hicolor/scalable/apps/org.kastellan.Kastellan.svg share/polkit-1/actions/org.kastellan.platform.policy \
    share/man/man1/keepctl.1 share/bash-completion/completions/keepctl
if grep -rIl -- "$build" "$usr" >"$place/leaks"; then
    fail "these name the build folder: $(tr '\n' ' ' <"$place/leaks")"
fi

export KASTELLAN_DATA=$place/data XDG_RUNTIME_DIR=$place/run
unset KASTELLAN_KEEP_IMAGE KASTELLAN_BIN
mkdir -m 700 "$XDG_RUNTIME_DIR"
PATH=$usr/bin:/usr/bin:/bin
[ "$(command -v keepctl)" = "$usr/bin/keepctl" ] || fail "another keepctl comes first"
said=$(keepctl keep launch "$usr/share/kastellan/examples/hello" 2>"$place/errors") || fail "the launch ended with $?: $(cat "$place/errors")"
[ "$said" = "hello from a keep" ] || fail "the keep said: $said"
QT_QPA_PLATFORM=offscreen kastellan --screenshot "$place/window.png" --page overview >"$place/errors" 2>&1 || fail "the window: $(cat "$place/errors")"
[ -s "$place/window.png" ] || fail "there is no picture of the window"
