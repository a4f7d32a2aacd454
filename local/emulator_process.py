"""MiniStack with AWS's word in four places where it has its own: the process that local/emulator.py starts.

Transport    Queues and buckets refuse requests in the clear, and MiniStack keeps that rule. On the loopback address
             there is no TLS to end, so every request says what a TLS endpoint in front of it would have said.
Permissions  AWS asks for sqs:SendMessage when messages are sent in a batch. MiniStack asks for sqs:SendMessageBatch, an
             action that no policy can grant on AWS.
Mappings     What MiniStack drops from an event source mapping is kept beside it (local/mapping_settings.py).
Logs         MiniStack waits whether a function writes one more line, and 50 ms if it wrote none. Here a log ends where
             the function's process says so (local/worker_logs.py).

Written for the version pinned in requirements/dev.in; another is refused, so that nobody finds out later.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ministack import app as ministack  # type: ignore[import-untyped]
from ministack.core import iam_actions, lambda_runtime  # type: ignore[import-untyped]

WRITTEN_FOR = "1.5.33"
SECURE = (b"x-forwarded-proto", b"https")

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]

served = ministack.app
action_of = iam_actions.extract_iam_action


async def behind_tls(scope: Scope, receive: Channel, send: Channel) -> None:
    if scope["type"] == "http":
        scope = {**scope, "headers": [*scope["headers"], SECURE]}
    await served(scope, receive, send)


def action_of_one(*request: Any) -> str | None:
    """The action that AWS asks permission for: a batch of messages needs what one message needs."""
    action: str | None = action_of(*request)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


def main() -> None:
    if version("ministack") != WRITTEN_FOR:
        raise SystemExit(
            f"local/emulator_process.py must be checked against the ministack it runs; got {version('ministack')}, "
            f"written for {WRITTEN_FOR}: see what it replaces still fits, then set WRITTEN_FOR."
        )
    # Started with -P, so that no file beside this one hides a package of MiniStack's: ours come last.
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    from local.mapping_settings import MappingSettings
    from local.worker_logs import script_that_ends_its_log, whole_log

    ministack.app = MappingSettings(behind_tls)
    lambda_runtime._PYTHON_WORKER_SCRIPT = script_that_ends_its_log(lambda_runtime._PYTHON_WORKER_SCRIPT)
    guess = lambda_runtime.Worker._drain_stderr_bounded
    lambda_runtime.Worker._drain_stderr_bounded = lambda worker, **patience: whole_log(worker, guess, **patience)
    iam_actions.extract_iam_action = action_of_one
    ministack.main()


if __name__ == "__main__":
    main()
