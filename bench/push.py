# SPDX-License-Identifier: Apache-2.0
"""P6: from a put to the event that a subscriber hears, alone, beside a thousand subscriptions, and
beside subscribers who read nothing."""

import base64
import os
import socket
import statistics
import time
from pathlib import Path

import load
from clients import client_of, make_stream
from machine import cpu_seconds, fors, memory_mib, sync_us
from support.fors_server import VERIFIED_CREDENTIALS as CREDENTIALS

END_OF_HEAD = b"\r\n\r\n"
FIRST_SHARD = "shardId-000000000000"
P50_MS, P99_MS = 0.6, 3
SHARDS, CONSUMERS = 50, 20  # of the thousand subscriptions
DEAF = 20  # subscribers who read nothing


def connect(server):
    """A connection without Nagle's waiting."""
    link = socket.create_connection(("127.0.0.1", server.port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def subscribe(server, consumer, shard):
    """A connection on which the first, empty event has been heard."""
    link = connect(server)
    position = {"Type": "LATEST"}
    request = {"ConsumerARN": consumer, "ShardId": shard, "StartingPosition": position}
    link.sendall(load.request(server.endpoint, "SubscribeToShard", request, CREDENTIALS))
    heard = b""
    while b"MillisBehindLatest" not in heard:
        part = link.recv(65536)
        assert part, f"no subscription: {heard[:500]}"
        heard += part
    assert heard.startswith(b"HTTP/1.1 200"), heard[:500]
    return link


def consumers_of(kinesis, stream, count):
    """ARNs of so many new consumers."""
    summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    return [
        kinesis.register_stream_consumer(StreamARN=summary["StreamARN"], ConsumerName=f"c{n}")[
            "Consumer"
        ]["ConsumerARN"]
        for n in range(count)
    ]


def hear_record(link):
    """Reads until an event with a record has come whole; heartbeats go by."""
    heard = b""
    while not (b'"PartitionKey"' in heard and heard.endswith(b"\r\n")):
        part = link.recv(65536)
        assert part, "the subscription ended"
        heard += part


def hear_answer(link):
    """Reads a whole answer."""
    answer = b""
    while END_OF_HEAD not in answer or b"}" not in answer:
        answer += link.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200"), answer[:500]


def latencies(server, stream, links, rounds, pause=0.002):
    """Milliseconds from the put to the moment at which all of the links have heard it."""
    putter = connect(server)
    data = base64.b64encode(os.urandom(1024)).decode()
    body = {"StreamName": stream, "PartitionKey": "p", "ExplicitHashKey": "0", "Data": data}
    request = load.request(server.endpoint, "PutRecord", body, CREDENTIALS)
    times = []
    for _ in range(rounds):
        time.sleep(pause)
        began = time.perf_counter()
        putter.sendall(request)
        for link in links:
            hear_record(link)
        times.append((time.perf_counter() - began) * 1e3)
        hear_answer(putter)
    putter.close()
    return times


def row_of(what, times, note="", met=None):
    """A row about latency: the median, and beside it the percentiles."""
    cuts = statistics.quantiles(times, n=100)
    return {
        "row": "P6",
        "what": what,
        "target": f"<= {P50_MS} ms, {P99_MS} ms",
        "measured": cuts[49],
        "unit": " ms",
        "ratio": cuts[49] / P50_MS,
        "of": "the target",
        "p50": cuts[49],
        "p99": cuts[98],
        "note": note,
        "met": met(cuts) if met else None,
    }


def drain(links):
    """Reads away what is there."""
    for link in links:
        link.setblocking(False)
        try:
            while link.recv(1 << 20):
                pass
        except BlockingIOError:
            pass
        link.setblocking(True)


def alone(server, rounds):
    """The row that has a target."""
    kinesis = client_of(server.endpoint, CREDENTIALS)
    make_stream(kinesis, "alone", 1)
    (consumer,) = consumers_of(kinesis, "alone", 1)
    link = subscribe(server, consumer, FIRST_SHARD)
    times = latencies(server, "alone", [link], rounds)
    link.close()
    row = row_of(
        "put -> event, 1 KiB, idle server",
        times,
        met=lambda cuts: cuts[49] <= P50_MS and cuts[98] <= P99_MS,
    )
    return {**row, "sync_us": sync_us(server.data)}


def among_many(server, rounds, seconds):
    """A thousand subscriptions; a put is heard by those of its shard."""
    kinesis = client_of(server.endpoint, CREDENTIALS)
    make_stream(kinesis, "many", SHARDS)
    before = memory_mib(server.pid)
    arns = consumers_of(kinesis, "many", CONSUMERS)
    links = {
        n: [subscribe(server, arn, f"shardId-{n:012}") for arn in arns] for n in range(SHARDS)
    }
    everyone = [link for some in links.values() for link in some]
    grown = (memory_mib(server.pid) - before) * 1024 / len(everyone)
    began = cpu_seconds(server.pid)
    time.sleep(seconds)  # what is measured is doing nothing for so long
    idle = (cpu_seconds(server.pid) - began) / seconds
    drain(everyone)
    times = latencies(server, "many", links[0], rounds)
    for link in everyone:
        link.close()
    return row_of(
        f"the same, {len(everyone)} subscriptions, {CONSUMERS} of the shard",
        times,
        f"{grown:.0f} KiB each, {idle:.1%} of a core when idle",
    )


def beside_the_deaf(server, folder, rounds, seconds):
    """Subscribers who read nothing while gigabytes go by."""
    kinesis = client_of(server.endpoint, CREDENTIALS)
    make_stream(kinesis, "flood", 1)
    requests = Path(folder) / "flood"
    load.write_requests(
        requests,
        (
            load.request(server.endpoint, "PutRecords", body, CREDENTIALS)
            for body in load.put_records("flood", 1024)
        ),
    )
    load.wrk(server.endpoint, requests, 4, 2)  # caches and buffers grow to what they stay at
    before = memory_mib(server.pid)
    links = [
        subscribe(server, arn, FIRST_SHARD) for arn in consumers_of(kinesis, "flood", DEAF)
    ]
    flood = load.wrk(server.endpoint, requests, 4, 2 * seconds)
    grown = memory_mib(server.pid) - before
    make_stream(kinesis, "beside", 1)
    (consumer,) = consumers_of(kinesis, "beside", 1)
    link = subscribe(server, consumer, FIRST_SHARD)
    times = latencies(server, "beside", [link], rounds)
    for each in [*links, link]:
        each.close()
    mib = flood["requests"] * 500 / 1024
    return row_of(
        f"the same, beside {DEAF} who read nothing",
        times,
        f"of {mib:,.0f} MiB; {grown / DEAF:.1f} MiB more for each of them",
    )


def rows(options, folder):
    """P6, and two more to compare it with."""
    rounds = 400 * options.seconds
    with fors() as server:
        yield alone(server, rounds)
        yield among_many(server, rounds // 4, options.seconds)
        yield beside_the_deaf(server, folder, rounds // 2, options.seconds)
