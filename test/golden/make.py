#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden data directory of the current format version: test/golden/<version>/.

Run once, with the release that wrote that version (FORS_BIN names its binary), from ./dev's virtual
environment. What exists is never made anew: it stands for what that release wrote.
"""

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.clients import aws_client, kinesis_client  # noqa: E402
from support.contents import contents, fill, put  # noqa: E402
from support.fors_server import BINARY, ForsServer  # noqa: E402
from support.golden import GOLDEN, pack  # noqa: E402

SNAPSHOT_EVERY = 1000
FLAGS = ("--limits", "none", "--cache-mib", "16")


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit("usage: make.py FORMAT_VERSION")
    version = sys.argv[1]
    if (GOLDEN / version).exists():
        sys.exit(f"{GOLDEN / version} exists")
    said = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True)
    with ForsServer(*FLAGS) as server:
        kinesis, kms = kinesis_client(server), aws_client(server, "kms")
        key = fill(server, large=150)
        # Enough commands for snapshots of streams and keys, and some after them.
        for number in range(SNAPSHOT_EVERY + 20):
            kinesis.add_tags_to_stream(StreamName="plain", Tags={"number": str(number)})
            kms.update_key_description(KeyId=key, Description=f"description {number}")
        # Some are in chunks, these are in segments alone.
        put(kinesis, "plain", [(f"late-{n}", b"late %d" % n) for n in range(30)])
        put(kinesis, "sealed", [("late", b"sealed and late")], encrypted=True)
        held = contents(server)
        made_ms = int(time.time() * 1000)
        server.stop()
        assert any((server.data / "chunks").iterdir())
        pack(server.data, version, {
            "format_version": int(version),
            "made_by": said.stdout.strip(),
            "made_ms": made_ms,
            "contents": held,
        })


if __name__ == "__main__":
    main()
