"""rfmtool concentration: how much hangs on how few."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.asking import ask
from rfmtool.cli.sections import SectionedCommand


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("every buyer's tier and spend, the largest first")
@options.analysis
def command(exports: tuple[str, ...], output: str | None, **settings: Any) -> None:
    """Say how much of the revenue in EXPORTS hangs on how few customers.

    Heavy buyers are the fifth who spent most, medium ones the next three tenths, light ones the
    other half.
    """
    ask("concentration", exports, output, settings)
