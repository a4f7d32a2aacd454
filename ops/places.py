"""Where the root keeps an environment's things: each name as its module gives it."""

from __future__ import annotations

TOTALS = "trips-totals"
FIGURES = "orders-figures"
STOCK = "orders-stock"
AUDIT_TRAIL = "orders-audit"


def table(environment: str, kind: str) -> str:
    """The name of a table: names of tables are an account's own."""
    return f"sluice-{environment}-{kind}"


def bucket(environment: str, kind: str, account: str) -> str:
    """The name of a bucket: those are one space for all accounts."""
    return f"sluice-{environment}-{kind}-{account}"
