# SPDX-License-Identifier: Apache-2.0
"""An ordinary user with a libvirt of his own, in a temporary folder. Run as root, everything is started as user 2000, whom rehearsals are for."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

USER = 2000
PROGRAMS = ("libvirtd", "virtlogd", "virsh", "qemu-system-x86_64")
PATIENCE = 120 # seconds


class LeftOut(Exception):
    """Why a part of the benchmark cannot be run here."""


class Scene:
    def __init__(self, programs):
        missing = [name for name in PROGRAMS if not shutil.which(name)]
        if missing:
            raise LeftOut(f"{', '.join(missing)} is not installed")
        self.image = programs.parent / "share/kastellan/vm-image"
        if not (self.image / "image.json").exists():
            raise LeftOut("there is no keep image; make it with `./dev --preset release build vm-image`")
        self.keepctl = programs / "keepctl"
        self.examples = programs.parent / "share/kastellan/examples"
        self.identity = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        self.folder = Path(tempfile.mkdtemp(prefix="kb", dir="/tmp")) # paths of sockets are short
        self.children = []

    def __enter__(self):
        folders = {"HOME": "h", "XDG_RUNTIME_DIR": "r", "XDG_CONFIG_HOME": "c", "XDG_CACHE_HOME": "k", "KASTELLAN_DATA": "d"}
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("KASTELLAN_")}
        self.environment["TZ"] = "UTC" # the times of logs
        self.environment |= {name: str(self.folder / value) for name, value in folders.items()}
        for path in [self.folder, *(self.folder / value for value in folders.values())]:
            path.mkdir(exist_ok=True)
            path.chmod(0o700)
            self.own(path)
        try:
            for program in ("virtlogd", "libvirtd"):
                self.children.append(self.start([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            wait_for(lambda: (self.folder / "r/libvirt/libvirt-sock").exists(), "libvirtd's socket")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(subprocess.SubprocessError, OSError):
            for name in self.virsh("list", "--name").split():
                self.virsh("destroy", name)
        for child in reversed(self.children):
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def own(self, path):
        if self.identity:
            os.chown(path, USER, USER)

    def start(self, command, **options):
        words = [str(word) for word in command]
        try:
            return subprocess.Popen(words, env=self.environment, stdin=subprocess.DEVNULL, cwd=self.folder, **self.identity, **options)
        except OSError as error:
            raise LeftOut(f"{words[0]} could not be started: {error.strerror}") from error

    def run(self, *command):
        done = subprocess.run([str(word) for word in command], env=self.environment, stdin=subprocess.DEVNULL, cwd=self.folder, capture_output=True,
                              text=True, errors="replace", timeout=PATIENCE, check=False, **self.identity)
        if done.returncode != 0:
            raise LeftOut(f"{' '.join(map(str, command))} ended with status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def virsh(self, *words):
        return self.run("virsh", "-q", "-c", "qemu:///session", *words)

    def listener(self, name):
        """A socket that QEMU connects a machine's serial line to: nobody is between the machine and us."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(path))
        listening.listen(1)
        listening.settimeout(PATIENCE)
        self.own(path)
        return path, listening


def wait_for(condition, what):
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > PATIENCE:
            raise LeftOut(f"{what} did not come within {PATIENCE} s")
        time.sleep(0.002)


def end(process):
    """Ends a program that we started, by its process."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait()
