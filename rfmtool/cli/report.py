"""rfmtool report: a finished run, shown again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.destination import console, show_html, show_json, show_page
from rfmtool.cli.loading import uninterrupted


@click.command()
@click.argument("folder", metavar="DIR")
@options.page_format
@options.no_color
def command(folder: str, **settings: Any) -> None:
    """Show the report of a finished run in DIR again."""
    with uninterrupted():
        from rfmtool.pages.run import page
        from rfmtool.runs.finished import read_summary, reading_back

    summary = read_summary(Path(folder))
    with reading_back(folder):
        if settings["output_format"] == "json":
            show_json(summary)
        elif settings["output_format"] == "html":
            from rfmtool.pages.html import run_page

            show_html(run_page(summary, settings["locale"], settings["title"]))
        else:
            screen = console(settings)
            show_page(page(summary, screen.width, folder), screen)
