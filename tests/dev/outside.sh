#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What can be tested only from outside of the build root: how ./dev enters it. ./dev test runs this before the tests proper.
# shellcheck disable=SC2016 # what stands in single quotes is for another shell or for apt
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
dev=$top/dev
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

check() { # what it is, expected, actual
    if [ "$2" = "$3" ]; then return; fi
    printf 'tests/dev/outside.sh: %s: expected "%s", got "%s"\n' "$1" "$2" "$3" >&2
    failed=1
}

mounts() { # of our own namespace; the order and the ids do not matter
    awk '{ print $5, $6 }' /proc/self/mountinfo | sort
}

status() { # the exit status of a command
    local result=0
    "$@" >/dev/null 2>&1 || result=$?
    echo "$result"
}

before=$(mounts)
cd "$scratch"

check "exit status" 7 "$(status "$dev" exec sh -c 'exit 7')"
check "unknown program" 127 "$(status "$dev" exec kastellan-no-such-program)"
check "death by a signal" 137 "$(status "$dev" exec sh -c 'kill -KILL $$')"
check "current folder" "$scratch" "$("$dev" exec pwd)"
check "arguments" 'a b|$c|*' "$("$dev" exec sh -c 'IFS="|"; echo "$*"' sh 'a b' '$c' '*')"
check "checkout at the same path" yes "$("$dev" exec sh -c "[ -e '$dev' ] && echo yes")"
check "standard input" hello "$(echo hello | "$dev" exec cat)"

echo from-outside >"$scratch/file"
check "files of /tmp" from-outside "$("$dev" exec cat "$scratch/file")"
check "no files of /tmp for tests" 1 "$(status "$dev" exec --closed test -e "$scratch/file")"
check "no /dev/kvm for tests" 1 "$(status "$dev" exec --closed test -e /dev/kvm)"
check "device nodes" yes "$("$dev" exec --closed sh -c 'cd /dev && for f in null zero full random urandom tty ptmx pts/ptmx shm fd stdin stdout stderr; do [ -e $f ] || echo "no $f"; done; echo yes')"
check "user namespaces for keeps" 0 "$(status "$dev" exec --closed bwrap --unshare-all --ro-bind / / true)"

# A keep detached in one entry is seen and stopped by the next.
"$dev" exec sh -c "setsid sleep 3000 >/dev/null 2>&1 </dev/null & echo \$! >'$scratch/pid'"
pid=$(cat "$scratch/pid")
check "detached process lives" 0 "$(status kill -0 "$pid")"
check "detached process is seen by the next" "sleep 3000 " "$("$dev" exec sh -c "tr '\\0' ' ' </proc/$pid/cmdline")"
"$dev" exec kill "$pid"
for _ in $(seq 50); do
    case $(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null) in '' | Z) break ;; esac
    sleep 0.1
done
check "detached process was stopped" 1 "$(status sh -c "case \$(cut -d' ' -f3 /proc/$pid/stat 2>/dev/null) in ''|Z) exit 1;; esac")"

# A signal sent to ./dev reaches the program, and the program's answer comes back.
"$dev" exec sh -c "trap 'exit 9' TERM; : >'$scratch/ready'; while :; do sleep 0.05; done" &
entry=$!
for _ in $(seq 100); do
    [ ! -e "$scratch/ready" ] || break
    sleep 0.1
done
kill -TERM "$entry"
result=0
wait "$entry" || result=$?
check "signals are passed on" 9 "$result"

check "nothing left mounted" "$before" "$(mounts)"
exit "$failed"
