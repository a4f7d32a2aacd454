"""A partial result loses no entry: each is either sent upstream or given back, in order, never both."""

from hypothesis import given
from hypothesis import strategies as st

from local.aws_call import Call
from local.fault_batches import batch_of

PUT_RECORDS = Call("kinesis", "PutRecords")
SEND_BATCH = Call("sqs", "SendMessageBatch")
BATCH_WRITE = Call("dynamodb", "BatchWriteItem")
BATCH_GET = Call("dynamodb", "BatchGetItem")

sizes_and_refusals = st.integers(1, 20).flatmap(
    lambda size: st.tuples(st.just(size), st.frozensets(st.integers(0, size - 1)))
)


@given(sizes_and_refusals)
def test_put_records_answers_every_record_in_its_place(case):
    size, refused = case
    batch = batch_of(PUT_RECORDS, {"Records": [{"Data": str(index)} for index in range(size)]})
    accepted = {"FailedRecordCount": 0, "Records": [{"of": r["Data"]} for r in batch.without(refused)["Records"]]}
    answers = batch.answer(accepted, refused)["Records"]
    assert [answer.get("of") for answer in answers] == [None if i in refused else str(i) for i in range(size)]


@given(sizes_and_refusals)
def test_put_records_counts_its_failures(case):
    size, refused = case
    batch = batch_of(PUT_RECORDS, {"Records": [{}] * size})
    accepted = {"FailedRecordCount": 0, "Records": [{}] * (size - len(refused))}
    assert batch.answer(accepted, refused)["FailedRecordCount"] == len(refused)


@given(sizes_and_refusals)
def test_a_queue_batch_answers_every_id_once(case):
    size, refused = case
    batch = batch_of(SEND_BATCH, {"QueueUrl": "q", "Entries": [{"Id": str(index)} for index in range(size)]})
    answer = batch.answer({"Successful": batch.without(refused)["Entries"]}, refused)
    assert sorted(int(e["Id"]) for e in answer["Successful"] + answer["Failed"]) == list(range(size))


@given(
    st.dictionaries(st.sampled_from(["trips", "orders"]), st.lists(st.integers(), min_size=1), min_size=1), st.data()
)
def test_batch_write_gives_back_exactly_what_it_did_not_send(tables, data):
    batch = batch_of(BATCH_WRITE, {"RequestItems": tables})
    refused = data.draw(st.frozensets(st.integers(0, batch.size - 1)))
    sent = batch.without(refused)["RequestItems"]
    back = batch.answer({"UnprocessedItems": {}}, refused)["UnprocessedItems"]
    assert {table: sorted(sent.get(table, []) + back.get(table, [])) for table in tables} == {
        table: sorted(requests) for table, requests in tables.items()
    }


def test_what_the_endpoint_left_unprocessed_itself_comes_back_too():
    batch = batch_of(BATCH_WRITE, {"RequestItems": {"trips": [1, 2, 3]}})
    answer = batch.answer({"UnprocessedItems": {"trips": [1]}}, {2})
    assert answer["UnprocessedItems"] == {"trips": [1, 3]}


def test_batch_get_gives_refused_keys_back_with_their_tables_options():
    batch = batch_of(BATCH_GET, {"RequestItems": {"trips": {"Keys": [1, 2], "ConsistentRead": True}}})
    answer = batch.answer({"Responses": {"trips": ["one"]}, "UnprocessedKeys": {}}, {1})
    assert answer == {
        "Responses": {"trips": ["one"]},
        "UnprocessedKeys": {"trips": {"Keys": [2], "ConsistentRead": True}},
    }
