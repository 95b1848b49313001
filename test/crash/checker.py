# SPDX-License-Identifier: Apache-2.0
"""The checker: reads everything back through the API and compares it with what the clients wrote
down. It knows the API's promises and nothing of how the server keeps them."""

import base64
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from crash.ledger import History
from crash.records import chained, hash_key_of, key_of, name_of
from support.raw_kinesis import RawKinesis
from support.sequence_numbers import HASH_KEYS

SHOWN_MAX = 10


@dataclass
class Shard:
    """A shard and what is in it."""

    id: str
    parents: list
    hashes: range
    open: bool
    records: list = field(default_factory=list)  # (name, sequence number)


@dataclass
class Report:
    """What was found."""

    violations: list = field(default_factory=list)
    totals: Counter = field(default_factory=Counter)

    def violation(self, text):
        self.violations.append(text)

    def expect_none(self):
        """AssertionError with the first violations."""
        if self.violations:
            shown = "\n".join(self.violations[:SHOWN_MAX])
            raise AssertionError(f"{len(self.violations)} violations, the first:\n{shown}")


def read_history(folder):
    """The ledgers in a folder."""
    history = History()
    for path in sorted(folder.glob("*.ledger")):
        history.read(path)
    return history


def list_shards(kinesis, stream):
    """{id: Shard} of a stream."""
    members, shards = {"StreamName": stream}, {}
    while True:
        answer = kinesis.call("ListShards", **members).ok()
        for each in answer["Shards"]:
            hashes = each["HashKeyRange"]
            parents = [each.get("ParentShardId"), each.get("AdjacentParentShardId")]
            shards[each["ShardId"]] = Shard(
                each["ShardId"], [p for p in parents if p],
                range(int(hashes["StartingHashKey"]), int(hashes["EndingHashKey"]) + 1),
                "EndingSequenceNumber" not in each["SequenceNumberRange"],
            )
        if "NextToken" not in answer:
            return shards
        members = {"NextToken": answer["NextToken"]}


def read_shard(kinesis, stream, shard):
    """Yields a shard's records, answer by answer, up to its tip."""
    answer = kinesis.call(
        "GetShardIterator", StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )
    iterator = answer.ok()["ShardIterator"]
    while iterator:
        answer = kinesis.call("GetRecords", ShardIterator=iterator).ok()
        yield answer["Records"]
        iterator = answer.get("NextShardIterator")
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return


class Checker:
    """Holds the history against what is stored."""

    def __init__(self, endpoint, history, sizes):
        self._kinesis = RawKinesis(endpoint, signed=False, timeout=60)
        self._history, self._sizes = history, sizes
        self._stored = {}  # stream -> {id: Shard}
        self.report = Report()

    def run(self, streams):
        """The Report."""
        for stream in streams:
            self._stored[stream] = shards = list_shards(self._kinesis, stream)
            for shard in shards.values():
                self._read(stream, shard)
            self._check_lineage(stream, shards)
            self._check_tags(stream)
        self._check_records()
        self._check_readers()
        self._check_reshaped()
        self._count()
        return self.report

    def _read(self, stream, shard):
        """Reads a shard; its order, its records' bytes and keys are checked on the way."""
        where, last = f"{stream} {shard.id}", -1
        for record in (r for rs in read_shard(self._kinesis, stream, shard.id) for r in rs):
            number = int(record["SequenceNumber"])
            if number <= last:
                self.report.violation(f"{where}: {number} follows on {last}")
            last = number
            try:
                name = name_of(base64.b64decode(record["Data"]), self._sizes)
            except AssertionError as changed:
                self.report.violation(f"{where}: {number}: {changed}")
                continue
            key = record["PartitionKey"]
            if key != key_of(name) or hash_key_of(key) not in shard.hashes:
                self.report.violation(f"{where}: {name} is here with key {key}")
            shard.records.append((name, number))

    def _check_lineage(self, stream, shards):
        """Open shards tile the hash space; a child's numbers are above its parents'."""
        edge = 0
        for hashes in sorted((s.hashes for s in shards.values() if s.open), key=lambda h: h.start):
            if hashes.start != edge:
                self.report.violation(f"{stream}: {hashes.start} does not follow on {edge}")
            edge = hashes.stop
        if edge != HASH_KEYS:
            self.report.violation(f"{stream}: the open shards end at {edge}")
        for child in shards.values():
            for parent in (shards[id] for id in child.parents):
                numbers = [r[1] for r in (parent.records[-1:] + child.records[:1])]
                if parent.open or (len(numbers) == 2 and numbers[0] >= numbers[1]):
                    self.report.violation(f"{stream}: {parent.id} goes on beside {child.id}")

    def _check_records(self):
        """What was acknowledged is where its writer was told; nothing is there too often."""
        places, groups = defaultdict(list), defaultdict(list)
        for stream, shards in self._stored.items():
            for shard in shards.values():
                for name, number in shard.records:
                    places[name].append((stream, shard.id, number))
        for name, record in self._history.records.items():
            told = [(record.stream, *place) for place in record.places]
            found = places.pop(name, [])
            for place in told:
                if found.count(place) != 1:
                    self.report.violation(f"{name}: told {place}, found {found or 'nowhere'}")
            if len(found) > len(told) + record.unknown:
                self.report.violation(
                    f"{name}: {len(found)} times, acknowledged {len(told)}, cut off "
                    f"{record.unknown} times: {found}"
                )
            for stream, shard, number in found:
                known = record.acknowledged if (stream, shard, number) in told else None
                entry = (known[0] if known else record.began, known and known[1], number, name)
                groups[stream, key_of(name)].append(entry)
                groups[stream, shard].append(entry)
            self.report.totals["cut off"] += record.unknown
            self.report.totals["cut off but stored"] += len(found) - len(told)
        for name, found in places.items():
            self.report.violation(f"{name} was never written, found {found}")
        for group, entries in groups.items():
            self._check_real_time(group, entries)

    def _check_real_time(self, group, entries):
        """Of a key, over all shards: what was sent after another was acknowledged has a higher
        number."""
        ended = sorted((e for e in entries if e[1] is not None), key=lambda e: e[1])
        highest, at = (-1, None), 0
        for began, _, number, name in sorted(entries, key=lambda e: e[0]):
            while at < len(ended) and ended[at][1] < began:
                highest = max(highest, ended[at][2:])
                at += 1
            if number <= highest[0]:
                self.report.violation(
                    f"{group}: {name} has {number}, below that of {highest[1]}, which had been "
                    "acknowledged before it was sent"
                )

    def _check_readers(self):
        """What a reader was given is what is there, from the shard's beginning, without a gap."""
        positions, broken = Counter(), set()
        for client, stream, shard, count, last, digest in self._history.runs:
            who = (client, stream, shard)
            run = self._stored[stream][shard].records[positions[who] :][:count]
            found = 0
            for record in run:
                found = chained(found, *record)
            if (len(run), found) != (count, digest) and who not in broken:
                broken.add(who)
                self.report.violation(
                    f"{who} was given {count} records up to {last} after {positions[who]} others; "
                    f"there are {run[:2]} to {run[-1:]}"
                )
            positions[who] += count
            self.report.totals[f"seen by {client.rstrip('0123456789')}s"] += count
        for client, stream, shard, children in self._history.ends:
            shards = self._stored[stream]
            missed = len(shards[shard].records) - positions[client, stream, shard]
            if missed:
                self.report.violation(f"{client}: {shard} ended, {missed} records were not given")
            known = sorted(s.id for s in shards.values() if shard in s.parents)
            if children != known:
                self.report.violation(f"{client}: {shard} had {children}, now has {known}")
            self.report.totals["shard ends told"] += 1

        for client, stream in self._history.caught_up:
            for shard in self._stored[stream].values():
                missed = len(shard.records) - positions[client, stream, shard.id]
                if missed > 0:
                    self.report.violation(
                        f"{client} caught up with {stream}, and of {shard.id} {missed} records "
                        "were not given"
                    )
            self.report.totals["readers that caught up"] += 1

    def _check_reshaped(self):
        for stream, operation, parents in self._history.reshaped:
            for shard in parents:
                if self._stored[stream][shard].open:
                    self.report.violation(f"{stream}: {operation} of {parents} is undone")
            self.report.totals["reshards acknowledged"] += 1

    def _check_tags(self, stream):
        values = self._history.tags.get(stream)
        if not values:
            return
        answer = self._kinesis.call("ListTagsForStream", StreamName=stream).ok()
        found = {tag["Key"]: tag["Value"] for tag in answer["Tags"]}.get("count")
        possible = [None]
        for value, known in values:
            possible = [value] if known else [*possible, value]
        if found not in possible:
            self.report.violation(f"{stream}: the tag is {found}, can only be one of {possible}")
        self.report.totals["tags acknowledged"] += sum(known for _, known in values)

    def _count(self):
        totals = self.report.totals
        for record in self._history.records.values():
            totals["acknowledged"] += len(record.places)
        for shards in self._stored.values():
            totals["shards"] += len(shards)
            totals["read back"] += sum(len(shard.records) for shard in shards.values())


def check(endpoint, folder, streams, sizes):
    """The Report about what the clients of a folder did to some streams."""
    return Checker(endpoint, read_history(folder), sizes).run(streams)
