"""The commands that show a finished run: its report, one customer, its history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.destination import show, show_run
from rfmtool.interrupts import uninterrupted


@click.command()
@click.argument("folder", metavar="DIR")
@options.page_format
@options.no_color
def report(folder: str, **params: Any) -> None:
    """Show the report of a finished run in DIR again."""
    with uninterrupted():
        from rfmtool.runs.finished import read_errors, read_summary

    summary = read_summary(Path(folder))
    with read_errors(folder):
        show_run(summary, folder, params)


@click.command()
@click.argument("folder", metavar="DIR")
@click.argument("customer_id", metavar="CUSTOMER_ID")
@options.output_format
@options.no_color
def explain(folder: str, customer_id: str, **params: Any) -> None:
    """Explain why a customer of the finished run in DIR stands there, and what would move them."""
    with uninterrupted():
        from rfmtool.pages.explain import page
        from rfmtool.runs.explain import explain
        from rfmtool.runs.finished import read_errors

    with read_errors(folder):
        card = explain(folder, customer_id)
        show(card, lambda _: page(card), params)


@click.command()
@click.argument("folder", metavar="DIR")
@options.page_format
@options.no_color
def history(folder: str, **params: Any) -> None:
    """Show the runs of DIR: how many customers and how much revenue, who stood where, who moved."""
    with uninterrupted():
        from rfmtool.pages.history import page
        from rfmtool.runs.history import history

    points = history(Path(folder))
    data = points if params["output_format"] == "json" else {"points": points}
    show(data, lambda width: page(points, width), params, "history")
