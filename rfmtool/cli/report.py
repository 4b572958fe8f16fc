"""rfmtool report: a finished run, shown again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.destination import console, show_json, show_page
from rfmtool.cli.loading import uninterrupted


@click.command(short_help="Show the report of a finished run again.")
@click.argument("folder", metavar="DIR")
@options.output_format
@options.no_color
def command(folder: str, **settings: Any) -> None:
    """Show the report of a finished run in DIR again."""
    with uninterrupted():
        from rfmtool.pages.run import page
        from rfmtool.runs.finished import read_summary

    summary = read_summary(Path(folder))
    if settings["output_format"] == "json":
        show_json(summary)
    else:
        screen = console(settings)
        show_page(page(summary, screen.width, folder), screen)
