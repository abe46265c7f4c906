# SPDX-License-Identifier: Apache-2.0
"""The bill of materials, SPDX 2.3 as JSON: every input with package, version, licence and digest, and every file that was made of them."""
import hashlib
import re

from told import json_bytes

CREATED = "1970-01-01T00:00:00Z" # the same bytes whenever it is made


def identifier(kind, text):
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-")


def checksums(sha256):
    return [{"algorithm": "SHA256", "checksumValue": sha256}]


def package_of(entry):
    package = {
        "SPDXID": identifier("Input", entry["name"]),
        "name": entry["package"] or entry["name"],
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": entry["license"],
        "copyrightText": "NOASSERTION",
        "checksums": checksums(entry["sha256"]),
        "packageFileName": entry["file"],
        "comment": f"The digest is that of the file {entry['file']}, of which {entry['name']} in the image is made.",
    }
    if entry["version"]:
        package["versionInfo"] = entry["version"]
    if entry["package"]:
        package["supplier"] = "Organization: Debian"
        locator = f"pkg:deb/debian/{entry['package']}@{entry['version'].replace('+', '%2B').replace(':', '%3A').replace('~', '~')}"
        package["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}]
    return package


def file_of(name, sha256):
    return {"SPDXID": identifier("File", name), "fileName": "./" + name.lstrip("/"), "checksums": checksums(sha256), "licenseConcluded": "NOASSERTION",
            "copyrightText": "NOASSERTION"}


def document(name, version, inputs, contents, made):
    """`made`: file name -> digest of firmware, kernel and initrd; `contents`: those of the initrd."""
    image = identifier("Package", name)
    files = [file_of(file, sha256) for file, sha256 in made.items()] + [file_of("initrd" + item["path"], item["sha256"]) for item in contents]
    packages = [package_of(entry) for entry in inputs]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", image)]
    relations += [(image, "CONTAINS", file["SPDXID"]) for file in files]
    targets = {"firmware": "firmware.fd", "linux-source": "kernel", "kernel": "kernel"}
    for entry in inputs:
        target = targets.get(entry["name"], "initrd" + entry["name"])
        relations.append((identifier("File", target), "GENERATED_FROM", identifier("Input", entry["name"])))
    body = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{name}-{version}",
        "creationInfo": {"created": CREATED, "creators": [f"Tool: kastellan-{version}"]},
        "packages": [{"SPDXID": image, "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
                      "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
                      "comment": "Warden, runner and the stand-in for LLVM are Kastellan's own (Apache-2.0)."}] + packages,
        "files": files,
        "relationships": [{"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other} for one, kind, other in relations],
    }
    body["documentNamespace"] = "https://spdx.org/spdxdocs/kastellan-vm-image-" + hashlib.sha256(json_bytes(body)).hexdigest()
    return json_bytes(body)
