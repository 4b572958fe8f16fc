"""How few customers bring how much, as a page for a terminal: the Lorenz curve and the tiers."""

from __future__ import annotations

from typing import Final

import numpy as np
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.concentration import Concentration, Tier, top_count
from rfmtool.money import money_text
from rfmtool.pages.answers import headline, print_answer
from rfmtool.pages.curves import axis, chart
from rfmtool.pages.terminal import (
    TITLE,
    WIDE,
    add_numbers,
    bar,
    paragraph,
    share,
    titled_table,
)
from rfmtool.summaries.words import counted, money

_ROWS: Final = 8
_LABEL: Final = 6
_MOST_CELLS: Final = 80


def show(found: Concentration, console: Console) -> None:
    """Print the answer."""
    width = console.width
    parts: list[RenderableType] = []
    if found.gini is not None:
        parts += [*_curve(found, width), Text(), _top(found, width), Text()]
    if found.tiers:
        parts += [_tiers(found, width)]
    print_answer(found, _headline(found), parts, console)


def _headline(found: Concentration) -> Text:
    gini = "Gini –" if found.gini is None else f"Gini {found.gini:.3f}"
    spent = f"{counted(found.buyers, 'buyer')} spent {money(money_text(found.revenue))}"
    return headline("CONCENTRATION", "", gini, f" · {spent} · as of {found.as_of}")


def _curve(found: Concentration, width: int) -> list[RenderableType]:
    """The share of revenue that the so many smallest customers bring together."""
    cells = min(width - _LABEL - 3, _MOST_CELLS)
    customers, revenue = zip(*found.lorenz, strict=True)
    at = np.arange(1, cells + 1) / cells
    parts = np.clip(np.interp(at, customers, revenue), 0, 1)
    labels = ["100%", *[""] * (_ROWS // 2 - 1), "50%", *[""] * (_ROWS // 2 - 1)]
    ticks = [(round(part * cells) - 1, f"{part:.0%}") for part in (0.2, 0.4, 0.6, 0.8, 1.0)]
    return [
        Text(" REVENUE OF THE SMALLEST SPENDERS TOGETHER, BY SHARE OF BUYERS", TITLE),
        *chart(parts.tolist(), [label.rjust(_LABEL) for label in labels]),
        *axis(ticks, cells, _LABEL),
        paragraph("Gini: 0 where all spend alike, 1 where one spends everything.", width, "dim"),
    ]


def _top(found: Concentration, width: int) -> Table:
    table = titled_table("TOP SPENDERS", "buyers", "of all revenue", spare=("",))
    table.add_column("", no_wrap=True, style="cyan")
    cells = 40 if width >= WIDE else 25
    for part, revenue in found.top.items():
        percent = round(float(part) * 100)
        buyers = top_count(percent, found.buyers)
        drawn = bar(min(revenue, 1.0), cells)
        table.add_row(f"top {percent}%", f"{buyers:,}", share(revenue), drawn)
    return table


def _tiers(found: Concentration, width: int) -> Table:
    """Heavy, medium and light buyers."""
    table = titled_table("TIER", "people", "share", "revenue", "share", spare=("spend",))
    table.add_column("spend", no_wrap=True)
    if width >= WIDE:
        add_numbers(table, "average")
    for tier in found.tiers:
        if tier.customers:
            table.add_row(*_tier(tier, found, wide=width >= WIDE))
    return table


def _tier(tier: Tier, found: Concentration, *, wide: bool) -> list[str]:
    part = tier.revenue / found.revenue if found.revenue > 0 else None
    average = [money(money_text(round(tier.revenue / tier.customers)))] if wide else []
    return [
        tier.name,
        f"{tier.customers:,}",
        share(tier.customers / found.buyers),
        money(money_text(tier.revenue)),
        share(part),
        f"{money(money_text(tier.least))} – {money(money_text(tier.most))}",
        *average,
    ]
