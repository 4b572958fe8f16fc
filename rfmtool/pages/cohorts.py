"""Cohorts: who still orders, and what each customer has brought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Block,
    Gap,
    Paragraph,
    ShadedCell,
    ShadedRow,
    ShadedTable,
    answer_blocks,
    heading,
)
from rfmtool.summaries.formatting import count_text

_MOST_ROWS: Final = 24
_MARGIN: Final = 18
_SHARE_WIDTH: Final = 5
_MONEY_WIDTH: Final = 7


def page(found: Data, width: int) -> list[Block]:
    """The answer, for a page of so many characters."""
    rows = found["cohorts"]
    told = (
        f"{count_text(found['buyers'], 'buyer')} in ",
        count_text(len(rows), "first-order month"),
        f" · as of {found['as_of']}",
    )
    parts: list[Block] = []
    if rows:
        parts = [
            *_retention(found, width),
            heading("REVENUE PER CUSTOMER  cumulated until so many months after"),
            _value(found, width),
            Gap(),
            Paragraph(_reading(found, width), "quiet"),
        ]
    return answer_blocks("COHORTS", told, parts, found["notes"])


def _months(found: Data, first: int, width: int, cell: int) -> range:
    """The months that there is room for, from `first` on."""
    longest = max(len(one["active"]) for one in found["cohorts"][-_MOST_ROWS:])
    return range(first, max(min(longest, first + (width - _MARGIN) // cell), first))


def _retention(found: Data, width: int) -> Iterator[Block]:
    """Who still orders; nothing before a second month."""
    months = _months(found, 1, width, _SHARE_WIDTH)
    if not months:
        return
    yield heading("STILL ORDERING  per cent of a cohort, months after the first order")
    rows = [
        (one["cohort"], one["size"], _percent(one["active"], [one["size"]] * len(one["active"])))
        for one in found["cohorts"][-_MOST_ROWS:]
    ]
    all_rows = found["all"]
    rows.append(("all", found["buyers"], _percent(all_rows["active"], all_rows["customers"])))
    most = max(part or 0.0 for *_, parts in rows for part in _picked(parts, months))
    yield ShadedTable(
        title="COHORT",
        size="people",
        heads=tuple(f"{month} " for month in months),
        rows=tuple(
            ShadedRow(name, _stars(found, name, parts, months, most), f"{people:,}")
            for name, people, parts in rows
        ),
    )
    yield Gap()


def _percent(active: Sequence[int], people: Sequence[int]) -> list[float | None]:
    return [
        100 * part / whole if whole else None for part, whole in zip(active, people, strict=True)
    ]


def _stars(
    found: Data, name: str, parts: Sequence[float | None], months: range, most: float
) -> tuple[ShadedCell, ...]:
    """A star stands behind the month that is not over; all leaves it out."""
    running = None if found["last_month_is_over"] or name == "all" else len(parts) - 1
    return tuple(
        ShadedCell("") if part is None
        else ShadedCell(f"{part:3.0f}{'*' if month == running else ' '}", part / (most or 1.0))
        for month, part in zip(months, _picked(parts, months), strict=True)
    )  # fmt: skip


def _picked(values: Sequence[float | None], months: range) -> list[float | None]:
    return [values[month] if month < len(values) else None for month in months]


def _value(found: Data, width: int) -> ShadedTable:
    months = _months(found, 0, width, _MONEY_WIDTH)
    rows = [(one, _picked(one["cumulated"], months)) for one in found["cohorts"][-_MOST_ROWS:]]
    most = max(max(value or 0.0 for value in values) for _, values in rows)
    return ShadedTable(
        title="COHORT",
        size="people",
        heads=tuple(f"{month}" for month in months),
        rows=tuple(
            ShadedRow(
                one["cohort"],
                tuple(
                    ShadedCell("") if value is None
                    else ShadedCell(f"{value:6,.0f}", max(value, 0.0) / most if most else 0.0)
                    for value in values
                ),
                f"{one['size']:,}",
            )
            for one, values in rows
        ),
    )  # fmt: skip


def _reading(found: Data, width: int) -> str:
    as_of = found["as_of"]
    words = [f"Where a row ends early, it ends with {as_of[:7]}, until {as_of}."]
    if not found["last_month_is_over"] and _months(found, 1, width, _SHARE_WIDTH):
        words.append("* That month is not over, and all leaves it out.")
    left_out = []  # what there is no room for
    if len(found["cohorts"]) > _MOST_ROWS:
        left_out.append(f"These are the latest {_MOST_ROWS} cohorts, all is of every one.")
    last = max(len(one["active"]) for one in found["cohorts"]) - 1
    above, below = (len(_months(found, 1, width, cell)) for cell in (_SHARE_WIDTH, _MONEY_WIDTH))
    if above < last:
        left_out.append(
            f"Of months 0–{last} there is room until {above} above, and until {below - 1} below."
        )
    more = ["-o FILE writes every cohort and month."] if left_out else []
    return " ".join([*words, *left_out, *more])
