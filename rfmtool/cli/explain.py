"""rfmtool explain: why one customer stands where they stand."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.destination import show_json, show_page
from rfmtool.interrupts import uninterrupted


@click.command()
@click.argument("folder", metavar="DIR")
@click.argument("customer_id", metavar="CUSTOMER_ID")
@options.output_format
@options.no_color
def command(folder: str, customer_id: str, **settings: Any) -> None:
    """Explain why a customer of the finished run in DIR stands there, and what would move them."""
    with uninterrupted():
        from rfmtool.pages.explain import page
        from rfmtool.runs.explain import explain
        from rfmtool.runs.finished import reading_back

    with reading_back(folder):
        card = explain(folder, customer_id)
        if settings["output_format"] == "json":
            show_json(card)
        else:
            show_page(lambda _: page(card), settings)
