# SPDX-License-Identifier: Apache-2.0
"""CloudWatch metrics through boto3: what is known of a known load, and what clients put."""

import copy
import gzip
import itertools
import json
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError

from support.clients import aws_client
from support.fors_server import VERIFIED_CREDENTIALS
from support.raw_kinesis import WELL_FORMED

NUMBERS = itertools.count(1)
ALL = ["Sum", "SampleCount", "Minimum", "Maximum", "Average"]
PROTOCOLS = ("json", "smithy-rpc-v2-cbor", "query")
SHARD = "shardId-000000000000"
JSON = "application/x-amz-json-1.0"
FORM = "application/x-www-form-urlencoded"
RPC_PATH = "/service/GraniteServiceVersion20100801/operation/PutMetricData"


@pytest.fixture(scope="module")
def cloudwatch(fors):
    """boto3's CloudWatch client."""
    return aws_client(fors, "cloudwatch")


@pytest.fixture(params=PROTOCOLS)
def spoken(fors, request):
    """The same in each protocol that SDKs of today use for CloudWatch."""
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def load_changed(service, kind, **more):
        loaded = load(service, kind, **more)
        if (service, kind) == ("cloudwatch", "service-2"):
            loaded = copy.deepcopy(loaded)
            loaded["metadata"].update(protocol=request.param, protocols=[request.param])
        return loaded

    loader.load_service_model = load_changed
    client = boto3.Session(botocore_session=session).client(
        "cloudwatch",
        endpoint_url=fors.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    assert client.meta.service_model.resolved_protocol == request.param
    return client


@pytest.fixture
def stream(kinesis):
    """The name of a new stream of one shard."""
    name = f"metrics-{next(NUMBERS)}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    yield name
    kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def dimensions(**members):
    """In the form of the API."""
    return [{"Name": name, "Value": value} for name, value in members.items()]


def around_now():
    """A range that holds what was done within these minutes."""
    now = datetime.now(timezone.utc)
    return {"StartTime": now - timedelta(minutes=10), "EndTime": now + timedelta(minutes=2)}


def statistics(cloudwatch, metric, space="AWS/Kinesis", **members):
    """Sum, samples, minimum and maximum of a metric over the last minutes."""
    answer = cloudwatch.get_metric_statistics(
        Namespace=space,
        MetricName=metric,
        Dimensions=dimensions(**members),
        Period=60,
        Statistics=ALL,
        **around_now(),
    )
    points = answer["Datapoints"]
    if not points:
        return None
    for point in points:
        assert point["Average"] == pytest.approx(point["Sum"] / point["SampleCount"])
    return (
        sum(point["Sum"] for point in points),
        sum(point["SampleCount"] for point in points),
        min(point["Minimum"] for point in points),
        max(point["Maximum"] for point in points),
    )


def read_all(kinesis, stream):
    """The records of one GetRecords from the first one on."""
    at = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return kinesis.get_records(ShardIterator=at)["Records"]


def test_a_known_load_gives_known_sums_and_counts(kinesis, cloudwatch, stream):
    for size in (10, 20, 30):
        kinesis.put_record(StreamName=stream, Data=b"x" * size, PartitionKey="key")
    entries = [{"Data": b"y" * 100, "PartitionKey": "k"}] * 5
    kinesis.put_records(StreamName=stream, Records=entries)
    assert len(read_all(kinesis, stream)) == 8

    def of_stream(metric):
        return statistics(cloudwatch, metric, StreamName=stream)

    assert of_stream("PutRecord.Success") == (3, 3, 1, 1)
    assert of_stream("PutRecord.Bytes") == (69, 3, 13, 33)
    assert of_stream("PutRecord.Latency")[1] == 3 and of_stream("PutRecord.Latency")[2] > 0
    assert of_stream("PutRecords.Success") == (1, 1, 1, 1)
    assert of_stream("PutRecords.Bytes") == (505, 1, 505, 505)
    assert of_stream("PutRecords.Records") == (5, 1, 5, 5)
    assert of_stream("PutRecords.TotalRecords") == (5, 1, 5, 5)
    assert of_stream("PutRecords.SuccessfulRecords") == (5, 1, 5, 5)
    assert of_stream("PutRecords.FailedRecords") == (0, 1, 0, 0)
    assert of_stream("PutRecords.ThrottledRecords") == (0, 1, 0, 0)
    assert of_stream("PutRecords.Latency")[1] == 1
    assert of_stream("IncomingRecords") == (8, 4, 1, 5)
    assert of_stream("IncomingBytes") == (574, 4, 13, 505)
    assert of_stream("WriteProvisionedThroughputExceeded") == (0, 4, 0, 0)
    assert of_stream("GetRecords.Success") == (1, 1, 1, 1)
    assert of_stream("GetRecords.Records") == (8, 1, 8, 8)
    assert of_stream("GetRecords.Bytes") == (574, 1, 574, 574)
    assert of_stream("GetRecords.IteratorAgeMilliseconds") == (0, 1, 0, 0)
    assert of_stream("GetRecords.IteratorAge") == (0, 1, 0, 0)
    assert of_stream("GetRecords.Latency")[1] == 1
    assert of_stream("ReadProvisionedThroughputExceeded") == (0, 1, 0, 0)


def test_get_metric_data_gives_the_same(kinesis, cloudwatch, stream):
    for _ in range(7):
        kinesis.put_record(StreamName=stream, Data=b"1234", PartitionKey="k")
    queries = [
        {
            "Id": f"q{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Kinesis",
                    "MetricName": metric,
                    "Dimensions": dimensions(StreamName=stream),
                },
                "Period": 3600,
                "Stat": stat,
            },
        }
        for number, (metric, stat) in enumerate(
            [
                ("IncomingRecords", "Sum"),
                ("IncomingBytes", "Sum"),
                ("IncomingRecords", "SampleCount"),
                ("IncomingBytes", "Average"),
                ("Unheard", "Sum"),
            ]
        )
    ]
    results = cloudwatch.get_metric_data(MetricDataQueries=queries, **around_now())
    found = {each["Id"]: each["Values"] for each in results["MetricDataResults"]}
    assert [sum(found[name]) for name in ("q0", "q1", "q2", "q4")] == [7, 35, 7, 0]
    assert set(found["q3"]) == {5}
    assert {each["StatusCode"] for each in results["MetricDataResults"]} == {"Complete"}
    assert results["MetricDataResults"][0]["Label"] == "IncomingRecords"


def test_throttled_records_are_counted(kinesis, cloudwatch, stream):
    entries = [{"Data": b"x" * 400_000, "PartitionKey": "k"}] * 4
    failed = kinesis.put_records(StreamName=stream, Records=entries)["FailedRecordCount"]
    assert failed > 0
    sums = statistics(cloudwatch, "WriteProvisionedThroughputExceeded", StreamName=stream)
    assert sums[0] == failed
    sums = statistics(cloudwatch, "PutRecords.ThrottledRecords", StreamName=stream)
    assert sums[0] == failed
    throttled = 0
    at = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    impatient = aws_client_without_retries(kinesis)
    for _ in range(8):
        try:
            impatient.get_records(ShardIterator=at)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ProvisionedThroughputExceededException"
            throttled += 1
    sums = statistics(cloudwatch, "ReadProvisionedThroughputExceeded", StreamName=stream)
    assert throttled > 0 and sums[:2] == (throttled, 8)
    assert statistics(cloudwatch, "GetRecords.Success", StreamName=stream)[0] == 8 - throttled


def aws_client_without_retries(client):
    """The same client, but each call is one request."""
    config = client.meta.config.merge(
        botocore.config.Config(retries={"mode": "standard", "total_max_attempts": 1})
    )
    return boto3.client(
        "kinesis",
        endpoint_url=client.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )


def test_shards_have_metrics_of_their_own_when_asked(kinesis, cloudwatch, stream):
    kinesis.put_record(StreamName=stream, Data=b"1", PartitionKey="k")
    shard = {"StreamName": stream, "ShardId": SHARD}
    assert statistics(cloudwatch, "IncomingRecords", **shard) is None
    wanted = ["IncomingRecords", "OutgoingBytes"]
    answer = kinesis.enable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=wanted)
    assert answer["StreamName"] == stream and answer["StreamARN"].endswith(stream)
    assert (answer["CurrentShardLevelMetrics"], answer["DesiredShardLevelMetrics"]) == ([], wanted)
    kinesis.put_record(StreamName=stream, Data=b"22", PartitionKey="k")
    read_all(kinesis, stream)
    assert statistics(cloudwatch, "IncomingRecords", **shard) == (1, 1, 1, 1)
    assert statistics(cloudwatch, "IncomingBytes", **shard) is None
    assert statistics(cloudwatch, "OutgoingBytes", **shard) == (5, 1, 5, 5)
    described = kinesis.describe_stream(StreamName=stream)["StreamDescription"]
    assert described["EnhancedMonitoring"] == [{"ShardLevelMetrics": wanted}]

    answer = kinesis.enable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=["ALL"])
    every = answer["DesiredShardLevelMetrics"]
    assert len(every) == 7 and "ALL" not in every
    answer = kinesis.disable_enhanced_monitoring(
        StreamName=stream, ShardLevelMetrics=["IncomingRecords"]
    )
    assert answer["CurrentShardLevelMetrics"] == every
    assert set(every) - set(answer["DesiredShardLevelMetrics"]) == {"IncomingRecords"}
    kinesis.put_record(StreamName=stream, Data=b"333", PartitionKey="k")
    assert statistics(cloudwatch, "IncomingRecords", **shard) == (1, 1, 1, 1)
    assert statistics(cloudwatch, "IncomingBytes", **shard) == (4, 1, 4, 4)
    assert statistics(cloudwatch, "WriteProvisionedThroughputExceeded", **shard)[0] == 0
    answer = kinesis.disable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=["ALL"])
    assert answer["DesiredShardLevelMetrics"] == []


def test_consumers_have_metrics_of_their_own(kinesis, cloudwatch, stream):
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"][
        "StreamARN"
    ]
    made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]
    consumer = made["ConsumerARN"]
    while True:
        answer = kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]
        if answer["ConsumerStatus"] == "ACTIVE":
            break
        time.sleep(0.02)
    for _ in range(3):
        kinesis.put_record(StreamName=stream, Data=b"12345", PartitionKey="k")
    start = {"ConsumerARN": consumer, "ShardId": SHARD}
    start["StartingPosition"] = {"Type": "TRIM_HORIZON"}
    events = iter(kinesis.subscribe_to_shard(**start)["EventStream"])
    assert len(next(events)["SubscribeToShardEvent"]["Records"]) == 3
    with pytest.raises(ClientError, match="ResourceInUseException"):
        kinesis.subscribe_to_shard(**start)
    of = {"StreamName": stream, "ConsumerName": "reader"}
    assert statistics(cloudwatch, "SubscribeToShard.Success", **of) == (1, 1, 1, 1)
    assert statistics(cloudwatch, "SubscribeToShard.RateExceeded", **of)[0] == 1
    assert statistics(cloudwatch, "SubscribeToShardEvent.Success", **of)[0] == 1
    assert statistics(cloudwatch, "SubscribeToShardEvent.Records", **of)[0] == 3
    assert statistics(cloudwatch, "SubscribeToShardEvent.Bytes", **of)[0] == 18
    assert statistics(cloudwatch, "SubscribeToShardEvent.MillisBehindLatest", **of)[0] == 0


def test_clients_metrics_in_each_protocol(spoken):
    space = f"Mine {next(NUMBERS)} & <more>"
    now = datetime.now(timezone.utc).replace(second=0, microsecond=0)
    of = dimensions(Stage="é/1", Area="b")
    seconds = {"MetricName": "m", "Dimensions": of, "Unit": "Seconds"}
    spoken.put_metric_data(
        Namespace=space,
        MetricData=[
            {**seconds, "Value": 3.5},
            {**seconds, "Values": [1, 2], "Counts": [2, 3]},
            {
                **seconds,
                "Dimensions": of[::-1],
                "Timestamp": now - timedelta(hours=3),
                "StatisticValues": {"SampleCount": 4, "Sum": 8.25, "Minimum": 0.25, "Maximum": 5},
            },
        ],
    )
    [listed] = spoken.list_metrics(Namespace=space)["Metrics"]
    assert (listed["Namespace"], listed["MetricName"]) == (space, "m")
    assert sorted(listed["Dimensions"], key=str) == sorted(of, key=str)
    answer = spoken.get_metric_statistics(
        Namespace=space,
        MetricName="m",
        Dimensions=of,
        StartTime=now - timedelta(hours=4),
        EndTime=now + timedelta(minutes=2),
        Period=3600 * 24,
        Statistics=ALL,
    )
    [point] = answer["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Unit"]) == (19.75, 10, "Seconds")
    assert (point["Minimum"], point["Maximum"]) == (0.25, 5)
    answer = spoken.get_metric_data(
        MetricDataQueries=[
            {
                "Id": "a",
                "Label": "mine",
                "MetricStat": {
                    "Metric": {"Namespace": space, "MetricName": "m", "Dimensions": of},
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
        ],
        StartTime=now - timedelta(hours=4),
        EndTime=now + timedelta(minutes=2),
        ScanBy="TimestampAscending",
    )
    [result] = answer["MetricDataResults"]
    assert (result["Label"], sum(result["Values"])) == ("mine", 19.75)
    assert (result["Values"][0], result["Timestamps"][0]) == (8.25, now - timedelta(hours=3))
    with pytest.raises(ClientError) as raised:
        spoken.get_metric_statistics(
            Namespace=space, MetricName="m", StartTime=now, EndTime=now, Period=60, Statistics=ALL
        )
    assert raised.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError, match="DescribeAlarms is not implemented"):
        spoken.describe_alarms()


def put_compressed(cloudwatch):
    """Puts enough for the SDK to compress it; all of it must be known afterwards."""
    space = f"Compressed {next(NUMBERS)}"
    encodings = []
    cloudwatch.meta.events.register(
        "before-send.cloudwatch.PutMetricData",
        lambda request, **_: encodings.append(request.headers.get("Content-Encoding")),
    )
    names = {f"a metric whose name is somewhat long, number {n}" for n in range(300)}
    cloudwatch.put_metric_data(
        Namespace=space, MetricData=[{"MetricName": name, "Value": 1} for name in names]
    )
    assert encodings == [b"gzip"]
    listed = cloudwatch.list_metrics(Namespace=space)["Metrics"]
    assert {metric["MetricName"] for metric in listed} == names


def test_what_sdks_compress_in_each_protocol(spoken):
    put_compressed(spoken)


def test_the_signature_is_of_the_compressed_body(fors_verified):
    put_compressed(aws_client(fors_verified, "cloudwatch"))


@pytest.mark.parametrize(
    "status, body",
    [
        (413, gzip.compress(bytes(5 << 20))),
        (400, gzip.compress(b"x" * 100)[:-1]),
        (400, b"not compressed at all"),
    ],
)
@pytest.mark.parametrize("media", ["application/cbor", FORM])
def test_what_cannot_be_unpacked_is_refused(fors, status, body, media):
    raised = refusal_of(fors, body, {"Content-Type": media, "Content-Encoding": "gzip"})
    assert raised.code == status
    name = {413: "RequestEntityTooLargeException", 400: "SerializationException"}[status]
    assert raised.headers["x-amzn-errortype"] == name
    if media == FORM:
        assert f"<Code>{name}</Code>".encode() in raised.read()


@pytest.mark.parametrize("media", ["application/cbor", FORM, JSON])
def test_no_body_is_above_four_mebibytes(fors, media):
    action = b"Action=PutMetricData&Version=2010-08-01&"
    target = {"X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData"}
    for body, status in ((action.ljust(4 << 20, b"&"), 400), (action.ljust(5 << 20, b"&"), 413)):
        assert refusal_of(fors, body, {"Content-Type": media, **target}).code == status


def test_who_packs_a_form_badly_must_be_known_to_hear_so(fors):
    asked = {"Content-Type": FORM, "Content-Encoding": "gzip", "Authorization": None}
    raised = refusal_of(fors, b"not compressed at all", asked)
    assert b"<Code>MissingAuthenticationToken</Code>" in raised.read()


def refusal_of(fors, body, headers):
    """A PutMetricData that must be refused, as it comes."""
    asked = {"Authorization": WELL_FORMED, "X-Amz-Date": "20260101T000000Z", **headers}
    path = "/" if headers["Content-Type"] == FORM else RPC_PATH
    request = urllib.request.Request(
        fors.endpoint + path,
        data=body,
        headers={name: value for name, value in asked.items() if value},
    )
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request, timeout=20)
    return raised.value


NOW = datetime.now(timezone.utc)
WRONG = [
    ("InvalidParameterCombination", {"MetricName": "m"}),
    ("InvalidParameterCombination", {"MetricName": "m", "Value": 1, "Values": [1]}),
    ("InvalidParameterCombination", {"MetricName": "m", "Values": [1], "Counts": [1, 2]}),
    ("InvalidParameterValue", {"MetricName": "m", "Values": [1], "Counts": [0]}),
    ("InvalidParameterValue", {"MetricName": "m", "Value": 1e109}),
    ("InvalidParameterValue", {"MetricName": "m", "Values": [1], "Counts": [1e109]}),
    ("InvalidParameterValue", {"MetricName": "m", "Value": 1, "StorageResolution": 1}),
    ("InvalidParameterValue", {"MetricName": "m", "Value": 1, "Timestamp": NOW - timedelta(15)}),
    ("InvalidParameterValue", {"MetricName": "m", "Value": 1, "Timestamp": NOW + timedelta(1)}),
    ("ValidationError", {"MetricName": "m", "Value": 1, "Unit": "Furlongs"}),
]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused_as_a_value(spoken, value):
    with pytest.raises(ClientError) as raised:
        spoken.put_metric_data(Namespace="S", MetricData=[{"MetricName": "m", "Value": value}])
    assert raised.value.response["Error"]["Code"] == "InvalidParameterValue"


@pytest.mark.parametrize("error, datum", WRONG)
def test_a_wrong_datum_is_refused_whole(cloudwatch, error, datum):
    space = f"Wrong {next(NUMBERS)}"
    right = {"MetricName": "m", "Value": 1}
    with pytest.raises(ClientError) as raised:
        cloudwatch.put_metric_data(Namespace=space, MetricData=[right, datum])
    assert raised.value.response["Error"]["Code"] == error
    assert cloudwatch.list_metrics(Namespace=space)["Metrics"] == []


def test_what_is_not_built_is_refused(cloudwatch):
    datum = [{"MetricName": "m", "Value": 1}]
    with pytest.raises(ClientError, match="InvalidParameterValue.*reserved"):
        cloudwatch.put_metric_data(Namespace="AWS/Mine", MetricData=datum)
    asked = {"Namespace": "S", "MetricName": "m", **around_now()}
    with pytest.raises(ClientError, match="ExtendedStatistics are not implemented"):
        cloudwatch.get_metric_statistics(Period=60, ExtendedStatistics=["p99"], **asked)
    with pytest.raises(ClientError, match="must be a multiple of 60"):
        cloudwatch.get_metric_statistics(Period=30, Statistics=ALL, **asked)
    asked["StartTime"] = NOW - timedelta(days=3)
    with pytest.raises(ClientError, match="exceeds the limit of 1,440"):
        cloudwatch.get_metric_statistics(Period=60, Statistics=ALL, **asked)
    with pytest.raises(ClientError, match="no Expression"):
        cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "a", "Expression": "1+1"}], **around_now()
        )


@pytest.mark.parametrize(
    "authorization, query_name",
    [
        (None, "MissingAuthenticationToken"),
        (WELL_FORMED.partition(",")[0], "IncompleteSignature"),
        (WELL_FORMED, "InvalidClientTokenId"),
        (WELL_FORMED.replace("=test/", f"={VERIFIED_CREDENTIALS[0]}/"), "SignatureDoesNotMatch"),
    ],
)
def test_who_is_not_known_hears_so_in_forms_words(fors_verified, authorization, query_name):
    asked = {"Content-Type": FORM, "Authorization": authorization}
    raised = refusal_of(fors_verified, b"Action=PutMetricData&Version=2010-08-01", asked)
    assert f"<Code>{query_name}</Code>".encode() in raised.read()


def test_the_end_of_time_is_asked_for(fors):
    target = {"X-Amz-Target": "GraniteServiceVersion20100801.GetMetricStatistics"}
    asked = {"Namespace": "S", "MetricName": "m", "Period": 60, "Statistics": ["Sum"]}
    body = json.dumps({**asked, "StartTime": 0, "EndTime": 1e300}).encode()
    raised = refusal_of(fors, body, {"Content-Type": JSON, **target})
    assert b"exceeds the limit of 1,440" in raised.read()


def test_metrics_are_listed_and_filtered(kinesis, cloudwatch, stream):
    kinesis.put_record(StreamName=stream, Data=b"1", PartitionKey="k")
    mine = {"Namespace": "AWS/Kinesis", "Dimensions": dimensions(StreamName=stream)}
    names = [metric["MetricName"] for metric in cloudwatch.list_metrics(**mine)["Metrics"]]
    assert sorted(names) == [
        "IncomingBytes",
        "IncomingRecords",
        "PutRecord.Bytes",
        "PutRecord.Latency",
        "PutRecord.Success",
        "WriteProvisionedThroughputExceeded",
    ]
    [one] = cloudwatch.list_metrics(MetricName="IncomingBytes", **mine)["Metrics"]
    assert one["Dimensions"] == dimensions(StreamName=stream)
    assert cloudwatch.list_metrics(RecentlyActive="PT3H", **mine)["Metrics"]
    other = aws_metrics_of_another_region(cloudwatch)
    assert other.list_metrics(**mine)["Metrics"] == []


def aws_metrics_of_another_region(client):
    """Metrics belong to a region."""
    return boto3.client(
        "cloudwatch",
        endpoint_url=client.meta.endpoint_url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_prometheus_reads_the_same(fors, kinesis, stream):
    for _ in range(3):
        kinesis.put_record(StreamName=stream, Data=b"1234", PartitionKey="k")
    with urllib.request.urlopen(f"{fors.endpoint}/_fors/metrics", timeout=10) as page:
        lines = page.read().decode().splitlines()
    labels = (
        '{account="000000000000",region="us-east-1",namespace="AWS/Kinesis",'
        f'metric="IncomingBytes",StreamName="{stream}"}}'
    )
    assert f"fors_metric_sum{labels} 15" in lines
    assert f"fors_metric_count{labels} 3" in lines


def test_what_was_known_outlives_a_restart(fors, kinesis, cloudwatch, stream):
    for _ in range(4):
        kinesis.put_record(StreamName=stream, Data=b"12", PartitionKey="k")
    cloudwatch.put_metric_data(Namespace="Kept", MetricData=[{"MetricName": "m", "Value": 9}])
    fors.restart()
    kinesis.put_record(StreamName=stream, Data=b"12", PartitionKey="k")
    assert statistics(cloudwatch, "IncomingBytes", StreamName=stream) == (15, 5, 3, 3)
    fors.kill9()
    fors.restart()
    assert statistics(cloudwatch, "m", space="Kept") == (9, 1, 9, 9)
    assert statistics(cloudwatch, "IncomingBytes", StreamName=stream)[0] >= 12
    assert cloudwatch.list_metrics(Namespace="Kept")["Metrics"]
