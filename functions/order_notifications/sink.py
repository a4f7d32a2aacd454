"""The topic that tells e-mail, SMS and whoever else subscribes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Unpack

from order_notifications.notice import Notice
from streamkit.throttle import Backoff, SecondsLeft, persist, proof

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import PublishInputTypeDef, PublishResponseTypeDef


class Topic(Protocol):
    """What the sink needs of an SNS client."""

    def publish(self, **request: Unpack[PublishInputTypeDef]) -> PublishResponseTypeDef: ...


@dataclass(frozen=True, slots=True)
class TopicSink:
    """Notices to one topic."""

    topic_arn: str
    topic: Topic
    backoff: Backoff = field(default_factory=Backoff)

    def publish(self, notice: Notice, seconds_left: SecondsLeft) -> None:
        persist(lambda: self._publish(notice), self.backoff, seconds_left)

    def _publish(self, notice: Notice) -> None:
        answer = self.topic.publish(
            TopicArn=self.topic_arn,
            Subject=notice.subject,
            Message=notice.message,
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in notice.attributes.items()
            },
        )
        proof(answer, "MessageId")
