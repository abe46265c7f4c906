# SPDX-License-Identifier: Apache-2.0
"""The inputs that we did not build, each pinned by the SHA-256 of the file that is used. A file that fits is taken from wherever it lies: the
keep image's tree, --inputs, this system, the cache, and last from a Debian package that is downloaded. One that does not fit is never used."""
import glob
import json
import os
import re
import shutil

import debian
from told import Failure, OtherInput, digest, json_bytes, progress, remark, write_whole

FORMAT = "kastellan-vm-image-lock-1"
# What is built together with this recipe, and so is in no lock: warden, runner, and what stands in for LLVM.
OURS = re.compile(r"^/usr/bin/keep-(warden|runner)$|/libLLVM[^/]*$")


def read_lock(path):
    try:
        with open(path, "rb") as file:
            lock = json.loads(file.read(1 << 20))
    except OSError as error:
        raise Failure("input", "read the lock", path, error.strerror) from error
    except ValueError as error:
        raise Failure("input", "read the lock", path, f"it is no JSON: {error}") from error
    if not isinstance(lock, dict) or lock.get("format") != FORMAT or not isinstance(lock.get("inputs"), list):
        raise Failure("input", "read the lock", path, f"it is no lock of the format {FORMAT}")
    for entry in lock["inputs"]:
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("name", "package", "version", "suite", "file", "sha256", "license")):
            raise Failure("input", "read the lock", path, "an input lacks name, package, version, suite, file, sha256 or license")
        if not re.fullmatch(r"[0-9a-f]{64}", entry["sha256"]) or ".." in entry["file"] or not entry["file"].startswith("/"):
            raise Failure("input", "read the lock", path, f"the input {entry['name']} has an unusable digest or file")
    return lock


def tree_files(tree):
    """Path in the keep -> file, of the keep image as it was assembled."""
    files = {}
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                raise Failure("input", "read the keep image's files", path, "it is no plain file", "Build or install Kastellan again.")
            files["/" + os.path.relpath(path, tree)] = path
    if "/usr/bin/keep-warden" not in files or "/usr/bin/keep-runner" not in files:
        raise Failure("input", "read the keep image's files", tree, "warden or runner are not in it", "Build or install Kastellan again.")
    return files


class Inputs:
    def __init__(self, lock, tree, folder, cache):
        self.lock, self.tree, self.folder, self.cache = lock, tree, folder, cache

    def entry(self, name):
        for entry in self.lock["inputs"]:
            if entry["name"] == name:
                return entry
        return None

    def names(self, with_kernel):
        """All that the image needs: firmware, the kernel's source, and what others built in the tree."""
        return ["firmware"] + (["linux-source"] if with_kernel else []) + [path for path in sorted(self.tree) if not OURS.search(path)]

    def near(self, entry):
        """Where the file may lie already."""
        if entry["name"] in self.tree:
            yield self.tree[entry["name"]]
        if self.folder:
            yield os.path.join(self.folder, os.path.basename(entry["file"]))
            yield os.path.join(self.folder, entry["file"].lstrip("/"))
        yield entry["file"]
        yield os.path.join(self.cache, "inputs", entry["sha256"])

    def packages(self, entry):
        for path in sorted(glob.glob(os.path.join(glob.escape(self.folder), "*.deb"))) if self.folder else []:
            if os.path.basename(path).startswith(entry["package"] + "_"):
                yield path

    def keep(self, entry, path):
        """A file that was unpacked from a package, in the cache by its digest."""
        place = os.path.join(self.cache, "inputs", entry["sha256"])
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copyfile(path, place + ".tmp")
        os.replace(place + ".tmp", place)
        return place

    def take(self, name):
        """The file of a pinned input; its digest was just checked."""
        entry = self.entry(name)
        if entry is None:
            raise OtherInput(name, "the image needs it, and the lock does not have it")
        seen = []
        for path in self.near(entry):
            if os.path.isfile(path):
                found = digest(path)
                if found == entry["sha256"]:
                    return path
                seen.append(f"{path} has SHA-256 {found}")
        for package in self.packages(entry):
            with debian.unpacked(package, entry["file"], self.cache) as path:
                if path and digest(path) == entry["sha256"]:
                    return self.keep(entry, path)
                seen.append(f"{package} has another or no {entry['file']}")
        progress(f"Fetching {entry['package']} {entry['version']}")
        try:
            package = debian.download(entry["package"], entry["version"], entry["suite"], self.cache)
        except debian.Vanished as error:
            seen.append(str(error))
        else:
            with debian.unpacked(package, entry["file"], self.cache) as path:
                if path and digest(path) == entry["sha256"]:
                    return self.keep(entry, path)
            seen.append(f"the package as downloaded has another or no {entry['file']}")
        raise OtherInput(name, f"pinned is {entry['file']} of {entry['package']} {entry['version']}, SHA-256 {entry['sha256']}; " + "; ".join(seen))

    def update(self, path, with_kernel):
        """Writes the lock anew from what there is now, and says what changes."""
        entries = []
        for name in self.names(with_kernel):
            old = self.entry(name)
            new = self.current(name, old)
            if old is None:
                remark(f"{name}: new in the lock, {new['package']} {new['version']}, SHA-256 {new['sha256']}")
            elif old["sha256"] != new["sha256"]:
                remark(f"{name}: {old['package']} {old['version']} -> {new['version']}, SHA-256 {old['sha256']} -> {new['sha256']}")
            entries.append(new)
        wanted = set(self.names(with_kernel)) | (set() if with_kernel else {"linux-source"})
        for old in self.lock["inputs"]:
            if old["name"] not in wanted:
                remark(f"{old['name']}: not needed any more")
            elif not with_kernel and old["name"] == "linux-source":
                entries.append(old)
        entries.sort(key=lambda entry: entry["name"])
        changed = entries != self.lock["inputs"]
        self.lock["inputs"] = entries
        if changed:
            self.lock.pop("kernel", None) # the digest of a kernel made of other inputs
        try:
            write_whole(path, json_bytes(self.lock))
        except OSError as error:
            raise Failure("environment", "write the lock", path, error.strerror, "Name a lock of your own with --lock FILE.") from error
        if not changed:
            remark("No digest changed.")

    def current(self, name, old):
        if name in self.tree:
            file = debian.source_of(self.tree[name], name, old["file"] if old else None)
            package, version = debian.owner(file) if file else ("", "")
            entry = {"package": package, "version": version, "suite": old["suite"] if old else "trixie", "file": file or name,
                     "sha256": digest(self.tree[name])}
        elif old is None:
            raise OtherInput(name, "the lock does not have it, and nothing says which package it comes from")
        else:
            own = [path for path in list(self.near(old))[:-2] if os.path.isfile(path)] # those of --inputs go first
            entry = self.from_file(old, (own or [old["file"]])[0]) if own or os.path.isfile(old["file"]) else self.from_archive(old)
        license_text = old["license"] if old and old["package"] == entry["package"] else "NOASSERTION"
        return {"name": name, **entry, "license": license_text}

    @staticmethod
    def from_file(old, path):
        package, version = debian.owner(path)
        return {"package": package or old["package"], "version": version or "unknown", "suite": old["suite"], "file": old["file"], "sha256": digest(path)}

    def from_archive(self, old):
        try:
            version = debian.newest(old["package"], old["suite"], self.cache)
            package = debian.download(old["package"], version, old["suite"], self.cache)
        except debian.Vanished as error:
            raise Failure("environment", "take the inputs of the keep image", old["name"], str(error), "Install the package, or give the file with --inputs DIR.") from error
        with debian.unpacked(package, old["file"], self.cache) as path:
            if not path:
                raise Failure("environment", "take the inputs of the keep image", old["name"], f"{package} has no {old['file']}")
            entry = {"package": old["package"], "version": version, "suite": old["suite"], "file": old["file"], "sha256": digest(path)}
            self.keep(entry, path)
        return entry


