# SPDX-License-Identifier: Apache-2.0
"""Turns the output of `go test -json` into a JUnit file: go_report.py LOG REPORT."""

import json
import sys
from xml.sax.saxutils import escape, quoteattr


def main(log, report):
    """Exit code 1 when a test failed, or when nothing ran."""
    texts, cases = {}, []
    with open(log, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("{"):
                continue
            event = json.loads(line)
            test, action = event.get("Test"), event["Action"]
            if action == "output":
                texts[test] = texts.get(test, "") + event["Output"]
            elif test and action in ("pass", "fail", "skip"):
                cases.append((test, action, event.get("Elapsed", 0), texts.pop(test, "")))
            elif not test and action == "fail" and not cases:
                cases.append(("build", "fail", 0, texts.get(None, "") + line))
    marks = {"pass": "", "skip": "<skipped/>"}
    with open(report, "w", encoding="utf-8") as out:
        out.write('<testsuite name="go">\n')
        for test, action, seconds, text in cases:
            mark = marks.get(action, f"<failure>{escape(text)}</failure>")
            out.write(f'<testcase classname="go" name={quoteattr(test)} time="{seconds}">{mark}</testcase>\n')
            print(f"{action:5} {test} ({seconds} s)" + (f"\n{text}" if action == "fail" else ""))
        out.write("</testsuite>\n")
    return 1 if not cases or any(action == "fail" for _, action, _, _ in cases) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
