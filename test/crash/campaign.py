# SPDX-License-Identifier: Apache-2.0
"""A campaign: clients of all kinds work on a server that dies again and again; then the checker
compares what they were told with what is there."""

import contextlib
import random
import time
from dataclasses import dataclass

from crash.administrators import Clerk, Encrypter, Reshaper
from crash.checker import check, list_shards
from crash.client import CUT_OFF, Job, failures, stop_all
from crash.readers import Poller, Subscriber
from crash.writers import BatchRetrier, BatchWriter, Retrier, Writer
from support.clients import aws_client
from support.raw_kinesis import RawKinesis

PLAIN, SEALED = "plain", "sealed"  # the one is resharded, the other encrypted
SHARDS = {PLAIN: 4, SEALED: 2}
# With the smallest cache: chunks are cut every few megabytes, so that deaths hit that, too.
FLAGS = ("--limits", "none", "--cache-mib", "16")
CONSUMER = "hears-all"


@dataclass
class Deaths:
    """How often, how and when the server dies."""

    count: int = 500
    seed: int = 0
    wait_max: float = 0.8  # seconds between two, at most
    in_recovery: float = 0.15  # of all deaths, those that come before the server is ready
    with_disk: float = 0.0  # of all deaths, those that take the disk along, where it can fail


@dataclass
class Outcome:
    """What a campaign found."""

    report: object
    facts: dict


@dataclass
class Scene:
    """What the clients find at their start."""

    shards: dict  # stream -> ids
    consumers: dict  # stream -> ARN
    key: str  # of KMS


def set_up(server):
    """The Scene on a running server: its streams are ACTIVE, the one is encrypted."""
    kinesis = RawKinesis(server.endpoint)
    key = aws_client(server, "kms").create_key()["KeyMetadata"]["KeyId"]
    consumers = {}
    for stream, shards in SHARDS.items():
        kinesis.call("CreateStream", StreamName=stream, ShardCount=shards).ok()
        arn = wait_active(kinesis, stream)["StreamARN"]
        answer = kinesis.call("RegisterStreamConsumer", StreamARN=arn, ConsumerName=CONSUMER)
        consumers[stream] = answer.ok()["Consumer"]["ConsumerARN"]
    encryption = {"StreamName": SEALED, "EncryptionType": "KMS", "KeyId": key}
    kinesis.call("StartStreamEncryption", **encryption).ok()
    wait_active(kinesis, SEALED)
    shards = {stream: list(list_shards(kinesis, stream)) for stream in SHARDS}
    kinesis.close()
    return Scene(shards, consumers, key)


def readers(job, scene):
    """Two of each stream, one that polls and one that is pushed to."""
    clients = []
    for n, (stream, shards) in enumerate(scene.shards.items()):
        consumer = scene.consumers[stream]
        clients.append(Poller(job, f"poller{n}", stream, shards))
        clients.append(Subscriber(job, f"subscriber{n}", stream, shards, consumer))
    return clients


def everyone(job, scene):
    """Clients of all kinds."""
    return [
        *(Writer(job, f"single{n}") for n in range(2)),
        *(BatchWriter(job, f"batch{n}") for n in range(2)),
        Retrier(job, "retrier"),
        BatchRetrier(job, "batchretrier"),
        *readers(job, scene),
        Reshaper(job, "reshaper", PLAIN),
        Encrypter(job, "encrypter", SEALED, scene.key),
        Clerk(job, "clerk", PLAIN),
    ]


def wait_active(kinesis, stream):
    """The stream's summary once it is ACTIVE."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = kinesis.call("DescribeStreamSummary", StreamName=stream).ok()
        if answer["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
            return answer["StreamDescriptionSummary"]
        time.sleep(0.1)
    raise AssertionError(f"{stream} did not become ACTIVE")


class Killer:
    """Kills and restarts a server at moments drawn from the seed."""

    def __init__(self, server, disk, deaths, still_well):
        self._server, self._disk, self._deaths = server, disk, deaths
        self._still_well = still_well
        self._dice = random.Random(deaths.seed)
        self.counts = {"kills": 0, "in recovery": 0, **dict.fromkeys(disk.ways_to_fail, 0)}
        self.restarts = []

    def run(self, tell=lambda count: None):
        """All deaths; the server is up at the end."""
        while self.counts["kills"] < self._deaths.count:
            # Half of them come early, so that the first batches are hit, too.
            share = 1 if self._dice.random() < 0.5 else 1 / 8
            time.sleep(self._dice.uniform(0, self._deaths.wait_max * share))
            self._die()
            while self._dice.random() < self._deaths.in_recovery:
                self._server.launch(*self._flags())
                time.sleep(self._dice.uniform(0, 0.08))
                self._die(in_recovery=True)
            began = time.monotonic()
            self._server.start(*self._flags())
            self.restarts.append(time.monotonic() - began)
            self._still_well()
            tell(self.counts["kills"])

    def _flags(self):
        return ("--reactors", str(self._dice.randint(1, 3)))

    def _die(self, in_recovery=False):
        self.counts["kills"] += 1
        self.counts["in recovery"] += in_recovery
        if self._disk.ways_to_fail and self._dice.random() < self._deaths.with_disk:
            way = self._dice.choice(self._disk.ways_to_fail)
            self.counts[way] += 1
            self._disk.fail(way)
            # For a moment it still runs and fails to write: that too must not be acknowledged.
            time.sleep(self._dice.uniform(0, 0.05))
            self._server.kill9(may_have_ended=in_recovery)  # it does not start on a broken disk
            self._disk.heal()
        else:
            self._server.kill9()


class Load:
    """Clients at work on a running server, and the check of what came of it."""

    def __init__(self, server, folder, clients=everyone, **options):
        self._server, self._folder = server, folder
        self.job = Job(server.endpoint, folder, tuple(SHARDS), **options)
        self.clients = clients(self.job, set_up(server))
        self._watch = RawKinesis(server.endpoint)

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.job.stop.set()
        for client in self.clients:
            if not client.reads:  # they would not end
                client.join(1)
            client.kill()

    def still_well(self):
        """AssertionError when a client has failed."""
        problem = failures(self.job, self.clients)
        assert not problem, f"{problem}\n{self._server.log_tail()}"

    def work(self, records=1000):
        """Returns when so many more records have been stored."""
        deadline = time.monotonic() + 30
        wanted = self.stored() + records
        while self.stored() < wanted:
            self.still_well()
            assert time.monotonic() < deadline, f"too slow\n{self._server.log_tail()}"
            time.sleep(0.02)

    def figures(self):
        """The server's own; over a connection that is kept."""
        try:
            return self._watch.figures()
        except CUT_OFF:  # it has been started anew
            return self._watch.figures()

    def stored(self):
        """Records in the log, since the start of the server."""
        return self.figures()["fors_journal_records_total"]

    def stop(self):
        """Ends the clients: the server is up, so what they have begun ends, too, and readers are
        given all there is."""
        stop_all(self.job, self.clients, self._wait_settled)

    def _wait_settled(self):
        with contextlib.closing(RawKinesis(self._server.endpoint)) as kinesis:
            for stream in self.job.streams:
                wait_active(kinesis, stream)
                # Behind all that was begun before it, also what its client has given up.
                kinesis.call("AddTagsToStream", StreamName=stream, Tags={"settled": "yes"}).ok()

    def check(self):
        """The Report; the server is up."""
        return check(self._server.endpoint, self._folder, self.job.streams, self.job.sizes)


def run_campaign(server, disk, folder, deaths, tell=lambda count: None, **options):
    """An Outcome; AssertionError or StartError when a client or the server gives up."""
    began = time.monotonic()
    with Load(server, folder, seed=deaths.seed, **options) as load:
        killer = Killer(server, disk, deaths, load.still_well)
        killer.run(tell)
        time.sleep(0.5)  # a last stretch without a kill
        load.stop()
        loaded = time.monotonic()
        server.kill9()
        server.start()
        report = load.check()
    facts = {
        **killer.counts,
        **report.totals,
        "chunk files": len(list(server.data.rglob("*.chunk"))),
        "restart ms, average": round(1000 * sum(killer.restarts) / len(killer.restarts)),
        "restart ms, at most": round(1000 * max(killer.restarts)),
        "seconds under load": round(loaded - began),
        "seconds of checking": round(time.monotonic() - loaded),
        "violations": len(report.violations),
    }
    return Outcome(report, facts)
