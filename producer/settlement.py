"""What the answer to a PutRecords call, or its absence, means for each record in it.

stored        it has a sequence number
refused       Kinesis did not take it: put it again
unanswered    nobody knows: put it again, and a copy may be in the stream already
hopeless      no repetition mends it: it failed, and so will all others
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
    SSLError,
)

from producer.entry import Entry, PutError, Stored
from streamkit.throttle import CALL_ERRORS, THROTTLES, error_name, is_passing

# A request that met one of these never left this machine.
NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
NEVER_SENDABLE = (NoCredentialsError, ParamValidationError)
THROTTLED = THROTTLES | {"KMSThrottlingException", "LimitExceededException"}


class StoredAt(msgspec.Struct, frozen=True, gc=False):
    shard_id: str
    sequence_number: str


@dataclass(frozen=True, slots=True)
class Refused:
    code: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    code: str


@dataclass(frozen=True, slots=True)
class Hopeless:
    code: str
    message: str
    maybe_stored: bool = False


Verdict = StoredAt | Refused | Unanswered | Hopeless


def verdicts(answer: Mapping[str, Any], entries: Sequence[Entry]) -> list[Verdict]:
    """One for each entry, by the answer to the request that carried them."""
    results = answer["Records"]
    if len(results) != len(entries):
        return [Unanswered("IncompleteAnswer")] * len(entries)
    return [_verdict(result) for result in results]


def _verdict(result: Mapping[str, Any]) -> Verdict:
    code = result.get("ErrorCode")
    if code is None:
        return StoredAt(result["ShardId"], result["SequenceNumber"])
    # InternalFailure leaves open whether the record was stored before something broke.
    return Refused(code) if code in THROTTLED else Unanswered(code)


def verdict_of(error: Exception) -> Verdict:
    """The one of every entry whose request met this error instead of an answer."""
    code = error_name(error)
    if code in THROTTLED:
        return Refused(code)
    if isinstance(error, NOT_SENT):
        return Refused(code)
    if isinstance(error, CALL_ERRORS) and is_passing(error):
        return Unanswered(code)
    # What AWS itself refused with a 4xx, and what was never sent, is not in the stream; of anything else nobody knows.
    told = isinstance(error, (ClientError, *NEVER_SENDABLE))
    return Hopeless(code, _message(error), maybe_stored=not told)


def settled(entry: Entry, verdict: Verdict, age_seconds: float, give_up_seconds: float) -> Stored | PutError | Entry:
    """Where the entry is now, or why it has failed, or the entry as it must be put again."""
    if isinstance(verdict, StoredAt):
        return Stored(verdict.shard_id, verdict.sequence_number, entry.puts + 1, entry.unanswered)
    unanswered = entry.unanswered + maybe_stored(verdict)
    if isinstance(verdict, Hopeless):
        return PutError(f"{verdict.code}: {verdict.message}", unanswered)
    if age_seconds >= give_up_seconds:
        return PutError(f"{verdict.code}: not taken within {give_up_seconds:g} s", unanswered)
    return msgspec.structs.replace(entry, puts=entry.puts + 1, unanswered=unanswered)


def maybe_stored(verdict: Verdict) -> bool:
    """Whether this put may have left a copy that was not acknowledged."""
    return isinstance(verdict, Unanswered) or (isinstance(verdict, Hopeless) and verdict.maybe_stored)


def remedy(stream: str, verdict: Hopeless) -> str:
    """What happened to the stream, and what to do about it."""
    what = f'stream "{stream}" takes no records ({verdict.code}: {verdict.message})'
    match verdict.code:
        case "ResourceNotFoundException":
            return f"{what}; it does not exist, or no longer: create it, or name another."
        case "AccessDeniedException":
            return f"{what}; allow kinesis:PutRecords and kinesis:ListShards to whoever puts."
        case code if code.startswith("KMS"):
            return f"{what}; the stream's key must be enabled, and whoever puts allowed kms:GenerateDataKey on it."
        case _:
            return f"{what}."


def _message(error: Exception) -> str:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Message") or "no message"
    return str(error) or ("unknown" if isinstance(error, BotoCoreError) else repr(error))
