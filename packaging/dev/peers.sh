#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches tools of others, as Debian packages them, for the tests that run them under `keepctl emulate`: SEV tools, a program written in Go, and
# Go itself, for a client of ours in that language. Nothing is installed: the
# packages are unpacked into build/peers, and what was loaded is kept beside the build root. Those that Debian does not have are left out.
# usage: ./dev exec packaging/dev/peers.sh       (in the build environment)
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kastellan/peers
place=$top/build/peers
suite=sid

mkdir -p "$cache/lists/partial" "$cache/archives/partial" "$place"
mirror=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } | awk '$1 == "deb" && $3 !~ /-/ && $4 == "main" { print $2; exit }')
[ -n "$mirror" ] || { echo "peers: no Debian mirror in the apt sources" >&2; exit 3; }

# Lists and packages of its own: the build environment's stay as they are.
echo "deb $mirror $suite main" >"$cache/sources.list"
apt=(-qq -o "Dir::Etc::SourceList=$cache/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Preferences=/dev/null
    -o Dir::Etc::PreferencesParts=/dev/null -o "Dir::State::Lists=$cache/lists" -o "Dir::Cache::Archives=$cache/archives"
    -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" -o APT::Sandbox::User=root)
if [ -z "$(find "$cache/lists" -name '*Packages*' -mtime -7 -print -quit)" ]; then
    apt-get "${apt[@]}" update || { echo "peers: the list of packages of Debian $suite could not be loaded" >&2; exit 3; }
fi

# Of Go, the version that is the usual one now.
go=$(apt-cache "${apt[@]}" show golang-go 2>/dev/null | sed -n 's/^Depends:.*\(golang-[0-9.]*\)-go.*/\1/p' | head -n 1)
peers=(snphost sevctl snpguest gron ${go:+"$go-go" "$go-src"})
for peer in "${peers[@]}"; do
    if ! apt-cache "${apt[@]}" show "$peer" >/dev/null 2>&1; then
        echo "peers: Debian $suite has no $peer"
        continue
    fi
    (cd "$cache/archives" && apt-get "${apt[@]}" download "$peer")
    package=$(find "$cache/archives" -maxdepth 1 -name "${peer}_*.deb" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
    dpkg-deb --extract "$package" "$place"
    echo "peers: $(basename "$package")"
done
# ./dev test fetches again when this script has changed.
cp "$top/packaging/dev/peers.sh" "$place/.fetched"
