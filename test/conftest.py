# SPDX-License-Identifier: Apache-2.0
"""Servers as fixtures, one a test module."""

import os
import sys

import boto3
import pytest
from botocore.config import Config

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support.fors_server import ForsServer  # noqa: E402


def client_of(server, retries=8, **settings):
    """A boto3 client of that server."""
    return boto3.client("kinesis", endpoint_url=server.endpoint, region_name="us-east-1",
                        aws_access_key_id=server.access_key, aws_secret_access_key=server.secret_key,
                        config=Config(retries={"max_attempts": retries, "mode": "standard"}, **settings))


@pytest.fixture(scope="module")
def fors():
    """Started with defaults: open access, AWS's limits."""
    with ForsServer() as server:
        yield server


@pytest.fixture(scope="module")
def fors_unlimited():
    """Without throughput limits."""
    with ForsServer("--limits", "none") as server:
        yield server


@pytest.fixture(scope="module")
def fors_verified():
    """With credentials: every signature is verified."""
    with ForsServer(verified=True) as server:
        yield server


@pytest.fixture(scope="module")
def kinesis(fors):
    """boto3 against the server with defaults."""
    return client_of(fors)
