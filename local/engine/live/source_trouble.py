"""Trouble with the source of a mapping: told once for all its shards, and what can be done about it from here."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from botocore.exceptions import ClientError

from local.engine.live.access import Verdict
from local.engine.live.desk import Desk
from local.engine.live.troubles import Trouble, trouble


class SourceTrouble:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.about = f"{desk.mapping.uuid} source"
        self.judging = False

    def met(self, error: BaseException) -> None:
        desk, kind = self.desk, trouble(error)
        desk.tally.trouble = f"source {kind.value}"
        if isinstance(error, ClientError) and kind is Trouble.DENIED:
            self._judge(error)
        elif kind is Trouble.STALE:
            desk.access.forget()
        elif kind is Trouble.GONE:
            self._tell(kind, f"{desk.mapping.source.arn} is gone; looked for again")
        else:
            self._tell(kind, f"cannot be read, tried again: {error}")

    def over(self) -> None:
        self.desk.tally.trouble = None
        self.desk.voice.over(self.about, f"{self.desk.name}: is read again")

    def _judge(self, error: ClientError) -> None:
        """A denial is the role's only if the endpoint is not wrong about it, which a thread finds out."""
        if not self.judging:
            self.judging = True
            judge = partial(self.desk.access.judge_denial, error.operation_name)
            self.desk.loop.work(self.desk.pools.reading, judge, partial(self._judged, error))

    def _judged(self, error: ClientError, done: Future[Verdict]) -> None:
        self.judging = False
        if done.result() is Verdict.ROLE_LACKS_IT:
            access = self.desk.access
            text = f"{access.role} may not read {access.source.arn}; grant it what is denied: {error}"
            self._tell(Trouble.DENIED, text)

    def _tell(self, kind: Trouble, text: str) -> None:
        self.desk.voice.once(self.about, kind.name, f"{self.desk.name}: {text}")
