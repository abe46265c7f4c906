#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Holds files to a JSON schema. usage: check_schema.py SCHEMA FILE... ; a line "FILE: valid" or "FILE: invalid: why" for each.
# TOML is read as JSON would be. Exit status 2 when a file or the schema itself can't be read.
import json
import sys
import tomllib

import jsonschema


def read(name):
    with open(name, "rb") as file:
        return tomllib.load(file) if name.endswith(".toml") else json.load(file)


def main():
    schema = read(sys.argv[1])
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    for name in sys.argv[2:]:
        error = jsonschema.exceptions.best_match(validator.iter_errors(read(name)))
        print(f"{name}: " + ("valid" if error is None else f"invalid: {error.json_path}: {error.message[:200]}"))


try:
    main()
except (OSError, ValueError, jsonschema.exceptions.SchemaError) as error:
    print(f"check_schema: {error}", file=sys.stderr)
    sys.exit(2)
