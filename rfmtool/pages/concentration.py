"""The answer of `concentration`: the Lorenz curve, the top spenders and the tiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    WIDE,
    Bar,
    Block,
    Chart,
    Column,
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
_MAX_COLUMNS: Final = 80


def page(answer: Data, width: int) -> list[Block]:
    """The page, `width` characters wide."""
    gini = answer["gini"]
    spent = f"{count_text(answer['buyers'], 'buyer')} spent {format_money(answer['revenue'])}"
    result = "Gini –" if gini is None else f"Gini {gini:.3f}"
    headline = ("", result, f" · {spent} · as of {answer['as_of']}")
    sections: list[Iterable[Block]] = []
    if gini is not None:
        sections += [_curve(answer, width), [_top(answer, width)]]
    if answer["tiers"]:
        sections.append([_tiers(answer, wide=width >= WIDE)])
    return answer_blocks("CONCENTRATION", headline, sections, answer["notes"])


def _curve(answer: Data, width: int) -> Iterator[Block]:
    """The Lorenz curve: cumulated revenue from the smallest spender up."""
    columns = min(width - _MARGIN, _MAX_COLUMNS)
    customers, revenue = zip(*answer["lorenz"], strict=True)
    heights = np.clip(np.interp(np.arange(1, columns + 1) / columns, customers, revenue), 0, 1)
    ticks = tuple((round(part * columns) - 1, f"{part:.0%}") for part in (0.2, 0.4, 0.6, 0.8, 1.0))
    yield heading("REVENUE OF THE SMALLEST SPENDERS TOGETHER, BY SHARE OF BUYERS")
    yield Chart(tuple(heights.tolist()), _LABELS, ticks)
    yield Paragraph("Gini: 0 where all spend alike, 1 where one spends everything.", "quiet")


def _top(answer: Data, width: int) -> Table:
    return Table(
        columns=(Column("TOP SPENDERS", "name"), *numbers("buyers", "of all revenue"), Column()),
        rows=tuple(
            (f"top {float(part):.0%}", f"{answer['top_buyers'][part]:,}", share(revenue),
             Bar(min(revenue, 1.0), 40 if width >= WIDE else 25))
            for part, revenue in answer["top"].items()
        ),
        optional_columns=("",),
    )  # fmt: skip


def _tiers(answer: Data, *, wide: bool) -> Table:
    return Table(
        columns=(
            Column("TIER", "name"),
            *numbers("people", "share", "revenue", "share"),
            Column("spend"),
            *numbers(*["average"] * wide),
        ),
        rows=tuple(
            (
                *cells(tier, "name", "customers:,", "share:share", "revenue:money",
                       "revenue_share:share"),
                f"{format_money(tier['least'])} – {format_money(tier['most'])}",
                *[format_money(tier["average"])] * wide,
            )
            for tier in answer["tiers"]
            if tier["customers"]
        ),
        optional_columns=("spend",),
    )  # fmt: skip
