# SPDX-License-Identifier: Apache-2.0
"""TLS as the server offers it: versions, suites, no compression, no early data."""

import os
import socket
import ssl
import subprocess
import time

import pytest

from support.contents import wait_active
from support.fors_server import ForsServer, StartError
from support.raw_kinesis import request
from support.wire import SECONDS, read_to_end

# TLS 1.2's suites. What lacks forward secrecy or authenticated encryption is out.
MODERN = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
]
OUTDATED = [
    "ECDHE-ECDSA-AES128-SHA256",  # CBC
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-ECDSA-AES128-SHA",  # CBC and SHA-1
    "ECDHE-ECDSA-AES256-CCM8",  # a short tag
    "ECDHE-ECDSA-NULL-SHA",  # no encryption
    "AECDH-AES256-SHA",  # no certificate
    "AES256-GCM-SHA384",  # no forward secrecy
    "DHE-RSA-AES256-GCM-SHA384",
]


def shake(port, versions, ciphers="ALL:@SECLEVEL=0"):
    """A TLS connection of such a client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    context.minimum_version, context.maximum_version = versions
    raw = socket.create_connection(("127.0.0.1", port), timeout=10)
    try:
        return context.wrap_socket(raw)
    except (ssl.SSLError, OSError):
        raw.close()
        raise


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(fors, version):
    with pytest.raises((ssl.SSLError, ConnectionResetError)) as caught:
        shake(fors.port, (version, version))
    # The server says no, and not the client's own library.
    assert "ALERT" in str(caught.value)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_present_versions_are_served_without_compression(fors, version):
    with shake(fors.port, (version, version)) as tls:
        assert tls.version() == version.name.replace("_", ".")
        assert tls.compression() is None
        tls.sendall(b"GET /_fors/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert tls.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("cipher", MODERN)
def test_modern_suites_are_served(fors, cipher):
    only = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    with shake(fors.port, only, cipher) as tls:
        assert tls.cipher()[0] == cipher


@pytest.mark.parametrize("cipher", OUTDATED)
def test_outdated_suites_are_refused(fors, cipher):
    only = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers(cipher)
    except ssl.SSLError:
        pytest.skip("this OpenSSL doesn't know it any more")
    with pytest.raises((ssl.SSLError, ConnectionResetError)) as caught:
        shake(fors.port, only, cipher + ":@SECLEVEL=0")
    assert "ALERT" in str(caught.value)


def test_an_identity_that_cannot_be_read_is_not_replaced():
    with ForsServer() as server:
        server.stop()
        certificate, key = (server.data / "tls" / name for name in ("certificate.pem", "key.pem"))
        before = certificate.read_bytes()
        key.rename(server.data / "aside")
        key.mkdir()  # what reads as an error whoever asks
        with pytest.raises(StartError, match=f"cannot read {key}: Is a directory"):
            server.start()
        key.rmdir()
        (server.data / "aside").rename(key)
        server.start()
        assert certificate.read_bytes() == before


@pytest.mark.parametrize("name, renewed", [("fors on localhost", True), ("somebody else", False)])
def test_a_certificate_of_its_own_is_renewed_before_it_ends(name, renewed):
    with ForsServer() as server:
        server.stop()
        certificate, key = (server.data / "tls" / name for name in ("certificate.pem", "key.pem"))
        before = key.read_bytes()
        subprocess.run(
            ["openssl", "req", "-x509", "-key", key, "-days", "29", "-subj", f"/CN={name}",
             "-out", certificate],
            check=True, timeout=SECONDS)
        ending = certificate.read_text()
        server.start()
        served = ssl.get_server_certificate(("127.0.0.1", server.port))
        assert served.split() == certificate.read_text().split()
        assert (certificate.read_text() != ending) == renewed
        assert ("there is a new one" in server.log.read_text()) == renewed
        assert key.read_bytes() == before
        server.stop()


def test_tickets_are_all_that_a_client_can_resume_by(fors):
    """No session is kept at the server, and a ticket gives no early data."""
    openssl3 = (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)
    with shake(fors.port, openssl3) as tls:
        tls.sendall(b"GET /_fors/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert tls.recv(4096)
        assert tls.session is None or tls.session.has_ticket


def test_a_broken_record_ends_the_connection_amidst_an_answer(fors, kinesis):
    """Nothing more could be said to that client: the subscription is over, too."""
    name = "broken-record"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    wait_active(kinesis, name)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    while (
        kinesis.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])[
            "ConsumerDescription"
        ]["ConsumerStatus"]
        != "ACTIVE"
    ):
        time.sleep(0.1)
    subscribe = request(
        "SubscribeToShard", ConsumerARN=consumer["ConsumerARN"], ShardId="shardId-000000000000",
        StartingPosition={"Type": "TRIM_HORIZON"},
    )
    with shake(fors.port, (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)) as tls:
        tls.sendall(subscribe)
        assert tls.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
        os.write(tls.fileno(), b"\x17\x03\x03\x00\x20" + b"nonsense" * 4)
        with socket.socket(fileno=os.dup(tls.fileno())) as raw:
            raw.settimeout(SECONDS)
            read_to_end(raw)
