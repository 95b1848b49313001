# SPDX-License-Identifier: Apache-2.0
"""The data directory: one process at a time, and never without the root key it was sealed with."""

import pytest

from crash.campaign import FLAGS, Load
from support.fors_server import ForsServer, StartError, free_port


@pytest.fixture
def server():
    with ForsServer(*FLAGS, port=free_port()) as made:
        yield made


def test_a_second_process_is_refused_and_the_first_is_undisturbed(server, tmp_path):
    with Load(server, tmp_path) as load:
        load.work()
        for _ in range(3):
            # On another port and on the same one, where it could take connections away.
            for port in (free_port(), server.port):
                refusal = f"in use by another fors .process {server.pid}"
                with (
                    pytest.raises(StartError, match=refusal),
                    ForsServer(*FLAGS, data=server.data, port=port),
                ):
                    pass
            load.work(300)
        assert load.figures()["fors_journal_failures_total"] == 0
        load.stop()
        server.kill9()
        server.start()  # a lock does not outlive its process
        report = load.check()
    report.expect_none()
    assert report.totals["cut off"] == 0


def test_without_its_root_key_it_does_not_start(server, tmp_path):
    with Load(server, tmp_path) as load:
        load.work()
        server.kill9()
        key = server.data / "root.key"
        text = key.read_text()
        key.unlink()
        with pytest.raises(StartError, match="root.key is missing: what was encrypted"):
            server.start()
        assert not key.exists()  # a new one would only hide what is wrong
        key.write_text(text)
        server.start()
        load.work()
        load.stop()
        load.check().expect_none()
