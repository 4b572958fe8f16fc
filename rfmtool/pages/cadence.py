"""The answer of `cadence`: overdue regulars, and how many came back in a backtest."""

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
    Paragraph,
    Table,
    answer_blocks,
    cells,
    numbers,
    share,
)
from rfmtool.summaries.formatting import count_text, format_money

_MAX_ROWS: Final = 15
_ID_WIDTH: Final = 17


def page(answer: Data, width: int) -> list[Block]:
    """The page, `width` characters wide."""
    regulars, total = answer["regular_activity"], sum(answer["activity"].values())
    who = Column("who", tone="quiet", folds=True)
    activity = Table(
        columns=(Column("ACTIVITY", "name"), who, *numbers("people", "share", "regulars")),
        rows=tuple(
            (name, answer["meanings"][name], f"{people:,}", share(people / total),
             f"{regulars.get(name, 0):,}")
            for name, people in answer["activity"].items()
            if people
        ),
    )  # fmt: skip
    first, late = count_text(answer["regulars"], "regular"), regulars.get("overdue", 0)
    headline = f"{first}, ", f"{late:,} of them overdue", f" · as of {answer['as_of']}"
    sections = [activity], _overdue(answer), _backtest(answer, width)
    return answer_blocks("CADENCE", headline, sections, answer["notes"])


def _overdue(answer: Data) -> Iterator[Block]:
    if not answer["overdue"]:
        return
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
            for row in answer["overdue"][:_MAX_ROWS]
        ),
        optional_columns=("average", "late", "since", "usual gap", "ratio", "order days",
                          "last order"),
        text_width=_ID_WIDTH,
    )  # fmt: skip
    text = (
        f"In all they spent {format_money(answer['at_stake'])} so far; one more order each would"
        f" bring {format_money(answer['next_orders'])}."
    )
    if len(answer["overdue"]) > _MAX_ROWS:
        text += f" These are the first {_MAX_ROWS}; -o FILE writes the whole list."
    yield Paragraph(text)


def _backtest(answer: Data, width: int) -> Iterator[Block]:
    if not answer["backtest"]:
        return
    yield Table(
        columns=(
            Column("DAYS SINCE ÷ USUAL GAP", "name"),
            Column("was"),
            *numbers("regulars", "came back"),
            Column(),
            Column("95% interval"),
        ),
        rows=tuple(_band(band, 20 if width >= WIDE else 6) for band in answer["backtest"]),
        optional_columns=("95% interval", ""),
    )
    note = (
        f"As of {answer['backtest_from']}, by the limits of that day: who ordered within the"
        f" {answer['backtest_days']} days after it."
    )
    yield Paragraph(note, "quiet")


def _band(band: Data, length: int) -> tuple[Cell, ...]:
    first = (band["band"], band["activity"], f"{band['customers']:,}")
    if band["share"] is None:
        return (*first, "–", "", "")
    if not band["is_enough"]:
        return (*first, f"{band['returned']:,} of {band['customers']:,}", "", "too few to say")
    interval = f"{band['low']:.1%} – {band['high']:.1%}"
    return (*first, share(band["share"]), Bar(band["share"], length), interval)
