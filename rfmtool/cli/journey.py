"""rfmtool journey: the first-time buyer's way."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.asking import ask
from rfmtool.cli.sections import SectionedCommand


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("what each first purchase leads to")
@click.option(
    "--by",
    type=click.Choice(["category", "product"]),
    help="The column that says what a first purchase was (default: category, or else product).",
)
@options.contacts
@options.referrals
@options.contacted
@options.min_matched
@options.analysis
def command(exports: tuple[str, ...], output: str | None, by: str | None, **settings: Any) -> None:
    """Follow first-time buyers in EXPORTS from the first contact to the third order.

    With --contacts it begins before the first order, with --contacted it says whether anybody asks
    for a second one.
    """
    ask("journey", exports, output, settings, by=by)
