"""What an answer, an error or silence says about a record."""

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from producer.entry import Entry, PutError, Stored
from producer.settlement import Hopeless, Refused, StoredAt, Unanswered, remedy, settled, verdict_of, verdicts
from tests.doubles import refused

URL = {"endpoint_url": "https://kinesis.us-east-1.amazonaws.com/"}
THROTTLE = "ProvisionedThroughputExceededException"


def entry():
    return Entry(b"{}", "k", None, 1, 0.0)


def test_an_answer_speaks_of_each_record_in_its_place():
    answer = {
        "Records": [
            {"ShardId": "shard-1", "SequenceNumber": "7"},
            {"ErrorCode": THROTTLE, "ErrorMessage": "slow"},
            {"ErrorCode": "InternalFailure", "ErrorMessage": "broken"},
        ]
    }
    assert verdicts(answer, [entry(), entry(), entry()]) == [
        StoredAt("shard-1", "7"),
        Refused(THROTTLE),
        Unanswered("InternalFailure"),
    ]


def test_an_answer_of_another_length_says_nothing():
    assert verdicts({"Records": []}, [entry()]) == [Unanswered("IncompleteAnswer")]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (refused(THROTTLE), Refused(THROTTLE)),
        (refused("LimitExceededException"), Refused("LimitExceededException")),
        (refused("KMSThrottlingException"), Refused("KMSThrottlingException")),
        (EndpointConnectionError(**URL), Refused("EndpointConnectionError")),
        (ConnectTimeoutError(**URL), Refused("ConnectTimeoutError")),
        (refused("InternalFailure", 500), Unanswered("InternalFailure")),
        (ConnectionClosedError(**URL), Unanswered("ConnectionClosedError")),
        (ReadTimeoutError(**URL), Unanswered("ReadTimeoutError")),
        (refused("ResourceNotFoundException"), Hopeless("ResourceNotFoundException", "scripted")),
        (NoCredentialsError(), Hopeless("NoCredentialsError", "Unable to locate credentials")),
        (ValueError("odd"), Hopeless("ValueError", "odd", maybe_stored=True)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_says_whether_the_records_are_stored_or_may_be_or_never_will(error, verdict):
    assert verdict_of(error) == verdict


def test_a_stored_record_remembers_the_puts_that_had_no_answer():
    once = settled(entry(), Unanswered("ReadTimeoutError"), age_seconds=0.0, give_up_seconds=9.0)
    assert isinstance(once, Entry)
    assert settled(once, StoredAt("shard-1", "7"), age_seconds=1.0, give_up_seconds=9.0) == Stored("shard-1", "7", 2, 1)


def test_a_record_is_put_again_until_its_time_is_over():
    again = settled(entry(), Refused(THROTTLE), age_seconds=8.9, give_up_seconds=9.0)
    given_up = settled(entry(), Refused(THROTTLE), age_seconds=9.0, give_up_seconds=9.0)
    assert (isinstance(again, Entry), str(given_up)) == (True, f"{THROTTLE}: not taken within 9 s")


def test_a_hopeless_record_has_failed_at_once():
    error = settled(entry(), Hopeless("AccessDeniedException", "no"), age_seconds=0.0, give_up_seconds=9.0)
    assert isinstance(error, PutError)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("ResourceNotFoundException", "create it, or name another"),
        ("AccessDeniedException", "allow kinesis:PutRecords"),
        ("KMSAccessDeniedException", "kms:GenerateDataKey"),
        ("ValidationException", "(ValidationException: because)"),
    ],
)
def test_a_stream_that_refuses_for_good_is_named_with_what_to_do(code, advice):
    text = remedy("trips", Hopeless(code, "because"))
    assert ("trips" in text, advice in text) == (True, True)
