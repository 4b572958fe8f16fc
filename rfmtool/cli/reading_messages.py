"""What commands without a report say on stderr of how an export was read, terminal or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from rfmtool.cli.arguments import Params

if TYPE_CHECKING:
    from rfmtool.grouping.grouped import Grouped
    from rfmtool.sources.evidence.tables import Evidence


def teller(params: Params) -> Callable[[Grouped], None] | None:
    """What tells of rejected rows and of notices; None where nothing is to be said."""
    return None if params["quiet"] else _tell


def tell_of_tables(evidence: Evidence | None, params: Params) -> None:
    """Tell what to know of the evidence tables."""
    from rfmtool.summaries.warnings import table_warnings

    for name, table in ({} if params["quiet"] or not evidence else evidence.ledgers).items():
        _warn(table_warnings(name, table))


def _tell(grouped: Grouped) -> None:
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
