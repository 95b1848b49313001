# SPDX-License-Identifier: Apache-2.0
"""A consumer group in one process: all shards, in order, at least once, with checkpoints."""

import base64
import hashlib
import os
import time

from botocore.exceptions import ClientError

import shop

FINISHED = "SHARD_END"


class Poison(Exception):
    """Raised by a handler for an event that can never be handled; a dead letter."""


class Consumer:
    """Reads all shards of a stream and calls `handle(record)` for each record, in shard order.

    A checkpoint is stored after a batch has been handled, so a crash repeats at most that batch:
    handlers must be idempotent. What they queue up for sending goes out in `before_checkpoint`.
    A child shard is opened when its parents have been read to the end, which keeps the order of a
    key across resharding.
    """

    def __init__(self, stream, group, handle, before_checkpoint=None):
        self._stream, self._group = stream, group
        self._handle, self._before_checkpoint = handle, before_checkpoint
        self._kinesis = shop.kinesis()
        self._checkpoint_path = os.path.join(shop.STATE, f"{group}.checkpoint.json")
        self._checkpoint = shop.read_json(self._checkpoint_path, {})
        self._iterators = {}  # of the shards being read; None: to be opened at the checkpoint
        self.dead_letters = shop.Ledger(f"{group}.dead-letters.jsonl", "digest")
        self._find_shards()

    def run(self, stop):
        """Polls until `stop` turns true."""
        while not stop:
            self.poll()
            time.sleep(shop.POLL_SECONDS)

    def poll(self):
        """One pass over the shards; returns how many records were handled."""
        return sum(self._read(shard) for shard in list(self._iterators))

    def _find_shards(self):
        shards = {}
        request = {"StreamName": self._stream}
        while request:
            page = shop.call(self._kinesis.list_shards, **request)
            shards.update((shard["ShardId"], shard) for shard in page["Shards"])
            request = {"NextToken": page["NextToken"]} if page.get("NextToken") else None
        for shard_id, shard in shards.items():
            parents = {shard.get("ParentShardId"), shard.get("AdjacentParentShardId")}
            waiting = any(self._checkpoint.get(p) != FINISHED for p in parents & shards.keys())
            if not waiting and self._checkpoint.get(shard_id) != FINISHED:
                self._iterators.setdefault(shard_id, None)

    def _open(self, shard_id):
        position = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard_id in self._checkpoint:
            position = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": self._checkpoint[shard_id],
            }
        answer = shop.call(
            self._kinesis.get_shard_iterator,
            StreamName=self._stream,
            ShardId=shard_id,
            **position,
        )
        return answer["ShardIterator"]

    def _read(self, shard_id):
        iterator = self._iterators[shard_id] or self._open(shard_id)
        try:
            batch = shop.call(self._kinesis.get_records, ShardIterator=iterator, Limit=100)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExpiredIteratorException":
                raise
            self._iterators[shard_id] = None  # five minutes have passed: open again next time
            return 0
        for record in batch["Records"]:
            try:
                self._handle(record)
            except Poison as reason:
                self._bury(shard_id, record, reason)
        self._iterators[shard_id] = batch.get("NextShardIterator")
        if batch["Records"]:
            self._keep(shard_id, batch["Records"][-1]["SequenceNumber"])
        if not self._iterators[shard_id]:
            del self._iterators[shard_id]
            self._keep(shard_id, FINISHED)
            self._find_shards()
        return len(batch["Records"])

    def _keep(self, shard_id, position):
        if self._before_checkpoint:
            self._before_checkpoint()
        self._checkpoint[shard_id] = position
        shop.write_atomically(self._checkpoint_path, self._checkpoint)

    def _bury(self, shard_id, record, reason):
        # A producer's retry gives the same bytes another sequence number, so the bytes are the key.
        digest = hashlib.sha256(record["Data"]).hexdigest()
        if digest in self.dead_letters:
            return
        self.dead_letters.append(
            {
                "digest": digest,
                "reason": str(reason),
                "shard": shard_id,
                "sequence_number": record["SequenceNumber"],
                "partition_key": record["PartitionKey"],
                "data": base64.b64encode(record["Data"]).decode(),
            }
        )
        shop.say(self._group, f"dead letter: {reason}")
