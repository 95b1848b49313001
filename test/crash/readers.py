# SPDX-License-Identifier: Apache-2.0
"""Clients that read: pollers and subscribers. Both follow a stream through its lineage and note
what they were given: it must be there for good."""

import base64
import contextlib
import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from botocore.eventstream import EventStreamBuffer

from crash.client import CUT_OFF, PAUSE, Client
from crash.records import name_of
from support.raw_kinesis import JSON, TARGET, WELL_FORMED

TRANSIENT = ("ResourceInUseException", "InternalFailure", "InternalFailureException")
ROUNDS_MAX = 50  # answers of one shard before the next has its turn
SILENCE_MAX = 20  # seconds; an event is due every five
ON_THE_WAY_MAX = 1  # seconds; an event that comes later was made later


@dataclass
class Place:
    """How far a reader has come in a shard."""

    shard: str
    after: str = None  # number of the last record or position; None: nothing read
    iterator: str = field(default=None, repr=False)
    at_tip: bool = False  # nothing was left when it was last read


def starting_position(place, type_name, number_name):
    """The members that make a read go on where it was."""
    if place.after is None:
        return {type_name: "TRIM_HORIZON"}
    return {type_name: "AFTER_SEQUENCE_NUMBER", number_name: place.after}


class Follower(Client):
    """Knows which shards are to be read: a child when all of its parents have ended. Ends when it
    has been given all that there is."""

    reads = True

    def __init__(self, job, name, stream, shards):
        super().__init__(job, name)
        self.stream = stream
        self._first = shards

    def prepare(self):
        self.places = {shard: Place(shard) for shard in self._first}
        self._ended = set()

    @property
    def stopping(self):
        return self.job.settled.is_set() and self.caught_up()

    def caught_up(self):
        """Whether all there is has been read, nothing being written any more."""
        raise NotImplementedError

    def end(self):
        self.ledger.caught_up_with(self.stream)

    def pause(self, seconds=PAUSE):
        time.sleep(seconds)

    def told_end(self, place, children):
        """Notes the end of a shard; the children that can be read now."""
        self.ledger.ended(self.stream, place.shard, [c["ShardId"] for c in children])
        self._ended.add(place.shard)
        self.places.pop(place.shard)
        ready = [c["ShardId"] for c in children if self._ended.issuperset(c["ParentShards"])]
        for shard in ready:
            self.places[shard] = Place(shard)
        return [self.places[shard] for shard in ready]

    def note(self, place, records):
        """Records that followed on each other, as the API gives them."""
        if records:
            named = [
                (name_of(base64.b64decode(r["Data"]), self.job.sizes), r["SequenceNumber"])
                for r in records
            ]
            self.ledger.seen(self.stream, place.shard, named)
            place.after = records[-1]["SequenceNumber"]


class Poller(Follower):
    """GetRecords on all shards in turn."""

    _caught_up = False

    def caught_up(self):
        return self._caught_up

    def step(self):
        settled = self.job.settled.is_set()
        for place in list(self.places.values()):
            if not self._read(place):
                # Iterators outlive the server; a reader may rely on that or not.
                for other in self.places.values():
                    other.iterator = other.iterator if self.dice.random() < 0.5 else None
                return
        self._caught_up = settled and all(place.at_tip for place in self.places.values())
        self.pause()

    def _read(self, place):
        """Reads a shard up to its tip; False when the server is down."""
        place.at_tip = False
        for _ in range(ROUNDS_MAX):
            if place.iterator is None and not self._open(place):
                return False
            reply = self.call("GetRecords", ShardIterator=place.iterator)
            if not reply:
                return False
            if reply.answer.type == "ExpiredIteratorException":
                place.iterator = None
                continue
            answer = reply.answer.ok()
            self.note(place, answer["Records"])
            place.iterator = answer.get("NextShardIterator")
            if place.iterator is None:
                self.told_end(place, answer["ChildShards"])
                return True
            if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                place.at_tip = True
                return True
        return True

    def _open(self, place):
        start = starting_position(place, "ShardIteratorType", "StartingSequenceNumber")
        reply = self.call(
            "GetShardIterator", StreamName=self.stream, ShardId=place.shard, **start
        )
        if reply:
            place.iterator = reply.answer.ok()["ShardIterator"]
        return bool(reply)


class Subscriber(Follower):
    """SubscribeToShard on all shards at once, a thread each."""

    def __init__(self, job, name, stream, shards, consumer):
        super().__init__(job, name, stream, shards)
        self._consumer = consumer

    def prepare(self):
        super().prepare()
        self._threads, self._links, self._settled = [], {}, None
        self._guard = threading.Lock()
        self._trouble = None
        for place in list(self.places.values()):
            self._begin(place)

    def caught_up(self):
        with self._guard:
            return all(place.at_tip for place in self.places.values())

    def step(self):
        self.pause(0.1)
        if self._settled is None and self.job.settled.is_set():
            self._settled = time.monotonic()
        if self._trouble:
            raise self._trouble

    def end(self):
        super().end()
        while any(thread.is_alive() for thread in self._threads):
            with self._guard:
                for link in self._links.values():
                    with contextlib.suppress(OSError):
                        link.shutdown(socket.SHUT_RDWR)
            for thread in self._threads:
                thread.join(0.05)
        if self._trouble:
            raise self._trouble

    def _begin(self, place):
        thread = threading.Thread(target=self._follow, args=(place,), daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()

    def _follow(self, place):
        try:
            while not self.stopping:
                try:
                    if self._subscribe(place):
                        return
                except CUT_OFF:
                    time.sleep(PAUSE)  # the server is down, or we are stopping
        except Exception as trouble:  # told by step()
            self._trouble = trouble

    def _subscribe(self, place):
        """One subscription; whether the shard has ended."""
        where = urlsplit(self.job.endpoint)
        link = http.client.HTTPConnection(where.hostname, where.port, timeout=SILENCE_MAX)
        try:
            link.connect()
            with self._guard:
                self._links[place.shard] = link.sock
            # HTTPConnection gives its socket away to an answer that closes the connection.
            response = self._request(link, place)
            if response.status >= 500:
                return self._refused("InternalFailure")
            if response.status != 200:
                return self._refused(json.loads(response.read())["__type"])
            buffer = EventStreamBuffer()
            while piece := self._heard_of(place, response):
                buffer.add_data(piece)
                for message in buffer:
                    if self._heard(place, message):
                        return True
            return False
        finally:
            with self._guard:
                self._links.pop(place.shard, None)
            link.close()

    @staticmethod
    def _heard_of(place, response):
        try:
            return response.read1(1 << 18)
        except TimeoutError as silence:
            raise AssertionError(f"{place} has heard nothing for {SILENCE_MAX} s") from silence

    def _request(self, link, place):
        members = {
            "ConsumerARN": self._consumer,
            "ShardId": place.shard,
            "StartingPosition": starting_position(place, "Type", "SequenceNumber"),
        }
        headers = {
            "Content-Type": JSON,
            "X-Amz-Target": TARGET + "SubscribeToShard",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": WELL_FORMED,
        }
        link.request("POST", "/", body=json.dumps(members), headers=headers)
        return link.getresponse()

    def _refused(self, error):
        # The seat is still held by a connection just cut, or the server is in trouble.
        assert error in TRANSIENT, error
        time.sleep(PAUSE)
        return False

    def _is_tip(self, event):
        """Whether an event tells, now that nothing is written any more, that nothing is left."""
        late = self._settled is not None and time.monotonic() - self._settled > ON_THE_WAY_MAX
        return late and not event["Records"] and event["MillisBehindLatest"] == 0

    def _heard(self, place, message):
        """Takes an event; whether it was the shard's last."""
        headers = message.headers
        if headers[":message-type"] == "exception":
            return self._refused(headers[":exception-type"])
        if headers[":event-type"] == "initial-response":
            return False
        event = json.loads(message.payload)
        with self._guard:
            self.note(place, event["Records"])
            place.at_tip = self._is_tip(event)
            if event["Records"]:
                age = time.time() - event["Records"][-1]["ApproximateArrivalTimestamp"]
                self.ledger.took("put to event", max(age, 0))
            if "ContinuationSequenceNumber" in event:
                place.after = event["ContinuationSequenceNumber"]
                return False
            for child in self.told_end(place, event["ChildShards"]):
                self._begin(child)
        return True
