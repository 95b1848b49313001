# SPDX-License-Identifier: Apache-2.0
"""boto3 clients for the tests: no waiting where a server on loopback answers at once."""

import boto3
from botocore.config import Config

from support.fors_server import OPEN_CREDENTIALS, REGION


def kinesis_client(server, **overrides):
    """A Kinesis client for a ForsServer; `overrides` go to boto3."""
    return aws_client(server, "kinesis", **overrides)


def aws_client(server, service, **overrides):
    """The same for any service."""
    key, secret = server.credentials or OPEN_CREDENTIALS
    config = Config(
        connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}
    )
    arguments = {
        "endpoint_url": server.endpoint,
        "region_name": REGION,
        "aws_access_key_id": key,
        "aws_secret_access_key": secret,
        "config": config,
    }
    return boto3.client(service, **{**arguments, **overrides})
