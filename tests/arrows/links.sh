#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A forbidden link stops the configuration of a small project, an allowed one does not. usage: links.sh CMAKE SOURCE-FOLDER COMPILER
set -eu
cmake=$1 source=$2 compiler=$3
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

try() { # library, what it links, expected end of the configuration
    if output=$("$cmake" -G Ninja -S "$source/tests/arrows/project" -B "$build" -DCMAKE_CXX_COMPILER="$compiler" -DKASTELLAN_TOP="$source" \
        -DLIBRARY="$1" -DLINK="$2" 2>&1); then
        end=allowed
    else
        end=forbidden
        case $(printf '%s' "$output" | tr -s ' \n' ' ') in # cmake breaks its lines
            *"against the arrows"* | *"without Qt"* | *"which needs Qt"*) ;;
            *) printf '%s\n' "$output"; exit 1 ;;
        esac
    fi
    if [ "$end" != "$3" ]; then
        printf '%s links %s should be %s, and is %s:\n%s\n' "$1" "$2" "$3" "$end" "$output"
        exit 1
    fi
}

try core/keeps core/base allowed
try ui core/base allowed
try sev-backend/launch sev-backend/abi allowed
try app/keepctl sev-backend/abi allowed
try app/keepctl ui allowed
try core/keeps sev-backend/abi forbidden
try core/keeps ui forbidden
try ui sev-backend/abi forbidden
try sev-backend/launch ui forbidden
try sev-backend/abi core/keeps forbidden
try core/base Qt6::Core forbidden
