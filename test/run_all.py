# SPDX-License-Identifier: Apache-2.0
"""Runs the suites of ./dev test, each into build/test-results/*.xml, and adds up the results."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from fuzz import corpora

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "test-results"
SUITE_SECONDS_MAX = int(os.environ.get("FORS_SUITE_SECONDS_MAX", "900"))
FAILURE_CHARACTERS_MAX = 800  # at the end, where all failures are listed
IN_CI = bool(os.environ.get("CI"))
PYTEST_FOLDERS = ("tidy", "lint", "conformance", "e2e", "security", "kill", "budget")
SUITES = ("unit", "sim", "fuzz", "clients", *PYTEST_FOLDERS)
# With --sanitize: AddressSanitizer and UndefinedBehaviorSanitizer in the one build,
# ThreadSanitizer in the other.
ASAN, TSAN = "debug", "tsan"
SANITIZED = ("unit", "sim", "load")  # unless suites are named
SANITIZED_SERVER = ("conformance", "e2e", "security", "kill")  # so can these be
SANITIZED_SEEDS = "30"
THREADED = ("fors_host_test",)  # all other unit tests have one thread
# What the suites in other languages cannot do without.
JAVA = ("java", "mvn")
TOOLS = {"node": ("node", "npm"), "go": ("go",), "cli": ("aws",)}
TOOLS |= {"java": JAVA, "flink": JAVA, "kcl": JAVA, "multilang": JAVA}


@dataclass
class Job:
    """One command that writes one JUnit file; `{xml}` in it stands for that file."""

    suite: str
    name: str
    command: list
    needs: tuple = ()
    env: dict = field(default_factory=dict)

    @property
    def xml(self):
        return RESULTS / f"{self.name.replace('/', '-')}.xml"


def ctest_jobs(preset, prefix="", only=()):
    """A job for each test that the build knows, or for `only` some."""
    folder = ROOT / "build" / preset
    listed = subprocess.run(
        ["ctest", "--show-only=json-v1"], cwd=folder, capture_output=True, text=True, check=True
    )
    for test in json.loads(listed.stdout)["tests"]:
        if only and test["name"] not in only:
            continue
        if "command" not in test:
            raise RuntimeError(f"{test['name']} has not been built")
        suite = "sim" if test["name"].startswith("sim_") else "unit"
        name = prefix + test["name"]
        # GoogleTest heeds the variables; other programs get one case from their exit code.
        env = {"GTEST_OUTPUT": "xml:{xml}", "GTEST_BRIEF": "1"}
        yield Job(suite, name, test["command"], env=env)


def pytest_job(suite, texts=(), folder=None, name=None, env=()):
    """A job for the tests of a folder (default: the suite's), all or those with a text."""
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "test" / "pytest.ini")]
    command += ["--junitxml={xml}", str(folder or ROOT / "test" / suite)]
    command += ["-k", " or ".join(f"({text})" for text in texts)] if texts else []
    return Job(suite, name or suite, command, env=dict(env))


def client_jobs():
    """Folders of test/clients: pytest where there are test_*.py, else the folder's `run` script."""
    for folder in sorted((ROOT / "test" / "clients").glob("*/")):
        needs = next((t for name, t in TOOLS.items() if folder.name.startswith(name)), ())
        name = f"clients/{folder.name}"
        if os.access(folder / "run", os.X_OK):
            yield Job("clients", name, [str(folder / "run"), "{xml}"], needs)
        elif any(folder.rglob("test_*.py")):
            job = pytest_job("clients", folder=folder, name=name)
            job.needs = needs
            yield job


def fuzz_jobs():
    """Each fuzz target replays its corpus."""
    for target in corpora.targets():
        command = [target.binary, "-runs=0", *target.starts_from()]
        yield Job("fuzz", f"fuzz/{target.name}", [str(part) for part in command])


def named(candidates, suite, texts):
    """Those of the suite that have one of the texts in their name, if there are any."""
    for job in candidates:
        if job.suite == suite and (not texts or any(text in job.name for text in texts)):
            yield job


def jobs(wanted):
    """The jobs of the suites in `wanted` (suite -> texts to choose tests by; none: all)."""
    for suite in ("tidy", "lint"):
        if suite in wanted:
            yield pytest_job(suite, wanted[suite])
    for suite in ("unit", "sim"):
        if suite in wanted:
            yield from named(ctest_jobs("release"), suite, wanted[suite])
    if "unit" in wanted:
        yield from named(ctest_jobs(TSAN, "tsan/", THREADED), "unit", wanted["unit"])
    for suite in ("conformance", "e2e", "security"):
        if suite in wanted:
            yield pytest_job(suite, wanted[suite])
    if "clients" in wanted:
        yield from named(client_jobs(), "clients", wanted["clients"])
    if "fuzz" in wanted:
        yield from named(fuzz_jobs(), "fuzz", wanted["fuzz"])
    if "kill" in wanted:
        yield pytest_job("kill", wanted["kill"])
    if "budget" in wanted:
        job = pytest_job("budget", wanted["budget"])
        job.needs = ("valgrind", "vgdb")
        yield job


def sanitized_jobs(wanted):
    """The same for builds with sanitizers."""
    for suite, texts in wanted.items():
        if suite in ("unit", "sim"):
            for job in named(ctest_jobs(ASAN, "asan/"), suite, texts):
                if suite == "sim":
                    job.env.setdefault("FORS_SEEDS", os.environ.get("FORS_SEEDS", SANITIZED_SEEDS))
                yield job
        else:
            yield sanitized_server_job(ASAN, "asan", suite, texts)
        if suite == "unit":
            yield from named(ctest_jobs(TSAN, "tsan/", THREADED), suite, texts)
        if suite == "load":
            yield sanitized_server_job(TSAN, "tsan", suite, texts)


def sanitized_server_job(preset, prefix, suite, texts):
    binary = ROOT / "build" / preset / "fors"
    return pytest_job(suite, texts, name=f"{prefix}/{suite}", env={"FORS_BIN": str(binary)})


def single_case(job, outcome, text, seconds=0.0):
    """Writes a JUnit file of one test case: outcome is None (passed), "failure" or "skipped"."""
    inner = f"<{outcome} message={quoteattr(text)}/>" if outcome else ""
    counts = f'failures="{int(outcome == "failure")}" skipped="{int(outcome == "skipped")}"'
    job.xml.write_text(
        f'<testsuites><testsuite name={quoteattr(job.name)} tests="1" errors="0" {counts}>'
        f"<testcase classname={quoteattr(job.suite)} name={quoteattr(job.name)}"
        f' time="{seconds:.3f}">{inner}</testcase></testsuite></testsuites>\n',
        encoding="utf-8",
    )


def cases(job):
    """The test cases in a job's JUnit file and in those that it put beside it.

    A suite that runs more than once names the others like the first: NAME-SOMETHING.xml.
    """
    for xml in (job.xml, *sorted(RESULTS.glob(f"{job.xml.stem}-*.xml"))):
        yield from ElementTree.parse(xml).iter("testcase")


def failures(job):
    """The failed cases of a job, each with the beginning of what it says."""
    for case in cases(job):
        for child in case:
            if child.tag in ("failure", "error"):
                says = child.get("message") or child.text or ""
                says = says.strip()[:FAILURE_CHARACTERS_MAX]
                yield f"{case.get('classname')}: {case.get('name')}: {says}"


def count(job):
    """(passed, failed, skipped) of a job."""
    passed = failed = skipped = 0
    for case in cases(job):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed += 1
        elif "skipped" in kinds or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def run(job):
    """Runs a job; (passed, failed, skipped). A crash is a failure even where all cases passed."""
    missing = [tool for tool in job.needs if not shutil.which(tool)]
    if missing:
        text = f"{', '.join(missing)} not found"
        single_case(job, "failure" if IN_CI else "skipped", text)
        print(f"!!! {job.name} {'FAILED' if IN_CI else 'SKIPPED'}: {text}", flush=True)
        return count(job)
    command = [part.replace("{xml}", str(job.xml)) for part in job.command]
    env = {name: value.replace("{xml}", str(job.xml)) for name, value in job.env.items()}
    started = time.monotonic()
    problem = execute(command, {**os.environ, **env})
    return settle(job, problem, time.monotonic() - started)


def execute(command, env):
    """Runs a command; what went wrong, "" when nothing. It ends with all that it started."""
    try:
        process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    except OSError as error:
        return str(error)
    try:
        code = process.wait(SUITE_SECONDS_MAX)
        return f"exit code {code}" if code else ""
    except subprocess.TimeoutExpired:
        return f"not done after {SUITE_SECONDS_MAX} s"
    finally:
        end_group(process)


def end_group(process):
    """Ends the process and its children: asked first, killed when they do not listen."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def settle(job, problem, seconds):
    """The counts of a job that has run; writes its JUnit file where it could not itself."""
    try:
        passed, failed, skipped = count(job)
    except (OSError, ElementTree.ParseError):
        single_case(job, "failure" if problem else None, problem, seconds)
        return count(job)
    nothing_ran = job.command[1:3] == ["-m", "pytest"] and problem == "exit code 5"
    if problem and not failed and not nothing_ran:
        print(f"!!! {job.name}: {problem}", flush=True)
        failed += 1
    return passed, failed, skipped


def told(passed, failed, skipped):
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def parse(arguments):
    """({suite: texts}, sanitize); a suite named without a text is wanted whole."""
    sanitize = "--sanitize" in arguments
    suites = (*SANITIZED, *SANITIZED_SERVER) if sanitize else SUITES
    texts, whole = {}, set()
    for argument in (each for each in arguments if not each.startswith("-")):
        suite, _, text = argument.partition(":")
        texts.setdefault(suite, []).append(text)
        if not text:
            whole.add(suite)
    unknown = [a for a in arguments if a.startswith("-") and a != "--sanitize"]
    unknown += sorted(set(texts) - set(suites))
    if unknown:
        sys.exit(f"unknown: {' '.join(unknown)}; suites: {' '.join(suites)}")
    wanted = {suite: [] if suite in whole else texts[suite] for suite in texts}
    return wanted or {suite: [] for suite in (SANITIZED if sanitize else SUITES)}, sanitize


def main(arguments):
    wanted, sanitize = parse(arguments)
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    totals, bad, began = [0, 0, 0], [], time.monotonic()
    for job in sanitized_jobs(wanted) if sanitize else jobs(wanted):
        print(f"\n==> {job.name}", flush=True)
        started = time.monotonic()
        counts = run(job)
        failed = counts[1]
        print(f"    {job.name}: {told(*counts)}, {time.monotonic() - started:.1f} s")
        totals = [sum(pair) for pair in zip(totals, counts)]
        if failed:
            bad.append(job)
    print(f"\n{time.monotonic() - began:.0f} s; results in {RESULTS.relative_to(ROOT)}/")
    for job in bad:
        print(f"failed: {job.name}", *failures(job), sep="\n  ")
    print(told(*totals), flush=True)
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
