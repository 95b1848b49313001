# SPDX-License-Identifier: Apache-2.0
"""P10: a stream of 10,000 shards beside one of a single shard; P11: thousands of idle connections
beside the busy ones."""

import socket
from pathlib import Path

import load
from clients import client_of, make_stream
from machine import fors, memory_mib, sync_us
from puts import requests_for
from support.fors_server import VERIFIED_CREDENTIALS as CREDENTIALS
from turns import Contender, row_of, take_turns

SHARDS = 10_000
SHARD_KIB_MAX = 2
CONNECTIONS = 5_000
CONNECTION_KIB_MAX = 40
BODIES = 24


def put_small(server, stream, count):
    """So many batches of small records, all with keys of their own."""
    with socket.create_connection(("127.0.0.1", server.port)) as link:
        for body in load.put_records(stream, 8, count=count, keys=count * 500):
            link.sendall(load.request(server.endpoint, "PutRecords", body, CREDENTIALS))
            answer = b""
            while not answer.endswith(b"}"):
                answer += link.recv(1 << 20)
            assert b'"FailedRecordCount":0' in answer, answer[:500]


def row_of_shards(folder, options):
    """P10. Memory is that of shards that have records; most get some, so many are the keys."""
    with fors() as server:
        kinesis = client_of(server.endpoint, CREDENTIALS)
        make_stream(kinesis, "narrow", 1)
        put_small(server, "narrow", 2)  # the first requests make buffers that stay
        before = memory_mib(server.pid)
        make_stream(kinesis, "wide", SHARDS)
        empty = (memory_mib(server.pid) - before) * 1024 / SHARDS
        put_small(server, "wide", 3 * SHARDS // 500)  # reaches 95 of 100 shards
        each = (memory_mib(server.pid) - before) * 1024 / SHARDS
        contenders = []
        for stream in ("wide", "narrow"):
            bodies = load.put_records(stream, 1024, count=BODIES, keys=BODIES * 500)
            path = requests_for(Path(folder) / stream, server.endpoint, "PutRecords", bodies)
            contenders.append(Contender(server.endpoint, server.pid, path, 500))
        take_turns(contenders, 4, options)
        what = f"PutRecords 500 x 1 KiB to {SHARDS:,} shards, 4 conn."
        target = f">= 0.80, {SHARD_KIB_MAX} KiB a shard"
        row = row_of("P10", what, *contenders, (target, 0.80, "a stream of 1 shard"))
        row["note"] = (
            f"{each:.2f} KiB a shard, {empty:.2f} an empty one; "
            f"{memory_mib(server.pid):,.0f} MiB after the load"
        )
        row["sync_us"] = sync_us(server.data)
        row["met"] = row["met"] and each <= SHARD_KIB_MAX
        return row


def idle_connections(server, count):
    """So many, each of which has had an answer."""
    links = []
    request = load.request(server.endpoint, "DescribeLimits", {}, CREDENTIALS)
    for _ in range(count):
        link = socket.create_connection(("127.0.0.1", server.port))
        links.append(link)
        link.sendall(request)
        answer = link.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200"), answer[:500]
    return links


def row_of_connections(folder, options):
    """P11: two servers in turn, one of which has the idle connections."""
    with (
        fors("--idle-timeout", "3600") as crowded,
        fors("--idle-timeout", "3600") as quiet,
    ):
        contenders = []
        for server in (crowded, quiet):
            make_stream(client_of(server.endpoint, CREDENTIALS), "bench", 4)
            path = Path(folder) / f"P11-{server.pid}"
            bodies = load.put_record("bench", 1024)
            requests_for(path, server.endpoint, "PutRecord", bodies)
            contenders.append(Contender(server.endpoint, server.pid, path))
        before = memory_mib(crowded.pid)
        links = idle_connections(crowded, CONNECTIONS)
        each = (memory_mib(crowded.pid) - before) * 1024 / CONNECTIONS
        take_turns(contenders, 64, options)
        what = f"PutRecord 1 KiB, 64 conn. beside {CONNECTIONS:,} idle"
        target = f">= 0.90, {CONNECTION_KIB_MAX} KiB each"
        row = row_of("P11", what, *contenders, (target, 0.90, "one without the idle"))
        still = sum(not has_ended(link) for link in links)
        for link in links:
            link.close()
        row["note"] = f"{each:.1f} KiB each; {still:,} still open"
        row["sync_us"] = sync_us(crowded.data)
        row["met"] = row["met"] and each <= CONNECTION_KIB_MAX and still == CONNECTIONS
        return row


def has_ended(link):
    """Whether the server has closed an idle connection."""
    link.setblocking(False)
    try:
        return link.recv(1) == b""
    except BlockingIOError:
        return False


def rows(options, folder):
    """P10 and P11."""
    if "P10" in options.rows:
        yield row_of_shards(folder, options)
    if "P11" in options.rows:
        yield row_of_connections(folder, options)
