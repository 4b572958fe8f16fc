"""rfmtool repeat: when second orders come."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.asking import ask
from rfmtool.cli.sections import SectionedCommand


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("one-time buyers who may still come back, with the days left")
@click.option(
    "--by",
    metavar="COLUMN",
    help="Also tell customers apart by a column of the export, or cohort: the first-order month.",
)
@options.analysis
def command(exports: tuple[str, ...], output: str | None, by: str | None, **settings: Any) -> None:
    """Say when second orders come in EXPORTS, how many ever do, and when to ask for one."""
    ask("repeat", exports, output, settings, by=by)
