"""Threads for calls that last: one each, and none that a process waits for when it ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Thread
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(Executor):
    def __init__(self, name: str) -> None:
        self.name = name

    def submit(self, task: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        Thread(target=_run, args=(future, task, args, kwargs), name=self.name, daemon=True).start()
        return future


def _run(future: Future[Any], task: Callable[..., Any], args: Any, kwargs: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(task(*args, **kwargs))
    except BaseException as error:  # noqa: BLE001  it is the future's to tell
        future.set_exception(error)
