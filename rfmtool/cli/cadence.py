"""rfmtool cadence: regulars who are missing."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.asking import ask
from rfmtool.cli.sections import SectionedCommand


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("the overdue regulars, the most valuable first")
@options.timed_analysis
def command(exports: tuple[str, ...], output: str | None, **settings: Any) -> None:
    """List the regulars in EXPORTS who should have ordered by now.

    A regular has ordered on three days or more, and is measured by their own habit: the usual gap
    is the geometric mean of their gaps and of three more as long as the shop's median gap, so that
    few gaps do not decide alone. A look back shows how many of those who were as late 90 days ago
    came back.
    """
    ask("cadence", exports, output, settings)
