#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the keep image that the tests start. A build never fails for an input that Debian does not have any more: where an input is another one
than the lock's, the image is made of what is there and FOLDER/vm-image.other says so (the test of the lock is then skipped, with that text); where
none can be made, FOLDER/vm-image.missing says why, and every test that needs it is skipped with that.

usage: test_build.py FOLDER WORK STAMP [argument of build.py]...      the image is FOLDER/vm-image
"""
import contextlib
import os
import pathlib
import shutil
import sys

from build import HERE, arguments, build, guarded
from told import Failure, OtherInput


def text_of(failure):
    fields = failure.fields
    return f"{fields['what']} ({fields['where']}): {fields['why']}. {fields['remedy']}\n"


def is_of_the_lock(failure):
    return isinstance(failure, OtherInput) or failure.fields["kind"] == "negative"


def main():
    folder, work, stamp, *words = sys.argv[1:]
    os.makedirs(work, exist_ok=True)
    missing, other = (pathlib.Path(folder) / name for name in ("vm-image.missing", "vm-image.other"))
    for path in (missing, other, pathlib.Path(stamp)):
        path.unlink(missing_ok=True)
    lock = os.path.join(HERE, "inputs.lock.json")
    words += ["--out", os.path.join(folder, "vm-image")]
    try:
        try:
            build(arguments([*words, "--lock", lock]))
        except Failure as failure:
            if not is_of_the_lock(failure):
                raise
            own = os.path.join(work, "inputs.lock.json")
            shutil.copyfile(lock, own)
            build(arguments([*words, "--lock", own, "--update-lock"]))
            other.write_text(text_of(failure), encoding="utf-8")
    except Failure as failure:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(os.path.join(folder, "vm-image"))
        missing.write_text(text_of(failure), encoding="utf-8")
        print("No keep image for virtual machines: " + text_of(failure), end="")
        return
    pathlib.Path(stamp).touch()


if __name__ == "__main__":
    sys.exit(guarded(main))
