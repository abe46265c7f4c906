# SPDX-License-Identifier: Apache-2.0
"""What the scripts here need to know of ELF files, by way of binutils: readelf and nm."""
import os
import re
import subprocess
import sys


def stop(why):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {why}")


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ, LC_ALL="C"), check=False)
    if done.returncode != 0:
        stop(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout


class Dynamic:
    """The dynamic section of a program or library: what it needs, its own name, where it wants to look."""

    def __init__(self, path):
        text = run("readelf", "--wide", "--dynamic", "--program-headers", path)
        self.needed = re.findall(r"\(NEEDED\).*\[(.*)\]", text)
        self.soname = next(iter(re.findall(r"\(SONAME\).*\[(.*)\]", text)), None)
        self.runpath = re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", text)
        self.interpreter = next(iter(re.findall(r"Requesting program interpreter: (.*)\]", text)), None)


def machine(path):
    """Class, byte order and machine: the 20 bytes that a program and its libraries have to share."""
    with open(path, "rb") as file:
        head = file.read(20)
    return head[4:6] + head[18:20] if head[:4] == b"\x7fELF" else None
