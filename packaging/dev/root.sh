#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the build root: a Debian 13 system with the packages of packages.txt. Called by ./dev; prints nothing when the root is there.
# And clean roots, for trying our own package: nothing but Debian's base and the packages that are named.
# usage: root.sh path | root.sh ensure | root.sh bench-packages | root.sh clean PACKAGE...     (prints the clean root's path)
# shellcheck disable=SC2016 # what stands in single quotes is for another shell or for apt
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
suite=trixie
recipe=1 # raise it when this script makes a different root from the same list

die() {
    printf 'dev: %s\n' "$*" >&2
    exit 3
}

list() { # the package list without comments
    sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$here/packages.txt"
}

hash=$({ echo "$recipe $suite"; list; } | sha256sum | cut -c1-12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kastellan
root=${KASTELLAN_BUILD_ROOT:-$cache/root-$hash}

# Debian sources of this machine, as "URL RELEASE": we ask the mirrors that its owner chose, never one of our own choosing.
machine_sources() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
        awk '$3 == "main" { print $1, $2 }' | sort -u
}

sources_for_suite() {
    local codename url release
    if [ -n "${KASTELLAN_DEBIAN_MIRROR:-}" ]; then
        printf '%s %s\n' "$KASTELLAN_DEBIAN_MIRROR" "$suite"
        return
    fi
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    machine_sources | while read -r url release; do
        case $release in
            "$codename" | "$codename"-updates | "$codename"-security) printf '%s %s\n' "$url" "$suite${release#"$codename"}" ;;
        esac
    done
}

need_tools() {
    local missing=()
    command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
    [ -e "/usr/share/keyrings/debian-archive-keyring.gpg" ] || missing+=(debian-archive-keyring)
    [ "${#missing[@]}" -gt 0 ] || [ -z "$(machine_sources)" ] || return 0
    command -v apt-get >/dev/null ||
        die "cannot make the build root: this machine has no apt-get. Build natively (docs/building.md lists the libraries), or use a Debian machine."
    [ "$(id -u)" = 0 ] || [ "${#missing[@]}" -eq 0 ] ||
        die "cannot make the build root: ${missing[*]} missing. Run: sudo apt-get install ${missing[*]}"
    echo "dev: installing ${missing[*]:-package lists} with apt-get" >&2
    if [ "$(id -u)" = 0 ]; then
        apt-get update -qq >&2 || die "apt-get update failed: the package lists of this machine cannot be read. See its message above."
        if [ "${#missing[@]}" -gt 0 ]; then
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
                die "apt-get could not install ${missing[*]}. See its message above."
        fi
    fi
}

make_root() { # PACKAGES, separated by commas: into $root
    local packages=$1 work=$root.making sources extra name from mode options=()
    need_tools
    sources=$(sources_for_suite)
    [ -n "$sources" ] || die "cannot make the build root: no Debian mirror in this machine's apt sources. Set KASTELLAN_DEBIAN_MIRROR to the URL of one."
    rm -rf --one-file-system "$work"
    mkdir -p "$(dirname "$root")"

    local scratch
    scratch=$(mktemp -d)
    chmod 755 "$scratch" # without root, mmdebstrap reads it as another user
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$scratch'" EXIT
    {
        printf '%s\n' "$sources" | while read -r url release; do echo "deb $url $release main"; done
    } >"$scratch/sources.list"

    # A package from another suite is pinned; nothing else may come from there.
    : >"$scratch/pin"
    extra=$(list | sed -n 's,^[^:]*/,&,p' | grep -v '^bench:' || true)
    for name in $extra; do
        from=${name#*/}
        name=${name%/*}
        [[ ,$packages, = *,$name,* ]] || continue
        if ! grep -q " $from main" "$scratch/sources.list"; then
            printf '%s\n' "$sources" | awk -v suite="$suite" -v from="$from" '$2 == suite { print "deb", $1, from, "main"; exit }' >>"$scratch/sources.list"
            printf 'Package: *\nPin: release n=%s\nPin-Priority: -1\n\n' "$from" >>"$scratch/pin"
        fi
        printf 'Package: %s\nPin: release n=%s\nPin-Priority: 600\n\n' "$name" "$from" >>"$scratch/pin"
    done

    # How the machine reaches its mirrors (proxies, clocks) holds for us as well.
    apt-config dump Acquire 2>/dev/null |
        grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date|Retries)\b.* ".+";' >"$scratch/apt.conf" || true

    mode=root
    [ "$(id -u)" = 0 ] || mode=unshare
    options=(
        --mode="$mode" --variant="$variant" --architectures="$(dpkg --print-architecture)"
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"'
        --dpkgopt=force-unsafe-io
        --setup-hook='mkdir -p "$1/etc/apt/preferences.d" "$1/etc/initramfs-tools"'
        --setup-hook="cp '$scratch/pin' \"\$1/etc/apt/preferences.d/kastellan\""
        --setup-hook="cp '$scratch/apt.conf' \"\$1/etc/apt/apt.conf.d/80kastellan-machine\""
        # an ordinary user for the tests that must not be root
        --customize-hook='chroot "$1" useradd --uid 2000 --create-home --shell /bin/bash tester'
        --customize-hook='rm -rf "$1"/var/cache/apt/archives/*.deb'
        --include="$packages"
    )
    echo "dev: making $root (Debian 13, $title; once)" >&2
    # What nobody reads in there; a clean root is as a person's system is.
    if [ "$kind" = build ]; then
        options+=(
            --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright'
            --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*'
            --dpkgopt='path-exclude=/usr/share/info/*'
        )
    fi
    local log=$root.log begin=$SECONDS
    if [ "$mode" = root ]; then
        INITRD=No mmdebstrap "${options[@]}" "$suite" "$work" "$scratch/sources.list" >"$log" 2>&1 || failed "$log" "$work"
    else
        INITRD=No mmdebstrap "${options[@]}" --format=tar "$suite" "$scratch/root.tar" "$scratch/sources.list" >"$log" 2>&1 || failed "$log" "$work"
        mkdir -p "$work"
        unshare --user --map-root-user --map-auto tar -C "$work" --exclude='./dev/*' -xpf "$scratch/root.tar" || failed "$log" "$work"
    fi
    mv "$work" "$root"
    echo "dev: it is ready after $((SECONDS - begin)) s" >&2
    remove_old
}

failed() {
    tail -n 25 "$1" >&2
    rm -rf --one-file-system "$2" || true
    die "making $root failed; the last lines are above, all of them in $1. Mend the cause (network, disk space, mirror) and start again."
}

# Roots of former package lists, of the same kind. One that is in use (a detached keep runs in it) stays until the next time.
remove_old() {
    [ -z "${KASTELLAN_BUILD_ROOT:-}" ] || return 0
    local old
    for old in "${root%-*}"-*; do
        case $old in
            "$root" | "$root".* | *.lock) continue ;;
            *.log) rm -f "$old" ;;
            *)
                [ -d "$old" ] || continue
                if in_use "$old"; then continue; fi
                if [ "$(id -u)" = 0 ]; then
                    rm -rf --one-file-system "$old" || true
                else # its files belong to subordinate ids
                    unshare --user --map-root-user --map-auto rm -rf --one-file-system "$old" || true
                fi
                rm -f "$old.lock"
                ;;
        esac
    done
}

in_use() {
    local device inode
    device=$(stat -c %d "$1")
    inode=$(stat -c %i "$1")
    local process
    for process in /proc/[0-9]*/root; do
        [ "$(stat -L -c '%d %i' "$process/" 2>/dev/null || true)" != "$device $inode" ] || return 0
    done
    return 1
}

ensure() { # PROGRAM-OF-THE-ROOT PACKAGES
    [ ! -x "$root$1" ] || return 0
    [ "$(uname -s)" = Linux ] || die "it needs Linux."
    mkdir -p "$(dirname "$root")"
    exec 8>"$root.lock"
    flock -n 8 || { echo "dev: another run makes $root; waiting for it" >&2; flock 8; }
    [ -x "$root$1" ] || make_root "$2" 8>&-
}

case ${1:-} in
    path) printf '%s\n' "$root" ;;
    ensure)
        kind=build variant=apt title="for building, about 3 GB, takes some minutes"
        ensure /usr/bin/cmake "$(list | grep -v '^bench:' | sed 's,/.*,,' | paste -sd,)"
        ;;
    clean)
        shift
        packages=$(printf '%s\n' "$@" | sort -u | paste -sd,)
        root=$cache/clean-$(printf '%s\n' "$recipe $suite" "$packages" | sha256sum | cut -c1-12)
        kind=clean variant=important title="for trying our package"
        ensure /usr/bin/dpkg "$packages"
        printf '%s\n' "$root"
        ;;
    bench-packages) list | sed -n 's/^bench://p' ;;
    *) die "usage: root.sh path|ensure|bench-packages|clean" ;;
esac
