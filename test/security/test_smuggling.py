# SPDX-License-Identifier: Apache-2.0
"""Requests that two readers could cut differently: refused, and what follows is never answered.

Whoever sits before the server (a proxy, a load balancer) must not see other requests than it does.
Behind each case a whole good request is sent. In a refused case that one must stay unanswered; in
an accepted one it must be the second answer, so the case was cut exactly where it ends.
"""

import pytest

from support.wire import answers_of, connect, health, read_to_end

NEXT = b"GET /_fors/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
CHUNKS = b"0\r\n\r\n"


def post(*lines, body=b"", target=b"/", host=b"Host: x"):
    return b"\r\n".join([b"POST " + target + b" HTTP/1.1", host, *lines, b"", body])


def chunked(body):
    return post(b"Transfer-Encoding: chunked", body=body)


BAD, UNKNOWN_CODING, TOO_LONG = 400, 501, 413
REFUSED = {
    # Both framings, in either order and in disguise.
    "length and chunked": (
        BAD, post(b"Content-Length: 3", b"Transfer-Encoding: chunked", body=CHUNKS)),
    "chunked and length": (
        BAD, post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=CHUNKS)),
    "chunked and length zero": (
        BAD, post(b"Transfer-Encoding: chunked", b"Content-Length: 0", body=CHUNKS)),
    "chunked of HTTP/1.0": (
        BAD, b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS),
    # Content-Length.
    "two lengths": (BAD, post(b"Content-Length: 3", b"Content-Length: 4", body=b"abcd")),
    "the same length twice": (BAD, post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc")),
    "lengths in a list": (BAD, post(b"Content-Length: 3, 3", body=b"abc")),
    "length with a plus": (BAD, post(b"Content-Length: +3", body=b"abc")),
    "length with a minus": (BAD, post(b"Content-Length: -3", body=b"abc")),
    "length in hex": (BAD, post(b"Content-Length: 0x3", body=b"abc")),
    "length with a blank within": (BAD, post(b"Content-Length: 1 0", body=b"a" * 10)),
    "length with a point": (BAD, post(b"Content-Length: 3.0", body=b"abc")),
    "length in quotes": (BAD, post(b'Content-Length: "3"', body=b"abc")),
    "length empty": (BAD, post(b"Content-Length:", body=b"abc")),
    "length beyond 64 bits": (BAD, post(b"Content-Length: 18446744073709551619", body=b"abc")),
    "length of 63 bits": (TOO_LONG, post(b"Content-Length: 9223372036854775807",
                                         b"Expect: 100-continue")),
    "length folded": (BAD, post(b"Content-Length: 3\r\n 4", body=b"abc")),
    "length with a vertical tab": (BAD, post(b"Content-Length:\x0b3", body=b"abc")),
    # Transfer-Encoding.
    "chunked, identity": (
        BAD, post(b"Transfer-Encoding: chunked, identity", body=CHUNKS)),
    "identity, chunked": (
        UNKNOWN_CODING, post(b"Transfer-Encoding: identity, chunked", body=CHUNKS)),
    "identity": (UNKNOWN_CODING, post(b"Transfer-Encoding: identity")),
    "gzip, chunked": (UNKNOWN_CODING, post(b"Transfer-Encoding: gzip, chunked", body=CHUNKS)),
    "xchunked": (UNKNOWN_CODING, post(b"Transfer-Encoding: xchunked", body=CHUNKS)),
    "chunkedx": (UNKNOWN_CODING, post(b"Transfer-Encoding: chunkedx", body=CHUNKS)),
    "chunked with a parameter": (
        UNKNOWN_CODING, post(b"Transfer-Encoding: chunked;q=1", body=CHUNKS)),
    "chunked in quotes": (UNKNOWN_CODING, post(b'Transfer-Encoding: "chunked"', body=CHUNKS)),
    "chunked twice": (
        BAD, post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=CHUNKS)),
    "chunked after identity": (
        UNKNOWN_CODING,
        post(b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked", body=CHUNKS)),
    "coding empty": (UNKNOWN_CODING, post(b"Transfer-Encoding:", body=CHUNKS)),
    "chunked folded": (BAD, post(b"Transfer-Encoding:\r\n chunked", body=CHUNKS)),
    "chunked before a tab": (BAD, post(b"Transfer-Encoding: chunked\t", body=CHUNKS)),
    "chunked after a vertical tab": (
        BAD, post(b"Transfer-Encoding:\x0bchunked", body=CHUNKS)),
    "chunked behind NUL": (BAD, post(b"Transfer-Encoding: \0chunked", body=CHUNKS)),
    # Names of headers.
    "blank before the colon": (BAD, post(b"Content-Length : 3", body=b"abc")),
    "blank before the coding's colon": (
        BAD, post(b"Transfer-Encoding : chunked", body=CHUNKS)),
    "tab before the colon": (BAD, post(b"Transfer-Encoding\t: chunked", body=CHUNKS)),
    "blank before the name": (BAD, post(b" Transfer-Encoding: chunked", body=CHUNKS)),
    "NUL in a name": (BAD, post(b"Transfer-Encoding\0: chunked", body=CHUNKS)),
    "no name": (BAD, post(b": chunked", body=CHUNKS)),
    "no colon": (BAD, post(b"Transfer-Encoding", body=CHUNKS)),
    "first header folded": (BAD, b"POST / HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n"),
    # Line ends.
    "CR within a value": (BAD, post(b"A: b\rTransfer-Encoding: chunked", body=CHUNKS)),
    "CR before a name": (BAD, post(b"A: b\r\n\rTransfer-Encoding: chunked", body=CHUNKS)),
    "CR CR LF": (BAD, post(b"A: b\r", body=CHUNKS)),
    "NUL in a value": (BAD, post(b"A: b\0c")),
    "folded with a blank": (BAD, post(b"A: b\r\n c")),
    "folded with a tab": (BAD, post(b"A: b\r\n\tTransfer-Encoding: chunked")),
    "bare LF after the request line": (BAD, b"POST / HTTP/1.1\nHost: x\r\n\r\n"),
    "bare LF after a header": (BAD, b"POST / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n"),
    "bare LF hides a coding": (
        BAD, post(b"A: b\nTransfer-Encoding: chunked", body=CHUNKS)),
    "bare LF at the head's end": (BAD, b"POST / HTTP/1.1\r\nHost: x\r\n\n"),
    "CR CR LF before the request line": (BAD, b"\r\r\n\r\n" + post()),
    "bare LF behind CR CR LF": (BAD, b"\r\r\n\r\nPOST / HTTP/1.1\nHost: x\n\n"),
    "two bare LF": (BAD, b"POST / HTTP/1.1\nHost: x\n\n"),
    # Chunks.
    "chunk size beyond 64 bits": (BAD, chunked(b"10000000000000003\r\nabc\r\n" + CHUNKS)),
    "chunk size negative": (BAD, chunked(b"-3\r\nabc\r\n" + CHUNKS)),
    "chunk size with a plus": (BAD, chunked(b"+3\r\nabc\r\n" + CHUNKS)),
    "chunk size 0x": (BAD, chunked(b"0x3\r\nabc\r\n" + CHUNKS)),
    "chunk size empty": (BAD, chunked(b"\r\nabc\r\n" + CHUNKS)),
    "blank before a chunk size": (BAD, chunked(b" 3\r\nabc\r\n" + CHUNKS)),
    "blank after a chunk size": (BAD, chunked(b"3 \r\nabc\r\n" + CHUNKS)),
    "bare LF after a chunk size": (BAD, chunked(b"3\nabc\r\n" + CHUNKS)),
    "bare CR after a chunk size": (BAD, chunked(b"3\rabc\r\n" + CHUNKS)),
    "bare LF after a chunk": (BAD, chunked(b"3\r\nabc\n" + CHUNKS)),
    "chunk longer than said": (BAD, chunked(b"3\r\nabcd\r\n" + CHUNKS)),
    "bare LF in an extension": (BAD, chunked(b"3;a\nb\r\nabc\r\n" + CHUNKS)),
    "bare LF at the chunks' end": (BAD, chunked(b"0\r\n\n")),
    "bare LF in a trailer": (BAD, chunked(b"0\r\nA: b\n\r\n")),
    "length in a trailer": (BAD, chunked(b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n")),
    "coding in a trailer": (
        BAD, chunked(b"3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n")),
    "nameless trailer": (BAD, chunked(b"0\r\n: b\r\n\r\n")),
    "no field as a trailer": (BAD, chunked(b"0\r\nabc\r\n\r\n")),
    "extensions without end": (BAD, chunked(b"3;" + b"a" * 100_000)),
    # Where it is for.
    "no host": (BAD, b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
    "two hosts": (BAD, post(b"Host: y")),
    "absolute target of another host": (BAD, post(target=b"http://other/")),
    "absolute target of another port": (BAD, post(target=b"http://x:81/")),
    "absolute target with a user": (BAD, post(target=b"http://x@x/", host=b"Host: x")),
    "blank in the target": (BAD, post(target=b"/a b")),
    "CONNECT": (405, b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"),
    # The first line.
    "scheme other than http": (BAD, post(target=b"ftp://x/")),
    "empty line of a bare LF before": (BAD, b"\n" + post()),
    "HTTP/1.2": (BAD, b"POST / HTTP/1.2\r\nHost: x\r\n\r\n"),
    "no version": (505, b"POST /\r\nHost: x\r\n\r\n"),
    "small letters": (BAD, b"post / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "tab in the first line": (BAD, b"POST\t/ HTTP/1.1\r\nHost: x\r\n\r\n"),
    "nonsense": (BAD, b"nonsense\r\n\r\n"),
}

# Each is exactly one request, so the one behind it is answered second.
ACCEPTED = {
    "length": post(b"Content-Length: 3", body=b"abc"),
    "no length": post(),
    "length with blanks around": post(b"Content-Length: \t3 ", body=b"abc"),
    "length with zeros before": post(b"Content-Length: 0003", body=b"abc"),
    "a request as the body": post(b"Content-Length: %d" % len(NEXT), body=NEXT),
    "chunked": chunked(b"3\r\nabc\r\n" + CHUNKS),
    "a request in a chunk": chunked(b"%x\r\n%s\r\n" % (len(NEXT), NEXT) + CHUNKS),
    "chunked after a tab": post(b"Transfer-Encoding:\tchunked", body=CHUNKS),
    "chunked before blanks": post(b"Transfer-Encoding: chunked  ", body=CHUNKS),
    "chunked in capitals": post(b"TRANSFER-ENCODING: CHUNKED", body=CHUNKS),
    "chunk size with zeros before": chunked(b"0003\r\nabc\r\n" + CHUNKS),
    "chunk with an extension": chunked(b"3;a=b\r\nabc\r\n" + CHUNKS),
    "chunks with a trailer": chunked(b"3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n"),
    "chunks with long extensions": chunked(
        b"6;a\r\nabcdef\r\n6;" + b"b" * 200 + b"\r\nabcdef\r\n" + CHUNKS),
    "absolute target": post(target=b"http://x/"),
    "absolute target in capitals": post(target=b"HTTP://X/", host=b"Host: x"),
    "empty lines before": b"\r\n" + post(),
}


def say(port, text):
    """The answers to `text` on a connection that the server has to close."""
    with connect(port) as sock:
        sock.sendall(text)
        return answers_of(read_to_end(sock))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_ambiguous_is_refused_and_ends_the_connection(fors, name):
    status, text = REFUSED[name]
    (answer,) = say(fors.port, text + NEXT)
    assert (answer[0], answer[1]) == (status, b"")
    assert answer[2]["connection"] == "close"


@pytest.mark.parametrize("name", REFUSED)
def test_also_when_it_comes_byte_by_byte(fors, name):
    status, text = REFUSED[name]
    if len(text) > 1000:
        pytest.skip("the length is the point, not the pieces")
    with connect(fors.port) as sock:
        try:
            for at in range(len(text)):
                sock.sendall(text[at : at + 1])
            sock.sendall(NEXT)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before its end
        said = read_to_end(sock)
    # The reset for what came too late may have overtaken the answer: then nothing was read.
    assert [answer[0] for answer in answers_of(said)] in ([status], [])


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_clear_is_one_request(fors, name):
    first, second = say(fors.port, ACCEPTED[name] + NEXT)
    assert first[0] != 200 and "connection" not in first[2]
    assert second[0] == 200 and second[1].startswith(b"{")


def test_answers_before_an_error_are_given(fors):
    good = NEXT.replace(b"Connection: close\r\n", b"")
    said = say(fors.port, good + good + b"nonsense\r\n\r\n" + good)
    assert [answer[0] for answer in said] == [200, 200, 400]


def test_others_are_served_after_all_this(fors):
    assert health(fors.port)
