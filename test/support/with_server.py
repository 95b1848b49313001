#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command against a server of its own: with_server.py [--credentials] [FLAGS] -- COMMAND...

FLAGS go to `fors serve`; --credentials makes it verify signatures. The command finds the server
through the AWS_... variables; its exit code is the result. Without FLAGS the `--` may be left out.
"""

import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from support.fors_server import VERIFIED_CREDENTIALS, ForsServer  # noqa: E402


def split(arguments):
    """(flags of the server, command)."""
    if arguments and not arguments[0].startswith("-"):
        return [], arguments
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def main(arguments):
    flags, command = split(arguments)
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    credentials = None
    if "--credentials" in flags:
        flags.remove("--credentials")
        credentials = VERIFIED_CREDENTIALS
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ForsServer(*flags, credentials=credentials) as server:
        code = subprocess.run(command, env={**os.environ, **server.client_environment()}).returncode
        if not server.running:
            print(f"the server ended by itself\n{server.log_tail()}", file=sys.stderr)
            return code or 1
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
