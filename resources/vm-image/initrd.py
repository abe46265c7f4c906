# SPDX-License-Identifier: Apache-2.0
"""The initrd: a cpio archive (newc) that is the same whenever and wherever it is made. Sorted, owned by root, without times; inode numbers are
places in the archive. Warden, runner and their libraries, the folders where the warden mounts, and /init, which is the warden."""
import shutil
import stat
import subprocess

from told import Failure

FOLDERS = ["dev", "proc", "run", "sys", "tmp"]
LEVEL = "-19"


def entry(name, mode, data, number):
    fields = [number, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def archive(files):
    """`files`: path in the keep -> (content, permission bits)."""
    entries = {name: (stat.S_IFDIR | 0o755, b"") for name in FOLDERS}
    entries["init"] = (stat.S_IFLNK | 0o777, b"usr/bin/keep-warden")
    for path, (data, mode) in files.items():
        name = path.lstrip("/")
        entries[name] = (stat.S_IFREG | mode, data)
        while "/" in name:
            name = name.rpartition("/")[0]
            entries[name] = (stat.S_IFDIR | 0o755, b"")
    parts = [entry(name, *entries[name], number + 1) for number, name in enumerate(sorted(entries))]
    data = b"".join(parts) + entry("TRAILER!!!", 0, b"", 0)
    return data + bytes(-len(data) % 512)


def compressed(data):
    """One frame of zstd, in one thread: its bytes depend on the version of zstd alone."""
    if not shutil.which("zstd"):
        raise Failure("environment", "make the initrd", "", "zstd is not installed", "Install it ('apt install zstd').")
    return subprocess.run(["zstd", LEVEL, "--single-thread", "--quiet", "--stdout"], input=data, stdout=subprocess.PIPE, check=True).stdout
