#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tries one include with the include folders of one target.
# usage: include.sh COMPILER RESPONSE-FILE allowed|forbidden HEADER SOURCE-FOLDER
set -eu
compiler=$1 response=$2 verdict=$3 header=$4 source=$5

case $header in
    */*) [ -e "$source/$header" ] || { echo "$header is not there: the test would prove nothing"; exit 1; } ;;
esac
# Only whether the header itself is found counts, hence the preprocessor alone, and hence no other reason to fail is accepted.
if output=$(printf '#if __has_include("%s")\n#else\n#error not found\n#endif\n' "$header" | "$compiler" -std=c++23 "@$response" -E -x c++ - 2>&1 >/dev/null); then
    found=allowed
else
    found=forbidden
    case $output in
        *'not found'*) ;;
        *) printf '%s\n' "$output"; exit 1 ;;
    esac
fi
if [ "$found" != "$verdict" ]; then
    echo "including $header should be $verdict with the include folders of $response, and is $found:"
    cat "$response"
    exit 1
fi
