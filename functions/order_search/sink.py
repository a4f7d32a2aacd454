"""OpenSearch over HTTP: the index made where it is missing, then `_bulk`, each action with an outcome of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from order_search.bulk import INDEX, Action, Done, Refused, calls, outcomes
from order_search.endpoint import Endpoint
from streamkit.clients import CONNECT_SECONDS, READ_SECONDS
from streamkit.throttle import Backoff, Placed, SecondsLeft, place

ALREADY_THERE = "resource_already_exists_exception"
MOST_SHOWN = 200


class SearchRefusedError(RuntimeError):
    """OpenSearch refuses the call itself, and would again."""


class Answer(Protocol):
    """What we use of an answer."""

    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...


Send = Callable[[str, str, bytes], Answer]  # method, path, body


@dataclass(slots=True)
class SearchSink:
    """Orders in one index."""

    index: str
    send: Send
    backoff: Backoff = field(default_factory=Backoff)
    prepared: bool = False  # once in a process's life

    def write(
        self, actions: list[Action], seconds_left: SecondsLeft
    ) -> tuple[dict[Action, Done | Refused], Placed[Action]]:
        """What became of each action; one that is `left` was not taken in time."""
        found: dict[Action, Done | Refused] = {}
        placed = place(actions, lambda call: self._write(call, found), calls, self.backoff, seconds_left)
        return found, placed

    def _write(self, call: list[Action], found: dict[Action, Done | Refused]) -> list[Action]:
        """What of the call is to be sent again."""
        if not self.prepared and not self._prepare():
            return call
        answer = self.send("POST", f"/{self.index}/_bulk", b"".join(action.lines for action in call))
        if is_passing(answer.status_code):
            return call
        if answer.status_code != 200:
            raise _refused("take orders", answer)
        found.update(zip(call, outcomes(_json(answer), len(call)), strict=True))
        return [one for one in call if isinstance(outcome := found[one], Refused) and not outcome.final]

    def _prepare(self) -> bool:
        answer = self.send("PUT", f"/{self.index}", msgspec.json.encode(INDEX))
        if is_passing(answer.status_code):
            return False
        if answer.status_code != 200 and ALREADY_THERE.encode() not in answer.content:
            raise _refused("make its index", answer)
        self.prepared = True
        return True


def is_passing(status: int) -> bool:
    return status == 429 or status >= 500


def sender(endpoint: Endpoint) -> Send:
    """Sends by one pool of connections, each request with what OpenSearch knows its caller by."""
    timeouts: Any = (CONNECT_SECONDS, READ_SECONDS)  # its type knows one for both
    session = URLLib3Session(timeout=timeouts)
    authorize = _authorizer(endpoint)

    def send(method: str, path: str, body: bytes) -> Answer:
        headers = {"Content-Type": "application/x-ndjson" if path.endswith("/_bulk") else "application/json"}
        request = AWSRequest(method, f"{endpoint.url}{path}", headers=headers, data=body)
        authorize(request)
        answer: Answer = session.send(request.prepare())
        return answer

    return send


def _authorizer(endpoint: Endpoint) -> Callable[[AWSRequest], None]:
    """A signature for domains of AWS, else a password, if there is one."""
    if endpoint.region:
        return _signer(endpoint.region)

    def authorize(request: AWSRequest) -> None:
        if endpoint.authorization:
            request.headers["Authorization"] = endpoint.authorization

    return authorize


def _signer(region: str) -> Callable[[AWSRequest], None]:
    credentials = Session().get_credentials()
    if credentials is None:
        raise NoCredentialsError
    return SigV4Auth(credentials, "es", region).add_auth


def _json(answer: Answer) -> Any:
    try:
        return msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return None


def _refused(what: str, answer: Answer) -> SearchRefusedError:
    text = answer.content[:MOST_SHOWN].decode(errors="replace")
    return SearchRefusedError(
        f"OpenSearch must {what}; it answered {answer.status_code} {text!r}; "
        "check SEARCH_URL and who the domain's access policy lets in"
    )
