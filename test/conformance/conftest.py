# SPDX-License-Identifier: Apache-2.0
"""Connections to the server under test for the conformance tests."""

import pytest

from support.raw_kinesis import RawKinesis


@pytest.fixture(scope="module")
def raw(fors_unlimited):
    """Signed raw calls to a server without throughput limits."""
    connection = RawKinesis(fors_unlimited.endpoint)
    yield connection
    connection.close()
