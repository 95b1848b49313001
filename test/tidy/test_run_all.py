# SPDX-License-Identifier: Apache-2.0
"""What the arguments of ./dev test ask for."""

import pytest

import run_all


def names(jobs):
    return [job.name for job in jobs]


def test_without_suites_all_run():
    wanted, sanitize = run_all.parse([])
    assert wanted == {suite: [] for suite in run_all.SUITES}
    assert not sanitize


def test_of_a_suite_all_texts_count():
    wanted, _ = run_all.parse(["clients:node", "unit", "clients:go_v1"])
    assert wanted == {"clients": ["node", "go_v1"], "unit": []}
    jobs = run_all.jobs({"clients": wanted["clients"]})
    assert names(jobs) == ["clients/go_v1", "clients/node"]


def test_a_suite_named_whole_is_whole():
    assert run_all.parse(["unit:wire", "unit"]) == ({"unit": []}, False)


def test_pytest_gets_all_texts():
    (job,) = run_all.jobs({"e2e": ["bench", "backup and not load"]})
    assert job.command[-2:] == ["-k", "(bench) or (backup and not load)"]
    (job,) = run_all.jobs({"e2e": []})
    assert "-k" not in job.command


def test_sanitize_has_suites_of_its_own():
    wanted, sanitize = run_all.parse(["--sanitize"])
    assert sanitize and tuple(wanted) == run_all.SANITIZED
    assert names(run_all.sanitized_jobs({"load": []})) == ["asan/load", "tsan/load"]
    for job in run_all.sanitized_jobs({"e2e": ["bench"], "load": []}):
        preset = {"asan": "debug", "tsan": "tsan"}[job.name.split("/")[0]]
        assert job.env["FORS_BIN"].endswith(f"build/{preset}/fors")


@pytest.mark.parametrize("arguments", [["nonsense"], ["--fast"], ["load"], ["--sanitize", "lint"]])
def test_what_is_unknown_is_refused(arguments):
    with pytest.raises(SystemExit, match="unknown"):
        run_all.parse(arguments)
