"""Where readings go every few seconds: to disk and to the endpoint, neither of which needs the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

from local.engine.live.loop import Loop
from local.engine.live.readings import Readings
from local.engine.live.troubles import AwsError
from local.engine.live.voice import Voice


class Outlet:
    def __init__(
        self, readings: Readings, cloudwatch: Callable[[], Any], loop: Loop, thread: Executor, voice: Voice
    ) -> None:
        self.readings = readings
        self.cloudwatch = cloudwatch
        self.loop = loop
        self.thread = thread
        self.voice = voice

    def flush(self, _now: float) -> None:
        if closed := self.readings.flush():
            self.loop.work(self.thread, partial(self.readings.write, closed), self._written)
            self.loop.work(self.thread, partial(self.readings.put, self.cloudwatch, closed), self._put)

    def _written(self, done: Future[None]) -> None:
        about, path = "metrics on disk", self.readings.path
        try:
            done.result()
        except OSError as error:
            self.voice.once(about, "failed", f"{path} cannot be written; metrics are only put to the endpoint: {error}")
            return
        self.voice.over(about, f"{path} is written again")

    def _put(self, done: Future[None]) -> None:
        about = "metrics put"
        try:
            done.result()
        except AwsError as error:
            text = f"the endpoint takes no metrics; they are only kept in {self.readings.path}: {error}"
            self.voice.once(about, "refused", text)
            return
        self.voice.over(about, "the endpoint takes metrics again")
