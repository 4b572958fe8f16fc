"""Missing regulars as a page for a terminal, and what became of those who were missing."""

from __future__ import annotations

from typing import Final

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.cadence import BACKTEST_DAYS, Band, Cadence
from rfmtool.report.terminal import (
    TITLE,
    WIDE,
    bar,
    paragraph,
    print_trimmed,
    printable,
    share,
    titled_table,
)
from rfmtool.report.words import counted, money
from rfmtool.scoring.customers import money_text

_SHOWN: Final = 15


def show(found: Cadence, console: Console) -> None:
    """Print the answer."""
    width = console.width
    parts: list[RenderableType] = [_headline(found), Rule(style="dim"), _activity(found)]
    if len(found.table):
        parts += [Text(), *_overdue(found, width)]
    if found.backtest:
        parts += [Text(), *_backtest(found, width)]
    parts += [paragraph(f"! {note}", width, "yellow") for note in found.notes]
    print_trimmed([*parts, Rule(style="dim")], console)


def _headline(found: Cadence) -> Text:
    overdue = len(found.table)
    return Text.assemble(
        (" CADENCE ", TITLE),
        f" {counted(found.regulars, 'regular')}, ",
        (f"{overdue:,} of them overdue", "bold"),
        f" · as of {found.as_of}",
    )


def _activity(found: Cadence) -> Table:
    """How many customers there are of each activity, and what it means for regulars."""
    overdue, lapsed = found.timing.overdue_ratio, found.timing.lapsed_ratio
    windows = found.timing.windows
    meanings = {
        "never": "no order that counts",
        "newcomer": f"first order ≤ {counted(windows.w50, 'day')} ago",
        "active": "as often as usual",
        "overdue": f"> {overdue:g} usual gaps, or > {counted(windows.w80, 'day')}",
        "lapsed": f"> {lapsed:g} usual gaps, or > {counted(windows.w95, 'day')}",
    }
    total = sum(found.activity.values())
    table = titled_table("ACTIVITY")
    table.add_column("who", no_wrap=True)
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    for name, customers in found.activity.items():
        if customers:
            part = share(customers / total)
            table.add_row(name, meanings.get(name, ""), f"{customers:,}", part)
    return table


def _overdue(found: Cadence, width: int) -> list[RenderableType]:
    """The first of the list, as many as a page takes."""
    wide = width >= WIDE
    table = titled_table("OVERDUE REGULARS")
    for name in ("usual gap", "since", "late", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    if wide:
        table.add_column("last order", no_wrap=True)
        table.add_column("order days", justify="right", no_wrap=True)
        table.add_column("average", justify="right", no_wrap=True)
    table.add_column("spent so far", justify="right", no_wrap=True)
    for row in found.table.head(_SHOWN).itertuples():
        more = [f"{row.last_order_on:%Y-%m-%d}", f"{row.order_days:,}", _money(row.average_order)]
        table.add_row(
            printable(str(row.customer_id)), f"{row.usual_gap_days:.1f}", f"{row.days_since:,}",
            f"{row.days_late:,}", f"{row.overdue_ratio:.2f}", *(more if wide else []),
            _money(row.monetary),
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
    table = titled_table("DAYS SINCE ÷ USUAL GAP")
    table.add_column("", no_wrap=True)
    table.add_column("regulars", justify="right", no_wrap=True)
    table.add_column("came back", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, style="cyan")
    table.add_column("95 % interval", no_wrap=True)
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
