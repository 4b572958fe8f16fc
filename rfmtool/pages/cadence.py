"""Missing regulars, and what became of those who were missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    WIDE,
    Bar,
    Block,
    Cell,
    Column,
    Gap,
    Paragraph,
    Table,
    answer_blocks,
    cells,
    numbers,
    share,
)
from rfmtool.summaries.formatting import count_text, format_money

_SHOWN: Final = 15
_ID_WIDTH: Final = 17


def page(found: Data, width: int) -> list[Block]:
    """The answer, for a page of so many characters."""
    regular, total = found["regular_activity"], sum(found["activity"].values())
    activity = Table(
        columns=(
            Column("ACTIVITY", "name"),
            Column("who", tone="quiet", folds=True),
            *numbers("people", "share", "regulars"),
        ),
        rows=tuple(
            (name, found["meanings"][name], f"{people:,}", share(people / total),
             f"{regular.get(name, 0):,}")
            for name, people in found["activity"].items()
            if people
        ),
    )  # fmt: skip
    parts: list[Block] = [activity]
    if found["overdue"]:
        parts += [Gap(), *_overdue(found)]
    if found["backtest"]:
        parts += [Gap(), *_backtest(found, width)]
    late = f"{regular.get('overdue', 0):,} of them overdue"
    told = (f"{count_text(found['regulars'], 'regular')}, ", late, f" · as of {found['as_of']}")
    return answer_blocks("CADENCE", told, parts, found["notes"])


def _overdue(found: Data) -> Iterator[Block]:
    """The first of the list, as many as a page takes."""
    yield Table(
        columns=(
            Column("OVERDUE REGULARS", "name", folds=True),
            *numbers("order days", "last order", "usual gap", "since", "late", "ratio", "average",
                     "spent so far"),
        ),
        rows=tuple(
            cells(row, "customer_id", "order_days:,", "last_order_on", "usual_gap_days:.1f",
                   "days_since:,", "days_late:,", "overdue_ratio:.2f", "average_order:money",
                   "monetary:money")
            for row in found["overdue"][:_SHOWN]
        ),
        optional_columns=("average", "late", "since", "usual gap", "ratio", "order days", "last order"),
        text_width=_ID_WIDTH,
    )  # fmt: skip
    stake = (
        f"All together they spent {format_money(found['at_stake'])} so far; one more order of each would"
        f" be {format_money(found['next_orders'])}."
    )
    if len(found["overdue"]) > _SHOWN:
        stake += f" These are the first {_SHOWN}; -o FILE writes the whole list."
    yield Paragraph(stake)


def _backtest(found: Data, width: int) -> Iterator[Block]:
    """What became of each band: a bar of those who came back."""
    yield Table(
        columns=(
            Column("DAYS SINCE ÷ USUAL GAP", "name"),
            Column("was"),
            *numbers("regulars", "came back"),
            Column(),
            Column("95% interval"),
        ),
        rows=tuple(_band(band, 20 if width >= WIDE else 6) for band in found["backtest"]),
        optional_columns=("95% interval", ""),
    )
    words = (
        f"As of {found['backtest_from']}, by the limits of that day: who ordered within the"
        f" {found['backtest_days']} days after it."
    )
    yield Paragraph(words, "quiet")


def _band(band: Data, length: int) -> tuple[Cell, ...]:
    name = (band["band"], band["activity"], f"{band['customers']:,}")
    if band["share"] is None:
        return (*name, "–", "", "")
    if not band["is_enough"]:
        return (*name, f"{band['returned']:,} of {band['customers']:,}", "", "too few to say")
    interval = f"{band['low']:.1%} – {band['high']:.1%}"
    return (*name, share(band["share"]), Bar(band["share"], length), interval)
