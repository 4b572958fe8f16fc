"""Share of wallet: what people spend here of what they spend anywhere, by how it is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType

from rfmtool.pages.terminal import add_numbers, paragraph, share, titled_table
from rfmtool.summaries.words import WALLET_BASES, money

Data = Mapping[str, Any]


def wallets(summary: Data, width: int) -> list[RenderableType]:
    """A row for each basis, never added up; nothing where no wallet is known."""
    bases = summary["wallet"]["bases"]
    if not bases:
        return []
    table = titled_table("WALLET", spare=("all they spend", "spent here"))
    table.add_column("how it is known", style="dim", overflow="fold")
    add_numbers(table, "people", "spent here", "all they spend", "share")
    for group in bases:
        table.add_row(
            group["basis"],
            WALLET_BASES[group["basis"]],
            f"{group['customers']:,}",
            money(group["spend"]),
            money(group["wallet"]),
            share(group["share"]),
        )
    return [table, *_note(bases, width)]


def _note(bases: list[Data], width: int) -> list[RenderableType]:
    if bases[-1]["basis"] != "peer_estimate":
        return []
    words = "No action rests on an estimate."
    return [paragraph(words, width, "dim")]
