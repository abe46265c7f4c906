#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Help and wrong usage of ./dev. usage: usage.sh PATH-OF-DEV
set -euo pipefail
dev=$1
failed=0

fail() {
    echo "usage.sh: $*" >&2
    failed=1
}

help=$("$dev" --help)
[[ $help == "usage: ./dev "* ]] || fail "--help does not begin with the usage"
for verb in run build test exec shell bench format lint fuzz clean; do
    [[ $("$dev" "$verb" --help) == "usage: ./dev $verb"* ]] || fail "$verb --help says nothing about $verb"
    grep -q "^  $verb" <<<"$help" || fail "--help does not name $verb"
done

wrong() { # wrong usage exits 2 and says why in one line
    local result=0 output
    output=$("$dev" "$@" 2>&1) || result=$?
    [ "$result" = 2 ] || fail "'$*' exits $result, not 2"
    [ "$(wc -l <<<"$output")" = 1 ] || fail "'$*' says more than one line: $output"
}
wrong nonsense
wrong --nonsense build
wrong --preset nonsense build
wrong exec
wrong fuzz
wrong clean --nonsense
exit "$failed"
