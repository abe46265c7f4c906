#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Assembles the keep image: the given programs, their loader, and every library that these need, each under the name it is looked up by, and
nothing else. Same inputs, same bytes. Files that are already right are left alone, files that do not belong there are removed.

usage: assemble.py --out FOLDER --list FILE --depfile FILE --target NAME [--strip PROGRAM] [--instead NAME=FILE]... PATH-IN-KEEP=FILE...
"""
import argparse
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

from elf import Dynamic, machine, run, stop


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--list", required=True)
    parser.add_argument("--depfile", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--strip")
    parser.add_argument("--instead", action="append", default=[])
    parser.add_argument("programs", nargs="+")
    return parser.parse_args()


def pairs(texts):
    return dict(text.split("=", 1) for text in texts)


class Libraries:
    """Finds libraries as the loader of this system does: where the program says, by its cache, then in its own folders."""

    def __init__(self, loader, instead):
        self.folders = re.findall(r'path\.system_dirs\[.*\]="(.*)"', run(loader, "--list-diagnostics"))
        if not self.folders:
            stop(f"{loader} does not say in which folders it looks")
        self.machine = machine(loader)
        self.instead = instead
        ldconfig = shutil.which("ldconfig", path=os.environ.get("PATH", "") + ":/sbin:/usr/sbin")
        self.cached = {}
        for name, path in re.findall(r"^\s*(\S+) \(.*\) => (.*)$", run(ldconfig, "-p") if ldconfig else "", re.MULTILINE):
            self.cached.setdefault(name, []).append(path)

    def find(self, name, by, runpath):
        if name in self.instead:
            return self.instead[name]
        origin = os.path.dirname(os.path.realpath(by))
        own = [folder.replace("$ORIGIN", origin).replace("${ORIGIN}", origin) + "/" + name for text in runpath for folder in text.split(":")]
        for path in own + self.cached.get(name, []) + [folder + name for folder in self.folders]:
            if os.path.exists(path) and machine(path) == self.machine:
                return os.path.realpath(path)
        stop(f"{by} needs {name}, and it is in none of the loader's folders")


def closure(programs, instead):
    """Path in the keep -> file here."""
    files = dict(programs)
    interpreters = {Dynamic(path).interpreter for path in programs.values()}
    if len(interpreters) != 1 or None in interpreters:
        stop(f"the programs have not one loader, but {interpreters}")
    interpreter = interpreters.pop()
    loader = os.path.realpath(interpreter)
    files[interpreter] = loader
    libraries = Libraries(interpreter, instead)
    known = {Dynamic(loader).soname}
    waiting = list(programs.values())
    while waiting:
        path = waiting.pop()
        dynamic = Dynamic(path)
        for name in dynamic.needed:
            if name in known:
                continue
            known.add(name)
            found = libraries.find(name, path, dynamic.runpath)
            # In the keep all lie in the loader's first folder: it looks nowhere else in vain.
            files[libraries.folders[0] + name] = found
            waiting.append(found)
    return files


def content(path, strip):
    if not strip:
        with open(path, "rb") as file:
            return file.read()
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "stripped")
        subprocess.run([strip, "--strip-all", "-o", copy, path], check=True)
        with open(copy, "rb") as file:
            return file.read()


def put(path, data, mode):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.islink(path) or not os.path.exists(path) or open(path, "rb").read() != data:
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "wb") as file:
            file.write(data)
    os.chmod(path, mode)


def remove_others(out, wanted):
    for folder, folders, names in os.walk(out, topdown=False):
        for name in names + [name for name in folders if os.path.islink(os.path.join(folder, name))]:
            path = os.path.join(folder, name)
            if path not in wanted:
                os.unlink(path)
        os.chmod(folder, 0o755)
        if folder != out and not os.listdir(folder):
            os.rmdir(folder)


def main():
    options = arguments()
    programs = pairs(options.programs)
    files = closure(programs, pairs(options.instead))
    executable = set(programs) | {Dynamic(path).interpreter for path in programs.values()}
    lines = []
    out = os.path.abspath(options.out)
    os.makedirs(out, exist_ok=True)
    remove_others(out, {out + path for path in files})
    for path in sorted(files):
        # Our own programs carry what debuggers need; in the keep nobody debugs, and all of it is measured.
        data = content(files[path], options.strip if path in programs else None)
        mode = 0o755 if path in executable else 0o644
        put(out + path, data, mode)
        lines.append(f"{hashlib.sha256(data).hexdigest()} {mode:04o} {len(data):>9} {path}\n")
    with open(options.list, "w", encoding="utf-8") as file:
        file.write("# The keep image: SHA-256, mode, size in bytes and path of every file. Nothing else is in a keep before its workload.\n")
        file.writelines(lines)
    with open(options.depfile, "w", encoding="utf-8") as file:
        file.write(options.target + ": " + " ".join(sorted(set(files.values()))).replace("#", "\\#") + "\n")


main()
