"""How few customers bring how much: the Lorenz curve and the tiers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    WIDE,
    Bar,
    Block,
    Chart,
    Column,
    Gap,
    Paragraph,
    Table,
    answer_blocks,
    cells,
    heading,
    numbers,
    share,
)
from rfmtool.summaries.formatting import count_text, format_money

_LABELS: Final = ("  100%", "", "", "", "   50%", "", "", "")
_MARGIN: Final = 9
_MOST_CELLS: Final = 80


def page(found: Data, width: int) -> list[Block]:
    """The answer, for a page of so many characters."""
    gini = found["gini"]
    spent = f"{count_text(found['buyers'], 'buyer')} spent {format_money(found['revenue'])}"
    measured = "Gini –" if gini is None else f"Gini {gini:.3f}"
    told = ("", measured, f" · {spent} · as of {found['as_of']}")
    parts: list[Block] = []
    if gini is not None:
        parts += [*_curve(found, width), Gap(), _top(found, width), Gap()]
    if found["tiers"]:
        parts.append(_tiers(found, wide=width >= WIDE))
    return answer_blocks("CONCENTRATION", told, parts, found["notes"])


def _curve(found: Data, width: int) -> Iterator[Block]:
    """The share of revenue that the so many smallest customers bring together."""
    cells = min(width - _MARGIN, _MOST_CELLS)
    customers, revenue = zip(*found["lorenz"], strict=True)
    parts = np.clip(np.interp(np.arange(1, cells + 1) / cells, customers, revenue), 0, 1)
    ticks = tuple((round(part * cells) - 1, f"{part:.0%}") for part in (0.2, 0.4, 0.6, 0.8, 1.0))
    yield heading("REVENUE OF THE SMALLEST SPENDERS TOGETHER, BY SHARE OF BUYERS")
    yield Chart(tuple(parts.tolist()), _LABELS, ticks)
    yield Paragraph("Gini: 0 where all spend alike, 1 where one spends everything.", "quiet")


def _top(found: Data, width: int) -> Table:
    return Table(
        columns=(Column("TOP SPENDERS", "name"), *numbers("buyers", "of all revenue"), Column()),
        rows=tuple(
            (
                f"top {float(part):.0%}",
                f"{found['top_buyers'][part]:,}",
                share(revenue),
                Bar(min(revenue, 1.0), 40 if width >= WIDE else 25),
            )
            for part, revenue in found["top"].items()
        ),
        optional_columns=("",),
    )


def _tiers(found: Data, *, wide: bool) -> Table:
    """Heavy, medium and light buyers."""
    return Table(
        columns=(
            Column("TIER", "name"),
            *numbers("people", "share", "revenue", "share"),
            Column("spend"),
            *numbers(*["average"] * wide),
        ),
        rows=tuple(
            (
                *cells(tier, "name", "customers:,", "share:share", "revenue:money"),
                *cells(tier, "revenue_share:share"),
                f"{format_money(tier['least'])} – {format_money(tier['most'])}",
                *[format_money(tier["average"])] * wide,
            )
            for tier in found["tiers"]
            if tier["customers"]
        ),
        optional_columns=("spend",),
    )
