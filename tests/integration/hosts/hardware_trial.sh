#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# packaging/hardware-trial as far as it goes without SEV: the emulated host. Arguments: the script, the folder of programs.
set -euo pipefail

script=$1
export KASTELLAN_BIN=$2
folder=$(mktemp -d /tmp/kstl-trial-XXXXXX)
trap 'rm -rf "$folder"' EXIT
mkdir -m 700 "$folder/run" "$folder/home" "$folder/tmp"
export XDG_RUNTIME_DIR=$folder/run HOME=$folder/home TMPDIR=$folder/tmp
unset KASTELLAN_DATA
cd "$folder"
failed=0
check() { # what, expected, actual
    [ "$2" = "$3" ] || {
        printf '%s: expected "%s", got "%s"\n' "$1" "$2" "$3" >&2
        failed=1
    }
}
ends() { # expected exit status, arguments...
    local expected=$1 status=0
    shift
    "$script" "$@" >"$folder/out" 2>&1 || status=$?
    [ "$status" = "$expected" ] || {
        printf 'hardware-trial %s: exit %s in place of %s\n' "$*" "$status" "$expected" >&2
        cat "$folder/out" >&2
        failed=1
    }
}
count() { grep -cE "$1" || true; }

ends 2 --frobnicate
ends 2 --technology tdx
ends 0 --help
ends 0 --host emulated --output one.tar.gz
check "what it says" 1 "$(count 'emulated: exited, verdict trusted EMULATED' <"$folder/out")"
check "its own data" no "$([ -e "$HOME/.local/share/kastellan" ] && echo yes || echo no)"
check "nothing left" "" "$(ls "$TMPDIR")"
tar -xzf one.tar.gz
check "whole" 0 "$(cd trial && sha256sum --quiet -c SHA256SUMS >/dev/null 2>&1; echo $?)"
for file in SUMMARY.txt readiness.json recording.json host.json launches/emulated/plan.json launches/emulated/launch.json launches/emulated/log.txt; do
    check "$file" yes "$([ -s "trial/$file" ] && echo yes || echo no)"
done
check "bundles of both records" 2 "$(find trial -name 'r*.zip' | wc -l)"
check "listed before anybody sends it" "$(find trial -type f | wc -l)" "$(count '^ +[0-9]+ bytes  ' <"$folder/out")"
check "no keys" 0 "$(grep -rlE 'PRIVATE KEY' trial | wc -l)"
check "no home" 0 "$(grep -rlF "$HOME" trial --include='*.txt' --include='*.json' --include='*.err' | wc -l)"
ends 2 --host emulated --output one.tar.gz # never over another file
rm -rf trial

ends 0 --host emulated --no-evidence --output two.tar.gz
tar -xzf two.tar.gz
check "no bundles" 0 "$(find trial -name '*.zip' | wc -l)"
check "no chip" 0 "$(grep -rlE '[0-9a-f]{128}' trial | wc -l)"
rm -rf trial

ends 0 --no-launch --output three.tar.gz
check "no launch" 0 "$(tar -tzf three.tar.gz | count launches/.)"

# A launch that fails is told, and is in the archive all the same.
ends 1 --host nowhere --output four.tar.gz
check "told" 1 "$(count 'nowhere: ' <"$folder/out")"
tar -xzf four.tar.gz
check "its words" 1 "$(count "there is none of that name" <trial/launches/nowhere/plan.err)"
rm -rf trial

# What looks like a secret makes no archive.
cp -r "$(dirname "$script")/../resources/examples/hello" leaky
chmod -R u+w leaky
printf 'args = ["BEGIN PRIVATE KEY"]\n' >leaky/Keep.toml
ends 3 --host emulated --workload "$folder/leaky" --output five.tar.gz
check "no archive" no "$([ -e five.tar.gz ] && echo yes || echo no)"
exit "$failed"
