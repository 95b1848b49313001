# SPDX-License-Identifier: Apache-2.0
"""Reads everything back after a long run, each stream in a process of its own, into sums; and
compares them with what was acknowledged and heard."""

import base64
import pickle
from collections import Counter, defaultdict
from dataclasses import replace

from crash.checker import list_shards, read_shard
from crash.client import PROCESSES
from crash.records import key_of, name_of
from crash.sums import Order, Sum
from support.raw_kinesis import RawKinesis

BROKEN_MAX = 20


def _read_stream(endpoint, stream, sizes, marks, path):
    """Parents before children: a key's records then come in order. `marks`: {shard: numbers} up to
    which the sums are wanted, too."""
    kinesis, order = RawKinesis(endpoint, timeout=60, signed=False), Order()
    sums, prefixes, parents, broken = {}, {}, {}, []
    for shard in sorted(list_shards(kinesis, stream).values(), key=lambda shard: shard.id):
        total = sums[stream, shard.id] = Sum()
        parents[shard.id] = shard.parents
        for record in (r for answer in read_shard(kinesis, stream, shard.id) for r in answer):
            try:
                name = name_of(base64.b64decode(record["Data"]), sizes)
            except AssertionError as changed:
                broken.append(f"{stream} {shard.id}: {changed}")
                continue
            key, number = record["PartitionKey"], record["SequenceNumber"]
            if key != key_of(name):
                broken.append(f"{stream} {shard.id}: {name} has key {key}")
            if problem := order.broken_by(shard.id, name, number, key):
                broken.append(f"{stream} {problem}")
            total.add(name, number)
            if int(number) in marks.get(shard.id, ()):
                prefixes[stream, shard.id, int(number)] = replace(total)
            if len(broken) > BROKEN_MAX:
                break
    path.write_bytes(pickle.dumps((sums, prefixes, parents, broken)))


def read_back(endpoint, job, ledgers):
    """({(stream, shard): Sum}, {(stream, shard, number): Sum up to where a reader came},
    {(stream, shard): parents}, what is wrong)."""
    marks = {stream: defaultdict(set) for stream in job.streams}
    for ledger in ledgers:
        for (stream, shard), number in ledger.last.items():
            marks[stream][shard].add(number)
    paths = {stream: job.folder / f"{stream}.stored" for stream in job.streams}
    workers = [
        PROCESSES.Process(
            target=_read_stream, args=(endpoint, stream, job.sizes, marks[stream], path)
        )
        for stream, path in paths.items()
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    stored, heard, lineage, wrong = {}, {}, {}, []
    for stream, path in paths.items():
        sums, prefixes, parents, broken = pickle.loads(path.read_bytes())
        stored |= sums
        heard |= prefixes
        lineage |= {(stream, shard): above for shard, above in parents.items()}
        wrong += broken
    return stored, heard, lineage, wrong


def compare(ledgers, found):
    """(totals, what is wrong): every shard's sum is that of what was acknowledged, and of what each
    reader heard up to where it came."""
    stored, prefixes, lineage, wrong = found
    written, totals = defaultdict(Sum), Counter()
    for ledger in ledgers:
        for place, total in ledger.written.items():
            written[place].merge(total)
        totals += ledger.counts
        wrong += [f"{ledger.path.stem}: {text}" for text in ledger.failures]
        wrong += _compare_reader(ledger, stored, prefixes, lineage)
        totals["heard"] += sum(total.count for total in ledger.heard.values())
        totals["shard ends told"] += len(ledger.ends)
    for place in stored.keys() | written.keys():
        if stored.get(place, Sum()) != written[place]:
            wrong.append(f"{place}: acknowledged {written[place]}, found {stored.get(place)}")
    return {
        "acknowledged": sum(total.count for total in written.values()),
        "read back": sum(total.count for total in stored.values()),
        **totals,
        "shards": len(stored),
    }, wrong


def _compare_reader(ledger, stored, prefixes, lineage):
    """A reader has heard ended shards whole, and of all what there is up to where it came."""
    for stream, shard, children in ledger.ends:
        heard = ledger.heard.get((stream, shard), Sum())
        if heard != stored[stream, shard]:
            yield f"{ledger.path.stem}: {shard} ended, heard {heard} of {stored[stream, shard]}"
        known = sorted(
            child for (where, child), above in lineage.items() if where == stream and shard in above
        )
        if children != known:
            yield f"{ledger.path.stem}: {shard} had {children}, now has {known}"
    for place, total in stored.items():
        heard = ledger.heard.get(place, Sum())
        if place[0] in ledger.caught_up and heard != total:
            yield f"{ledger.path.stem}: heard {heard} in {place}, in all there are {total}"
    for place, heard in ledger.heard.items():
        there = prefixes.get((*place, ledger.last.get(place)), Sum())
        if heard != there:
            yield f"{ledger.path.stem}: heard {heard} in {place}, up to there are {there}"
