# SPDX-License-Identifier: Apache-2.0
"""The shape tables compiled into the server equal the published model, member by member."""

import json
import subprocess

import pytest

import service_model as model
from support.fors_server import BINARY

# Members that this release never sends, with the reason: (operation, path).
NEVER_SENT = {
    ("DescribeStream", "StreamDescription.KeyId"): "no encryption yet",
    ("DescribeStreamSummary", "StreamDescriptionSummary.KeyId"): "no encryption yet",
    ("DescribeStreamSummary", "StreamDescriptionSummary.StreamId"): "SDKs would leave the endpoint",
    ("DescribeStreamSummary", "StreamDescriptionSummary.ChannelCount"): "no channels yet",
    ("DescribeStreamSummary", "StreamDescriptionSummary.QueueCount"): "not in the reference yet",
    ("PutRecord", "EncryptionType"): "absent on unencrypted streams",
    ("PutRecords", "EncryptionType"): "absent on unencrypted streams",
    ("GetRecords", "Records[].EncryptionType"): "absent on unencrypted streams",
    ("DescribeLimits", "ChannelCount"): "no channels yet",
    ("DescribeLimits", "ChannelCountLimit"): "no channels yet",
    ("SubscribeToShard", "Records[].EncryptionType"): "absent on unencrypted streams",
}
# Members of the newest model that an older botocore does not have: (operation, side, path).
NEWER = {
    ("CreateStream", "input", "RecordDistributionStrategy"),
    ("PutRecord", "input", "DryRun"),
    ("PutRecords", "input", "DryRun"),
    ("GetShardIterator", "input", "DryRun"),
    ("GetRecords", "input", "DryRun"),
    ("SubscribeToShard", "input", "DryRun"),
    ("DescribeStreamSummary", "output", "StreamDescriptionSummary.RecordDistributionStrategy"),
}
# Operations of the newest model that an older botocore does not have.
NEWER_OPERATIONS = {"UpdateStreamRecordDistributionStrategy"}
# Members whose `required` flag the newest model has dropped (see DEVIATIONS in service_model.py).
NO_LONGER_REQUIRED = {
    ("PutRecord", "input", "PartitionKey"),
    ("PutRecords", "input", "Records[].PartitionKey"),
    ("GetRecords", "output", "Records[].PartitionKey"),
    ("SubscribeToShard", "output", "Records[].PartitionKey"),
}


@pytest.fixture(scope="module")
def tables():
    """What the binary prints about its shapes."""
    done = subprocess.run([BINARY, "shapes"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def expected_tree(name, required=False):
    """A model shape in the form of `fors shapes`."""
    shape = model.SHAPES[name]
    tree = {"type": shape["type"], "required": required}
    tree.update({key: shape[key] for key in ("min", "max", "pattern", "enum") if key in shape})
    if shape["type"] == "structure":
        needed = shape.get("required", [])
        tree["members"] = {
            member: expected_tree(reference["shape"], member in needed)
            for member, reference in shape["members"].items()
        }
    for part in ("member", "key", "value"):
        if part in shape:
            tree[part] = expected_tree(shape[part]["shape"])
    return tree


def differences(operation, side, table, wanted, path=""):
    """Texts for everything in which a table and the model differ."""
    if table.get("type") != wanted["type"]:
        yield f"{path}: type {table.get('type')} instead of {wanted['type']}"
        return
    yield from _constraints(operation, side, table, wanted, path)
    for part in ("member", "key", "value"):
        if part in wanted:
            suffix = "[]" if part == "member" else f"<{part}>"
            if part not in table:
                yield f"{path}: no shape of its {part}"
            else:
                yield from differences(operation, side, table[part], wanted[part], path + suffix)
    ours, theirs = table.get("members", {}), wanted.get("members", {})
    for member in sorted(ours.keys() | theirs.keys()):
        here = f"{path}.{member}" if path else member
        if member not in ours:
            if side == "input" or (operation, here) not in NEVER_SENT:
                yield f"{here}: missing"
        elif member in theirs:
            yield from differences(operation, side, ours[member], theirs[member], here)
        elif (operation, side, here) not in NEWER:
            yield f"{here}: not in the model"


def _constraints(operation, side, table, wanted, path):
    for what in ("required", "min", "max", "pattern", "enum"):
        ours, theirs = table.get(what), wanted.get(what)
        if side == "output" and not ours:
            continue  # replies are not validated, but what a table says must be right
        if what == "pattern":
            theirs = model.without_anchors(theirs) if theirs else None
        if what == "enum":
            ours, theirs = sorted(ours or []), sorted(theirs or [])
        if what == "required":
            dropped = (operation, side, path) in NO_LONGER_REQUIRED
            ours, theirs = bool(ours), bool(theirs) and not dropped
        if what == "min" and not theirs:  # a smallest length of zero says nothing
            ours, theirs = ours or None, theirs or None
        if ours != theirs:
            yield f"{path}: {what} {ours!r} instead of {theirs!r}"


@pytest.mark.parametrize("operation", model.OPERATIONS)
@pytest.mark.parametrize("side", ["input", "output"])
def test_a_table_equals_the_model(tables, operation, side):
    assert operation in tables, f"the server has no table for {operation}"
    reference = model.MODEL["operations"][operation].get(side)
    table = tables[operation].get(side)
    if side == "output" and tables[operation].get("event"):
        # In events; the streams' output is a frame around them.
        table, reference = tables[operation]["event"], {"shape": f"{operation}Event"}
    if reference is None:
        assert not (table or {}).get("members"), f"{operation} has no {side} in the model"
        return
    wanted = expected_tree(reference["shape"])
    found = list(differences(operation, side, {**table, "required": False}, wanted))
    assert not found, "\n".join(found)


def test_no_table_without_a_model(tables):
    assert set(tables) - NEWER_OPERATIONS <= set(model.MODEL["operations"])
