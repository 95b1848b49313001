# SPDX-License-Identifier: Apache-2.0
"""What a request costs in instructions and allocations, held against bench/budget.json."""

import platform
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import budget  # noqa: E402
import callgrind  # noqa: E402

RECORD = "`./dev bench --budget` writes it anew"
MOST = budget.budget()


def same_instructions_here():
    """Whether valgrind shows programs the processor that it showed them when the file was made."""
    if platform.machine() != "x86_64":
        return False
    return " avx2 " in Path("/proc/cpuinfo").read_text(encoding="ascii")


@pytest.fixture(scope="session")
def measured():
    if not same_instructions_here():
        pytest.skip("the budget is for x86-64 with AVX2: others take other ways through libraries")
    return budget.measure()


def test_each_case_has_a_budget(measured):
    assert set(measured) == set(MOST), RECORD


@pytest.mark.parametrize("kind", budget.KINDS)
@pytest.mark.parametrize("name", MOST)
def test_within_budget(name, kind, measured):
    most, now = MOST[name][kind], measured[name].figures[kind]
    said = f"{name}: {now:,.1f} {kind} a request, {now / most - 1:+.1%} of its budget {most:,.1f}"
    if now > most * (1 + budget.SLACK):
        pytest.fail(f"{said}; if what it buys is worth it, {RECORD}", pytrace=False)
    if now < most * (1 - budget.SLACK):
        warnings.warn(f"LOWER THE BUDGET, so that the gain is kept: {said}; {RECORD}", stacklevel=1)


def test_allocations_are_counted_at_the_edge_of_the_allocator():
    profile = callgrind.parse(
        "ob=(1) /usr/bin/program\nfl=(1) ???\nfn=(1) serve\n0 10\n"
        "cob=(2) /lib/libmimalloc.so.2.0\ncfi=(1)\ncfn=(2) operator new(unsigned long)\n"
        "calls=3 0\n0 60\n"
        "cob=(3) /lib/libcrypto.so.3\ncfn=(3) 0x29ad80\ncalls=1 0\n0 500\n\n"
        "ob=(2)\nfn=(2)\n0 12\ncfn=(4) mi_malloc\ncalls=3 0\n0 48\n\nfn=(4)\n0 48\n\n"
        "ob=(3)\nfn=(3)\n0 500\n\ntotals: 570\n"
    )
    assert (profile.allocations, profile.hashing, profile.instructions) == (3, 500, 70)
    assert profile.own["program", "serve"] == 10
    assert profile.with_callees["program", "serve"] == 570
