"""rfmtool affinity: what to suggest next."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.asking import ask
from rfmtool.cli.sections import SectionedCommand


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("a suggestion for each customer")
@click.option(
    "--by",
    type=click.Choice(["category", "product"]),
    default="category",
    show_default=True,
    help="The column whose values are compared.",
)
@options.analysis
def command(exports: tuple[str, ...], output: str | None, by: str, **settings: Any) -> None:
    """Find what customers in EXPORTS who buy one thing tend to buy as well.

    A rule rests on 20 customers and 1% of all or more, and is stronger than chance.
    """
    ask("affinity", exports, output, settings, by=by)
