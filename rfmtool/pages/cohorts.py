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
    rows = []
    for cohort in answer["cohorts"][-_MAX_ROWS:]:
        sizes = [cohort["size"]] * len(cohort["active"])
        rows.append((cohort["cohort"], cohort["size"], _percent(cohort["active"], sizes)))
    total = answer["all"]
    rows.append(("all", answer["buyers"], _percent(total["active"], total["customers"])))
    yield heading("STILL ORDERING  per cent of a cohort, months after the first order")
    star = " " if answer["last_month_is_over"] else "*"
    yield _table(rows, months, "3.0f", (star, " "))


def _percent(active: Sequence[int], people: Sequence[int]) -> list[float | None]:
    pairs = zip(active, people, strict=True)
    return [100 * count / size if size else None for count, size in pairs]


def _revenue(answer: Data, width: int) -> ShadedTable:
    months = _months(answer, 0, width, _MONEY_WIDTH)
    rows = [
        (cohort["cohort"], cohort["size"], cohort["cumulated"])
        for cohort in answer["cohorts"][-_MAX_ROWS:]
    ]
    return _table(rows, months, "6,.0f", ("", ""))


def _table(
    rows: Sequence[tuple[str, int, Sequence[float | None]]], months: range, form: str,
    marks: tuple[str, str],
) -> ShadedTable:  # fmt: skip
    """Cohorts with their size and a value for each month, shaded by the largest of them.

    The marks stand behind a cohort's latest month, and behind all other months and their heads.
    """
    shown = [[values[month] if month < len(values) else None for month in months]
             for *_, values in rows]  # fmt: skip
    most = max(value or 0.0 for values in shown for value in values) or 1.0
    shaded = []
    for (name, size, values), row in zip(rows, shown, strict=True):
        latest = None if name == "all" else len(values) - 1
        cells = tuple(
            ShadedCell("") if value is None
            else ShadedCell(f"{value:{form}}{marks[month != latest]}", max(value, 0.0) / most)
            for month, value in zip(months, row, strict=True)
        )  # fmt: skip
        shaded.append(ShadedRow(name, cells, f"{size:,}"))
    heads = tuple(f"{month}{marks[1]}" for month in months)
    return ShadedTable("COHORT", heads, tuple(shaded), size="people")


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
