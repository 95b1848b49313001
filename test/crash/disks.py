# SPDX-License-Identifier: Apache-2.0
"""Where a campaign's data lies: a folder, tmpfs, or a file system of its own on a loop device. On
such a one the power can be cut, too: what was not synced is gone; and where the kernel has
dm-flakey, the device below it can fail every write."""

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
POWER_CUT, FAILING_WRITES = "power cuts", "failing writes"


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

    ways_to_fail = ()

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

    ways_to_fail = (POWER_CUT,)

    def __init__(self, kind, home, gib):
        run(MAKE[kind][0], "-V")
        image = home / "image"
        with open(image, "wb") as file:
            file.truncate(gib << 30)
        device, *options = self._device(image, gib)
        run(*MAKE[kind], device)
        super().__init__(kind, home, *options, device)

    def _device(self, image, _):
        """What is to be mounted, and options for that."""
        return str(image), "-o", "loop"

    def fail(self, way):
        """Nothing reaches the disk from now on: as if the plug had been pulled, the file system
        drops all that it has not written. `heal` when nobody uses it any more."""
        assert way == POWER_CUT
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUT_DOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(folder)

    def heal(self):
        """Mounts anew; the file system recovers from its own journal."""
        self._unmount()
        run(*self._mount)


class FlakyDisk(LoopDisk):
    """The same above a device-mapper target, which can fail every write."""

    ways_to_fail = (POWER_CUT, FAILING_WRITES)

    def _device(self, image, gib):
        self._loop = run("losetup", "--find", "--show", str(image)).strip()
        self._name = f"fors-crash-{os.getpid()}"
        self._sectors = gib << 21
        table = f"0 {self._sectors} linear {self._loop} 0"
        try:
            run("dmsetup", "create", self._name, "--noudevsync", "--noudevrules", "--table", table)
        except NotHere:
            run("losetup", "--detach", self._loop)
            raise
        return (f"/dev/mapper/{self._name}",)

    def fail(self, way):
        if way == POWER_CUT:
            super().fail(way)
        else:
            # Up for no second, then down for an hour.
            self._switch(f"0 {self._sectors} flakey {self._loop} 0 0 3600 1 error_writes")

    def heal(self):
        self._unmount()
        self._switch(f"0 {self._sectors} linear {self._loop} 0")
        run(*self._mount)

    def _switch(self, table):
        run("dmsetup", "suspend", "--noflush", "--nolockfs", self._name)
        run("dmsetup", "load", self._name, "--table", table)
        run("dmsetup", "resume", "--noudevsync", self._name)

    def close(self):
        super().close()
        run("dmsetup", "remove", "--noudevsync", self._name)
        run("losetup", "--detach", self._loop)


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
        flaky = "flakey" in device_mapper_targets()[0]
        return (FlakyDisk if flaky else LoopDisk)(where, home, gib)
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
