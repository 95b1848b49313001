#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `go test` here and writes what it found as JUnit XML: go_junit.py JUNIT.xml"""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict

COMMAND = ["go", "test", "-json", "-count=1", "-timeout=10m", "./..."]


def events(lines):
    """The JSON events; what is not JSON (a broken build's words) as output of no test."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            yield {"Action": "output", "Output": line}


def main(out):
    output, ended = defaultdict(list), {}
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True) as go:
        for event in events(go.stdout):
            test = event.get("Test", "")
            if "Output" in event:
                output[test].append(event["Output"])
                print(event["Output"], end="", flush=True)
            elif test and event["Action"] in ("pass", "fail", "skip"):
                ended[test] = event
    parents = {name.rpartition("/")[0] for name in ended if ended[name]["Action"] != "fail"}
    suite = ElementTree.Element("testsuite", name="go")
    for name, event in ended.items():
        if name in parents and event["Action"] == "pass":
            continue
        seconds = f"{event['Elapsed']:.3f}"
        case = ElementTree.SubElement(suite, "testcase", classname="go", name=name, time=seconds)
        if event["Action"] != "pass":
            kind = {"fail": "failure", "skip": "skipped"}[event["Action"]]
            ElementTree.SubElement(case, kind).text = "".join(output[name])
    ElementTree.ElementTree(suite).write(out, encoding="utf-8", xml_declaration=True)
    return go.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
