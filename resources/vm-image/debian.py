# SPDX-License-Identifier: Apache-2.0
"""Debian's packages: which one a file is of, and pinned ones from the mirrors that this system uses. Lists and downloads lie in the cache:
apt's own stay as they are."""
import contextlib
import glob
import os
import re
import shutil
import subprocess
import tempfile
import time

DAY = 24 * 3600


class Vanished(Exception):
    """The package is not to be had, and why."""


def owner(path):
    """(package, version) of an installed file, or empty."""
    if not shutil.which("dpkg-query"):
        return "", ""
    for name in {path, os.path.realpath(path), re.sub(r"^/usr/lib", "/lib", path)}:
        found = subprocess.run(["dpkg-query", "--search", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        if found.returncode == 0:
            package = found.stdout.split(": ")[0].split(",")[0]
            version = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", package], stdout=subprocess.PIPE, text=True, check=False)
            return package.split(":")[0], version.stdout.strip()
    return "", ""


def source_of(copy, path, known):
    """The installed file that a file of the tree is a copy of: the known one, at the same path, or with a version in its name."""
    with open(copy, "rb") as file:
        data = file.read()
    usr = "/usr" + path if path.startswith("/lib") else path
    for candidate in [known, usr, path] + sorted(glob.glob(glob.escape(usr) + ".*")) + sorted(glob.glob(glob.escape(os.path.dirname(usr)) + "/*/" + os.path.basename(path))):
        if candidate and os.path.isfile(candidate):
            real = os.path.realpath(candidate)
            with open(real, "rb") as file:
                if file.read() == data:
                    return real
    return None


def mirrors():
    """(Debian's mirror, its mirror of security updates) of this system."""
    given = os.environ.get("KASTELLAN_DEBIAN_MIRROR", "").rstrip("/")
    if given:
        return given, given.removesuffix("/debian") + "/debian-security"
    found = []
    for path in ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*.list")):
        with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
            found += [match[1] for match in re.finditer(r"^deb\s+(?:\[.*?\]\s+)?(\S+)\s+\S+\s", file.read(), re.MULTILINE)]
    for path in sorted(glob.glob("/etc/apt/sources.list.d/*.sources")):
        with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
            found += [uri for line in re.findall(r"^URIs:(.*)$", file.read(), re.MULTILINE) for uri in line.split()]
    found = [uri.rstrip("/") for uri in found]
    debian = next((uri for uri in found if uri.endswith("/debian")), None)
    if not debian:
        raise Vanished("this system has no Debian mirror in its apt sources (KASTELLAN_DEBIAN_MIRROR names one)")
    return debian, next((uri for uri in found if uri.endswith("/debian-security")), debian.removesuffix("/debian") + "/debian-security")


def apt(suite, cache):
    """The options of apt with which it knows that suite alone; its lists are loaded once a day."""
    if not shutil.which("apt-get"):
        raise Vanished("apt-get is not installed, so nothing can be downloaded")
    folder = os.path.join(cache, "apt", suite)
    lists, archives = os.path.join(folder, "lists"), os.path.join(folder, "archives")
    os.makedirs(os.path.join(lists, "partial"), exist_ok=True)
    os.makedirs(os.path.join(archives, "partial"), exist_ok=True)
    mirror, security = mirrors()
    lines = [f"deb {mirror} {suite} main"]
    if suite not in ("sid", "unstable"):
        lines += [f"deb {mirror} {suite}-updates main", f"deb {security} {suite}-security main"]
    sources = os.path.join(folder, "sources.list")
    with open(sources, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    options = ["-qq", "-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null", "-o", "Dir::Etc::Preferences=/dev/null",
               "-o", "Dir::Etc::PreferencesParts=/dev/null", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache::Archives={archives}",
               "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=2"]
    loaded = [path for path in glob.glob(lists + "/*Packages*")]
    if not loaded or min(os.path.getmtime(path) for path in loaded + [lists]) < time.time() - DAY:
        done = subprocess.run(["apt-get", *options, "update"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Vanished(f"the list of packages of Debian {suite} could not be loaded: {done.stderr.strip()[-300:]}")
        os.utime(lists)
    return options, archives


def newest(package, suite, cache):
    options, _ = apt(suite, cache)
    done = subprocess.run(["apt-cache", *options, "show", "--no-all-versions", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    version = re.search(r"^Version: (\S+)$", done.stdout, re.MULTILINE)
    if not version:
        raise Vanished(f"Debian {suite} has no package {package}")
    return version[1]


def download(package, version, suite, cache):
    """The .deb of exactly that version."""
    if not package:
        raise Vanished("no package is known for it")
    options, archives = apt(suite, cache)
    name = os.path.join(archives, f"{package}_{version.replace(':', '%3a')}_*.deb")
    if not glob.glob(glob.escape(name).replace("[*]", "*")):
        done = subprocess.run(["apt-get", *options, "download", f"{package}={version}"], cwd=archives, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Vanished(f"Debian {suite} has no {package} {version} any more, or it could not be downloaded: {done.stderr.strip()[-300:]}")
    found = glob.glob(glob.escape(name).replace("[*]", "*"))
    if not found:
        raise Vanished(f"apt-get downloaded {package} {version}, but not as {os.path.basename(name)}")
    return found[0]


@contextlib.contextmanager
def unpacked(package, file, cache):
    """One file of a package, unpacked for as long as it is used; None if the package does not have it."""
    os.makedirs(cache, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="unpack-") as folder:
        subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
        path = os.path.join(folder, file.lstrip("/"))
        inside = os.path.realpath(path).startswith(os.path.realpath(folder) + "/")
        yield path if inside and os.path.isfile(path) else None
