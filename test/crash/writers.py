# SPDX-License-Identifier: Apache-2.0
"""Clients that put: single records, batches, and those who repeat what was cut off."""

import base64

from crash.client import Client
from crash.records import key_of, payload


class Writer(Client):
    """One request at a time, of one record or a batch; never repeats a record."""

    batch_most = 1  # records in a request

    def prepare(self):
        self._requests = 0

    def step(self):
        self.put(self.dice.choice(self.job.streams), self.fresh_names())

    def fresh_names(self):
        """Those of the next request."""
        self._requests += 1
        count = self.dice.randint(1, self.batch_most)
        return [f"{self.name}-{self._requests}.{n}" for n in range(count)]

    def put(self, stream, names):
        """The names that were not acknowledged."""
        entries = [
            {
                "PartitionKey": key_of(name),
                "Data": base64.b64encode(payload(name, self.job.sizes)).decode(),
            }
            for name in names
        ]
        if self.batch_most > 1:
            reply = self.call("PutRecords", StreamName=stream, Records=entries)
        else:
            reply = self.call("PutRecord", StreamName=stream, **entries[0])
        places = self._places(reply, len(names))
        self.ledger.put(stream, reply.began, reply.ended, names, places)
        return [name for name, place in zip(names, places or [None] * len(names)) if not place]

    def _places(self, reply, count):
        if not reply:
            return None
        results = reply.answer.ok()
        results = results["Records"] if self.batch_most > 1 else [results]
        assert len(results) == count, f"{len(results)} results of {count} records"
        return [
            None if "ErrorCode" in result else (result["ShardId"], result["SequenceNumber"])
            for result in results
        ]


class BatchWriter(Writer):
    """The same with PutRecords."""

    batch_most = 40


class Retrier(Writer):
    """Repeats a record until it is acknowledged: it may be there once for every attempt."""

    def step(self):
        names = self.fresh_names()
        stream = self.dice.choice(self.job.streams)
        while names and not self.stopping:
            names = self.put(stream, names)
            if names:
                self.pause()


class BatchRetrier(Retrier):
    """The same with PutRecords: repeats those of a batch that failed."""

    batch_most = 40
