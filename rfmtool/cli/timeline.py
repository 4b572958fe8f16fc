"""rfmtool timeline: the ladder, segments and activity over time."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.asking import ask
from rfmtool.cli.sections import SectionedCommand


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("a row for each day")
@click.option(
    "--every",
    type=click.Choice(["week", "month", "quarter"]),
    default="month",
    show_default=True,
    help="Count at the end of each.",
)
@options.page_format
@options.reading
@options.question
@options.scoring
@options.evidence
@options.text_tables
@options.engine
@options.talk
def command(exports: tuple[str, ...], output: str | None, every: str, **settings: Any) -> None:
    """Count who in EXPORTS stood where at the end of each month.

    Cut points and limits are fitted to what was known by then, unless --scales gives them. Evidence
    counts from the day of each referral and answer.
    """
    ask("timeline", exports, output, settings, every=every)
