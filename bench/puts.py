# SPDX-License-Identifier: Apache-2.0
"""P1 to P3: puts beside the ideal server; P12: CBOR as the Java SDK sends it beside JSON."""

from pathlib import Path

import load
from clients import client_of, make_stream
from ideal import PROGRAM, ideal
from machine import fors, sync_us
from support.fors_server import VERIFIED_CREDENTIALS as CREDENTIALS
from support.tiny_cbor import encode
from turns import Contender, row_of, take_turns

STREAM = "bench"
IDEAL_AIM = (">= 0.85 of the ideal", 0.85, "the ideal")
# Without the ideal program the rates of the plan stand for it: see docs/benchmarks.md.
CASES = {
    "P1": ("PutRecord 1 KiB, 64 conn.", "PutRecord", 1024, 64, 1, IDEAL_AIM, 55_000),
    "P2": ("PutRecords 500 x 1 KiB, 4 conn.", "PutRecords", 1024, 4, 500, IDEAL_AIM, 400_000),
    "P3": (
        "PutRecords 500 x 100 B, 16 conn.",
        "PutRecords",
        100,
        16,
        500,
        (">= 1,500,000/s", 0, "the ideal"),
        1_500_000,
    ),
}


def requests_for(path, endpoint, operation, bodies, credentials=CREDENTIALS):
    """Writes them, signed; the path."""
    load.write_requests(
        path, (load.request(endpoint, operation, body, credentials) for body in bodies)
    )
    return path


def row_of_puts(name, server, reference, folder, options):
    """One of P1 to P3."""
    what, operation, size, connections, records, aim, rate = CASES[name]
    make = load.put_record if operation == "PutRecord" else load.put_records
    bodies = make(STREAM, size)
    contenders = []
    for at, one in enumerate(filter(None, (server, reference))):
        path = requests_for(Path(folder) / f"{name}-{at}", one.endpoint, operation, bodies)
        contenders.append(Contender(one.endpoint, one.pid, path, records))
    take_turns(contenders, connections, options)
    if reference:
        row = row_of(name, what, *contenders, aim)
        assert not row["reference_bad"], "the ideal server refused requests"
        if name == "P3":  # the plan has a rate here
            row["met"] = row["met"] and row["measured"] >= rate
    else:
        row = row_of(name, what, contenders[0], rate, (f">= {rate:,}/s", 1, "the target"))
    return {**row, "sync_us": sync_us(server.data)}


def row_of_cbor(server, folder, options):
    """P12. Maps and lists of indefinite length, data as bytes: so the Java SDK writes them."""
    entries = load.entries_of(1024, 500, 24, load.KEYS)
    bodies = [encode({"StreamName": STREAM, "Records": each}, indefinite=True) for each in entries]
    cbor = Path(folder) / "P12-cbor"
    load.write_requests(
        cbor,
        (load.request(server.endpoint, "PutRecords", b, CREDENTIALS, load.CBOR) for b in bodies),
    )
    json = requests_for(
        Path(folder) / "P12-json", server.endpoint, "PutRecords", load.put_records(STREAM, 1024)
    )
    contenders = [Contender(server.endpoint, server.pid, path, 500) for path in (cbor, json)]
    take_turns(contenders, 4, options)
    what = "PutRecords 500 x 1 KiB in CBOR, 4 conn."
    return row_of("P12", what, *contenders, (">= JSON's", 1, "JSON"))


def rows(options, folder):
    """Those of P1, P2, P3 and P12 that are asked for."""
    if not PROGRAM.exists():
        print(f"NO IDEAL: there is no {PROGRAM}; the plan's rates stand for it", flush=True)
    for name in (*CASES, "P12"):
        if name not in options.rows:
            continue
        with fors() as server, ideal(CREDENTIALS) as reference:  # each row begins with nothing
            make_stream(client_of(server.endpoint, CREDENTIALS), STREAM, 4)
            if name == "P12":
                yield row_of_cbor(server, folder, options)
            else:
                yield row_of_puts(name, server, reference, folder, options)
