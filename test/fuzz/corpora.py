# SPDX-License-Identifier: Apache-2.0
"""The fuzz targets (src/*/*_fuzz.cc) and the inputs that each starts from.

Of a target X_fuzz, `test/fuzz/corpus/X_fuzz/` holds inputs with names: written by hand, or what
once found a bug. `X_fuzz.tar.xz` beside it holds the few of the fuzzer's own inputs that reach all
that it has ever reached. What it finds from there on is kept in build/, until `pack`.
"""

import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fuzz"


@dataclass(frozen=True)
class Target:
    name: str  # MODULE_X_fuzz, as the build names it

    @property
    def binary(self):
        return BUILD / self.name

    @property
    def by_hand(self):
        return ROOT / "test" / "fuzz" / "corpus" / self.name.partition("_")[2]

    @property
    def packed(self):
        return self.by_hand.with_suffix(".tar.xz")

    @property
    def unpacked(self):
        return BUILD / "unpacked" / self.name

    @property
    def grown(self):
        return BUILD / "corpus" / self.name

    def starts_from(self):
        """The folders of the inputs that the repository has, those packed unpacked anew."""
        shutil.rmtree(self.unpacked, ignore_errors=True)
        self.unpacked.mkdir(parents=True)
        if self.packed.exists():
            with tarfile.open(self.packed) as archive:
                archive.extractall(self.unpacked, filter="data")
        return [folder for folder in (self.by_hand, self.unpacked) if folder.is_dir()]

    def pack(self):
        """Writes the archive anew, of all inputs that are there; how many it now has."""
        sources = [*self.starts_from(), *([self.grown] if self.grown.is_dir() else [])]
        with tempfile.TemporaryDirectory() as folder:
            fewest = Path(folder) / "fewest"
            fewest.mkdir()
            for source in self.by_hand.glob("*"):
                shutil.copy(source, fewest)
            known = {path.name for path in fewest.iterdir()}
            merge = [self.binary, "-set_cover_merge=1", "-verbosity=0", fewest, *sources]
            subprocess.run(merge, check=True, cwd=folder, stderr=subprocess.DEVNULL)
            new = sorted(path for path in fewest.iterdir() if path.name not in known)
            self.packed.unlink(missing_ok=True)
            if not new:
                return 0
            with tarfile.open(self.packed, "w:xz", preset=9) as archive:
                for path in new:
                    archive.add(path, path.name, filter=_nobody)
        return len(new)


def _nobody(member):
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def targets(texts=()):
    """All targets, or those with one of the texts in their name."""
    for source in sorted(ROOT.glob("src/*/*_fuzz.cc")):
        name = f"{source.parent.name}_{source.stem}"
        if not texts or any(text in name for text in texts):
            yield Target(name)
