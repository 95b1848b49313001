# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over src/ with the checks of .clang-tidy, a module at a time.

Most of what a check costs is the headers of the standard library. So the .cc files of a module are
read as one; two that give one name two meanings go to different readings. A module without findings
is not looked at again until it, a header that it sees or the checks change.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
SCRATCH = ROOT / "build" / "lint"
CHECKS = ROOT / ".clang-tidy"
TIDY = "clang-tidy-19"


def product_modules():
    """{name of a module: its .cc files}, without tests and fuzz targets."""
    modules = {}
    for file in sorted((ROOT / "src").glob("*/*.cc")):
        if not file.stem.endswith(("_test", "_fuzz")):
            modules.setdefault(file.parent.name, []).append(file)
    return modules


MODULES = product_modules()


@pytest.fixture(scope="session")
def commands():
    """{file: how the compiler is called for it, without input and output}."""
    entries = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    return {
        Path(entry["file"]): shlex.split(entry["command"].partition(" -o ")[0])
        for entry in entries
    }


@pytest.fixture(scope="session")
def findings(request, commands):
    """{module: the future of its findings}, of the modules asked for; the largest goes first."""
    asked = {item.callspec.params["module"] for item in request.session.items}
    by_size = sorted(asked, key=lambda name: -sum(f.stat().st_size for f in MODULES[name]))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(look_at, name, commands[MODULES[name][0]]) for name in by_size}


@pytest.mark.parametrize("module", MODULES)
def test_no_findings(module, findings):
    found = findings[module].result()
    if found:
        pytest.fail(found, pytrace=False)


def look_at(module, command):
    """What clang-tidy finds in a module; empty when nothing."""
    clean = SCRATCH / f"{module}.clean"
    state = fingerprint(module, command)
    if clean.is_file() and clean.read_text(encoding="utf-8") == state:
        return ""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    found = "".join(tidy(source, command) for source in readings(module, command))
    if not found:
        clean.write_text(state, encoding="utf-8")
    return found


def fingerprint(module, command):
    """Of all that the findings depend on but the system's own headers."""
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    digest = hashlib.sha256(version + CHECKS.read_bytes() + " ".join(command).encode())
    seen = [Path(part[2:]) for part in command if part.startswith(f"-I{BUILD}/view/")]
    headers = [header for view in seen for header in sorted(view.glob("*/*.h"))]
    for file in [*MODULES[module], *sorted((ROOT / "src" / module).glob("*.h")), *headers]:
        digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()


def readings(module, command):
    """Files that include the module's .cc files, each of them as many as compile together."""
    waiting, count = MODULES[module], 0
    while waiting:
        together, waiting = waiting, []
        while True:
            # The name tells the analyzer that what is included are sources, not headers.
            source = SCRATCH / f"UnifiedSource_{module}_{count}.cc"
            source.write_text("".join(f'#include "{f}"\n' for f in together), encoding="utf-8")
            clashing = in_conflict(source, together, command) if len(together) > 1 else []
            if not clashing:
                break
            waiting = sorted([*waiting, *clashing])
            together = [file for file in together if file not in clashing]
        yield source
        count += 1


def in_conflict(source, together, command):
    """Those of the files that do not compile behind the others; never the first."""
    options = ["-w", "-ferror-limit=0", "-fsyntax-only", str(source)]
    said = subprocess.run([*command, *options], cwd=BUILD, capture_output=True, text=True)
    if said.returncode == 0:
        return []
    places = set(re.findall(r"^(/[^:\n]+):\d+:\d+: (?:fatal )?error:", said.stderr, re.MULTILINE))
    return [file for file in together[1:] if str(file) in places] or together[-1:]


def tidy(source, command):
    options = [f"--config-file={CHECKS}", "--quiet", str(source), "--", *command[1:], "-w"]
    said = subprocess.run([TIDY, *options], cwd=BUILD, capture_output=True, text=True)
    if said.returncode == 0:
        return ""
    text = re.sub(rf"{BUILD}/view/\w+/", "src/", said.stdout or said.stderr)
    return text.replace(f"{ROOT}/", "")
