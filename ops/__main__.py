"""python -m ops totals ...           the totals of vendors, slots summed and averages computed
python -m ops reconcile ...        whether the totals are what producers' reports say
python -m ops revenue ...          revenue and orders by period and sku, once or live
python -m ops audit ...            versions of orders that the audit trail lacks
python -m ops stock list ...       what there is of each sku, and what is reserved
python -m ops stock set|add ...    prices and numbers

Each is of the environment that --environment names (dev), in the account and Region of the caller.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops import figures, live, places, reconciliation, revenue, stock, trail
from ops.columns import columns
from ops.revenue import Screen
from ops.totals import Total, as_json, as_table, read, read_all
from streamkit import instants

SECONDS_BETWEEN_PICTURES = 2.0

# How many periods are looked back on where nobody says since when.
PERIODS_BACK = {"minute": 60, "hour": 48, "day": 30}

DONE, FAILED, NOBODY_READS = 0, 1, 141


def moment(text: str) -> datetime:
    """A moment in UTC; one without an offset is taken to be in it."""
    try:
        return instants.moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="python -m ops", description="Look after a running stack.")
    commands = whole.add_subparsers(dest="command", required=True)
    add_totals(commands.add_parser("totals", help="print the totals of vendors, by bucket"))
    add_reconcile(commands.add_parser("reconcile", help="compare totals with the reports of producers"))
    add_revenue(commands.add_parser("revenue", help="show revenue and orders, by period and sku"))
    add_audit(commands.add_parser("audit", help="name the versions of orders that the audit trail lacks"))
    add_stock(commands.add_parser("stock", help="list the stock, set prices and numbers"))
    return whole


def add_place(command: argparse.ArgumentParser, kind: str, output: str) -> None:
    """Where to look: in an environment's own place, or in one that is named."""
    command.add_argument("--environment", default="dev", help="whose (dev)")
    command.add_argument(kind, help=f"another than the environment's, whose name is the root's output {output}")


def add_totals(totals: argparse.ArgumentParser) -> None:
    totals.set_defaults(run=show_totals)
    add_place(totals, "--table", "trip_totals_table_name")
    totals.add_argument(
        "--vendor",
        type=int,
        action="append",
        help="may be given more than once; all of them if absent, for which the whole table is read",
    )
    totals.add_argument(
        "--since", type=moment, help="the first moment of the first bucket; from the beginning if absent"
    )
    totals.add_argument("--until", type=moment, help="buckets begin before this moment; all that follow if absent")
    totals.add_argument("--json", action="store_true", help="one JSON object per line")


def add_reconcile(reconcile: argparse.ArgumentParser) -> None:
    reconcile.set_defaults(run=show_reconciliation)
    reconcile.description = """Compare the totals with what producers had acknowledged, vendor by vendor and window by
    window, to the record and the cent, and the late trips as well. Exit status: 0 it holds, within what the reports
    call uncertain; 1 it does not."""
    add_place(reconcile, "--table", "trip_totals_table_name")
    reconcile.add_argument(
        "--report",
        type=Path,
        required=True,
        action="append",
        metavar="FILE",
        help="what `python -m producer --report FILE` wrote; of each producer that put trips of the same windows",
    )
    reconcile.add_argument("--json", action="store_true", help="one JSON object")


def add_revenue(shown: argparse.ArgumentParser) -> None:
    shown.set_defaults(run=show_revenue)
    add_place(shown, "--table", "orders_figures_table_name")
    shown.add_argument("--by", choices=figures.LENGTHS, default="minute", help="the length of a period")
    shown.add_argument(
        "--since", type=moment, help="a moment in the first period; the last 60 minutes, 48 hours or 30 days if absent"
    )
    form = shown.add_mutually_exclusive_group()
    form.add_argument("--live", action="store_true", help="go on showing, until interrupted")
    form.add_argument("--json", action="store_true", help="one JSON object per line")


def add_audit(audit: argparse.ArgumentParser) -> None:
    audit.set_defaults(run=show_gaps)
    add_place(audit, "--bucket", "orders_audit_bucket_name")
    audit.add_argument("--json", action="store_true", help="one JSON object per line, for orders with a gap alone")


def add_stock(looked_after: argparse.ArgumentParser) -> None:
    table = argparse.ArgumentParser(add_help=False)
    add_place(table, "--table", "orders_stock_table_name")
    verbs = looked_after.add_subparsers(dest="verb", required=True)

    listed = verbs.add_parser("list", parents=[table], help="every sku, with what is reserved for orders on their way")
    listed.set_defaults(run=list_stock)
    listed.add_argument("--json", action="store_true", help="one JSON object per line")

    placed = verbs.add_parser("set", parents=[table], help="set a price, a number, or a new sku with both")
    placed.set_defaults(run=set_stock)
    placed.add_argument("sku")
    placed.add_argument("--price-cents", type=int)
    placed.add_argument("--available", type=int, help="units that can be sold; overrides what orders have just taken")

    added = verbs.add_parser("add", parents=[table], help="add units while orders go on taking them")
    added.set_defaults(run=add_units)
    added.add_argument("sku")
    added.add_argument("units", type=int, help="below 0 to take them out")


def show_totals(chosen: argparse.Namespace) -> None:
    table, name = boto3.client("dynamodb"), table_of(chosen, places.TOTALS)
    found: list[Total] = []
    for vendor in dict.fromkeys(chosen.vendor or []):
        found += read(table, name, vendor, chosen.since, chosen.until)
    if not chosen.vendor:
        found = read_all(table, name, chosen.since, chosen.until)
    print(as_json(found) if chosen.json else as_table(found))


def show_reconciliation(chosen: argparse.Namespace) -> int:
    runs = [reconciliation.run_of(path) for path in dict.fromkeys(chosen.report)]
    accounts = reconciliation.reconciled(boto3.client("dynamodb"), table_of(chosen, places.TOTALS), runs)
    print(json.dumps(accounts.facts()) if chosen.json else accounts.text())
    return DONE if accounts.holds else FAILED


def show_revenue(chosen: argparse.Namespace) -> None:
    table, name = boto3.client("dynamodb"), table_of(chosen, places.FIGURES)

    def periods() -> list[datetime]:
        now = datetime.now(UTC)
        back = (PERIODS_BACK[chosen.by] - 1) * figures.LENGTHS[chosen.by]
        return figures.periods(chosen.by, chosen.since or now - back, now)

    def picture(screen: Screen) -> list[str]:
        wanted = periods()
        return revenue.view(figures.read(table, name, chosen.by, wanted), wanted, chosen.by, screen)

    if chosen.json:
        print(revenue.as_json(figures.read(table, name, chosen.by, periods())))
    elif chosen.live:
        live.keep_showing(picture, SECONDS_BETWEEN_PICTURES, sys.stdout, os.environ)
    else:
        live.show(picture, sys.stdout, os.environ)


def show_gaps(chosen: argparse.Namespace) -> None:
    name = chosen.bucket or places.bucket(
        chosen.environment, places.AUDIT_TRAIL, boto3.client("sts").get_caller_identity()["Account"]
    )
    found = trail.read(boto3.client("s3"), name)
    print(trail.as_json(found) if chosen.json else trail.as_text(found))


def list_stock(chosen: argparse.Namespace) -> None:
    found = stock.read(boto3.client("dynamodb"), table_of(chosen, places.STOCK))
    print(stock.as_json(found) if chosen.json else "\n".join(columns(stock.rows(found))))


def set_stock(chosen: argparse.Namespace) -> None:
    stock.put(
        boto3.client("dynamodb"), table_of(chosen, places.STOCK), chosen.sku, chosen.price_cents, chosen.available
    )


def add_units(chosen: argparse.Namespace) -> None:
    stock.add(boto3.client("dynamodb"), table_of(chosen, places.STOCK), chosen.sku, chosen.units)


def table_of(chosen: argparse.Namespace, kind: str) -> str:
    """The table that was named, or the environment's of this kind."""
    name: str = chosen.table or places.table(chosen.environment, kind)
    return name


def main(arguments: list[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int | None] = chosen.run
    try:
        status = run(chosen)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return NOBODY_READS
    except (
        stock.StockError,
        figures.PeriodsError,
        reconciliation.ReportError,
        BotoCoreError,
        ClientError,
    ) as error:
        print(error, file=sys.stderr)
        if _is_missing(error):
            name = chosen.bucket if "bucket" in chosen else chosen.table
            where = name or f"the environment {chosen.environment}"
            print(f"Nothing of {where} is in this account and Region; name another --environment.", file=sys.stderr)
        return FAILED
    return status or DONE


def _is_missing(error: Exception) -> bool:
    """Whether AWS says that there is no such table or bucket."""
    missing = ("ResourceNotFoundException", "NoSuchBucket")
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in missing


if __name__ == "__main__":
    sys.exit(main())
