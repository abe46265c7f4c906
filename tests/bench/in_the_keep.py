# SPDX-License-Identifier: Apache-2.0
"""What a keep in a virtual machine costs once it runs: computing against native code in the same machine, and memory of warden, runner and loader."""
import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from libvirt_scene import LeftOut, PATIENCE, Scene, end, wait_for

SOURCE = Path(__file__).resolve().parents[2]
ROUNDS = "30"


def cpio(program):
    """An archive with this program as the first one."""
    sys.path.insert(0, str(SOURCE / "resources/vm-image"))
    from initrd import archive # pylint: disable=import-outside-toplevel # the recipe's own writer
    written = io.BytesIO()
    archive({"/init": (program, 0o755)}, written)
    return written.getvalue()


def compile_c(scene, source, target):
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler:
        raise LeftOut("there is no C compiler")
    subprocess.run([compiler, "-O2", "-static", "-o", target, source], check=True)
    scene.own(target)


def tenths(lines):
    """Seconds from the first tenth of the work to its end: nothing of a start or an end is in them."""
    at = {}
    for line in lines:
        found = re.match(rb"\s*(\d+) %: ", line)
        if found:
            at[int(found[1])] = time.monotonic()
    if 10 not in at or 100 not in at:
        raise LeftOut("compute did not get to its end")
    return at[100] - at[10]


def in_keep(scene):
    process = scene.start([scene.keepctl, "keep", "launch", scene.examples / "compute", "--aot", "--arg", ROUNDS, "--host", "qemu:///session",
                           "--rehearse", "--technology", "snp"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    took = tenths(process.stdout)
    process.wait(PATIENCE)
    return took


def in_guest(scene, initrd):
    """The same source as native code, as the first program of a machine with the same kernel and processor."""
    process = scene.start(["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "q35,accel=tcg", "-cpu",
                           "EPYC-v4", "-m", "256", "-kernel", scene.image / "kernel", "-initrd", initrd, "-append",
                           f"console=ttyS0 quiet panic=-1 -- {ROUNDS}", "-serial", "stdio"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        return tenths(process.stdout)
    finally:
        end(process)


def here(scene, *command):
    process = scene.start(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    took = tenths(process.stdout)
    process.wait(PATIENCE)
    return took


def compute(programs, runs):
    runs = max(3, runs // 4)
    with Scene(programs) as scene:
        native = scene.folder / "compute"
        compile_c(scene, SOURCE / "resources/examples/compute/compute.c", native)
        initrd = scene.folder / "native.cpio"
        initrd.write_bytes(cpio(native))
        scene.own(initrd)
        ways = {"in the keep, compiled": lambda: in_keep(scene), "native, in the same machine": lambda: in_guest(scene, initrd),
                "native, on this computer": lambda: here(scene, native, ROUNDS)}
        if shutil.which("wasmedge"):
            compiled = scene.folder / "compute.so"
            scene.run("wasmedge", "compile", scene.examples / "compute/main.wasm", compiled)
            ways["compiled, on this computer"] = lambda: here(scene, "wasmedge", compiled, ROUNDS)
        samples = {name: [] for name in ways}
        for _ in range(runs):
            for name, way in ways.items():
                samples[name].append(way())
    print(f"\nComputing in a keep (the example compute, {ROUNDS} rounds, from 10 % to 100 % of the work), against native code in the same machine")
    for name, values in samples.items():
        print(f"  {name:28} {statistics.median(values) * 1000:8.0f} ms   (min {min(values) * 1000:.0f}, max {max(values) * 1000:.0f}, n={len(values)})")
    ratio = [keep / guest for keep, guest in zip(samples["in the keep, compiled"], samples["native, in the same machine"])]
    print(f"  the keep against native code in the same machine: {statistics.median(ratio):.2f} (min {min(ratio):.2f}, max {max(ratio):.2f})")
    if "compiled, on this computer" in samples:
        ratio = [ours / peer for ours, peer in zip(samples["compiled, on this computer"], samples["native, on this computer"])]
        print(f"  the same two without a machine: {statistics.median(ratio):.2f}; what is left is QEMU, which translates every instruction here")


def watched_image(scene):
    """The keep image with the program that tells of memory in front of its warden."""
    program = scene.folder / "guest_memory"
    compile_c(scene, SOURCE / "tests/bench/guest_memory.c", program)
    folder = scene.folder / "image"
    shutil.copytree(scene.image, folder)
    initrd = (folder / "initrd").read_bytes()
    initrd += bytes(-len(initrd) % 4) + cpio(program)
    (folder / "initrd").write_bytes(initrd)
    told = json.loads((folder / "image.json").read_text())
    told["initrd"] |= {"size": len(initrd), "sha256": hashlib.sha256(initrd).hexdigest()}
    (folder / "image.json").write_text(json.dumps(told))
    for path in [folder, *folder.iterdir()]:
        scene.own(path)
    return folder


def process_memory(pid):
    """Peak resident, and proportional set size, in kB."""
    status, rollup = (Path(f"/proc/{pid}/{name}").read_text() for name in ("status", "smaps_rollup"))
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]), int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1])


def loaders(scene):
    ours = f"XDG_RUNTIME_DIR={scene.environment['XDG_RUNTIME_DIR']}".encode()
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and (folder / "comm").read_text().strip() == "keep-loader" and ours in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)


def memory(programs, _runs):
    with Scene(programs) as scene:
        folder = watched_image(scene)
        process = scene.start([scene.keepctl, "keep", "launch", scene.examples / "compute", "--name", "watched", "--aot", "--arg", ROUNDS, "--host",
                               "qemu:///session", "--rehearse", "--technology", "snp", "--image", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        loader = (0, 0)
        for line in process.stdout:
            if b" %" in line: # the keep runs: all that it takes is taken
                for pid in loaders(scene):
                    loader = process_memory(pid)
        process.wait(PATIENCE)
        console = scene.run(scene.keepctl, "keep", "logs", "--console", "watched")
    programs_of = {}
    for pid, name, peak, now, own in re.findall(r"bench-memory (\d+) (\S+) peak (\d+) now (\d+) own (\d+) kB", console):
        programs_of[(name, int(pid))] = tuple(map(int, (peak, now, own)))
    rooms = [tuple(map(int, words)) for words in re.findall(r"machine total (\d+) free (\d+) available (\d+) kB", console)]
    if not programs_of or not rooms or not loader[0]:
        raise LeftOut("the machine or its loader did not tell of its memory")
    print("\nMemory while a keep in a virtual machine runs (the example compute), by the accounting of each kernel")
    print(f"  {'keep-loader, on the host':34} peak {loader[0] / 1024:6.1f} MB, proportional {loader[1] / 1024:.1f} MB")
    for (name, pid), (peak, now, own) in sorted(programs_of.items(), key=lambda item: item[0][1]):
        if name.startswith("keep-"): # and not what tells of them
            print(f"  {f'{name} (process {pid}), in the keep':34} peak {peak / 1024:6.1f} MB, now {now / 1024:.1f} MB, of it its own {own / 1024:.1f} MB")
    total, _, available = min(rooms, key=lambda room: room[2])
    print(f"  {'the whole machine':34} {(total - available) / 1024:6.1f} MB of {total / 1024:.0f} MB in use at most")
