#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a keep image for virtual machines: firmware, kernel, initrd, command line, image.json with every digest, and a bill of materials.
Same inputs, same bytes. `keepctl image build` runs it; the folder appears whole or not at all.

usage: build.py --out FOLDER --tree KEEP-IMAGE --lock FILE --cache FOLDER --version TEXT [--inputs FOLDER] [--jobs N] [--kernel FILE]
                [--update-lock] [--command-line FILE]
"""
import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import debian
import initrd
import kernel
import sbom
from inputs import Inputs, read_lock, tree_files
from told import Failure, digest, json_bytes, progress, remark, write_whole

NAME = "kastellan-keep"
HERE = os.path.dirname(os.path.abspath(__file__))


def arguments(words=None):
    parser = argparse.ArgumentParser()
    for name in ("out", "tree", "lock", "cache", "version"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--inputs")
    parser.add_argument("--kernel")
    parser.add_argument("--command-line", default=os.path.join(HERE, "command-line"))
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--update-lock", action="store_true")
    return parser.parse_args(words)


def command_line(path):
    with open(path, encoding="ascii") as file:
        words = [line.split("#", 1)[0].strip() for line in file]
    return " ".join(word for word in words if word)


def make_kernel(options, inputs):
    """(kernel, configuration or None, entry for the list of inputs)"""
    if options.kernel:
        package, version = debian.owner(options.kernel)
        return options.kernel, None, {"name": "kernel", "package": package, "version": version, "file": options.kernel if package else os.path.basename(options.kernel),
                                      "sha256": digest(options.kernel), "license": "NOASSERTION"}
    entry = inputs.entry("linux-source")
    with open(os.path.join(HERE, "kernel.fragment"), encoding="ascii") as file:
        fragment = file.read()
    kernel.need_tools() # before 150 MB are fetched
    image, configuration = kernel.build(inputs.take("linux-source"), entry["sha256"], fragment, options.cache, options.jobs)
    return image, configuration, entry


def expect_kernel(options, inputs, image):
    """Where the lock says what comes out with these tools, it has to."""
    if options.kernel:
        return
    made, known = {"sha256": digest(image), **kernel.tools()}, inputs.lock.get("kernel", {})
    with open(os.path.join(HERE, "kernel.fragment"), "rb") as file:
        made["fragment"] = kernel.hashlib.sha256(file.read()).hexdigest()
    same_tools = all(known.get(key) == made[key] for key in ("compiler", "linker", "zstd", "fragment"))
    if same_tools and known.get("sha256") != made["sha256"] and not options.update_lock:
        raise Failure("negative", "build the keep image's kernel", image,
                      f"its SHA-256 is {made['sha256']}; with the same inputs and tools it was {known.get('sha256')}",
                      "Build it once more without the compiler cache; if it differs again, the build is not reproducible here, and that is a defect.")
    if options.update_lock and known != made:
        inputs.lock["kernel"] = made
        write_whole(options.lock, json_bytes(inputs.lock))
        remark(f"kernel: {known.get('sha256', 'not known so far')} -> {made['sha256']}")


def part(folder, name):
    """What image.json says of a file of the image."""
    path = os.path.join(folder, name)
    return {"file": name, "size": os.path.getsize(path), "sha256": digest(path)}


def put(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)
    return part(folder, name)


def copy(folder, name, source):
    shutil.copyfile(source, os.path.join(folder, name))
    return part(folder, name)


def fill(folder, options, inputs):
    image, configuration, kernel_entry = make_kernel(options, inputs)
    expect_kernel(options, inputs, image)
    entries, files = [inputs.entry("firmware"), kernel_entry], {}
    parts = {"firmware": copy(folder, "firmware.fd", inputs.take("firmware")), "kernel": copy(folder, "kernel", image)}
    pinned = set(inputs.names(False))
    for path in sorted(inputs.tree):
        if path in pinned:
            entries.append(inputs.entry(path))
        source = inputs.take(path) if path in pinned else inputs.tree[path]
        files[path] = (source, 0o755 if os.stat(inputs.tree[path]).st_mode & 0o100 else 0o644)
    progress("Packing the initrd")
    contents = initrd.write(files, os.path.join(folder, "initrd"))
    parts["initrd"] = part(folder, "initrd")
    for name, found in [("firmware", parts["firmware"]), *((file["path"], file) for file in contents)]: # what was taken, not what lay there before
        if name in pinned and found["sha256"] != inputs.entry(name)["sha256"]:
            raise Failure("negative", "make the keep image", name, "the input changed while it was taken", "Build it again.")
    made = {file["file"]: file["sha256"] for file in parts.values()}
    documents = [put(folder, "sbom.spdx.json", sbom.document(NAME, options.version, entries, contents, made))]
    if configuration:
        documents.append(copy(folder, "kernel.config", configuration))
    put(folder, "image.json", json_bytes({
        "format": "kastellan-vm-image-1",
        "name": NAME,
        "version": options.version,
        **parts,
        "command_line": command_line(options.command_line),
        "documents": documents,
        "inputs": [{key: entry[key] for key in ("name", "package", "version", "sha256")} for entry in entries],
        "contents": contents,
        "tools": kernel.tools() if not options.kernel else {"zstd": kernel.tools()["zstd"]},
    }))


def place(made, out):
    """In one step, also where an image lies already."""
    exchange = 2 # RENAME_EXCHANGE
    if os.path.isdir(out):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.renameat2(-100, made.encode(), -100, out.encode(), exchange) == 0:
            shutil.rmtree(made)
            return
        old = made + ".old"
        os.rename(out, old)
        os.rename(made, out)
        shutil.rmtree(old)
    else:
        os.rename(made, out)


def build(options):
    options.out = os.path.abspath(options.out)
    if os.path.isdir(options.out) and os.listdir(options.out) and not os.path.exists(os.path.join(options.out, "image.json")):
        raise Failure("input", "write the keep image", options.out, "the folder holds something else", "Name another with --out.")
    known = options.lock
    if options.update_lock and not os.path.exists(known): # a new lock begins as the recipe's
        known = os.path.join(HERE, "inputs.lock.json")
    lock = read_lock(known)
    inputs = Inputs(lock, tree_files(options.tree), options.inputs, options.cache)
    os.makedirs(options.cache, exist_ok=True)
    if options.update_lock:
        inputs.update(options.lock, not options.kernel)
    os.makedirs(os.path.dirname(options.out), exist_ok=True)
    made = tempfile.mkdtemp(dir=os.path.dirname(options.out), prefix=".vm-image-")
    try:
        fill(made, options, inputs)
        os.chmod(made, 0o755)
        place(made, options.out)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    progress("The image is made")


def guarded(work):
    """Runs it, and tells every failure in the one form that keepctl reads."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        work()
        return 0
    except Failure as failure:
        failure.tell()
    except KeyboardInterrupt:
        Failure("cancelled", "make the keep image", "", "it was interrupted; nothing was left behind").tell()
    except OSError as error:
        Failure("environment", "make the keep image", error.filename or "", error.strerror or str(error)).tell()
    except subprocess.CalledProcessError as error:
        if error.returncode in (-signal.SIGTERM, -signal.SIGINT): # interrupted with us, and noticed first
            Failure("cancelled", "make the keep image", "", "it was interrupted; nothing was left behind").tell()
            return 1
        Failure("environment", "make the keep image", error.cmd[0], f"it failed with status {error.returncode}").tell()
    return 1


if __name__ == "__main__":
    sys.exit(guarded(lambda: build(arguments())))
