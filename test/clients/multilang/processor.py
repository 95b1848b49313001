# SPDX-License-Identifier: Apache-2.0
"""The record processor that the MultiLangDaemon starts for each shard: processor.py FILE.

All of them append what they hear to FILE, a JSON array a line: an event, the shard, more.
"""

import json
import os
import sys

from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor


class Recorder(processor.RecordProcessorBase):
    """Writes down what it is told, before it says by a checkpoint that it has heard."""

    def __init__(self, heard):
        self._heard = heard
        self._shard = None

    def initialize(self, initialize_input):
        self._shard = initialize_input.shard_id
        self._tell("began")

    def process_records(self, process_records_input):
        for record in process_records_input.records:
            self._tell("record", record.partition_key, int(record.binary_data))
        process_records_input.checkpointer.checkpoint()

    def lease_lost(self, lease_lost_input):
        self._tell("lost")

    def shard_ended(self, shard_ended_input):
        self._tell("ended")
        shard_ended_input.checkpointer.checkpoint()

    def shutdown_requested(self, shutdown_requested_input):
        self._tell("stopped")
        shutdown_requested_input.checkpointer.checkpoint()

    def _tell(self, event, *more):
        os.write(self._heard, json.dumps([event, self._shard, *more]).encode() + b"\n")


if __name__ == "__main__":
    file = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    kcl.KCLProcess(Recorder(file)).run()
