# SPDX-License-Identifier: Apache-2.0
"""Keeps in virtual machines, through libvirt, in rehearsal: size of the image, the launch against `virsh create` of the same domain, where its time
goes. See docs/performance.md for what each figure means."""
import os
import re
import statistics
import subprocess
import time
from datetime import datetime, timezone

from figures import median_ms, spread
from libvirt_scene import LeftOut, PATIENCE, Scene, wait_for

TECHNOLOGIES = ("snp", "es", "sev")
FIRST_LINE = b"keep-warden:"
# The warden reads its words first of all. One that it does not know is what it says its first line about, and then the machine ends.
UNKNOWN_WORD = "kastellan.begin"


def image(programs, _runs):
    with Scene(programs) as scene:
        folder = scene.image
        sizes = {name: (folder / name).stat().st_size for name in ("firmware.fd", "kernel", "initrd")}
        print("\nThe keep image for virtual machines, in bytes   (to reach: 25 MB)")
        for name, size in [*sizes.items(), ("together", sum(sizes.values()))]:
            print(f"  {name:24} {size:11,}")
        timed = []
        for _ in range(5):
            begin = time.monotonic()
            scene.run(scene.keepctl, "image", "verify", folder)
            timed.append(time.monotonic() - begin)
        print(f"  {'keepctl image verify':24} {spread(timed)}")


def keep_log(scene, name):
    """(seconds since the epoch, stream, text) of each entry of a keep's log."""
    entries = []
    for line in scene.run(scene.keepctl, "keep", "logs", "--all", "--timestamps", name).splitlines():
        found = re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) +(\w+) +(.*)", line)
        if found:
            entries.append((datetime.fromisoformat(found[1]).replace(tzinfo=timezone.utc).timestamp(), found[2], found[3]))
    return entries


def first_of(entries, stream, beginning, after=0.0):
    for at, which, text in entries:
        if which == stream and text.startswith(beginning) and at >= after:
            return at
    raise LeftOut(f"the keep's log does not tell of '{beginning}'")


def launch(scene, technology, number):
    """One launch of the example hello: seconds to its first output, and to the steps that the keep's log tells of."""
    name = f"hello-{technology}-{number}"
    began, begin = time.time(), time.monotonic()
    process = scene.start([scene.keepctl, "keep", "launch", scene.examples / "hello", "--name", name, "--host", "qemu:///session", "--rehearse",
                           "--technology", technology], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = process.stdout.read(1)
    elapsed = time.monotonic() - begin
    _, errors = process.communicate(timeout=PATIENCE)
    if not first or process.returncode != 0:
        raise LeftOut(f"the launch ended with status {process.returncode}: {errors.decode(errors='replace').strip()}")
    log = keep_log(scene, name)
    starting = first_of(log, "event", "state: starting")
    runs = first_of(log, "event", "step: the machine runs")
    answered = first_of(log, "event", "step: its warden has answered")
    believed = first_of(log, "event", "record", answered)
    delivered = first_of(log, "event", "record", first_of(log, "event", "state: delivering"))
    running = first_of(log, "event", "state: running")
    output = first_of(log, "out", "")
    steps = {
        "planned, loader started": starting - began, "libvirt has started it": runs - starting, "firmware, kernel, warden": answered - runs,
        "first evidence accepted": believed - answered, "delivered, accepted": delivered - believed, "the module is loaded": running - delivered,
        "its first output": output - running,
    }
    # From the loader's word to begin to the first byte of output: the runner's process, the runtime, the module.
    return {"output": elapsed, "module": output - delivered, "boot": believed - runs, "steps": steps}


def reference_domain(scene, technology):
    """The domain that a launch of the example would make, with one word more for its warden and its serial line at `path`."""
    xml = scene.run(scene.keepctl, "keep", "domain-xml", scene.examples / "hello", "--host", "qemu:///session", "--rehearse", "--technology", technology)
    path, listening = scene.listener("serial")
    xml = re.sub(r'<serial type="pty">', f'<serial type="unix"><source mode="connect" path="{path}"/>', xml)
    xml = re.sub(r"</cmdline>", f" {UNKNOWN_WORD}</cmdline>", xml)
    file = scene.folder / "reference.xml"
    file.write_text(xml)
    scene.own(file)
    return file, listening, re.search(r"<name>(.*?)</name>", xml)[1]


def create(scene, technology):
    """`virsh create` of the same domain: seconds to the first line of its first program."""
    file, listening, name = reference_domain(scene, technology)
    with listening:
        begin = time.monotonic()
        process = scene.start(["virsh", "-q", "-c", "qemu:///session", "create", file], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        serial, _ = listening.accept()
        with serial:
            serial.settimeout(PATIENCE)
            said = b""
            while FIRST_LINE not in said:
                part = serial.recv(4096)
                if not part:
                    raise LeftOut(f"virsh create: the machine ended without a word: {said[-200:]!r}")
                said += part
            elapsed = time.monotonic() - begin
        _, errors = process.communicate(timeout=PATIENCE)
    if process.returncode != 0:
        raise LeftOut(f"virsh create ended with status {process.returncode}: {errors.decode(errors='replace').strip()}")
    wait_for(lambda: name not in scene.virsh("list", "--name").split(), "the end of the reference's machine")
    return elapsed


def machine(programs, runs):
    runs = max(5, runs // 2)
    with Scene(programs) as scene:
        print("\nA keep in a virtual machine (rehearsal, libvirt, QEMU without KVM): command to first output of hello, attested twice, against")
        print("`virsh create` of the same domain to the first line of its first program; one of each in turn, ratios pair by pair")
        for technology in TECHNOLOGIES:
            launches, references = [], []
            for number in range(runs + 1):
                done, reference = launch(scene, technology, number), create(scene, technology)
                if number: # the first makes what is made once: root keys, libvirt's knowledge of the emulator, the module's compiled form
                    launches.append(done)
                    references.append(reference)
            whole = [done["output"] for done in launches]
            ratios = [done["output"] / reference for done, reference in zip(launches, references)]
            without = [(done["output"] - done["module"]) / reference for done, reference in zip(launches, references)]
            print(f"  {technology + ': launch':24} {spread(whole)}")
            print(f"  {'virsh create':24} {spread(references)}")
            print(f"  {'the module’s own start':24} {spread([done['module'] for done in launches])}")
            print(f"  {'ratio':24} {statistics.median(ratios):.2f}; without the module's own start {statistics.median(without):.2f}"
                  f" (min {min(without):.2f}, max {max(without):.2f})   (to reach: 1.15)")
            print(f"  {'start to first evidence':24} {spread([done['boot'] for done in launches])}")
            print("  where it goes: " + "; ".join(f"{step} {median_ms([done['steps'][step] for done in launches]):.0f} ms" for step in launches[0]["steps"]))
        print(f"  load of the machine over the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
