"""What commands without a report say on stderr of how an export was read, terminal or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from rfmtool.cli.arguments import Settings

if TYPE_CHECKING:
    from rfmtool.grouping.grouped import Grouped


def teller(settings: Settings) -> Callable[[Grouped], None] | None:
    """What tells of rejected rows and of notices; None where nothing is to be said."""
    return None if settings["quiet"] else _tell


def _tell(grouped: Grouped) -> None:
    from rfmtool.columns import REJECTIONS
    from rfmtool.pages.blocks import printable
    from rfmtool.summaries.warnings import reading_notices

    ledger = grouped.ledger
    if ledger.rejected:
        reasons = ", ".join(f"{name} {ledger[name]}" for name in REJECTIONS if ledger[name])
        click.echo(f"rejected {ledger.rejected} of {ledger.rows} rows ({reasons})", err=True)
    for text in reading_notices(grouped):
        click.echo(f"! {printable(text)}", err=True)
