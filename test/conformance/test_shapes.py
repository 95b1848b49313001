# SPDX-License-Identifier: Apache-2.0
"""The shape tables compiled into the server equal the published model, member by member."""

import json
import os
import subprocess

import pytest

import service_model as model

BINARY = os.environ.get(
    "FORS_BINARY", os.path.join(os.path.dirname(__file__), "..", "..", "build", "release", "fors")
)

# Members of the newest service model that botocore's does not have yet: (operation, side, path).
NEWER = {
    ("CreateStream", "input", "RecordDistributionStrategy"),
    ("PutRecord", "input", "DryRun"),
    ("PutRecords", "input", "DryRun"),
    ("GetShardIterator", "input", "DryRun"),
    ("GetRecords", "input", "DryRun"),
    ("DescribeStreamSummary", "output", "StreamDescriptionSummary.ChannelCount"),
    ("DescribeStreamSummary", "output", "StreamDescriptionSummary.RecordDistributionStrategy"),
    ("DescribeLimits", "output", "ChannelCount"),
    ("DescribeLimits", "output", "ChannelCountLimit"),
}
# Members whose `required` flag the newest model has dropped.
NO_LONGER_REQUIRED = {
    ("PutRecord", "input", "PartitionKey"),
    ("PutRecords", "input", "Records[].PartitionKey"),
    ("GetRecords", "output", "Records[].PartitionKey"),
}


@pytest.fixture(scope="module")
def tables():
    """What the binary prints about its shapes."""
    done = subprocess.run([BINARY, "shapes"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def plain(pattern):
    """A pattern without the anchors of the newest model."""
    if pattern and pattern.startswith("^") and pattern.endswith("$"):
        pattern = pattern[1:-1]
        if pattern.startswith("((") or pattern.startswith("(0|("):
            pattern = pattern[1:-1]
    return pattern or None


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
            yield f"{here}: missing"
        elif member in theirs:
            yield from differences(operation, side, ours[member], theirs[member], here)
        elif (operation, side, here) not in NEWER:
            yield f"{here}: not in the model"


def _constraints(operation, side, table, wanted, path):
    for what in ("required", "min", "max", "pattern", "enum"):
        ours, theirs = table.get(what), wanted.get(what)
        if side == "output" and not ours:
            continue  # replies are not validated; what a table says about them must be right, though
        if what == "pattern":
            ours, theirs = plain(ours), plain(theirs)
        if what == "enum":
            ours, theirs = sorted(ours or []), sorted(theirs or [])
        if what == "required":
            ours, theirs = bool(ours), bool(theirs)
            if (operation, side, path) in NO_LONGER_REQUIRED:
                theirs = False
        if what == "min" and not theirs:  # a smallest length of zero says nothing
            ours, theirs = ours or None, None if wanted["type"] != "integer" else theirs
        if ours != theirs:
            yield f"{path}: {what} {ours!r} instead of {theirs!r}"


@pytest.mark.parametrize("operation", model.OPERATIONS)
@pytest.mark.parametrize("side", ["input", "output"])
def test_a_table_equals_the_model(tables, operation, side):
    assert operation in tables, f"the server has no table for {operation}"
    reference = model.MODEL["operations"][operation].get(side)
    table = tables[operation].get(side)
    if reference is None:
        assert not (table or {}).get("members"), f"{operation} has no {side} in the model"
        return
    wanted = expected_tree(reference["shape"])
    found = list(differences(operation, side, {**table, "required": False}, wanted))
    assert not found, "\n".join(found)


def test_no_table_without_a_model(tables):
    assert set(tables) <= set(model.MODEL["operations"])
