# SPDX-License-Identifier: Apache-2.0
"""./dev bench: fors beside its references, one row a target of the performance plan."""

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "test")]

import gets  # noqa: E402
import peers  # noqa: E402
import push  # noqa: E402
import puts  # noqa: E402
import retained  # noqa: E402
import start  # noqa: E402
import wide  # noqa: E402

GROUPS = (  # who gives which rows, in the order in which they run
    (start.rows, ("P8",)),
    (peers.rows, ("P7",)),  # before a disk that is rationed has had much to do: theirs is memory
    (puts.rows, ("P1", "P2", "P3", "P12")),
    (gets.rows, ("P4",)),
    (push.rows, ("P6",)),
    (wide.rows, ("P10", "P11")),
    (retained.rows, ("P5", "P9")),
)
ALL = sorted((name for _, names in GROUPS for name in names), key=lambda name: int(name[1:]))


def show(row):
    """One line of the table."""
    pieces = [f"spread {row['spread']:.0%}"] if row.get("spread") else []
    if "reference" in row:
        pieces.append(f"reference {row['reference']:,.0f}/s")
    if "cpu_us" in row:
        beside = f" against {row['reference_cpu_us']:.2f}" if "reference_cpu_us" in row else ""
        pieces.append(f"CPU us {row['cpu_us']:.2f}{beside}")
    if "p50" in row:
        pieces.append(f"p50/p99 ms {row['p50']:.2f}/{row['p99']:.2f}")
    if "sync_us" in row:
        pieces.append(f"sync {row['sync_us']:.0f} us")
    if row.get("bad"):
        pieces.append(f"{row['bad']:.0f} BAD ANSWERS")
    if row.get("note"):
        pieces.append(row["note"])
    measured = f"{row['measured']:,.{0 if row['measured'] >= 100 else 2}f}{row['unit']}"
    met = {True: "met", False: "NOT MET", None: ""}[row["met"]]
    print(
        f"{row['row']:3} {row['what']:52} {row['target']:>22} {measured:>14} "
        f"{row['ratio']:8.2f} of {row['of']:22} {met:8}"
        f"{'; '.join(pieces)}",
        flush=True,
    )


def options_of(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts")
    parser.add_argument("--rows", default=",".join(ALL), help="default: %(default)s")
    parser.add_argument("--no-peers", action="store_true", help="all rows but P7")
    parser.add_argument("--gib", type=float, default=10, help="retained in P5 and P9")
    parser.add_argument("--folder", default="/var/tmp", help="on the disk that is measured")
    parser.add_argument(
        "--json", default=str(ROOT / "build/bench/rows.json"), help="default: %(default)s"
    )
    options = parser.parse_args(arguments)
    options.rows = set(options.rows.split(","))
    if unknown := options.rows - set(ALL):
        parser.error(f"no such rows: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    if options.no_peers:
        options.rows.discard("P7")
    return options


def main():
    """Prints the table and writes it as JSON."""
    options = options_of(sys.argv[1:])
    tempfile.tempdir = options.folder
    os.sched_setaffinity(0, {1})  # clients written in Python are part of the load
    rows = []
    for give, names in GROUPS:
        if not options.rows & set(names):
            continue
        with tempfile.TemporaryDirectory(prefix="fors-bench-") as folder:
            for row in give(options, folder):
                rows.append(row)
                show(row)
    judged = [row["met"] for row in rows if row["met"] is not None]
    print(f"{sum(judged)} of {len(judged)} rows met", flush=True)
    out = Path(options.json)
    out.parent.mkdir(parents=True, exist_ok=True)
    facts = {"cores": os.cpu_count(), "machine": platform.machine(), "kernel": platform.release()}
    settings = {"seconds": options.seconds, "runs": options.runs}
    document = {"machine": facts, "settings": settings, "rows": rows}
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
