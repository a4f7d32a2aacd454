"""python -m ops totals ...   the totals of a vendor, slots summed and averages computed"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

import boto3

from ops.totals import Total, as_json, as_table, read


def moment(text: str) -> datetime:
    """A moment in UTC; one without an offset is taken to be in it."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'must be ISO-8601, such as 2024-05-01T10:00Z; got "{text}"') from error
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="python -m ops", description="Look after a running stack.")
    commands = whole.add_subparsers(dest="command", required=True)
    totals = commands.add_parser("totals", help="print the totals of vendors, by bucket")
    totals.add_argument("--table", required=True, help="the totals table: the root's output trip_totals_table_name")
    totals.add_argument("--vendor", type=int, required=True, action="append", help="may be given more than once")
    totals.add_argument(
        "--since", type=moment, help="the first moment of the first bucket; from the beginning if absent"
    )
    totals.add_argument("--until", type=moment, help="buckets begin before this moment; all that follow if absent")
    totals.add_argument("--json", action="store_true", help="one JSON object per line")
    return whole


def main(arguments: list[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    table = boto3.client("dynamodb")
    found: list[Total] = []
    for vendor in dict.fromkeys(chosen.vendor):
        found += read(table, chosen.table, vendor, chosen.since, chosen.until)
    print(as_json(found) if chosen.json else as_table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
