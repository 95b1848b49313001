# SPDX-License-Identifier: Apache-2.0
"""KCL's MultiLangDaemon and a processor in Python, both unmodified, over a split and a merge."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from support.clients import aws_client
from support.fors_server import free_port

HERE = Path(__file__).resolve().parent
MODES = ("polling", "fanout")
KEYS = 7
PART = 70
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
MIDDLE = "170141183460469231731687303715884105728"


class Program:
    """A Java program of a Maven module as a child process; a context manager."""

    def __init__(self, module, arguments, log, **environment):
        self._command = ["java", *SHORT_LIVED, "-cp", "target/dependency/*", *arguments]
        self._home, self._log, self._environment = HERE / module, log, environment
        self._process = None

    def __enter__(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                self._command, env={**os.environ, **self._environment},
                cwd=self._home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def terminate(self):
        """SIGTERM."""
        self._process.terminate()

    def until(self, told, condition):
        """Waits for a condition; when the program ends it must be true by then."""
        give_up = time.monotonic() + 120
        while True:
            ended = self._process.poll() is not None
            if condition():
                return
            assert not ended, f"{told}: the program ended\n{self._log_tail()}"
            assert time.monotonic() < give_up, f"not in time: {told}\n{self._log_tail()}"
            time.sleep(0.02)

    def _log_tail(self):
        lines = self._log.read_text("utf-8", "replace").splitlines()
        return "\n".join([line for line in lines if " INFO " not in line][-60:])


@pytest.fixture(scope="module")
def jars():
    """What the programs need, in the target folders of their Maven modules."""
    for module in ("daemon", "leases"):
        shutil.rmtree(HERE / module / "target", ignore_errors=True)  # jars of other versions
    maven = ["mvn", "-Dstyle.color=never", "--quiet", "--batch-mode"]
    subprocess.run([*maven, "dependency:copy-dependencies"], cwd=HERE, check=True)


@pytest.fixture(scope="module")
def leases(jars, tmp_path_factory):
    """The endpoint of a DynamoDB Local."""
    port = free_port()
    command = ["-Dsqlite4java.library.path=target/dependency"]
    command += ["com.amazonaws.services.dynamodbv2.local.main.ServerRunner"]
    command += ["-inMemory", "-disableTelemetry", "-port", str(port)]

    def answers():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    with Program("leases", command, tmp_path_factory.mktemp("leases") / "log") as program:
        program.until("DynamoDB Local answers", answers)
        yield f"http://127.0.0.1:{port}"


class Daemon(Program):
    """A MultiLangDaemon of its own application, which follows a stream of its own."""

    def __init__(self, fors, leases, mode, folder):
        self.mode = mode
        self.stream = f"multilang-{mode}-{uuid.uuid4().hex[:12]}"
        self.application = f"app-{self.stream}"
        self._heard = folder / "heard"
        self._heard.touch()
        settings = {
            "executableName": f"{sys.executable} {HERE / 'processor.py'} {self._heard}",
            "processingLanguage": "python/3",
            "applicationName": self.application,
            "streamName": self.stream,
            "initialPositionInStream": "TRIM_HORIZON",
            "retrievalMode": mode,
            "AwsCredentialsProvider": "DefaultCredentialsProvider",
            "regionName": "us-east-1",
            "kinesisEndpoint": fors.endpoint,
            "cloudWatchClient.endpointOverride": fors.endpoint,
            "dynamoDBEndpoint": leases,
            "metricsLevel": "SUMMARY",
            "metricsBufferTimeMillis": 500,
            "idleTimeBetweenReadsInMillis": 250,
            "shardSyncIntervalMillis": 1000,
            "leaseAssignmentIntervalMillis": 500,
            "parentShardPollIntervalMillis": 200,
            "shutdownGraceMillis": 20000,
        }
        file = folder / "daemon.properties"
        file.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        command = ["software.amazon.kinesis.multilang.MultiLangDaemon", "--properties-file", file]
        environment = fors.client_environment()
        del environment["AWS_ENDPOINT_URL"]
        super().__init__("daemon", command, folder / "log", **environment)

    def heard(self, kind):
        """What the processors have been told, of one kind, in order."""
        told = [json.loads(line) for line in self._heard.read_text().splitlines()]
        return [event[1:] for event in told if event[0] == kind]

    def until_heard(self, count):
        self.until(f"{count} records", lambda: len(self.heard("record")) >= count)


def put(kinesis, stream, first):
    for n in range(first, first + PART):
        kinesis.put_record(StreamName=stream, PartitionKey=f"key-{n % KEYS}", Data=str(n).encode())


def open_shards(kinesis, stream):
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    return [s["ShardId"] for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]


def records_processed(cloudwatch, application):
    """The sum of what the daemon told CloudWatch, over all shards."""
    now = datetime.now(timezone.utc)
    of = {"Namespace": application, "MetricName": "RecordsProcessed"}
    return sum(
        point["Sum"]
        for metric in cloudwatch.list_metrics(**of)["Metrics"]
        for point in cloudwatch.get_metric_statistics(
            **of,
            Dimensions=metric["Dimensions"],
            Statistics=["Sum"],
            Period=60,
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=2),
        )["Datapoints"]
    )


def follow(kinesis, cloudwatch, daemon):
    """A stream's way over split and merge, and what the processors hear of it."""
    stream, count = daemon.stream, 3 * PART

    def is_active():
        summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
        return summary["StreamStatus"] == "ACTIVE"

    daemon.until("created", is_active)
    put(kinesis, stream, 0)
    daemon.until_heard(PART)
    [only] = open_shards(kinesis, stream)
    kinesis.split_shard(StreamName=stream, ShardToSplit=only, NewStartingHashKey=MIDDLE)
    put(kinesis, stream, PART)
    daemon.until("split", is_active)
    daemon.until_heard(2 * PART)
    low, high = open_shards(kinesis, stream)
    kinesis.merge_shards(StreamName=stream, ShardToMerge=low, AdjacentShardToMerge=high)
    put(kinesis, stream, 2 * PART)
    daemon.until("merged", is_active)
    daemon.until_heard(count)
    [last] = open_shards(kinesis, stream)
    daemon.until("told", lambda: records_processed(cloudwatch, daemon.application) >= count)
    assert records_processed(cloudwatch, daemon.application) == count

    records = daemon.heard("record")
    for key in range(KEYS):
        numbers = [number for _, name, number in records if name == f"key-{key}"]
        assert numbers == list(range(key, count, KEYS))
    assert len(records) == count
    began, ended = ([shard for [shard] in daemon.heard(kind)] for kind in ("began", "ended"))
    assert (began[0], sorted(began[1:3]), began[3:]) == (only, [low, high], [last])
    assert (ended[0], sorted(ended[1:])) == (only, [low, high])
    assert daemon.heard("lost") == []
    daemon.terminate()
    daemon.until("stopped", lambda: daemon.heard("stopped") == [[last]])
    kinesis.delete_stream(StreamName=stream, EnforceConsumerDeletion=True)


@pytest.fixture(scope="module")
def followed(fors, kinesis, leases, tmp_path_factory):
    """One for each way to read, at the same time: KCL takes its time to begin."""
    cloudwatch = aws_client(fors, "cloudwatch")
    with ExitStack() as stack:
        daemons = [Daemon(fors, leases, mode, tmp_path_factory.mktemp(mode)) for mode in MODES]
        for daemon in daemons:
            kinesis.create_stream(StreamName=daemon.stream, ShardCount=1)
            stack.enter_context(daemon)
        pool = stack.enter_context(ThreadPoolExecutor())
        yield {d.mode: pool.submit(follow, kinesis, cloudwatch, d) for d in daemons}


@pytest.mark.parametrize("mode", MODES)
def test_python_follows_a_stream_over_split_and_merge(followed, mode):
    followed[mode].result()
