# SPDX-License-Identifier: Apache-2.0
"""A client of a campaign: a process of its own that works until it is told to stop, whatever
happens to the server meanwhile."""

import http.client
import multiprocessing
import random
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from crash.ledger import Ledger
from crash.records import Sizes
from support.raw_kinesis import RawKinesis

CUT_OFF = (OSError, http.client.HTTPException)
PAUSE = 0.02  # between two knocks at a server that is down
JOIN_SECONDS_MAX = 60
PROCESSES = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Job:
    """What the clients of a campaign have in common."""

    endpoint: str
    folder: Path  # of their ledgers
    streams: tuple
    seed: int = 0
    sizes: Sizes = Sizes()
    timeout: float = 20  # seconds until a client gives up on an answer
    stop: object = field(default_factory=PROCESSES.Event)  # for all but readers
    settled: object = field(default_factory=PROCESSES.Event)  # nothing changes any more
    ledger: type = Ledger


@dataclass
class Reply:
    """What came of a call, and when it was under way."""

    answer: object  # None: cut off, or an error of the server
    began: float
    ended: float

    def __bool__(self):
        return self.answer is not None


class Client(PROCESSES.Process):
    """Runs `step` again and again; what it notes in its ledger the checker reads."""

    reads = False  # goes on until it has everything

    def __init__(self, job, name):
        super().__init__(name=name, daemon=True)
        self.job = job

    def prepare(self):
        """Before the first step, in the client's process."""

    def step(self):
        """One round of work."""
        raise NotImplementedError

    def end(self):
        """After the last step."""

    def run(self):
        self.dice = random.Random(f"{self.job.seed} {self.name}")
        self.counts = Counter()
        self.kinesis = RawKinesis(self.job.endpoint, self.job.timeout, signed=False)
        self.ledger = self.job.ledger(self.job.folder / f"{self.name}.ledger")
        try:
            self.prepare()
            while not self.stopping:
                self.step()
            self.end()
        except Exception:
            (self.job.folder / f"{self.name}.failure").write_text(traceback.format_exc())
            sys.exit(1)
        finally:
            self.ledger.close()

    @property
    def stopping(self):
        return self.job.stop.is_set()

    def pause(self, seconds=PAUSE):
        self.job.stop.wait(seconds)

    def call(self, operation, **members):
        """A Reply. Waits for a server that is down, then calls once."""
        while True:
            began = time.monotonic()
            try:
                answer = self.kinesis.call(operation, **members)
            except ConnectionRefusedError:
                self.pause()
                if not self.stopping:
                    continue
                answer = None
            except CUT_OFF:
                answer = None
            break
        ended = time.monotonic()
        if answer is not None and answer.status >= 500:
            answer = None
        self.ledger.took(operation, ended - began)
        return Reply(answer, began, ended)


def failures(job, clients):
    """What went wrong with clients so far, as text; "" when nothing did."""
    broken = [client for client in clients if client.exitcode]
    texts = [path.read_text() for path in sorted(job.folder.glob("*.failure"))]
    return "\n".join([*(f"{c.name} ended with {c.exitcode}" for c in broken), *texts])


def stop_all(job, clients, wait_settled):
    """Stops the clients, the readers when they have been given what the others have left, which
    `wait_settled` waits for. AssertionError when one failed or hangs."""
    job.stop.set()
    _join([client for client in clients if not client.reads])
    wait_settled()
    job.settled.set()
    _join([client for client in clients if client.reads])
    problem = failures(job, clients)
    assert not problem, problem


def _join(clients):
    for client in clients:
        client.join(JOIN_SECONDS_MAX)
    hanging = [client for client in clients if client.is_alive()]
    for client in hanging:
        client.kill()
        client.join()
    assert not hanging, f"{', '.join(c.name for c in hanging)} did not end"
