# SPDX-License-Identifier: Apache-2.0
"""Where a campaign's data lies: a folder, tmpfs, or a file system of its own on a loop device. On
such a one the power can be cut, too: what was not synced is gone."""

import contextlib
import fcntl
import os
import re
import shutil
import struct
import subprocess
import tempfile
import time
from pathlib import Path

MAKE = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"]}
SHUT_DOWN = 0x8004587D  # _IOR('X', 125, __u32): XFS's GOINGDOWN, ext4's SHUTDOWN
NO_LOG_FLUSH = 2
UNMOUNT_SECONDS_MAX = 20


class NotHere(RuntimeError):
    """This machine can't do it; the text says what and why."""


def run(*command):
    """Runs a command of the system; NotHere with what it said when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise NotHere(f"{command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or ["failed"]
        raise NotHere(f"{' '.join(command[:3])}: {words[0]}")
    return done.stdout


class Folder:
    """A folder on the file system that it happens to lie on."""

    can_cut = False

    def __init__(self, path):
        self.path = Path(path)
        self.kind = run("stat", "-f", "-c", "%T", str(path)).strip()

    def close(self):
        """Gives back what was taken."""


class Mount(Folder):
    """A file system that is mounted for the campaign alone."""

    def __init__(self, kind, home, *options):
        path = home / "mount"
        path.mkdir()
        self._mount = ["mount", "-t", kind, *options, str(path)]
        run(*self._mount)
        super().__init__(path)
        self.kind = kind

    def close(self):
        self._unmount()

    def _unmount(self):
        deadline = time.monotonic() + UNMOUNT_SECONDS_MAX
        while True:
            try:
                run("umount", str(self.path))
                return
            except NotHere:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


class LoopDisk(Mount):
    """A file system in an image file."""

    can_cut = True

    def __init__(self, kind, home, gib):
        image = home / "image"
        with open(image, "wb") as file:
            file.truncate(gib << 30)
        run(*MAKE[kind], str(image))
        super().__init__(kind, home, "-o", "loop", str(image))

    def cut_power(self):
        """Nothing reaches the disk from now on, as if the plug had been pulled. `power_on` when
        nobody uses it any more."""
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUT_DOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(folder)

    def power_on(self):
        """Mounts anew; the file system recovers from its own journal."""
        self._unmount()
        run(*self._mount)


@contextlib.contextmanager
def disk_on(where, gib=16, say=print):
    """A Folder for `where`: ext4, xfs, tmpfs or a path. Where the machine does not allow the file
    system that is wanted, it says so and goes on in a temporary folder."""
    home = Path(tempfile.mkdtemp(prefix="fors-crash-"))
    try:
        try:
            disk = _made(where, home, gib)
        except NotHere as why:
            disk = Folder(home)
            say(f"no {where} here ({why}): going on with {disk.kind} of {home.parent}")
        try:
            yield disk
        finally:
            disk.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _made(where, home, gib):
    if where in MAKE:
        return LoopDisk(where, home, gib)
    if where == "tmpfs":
        return Mount("tmpfs", home, "-o", f"size={gib}g", "fors-crash")
    folder = Path(tempfile.mkdtemp(prefix="fors-crash-", dir=where))
    disk = Folder(folder)
    disk.close = lambda: shutil.rmtree(folder, ignore_errors=True)
    return disk


def device_mapper_targets():
    """Names of the kernel's device-mapper targets, and why there are none."""
    try:
        listed = run("dmsetup", "targets")
    except NotHere as why:
        return [], str(why)
    return re.findall(r"^(\S+)\s+v", listed, re.MULTILINE), ""
