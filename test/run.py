# SPDX-License-Identifier: Apache-2.0
"""Runs the suites, each into a JUnit file, and ends with the line "N passed, N failed"."""

import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/release"
RESULTS = ROOT / "build/test-results"


def say(text):
    print(f"\033[1m==> {text}\033[0m" if sys.stdout.isatty() else f"==> {text}", flush=True)


def run(name, command, **environment):
    """Runs one program of a suite; a crash without a report counts as a failure."""
    report = RESULTS / f"{name}.xml"
    began = time.monotonic()
    command = [str(part).replace("{report}", str(report)) for part in command]
    code = subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, **environment}).returncode
    say(f"{name}: exit {code}, {time.monotonic() - began:.1f} s")
    if not report.exists() or (code != 0 and count(report)[1] == 0):
        report.with_suffix(".crash").write_text(f"exit code {code}\n", encoding="utf-8")


def gtest(pattern, **environment):
    """GoogleTest programs by the pattern of their names."""
    for program in sorted(BUILD.glob(pattern)):
        run(program.name, [program, "--gtest_brief=1", "--gtest_output=xml:{report}"], **environment)


def pytest(folder):
    """A folder of Python tests."""
    if any((ROOT / "test" / folder).rglob("test_*.py")):
        run(folder.replace("/", "-"), [sys.executable, "-m", "pytest", "-q", "--junitxml={report}",
                                       "-o", "junit_family=xunit1", "-p", "no:cacheprovider", f"test/{folder}"])


def clients():
    """The SDKs: Python's as a pytest folder, the others by a script of their own, each with its tools."""
    pytest("clients/python")
    for script in sorted((ROOT / "test/clients").glob("*/run")):
        tool = (script.parent / "tool").read_text(encoding="utf-8").strip()
        if shutil.which(tool) is None and not os.environ.get("CI"):
            say(f"SKIPPED {script.parent.name}: {tool} is not installed")
            continue
        run(f"clients-{script.parent.name}", [script, "{report}"])


def fuzz_corpus():
    """A short replay of the fuzz corpus by the targets that were built for it."""
    for program in sorted(BUILD.glob("*_replay")):
        run(program.name, [program, "--gtest_brief=1", "--gtest_output=xml:{report}"])


SUITES = {
    "unit": lambda: gtest("fors_*_test"),
    "sim": lambda: gtest("sim_*_campaign"),
    "tidy": lambda: pytest("tidy"),
    "conformance": lambda: pytest("conformance"),
    "e2e": lambda: pytest("e2e"),
    "kill": lambda: pytest("kill"),
    "fuzz": fuzz_corpus,
    "clients": clients,
}


def count(report):
    """Passed, failed and skipped of one JUnit file."""
    cases = list(xml.parse(report).getroot().iter("testcase"))
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skipped = sum(1 for case in cases if case.find("skipped") is not None or case.get("status") == "notrun")
    return len(cases) - failed - skipped, failed, skipped


def main():
    """The exit code: 0 when nothing failed."""
    wanted = sys.argv[1:] or list(SUITES)
    unknown = [name for name in wanted if name not in SUITES]
    if unknown:
        sys.exit(f"unknown suite {unknown[0]}; there are: {' '.join(SUITES)}")
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    for name in wanted:
        say(name)
        SUITES[name]()
    totals = [count(report) for report in sorted(RESULTS.glob("*.xml"))]
    passed, failed, skipped = (sum(column) for column in zip(*totals)) if totals else (0, 0, 0)
    crashed = list(RESULTS.glob("*.crash"))
    for crash in crashed:
        say(f"FAILED without a report: {crash.stem}")
    failed += len(crashed)
    tail = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{tail}", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
