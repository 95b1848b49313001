# SPDX-License-Identifier: Apache-2.0
"""Runs a command against a server of its own: with_server.py [[--credentials] [FLAGS of serve] --] COMMAND..."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.fors_server import ForsServer  # noqa: E402


def main():
    """The command's exit code."""
    at = sys.argv.index("--") if "--" in sys.argv else 0
    flags, command = sys.argv[1:at] if at else [], sys.argv[at + 1:]
    verified = "--credentials" in flags
    with ForsServer(*[flag for flag in flags if flag != "--credentials"], verified=verified) as server:
        environment = {**os.environ, "AWS_ENDPOINT_URL": server.endpoint, "AWS_REGION": "us-east-1",
                       "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": server.access_key,
                       "AWS_SECRET_ACCESS_KEY": server.secret_key}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
