"""`python -m local.engine --endpoint URL [--state FILE] [--follow]`: the mappings of any endpoint, by AWS's rules."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from local.engine.live import Engine, EngineError, Habits
from local.engine.live.clients import EndpointError
from local.engine.live.screen import Screen
from local.engine.live.takeover import TakeOverError

DESCRIPTION = """Runs the event source mappings of an AWS-compatible endpoint by AWS's rules.

The endpoint's own pollers are switched off meanwhile and given back at the end, also after SIGTERM and Ctrl-C.
Credentials are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else `test`; an address of one service
(AWS_ENDPOINT_URL_KINESIS) wins over --endpoint."""
SHOW_EVERY_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    screen = Screen(sys.stderr)
    try:
        engine = Engine(
            options.endpoint,
            options.state,
            home=options.home,
            checkpoints=options.checkpoints,
            habits=Habits(refresh_seconds=options.refresh_seconds, follow=options.follow),
            tell=screen.tell,
        )
    except EndpointError as error:
        print(error, file=sys.stderr)
        return 2
    engine.loop.every(SHOW_EVERY_SECONDS, lambda _now: screen.show(list(engine.workers.by_uuid.values())))
    _stop_on_signals(engine)
    try:
        engine.run()
    except (EngineError, TakeOverError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.engine", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--endpoint", default=os.environ.get("AWS_ENDPOINT_URL"), help="its URL; AWS_ENDPOINT_URL by default")
    add("--state", type=Path, help="a terraform.tfstate, or the output of `terraform show -json`; else the Lambda API")
    add("--follow", action="store_true", help="a line for each read and each invocation, as they happen")
    add("--home", type=Path, help="where checkpoints and metrics are kept; .local/engine/<endpoint> by default")
    add("--checkpoints", type=Path, help="another folder for the checkpoints alone")
    add("--refresh-seconds", type=_seconds, default=10.0, help="how often mappings are looked at again")
    options = parser.parse_args(arguments)
    if not options.endpoint:
        parser.error("--endpoint is required, where AWS_ENDPOINT_URL is not set")
    return options


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f'must be a number of seconds from 0.1 to 86400; got "{text}"')
    return seconds


def _stop_on_signals(engine: Engine) -> None:
    """The first signal drains, a second one does not wait any longer; the pollers are given back either way."""

    def stop(number: int, _frame: object) -> None:
        if engine.stop_requested.is_set():
            signal.signal(number, signal.SIG_IGN)
            raise KeyboardInterrupt
        engine.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
