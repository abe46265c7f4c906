#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian package in a system that has nothing but what it depends on: installed, used as an ordinary user, and removed without a trace.
# usage: debian_package.sh FOLDER          the folder with the package; the clean root is KASTELLAN_CLEAN_ROOT (./dev test makes both)
set -euo pipefail

fail() {
    printf 'debian_package.sh: %s\n' "$*" >&2
    exit 1
}

# inside PLACE: in the system itself, as root
inside() {
    local place=/root/kastellan deb=$1
    mkdir -p "$place"
    find / -xdev \( -path "$place" -o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache \) -prune -o -print | sort >"$place/before"
    dpkg --install "$deb" >"$place/install.log" 2>&1 || fail "dpkg: $(cat "$place/install.log")"
    dpkg --audit | grep . && fail "dpkg says that something is missing"
    # Every program finds its libraries in Debian's own packages.
    for program in /usr/bin/kastellan /usr/bin/keepctl /usr/bin/keep-loader /usr/bin/keep-qemu; do
        ! ldd "$program" | grep 'not found' || fail "$program lacks libraries"
    done
    [ "$(stat -c '%U %a' /usr/libexec/kastellan-platform-helper)" = "root 755" ] || fail "the helper is not root's, or can be written"
    ! find / -xdev -newer "$place/before" -perm -4000 -print | grep . || fail "something is set-uid"
    setpriv --reuid 2000 --regid 2000 --clear-groups bash "$script" --person || fail "as a person"
    dpkg --purge kastellan >"$place/remove.log" 2>&1 || fail "dpkg: $(cat "$place/remove.log")"
    find / -xdev \( -path "$place" -o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache -o -path /home \) -prune -o -print | sort >"$place/after"
    grep -v '^/home' "$place/before" | diff - "$place/after" >"$place/left" || fail "it left something behind, or took something away: $(cat "$place/left")"
}

# What a person does first.
person() {
    export HOME=/home/tester XDG_RUNTIME_DIR=/home/tester/run
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    cd "$HOME"
    local said
    keepctl --version
    said=$(keepctl keep launch /usr/share/kastellan/examples/hello 2>errors) || fail "the launch ended with $?: $(cat errors)"
    [ "$said" = "hello from a keep" ] || fail "the keep said: $said"
    keepctl evidence export hello --format html --output report.html || fail "no report"
    QT_QPA_PLATFORM=offscreen kastellan --screenshot window.png --page overview >errors 2>&1 || fail "the window: $(cat errors)"
    [ -s window.png ] || fail "there is no picture of the window"
}

script=$(realpath "${BASH_SOURCE[0]}")
case ${1:-} in
    --person) person && exit ;;
    --inside) inside "$2" && exit ;;
esac

[ -n "${KASTELLAN_CLEAN_ROOT:-}" ] || { echo "SKIP : debian_package: there is no clean root: ./dev test makes one where a Debian mirror can be reached"; exit 77; }
deb=$(find "${1:?the folder with the package}" -maxdepth 1 -name '*.deb')
[ -n "$deb" ] || fail "there is no package in $1"

# The clean root itself stays as it is: all that is written goes to memory.
if [ -z "${KASTELLAN_OWN_MOUNTS:-}" ]; then
    KASTELLAN_OWN_MOUNTS=1 exec unshare --mount --propagation private bash "$script" "$@"
fi
layer=$(mktemp -d)
mount -t tmpfs -o mode=755 layer "$layer"
mkdir "$layer"/{upper,work,root}
mount -t overlay -o "lowerdir=$KASTELLAN_CLEAN_ROOT,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root"
cd "$layer/root"
cp "$deb" ./root/kastellan.deb
cp "$script" ./usr/local/bin/debian_package.sh
mount --rbind /dev ./dev
mount --rbind /proc ./proc
mount --rbind /sys ./sys
# A chroot would not do: the kernel refuses user namespaces in it, and keeps need them.
pivot_root . .
umount -l .
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash /usr/local/bin/debian_package.sh --inside /root/kastellan.deb
