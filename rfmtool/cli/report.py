"""rfmtool report: a finished run, shown again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.destination import show_run
from rfmtool.interrupts import uninterrupted


@click.command()
@click.argument("folder", metavar="DIR")
@options.page_format
@options.no_color
def command(folder: str, **settings: Any) -> None:
    """Show the report of a finished run in DIR again."""
    with uninterrupted():
        from rfmtool.runs.finished import read_summary, reading_back

    summary = read_summary(Path(folder))
    with reading_back(folder):
        show_run(summary, folder, settings)
