"""A role that lacks a permission is an error; only what an emulator gets wrong is done in its place, and told."""

import pytest

from local.engine.live.access import Access, Verdict, verdict
from local.engine.source import Kind, source
from tests.doubles import refused
from tests.engine.doubles import STREAM, TABLE
from tests.engine.live.doubles import ROLE, MemoryClients


class Policy:
    """An IAM client that says what a policy allows."""

    def __init__(self, decision):
        self.decision = decision

    def simulate_principal_policy(self, PolicySourceArn, ActionNames, ResourceArns):  # noqa: N803
        if self.decision is None:
            raise refused("InvalidAction")
        return {"EvaluationResults": [{"EvalDecision": self.decision}]}


@pytest.mark.parametrize(
    ("kind", "allowed", "expected"),
    [
        (Kind.STREAM, False, Verdict.ROLE_LACKS_IT),
        (Kind.STREAM, None, Verdict.ROLE_LACKS_IT),
        (Kind.STREAM, True, Verdict.ENDPOINT_IS_WRONG),
        (Kind.CONSUMER, True, Verdict.ENDPOINT_IS_WRONG),
        (Kind.TABLE, False, Verdict.ROLE_LACKS_IT),
        (Kind.TABLE, True, Verdict.ENDPOINT_IS_WRONG),
        (Kind.TABLE, None, Verdict.ENDPOINT_CANNOT_SAY),
    ],
)
def test_a_denial_is_believed_unless_the_policy_says_otherwise(kind, allowed, expected):
    assert verdict(kind, allowed) is expected


def access(decision, arn, told):
    clients = MemoryClients(iam=Policy(decision), kinesis="kinesis", dynamodbstreams="tables")
    return Access(clients, source(arn), ROLE, told.append), clients


def test_where_the_endpoint_is_wrong_the_given_identity_reads_from_then_on_and_that_is_told_once():
    told: list[str] = []
    reading, clients = access("allowed", TABLE, told)
    reading.judge_denial("GetRecords")
    reading.judge_denial("GetRecords")
    reading.source_client("dynamodbstreams")
    assert (len(told), clients.roles[-1]) == (1, None)


def test_where_the_role_lacks_it_nobody_else_reads():
    told: list[str] = []
    reading, clients = access("implicitDeny", STREAM, told)
    reading.judge_denial("GetRecords")
    reading.source_client("kinesis")
    assert (told, clients.roles[-1]) == ([], ROLE)


def test_a_role_nobody_may_assume_here_is_replaced_and_told():
    class Closed(MemoryClients):
        def client(self, service, region=None, role=None, read_seconds=0.0):
            if role is not None:
                raise refused("AccessDenied", 403, "AssumeRole")
            return super().client(service, region, role)

    told: list[str] = []
    reading = Access(Closed(kinesis="kinesis"), source(STREAM), ROLE, told.append)
    assert reading.source_client("kinesis") == "kinesis"
    assert [text for text in told if text.startswith(f"{ROLE} cannot be assumed here")]


def test_an_endpoint_that_fails_says_nothing_about_a_role():
    class Failing(MemoryClients):
        def client(self, service, region=None, role=None, read_seconds=0.0):
            raise refused("ServiceUnavailable", 503, "AssumeRole")

    reading = Access(Failing(), source(STREAM), ROLE, lambda _: None)
    with pytest.raises(Exception, match="ServiceUnavailable"):
        reading.source_client("kinesis")
    assert reading.uses_role
