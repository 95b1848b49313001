# SPDX-License-Identifier: Apache-2.0
"""The published service model of kinesis, and requests that violate it in one place each."""

import base64
import copy
import json
import re
from dataclasses import dataclass, field

import botocore.session

OPERATIONS = (
    "CreateStream",
    "DeleteStream",
    "DescribeStream",
    "DescribeStreamSummary",
    "ListStreams",
    "ListShards",
    "PutRecord",
    "PutRecords",
    "GetShardIterator",
    "GetRecords",
    "IncreaseStreamRetentionPeriod",
    "DecreaseStreamRetentionPeriod",
    "AddTagsToStream",
    "RemoveTagsFromStream",
    "ListTagsForStream",
    "DescribeLimits",
    "SplitShard",
    "MergeShards",
    "UpdateShardCount",
    "RegisterStreamConsumer",
    "DescribeStreamConsumer",
    "DeregisterStreamConsumer",
    "ListStreamConsumers",
    "SubscribeToShard",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
    "UpdateMaxRecordSize",
    "UpdateStreamWarmThroughput",
    "UpdateAccountSettings",
    "DescribeAccountSettings",
    "UpdateStreamMode",
    "PutResourcePolicy",
    "GetResourcePolicy",
    "DeleteResourcePolicy",
    "StartStreamEncryption",
    "StopStreamEncryption",
    "EnableEnhancedMonitoring",
    "DisableEnhancedMonitoring",
    "UpdateStreamRecordDistributionStrategy",
)


def without_anchors(pattern):
    """A pattern as validation messages print it: no anchors, no parentheses around the whole."""
    whole = re.fullmatch(r"\^(.*)\$", pattern)
    if not whole:
        return pattern
    inner = whole.group(1)
    return inner[1:-1] if inner.startswith("(0|(") else inner


# Of the key service.
KMS_OPERATIONS = (
    "CancelKeyDeletion",
    "CreateAlias",
    "CreateKey",
    "Decrypt",
    "DeleteAlias",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateRandom",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "ListAliases",
    "ListKeyPolicies",
    "ListKeyRotations",
    "ListKeys",
    "ListResourceTags",
    "PutKeyPolicy",
    "ReEncrypt",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
)

CLOUDWATCH_OPERATIONS = ("GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData")

_LOADER = botocore.session.get_session().get_component("data_loader")
MODEL = _LOADER.load_service_model("kinesis", "service-2")
KMS_MODEL = _LOADER.load_service_model("kms", "service-2")
CLOUDWATCH_MODEL = _LOADER.load_service_model("cloudwatch", "service-2")
SHAPES = MODEL["shapes"]
NOT_BUILT = sorted(set(MODEL["operations"]) - set(OPERATIONS))

SAMPLES = {
    "StreamName": "conformance-model",
    "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/conformance-model",
    "ResourceARN": "arn:aws:kinesis:us-east-1:000000000000:stream/conformance-model",
    "StreamId": "a" * 20 + "-abc",
    "ShardId": "shardId-000000000000",
    "HashKey": "1",
    "ConsumerARN": "arn:aws:kinesis:us-east-1:000000000000:stream/conformance-model/consumer/c:1",
    "SequenceNumber": "49594189147623985939251953501666965394405037144469929986",
}
# What a request of the operation needs besides its required members.
EXTRA = {
    "CreateStream": {"ShardCount": 1},
    # Optional in the model since AUTO streams; all other streams need it.
    "PutRecord": {"PartitionKey": "key"},
    "GetShardIterator": {"ShardIteratorType": "TRIM_HORIZON"},
}


def operation_input(operation):
    """The name of the operation's input shape."""
    return MODEL["operations"][operation]["input"]["shape"]


def sample(name):
    """A valid value of a shape; of a structure, the required members alone."""
    shape = SHAPES[name]
    kind = shape["type"]
    if kind == "structure":
        required = shape.get("required", [])
        value = {m: sample(shape["members"][m]["shape"]) for m in required}
        # Optional in the model since AUTO streams; all other streams need it.
        return {**value, "PartitionKey": "key"} if name == "PutRecordsRequestEntry" else value
    if kind == "list":
        return [sample(shape["member"]["shape"])]
    if kind == "map":
        return {sample(shape["key"]["shape"]): sample(shape["value"]["shape"])}
    if kind == "blob":
        return b"data"
    if kind in ("integer", "long"):
        return shape.get("min", 24)
    if kind == "timestamp":
        return 1700000000.123
    if kind == "boolean":
        return False
    return shape["enum"][0] if "enum" in shape else SAMPLES.get(name, "value")


def base_request(operation):
    """A valid request to a stream that need not exist."""
    name = operation_input(operation)
    request = {**sample(name), **EXTRA.get(operation, {})}
    if "StreamName" in SHAPES[name]["members"]:
        request["StreamName"] = SAMPLES["StreamName"]
    return request


@dataclass
class Entry:
    """One expected part of a ValidationException; `value` None: not compared."""

    path: str
    constraint: str
    value: str | None = None


@dataclass
class Case:
    """A request and the faults it contains."""

    name: str
    operation: str
    request: dict = field(repr=False)
    entries: list = field(repr=False, default_factory=list)

    @property
    def body(self):
        """The request as JSON."""
        return json.dumps(self.request, default=lambda b: base64.b64encode(b).decode())


def lower_first(name):
    """AWS spells members in validation paths with a small first letter."""
    return name[0].lower() + name[1:]


def faults(name, path, value):
    """What AWS says about one value, without looking at what is inside it."""
    shape, found = SHAPES[name], []
    shown = value if isinstance(value, str) else None
    if shape["type"] in ("integer", "long"):
        shown = str(value)
        if value < shape.get("min", value):
            found.append(f"Member must have value greater than or equal to {shape['min']}")
        if value > shape.get("max", value):
            found.append(f"Member must have value less than or equal to {shape['max']}")
    elif "enum" in shape:
        if value not in shape["enum"]:
            found.append(f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]")
    elif shape["type"] in ("string", "blob", "list", "map"):
        if "pattern" in shape and not re.fullmatch(shape["pattern"], value):
            found.append(
                "Member must satisfy regular expression pattern:"
                f" {without_anchors(shape['pattern'])}"
            )
        if len(value) < shape.get("min", 0):
            found.append(f"Member must have length greater than or equal to {shape['min']}")
        if len(value) > shape.get("max", len(value)):
            found.append(f"Member must have length less than or equal to {shape['max']}")
    return [Entry(path, text, shown) for text in found]


def _of_length(name, length):
    """A value of the shape with the given length that keeps the pattern where that is possible."""
    shape = SHAPES[name]
    if shape["type"] == "list":
        return [sample(shape["member"]["shape"])] * length
    if shape["type"] == "map":
        return {f"key{i}": "value" for i in range(length)}
    if shape["type"] == "blob":
        return b"x" * length
    return sample(name)[:length].ljust(length, "a")


def bad_values(name):
    """(what, value) pairs, each breaking one constraint of the shape (or as few as can be)."""
    shape = SHAPES[name]
    if shape["type"] in ("integer", "long"):
        return [
            (edge, shape[edge] + step) for edge, step in (("min", -1), ("max", 1)) if edge in shape
        ]
    if "enum" in shape:
        return [("enum", shape["enum"][0] + "X"), ("enum-case", shape["enum"][0].lower())]
    bad = []
    if "pattern" in shape:
        bad.append(("pattern", sample(name)[:-1] + "!" if not name.endswith("ARN") else "no-arn"))
    if shape.get("min", 0) > 0:
        bad.append(("min", _of_length(name, shape["min"] - 1)))
    if "max" in shape:
        bad.append(("max", _of_length(name, shape["max"] + 1)))
    if (
        re.search(r"\{0,\d+\}", shape.get("pattern", "")) and "[1-9]" in shape["pattern"]
    ):  # a number of limited length
        bad.append(("digits", "1" * (130 if "128" in shape["pattern"] else 40)))
    return bad


def edge_values(name):
    """(what, value) pairs that lie exactly on an allowed edge."""
    shape = SHAPES[name]
    if shape["type"] in ("integer", "long"):
        return [(edge, shape[edge]) for edge in ("min", "max") if edge in shape]
    if shape["type"] in ("string", "list", "map", "blob") and "enum" not in shape:
        edges = [(e, _of_length(name, shape[e])) for e in ("min", "max") if e in shape]
        return [(e, v) for e, v in edges if not faults(name, "", v)]
    return []


def _elements_of(name, path):
    """Violations inside a list of strings or a map: AWS names the whole member, not the element."""
    shape = SHAPES[name]

    def limits(inner):
        if "enum" in SHAPES[inner]:
            return f"[Member must satisfy enum value set: [{', '.join(SHAPES[inner]['enum'])}]]"
        low, high = SHAPES[inner].get("min", 0), SHAPES[inner]["max"]
        return (
            f"[Member must have length less than or equal to {high}, "
            f"Member must have length greater than or equal to {low}]"
        )

    if shape["type"] == "list":
        inner = shape["member"]["shape"]
        text = f"Member must satisfy constraint: {limits(inner)}"
        for what, value in bad_values(inner):
            yield f"element-{what}", [value], [Entry(path, text)]
    if shape["type"] == "map":
        key, value = shape["key"]["shape"], shape["value"]["shape"]
        for what, bad in bad_values(key):
            yield (
                f"key-{what}",
                {bad: "v"},
                [Entry(path, f"Map keys must satisfy constraint: {limits(key)}")],
            )
        for what, bad in bad_values(value):
            yield (
                f"value-{what}",
                {"k": bad},
                [Entry(path, f"Map value must satisfy constraint: {limits(value)}")],
            )


def _walk(name, path, keys, request):
    """Yields (member shape, path, keys, request with that member present) below a structure."""
    for member, reference in SHAPES[name]["members"].items():
        inner, here = reference["shape"], keys + [member]
        member_path = f"{path}{lower_first(member)}"
        filled = copy.deepcopy(request)
        parent = get(filled, keys)
        parent.setdefault(member, sample(inner))
        yield inner, member_path, here, filled
        if SHAPES[inner]["type"] == "structure":
            yield from _walk(inner, f"{member_path}.", here, filled)
        element = SHAPES[inner].get("member", {}).get("shape")
        if element and SHAPES[element]["type"] == "structure":
            yield from _walk(element, f"{member_path}.1.member.", here + [0], filled)


def get(value, keys):
    """The value at a path of keys."""
    for key in keys:
        value = value[key]
    return value


def with_value(request, keys, value):
    """A copy of the request with another value at a path."""
    changed = copy.deepcopy(request)
    get(changed, keys[:-1])[keys[-1]] = value
    return changed


def members(operation):
    """All members of an operation's input, at any depth."""
    yield from _walk(operation_input(operation), "", [], base_request(operation))


def violations(operation):
    """A case for each constraint of each member."""
    for name, path, keys, request in members(operation):
        for what, value in bad_values(name):
            changed = with_value(request, keys, value)
            yield Case(f"{operation}-{path}-{what}", operation, changed, faults(name, path, value))
        if (
            SHAPES[name]["type"] == "map"
            or SHAPES[SHAPES[name].get("member", {}).get("shape", name)]["type"] == "string"
        ):
            for what, value, entries in _elements_of(name, path):
                yield Case(
                    f"{operation}-{path}-{what}",
                    operation,
                    with_value(request, keys, value),
                    entries,
                )
    yield from _missing(operation)


def _missing(operation):
    parents = [(operation_input(operation), "", [], base_request(operation))]
    for name, path, keys, request in members(operation):
        element = SHAPES[name].get("member", {}).get("shape")
        if SHAPES[name]["type"] == "structure":
            parents.append((name, f"{path}.", keys, request))
        elif element and SHAPES[element]["type"] == "structure":
            parents.append((element, f"{path}.1.member.", keys + [0], request))
    for name, path, keys, request in parents:
        for member in SHAPES[name].get("required", []):
            where = f"{path}{lower_first(member)}"
            for what, change in (
                ("missing", lambda p, m: p.pop(m)),
                ("null", lambda p, m: p.update({m: None})),
            ):
                changed = copy.deepcopy(request)
                change(get(changed, keys), member)
                entries = [Entry(where, "Member must not be null")]
                yield Case(f"{operation}-{where}-{what}", operation, changed, entries)


def edges(operation):
    """A case for each value that is just allowed."""
    for name, path, keys, request in members(operation):
        for what, value in edge_values(name):
            if isinstance(value, bytes):  # a stream takes 1 MiB by default, the key included
                value = value[: (1 << 20) - len("key")]
            yield Case(f"{operation}-{path}-{what}", operation, with_value(request, keys, value))
