# SPDX-License-Identifier: Apache-2.0
"""The whole server, built with a sanitizer, under everything it can do at once: no report.

`./dev test --sanitize load` runs it with ThreadSanitizer and with AddressSanitizer and
UndefinedBehaviorSanitizer.
"""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import urllib.request

import pytest

from crash.campaign import FLAGS, Load
from support.fors_server import BINARY, ForsServer, free_port

SANITIZERS = ("TSAN", "ASAN", "UBSAN")
SECONDS_MAX = 240  # of one bench
STOPS = 4
SHOWN_MAX = 6000
BENCHES = (
    ("http", "put", "--count", "400", "--connections", "8", "--threads", "2"),
    ("http", "batch", "--count", "60", "--http", "2", "--multiplex", "3", "--threads", "2"),
    ("https", "aggregated", "--count", "40", "--connections", "4"),
    ("http", "get", "--count", "200", "--connections", "4", "--threads", "2"),
    ("https", "push", "--count", "60", "--consumers", "2", "--shards", "2"),
    ("http", "push", "--count", "60", "--http", "2", "--multiplex", "4", "--shards", "3"),
)


class Reports:
    """What sanitizers have to say goes into files beside each other, a process a file."""

    def __init__(self, folder):
        self._folder = folder
        options = f"log_path={folder / 'report'}:halt_on_error=0:exitcode=0"
        self.environment = {f"{name}_OPTIONS": options for name in SANITIZERS}

    def expect_none(self):
        texts = [path.read_text("utf-8", "replace") for path in sorted(self._folder.iterdir())]
        assert not texts, f"{len(texts)} processes with reports; of the first:\n" + (
            texts[0][:SHOWN_MAX]
        )


@pytest.fixture
def reports(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    return Reports(folder)


@pytest.fixture
def server(reports):
    flags = (*FLAGS, "--reactors", "3")
    made = ForsServer(*flags, port=free_port(), env=reports.environment)
    made.start_seconds_max = 60
    with made:
        yield made


@pytest.fixture
def clients(tmp_path):
    """A folder for their ledgers."""
    folder = tmp_path / "clients"
    folder.mkdir()
    return folder


@contextlib.contextmanager
def bench(server, reports, scheme, *arguments):
    """A running fors bench; killed when it is not done by the end."""
    certificate = server.data / "tls" / "certificate.pem"
    running = subprocess.Popen(
        [BINARY, "bench", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={
            **os.environ,
            **server.client_environment(),
            **reports.environment,
            "AWS_ENDPOINT_URL": server.endpoint.replace("http:", f"{scheme}:"),
            "AWS_CA_BUNDLE": str(certificate),
        },
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def page(server, path, method="GET", **members):
    """The answer of a page under /_fors/."""
    body = json.dumps(members).encode() if method == "POST" else None
    request = urllib.request.Request(f"{server.endpoint}/_fors/{path}", body, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()


def look_after(server, folder):
    """Scrapes, verifies and backs up, a piece a call."""
    for number in itertools.count():
        page(server, "metrics")
        page(server, "health")
        if '"running"' not in page(server, "verify"):
            page(server, "verify", "POST")
        if '"running"' not in page(server, "backup"):
            page(server, "backup", "POST", directory=str(folder / f"backup-{number}"))
        yield


def test_the_binary_is_one_with_a_sanitizer():
    """Else the other test would see nothing, whatever happens."""
    code = BINARY.read_bytes()
    assert b"__tsan_init" in code or b"__asan_init" in code, f"{BINARY} has none"


def test_all_at_once_and_stops_amidst_of_it(server, reports, clients, tmp_path):
    with Load(server, clients) as load:
        load.work(200)
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(bench(server, reports, *each)) for each in BENCHES]
            upkeep = look_after(server, tmp_path)
            while any(each.poll() is None for each in running):
                next(upkeep)
                load.still_well()
            said = [each.communicate(timeout=SECONDS_MAX)[0] for each in running]
            assert [each.returncode for each in running] == [0] * len(BENCHES), said
        for _ in range(STOPS):
            # Large batches, so that the files of the journal are in the making all the time.
            large = ("batch", "--size", "20000", "--records", "50", "--duration", "3600")
            with bench(server, reports, "http", *large):
                load.work(1000)
                server.signal(signal.SIGTERM)
                assert server.wait() == 0, server.log_tail()
            server.start()
        load.stop()
        load.check().expect_none()
    assert server.stop() == 0, server.log_tail()
    reports.expect_none()
