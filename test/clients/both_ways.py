#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a suite against an open server, then a verifying one: both_ways.py JUNIT.xml COMMAND...

In COMMAND `{xml}` stands for the JUnit file of that one run, and the variable FORS_ACCESS says
`open` or `verified`. JUNIT.xml gets the cases of both runs.
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

WITH_SERVER = Path(__file__).resolve().parents[1] / "support" / "with_server.py"
ACCESS = {"open": ["--"], "verified": ["--credentials", "--"]}


def run(access, command, report):
    """The test cases of one run; a run without a report is one failed case."""
    words = [word.replace("{xml}", str(report)) for word in command]
    code = subprocess.run(
        [sys.executable, str(WITH_SERVER), *ACCESS[access], *words],
        env={**os.environ, "FORS_ACCESS": access},
    ).returncode
    try:
        cases = list(ElementTree.parse(report).iter("testcase"))
    except (OSError, ElementTree.ParseError):
        cases = []
    for case in cases:
        case.set("classname", f"{access}.{case.get('classname', '')}".rstrip("."))
    told = any(case.find("failure") is not None or case.find("error") is not None for case in cases)
    if not cases or (code and not told):
        case = ElementTree.Element("testcase", classname=access, name="the run itself")
        ElementTree.SubElement(case, "failure", message=f"exit code {code}, {len(cases)} cases")
        cases.append(case)
    return cases


def main(out, *command):
    suite = ElementTree.Element("testsuite", name=Path.cwd().name)
    with tempfile.TemporaryDirectory() as folder:
        for access in ACCESS:
            suite.extend(run(access, command, Path(folder) / f"{access}.xml"))
    failed = sum(1 for case in suite if {child.tag for child in case} & {"failure", "error"})
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failed))
    ElementTree.ElementTree(suite).write(out, encoding="utf-8", xml_declaration=True)
    print(f"{suite.get('name')}: {len(suite) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
