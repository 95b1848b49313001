# SPDX-License-Identifier: Apache-2.0
"""The kill test: a short run of ./dev crash (test/crash). Clients of all kinds work while the
server dies by SIGKILL again and again.

Afterwards every acknowledged record is there exactly once, at its sequence number, in order. A
record whose answer was cut off may be there once or not at all. Nothing else may be there, and
nothing that a reader has seen may be gone.

FORS_KILLS sets the number of kills, FORS_SEED repeats a run's timing, FORS_KILL_MAX_WAIT is the
longest time between two kills.
"""

import os
import random

from crash.campaign import FLAGS, Deaths, run_campaign
from crash.disks import Folder
from support.fors_server import ForsServer, free_port

KILLS = int(os.environ.get("FORS_KILLS", "30"))
WAIT_MAX = float(os.environ.get("FORS_KILL_MAX_WAIT", "0.6"))


def test_every_acknowledged_record_survives_sigkill(tmp_path):
    seed = int(os.environ.get("FORS_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}, {KILLS} kills")
    with ForsServer(*FLAGS, port=free_port()) as server:
        outcome = run_campaign(server, Folder(tmp_path), tmp_path, Deaths(KILLS, seed, WAIT_MAX))
        assert server.running, server.log_tail()
    for what, value in outcome.facts.items():
        print(f"  {value:>10} {what}")
    outcome.report.expect_none()
    totals = outcome.report.totals
    for what in ("acknowledged", "seen by pollers", "seen by subscribers", "tags acknowledged"):
        assert totals[what] > KILLS, f"too little was {what} to mean anything"
    assert totals["reshards acknowledged"] > 0
