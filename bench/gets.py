# SPDX-License-Identifier: Apache-2.0
"""P4: the newest thousand records of a shard, read again and again."""

from pathlib import Path

import load
from clients import client_of, make_stream
from machine import fors
from support.fors_server import VERIFIED_CREDENTIALS
from turns import Contender, row_of, take_turns

RECORDS = 1000
CONNECTIONS = 4


def tip_requests(path, endpoint, credentials, stream="tip"):
    """Makes a stream of a thousand records; GetRecords that give all of them."""
    kinesis = client_of(endpoint, credentials)
    make_stream(kinesis, stream, 1)
    for entries in load.entries_of(1024, 500, RECORDS // 500, load.KEYS):
        put = kinesis.put_records(StreamName=stream, Records=entries)
        assert not put["FailedRecordCount"], put
    requests = []
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    for _ in range(64):
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        body = {"ShardIterator": iterator, "Limit": RECORDS}
        requests.append(load.request(endpoint, "GetRecords", body, credentials))
    load.write_requests(path, requests)
    return path


def rows(options, folder):
    """P4."""
    with fors() as server:
        path = tip_requests(Path(folder) / "P4", server.endpoint, VERIFIED_CREDENTIALS)
        contender = Contender(server.endpoint, server.pid, path, RECORDS)
        take_turns([contender], CONNECTIONS, options)
        what = "GetRecords 1,000 x 1 KiB at the tip, 4 conn."
        yield row_of("P4", what, contender, 600_000, (">= 600,000/s", 1, "the target"))
