"""The messages on stderr about reading, for commands without a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import click

from rfmtool.cli.arguments import Params

if TYPE_CHECKING:
    from rfmtool.grouping.grouped import Grouped
    from rfmtool.sources.evidence.tables import Evidence


def reading_reporter(params: Params) -> Callable[[Grouped, Evidence], None] | None:
    """A function that prints rejected rows and warnings of what was read; None with --quiet."""
    return None if params["quiet"] else partial(_report_reading, params.get("overlap"))


def _report_reading(overlap: str | None, grouped: Grouped, evidence: Evidence) -> None:
    from rfmtool.columns import REJECTIONS
    from rfmtool.summaries.export_warnings import export_warnings
    from rfmtool.summaries.warnings import table_warnings

    ledger = grouped.ledger
    if ledger.rejected:
        reasons = ", ".join(f"{name} {ledger[name]}" for name in REJECTIONS if ledger[name])
        click.echo(f"rejected {ledger.rejected} of {ledger.rows} rows ({reasons})", err=True)
    warn([*export_warnings(grouped, overlap), *grouped.export.preset.notes])
    for name, table in evidence.ledgers.items():
        warn(table_warnings(name, table))


def warn(texts: Iterable[str]) -> None:
    """Print warnings on stderr."""
    from rfmtool.pages.blocks import printable

    for text in texts:
        click.echo(f"! {printable(text)}", err=True)
