"""rfmtool history: the runs of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.destination import show_json, show_page
from rfmtool.interrupts import uninterrupted


@click.command()
@click.argument("folder", metavar="DIR")
@options.output_format
@options.no_color
def command(folder: str, **settings: Any) -> None:
    """Show the runs of DIR: how many customers and how much revenue, who stood where, who moved."""
    with uninterrupted():
        from rfmtool.pages.history import page
        from rfmtool.runs.history import history

    found = history(Path(folder))
    if settings["output_format"] == "json":
        show_json(found)
    else:
        show_page(lambda width: page(found, width), settings)
