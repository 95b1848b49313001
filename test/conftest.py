# SPDX-License-Identifier: Apache-2.0
"""Servers and clients for all Python tests; a server lives as long as the test file using it."""

import pytest

from support.clients import kinesis_client
from support.fors_server import VERIFIED_CREDENTIALS, ForsServer, free_port


def _serve(*flags, **options):
    with ForsServer(*flags, port=free_port(), **options) as server:
        yield server
        assert server.running, f"the server ended by itself\n{server.log_tail()}"
        assert server.stop() == 0, f"no clean end\n{server.log_tail()}"


@pytest.fixture(scope="module")
def fors():
    """A server as people start it: open mode, AWS's limits."""
    yield from _serve()


@pytest.fixture(scope="module")
def fors_unlimited():
    """A server in open mode without throughput limits."""
    yield from _serve("--limits", "none")


@pytest.fixture(scope="module")
def fors_verified():
    """A server that verifies signatures against VERIFIED_CREDENTIALS."""
    yield from _serve(credentials=VERIFIED_CREDENTIALS)


@pytest.fixture(scope="module")
def server(fors):
    """The same as `fors`."""
    return fors


@pytest.fixture(scope="module")
def verified_server(fors_verified):
    """The same as `fors_verified`."""
    return fors_verified


@pytest.fixture(scope="module")
def kinesis(fors):
    """boto3's Kinesis client for `fors`."""
    return kinesis_client(fors)
