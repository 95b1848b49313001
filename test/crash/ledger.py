# SPDX-License-Identifier: Apache-2.0
"""What a client writes down of what it did and saw: one file a client, one line an event. The
checker compares these with what the server gives back at the end; nothing else is known to it."""

import json
import threading
from dataclasses import dataclass, field

from crash.records import chained


class Ledger:
    """Written by one process, by whichever of its threads."""

    def __init__(self, path):
        self._file = open(path, "w", encoding="utf-8", buffering=1 << 16)
        self._lock = threading.Lock()

    def close(self):
        self._file.close()

    def put(self, stream, began, ended, names, places):
        """A request to put; `places` are (shard, sequence number) or None for each name; None
        where nothing is known: the connection was cut, or the answer was an error."""
        self._write("put", stream, began, ended, names, places)

    def seen(self, stream, shard, records):
        """What a reader was given in one piece: (name, sequence number), following on what it was
        given of that shard before."""
        digest = 0
        for name, number in records:
            digest = chained(digest, name, number)
        self._write("seen", stream, shard, len(records), records[-1][1], digest)

    def ended(self, stream, shard, children):
        """A reader was told that a shard ends, and of its children."""
        self._write("ended", stream, shard, sorted(children))

    def caught_up_with(self, stream):
        """A reader has been given all there is; nothing is written any more."""
        self._write("caught_up", stream)

    def reshaped(self, stream, operation, parents):
        """An acknowledged split or merge."""
        self._write("reshaped", stream, operation, parents)

    def tagged(self, stream, value, known):
        """A tag was set, for certain or perhaps."""
        self._write("tagged", stream, value, known)

    def took(self, operation, seconds):
        """How long a call took; here nobody asks."""

    def _write(self, *what):
        line = json.dumps(what, separators=(",", ":")) + "\n"
        with self._lock:
            self._file.write(line)


@dataclass(slots=True)
class Attempts:
    """Of one record."""

    stream: str
    began: float  # of the first attempt
    unknown: int = 0  # attempts of which nothing is known
    places: list = field(default_factory=list)  # (shard, sequence number), as acknowledged
    acknowledged: tuple = None  # began and ended of that attempt


@dataclass
class History:
    """What all clients wrote down."""

    records: dict = field(default_factory=dict)  # name -> Attempts
    runs: list = field(default_factory=list)  # (client, stream, shard, count, last, digest)
    ends: list = field(default_factory=list)  # (client, stream, shard, children)
    caught_up: list = field(default_factory=list)  # (client, stream)
    reshaped: list = field(default_factory=list)  # (stream, operation, parents)
    tags: dict = field(default_factory=dict)  # stream -> [(value, known)]

    def read(self, path):
        """Adds a client's file."""
        with open(path, encoding="utf-8") as file:
            for line in file:
                kind, *rest = json.loads(line)
                getattr(self, f"_{kind}")(path.stem, *rest)

    def _put(self, _, stream, began, ended, names, places):
        for name, place in zip(names, places or [None] * len(names)):
            record = self.records.get(name)
            if record is None:
                record = self.records[name] = Attempts(stream, began)
            if place is None:
                record.unknown += 1
            else:
                record.places.append((place[0], int(place[1])))
                record.acknowledged = (began, ended)

    def _seen(self, *run):
        self.runs.append(run)

    def _ended(self, *end):
        self.ends.append(end)

    def _caught_up(self, *what):
        self.caught_up.append(what)

    def _reshaped(self, _, *what):
        self.reshaped.append(what)

    def _tagged(self, _, stream, value, known):
        self.tags.setdefault(stream, []).append((value, known))
