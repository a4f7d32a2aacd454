"""What a caller of `simulate` may rely on."""

import ast
from pathlib import Path

import pytest

from local.engine import (
    KinesisRecord,
    MappingRefusedError,
    TableChange,
    rulings,
    simulate,
)
from tests.engine.doubles import (
    SHARD,
    STREAM,
    TABLE,
    Scripted,
    at_once,
    counting,
    deliveries,
    mapping,
    nothing,
    numbers,
    records,
)

ENGINE = Path(rulings.__file__).parent
FOREIGN = ("boto3", "botocore", "local.emulator", "domain", "streamkit", "time", "threading", "socket", "random")


def imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def test_a_mapping_that_aws_would_refuse_raises_before_anything_is_read_or_run():
    def unread():
        pytest.fail("must not be read")
        yield from at_once(1)

    with pytest.raises(MappingRefusedError):
        simulate({"EventSourceArn": STREAM}, unread(), lambda event, context: pytest.fail("must not run"))


def test_the_time_an_invocation_takes_may_depend_on_its_event():
    timeline = simulate(
        mapping(BatchSize=2), at_once(3), nothing, invocation_seconds=lambda event: len(event["Records"])
    )
    assert [invocation.ended - invocation.at for invocation in timeline.invocations] == [2.0, 1.0]


def test_what_is_asked_how_long_an_invocation_takes_gets_an_event_of_its_own():
    def seconds(event):
        event["Records"].clear()
        return 1.0

    assert deliveries(simulate(mapping(), at_once(1), nothing, invocation_seconds=seconds)) == [[0]]


def test_a_function_without_a_timeout_has_failed_after_the_longest_there_is():
    (invocation,) = simulate(mapping(MaximumRetryAttempts=0), at_once(1), nothing, invocation_seconds=1_000).invocations
    assert (invocation.error, invocation.ended) == ("Task timed out after 900.00 seconds", 1900.0)


@pytest.mark.parametrize("function", [None, "handler.handle"])
def test_what_cannot_be_called_is_no_function(function):
    with pytest.raises(TypeError, match="function must be a handler, called with event and context; got "):
        simulate(mapping(), at_once(1), function)


def test_what_a_mapping_is_warned_of_is_told():
    settings = mapping(FilterCriteria={"Filters": [{"Pattern": '{"partitionKey": ["key"]}'}]})
    assert "AWS documents `data` only" in simulate(settings, at_once(1), nothing).explain()


def test_an_invocation_tells_what_was_sent_and_what_came_back():
    timeline = simulate(mapping(), at_once(1), lambda event, context: {"seen": numbers(event)})
    (invocation,) = timeline.invocations
    assert (invocation.at, invocation.shard_id, invocation.response, invocation.error) == (
        1000.0,
        SHARD,
        {"seen": [0]},
        None,
    )


def test_a_failed_assert_in_a_handler_is_its_error_and_pytest_fail_ends_the_test():
    (invocation,) = simulate(mapping(MaximumRetryAttempts=0), at_once(1), Scripted(AssertionError("no"))).invocations
    assert invocation.error == "AssertionError: no"
    with pytest.raises(pytest.fail.Exception):
        simulate(mapping(), at_once(1), lambda event, context: pytest.fail("seen"))


def test_a_handler_finds_itself_in_its_context():
    def handler(event, context):
        return [context.aws_request_id, context.function_name, context.get_remaining_time_in_millis()]

    (invocation,) = simulate(mapping(FunctionName="f"), at_once(1), handler, function_timeout=3).invocations
    assert invocation.response == [invocation.request_id, "f", 3000]


def test_a_handler_finds_in_its_context_when_it_is_called():
    def handler(event, context):
        times.append(context.began)
        raise RuntimeError

    times: list[float] = []
    timeline = simulate(mapping(MaximumRetryAttempts=2), at_once(1), handler)
    assert times == [invocation.at for invocation in timeline.invocations]


def test_sequence_numbers_ascend_with_the_records_given():
    later_first = [*records(1010, shard="shardId-000000000001"), *records(1000)]
    timeline = simulate(mapping(), later_first, nothing)
    assert timeline.checkpoints["shardId-000000000001"] < timeline.checkpoints[SHARD]


def test_images_given_by_the_caller_are_never_shared_with_the_handler():
    image = {"id": {"S": "7"}, "tags": {"L": [{"S": "a"}]}}

    def vandal(event, context):
        event["Records"][0]["dynamodb"]["NewImage"]["tags"]["L"].clear()

    change = TableChange(shard_id=SHARD, event_name="INSERT", keys={"id": {"S": "7"}}, new_image=image, created=1000.0)
    timeline = simulate(mapping(TABLE), [change], vandal)
    assert image["tags"] == {"L": [{"S": "a"}]}
    assert timeline.invocations[0].event["Records"][0]["dynamodb"]["NewImage"] == image


def test_a_day_of_a_thousand_quiet_shards_costs_no_more_than_its_records():
    quiet = [KinesisRecord(f"shardId-{n:012d}", "key", b'{"n":0}', 1000.0 + 86.0 * n) for n in range(1000)]
    timeline = simulate(mapping(TumblingWindowInSeconds=60), quiet, counting)
    assert len(timeline.happenings) == 3000


@pytest.mark.parametrize("path", sorted(ENGINE.glob("*.py")), ids=lambda path: path.stem)
def test_the_core_has_no_clock_no_network_and_no_domain(path):
    assert not [name for name in imports(path) if name in FOREIGN or name.startswith(("local.emulator", "domain."))]


def test_every_ruling_decides_something():
    used = "".join(path.read_text() for path in ENGINE.glob("*.py") if path.stem != "rulings")
    names = [name for name in vars(rulings) if name.isupper() and name != "MEBIBYTE"]
    assert [name for name in names if f"rulings.{name}" not in used] == []
