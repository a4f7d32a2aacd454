"""With whose credentials a mapping's source and destination are used: the function's own role, wherever that can be.

A role that may not read is an error here as it is on AWS. Only what an emulator gets wrong is done as the given
identity instead, and told: a role it lets nobody assume, and reads it denies to every role whose policy names a
resource (MiniStack: table streams, subscriptions). IAM itself is asked whether the role's policy allows the call.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError

from local.engine.live.clients import Clients
from local.engine.live.troubles import AwsError, Trouble, status, trouble
from local.engine.source import Kind, Source


class Verdict(Enum):
    ROLE_LACKS_IT = "the role's policy does not allow it"
    ENDPOINT_IS_WRONG = "its policy allows it, the endpoint refuses it all the same"
    ENDPOINT_CANNOT_SAY = "the endpoint cannot say whether its policy allows it"


def verdict(kind: Kind, allowed_by_policy: bool | None) -> Verdict:
    """What a denied read means. Where nobody can say, only the denial of a table's stream is not believed."""
    if allowed_by_policy is None:
        return Verdict.ENDPOINT_CANNOT_SAY if kind is Kind.TABLE else Verdict.ROLE_LACKS_IT
    return Verdict.ENDPOINT_IS_WRONG if allowed_by_policy else Verdict.ROLE_LACKS_IT


class Access:
    """Used from threads. `tell` is called when the given identity takes the role's place."""

    def __init__(self, clients: Clients, source: Source, role: str, tell: Callable[[str], None]) -> None:
        self.clients = clients
        self.source = source
        self.role = role
        self.tell = tell
        self.uses_role = True
        self.reads_as_role = True

    def source_client(self, service: str) -> Any:
        """For reading."""
        return self._client(service, self.source.region) if self.reads_as_role else self._given(service)

    def client(self, service: str, region: str | None = None) -> Any:
        """For destinations."""
        return self._client(service, region or self.source.region)

    def forget(self) -> None:
        """Credentials went stale."""
        self.clients.forget(self.role)

    def judge_denial(self, operation: str) -> Verdict:
        """What a denied read of the source means; where the endpoint is wrong, the given identity reads from now on."""
        found = verdict(self.source.kind, self._allowed_by_policy(operation))
        if found is not Verdict.ROLE_LACKS_IT and self.uses_role and self.reads_as_role:
            self.reads_as_role = False
            self.tell(
                f"{self.role} is denied {operation} on {self.source.arn}: {found.value}; "
                "it is read as the given identity"
            )
        return found

    def _client(self, service: str, region: str) -> Any:
        if self.uses_role:
            try:
                return self.clients.client(service, region, self.role)
            except ClientError as error:
                if trouble(error) in (Trouble.THROTTLED, Trouble.STALE) or status(error) in (500, 502, 503, 504):
                    raise  # says nothing about the role
                self.uses_role = False
                self.tell(f"{self.role} cannot be assumed here ({error}); the given identity is used in its place")
        return self.clients.client(service, region)

    def _given(self, service: str) -> Any:
        return self.clients.client(service, self.source.region)

    def _allowed_by_policy(self, operation: str) -> bool | None:
        service = self.source.arn.split(":")[2]
        resource = self.source.arn if operation == "SubscribeToShard" else self.source.stream_arn
        try:
            answer = self.clients.client("iam").simulate_principal_policy(
                PolicySourceArn=self.role, ActionNames=[f"{service}:{operation}"], ResourceArns=[resource]
            )
        except AwsError:
            return None
        decisions = [result.get("EvalDecision") for result in answer.get("EvaluationResults", [])]
        return all(decision == "allowed" for decision in decisions) if decisions else None
