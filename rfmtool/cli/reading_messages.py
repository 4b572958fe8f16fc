"""The messages on stderr about reading, for commands without a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from rfmtool.cli.arguments import Params

if TYPE_CHECKING:
    from rfmtool.grouping.grouped import Grouped
    from rfmtool.sources.evidence.tables import Evidence


def reading_reporter(params: Params) -> Callable[[Grouped], None] | None:
    """A function that prints rejected rows and notices of an export; None with --quiet."""
    return None if params["quiet"] else _report_reading


def report_tables(evidence: Evidence | None, params: Params) -> None:
    """Print the warnings about evidence tables."""
    from rfmtool.summaries.warnings import table_warnings

    for name, table in ({} if params["quiet"] or not evidence else evidence.ledgers).items():
        _warn(table_warnings(name, table))


def _report_reading(grouped: Grouped) -> None:
    from rfmtool.columns import REJECTIONS
    from rfmtool.summaries.warnings import reading_notices

    ledger = grouped.ledger
    if ledger.rejected:
        reasons = ", ".join(f"{name} {ledger[name]}" for name in REJECTIONS if ledger[name])
        click.echo(f"rejected {ledger.rejected} of {ledger.rows} rows ({reasons})", err=True)
    _warn(reading_notices(grouped))


def _warn(texts: Iterable[str]) -> None:
    from rfmtool.pages.blocks import printable

    for text in texts:
        click.echo(f"! {printable(text)}", err=True)
