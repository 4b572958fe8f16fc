"""Cohorts as a page for a terminal: who still orders, and what each customer has brought."""

from __future__ import annotations

from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.cohorts import Cohort, Cohorts
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.pages.answers import headline, print_answer
from rfmtool.pages.matrix import Row, heat_table
from rfmtool.pages.terminal import TITLE, paragraph
from rfmtool.summaries.words import counted

_MOST_ROWS: Final = 24
_MARGIN: Final = 18
_SHARE_WIDTH: Final = 5
_MONEY_WIDTH: Final = 7


def show(found: Cohorts, console: Console) -> None:
    """Print the answer."""
    width = console.width
    parts: list[RenderableType] = []
    if found.cohorts:
        parts = [
            *_retention(found, width),
            Text(" REVENUE PER CUSTOMER  cumulated until so many months after", TITLE),
            _value(found, width),
            Text(),
            paragraph(_reading(found, width), width, "dim"),
        ]
    print_answer(found, _headline(found), parts, console)


def _headline(found: Cohorts) -> Text:
    buyers = sum(one.size for one in found.cohorts)
    months = counted(len(found.cohorts), "first-order month")
    return headline("COHORTS", f"{counted(buyers, 'buyer')} in ", months, f" · as of {found.as_of}")


def _shown(found: Cohorts) -> tuple[Cohort, ...]:
    return found.cohorts[-_MOST_ROWS:]


def _months(found: Cohorts, first: int, width: int, cell: int) -> range:
    """The months that there is room for, from `first` on."""
    longest = max(len(one.active) for one in _shown(found))
    return range(first, max(min(longest, first + (width - _MARGIN) // cell), first))


def _retention(found: Cohorts, width: int) -> list[RenderableType]:
    """Who still orders; nothing before a second month."""
    months = _months(found, 1, width, _SHARE_WIDTH)
    if not months:
        return []
    rows = [
        Row(one.name, f"{one.size:,}", _shares(one, months), _marks(found, one, months))
        for one in _shown(found)
    ]
    everyone = [_of_all(found, month) for month in months]
    buyers = sum(one.size for one in found.cohorts)
    rows.append(Row("all", f"{buyers:,}", everyone, " " * len(months)))
    title = Text(" STILL ORDERING  per cent of a cohort, months after the first order", TITLE)
    heads = [f"{month:>3}" for month in months]
    return [title, heat_table(("COHORT", "people"), heads, rows, "3.0f"), Text()]


def _shares(one: Cohort, months: range) -> list[float | None]:
    active = one.active
    return [100 * active[month] / one.size if month < len(active) else None for month in months]


def _marks(found: Cohorts, one: Cohort, months: range) -> str:
    """A star behind the month that is not over."""
    running = None if found.last_month_is_over else len(one.active) - 1
    return "".join("*" if month == running else " " for month in months)


def _of_all(found: Cohorts, month: int) -> float | None:
    """The share of everybody who can have come so late; a month that is not over is left out."""
    running = not found.last_month_is_over
    reached = [one for one in found.cohorts if month < len(one.active) - running]
    people = sum(one.size for one in reached)
    return 100 * sum(one.active[month] for one in reached) / people if people else None


def _value(found: Cohorts, width: int) -> Table:
    months = _months(found, 0, width, _MONEY_WIDTH)
    rows = [Row(one.name, f"{one.size:,}", _cumulated(one, months)) for one in _shown(found)]
    return heat_table(("COHORT", "people"), [f"{month:>5}" for month in months], rows, "6,.0f")


def _cumulated(one: Cohort, months: range) -> list[float | None]:
    per_customer = one.size * UNITS_PER_CURRENCY
    return [
        sum(one.revenue[: month + 1]) / per_customer if month < len(one.revenue) else None
        for month in months
    ]


def _reading(found: Cohorts, width: int) -> str:
    words = [f"Where a row ends early, it ends with {found.as_of:%Y-%m}, until {found.as_of}."]
    if not found.last_month_is_over and _months(found, 1, width, _SHARE_WIDTH):
        words.append("* That month is not over, and all leaves it out.")
    left_out = _left_out(found, width)
    more = ["-o FILE writes every cohort and month."] if left_out else []
    return " ".join([*words, *left_out, *more])


def _left_out(found: Cohorts, width: int) -> list[str]:
    """Which cohorts and months there is no room for."""
    words = []
    if len(found.cohorts) > _MOST_ROWS:
        words.append(f"These are the latest {_MOST_ROWS} cohorts, all is of every one.")
    last = max(len(one.active) for one in found.cohorts) - 1
    above, below = (len(_months(found, 1, width, cell)) for cell in (_SHARE_WIDTH, _MONEY_WIDTH))
    if above < last:
        words.append(
            f"Of months 0–{last} there is room until {above} above, and until {below - 1} below."
        )
    return words
