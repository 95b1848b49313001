# SPDX-License-Identifier: Apache-2.0
"""The root key of the key service: where it lies, and that nothing starts with a wrong one."""

import base64
import stat

import pytest

from support.clients import aws_client
from support.fors_server import ForsServer, StartError, free_port

GIVEN = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def server():
    """A server that a test stops and starts itself."""
    with ForsServer(port=free_port()) as started:
        yield started


def seal(server):
    """A key's ciphertext."""
    kms = aws_client(server, "kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    return kms.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]


def opened(server, blob):
    """What was sealed."""
    return aws_client(server, "kms").decrypt(CiphertextBlob=blob)["Plaintext"]


def refuses_to_start(server, text, *flags, **env):
    """Asserts that the server ends at once with that text."""
    with pytest.raises(StartError, match=text):
        server.start(*flags, **env)


def test_the_file_beside_the_data_is_its_owners_alone(server):
    file = server.data / "root.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(base64.b64decode(file.read_text())) == 32


def test_another_root_key_or_none_refuses_to_start(server):
    blob, file = seal(server), server.data / "root.key"
    right = file.read_text()
    server.stop()
    file.write_text(GIVEN)
    refuses_to_start(server, "the root key is not the one that this data was sealed with")
    file.write_text("nonsense")
    refuses_to_start(server, "root.key can't be read: a root key has 32 bytes, in base64")
    file.unlink()
    refuses_to_start(server, "root.key is missing")
    assert not file.exists()
    file.write_text(right)
    server.start()
    assert opened(server, blob) == b"kept"


def test_the_root_key_can_stay_outside(server, tmp_path):
    server.stop()
    with ForsServer(port=free_port(), env={"FORS_ROOT_KEY": GIVEN}) as outside:
        blob = seal(outside)
        assert not (outside.data / "root.key").exists()
        outside.stop()
        held = b"".join(path.read_bytes() for path in outside.data.rglob("*") if path.is_file())
        assert bytes(range(32)) not in held and GIVEN.encode() not in held
        file = tmp_path / "key"
        file.write_text(GIVEN + "\n")
        for named, said in ((tmp_path, "cannot read {}: Is a directory"),
                            (tmp_path / "none", "cannot read {}: No such file or directory"),
                            (__file__, "{}: a root key has 32 bytes, in base64")):
            refuses_to_start(outside, said.format(named), "--root-key-file", str(named),
                             FORS_ROOT_KEY="")
        both = "exclude each other"
        refuses_to_start(outside, both, "--root-key-file", str(file))
        outside.start("--root-key-file", str(file), FORS_ROOT_KEY="")
        assert opened(outside, blob) == b"kept"
        outside.stop()
        refuses_to_start(outside, "not the one", FORS_ROOT_KEY=base64.b64encode(bytes(32)).decode())


def test_an_ephemeral_server_keeps_its_root_key_to_itself():
    with ForsServer("--ephemeral", port=free_port()) as server:
        assert opened(server, seal(server)) == b"kept"
        assert not server.data.exists()
