#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# keepctl of an ordinary user, pkexec, polkit's daemon on a message bus, and the helper as root, against the emulated platform.
# usage: polkit.sh SOURCE_FOLDER FOLDER_OF_PROGRAMS
# shellcheck disable=SC2317 # functions are called by until_true
set -u

source=$1 bin=$2

skip() {
    echo "skipped: $*"
    exit 77
}
if [ "${POLKIT_TEST_INSIDE:-}" != 1 ]; then
    [ "$(id -u)" = 0 ] || skip "this test needs root"
    [ -n "${KASTELLAN_INSIDE:-}" ] || skip "outside of the build root this machine's own polkit would be meant"
    for program in pkexec dbus-daemon dbus-send script openssl setpriv; do
        command -v "$program" >/dev/null || skip "there is no $program"
    done
    [ -x /usr/lib/polkit-1/polkitd ] || skip "there is no polkitd"
    setpriv --reuid 2000 --regid 2000 --clear-groups true 2>/dev/null || skip "no other user can be become"
    # What is mounted over below is this test's alone.
    POLKIT_TEST_INSIDE=1 exec unshare --mount --propagation private bash "$0" "$@"
fi

folder=$(mktemp -d /tmp/kstl-polkit-XXXXXX)
chmod 755 "$folder"
children=()
failures=0
cleanup() {
    for child in "${children[@]}"; do kill "$child" 2>/dev/null; done
    wait 2>/dev/null
    rm -rf --one-file-system "$folder"
}
trap cleanup EXIT

wrong() {
    echo "FAIL: $*"
    sed 's/^/    /' "$folder/out" 2>/dev/null
    failures=$((failures + 1))
}
# Tries a condition until it holds, a minute at most.
until_true() {
    local end=$((SECONDS + 60))
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        read -r -t 0.05 <>"$folder/never" || true
    done
}

mkdir "$folder"/{actions,rules,platform,user,home}
mkfifo "$folder/never"
chown 2000:2000 "$folder"/{user,home}
chmod 700 "$folder/platform"
cp /usr/share/polkit-1/actions/*.policy "$folder/actions" 2>/dev/null
# polkit knows the helper by its path. This one has the emulated platform before it.
sed "s|@KASTELLAN_HELPER_PATH@|$folder/helper|" "$source/packaging/polkit/org.kastellan.platform.policy.in" >"$folder/actions/org.kastellan.platform.policy"
cat >"$folder/helper" <<EOF
#!/bin/sh
export KASTELLAN_DATA=$folder/platform
exec $bin/keepctl emulate -- $bin/kastellan-platform-helper "\$@"
EOF
chmod 755 "$folder/helper"
mount --bind "$folder/actions" /usr/share/polkit-1/actions
mount --bind "$folder/rules" /etc/polkit-1/rules.d
mount -t tmpfs none /run
mkdir /run/dbus
# root's password, of which nobody else hears.
cp /etc/shadow "$folder/shadow"
sed -i "s|^root:[^:]*:|root:$(openssl passwd -6 'let me in'):|" "$folder/shadow"
chmod 600 "$folder/shadow"
mount --bind "$folder/shadow" /etc/shadow
# A /dev of its own, where the device is root's alone. Who opens it under the emulator gets the emulated one.
mkdir "$folder/dev"
mount -t tmpfs -o mode=755 dev "$folder/dev"
for node in null zero full random urandom tty; do
    : >"$folder/dev/$node"
    mount --bind "/dev/$node" "$folder/dev/$node"
done
mkdir "$folder/dev/pts" "$folder/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$folder/dev/pts"
mount -t tmpfs -o mode=1777 shm "$folder/dev/shm"
ln -s pts/ptmx "$folder/dev/ptmx"
ln -s /proc/self/fd "$folder/dev/fd"
mknod -m 600 "$folder/dev/sev" c 10 250 || skip "no device can be made"
mount --move "$folder/dev" /dev

dbus-daemon --system --nofork --nopidfile 2>"$folder/dbus.log" &
children+=($!)
until_true test -S /run/dbus/system_bus_socket || { cat "$folder/dbus.log"; exit 1; }

polkit_runs() {
    dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.PolicyKit1 2>/dev/null |
        grep -q 'boolean true'
}
polkit_is_away() { ! polkit_runs; }
polkitd=
# polkit with this rule, or none.
polkit() {
    if [ -n "$polkitd" ]; then
        kill "$polkitd"
        wait "$polkitd" 2>/dev/null
        until_true polkit_is_away
    fi
    rm -f "$folder"/rules/*
    [ -z "${1:-}" ] || printf '%s\n' "$1" >"$folder/rules/10-test.rules"
    /usr/lib/polkit-1/polkitd --no-debug >"$folder/polkitd.log" 2>&1 &
    polkitd=$!
    children+=("$polkitd")
    until_true polkit_runs || { cat "$folder/polkitd.log"; exit 1; }
}
person() {
    setpriv --reuid 2000 --regid 2000 --clear-groups --inh-caps=-all env -i "PATH=$PATH" LC_ALL=C SHELL=/bin/bash "HOME=$folder/home" \
        "KASTELLAN_DATA=$folder/user" "KASTELLAN_PLATFORM_HELPER=$folder/helper" "$@"
}
run() { # STATUS WORDS -- COMMAND...
    local status=$1 words=$2
    shift 3
    person "$@" >"$folder/out" 2>&1 </dev/null
    local got=$?
    [ "$got" = "$status" ] || wrong "$*: exit $got, not $status"
    local word
    while IFS= read -r -d '|' word; do
        grep -qF -- "$word" "$folder/out" || wrong "$*: it does not say '$word'"
    done <<<"$words|"
}
# The beginning of the platform's PDH: another one after it was rotated.
pdh() { KASTELLAN_DATA=$folder/platform "$bin/keepctl" emulate -- "$bin/tests/sev_client-dynamic" pdh 2>/dev/null; }
keepctl=$bin/keepctl
allowed='polkit.addRule(function(action, subject) { if (action.id == "org.kastellan.platform" && subject.user == "tester") return polkit.Result.YES; });'
denied='polkit.addRule(function(action, subject) { if (action.id == "org.kastellan.platform") return polkit.Result.NO; });'

first=$(pdh)
[ -n "$first" ] || wrong "the emulated platform has no PDH"

# Nobody can be asked, and nothing is allowed.
polkit
run 3 "/dev/sev|not even read" -- "$keepctl" host status
run 3 "polkit did not allow it|org.kastellan.platform" -- "$keepctl" host rotate-pdh --yes
polkit "$denied"
run 3 "polkit did not allow it" -- "$keepctl" host rotate-pdh --yes
[ "$(pdh)" = "$first" ] || wrong "the PDH was rotated without permission"

# A rule allows it, and it alone.
polkit "$allowed"
run 0 "" -- "$keepctl" host rotate-pdh --yes
second=$(pdh)
[ "$second" != "$first" ] || wrong "the PDH was not rotated"
run 0 '"performed": true' -- "$keepctl" host self-own --yes --json
run 2 "takes no arguments" -- pkexec "$folder/helper" /dev/mem
run 2 "kastellan-platform-helper" -- sh -c "echo '{\"path\": \"/dev/mem\"}' | pkexec '$folder/helper'"
run 127 "" -- pkexec /usr/bin/id
! grep -q 'uid=0' "$folder/out" || wrong "another program was run as root"
second=$(pdh)

# A person is asked, on the terminal. It is known to wait when it has written its prompt.
polkit
asked() { grep -qs 'Password:' "$folder/terminal"; }
ask() { # leaves the number of keepctl in $asker and of pkexec in $question
    rm -f "$folder/terminal" "$folder/keys" "$folder/home/pid"
    mkfifo -m 600 "$folder/keys"
    chown 2000 "$folder/keys"
    person script -qefc "sh -c 'echo \$\$ >$folder/home/pid; exec $keepctl host rotate-pdh --yes'" /dev/null <>"$folder/keys" >"$folder/terminal" 2>&1 &
    script=$!
    until_true asked || wrong "nobody was asked: $(cat "$folder/terminal")"
    asker=$(cat "$folder/home/pid")
    question=$(cat "/proc/$asker"/task/*/children)
    question=${question%% *}
}
gone() { [ ! -e "/proc/$1/exe" ] || ! kill -0 "$1" 2>/dev/null; }
answered() { # STATUS WORD: how script, and with it keepctl, ended
    wait "$script"
    local got=$?
    cp "$folder/terminal" "$folder/out"
    [ "$got" = "$1" ] || wrong "after the question: exit $got, not $1"
    grep -qF -- "$2" "$folder/terminal" || wrong "after the question it does not say '$2'"
    until_true gone "$question" || wrong "pkexec asks on"
    [ "$(pdh)" = "$second" ] || wrong "the PDH was rotated without a password"
}
ask
printf '\003' >"$folder/keys" # Ctrl-C
answered 130 "nothing was done"
ask
kill -TERM "$asker" # as a window's Cancel would
answered 130 "nothing was done"
ask
kill -KILL "$asker" # nobody is there any more who wants it
until_true gone "$question" || wrong "pkexec asks for a program that is dead"
wait "$script"
[ "$(pdh)" = "$second" ] || wrong "the PDH was rotated without a password"
ask
printf 'guess\n' >"$folder/keys"
answered 3 "polkit did not allow it"
ask
printf 'let me in\n' >"$folder/keys"
# It takes several commands, and each asks: a process has no session here in which polkit would remember it.
more() {
    [ "$(grep -c 'Password:' "$folder/terminal")" -le "$typed" ] || {
        printf 'let me in\n' >"$folder/keys"
        typed=$((typed + 1))
    }
    ! kill -0 "$script" 2>/dev/null
}
typed=1
until_true more
wait "$script" || { cp "$folder/terminal" "$folder/out"; wrong "it was not done with the right password"; }
[ "$(pdh)" != "$second" ] || wrong "the PDH was not rotated with the right password"

[ $failures = 0 ] && echo "polkit: all as it should be"
exit $((failures > 0))
