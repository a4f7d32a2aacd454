"""What a function's answer says about its batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.engine import rulings
from local.engine.delivery import Batch, Failed, FailedAt, Outcome, Succeeded, Throttled, TooLarge
from local.engine.entries import compact
from local.engine.function import Answer
from local.engine.mapping import Mapping

EMPTY: tuple[Any, ...] = (None, "", [], {})
NOT_JSON = Failed(function_error=None, reason="the response is not JSON")
TOO_DEEP = Failed(function_error=None, reason="the response is nested too deeply to read")
UNREADABLE = Failed(
    function_error=None, reason='the response is not {"batchItemFailures": [{"itemIdentifier": "..."}]}'
)
FOREIGN = Failed(function_error=None, reason="the response names a record that is not in the batch")
NO_STATE = Failed(function_error=None, reason="the response has no state, as a tumbling window needs")
NOT_UTF8 = Failed(function_error=None, reason="the state holds half a surrogate pair, which UTF-8 cannot carry")


def outcome(answer: Answer, batch: Batch, mapping: Mapping) -> Outcome:
    """What an answer means for a batch of a stream."""
    if answer.too_large:
        return TooLarge()
    if answer.throttled:
        return Throttled()
    if answer.error is not None:
        return Failed(answer.function_error, answer.error)
    try:
        return _outcome_of_response(
            answer.response,
            batch,
            windowed=mapping.tumbling_window_seconds > 0,
            report_item_failures=mapping.report_item_failures,
        )
    except UnicodeEncodeError:
        return NOT_UTF8
    except ValueError:
        return NOT_JSON
    except RecursionError:
        return TOO_DEEP


def _outcome_of_response(response: Any, batch: Batch, *, windowed: bool, report_item_failures: bool) -> Outcome:
    state = None
    if windowed:
        if not isinstance(response, dict) or not _is_state(response.get("state")):
            return NO_STATE
        state = compact(response["state"])
        state.encode()  # a lone surrogate could be neither measured nor sent on
    if not report_item_failures:
        return Succeeded(state)
    reported = reported_failures(response)
    if reported is None:
        return UNREADABLE
    if not reported:
        return Succeeded(state)
    known = {entry.sequence_number for entry in batch.entries}
    if not known.issuperset(reported):
        return FOREIGN
    return FailedAt(min(reported, key=int), state)


def _is_state(state: Any) -> bool:
    return isinstance(state, dict) if rulings.STATE_MUST_BE_AN_OBJECT else state is not None


def reported_failures(response: Any) -> list[str] | None:
    """The identifiers a response lists; [] says all is well, None that the response fails everything.

    {"batchItemFailures": [{"itemIdentifier": "7"}]}  ->  ["7"]
    {}, {"batchItemFailures": null}, null, ""         ->  []
    {"batchItemFailures": [{"id": "7"}]}              ->  None
    """
    if response in EMPTY:
        return []
    if not isinstance(response, dict):
        return None if rulings.UNREADABLE_RESPONSE_FAILS else []
    listed = response.get("batchItemFailures")
    if listed is None:
        return []
    if not isinstance(listed, list):
        return None
    return _identifiers(listed)


def _identifiers(listed: Sequence[Any]) -> list[str] | None:
    identifiers = []
    for item in listed:
        if item == {} and not rulings.EMPTY_ITEM_FAILS_THE_BATCH:
            continue
        identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
        if not isinstance(identifier, str) or not identifier:
            return None
        identifiers.append(identifier)
    return identifiers
