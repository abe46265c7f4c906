# SPDX-License-Identifier: Apache-2.0
"""How the recipe speaks: progress as lines on standard output, a failure as one JSON object on standard error. keepctl reads both."""
import hashlib
import json
import os
import sys
import time


class Failure(Exception):
    """What failed, where, why, and what to do about it; `kind` is input, environment or negative."""

    def __init__(self, kind, what, where, why, remedy=""):
        super().__init__(why)
        self.fields = {"kind": kind, "what": what, "where": str(where), "why": why, "remedy": remedy}

    def tell(self):
        print(json.dumps(self.fields), file=sys.stderr, flush=True)


class OtherInput(Failure):
    """An input is not what the lock says, or is not to be had any more."""

    def __init__(self, where, why):
        super().__init__("input", "take the inputs of the keep image", where, why,
                         "Take what is there now with --update-lock (it says which digests change), or give the pinned file with --inputs DIR.")


LAST = {"doing": "", "time": 0.0}


def progress(doing, done=0, total=0):
    """At most one line a second of the same thing."""
    if doing == LAST["doing"] and time.monotonic() < LAST["time"] + 1:
        return
    LAST.update(doing=doing, time=time.monotonic())
    print(f"progress\t{doing}\t{done}\t{total}", flush=True)


def remark(text):
    print(f"remark\t{text}", flush=True)


def digest(path):
    """SHA-256 of a file of any size."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def write_whole(path, data):
    """The whole file or nothing."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def json_bytes(value):
    return (json.dumps(value, indent=1, ensure_ascii=True) + "\n").encode()
