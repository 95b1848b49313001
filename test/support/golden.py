# SPDX-License-Identifier: Apache-2.0
"""Golden data directories: what a release wrote, kept for the releases after it (test/golden).

Each is named by its format versions: of the files, of the streams' commands and snapshots, of the
keys' ones.
"""

import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
COMPILERS = ("clang-19", "clang", "cc")
UNTOUCHED_MS = 60_000  # between the making of a directory and its being taken up again


def versions():
    """Those of which there is a directory, the oldest first."""
    there = (path.name for path in GOLDEN.iterdir() if (path / "data.tar.xz").is_file())
    return sorted(there, key=numbers)


def numbers(version):
    """(of files, of streams, of keys)."""
    files, streams, keys = map(int, version.split("."))
    return files, streams, keys


def unpack(version, to):
    """The data directory, unpacked into `to`, and what a server must find in it."""
    with tarfile.open(GOLDEN / version / "data.tar.xz") as archive:
        archive.extractall(to, filter="data")
    return to / "data", json.loads((GOLDEN / version / "expected.json").read_text("utf-8"))


def pack(data, version, expected):
    """The other way round."""
    folder = GOLDEN / version
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / "data.tar.xz", "w:xz", preset=9) as archive:
        for path in sorted(data.rglob("*")):
            name = path.relative_to(data)
            if path.is_file() and name.parts[0] in ("journal", "chunks", "root.key"):
                archive.add(path, f"data/{name}", filter=_nobody)
    text = json.dumps(expected, separators=(",", ":"), sort_keys=True)
    (folder / "expected.json").write_text(text + "\n", "utf-8")


def _nobody(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member


def clock_environment(made_ms, folder):
    """Variables with which a server believes that it is soon after `made_ms`."""
    library = folder / "clock.so"
    compiler = next(filter(None, map(shutil.which, COMPILERS)))
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", library, GOLDEN / "clock.c"], check=True
    )
    offset_s = (made_ms + UNTOUCHED_MS) // 1000 - int(time.time())
    preloaded = os.environ.get("LD_PRELOAD", "")
    return {
        "LD_PRELOAD": f"{library} {preloaded}".strip(),
        "GOLDEN_CLOCK_OFFSET_S": str(offset_s),
    }
