#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Enters the build root by pivot_root in the private mount namespace that ./dev has made (a chroot would not do: the kernel refuses
# user namespaces in it). The process namespace is the machine's, so that a keep detached in one entry is seen by the next.
# usage: enter.sh ROOT open|closed TOP FOLDER PROGRAM [ARGUMENT...]
#   open    home, /tmp, the current folder, display sockets and SEV devices are passed through
#   closed  nothing but the checkout, the compiler cache and the test vectors
set -euo pipefail

root=$1 mode=$2 top=$3 folder=$4
shift 4

mount --bind "$root" "$root"
mount --make-unbindable "$root" # the root may lie in the home folder that is bound into it
cd "$root"

hide() { # an empty folder of our own
    mkdir -p ".$1"
    mount -t tmpfs -o "mode=$2" tmpfs ".$1"
}

pass() { # a folder, a file or a socket of the machine, at the same path; what is not there is left out
    [ -e "$1" ] || return 0
    if [ -d "$1" ]; then
        mkdir -p ".$1"
    else
        mkdir -p ".$(dirname "$1")"
        [ -e ".$1" ] || : >".$1"
    fi
    mount --rbind "$1" ".$1"
}

pass_readonly() {
    [ -e "$1" ] || return 0
    pass "$1"
    # In a user namespace the flags that the machine has set have to be repeated.
    mount -o remount,bind,ro ".$1" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev ".$1"
}

is_ours() { # folders that must stay those of the build root
    case $1 in
        / | /usr | /usr/* | /etc | /etc/* | /bin* | /lib* | /sbin* | /var | /proc* | /sys* | /dev* | /run | /boot*) return 0 ;;
    esac
    return 1
}

mount -t proc -o nosuid,nodev,noexec proc ./proc 2>/dev/null || mount --rbind /proc ./proc
mount --rbind /sys ./sys

mount -t tmpfs -o mode=755,nosuid dev ./dev
for node in null zero full random urandom tty; do
    : >"./dev/$node"
    mount --bind "/dev/$node" "./dev/$node"
done
mkdir ./dev/pts ./dev/shm ./dev/net
mount -t tmpfs -o mode=1777,nosuid,nodev shm ./dev/shm
if [ -e /dev/net/tun ]; then
    pass /dev/net/tun
else
    mknod -m 666 ./dev/net/tun c 10 200 2>/dev/null || true
fi
# The machine's own pts may keep its ptmx to root; where a node can be made, everybody gets a terminal.
mknod -m 666 ./dev/ptmx c 5 2 2>/dev/null || ln -s pts/ptmx ./dev/ptmx
ln -s /proc/self/fd ./dev/fd
ln -s fd/0 ./dev/stdin
ln -s fd/1 ./dev/stdout
ln -s fd/2 ./dev/stderr

for file in /etc/resolv.conf /etc/hosts; do
    if [ -e "$file" ]; then
        [ -e ".$file" ] || : >".$file"
        mount --bind "$(realpath "$file")" ".$(realpath -m "$file")" 2>/dev/null || mount --bind "$file" ".$file" 2>/dev/null || true
    fi
done

if [ "$mode" = open ]; then
    mount --rbind /dev/pts ./dev/pts # the caller's terminal must have a name in here
    for device in kvm sev sev-guest cpu dri; do pass "/dev/$device"; done
    is_ours "$HOME" || pass "$HOME"
    pass /tmp
    if [ -n "${XDG_RUNTIME_DIR:-}" ] && [ -d "$XDG_RUNTIME_DIR" ]; then
        pass "$XDG_RUNTIME_DIR"
    else
        export XDG_RUNTIME_DIR=/run/user/${UID}
        mkdir -p "./run/user/$UID"
        chmod 700 "./run/user/$UID"
    fi
    [ -z "${XAUTHORITY:-}" ] || pass "$XAUTHORITY"
    is_ours "$folder" || pass "$folder"
else
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts ./dev/pts
    hide /tmp 1777
    hide /run 755
    hide /root 700
    hide /home 755
    mkdir -p ./home/tester
    chown 2000:2000 ./home/tester 2>/dev/null || true
    export HOME=/root XDG_RUNTIME_DIR=/run/user/$UID
    mkdir -p "./run/user/$UID" ./run/lock
    chmod 700 "./run/user/$UID"
fi
pass "$top"
pass "${CCACHE_DIR:?}"
[ -z "${KASTELLAN_VECTORS:-}" ] || pass_readonly "$KASTELLAN_VECTORS"
[ -z "${KASTELLAN_CLEAN_ROOT:-}" ] || pass_readonly "$KASTELLAN_CLEAN_ROOT"

pivot_root . .
umount -l .
cd "$folder" 2>/dev/null || cd "$top"

export PATH=${KASTELLAN_BIN:+$KASTELLAN_BIN:$KASTELLAN_BIN/tests:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export KASTELLAN_INSIDE=1
unset LD_LIBRARY_PATH LD_PRELOAD

# The reaper is built where it runs: the machine need not have a compiler.
source=$top/packaging/dev/reap.c
reaper=/usr/local/lib/kastellan/reap-$(sha256sum "$source" | cut -c1-12)
if [ ! -x "$reaper" ]; then
    mkdir -p "${reaper%/*}"
    cc -O2 -Wall -o "$reaper.$$" "$source"
    mv "$reaper.$$" "$reaper"
fi
exec "$reaper" "$@"
