"""Missing regulars as a page for a terminal, and what became of those who were missing."""

from __future__ import annotations

from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.cadence import Band, Cadence
from rfmtool.analyses.returned import BACKTEST_DAYS
from rfmtool.money import money_text
from rfmtool.pages.answers import headline, print_answer
from rfmtool.pages.terminal import (
    WIDE,
    add_numbers,
    bar,
    paragraph,
    printable,
    share,
    titled_table,
)
from rfmtool.summaries.words import activity_words, counted, money

_SHOWN: Final = 15
_ID_WIDTH: Final = 17
_SPARE: Final = ("average", "late", "since", "usual gap", "ratio", "order days", "last order")


def show(found: Cadence, console: Console) -> None:
    """Print the answer."""
    width = console.width
    parts: list[RenderableType] = [_activity(found)]
    if len(found.table):
        parts += [Text(), *_overdue(found, width)]
    if found.backtest:
        parts += [Text(), *_backtest(found, width)]
    print_answer(found, _headline(found), parts, console)


def _headline(found: Cadence) -> Text:
    regulars, overdue = counted(found.regulars, "regular"), len(found.table)
    late = f"{overdue:,} of them overdue"
    return headline("CADENCE", f"{regulars}, ", late, f" · as of {found.as_of}")


def _activity(found: Cadence) -> Table:
    """How many customers there are of each activity, and how many of them are regulars."""
    meanings = activity_words(found.timing)
    total = sum(found.activity.values())
    table = titled_table("ACTIVITY")
    table.add_column("who", style="dim", overflow="fold")
    add_numbers(table, "people", "share", "regulars")
    for name, customers in found.activity.items():
        if customers:
            regulars = found.regular_activity.get(name, 0)
            part = share(customers / total)
            table.add_row(name, meanings[name], f"{customers:,}", part, f"{regulars:,}")
    return table


def _overdue(found: Cadence, width: int) -> list[RenderableType]:
    """The first of the list, as many as a page takes."""
    table = titled_table(
        "OVERDUE REGULARS", "order days", "last order", "usual gap", "since", "late", "ratio",
        "average", "spent so far", spare=_SPARE, fold=True,
        text_width=_ID_WIDTH,
    )  # fmt: skip
    for row in found.table.head(_SHOWN).itertuples():
        table.add_row(
            printable(str(row.customer_id)), f"{row.order_days:,}", f"{row.last_order_on:%Y-%m-%d}",
            f"{row.usual_gap_days:.1f}", f"{row.days_since:,}", f"{row.days_late:,}",
            f"{row.overdue_ratio:.2f}", _money(row.average_order), _money(row.monetary),
        )  # fmt: skip
    stake = (
        f"All together they spent {_money(found.at_stake)} so far; one more order of each would be"
        f" {_money(found.next_orders)}."
    )
    if len(found.table) > _SHOWN:
        stake += f" These are the first {_SHOWN}; -o FILE writes the whole list."
    return [table, paragraph(stake, width)]


def _money(units: object) -> str:
    return money(money_text(int(str(units))))


def _backtest(found: Cadence, width: int) -> list[RenderableType]:
    """What became of each band: a bar of those who came back."""
    if found.backtest is None:
        return []
    table = titled_table("DAYS SINCE ÷ USUAL GAP", spare=("95% interval", ""))
    table.add_column("was", no_wrap=True)
    add_numbers(table, "regulars", "came back")
    table.add_column("", no_wrap=True, style="cyan")
    table.add_column("95% interval", no_wrap=True)
    cells = 20 if width >= WIDE else 6
    for band in found.backtest.bands:
        table.add_row(*_band(band, cells))
    sentence = (
        f"As of {found.backtest.from_day}, by the limits of that day: who ordered within the"
        f" {BACKTEST_DAYS} days after it."
    )
    return [table, paragraph(sentence, width, "dim")]


def _band(band: Band, cells: int) -> list[str]:
    group = band.share
    name = [band.name, band.activity, f"{group.customers:,}"]
    if group.part is None or group.interval is None:
        return [*name, "–", "", ""]
    if not group.is_enough:
        return [*name, f"{group.returned:,} of {group.customers:,}", "", "too few to say"]
    low, high = group.interval
    return [*name, share(group.part), bar(group.part, cells), f"{low:.1%} – {high:.1%}"]
