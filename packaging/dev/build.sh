#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures where that is due, and builds. Called by ./dev in the build environment, with the build folder locked.
# usage: build.sh [TARGET...]     target "generated": only what moc and uic make, for tools that read the sources
set -euo pipefail
build=${KASTELLAN_DEV_BUILD:?} stamp=${KASTELLAN_DEV_BUILD}/.dev-configuration

# Sources that a CMakeLists.txt named before they were written.
if [ -e "$build/awaited-sources" ]; then
    while read -r file; do
        if [ -n "$file" ] && [ -e "$file" ]; then rm -f "$stamp"; fi
    done <"$build/awaited-sources"
fi

# cmake runs again by itself when a file that it read has changed; only presets, options and new folders are ours to notice.
if [ ! -e "$build/build.ninja" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$KASTELLAN_DEV_CONFIGURATION" ]; then
    rm -f "$stamp"
    # CI clones to a new folder each time. A precompiled header is another one in another folder, and with it all that use it miss the
    # compiler cache; without, a second clone compiles nothing.
    werror=OFF precompile=ON
    [ -z "${CI:-}" ] || werror=ON precompile=OFF
    [ "${KASTELLAN_DEV_PRESET:-}" != tidy ] || precompile=OFF # clang-tidy would need the header compiled, and would not see what includes what
    cmake --preset "${KASTELLAN_DEV_PRESET:?}" -B "$build" -DKASTELLAN_FOLDERS="${KASTELLAN_FOLDERS:-}" -DKASTELLAN_WERROR="$werror" \
        -DKASTELLAN_PCH="$precompile" \
        >"$build/configure.log" 2>&1 || {
        cat "$build/configure.log"
        exit 1
    }
    grep -h 'is not there; configuring without it' "$build/configure.log" >&2 || true
    printf '%s\n' "$KASTELLAN_DEV_CONFIGURATION" >"$stamp"
fi
if [ "${1:-}" = generated ]; then
    mapfile -t targets < <(ninja -C "$build" -t targets all | sed -n 's/^\([A-Za-z0-9_-]*_autogen\): phony$/\1/p')
    set -- "${targets[@]}"
fi
exec ninja -C "$build" "$@"
