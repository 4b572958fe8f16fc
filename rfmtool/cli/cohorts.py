"""rfmtool cohorts: customers by the month of their first order."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.asking import ask
from rfmtool.cli.sections import SectionedCommand


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("a row for each cohort and month")
@options.analysis
def command(exports: tuple[str, ...], output: str | None, **settings: Any) -> None:
    """Follow the customers in EXPORTS by the month of their first order.

    How many of them still order each month after, and what each has brought until then.
    """
    ask("cohorts", exports, output, settings)
