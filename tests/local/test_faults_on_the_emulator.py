"""Through the proxy, the emulator fails as AWS does: what is refused is not there, what is applied is, once."""

import json
from contextlib import closing

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from local.endpoint import client
from local.faults import Delay, Partial, Reset, Rule, ServerError, Throttle

ONCE = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
PATIENT = Config(retries={"total_max_attempts": 3, "mode": "standard"}, s3={"addressing_style": "path"})
KEY = {"tripId": {"S": "t-1"}}


@pytest.fixture(scope="module")
def table(endpoint):
    endpoint.client("dynamodb").create_table(
        TableName="trips",
        KeySchema=[{"AttributeName": "tripId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "tripId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "trips"


@pytest.fixture(scope="module")
def stream(endpoint):
    kinesis = endpoint.client("kinesis")
    kinesis.create_stream(StreamName="events", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="events", WaiterConfig={"Delay": 1})
    return "events"


@pytest.fixture
def queue(endpoint):
    queues = endpoint.client("sqs")
    url = queues.create_queue(QueueName="quarantine")["QueueUrl"]
    yield url
    queues.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def bucket(endpoint):
    endpoint.client("s3").create_bucket(Bucket="failures")
    return "failures"


def stored(endpoint, table):
    items = endpoint.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return sorted(item["tripId"]["S"] for item in items)


def read(endpoint, stream):
    kinesis = endpoint.client("kinesis")
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]]


def writes(prefix, count):
    return [{"PutRequest": {"Item": {"tripId": {"S": f"{prefix}-{index}"}}}} for index in range(count)]


def test_unprocessed_items_are_exactly_those_not_stored(endpoint, proxy, table):
    with proxy.faults(Rule(Partial(0.4), "dynamodb", "BatchWriteItem", table)):
        answer = client("dynamodb", proxy.url).batch_write_item(RequestItems={table: writes("partial", 10)})
    back = [request["PutRequest"]["Item"]["tripId"]["S"] for request in answer["UnprocessedItems"][table]]
    there = [name for name in stored(endpoint, table) if name.startswith("partial")]
    assert (len(back), sorted(back + there)) == (4, [f"partial-{index}" for index in range(10)])


def test_a_batch_of_which_nothing_is_processed_is_an_error(proxy, table):
    tables = client("dynamodb", proxy.url, config=ONCE)
    rule = Rule(Partial(1), "dynamodb", "BatchWriteItem")
    with proxy.faults(rule), pytest.raises(tables.exceptions.ProvisionedThroughputExceededException):
        tables.batch_write_item(RequestItems={table: writes("none", 3)})


def test_unprocessed_keys_come_back(endpoint, proxy, table):
    endpoint.client("dynamodb").batch_write_item(RequestItems={table: writes("keys", 2)})
    keys = [{"tripId": {"S": "keys-0"}}, {"tripId": {"S": "keys-1"}}]
    with proxy.faults(Rule(Partial(0.5), "dynamodb", "BatchGetItem")):
        answer = client("dynamodb", proxy.url).batch_get_item(RequestItems={table: {"Keys": keys}})
    got = answer["Responses"][table] + answer["UnprocessedKeys"][table]["Keys"]
    assert sorted(item["tripId"]["S"] for item in got) == ["keys-0", "keys-1"]


def test_failed_records_are_exactly_those_not_in_the_stream(endpoint, proxy, stream):
    records = [{"Data": str(index).encode(), "PartitionKey": "1"} for index in range(10)]
    with proxy.faults(Rule(Partial(0.3), "kinesis", "PutRecords", stream)):
        answer = client("kinesis", proxy.url).put_records(StreamName=stream, Records=records)
    accepted = [
        record["Data"] for record, told in zip(records, answer["Records"], strict=True) if "ErrorCode" not in told
    ]
    assert (answer["FailedRecordCount"], read(endpoint, stream)) == (3, accepted)


def test_a_failed_record_names_its_throttle(proxy, stream):
    with proxy.faults(Rule(Partial(1), "kinesis", "PutRecords")):
        answer = client("kinesis", proxy.url).put_records(
            StreamName=stream, Records=[{"Data": b"{}", "PartitionKey": "1"}]
        )
    assert answer["Records"][0]["ErrorCode"] == "ProvisionedThroughputExceededException"


def test_failed_messages_are_exactly_those_not_in_the_queue(endpoint, proxy, queue):
    entries = [{"Id": str(index), "MessageBody": str(index)} for index in range(6)]
    with proxy.faults(Rule(Partial(0.5), "sqs", "SendMessageBatch", "quarantine")):
        answer = client("sqs", proxy.url).send_message_batch(QueueUrl=queue, Entries=entries)
    received = endpoint.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = [entry["Id"] for entry in answer["Failed"]] + [message["Body"] for message in received]
    assert (len(answer["Failed"]), sorted(told)) == (3, ["0", "1", "2", "3", "4", "5"])


def test_a_throttled_write_stands_after_the_clients_retry(endpoint, proxy, table):
    with proxy.faults(Rule(Throttle(), "dynamodb", "PutItem", times=2)):
        client("dynamodb", proxy.url, config=PATIENT).put_item(TableName=table, Item={"tripId": {"S": "retried"}})
    assert (len(proxy.injected), "retried" in stored(endpoint, table)) == (2, True)


def test_a_message_whose_answer_was_lost_is_sent_twice(endpoint, proxy, queue):
    with proxy.faults(Rule(Reset(applied=True), "sqs", "SendMessage", times=1)):
        client("sqs", proxy.url, config=PATIENT).send_message(QueueUrl=queue, MessageBody="again")
    received = endpoint.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in received] == ["again", "again"]


def test_a_reset_before_the_endpoint_stores_nothing(endpoint, proxy, table):
    tables = client("dynamodb", proxy.url, config=ONCE)
    with proxy.faults(Rule(Reset(), "dynamodb", "PutItem")), pytest.raises(ConnectionClosedError):
        tables.put_item(TableName=table, Item={"tripId": {"S": "lost"}})
    assert "lost" not in stored(endpoint, table)


def test_a_server_error_may_hide_a_write_that_stands(endpoint, proxy, table):
    tables = client("dynamodb", proxy.url, config=ONCE)
    rule = Rule(ServerError(applied=True), "dynamodb", "PutItem")
    with proxy.faults(rule), pytest.raises(tables.exceptions.InternalServerError):
        tables.put_item(TableName=table, Item={"tripId": {"S": "hidden"}})
    assert "hidden" in stored(endpoint, table)


def test_a_bucket_slows_down_and_then_stores(endpoint, proxy, bucket):
    with proxy.faults(Rule(Throttle(), "s3", "PutObject", bucket, times=1)):
        client("s3", proxy.url, config=PATIENT).put_object(Bucket=bucket, Key="a b/c", Body=b"x" * 6_000_000)
    assert (len(proxy.injected), endpoint.client("s3").head_object(Bucket=bucket, Key="a b/c")["ContentLength"]) == (
        1,
        6_000_000,
    )


def test_a_throttled_bucket_says_slow_down(proxy, bucket):
    with proxy.faults(Rule(Throttle(), "s3", "PutObject")), pytest.raises(ClientError, match="SlowDown"):
        client("s3", proxy.url, config=ONCE).put_object(Bucket=bucket, Key="k", Body=b"{}")


def test_a_delayed_read_still_gives_its_records(proxy, stream, endpoint):
    with proxy.faults(Rule(Delay(0.05), "kinesis", "GetRecords")):
        kinesis = client("kinesis", proxy.url)
        shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
        iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="LATEST")
        assert kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"] == []


def test_permissions_are_those_of_the_caller_not_of_the_proxy(proxy):
    stranger = {"aws_access_key_id": "AKIANOBODYKNOWSME", "aws_secret_access_key": "secret"}
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client("dynamodb", proxy.url, stranger).list_tables()


def test_other_services_than_the_faulty_one_are_whole(proxy, table):
    with proxy.faults(Rule(Throttle(), "kinesis")):
        answer = client("dynamodb", proxy.url, config=ONCE).describe_table(TableName=table)
    assert json.dumps(answer["Table"]["KeySchema"]) == '[{"AttributeName": "tripId", "KeyType": "HASH"}]'


def test_a_subscription_streams_through_the_proxy(endpoint, proxy, stream):
    kinesis = endpoint.client("kinesis")
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="fan-out")["Consumer"]["ConsumerARN"]
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    kinesis.put_record(StreamName=stream, Data=b"pushed", PartitionKey="1")
    answer = client("kinesis", proxy.url).subscribe_to_shard(
        ConsumerARN=consumer, ShardId=shard, StartingPosition={"Type": "TRIM_HORIZON"}
    )
    with closing(answer["EventStream"]) as events:
        pushed = next(event["SubscribeToShardEvent"]["Records"] for event in events if "SubscribeToShardEvent" in event)
    assert pushed[-1]["Data"] == b"pushed"
