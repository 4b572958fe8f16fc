"""The second order as a page for a terminal: the curve, the windows, when to ask."""

from __future__ import annotations

import math
from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.repeat import DAYS, SELECTION, Group, Repeat, Step
from rfmtool.analyses.returned import ENOUGH
from rfmtool.pages.answers import headline, print_answer
from rfmtool.pages.curves import axis, chart
from rfmtool.pages.terminal import TITLE, FittedTable, paragraph, printable, share, titled_table
from rfmtool.summaries.words import counted

_CURVE_ROWS: Final = 8
_HAZARD_ROWS: Final = 5
_MOST_DAYS: Final = 365
_MARGIN: Final = 9
_MOST_COLUMNS: Final = 100
_SOON: Final = 90
_MOST_GROUPS: Final = 30


def show(found: Repeat, console: Console) -> None:
    """Print the answer."""
    width = console.width
    parts: list[RenderableType] = []
    if found.repeaters:
        parts += [
            paragraph(_in_a_sentence(found), width),
            Text(),
            *_curve(found, width),
            Text(),
            _numbers(found),
            *_still_to_come(found, width),
            Text(),
            *_when_to_ask(found, width),
            paragraph(_whom_to_ask(found), width),
            Text(),
            _latency(found),
            paragraph(f"* of those who went on. {SELECTION}", width, "dim"),
        ]
    if found.groups:
        parts += [Text(), _by_group(found)]
        if len(found.groups) > _MOST_GROUPS:
            rest = f"These are the largest {_MOST_GROUPS}; --format json has them all."
            parts += [paragraph(rest, width, "dim")]
    print_answer(found, _headline(found), parts, console)


def _headline(found: Repeat) -> Text:
    came_back = f"{found.repeaters:,} came back"
    buyers = f"{counted(found.buyers, 'buyer')} · "
    return headline("SECOND ORDER", buyers, came_back, f" · as of {found.as_of}")


def _in_a_sentence(found: Repeat) -> str:
    flattering = f"{found.steps[0].median_days:g}"
    median = found.curve.reached(0.5)
    if median is None:
        return (
            f"Fewer than half of all buyers have come back: {share(found.curve.share_ever)} within"
            f" {counted(found.curve.watched_days, 'day')}. The median of those who did is"
            f" {flattering} days."
        )
    return (
        f"Half of all buyers come back within {counted(median, 'day')}. (The median of those who"
        f" did is {flattering}: it leaves out all who are still to come.)"
    )


def _curve(found: Repeat, width: int) -> list[RenderableType]:
    """The share who came back by the days since the first order."""
    last = max(min(found.curve.watched_days, _MOST_DAYS), 1)
    cells = min(width - _MARGIN - 2, _MOST_COLUMNS)
    days = [round((cell + 1) * last / cells) for cell in range(cells)]
    shares = [found.curve.share(day) for day in days]
    top = _ceiling(shares[-1])
    labels = [f"{100 * top:g}%", *[""] * (_CURVE_ROWS - 1)]
    labels[_CURVE_ROWS // 2] = f"{50 * top:g}%"
    ticks = [(0, "1"), *((math.ceil(day * cells / last) - 1, f"{day}") for day in DAYS)]
    return [
        Text(" SHARE WHO CAME BACK, BY DAYS SINCE THE FIRST ORDER", TITLE),
        *chart([part / top for part in shares], [label.rjust(6) for label in labels]),
        *axis(ticks, cells, 6),
    ]


def _ceiling(highest: float) -> float:
    """The round share at the top of the scale: 100, 50, 20, 10, 5 % and so on."""
    return next((top for top in (0.02, 0.05, 0.1, 0.2, 0.5) if highest <= top), 1.0)


def _numbers(found: Repeat) -> Table:
    """The share by some days with its band, and beside it the windows."""
    table = FittedTable("95% interval")
    table.add_column("WITHIN", no_wrap=True, justify="right", header_style=TITLE)
    table.add_column("came back", justify="right", no_wrap=True)
    table.add_column("95% interval", no_wrap=True)
    table.add_column("  OF ALL SECOND ORDERS", no_wrap=True, header_style=TITLE)
    fitted = found.windows
    windows = {"25": fitted.w25, "50": fitted.w50, "80": fitted.w80, "95": fitted.w95}
    sentences = [f"  {part}% come within {counted(days, 'day')}" for part, days in windows.items()]
    for day, sentence in zip(DAYS, [*sentences, ""], strict=True):
        table.add_row(f"{day} days", *_share_by(found, day), sentence)
    return table


def _still_to_come(found: Repeat, width: int) -> list[RenderableType]:
    """Why half of all second orders take longer than the median of those seen."""
    if not found.windows.is_fitted:
        return []
    days = counted(found.curve.watched_days, "day")
    words = (
        f"All second orders include those still to come within the {days} watched; the median of"
        " those who did come back leaves them out."
    )
    return [paragraph(words, width, "dim")]


def _share_by(found: Repeat, day: int) -> tuple[str, str]:
    curve = found.curve
    if day > curve.watched_days:
        return "–", "not watched"
    place = int((curve.day <= day).sum()) - 1
    if place < 0:
        return share(0.0), ""
    low, high = (limit[place] for limit in curve.band())
    return share(curve.share(day)), "" if math.isnan(low) else f"{low:.1%} – {high:.1%}"


def _when_to_ask(found: Repeat, width: int) -> list[RenderableType]:
    """The hazard of each week as columns, the best weeks marked."""
    title = Text(" WHEN TO ASK  second orders per 1,000 customer-days still waiting", TITLE)
    if found.best_weeks is None or not found.windows.is_fitted:
        return [title, paragraph("Too few second orders to tell one week from another.", width)]
    weeks = found.hazard.tolist()
    highest = max(rate for rate in weeks if not math.isnan(rate))
    cell = max(min((width - _MARGIN - 2) // len(weeks), 4), 1)
    weeks = weeks[: (width - _MARGIN - 2) // cell]
    parts = [
        None if math.isnan(rate) or (cell > 1 and place == cell - 1) else rate / highest
        for rate in weeks
        for place in range(cell)
    ]
    labels = [f"{highest:6.2f}", *[""] * (_HAZARD_ROWS - 1)]
    first, last = found.best_weeks
    ticks = [(cell * (week - 1), f"{week}") for week in _shown_weeks(len(weeks))]
    return [
        title,
        *chart(parts, labels),
        *axis(ticks, cell * len(weeks), 6),
        paragraph(f"Weeks since the first order. Ask in {_weeks(first, last)}.", width, "bold"),
    ]


def _whom_to_ask(found: Repeat) -> str:
    """How many may still come back, and for how many the time to ask is now."""
    window = counted(found.windows.w95, "day")
    if found.table.empty:
        return f"No one-time buyer's first order is {window} ago or less: there is nobody to ask."
    waiting = counted(len(found.table), "one-time buyer")
    inside = f"{waiting} may still come back (first order ≤ {window} ago)"
    if not found.ask:
        return f"{inside}; -o FILE lists them."
    now, later, late = (f"{many:,}" for many in found.ask.values())
    return (
        f"{inside}: ask {now} of them now, {later} later; for {late} the best weeks are past."
        " -o FILE lists them in this order."
    )


def _shown_weeks(weeks: int) -> list[int]:
    return [1, *range(5, weeks + 1, 5)]


def _weeks(first: int, last: int) -> str:
    days = f"days {7 * (first - 1) + 1}–{7 * last}"
    return f"week {first} ({days})" if first == last else f"weeks {first}–{last} ({days})"


def _latency(found: Repeat) -> Table:
    """From each order day to the next."""
    titles = ("customers", "went on", f"in {_SOON} d", "median of all", "median gap*")
    table = titled_table("FROM ORDER DAY", *titles, spare=("customers", "median gap*"))
    for step in found.steps:
        table.add_row(*_step(step))
    return table


def _step(step: Step) -> list[str]:
    median = step.curve.reached(0.5)
    few = " (few)" if step.returned < ENOUGH else ""
    return [
        f"{step.order} to {step.order + 1}{few}",
        f"{step.curve.customers:,}",
        f"{step.returned:,}",
        share(step.curve.share(_SOON)),
        "not reached" if median is None else counted(median, "day"),
        f"{step.median_days:g} days",
    ]


def _largest(found: Repeat) -> list[Group]:
    """The groups of most buyers, in the order of their names."""
    ranked = sorted(found.groups, key=lambda group: -group.curve.customers)[:_MOST_GROUPS]
    return sorted(ranked, key=lambda group: group.name)


def _by_group(found: Repeat) -> Table:
    titles = ("buyers", "came back", "median", *(f"{day} d" for day in DAYS))
    title = printable(str(found.by)).upper()
    table = titled_table(title, *titles, spare=("60 d", "180 d"), fold=True)
    for group in _largest(found):
        curve = group.curve
        median = curve.reached(0.5)
        shares = [share(curve.share(day)) if day <= curve.watched_days else "–" for day in DAYS]
        table.add_row(
            printable(group.name), f"{curve.customers:,}", f"{group.repeaters:,}",
            "–" if median is None else f"{median}", *shares,
        )  # fmt: skip
    return table
