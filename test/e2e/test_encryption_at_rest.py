# SPDX-License-Identifier: Apache-2.0
"""What lies on the disk of an encrypted stream: the data directory is searched for plaintext."""

from support.clients import aws_client, kinesis_client
from support.fors_server import ForsServer, free_port

STREAM = "sealed"
SHARD = "shardId-000000000000"
PLAIN, PLAIN_KEY = b"found-without-encryption", "found-key"
SECRET, SECRET_KEY = b"never-found-on-the-disk", "never-found-key"
FILLING = b"-" * 200_000
BATCHES = 30  # 24 MB: more than a cache of 16 MiB keeps back from chunks


def files_with(server, text):
    """The files below the data directory that hold a text."""
    files = [path for path in server.data.rglob("*") if path.is_file()]
    return [path for path in files if text in path.read_bytes()]


def all_records(kinesis):
    """All records of the stream's only shard."""
    found, answer = [], kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON"
    )
    at = answer["ShardIterator"]
    while True:
        answer = kinesis.get_records(ShardIterator=at)
        found += answer["Records"]
        at = answer["NextShardIterator"]
        if not answer["Records"] and not answer["MillisBehindLatest"]:
            return found


def test_journal_and_chunks_hold_ciphertext_alone():
    with ForsServer("--limits", "none", "--cache-mib", "16", port=free_port()) as server:
        kinesis, kms = kinesis_client(server), aws_client(server, "kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kinesis.create_stream(StreamName=STREAM, ShardCount=1)
        kinesis.put_record(StreamName=STREAM, Data=PLAIN, PartitionKey=PLAIN_KEY)
        # The search finds what is there.
        assert files_with(server, PLAIN) and files_with(server, PLAIN_KEY.encode())
        kinesis.start_stream_encryption(StreamName=STREAM, EncryptionType="KMS", KeyId=key)
        entries = [{"Data": SECRET + FILLING, "PartitionKey": SECRET_KEY}] * 4
        for _ in range(BATCHES):
            kinesis.put_records(StreamName=STREAM, Records=entries)
        assert any((server.data / "chunks").iterdir())
        assert not files_with(server, SECRET) and not files_with(server, SECRET_KEY.encode())
        server.kill9()
        server.restart()
        assert not files_with(server, SECRET) and not files_with(server, SECRET_KEY.encode())
        plain, *sealed = all_records(kinesis)
        assert (plain["Data"], "EncryptionType" in plain) == (PLAIN, False)
        assert len(sealed) == BATCHES * len(entries)
        assert {each["Data"] for each in sealed} == {SECRET + FILLING}
        assert {each["PartitionKey"] for each in sealed} == {SECRET_KEY}
