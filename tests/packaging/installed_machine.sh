#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keeps in virtual machines from what is installed alone, as an ordinary user: the keep image is made by the installed recipe, a keep is
# launched from it in a rehearsal, and the script for owners of SEV hardware goes through. Only kernel and firmware are given: both were
# made or fetched before, and making them here would take minutes or a network.
# usage: installed_machine.sh CMAKE BUILD-FOLDER
set -euo pipefail

skip() {
    printf 'SKIP: %s\n' "$*"
    exit 77
}

# --- as that user, in the folder of the test: installed_machine.sh --as-user FOLDER ---
if [ "${1:-}" = --as-user ]; then
    place=$2 usr=$2/root/usr
    fail() {
        printf 'installed_machine.sh: %s\n' "$*" >&2
        exit 1
    }
    unset KASTELLAN_KEEP_IMAGE KASTELLAN_VM_IMAGE KASTELLAN_BIN KASTELLAN_BUILD KASTELLAN_SOURCE
    export HOME=$place/u/h XDG_RUNTIME_DIR=$place/u/r XDG_CONFIG_HOME=$place/u/c XDG_CACHE_HOME=$place/u/k KASTELLAN_DATA=$place/u/d
    mkdir -m 700 "$HOME" "$XDG_RUNTIME_DIR" "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$KASTELLAN_DATA"
    PATH=$usr/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
    cd "$place/u"
    virtlogd >/dev/null 2>daemons & daemons=$!
    libvirtd >/dev/null 2>>daemons & daemons="$! $daemons"
    # shellcheck disable=SC2064,SC2086 # these processes, and each of them
    trap "kill $daemons 2>/dev/null; wait $daemons 2>/dev/null || true" EXIT

    # The pinned inputs, or those of this system where the build's image is of those, too.
    lock=()
    [ ! -e "$place/other" ] || lock=(--lock "$place/u/lock.json" --update-lock)
    keepctl image build --kernel "$place/inputs/kernel" --inputs "$place/inputs" "${lock[@]}" >out 2>errors || fail "image build ended with $?: $(cat errors)"
    keepctl image verify >out 2>errors || fail "image verify: $(cat errors)"
    grep -q "$KASTELLAN_DATA/images/default" out || fail "another image was verified: $(cat out)"
    for technology in snp es sev; do
        said=$(keepctl keep launch "$usr/share/kastellan/examples/hello" --host qemu:///session --rehearse --technology $technology 2>errors) ||
            fail "the launch ($technology) ended with $?: $(cat errors)"
        [ "$said" = "hello from a keep" ] || fail "the keep ($technology) said: $said"
    done
    "$usr/share/kastellan/hardware-trial" --uri qemu:///session --rehearse --technology snp --image "$KASTELLAN_DATA/images/default" --output trial.tar.gz \
        >out 2>errors || fail "the hardware trial ended with $?: $(cat out errors)"
    tar -xzf trial.tar.gz
    grep -q 'launches with a good verdict: 1 of 1' trial/SUMMARY.txt || fail "the hardware trial says: $(cat trial/SUMMARY.txt)"
    [ -z "$(virsh -q -c qemu:///session list --all --name | tr -d '\n ')" ] || fail "a machine was left behind"
    exit 0
fi

for program in libvirtd virtlogd virsh qemu-system-x86_64 python3 zstd; do
    PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null || skip "$program is not installed"
done
share=$2/share/kastellan
[ -e "$share/vm-image/image.json" ] ||
    skip "no keep image for virtual machines: $(cat "$share/vm-image.missing" 2>/dev/null || echo 'the target vm-image was not built')"
# shellcheck source=tests/packaging/install.sh
. "$(dirname "$0")/install.sh" "$@"
are_installed bin/keep-qemu share/kastellan/hardware-trial
for file in build.py debian.py initrd.py inputs.py kernel.py sbom.py told.py command-line inputs.lock.json kernel.fragment; do
    are_installed "share/kastellan/vm-image-recipe/$file"
done
[ ! -e "$usr/share/kastellan/vm-image" ] || fail "the kernel of this build folder was installed" # each makes his own

mkdir "$place/inputs" "$place/u"
cp "$share/vm-image/kernel" "$place/inputs/kernel"
cp "$share/vm-image/firmware.fd" "$place/inputs/OVMF.amdsev.fd"
[ ! -e "$share/vm-image.other" ] || touch "$place/other"
chmod -R a+rX "$place"
if [ "$(id -u)" = 0 ]; then
    setpriv --reuid 2000 --regid 2000 --clear-groups true 2>/dev/null || skip "root can't become an ordinary user here"
    chown 2000:2000 "$place/u"
    setpriv --reuid 2000 --regid 2000 --clear-groups --inh-caps=-all bash "$0" --as-user "$place"
else
    bash "$0" --as-user "$place"
fi
