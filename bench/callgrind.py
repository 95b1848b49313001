# SPDX-License-Identifier: Apache-2.0
"""The release binary under valgrind's callgrind: what every function executes, dump by dump."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from machine import cpu_seconds
from support import fors_server

# The program's own functions call these; what the allocator does inside is counted as instructions.
ALLOCATORS = re.compile(
    r"(mi_)?(malloc|calloc|realloc|aligned_alloc|posix_memalign|memalign|strn?dup)$"
    r"|operator new|_Zn[wa]|mi_(new|zalloc|recalloc|rezalloc)"
)
ALLOCATOR_LIBRARY = re.compile(r"libmimalloc")
# valgrind counts `rep movsb` as one instruction a byte: copies would look thirty times as dear.
ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-ERMS"}

START_SECONDS_MAX = 60
SETTLE_SECONDS = 0.3


@dataclass
class Profile:
    """One dump."""

    total: int = 0  # instructions of all threads
    own: Counter = field(default_factory=Counter)  # {(library, function): without its callees}
    with_callees: Counter = field(default_factory=Counter)
    calls: Counter = field(default_factory=Counter)  # {(caller, callee): times}

    @property
    def hashing(self):
        """In the blocks of SHA-256: assembly, for which libcrypto has no name to give."""
        return sum(
            own
            for (library, function), own in self.own.items()
            if library.startswith("libcrypto") and function.startswith("0x")
        )

    @property
    def instructions(self):
        """All the others."""
        return self.total - self.hashing

    @property
    def allocations(self):
        """Calls of the allocator from outside of it."""
        return sum(
            times
            for ((outer, _), (library, function)), times in self.calls.items()
            if ALLOCATORS.match(function)
            and ALLOCATOR_LIBRARY.search(library)
            and not ALLOCATOR_LIBRARY.search(outer)
        )


def parse(text):
    """The profile in a file of callgrind's; names stand there once and then as numbers."""
    profile, names = Profile(), {}
    library = callee_library = function = callee = ""
    times = None  # set between a line `calls=` and the one that says what they cost

    def name(kind, value):
        number, _, given = value.partition(" ")
        if given:
            names[kind, number] = given
        return names[kind, number]

    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            if key == "ob":
                library = Path(name("ob", value)).name
            elif key == "fn":
                function, callee_library = name("fn", value), library
            elif key == "cob":
                callee_library = Path(name("ob", value)).name
            elif key == "cfn":
                callee = name("fn", value)
            elif key == "calls":
                times = int(value.split()[0])
            elif key in ("fl", "fi", "fe", "cfi", "cfl"):
                name("fl", value)
            continue
        if line.startswith("totals: "):
            profile.total = int(line.split()[1])
        if not re.match(r"[\d+*-]", line):
            continue
        cost = int(line.split()[1])
        here, there = (library, function), (callee_library, callee)
        if times is None:
            profile.own[here] += cost
            profile.with_callees[here] += cost
        else:
            profile.calls[here, there] += times
            if here != there:
                profile.with_callees[here] += cost
            times, callee_library = None, library
    return profile


class Callgrind:
    """A server under callgrind."""

    def __init__(self, server, folder):
        self._server, self._folder, self._dumps = server, folder, 0

    @property
    def endpoint(self):
        """Where it listens."""
        return self._server.endpoint

    def settle(self):
        """Waits until it has nothing to do."""
        before, give_up = None, time.monotonic() + START_SECONDS_MAX
        while (now := cpu_seconds(self._server.pid)) != before and time.monotonic() < give_up:
            before = now
            time.sleep(SETTLE_SECONDS)

    def dump(self):
        """What was executed since the last dump."""
        self._dumps += 1
        subprocess.run(
            ["vgdb", f"--pid={self._server.pid}", f"--vgdb-prefix={self._folder}/vgdb", "dump"],
            check=True,
            capture_output=True,
            timeout=60,
        )
        return parse((self._folder / f"out.{self._dumps}").read_text(encoding="utf-8"))


@contextmanager
def callgrind(*flags):
    """Such a server, with no file of its own and one thread for all connections."""
    with tempfile.TemporaryDirectory(prefix="fors-callgrind-") as name:
        folder = Path(name)
        server = fors_server.ForsServer(
            *("--ephemeral", "--limits", "none", "--reactors", "1", *flags),
            credentials=fors_server.VERIFIED_CREDENTIALS,
            env=ENVIRONMENT,
        )
        server.start_seconds_max = START_SECONDS_MAX
        server.binary = without_debug_info(fors_server.BINARY, folder)
        server.wrapper = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"]
        server.wrapper += [f"--vgdb-prefix={folder}/vgdb", "--dump-line=no"]
        with server:
            yield Callgrind(server, folder)


def without_debug_info(binary, folder):
    """A copy of the same code: this valgrind stops at debug information as clang 19 writes it."""
    copy = folder / "fors"
    strip = shutil.which("llvm-strip-19") or "strip"
    subprocess.run([strip, "--strip-debug", "-o", str(copy), str(binary)], check=True)
    os.chmod(copy, 0o755)
    return copy
