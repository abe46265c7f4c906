#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes the reference part of docs/command-line.md anew from the table of keepctl.
# Usage: ./dev exec bash docs/update-command-line.sh (after ./dev build keepctl)
set -euo pipefail
file=$(dirname "${BASH_SOURCE[0]}")/command-line.md
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
keepctl --generate markdown --output "$folder"
awk -v reference="$folder/command-line-reference.md" '
    /^<!-- reference ends -->$/ { inside = 0 }
    !inside { print }
    /^<!-- reference: made by keepctl -->$/ { inside = 1; while ((getline line < reference) > 0) print line }
' "$file" >"$folder/new"
cp "$folder/new" "$file"
