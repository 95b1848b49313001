# SPDX-License-Identifier: Apache-2.0
"""The shape tables compiled into the server equal the published model, member by member."""

import json
import subprocess

import pytest

import service_model as model
from support.fors_server import BINARY

# Members that this release never sends, with the reason: (operation, path).
NEVER_SENT = {
    ("DescribeStreamSummary", "StreamDescriptionSummary.StreamId"): "SDKs would leave the endpoint",
    ("DescribeStreamSummary", "StreamDescriptionSummary.ChannelCount"): "no channels yet",
    ("DescribeStreamSummary", "StreamDescriptionSummary.QueueCount"): "not in the reference yet",
    ("DescribeLimits", "ChannelCount"): "no channels yet",
    ("DescribeLimits", "ChannelCountLimit"): "no channels yet",
    ("Decrypt", "CiphertextForRecipient"): "no Nitro enclaves",
    ("GenerateDataKey", "CiphertextForRecipient"): "no Nitro enclaves",
    ("GenerateRandom", "CiphertextForRecipient"): "no Nitro enclaves",
    ("GetKeyRotationStatus", "OnDemandRotationStartDate"): "a rotation takes no time",
    **{
        (operation, f"KeyMetadata.{member}"): "of keys of other kinds"
        for operation in ("CreateKey", "DescribeKey")
        for member in (
            "ValidTo",
            "CustomKeyStoreId",
            "CloudHsmClusterId",
            "ExpirationModel",
            "SigningAlgorithms",
            "KeyAgreementAlgorithms",
            "MultiRegionConfiguration",
            "PendingDeletionWindowInDays",
            "MacAlgorithms",
            "EncapsulationAlgorithms",
            "XksKeyConfiguration",
        )
    },
    ("GetMetricStatistics", "Datapoints[].ExtendedStatistics"): "no percentiles",
    ("GetMetricData", "MetricDataResults[].Messages"): "nothing to say",
    ("GetMetricData", "Messages"): "nothing to say",
    ("GetMetricData", "NextToken"): "all of it, or an error",
    ("ListMetrics", "OwningAccounts"): "no linked accounts",
    **{
        ("ListKeyRotations", f"Rotations[].{member}"): "of imported key material"
        for member in ("KeyMaterialDescription", "ImportState", "ExpirationModel", "ValidTo")
    },
}
# Members that refuse the request whatever stands in them.
NEVER_READ = {("PutMetricData", "EntityMetricData[].Entity")}


@pytest.fixture(scope="module")
def tables():
    """What the binary prints about its shapes."""
    done = subprocess.run([BINARY, "shapes"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def expected_tree(shapes, name, required=False):
    """A model shape in the form of `fors shapes`."""
    shape = shapes[name]
    tree = {"type": shape["type"], "required": required}
    tree.update({key: shape[key] for key in ("min", "max", "pattern", "enum") if key in shape})
    if shape["type"] == "structure":
        needed = shape.get("required", [])
        tree["members"] = {
            member: expected_tree(shapes, reference["shape"], member in needed)
            for member, reference in shape["members"].items()
        }
    for part in ("member", "key", "value"):
        if part in shape:
            tree[part] = expected_tree(shapes, shape[part]["shape"])
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
            if (operation, here) not in (NEVER_READ if side == "input" else NEVER_SENT):
                yield f"{here}: missing"
        elif member in theirs:
            yield from differences(operation, side, ours[member], theirs[member], here)
        else:
            yield f"{here}: not in the model"


def _constraints(operation, side, table, wanted, path):
    for what in ("required", "min", "max", "pattern", "enum"):
        ours, theirs = table.get(what), wanted.get(what)
        if side == "output" and not ours:
            continue  # replies are not validated, but what a table says must be right
        if what == "pattern":
            ours, theirs = (each and model.without_anchors(each) for each in (ours, theirs))
        if what == "enum":
            ours, theirs = sorted(ours or []), sorted(theirs or [])
        if what == "required":
            ours, theirs = bool(ours), bool(theirs)
        if what == "min" and not theirs:  # a smallest length of zero says nothing
            ours, theirs = ours or None, theirs or None
        if ours != theirs:
            yield f"{path}: {what} {ours!r} instead of {theirs!r}"


SERVICES = {
    "kinesis": model.MODEL,
    "kms": model.KMS_MODEL,
    "cloudwatch": model.CLOUDWATCH_MODEL,
}
OPERATIONS = [
    (service, name)
    for service, names in (
        ("kinesis", model.OPERATIONS),
        ("kms", model.KMS_OPERATIONS),
        ("cloudwatch", model.CLOUDWATCH_OPERATIONS),
    )
    for name in names
]


@pytest.mark.parametrize("service, operation", OPERATIONS)
@pytest.mark.parametrize("side", ["input", "output"])
def test_a_table_equals_the_model(tables, service, operation, side):
    assert operation in tables[service], f"the server has no table for {operation}"
    reference = SERVICES[service]["operations"][operation].get(side)
    table = tables[service][operation].get(side)
    if side == "output" and tables[service][operation].get("event"):
        # In events; the streams' output is a frame around them.
        table, reference = tables[service][operation]["event"], {"shape": f"{operation}Event"}
    if reference is None:
        assert not (table or {}).get("members"), f"{operation} has no {side} in the model"
        return
    wanted = expected_tree(SERVICES[service]["shapes"], reference["shape"])
    found = list(differences(operation, side, {**table, "required": False}, wanted))
    assert not found, "\n".join(found)


def test_no_table_without_a_model(tables):
    assert set(tables) == set(SERVICES)
    for service, known in SERVICES.items():
        assert set(tables[service]) <= set(known["operations"])
