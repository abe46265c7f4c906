#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns a JSON of certificate authorities' public keys into root_keys_table.cpp.

usage: make_root_keys.py KEYS.json > root_keys_table.cpp

The JSON holds two lists, "x509" and "sev_format", of objects with product, role (ARK, ASK, ASVK), rsa_modulus (hex,
big-endian) and rsa_exponent; those of x509 also common_name, serial, not_before, not_after and sha256_der (of the whole
certificate), those of sev_format key_id.
A key that is in both lists becomes one row.
"""
import json
import sys
from datetime import datetime

PRODUCTS = ["Naples", "Rome", "Milan", "Genoa", "Turin"]
ROLES = ["ARK", "ASK", "ASVK"]


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        source = json.load(file)
    rows = {}
    for form in ("x509", "sev_format"):
        for key in source[form]:
            name = (key["product"], key["role"])
            row = rows.setdefault(name, {"modulus": key["rsa_modulus"], "exponent": key["rsa_exponent"], "sha256": "", "id": "",
                                       "name": "", "serial": "0", "from": 0, "until": 0})
            if (row["modulus"], row["exponent"]) != (key["rsa_modulus"], key["rsa_exponent"]):
                sys.exit(f"{name}: the two forms have different keys")
            row["sha256"] = key.get("sha256_der", row["sha256"])
            if form == "x509":
                row |= {"name": key["common_name"], "serial": key["serial"],
                        "from": seconds(key["not_before"]), "until": seconds(key["not_after"])}
                rows[name] = row
            row["id"] = key.get("key_id", row["id"])
    print("// SPDX-License-Identifier: Apache-2.0")
    print("// Made by make_root_keys.py. The numbers are AMD's public keys, as AMD publishes them: facts.")
    print('#include "sev-backend/certificates/root_keys.h"\n')
    print("namespace kastellan::sev {\nnamespace {\n")
    print("// clang-format off")
    print("constexpr RootKey keys[] = {")
    for (product, role), row in sorted(rows.items(), key=lambda item: (PRODUCTS.index(item[0][0]), ROLES.index(item[0][1]))):
        modulus = row["modulus"].lower()
        print(f'    {{"{product}", "{role}", {row["exponent"]},')
        lines = [modulus[i:i + 96] for i in range(0, len(modulus), 96)]
        for line in lines[:-1]:
            print(f'        "{line}"')
        print(f'        "{lines[-1]}",')
        print(f'        "{row["sha256"]}", "{row["id"]}",')
        print(f'        "{row["name"]}", {row["serial"]}, {row["from"]}, {row["until"]}}},')
    print("};")
    print("// clang-format on\n")
    print("} // namespace\n")
    print("std::span<const RootKey> rootKeys()\n{\n    return keys;\n}\n")
    print("} // namespace kastellan::sev")


main()
