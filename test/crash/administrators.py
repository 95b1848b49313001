# SPDX-License-Identifier: Apache-2.0
"""Clients that change streams: one reshards, one switches encryption, one sets tags."""

from crash.client import Client

OPEN_LEAST, OPEN_MOST = 2, 8  # shards
BUSY = "ResourceInUseException"


class Administrator(Client):
    """Works on one stream, when it is ACTIVE, with a rest after each step."""

    rest = 0.3

    def __init__(self, job, name, stream):
        super().__init__(job, name)
        self.stream = stream

    def step(self):
        reply = self.call("DescribeStreamSummary", StreamName=self.stream)
        if reply:
            summary = reply.answer.ok()["StreamDescriptionSummary"]
            if summary["StreamStatus"] == "ACTIVE":
                self.change(summary)
        self.pause(self.rest)

    def change(self, summary):
        """What there is to do."""
        raise NotImplementedError

    def done(self, reply):
        """Whether it was acknowledged; anything but success or a busy stream is a failure."""
        if not reply or reply.answer.type == BUSY:
            return False
        reply.answer.ok()
        return True


class Reshaper(Administrator):
    """Splits, merges, changes the number of shards."""

    def change(self, summary):
        reply = self.call(
            "ListShards", StreamName=self.stream, ShardFilter={"Type": "AT_LATEST"}
        )
        if not reply:
            return
        shards = reply.answer.ok()["Shards"]
        shards.sort(key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))
        ways = [self._resize]
        if len(shards) < OPEN_MOST:
            ways.append(self._split)
        if len(shards) > OPEN_LEAST:
            ways.append(self._merge)
        self.dice.choice(ways)(shards)

    def _split(self, shards):
        shard = self.dice.choice(shards)
        hashes = shard["HashKeyRange"]
        begin, end = int(hashes["StartingHashKey"]), int(hashes["EndingHashKey"])
        middle = begin + (end - begin) * self.dice.randint(20, 80) // 100
        reply = self.call(
            "SplitShard", StreamName=self.stream, ShardToSplit=shard["ShardId"],
            NewStartingHashKey=str(middle),
        )
        self._note(reply, "split", shard)

    def _merge(self, shards):
        at = self.dice.randrange(len(shards) - 1)
        pair = shards[at : at + 2]
        reply = self.call(
            "MergeShards", StreamName=self.stream, ShardToMerge=pair[0]["ShardId"],
            AdjacentShardToMerge=pair[1]["ShardId"],
        )
        self._note(reply, "merge", *pair)

    def _resize(self, _):
        count = self.dice.randint(OPEN_LEAST, OPEN_MOST)
        reply = self.call(
            "UpdateShardCount", StreamName=self.stream, TargetShardCount=count,
            ScalingType="UNIFORM_SCALING",
        )
        self._note(reply, "resize")

    def _note(self, reply, operation, *parents):
        if self.done(reply):
            self.ledger.reshaped(self.stream, operation, [s["ShardId"] for s in parents])


class Encrypter(Administrator):
    """Switches a stream's encryption on and off."""

    rest = 1.5

    def __init__(self, job, name, stream, key):
        super().__init__(job, name, stream)
        self._key = key

    def change(self, summary):
        way = "Stop" if summary.get("EncryptionType") == "KMS" else "Start"
        # More often on than off.
        if way == "Start" or self.dice.random() < 0.3:
            self.done(
                self.call(
                    f"{way}StreamEncryption", StreamName=self.stream, EncryptionType="KMS",
                    KeyId=self._key,
                )
            )


class Clerk(Administrator):
    """Counts in a tag: what it set last, and that alone, must be there."""

    rest = 0.05

    def prepare(self):
        self._count = 0
        self._possible = {None}

    def change(self, summary):
        reply = self.call("ListTagsForStream", StreamName=self.stream)
        if not reply:
            return
        tags = {tag["Key"]: tag["Value"] for tag in reply.answer.ok()["Tags"]}
        found = tags.get("count")
        assert found in self._possible, f"tag is {found}, can only be one of {self._possible}"
        self._count += 1
        tags = {"count": str(self._count)}
        reply = self.call("AddTagsToStream", StreamName=self.stream, Tags=tags)
        if reply and reply.answer.type == BUSY:
            return  # nothing has changed
        known = self.done(reply)
        self._possible = {str(self._count)} | (set() if known else self._possible)
        self.ledger.tagged(self.stream, str(self._count), known)
