"""Which calls fail, and how: rules, and the pure decision over them.

    Rule(Throttle(), "dynamodb", "BatchWriteItem", times=2)       the first two are throttled
    Rule(Partial(0.5), "kinesis", "PutRecords", probability=0.3)  three in ten are half refused
    Rule(Reset(applied=True), "sqs", "SendMessage", skip=4, times=1)   the fifth happens, its answer is lost

The nth call that a rule matches always meets the same verdict under the same seed, however threads interleave.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from local.aws_call import Call

ANY = "*"
DIVISIBLE = {
    ("dynamodb", "BatchGetItem"),
    ("dynamodb", "BatchWriteItem"),
    ("events", "PutEvents"),
    ("firehose", "PutRecordBatch"),
    ("kinesis", "PutRecords"),
    ("sqs", "ChangeMessageVisibilityBatch"),
    ("sqs", "DeleteMessageBatch"),
    ("sqs", "SendMessageBatch"),
}


@dataclass(frozen=True, slots=True)
class Throttle:
    """AWS says "slower": the service's own error for it, or `code` where it has several."""

    code: str | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """A share of a batch is refused, at least one of it; the rest is applied."""

    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be above 0 and at most 1; got {self.share}.")


@dataclass(frozen=True, slots=True)
class ServerError:
    """AWS breaks: a 5xx, with the request `applied` or not."""

    status: int = 500
    applied: bool = False

    def __post_init__(self) -> None:
        if not 500 <= self.status <= 599:
            raise ValueError(f"status must be a 5xx; got {self.status}. Throttles are Throttle().")


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset instead of an answer, with the request `applied` or not."""

    applied: bool = False


@dataclass(frozen=True, slots=True)
class Delay:
    """The request is held back, then applied and answered."""

    seconds: float


Fault = Throttle | Partial | ServerError | Reset | Delay


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault for some calls of one service (boto3's name of it): those that match, past `skip`, at most `times`."""

    fault: Fault
    service: str
    operation: str = ANY
    resource: str | None = None
    skip: int = 0
    times: int | None = None
    probability: float = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.fault, Partial) and (self.service, self.operation) not in DIVISIBLE:
            raise ValueError(f"Partial needs a batch operation; got {self.service} {self.operation}. {known_batches()}")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability must be between 0 and 1; got {self.probability}.")

    def matches(self, call: Call) -> bool:
        return (
            self.service == call.service
            and self.operation in (ANY, call.operation)
            and (self.resource is None or self.resource in call.resources)
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a rule has matched, and how often it has fired."""

    matched: int = 0
    fired: int = 0


@dataclass(frozen=True, slots=True)
class Injected:
    """What was done to one call: the `nth` that its rule matched, counted from 1."""

    call: Call
    rule: Rule
    nth: int

    @property
    def fault(self) -> Fault:
        return self.rule.fault


def decide(
    call: Call, rules: Sequence[Rule], tallies: Sequence[Tally], seed: int
) -> tuple[Injected | None, tuple[Tally, ...]]:
    """What befalls `call`, and the tallies after it. Every matching rule counts it; the first that is due fires."""
    injected: Injected | None = None
    after: list[Tally] = []
    for index, (rule, tally) in enumerate(zip(rules, tallies, strict=True)):
        if rule.matches(call):
            tally = replace(tally, matched=tally.matched + 1)
            if injected is None and _due(rule, tally, f"{seed}/{index}/{tally.matched}"):
                injected = Injected(call, rule, tally.matched)
                tally = replace(tally, fired=tally.fired + 1)
        after.append(tally)
    return injected, tuple(after)


def refused(injected: Injected, size: int, seed: int) -> frozenset[int]:
    """Which entries of a batch of `size` a Partial refuses."""
    if not isinstance(injected.fault, Partial):
        raise TypeError(f"only Partial refuses entries; got {injected.fault}.")
    count = min(size, max(1, round(injected.fault.share * size)))
    return frozenset(random.Random(f"{seed}/refused/{injected.nth}").sample(range(size), count))


def known_batches() -> str:
    """Which operations Partial can split, as a sentence."""
    return f"Known: {', '.join(f'{service} {operation}' for service, operation in sorted(DIVISIBLE))}."


def _due(rule: Rule, tally: Tally, seed: str) -> bool:
    if tally.matched <= rule.skip or (rule.times is not None and tally.fired >= rule.times):
        return False
    return rule.probability == 1 or random.Random(seed).random() < rule.probability
