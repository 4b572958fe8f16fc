"""The answer of `cohorts`: who still orders, and revenue per customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Block,
    Paragraph,
    ShadedCell,
    ShadedRow,
    ShadedTable,
    answer_blocks,
    heading,
)
from rfmtool.summaries.formatting import count_text

_MAX_ROWS: Final = 24
_MARGIN: Final = 18
_SHARE_WIDTH: Final = 5
_MONEY_WIDTH: Final = 7


def page(answer: Data, width: int) -> list[Block]:
    """The page, `width` characters wide."""
    rows = answer["cohorts"]
    buyers = count_text(answer["buyers"], "buyer")
    months = count_text(len(rows), "first-order month")
    headline = f"{buyers} in ", months, f" · as of {answer['as_of']}"
    sections: list[Iterable[Block]] = []
    if rows:
        title = heading("REVENUE PER CUSTOMER  cumulative, months since the first order")
        how_to_read = Paragraph(_how_to_read(answer, width), "quiet")
        sections = [_retention(answer, width), [title, _revenue(answer, width)], [how_to_read]]
    return answer_blocks("COHORTS", headline, sections, answer["notes"])


def _months(answer: Data, first: int, width: int, cell: int) -> range:
    """The months that fit, from `first` on, in columns of `cell` characters."""
    longest = max(len(cohort["active"]) for cohort in answer["cohorts"][-_MAX_ROWS:])
    return range(first, max(min(longest, first + (width - _MARGIN) // cell), first))


def _retention(answer: Data, width: int) -> Iterator[Block]:
    """Who still orders, by month; nothing before the second month."""
    months = _months(answer, 1, width, _SHARE_WIDTH)
    if not months:
        return
    yield heading("STILL ORDERING  per cent of a cohort, months after the first order")
    rows = []
    for cohort in answer["cohorts"][-_MAX_ROWS:]:
        sizes = [cohort["size"]] * len(cohort["active"])
        rows.append((cohort["cohort"], cohort["size"], _percent(cohort["active"], sizes)))
    total = answer["all"]
    rows.append(("all", answer["buyers"], _percent(total["active"], total["customers"])))
    most = max(share or 0.0 for *_, shares in rows for share in _values_of(shares, months))
    yield ShadedTable(
        title="COHORT",
        size="people",
        heads=tuple(f"{month} " for month in months),
        rows=tuple(
            ShadedRow(name, _share_cells(answer, name, shares, months, most), f"{people:,}")
            for name, people, shares in rows
        ),
    )


def _percent(active: Sequence[int], people: Sequence[int]) -> list[float | None]:
    pairs = zip(active, people, strict=True)
    return [100 * count / size if size else None for count, size in pairs]


def _share_cells(
    answer: Data, name: str, shares: Sequence[float | None], months: range, most: float
) -> tuple[ShadedCell, ...]:
    """The cells of a row, with a star in the month that is not over (not in the row `all`)."""
    running = None if answer["last_month_is_over"] or name == "all" else len(shares) - 1
    return tuple(
        ShadedCell("") if share is None
        else ShadedCell(f"{share:3.0f}{'*' if month == running else ' '}", share / (most or 1.0))
        for month, share in zip(months, _values_of(shares, months), strict=True)
    )  # fmt: skip


def _values_of(values: Sequence[float | None], months: range) -> list[float | None]:
    return [values[month] if month < len(values) else None for month in months]


def _revenue(answer: Data, width: int) -> ShadedTable:
    months = _months(answer, 0, width, _MONEY_WIDTH)
    cohorts = answer["cohorts"][-_MAX_ROWS:]
    rows = [_values_of(cohort["cumulated"], months) for cohort in cohorts]
    most = max(value or 0.0 for values in rows for value in values)
    return ShadedTable(
        title="COHORT",
        size="people",
        heads=tuple(f"{month}" for month in months),
        rows=tuple(
            ShadedRow(
                cohort["cohort"],
                tuple(
                    ShadedCell("") if value is None
                    else ShadedCell(f"{value:6,.0f}", max(value, 0.0) / most if most else 0.0)
                    for value in values
                ),
                f"{cohort['size']:,}",
            )
            for cohort, values in zip(cohorts, rows, strict=True)
        ),
    )  # fmt: skip


def _how_to_read(answer: Data, width: int) -> str:
    as_of = answer["as_of"]
    sentences = [f"A row that ends early ends with {as_of[:7]} (up to {as_of})."]
    if not answer["last_month_is_over"] and _months(answer, 1, width, _SHARE_WIDTH):
        sentences.append("* That month is not over; 'all' omits it.")
    left_out = []
    if len(answer["cohorts"]) > _MAX_ROWS:
        left_out.append(f"Shown: the latest {_MAX_ROWS} cohorts; 'all' covers every cohort.")
    last = max(len(cohort["active"]) for cohort in answer["cohorts"]) - 1
    above, below = (len(_months(answer, 1, width, cell)) for cell in (_SHARE_WIDTH, _MONEY_WIDTH))
    if above < last:
        text = f"Of months 0–{last} the tables fit up to {above} above, {below - 1} below."
        left_out.append(text)
    hint = ["-o FILE writes every cohort and month."] if left_out else []
    return " ".join([*sentences, *left_out, *hint])
