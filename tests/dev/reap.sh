#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The reaper of ./dev. usage: reap.sh PATH-OF-REAP
# shellcheck disable=SC2016 # what stands in single quotes is for another shell or for apt
set -euo pipefail
reap=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

check() { # what it is, expected, actual
    if [ "$2" = "$3" ]; then return; fi
    printf 'reap.sh: %s: expected "%s", got "%s"\n' "$1" "$2" "$3" >&2
    failed=1
}

status() {
    local result=0
    "$@" >/dev/null 2>&1 || result=$?
    echo "$result"
}

check "usage" 2 "$(status "$reap")"
check "exit status" 41 "$(status "$reap" sh -c 'exit 41')"
check "success" 0 "$(status "$reap" true)"
check "missing program" 127 "$(status "$reap" /no/such/program)"
check "program that cannot be run" 126 "$(status "$reap" /dev/null)"
check "death by a signal" 143 "$(status "$reap" sh -c 'kill -TERM $$')"

# An orphan is reaped at once: it vanishes while the program still runs. Its parent is the reaper, never the first process.
orphan='sh -c "sleep 0.1 & echo \$! >'$scratch/orphan'"; pid=$(cat '$scratch/orphan'); cut -d" " -f4 /proc/$pid/stat; sleep 0.3; [ -e /proc/$pid ] && echo zombie || echo gone'
"$reap" sh -c "echo \$PPID; $orphan" >"$scratch/out"
check "an orphan's parent is the reaper" "$(sed -n 1p "$scratch/out")" "$(sed -n 2p "$scratch/out")"
check "an orphan is reaped at once" gone "$(sed -n 3p "$scratch/out")"

# A detached process outlives the reaper.
"$reap" sh -c "setsid sleep 300 >/dev/null 2>&1 </dev/null & echo \$! >'$scratch/detached'"
pid=$(cat "$scratch/detached")
check "a detached process lives on" 0 "$(status kill -0 "$pid")"
kill "$pid"

# A signal sent to the reaper alone reaches the program.
"$reap" sh -c "trap 'exit 9' USR1; : >'$scratch/ready'; while :; do sleep 0.02; done" &
entry=$!
until [ -e "$scratch/ready" ]; do sleep 0.02; done
kill -USR1 "$entry"
result=0
wait "$entry" || result=$?
check "a signal is passed on" 9 "$result"
exit "$failed"
