# SPDX-License-Identifier: Apache-2.0
"""./dev bench --push: from a put to the event that a subscriber hears (P6), alone, beside a
thousand subscriptions, and beside subscribers who read nothing."""

import argparse
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test")]

import load  # noqa: E402
from clients import client_of, make_stream  # noqa: E402
from run import cpu_seconds, resident_mb, sync_us  # noqa: E402
from support.fors_server import VERIFIED_CREDENTIALS as CREDENTIALS, ForsServer  # noqa: E402

END_OF_HEAD = b"\r\n\r\n"


def request_of(server, operation, members):
    """A signed request as bytes."""
    headers, text = load.head_and_body(
        server.endpoint, operation, json.dumps(members), CREDENTIALS
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    host = f"Host: 127.0.0.1:{server.port}\r\nContent-Length: {len(text)}\r\n"
    return f"POST / HTTP/1.1\r\n{host}{head}\r\n{text}".encode()


def connect(server):
    link = socket.create_connection(("127.0.0.1", server.port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def subscribe(server, consumer, shard):
    """A connection on which the first, empty event has been heard."""
    link = connect(server)
    position = {"Type": "LATEST"}
    request = {"ConsumerARN": consumer, "ShardId": shard, "StartingPosition": position}
    link.sendall(request_of(server, "SubscribeToShard", request))
    heard = b""
    while b"MillisBehindLatest" not in heard:
        heard += link.recv(65536)
    assert heard.startswith(b"HTTP/1.1 200"), heard[:500]
    return link


def consumers_of(kinesis, stream, count):
    """ARNs of so many new consumers."""
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"][
        "StreamARN"
    ]
    return [
        kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=f"c{n}")["Consumer"][
            "ConsumerARN"
        ]
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


def latencies(server, stream, links, rounds, pause, hash_key="0"):
    """Milliseconds from the put to the moment at which all of the links have heard it."""
    putter = connect(server)
    body = json.loads(load.put_record(stream, 1024, count=1)[0])
    request = request_of(server, "PutRecord", {**body, "ExplicitHashKey": hash_key})
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


def show(what, times, more=""):
    """One line."""
    cuts = statistics.quantiles(times, n=100)
    print(f"{what:58} p50 {cuts[49]:6.2f} ms  p99 {cuts[98]:6.2f} ms  {more}", flush=True)


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
    """P6."""
    kinesis = client_of(server.endpoint, CREDENTIALS)
    make_stream(kinesis, "alone", 1)
    (consumer,) = consumers_of(kinesis, "alone", 1)
    link = subscribe(server, consumer, "shardId-000000000000")
    times = latencies(server, "alone", [link], rounds, 0.002)
    show("P6  put -> event, 1 KiB, idle server", times, f"sync {sync_us(server.data):.0f} us")
    link.close()


def among_many(server, rounds, shards, consumers):
    """A thousand subscriptions; a put is heard by those of its shard."""
    kinesis = client_of(server.endpoint, CREDENTIALS)
    make_stream(kinesis, "many", shards)
    before = resident_mb(server.pid)
    arns = consumers_of(kinesis, "many", consumers)
    links = {
        n: [subscribe(server, arn, f"shardId-{n:012}") for arn in arns] for n in range(shards)
    }
    everyone = [link for some in links.values() for link in some]
    count = len(everyone)
    grown = (resident_mb(server.pid) - before) * 1000 / count
    began = cpu_seconds(server.pid)
    time.sleep(5)
    idle = (cpu_seconds(server.pid) - began) / 5 * 100
    drain(everyone)
    times = latencies(server, "many", links[0], rounds, 0.002)
    show(
        f"{count} subscriptions: put -> heard by the {consumers} of a shard",
        times,
        f"{grown:.0f} KB each, {idle:.1f} % CPU when idle",
    )
    for link in everyone:
        link.close()


def beside_the_deaf(server, folder, rounds, deaf):
    """Subscribers who read nothing while a gigabyte and more goes by."""
    kinesis = client_of(server.endpoint, CREDENTIALS)
    make_stream(kinesis, "flood", 1)
    requests = Path(folder) / "flood.lua"
    load.write_requests(
        requests, server.endpoint, "PutRecords", load.put_records("flood", 1024), CREDENTIALS
    )
    load.wrk(server.endpoint, requests, 4, 5)
    before = resident_mb(server.pid)
    links = [
        subscribe(server, arn, "shardId-000000000000")
        for arn in consumers_of(kinesis, "flood", deaf)
    ]
    flood = load.wrk(server.endpoint, requests, 4, 10)
    grown = resident_mb(server.pid) - before
    make_stream(kinesis, "beside", 1)
    (consumer,) = consumers_of(kinesis, "beside", 1)
    link = subscribe(server, consumer, "shardId-000000000000")
    times = latencies(server, "beside", [link], rounds, 0.002)
    mib = flood["requests"] * 500 / 1024
    show(
        f"beside {deaf} who read nothing of {mib:,.0f} MiB: put -> event",
        times,
        f"{grown / deaf:.1f} MB more for each of them",
    )
    for each in [*links, link]:
        each.close()


def main():
    """Prints a line each."""
    parser = argparse.ArgumentParser(prog="./dev bench --push")
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--shards", type=int, default=50)
    parser.add_argument("--consumers", type=int, default=20)
    parser.add_argument("--deaf", type=int, default=20)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        ForsServer("--limits", "none", credentials=CREDENTIALS) as server,
    ):
        for task in os.listdir(f"/proc/{server.pid}/task"):
            os.sched_setaffinity(int(task), {0})
        os.sched_setaffinity(0, {1})
        alone(server, options.rounds)
        among_many(server, options.rounds // 4, options.shards, options.consumers)
        beside_the_deaf(server, folder, options.rounds // 2, options.deaf)


if __name__ == "__main__":
    main()
