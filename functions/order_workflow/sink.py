"""The state machine. Step Functions remembers the name of an execution for 90 days after it has ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Unpack

from botocore.exceptions import ClientError

from order_workflow.start import Start
from streamkit.throttle import Backoff, SecondsLeft, error_name, persist, proof

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import StartExecutionInputTypeDef, StartExecutionOutputTypeDef


class StateMachines(Protocol):
    """What the sink needs of a Step Functions client."""

    def start_execution(self, **request: Unpack[StartExecutionInputTypeDef]) -> StartExecutionOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class WorkflowSink:
    """Executions of one state machine."""

    state_machine_arn: str
    state_machines: StateMachines
    backoff: Backoff = field(default_factory=Backoff)

    def start(self, start: Start, seconds_left: SecondsLeft) -> bool:
        """True if it runs by this call; False if it ran before. One still running with the same input counts as new."""
        return persist(lambda: self._start(start), self.backoff, seconds_left)

    def _start(self, start: Start) -> bool:
        try:
            answer = self.state_machines.start_execution(
                stateMachineArn=self.state_machine_arn, name=start.name, input=start.input
            )
        except ClientError as error:
            if error_name(error) != "ExecutionAlreadyExists":
                raise
            return False
        proof(answer, "executionArn")
        return True
