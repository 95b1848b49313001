# SPDX-License-Identifier: Apache-2.0
"""./dev crash: kills the real server under load, hundreds of times, on a file system of choice, and
compares what was acknowledged and seen with what is there."""

import argparse
import contextlib
import json
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from crash.campaign import FLAGS, Deaths, run_campaign  # noqa: E402
from crash.disks import device_mapper_targets, disk_on  # noqa: E402
from support.fors_server import ForsServer, free_port  # noqa: E402


def arguments():
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="./dev crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, help="repeats the moments of another run")
    parser.add_argument("--on", default=tempfile.gettempdir(), help="ext4, xfs, tmpfs or a folder")
    parser.add_argument(
        "--wait", type=float, default=1.2, help="seconds between two kills, at most"
    )
    parser.add_argument(
        "--with-disk", type=float, default=0.25,
        help="of the kills, those that take the disk along: power cuts, failing writes (ext4, xfs)",
    )
    parser.add_argument("--json", help="also write the totals to this file")
    return parser.parse_args()


def say_what_is_missing(say):
    """Failing writes need a kernel that has them."""
    targets, why = device_mapper_targets()
    if "flakey" not in targets:
        say(f"no dm-flakey here ({why or 'the kernel has no such target'}): no failing writes")


def show(facts):
    """The table."""
    for what, value in facts.items():
        print(f"  {what:28} {value:>12,}" if isinstance(value, int) else f"  {what:28} {value:>12}")


def main():
    """Exit code 0 when nothing was lost, doubled or reordered."""
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    began = time.monotonic()

    def say(text):
        print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True)

    say(f"seed {seed}")
    say_what_is_missing(say)
    deaths = Deaths(options.kills, seed, options.wait, with_disk=options.with_disk)
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(disk_on(options.on, say=say))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fors-crash-")))
        server = stack.enter_context(
            ForsServer(*FLAGS, data=disk.path / "data", port=free_port())
        )

        def tell(kills):
            if kills // 50 != tell.told:
                tell.told = kills // 50
                say(f"{kills} kills")

        tell.told = 0
        outcome = run_campaign(server, disk, folder, deaths, tell)
    facts = {
        "file system": disk.kind, "seed": seed, **outcome.facts,
        "seconds": round(time.monotonic() - began),
    }
    show(facts)
    for violation in outcome.report.violations[:20]:
        print(f"VIOLATION: {violation}")
    if options.json:
        Path(options.json).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return 1 if outcome.report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
