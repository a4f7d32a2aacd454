"""What may be said on the command line, and the values it stands for."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from producer.pace import Pace
from producer.packing import AGGREGATE_BYTES
from producer.run import Run
from producer.settings import Settings
from producer.traffic import KEYS, Traffic
from streamkit import instants

DESCRIPTION = """Makes taxi trips, puts them into a Kinesis stream and says what became of every one.

Credentials, Region and AWS_ENDPOINT_URL are those of the AWS tools. Ctrl-C makes no more trips and waits for what is
under way; a second one abandons it. Exit status: 0 everything is stored, 1 something is not, 2 options are refused,
130 interrupted."""

DAY_SECONDS = 86_400
SECONDS = 60.0  # of a run that was given no end
MEBIBYTE = 1024 * 1024


def parsed(arguments: list[str], now: float) -> tuple[argparse.Namespace, Run, Settings]:
    """The options, and the run and settings they stand for. Ends the program where they stand for none."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return options, _run(options, now), _settings(options)
    except ValueError as error:
        parser.error(str(error))


def _run(options: argparse.Namespace, now: float) -> Run:
    start = options.start.timestamp() if options.start else now
    pace = Pace(options.rate, options.day_seconds, start % DAY_SECONDS / DAY_SECONDS) if options.rate else None
    if pace is None and options.day_seconds is not None:
        raise ValueError("--day-seconds shapes the rate; it needs a --rate above 0.")
    traffic = Traffic(
        vendors=options.vendors,
        skew=options.skew,
        keys=options.keys,
        hot=options.hot,
        poison=options.poison,
        repeated=options.repeated,
        late=options.late,
        very_late=options.very_late,
        allowed_lateness_seconds=options.allowed_lateness_seconds,
    )
    seconds = SECONDS if options.seconds is None and options.records is None else options.seconds
    return Run(traffic, options.seed, pace, seconds, options.records, options.window_seconds, start)


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        aggregate_bytes=None if options.plain else options.aggregate_bytes,
        requests_in_flight=options.in_flight,
        linger_seconds=options.linger_seconds,
        give_up_seconds=options.give_up_seconds,
        buffer_bytes=options.buffer_mebibytes * MEBIBYTE,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m producer", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stream", required=True, metavar="NAME", help="the stream's name")
    parser.add_argument("--report", type=Path, metavar="FILE", help="the report as JSON, with the totals to expect")
    _add_pace(parser.add_argument_group("how many"))
    _add_traffic(parser.add_argument_group("which trips; shares are of all records, from 0 to 1"))
    _add_settings(parser.add_argument_group("how they are put"), Settings())
    return parser


def _add_pace(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--rate", type=float, default=2_000, help="records a second (2000); 0: as many as it goes")
    group.add_argument("--seconds", type=float, help="for how long, by the clock (60, unless --records is given)")
    group.add_argument("--records", type=int, help="how many in all")
    group.add_argument("--day-seconds", type=float, help="gives the rate the shape of a day, this long")


def _add_traffic(group: argparse._ArgumentGroup) -> None:
    usual = Traffic()
    group.add_argument("--seed", type=int, default=1, help="with the same --start, the same seed makes the same bytes")
    group.add_argument(
        "--start",
        type=_moment,
        metavar="ISO",
        help="moment of the first trip (now); one longer ago than the stack allows makes every trip late there",
    )
    group.add_argument("--vendors", type=int, default=usual.vendors, help=f"how many vendors ({usual.vendors})")
    group.add_argument("--skew", type=float, default=usual.skew, help=f"0: all alike, 1: very unlike ({usual.skew})")
    group.add_argument(
        "--keys", choices=KEYS, default=usual.keys, help="partition keys: vendors (by-key), trips (even)"
    )
    group.add_argument("--hot", type=float, default=usual.hot, help=f"share of vendor 1 with --keys hot ({usual.hot})")
    group.add_argument("--poison", type=float, default=0.0, help="share that is no trip at all")
    group.add_argument("--repeated", type=float, default=0.0, help="share that repeats an earlier trip")
    group.add_argument("--late", type=float, default=0.0, help="share that is late, within the allowed lateness")
    group.add_argument("--very-late", type=float, default=0.0, help="share that is later than that")
    group.add_argument(
        "--allowed-lateness-seconds",
        type=int,
        default=usual.allowed_lateness_seconds,
        help="the stack's own, settings.window.allowed_lateness_seconds of its trips: with another the report expects "
        f"totals that the stack cannot have ({usual.allowed_lateness_seconds})",
    )
    group.add_argument(
        "--window-seconds", type=int, default=60, help="the stack's bucket_seconds: the windows of the report (60)"
    )


def _add_settings(group: argparse._ArgumentGroup, usual: Settings) -> None:
    group.add_argument("--plain", action="store_true", help="every trip is a stream record of its own")
    group.add_argument(
        "--aggregate-bytes", type=int, default=AGGREGATE_BYTES, help=f"size of aggregates ({AGGREGATE_BYTES})"
    )
    group.add_argument(
        "--in-flight",
        type=int,
        default=usual.requests_in_flight,
        help=f"requests at a time ({usual.requests_in_flight}); with 1 the order of each key is kept until a refusal",
    )
    group.add_argument(
        "--linger-seconds",
        type=float,
        default=usual.linger_seconds,
        help=f"how long a trip waits for company ({usual.linger_seconds})",
    )
    group.add_argument(
        "--give-up-seconds",
        type=float,
        default=usual.give_up_seconds,
        help=f"how long a refused trip is put again ({usual.give_up_seconds:g})",
    )
    group.add_argument(
        "--buffer-mebibytes",
        type=int,
        default=usual.buffer_bytes // MEBIBYTE,
        help=f"held at most; then making waits ({usual.buffer_bytes // MEBIBYTE})",
    )


def _moment(text: str) -> datetime:
    try:
        return instants.moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
