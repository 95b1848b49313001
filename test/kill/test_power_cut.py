# SPDX-License-Identifier: Apache-2.0
"""Power cuts on real file systems: what was not synced is gone, what was acknowledged is not."""

import os
import random

import pytest

from crash.campaign import FLAGS, Deaths, run_campaign
from crash.disks import POWER_CUT, disk_on
from support.fors_server import ForsServer, free_port

CUTS = 4


@pytest.fixture(params=["ext4", "xfs"])
def disk(request):
    """A file system on a loop device."""
    said = []
    with disk_on(request.param, gib=2, say=said.append) as made:
        if not made.ways_to_fail:
            pytest.skip(said[0])
        yield made


def test_nothing_acknowledged_is_lost(disk, tmp_path):
    deaths = Deaths(CUTS, random.randrange(1 << 32), with_disk=1)
    print(f"seed {deaths.seed}")
    with ForsServer(*FLAGS, data=disk.path / "data", port=free_port()) as server:
        outcome = run_campaign(server, disk, tmp_path, deaths)
        server.stop()
    outcome.report.expect_none()
    assert outcome.report.totals["acknowledged"] > 100
    assert sum(outcome.facts[way] for way in disk.ways_to_fail) == outcome.facts["kills"] >= CUTS


def test_a_new_server_starts_again(disk):
    """Everything that the first start makes is whole or made anew: its certificate, too."""
    with ForsServer(*FLAGS, data=disk.path / "data", port=free_port()) as server:
        for n in range(3):
            # Another file's sync keeps names and sizes of all files, but not their bytes.
            with open(disk.path / f"other-{n}", "wb") as other:
                os.fsync(other.fileno())
            disk.fail(POWER_CUT)
            server.kill9()
            disk.heal()
            server.start()
        server.stop()


@pytest.mark.parametrize("name", ["certificate.pem", "key.pem"])
def test_what_an_older_version_had_not_synced_is_made_anew(name):
    with ForsServer(*FLAGS, port=free_port()) as server:
        server.stop()
        file = server.data / "tls" / name
        before = file.read_text()
        file.write_text("")
        server.start()
        assert file.read_text().startswith("-----BEGIN") and file.read_text() != before
