# SPDX-License-Identifier: Apache-2.0
"""Without credentials fors serves its own machine alone."""

import subprocess

import pytest

from support.fors_server import BINARY


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_it_refuses_to_listen_to_a_network(address):
    command = [BINARY, "serve", "--ephemeral", "--listen", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, env={})
    assert done.returncode not in (0, None)
    assert "fors ready" not in done.stdout
    assert "FORS_ACCESS_KEY_ID" in done.stderr
