# SPDX-License-Identifier: Apache-2.0
"""A producer by PutRecords: batches, retries what was refused, keeps the order of each key."""

import shop

ENTRIES_MAX = 500
BYTES_MAX = 1 << 20  # of one request; AWS takes 10 MiB, small requests fail in smaller pieces


class Producer:
    """Collects events with `add` and sends them with `flush`.

    PutRecords may refuse single entries and store later ones, which would swap two events of one
    key at the retry. So one request never carries two events of a key: the second waits until the
    first is stored.
    """

    def __init__(self, stream):
        self._stream = stream
        self._kinesis = shop.kinesis()
        self._pending = []  # (key, data), oldest first
        self.retried = 0

    def add(self, key, data):
        """Queues one event; nothing is sent before `flush`."""
        self._pending.append((key, data))

    def flush(self):
        """Returns when every queued event has been stored (at least once)."""
        attempt = 0
        while self._pending:
            batch = self._next_batch()
            answer = shop.call(
                self._kinesis.put_records,
                StreamName=self._stream,
                Records=[{"PartitionKey": key, "Data": data} for _, key, data in batch],
            )
            stored = {
                place
                for (place, _, _), result in zip(batch, answer["Records"])
                if "ErrorCode" not in result
            }
            self._pending = [e for i, e in enumerate(self._pending) if i not in stored]
            self.retried += answer["FailedRecordCount"]
            if answer["FailedRecordCount"]:
                shop.back_off(attempt)
                attempt += 1
            else:
                attempt = 0

    def _next_batch(self):
        batch, keys, size = [], set(), 0
        for place, (key, data) in enumerate(self._pending):
            if key in keys:
                continue
            size += len(data) + len(key.encode())
            if batch and (len(batch) == ENTRIES_MAX or size > BYTES_MAX):
                break
            keys.add(key)
            batch.append((place, key, data))
        return batch
