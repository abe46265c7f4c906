# SPDX-License-Identifier: Apache-2.0
"""The initrd: a cpio archive (newc) that is the same whenever and wherever it is made. Sorted, owned by root, without times; inode numbers are
places in the archive. Warden, runner and their libraries, the folders where the warden mounts, and /init, which is the warden. It is written file by
file: no more than one of them is in memory."""
import hashlib
import shutil
import stat
import subprocess

from told import Failure

FOLDERS = ["dev", "proc", "run", "sys", "tmp"]
# Tables of a quarter of what the level brings along: a third of the memory (33 MB), for half a percent of size.
COMPRESSOR = ["zstd", "-19", "--zstd=clog=22,hlog=20", "--single-thread", "--quiet", "--stdout"]


def entry(name, mode, data, number):
    fields = [number, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def archive(files, sink):
    """Writes the archive to `sink`. `files`: path in the keep -> (file, permission bits). Returns what image.json says of each file: it is
    of the bytes that were written."""
    entries = {name: (stat.S_IFDIR | 0o755, None) for name in FOLDERS}
    entries["init"] = (stat.S_IFLNK | 0o777, None)
    for path, (source, mode) in files.items():
        name = path.lstrip("/")
        entries[name] = (stat.S_IFREG | mode, source)
        while "/" in name:
            name = name.rpartition("/")[0]
            entries[name] = (stat.S_IFDIR | 0o755, None)
    contents, size = [], 0
    for number, name in enumerate(sorted(entries)):
        mode, source = entries[name]
        data = read(source) if source else b"usr/bin/keep-warden" if stat.S_ISLNK(mode) else b""
        if source:
            contents.append({"path": "/" + name, "size": len(data), "mode": mode & 0o7777, "sha256": hashlib.sha256(data).hexdigest()})
        written = entry(name, mode, data, number + 1)
        sink.write(written)
        size += len(written)
    last = entry("TRAILER!!!", 0, b"", 0)
    sink.write(last + bytes(-(size + len(last)) % 512))
    return contents


def write(files, path):
    """The compressed archive: one frame of zstd, in one thread; its bytes depend on the version of zstd alone."""
    if not shutil.which(COMPRESSOR[0]):
        raise Failure("environment", "make the initrd", "", "zstd is not installed", "Install it ('apt install zstd').")
    with open(path, "wb") as out, subprocess.Popen(COMPRESSOR, stdin=subprocess.PIPE, stdout=out) as compressor:
        try:
            contents = archive(files, compressor.stdin)
        except BrokenPipeError: # its status says why
            contents = []
        except BaseException:
            compressor.kill()
            raise
        compressor.communicate()
    if compressor.returncode != 0:
        raise subprocess.CalledProcessError(compressor.returncode, COMPRESSOR)
    return contents
