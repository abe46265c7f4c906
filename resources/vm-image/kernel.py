# SPDX-License-Identifier: Apache-2.0
"""The keep image's kernel, from Debian's source and our fragment over tinyconfig. Same source, fragment and compiler, same bytes: no time, no
user, no host, no path and no debug information gets into it. What was built once is kept by the digest of all that."""
import collections
import contextlib
import fcntl
import glob
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile

from told import Failure, digest, progress

TIMESTAMP = "Thu Jan  1 00:00:00 UTC 1970"
RECIPE = "1" # counted up when this file builds another kernel from the same inputs
TOOLS = {"gcc": "gcc", "ld": "binutils", "make": "make", "flex": "flex", "bison": "bison", "bc": "bc", "tar": "tar", "xz": "xz-utils", "zstd": "zstd"}


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False, env=dict(os.environ, LC_ALL="C"))
    except OSError:
        return ""
    return done.stdout.split("\n", 1)[0].strip()


def tools():
    """What decides the bytes beside the inputs."""
    return {"compiler": first_line("gcc", "--version"), "linker": first_line("ld", "--version"), "zstd": first_line("zstd", "--version")}


def need_tools():
    missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if shutil.which("gcc"):
        for header, package in (("libelf.h", "libelf-dev"), ("stdio.h", "libc6-dev")):
            probe = subprocess.run(["gcc", "-E", "-include", header, "-x", "c", os.devnull], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            if probe.returncode != 0:
                missing.append(package)
    if missing:
        raise Failure("environment", "build the keep image's kernel", "", "what it is built with is not installed: " + ", ".join(missing),
                      "Install it ('apt install " + " ".join(missing) + "'), or give a ready-made kernel with --kernel FILE.")


def key(fragment, source_digest, made_with):
    text = "\0".join([RECIPE, fragment, source_digest, made_with["compiler"], made_with["linker"], made_with["zstd"]])
    return hashlib.sha256(text.encode()).hexdigest()


def wanted(fragment):
    """Name -> value of the fragment's lines; None where it has to be off."""
    options = {}
    for line in fragment.splitlines():
        words = line.split()
        if line.startswith("CONFIG_"):
            name, value = line.split("=", 1)
            options[name] = value
        elif len(words) == 5 and words[0] == "#" and words[2:] == ["is", "not", "set"]:
            options[words[1]] = None
    return options


def check(fragment, configuration):
    made = wanted(configuration)
    wrong = [f"{name} is {made.get(name) or 'off'}, not {value or 'off'}" for name, value in wanted(fragment).items() if made.get(name) != value]
    if wrong:
        raise Failure("input", "configure the keep image's kernel", "kernel.fragment", "this source does not take it: " + "; ".join(wrong),
                      "Mend the fragment, or use the source that the lock names.")


def environment():
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR") or name.startswith("CCACHE_")}
    # The kernel is compiled in another folder each time; the compiler cache has to find it again.
    kept.pop("CCACHE_BASEDIR", None)
    return {**kept, "LC_ALL": "C", "TZ": "UTC", "KBUILD_BUILD_TIMESTAMP": TIMESTAMP, "KBUILD_BUILD_USER": "kastellan", "KBUILD_BUILD_HOST": "kastellan",
            "KBUILD_BUILD_VERSION": "1", "SOURCE_DATE_EPOCH": "0", "CCACHE_NOHASHDIR": "1"}


def run(command, folder, log, doing):
    """Runs it in a process group of its own, so that all of it ends when we are interrupted; its lines are counted as progress."""
    last = collections.deque(maxlen=15)
    with subprocess.Popen(command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", start_new_session=True) as process:
        try:
            count = 0
            for line in process.stdout:
                log.write(line)
                last.append(line.rstrip())
                count += 1
                if count % 10 == 0:
                    progress(doing, count)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        raise Failure("environment", "build the keep image's kernel", log.name, f"'{' '.join(command)}' failed: " + " | ".join(last))


def unpack(source, folder, log):
    progress("Unpacking the kernel's source")
    run(["tar", "-x", "--strip-components=1", "--no-same-owner", "-f", source], folder, log, "Unpacking the kernel's source")


def compile_kernel(source, fragment, work, jobs, log):
    make = ["make", "-j", str(jobs), "CC=ccache gcc" if shutil.which("ccache") else "CC=gcc"]
    unpack(source, work, log)
    progress("Configuring the kernel")
    run([*make, "tinyconfig"], work, log, "Configuring the kernel")
    with open(os.path.join(work, ".config"), "a", encoding="utf-8") as file:
        file.write(fragment)
    run([*make, "olddefconfig"], work, log, "Configuring the kernel")
    with open(os.path.join(work, ".config"), encoding="utf-8") as file:
        check(fragment, file.read())
    run([*make, "bzImage"], work, log, "Compiling the kernel")


def build(source, source_digest, fragment, cache, jobs):
    """(kernel, configuration), two files in the cache."""
    need_tools()
    place = os.path.join(cache, "kernels", key(fragment, source_digest, tools()))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(os.path.join(cache, "kernels", "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX) # another build may be making the same
        return build_locked(source, fragment, cache, place, jobs)


def build_locked(source, fragment, cache, place, jobs):
    kernel, configuration = os.path.join(place, "bzImage"), os.path.join(place, "config")
    with contextlib.suppress(OSError), open(os.path.join(place, "sha256"), encoding="ascii") as file:
        if file.read() == digest(kernel) + " " + digest(configuration):
            progress("The kernel was built before")
            return kernel, configuration
    for left in glob.glob(os.path.join(glob.escape(cache), "kernel-*")): # of a build that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="kernel-") as work:
        with open(os.path.join(cache, "kernel.log"), "w", encoding="utf-8") as log:
            compile_kernel(source, fragment, work, jobs, log)
        made = tempfile.mkdtemp(dir=os.path.dirname(place), prefix=".new-")
        try:
            shutil.copyfile(os.path.join(work, "arch/x86/boot/bzImage"), os.path.join(made, "bzImage"))
            shutil.copyfile(os.path.join(work, ".config"), os.path.join(made, "config"))
            with open(os.path.join(made, "sha256"), "w", encoding="ascii") as file:
                file.write(digest(os.path.join(made, "bzImage")) + " " + digest(os.path.join(made, "config")))
            shutil.rmtree(place, ignore_errors=True)
            os.rename(made, place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return kernel, configuration
