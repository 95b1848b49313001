# SPDX-License-Identifier: Apache-2.0
"""boto3 for setting the table; the load itself comes from wrk."""

import boto3
from botocore.config import Config


def client_of(endpoint, credentials):
    """A client with little patience for retries."""
    return boto3.client(
        "kinesis",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=credentials[0],
        aws_secret_access_key=credentials[1],
        config=Config(retries={"max_attempts": 3}, read_timeout=60),
    )


def make_stream(kinesis, name, shards):
    """Returns when it is ACTIVE."""
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(
        StreamName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
    )
