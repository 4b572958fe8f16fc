"""The second order: the curve, the windows, when to ask."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Block,
    Chart,
    Column,
    Gap,
    Paragraph,
    Table,
    answer_blocks,
    cells,
    heading,
    numbers,
    share,
)
from rfmtool.summaries.formatting import count_text

_CURVE_ROWS: Final = 8
_HAZARD_ROWS: Final = 5
_MOST_DAYS: Final = 365
_MARGIN: Final = 11
_MOST_COLUMNS: Final = 100
_SOON: Final = "90"
_MOST_GROUPS: Final = 30
_FEW: Final = 30


def page(found: Data, width: int) -> list[Block]:
    """The answer, for a page of so many characters."""
    told = (
        f"{count_text(found['buyers'], 'buyer')} · ",
        f"{found['repeaters']:,} came back",
        f" · as of {found['as_of']}",
    )
    parts: list[Block] = []
    if found["repeaters"]:
        parts = [
            Paragraph(_in_a_sentence(found)),
            Gap(),
            *_curve(found, width),
            Gap(),
            *_numbers(found),
            Gap(),
            *_when_to_ask(found, width),
            Paragraph(_whom_to_ask(found)),
            Gap(),
            *_latency(found),
        ]
    if found.get("groups"):
        parts += [Gap(), *_by_group(found)]
    return answer_blocks("SECOND ORDER", told, parts, found["notes"])


def _in_a_sentence(found: Data) -> str:
    flattering = f"{found['latency'][0]['median_days']:g}"
    median = found["median_days"]
    if median is None:
        return (
            f"Fewer than half of all buyers have come back: {share(found['curve'][-1]['share'])}"
            f" within {count_text(found['watched_days'], 'day')}. The median of those who did is"
            f" {flattering} days."
        )
    return (
        f"Half of all buyers come back within {count_text(median, 'day')}. (The median of those who"
        f" did is {flattering}: it leaves out all who are still to come.)"
    )


def _curve(found: Data, width: int) -> Iterator[Block]:
    """The share who came back by the days since the first order."""
    last = max(min(found["watched_days"], _MOST_DAYS), 1)
    cells = min(width - _MARGIN, _MOST_COLUMNS)
    points = [_point(found["curve"], round((cell + 1) * last / cells)) for cell in range(cells)]
    shares = [point["share"] if point else 0.0 for point in points]
    # The round share at the top of the scale.
    top = next((top for top in (0.02, 0.05, 0.1, 0.2, 0.5) if shares[-1] <= top), 1.0)
    labels = [f"{100 * top:g}%".rjust(6), *[""] * (_CURVE_ROWS - 1)]
    labels[_CURVE_ROWS // 2] = f"{50 * top:g}%".rjust(6)
    days = map(int, found["by_day"])
    ticks = [(0, "1"), *((math.ceil(day * cells / last) - 1, f"{day}") for day in days)]
    yield heading("SHARE WHO CAME BACK, BY DAYS SINCE THE FIRST ORDER")
    yield Chart(tuple(part / top for part in shares), tuple(labels), tuple(ticks))


def _point(curve: Sequence[Data], day: int) -> Data | None:
    """The last point of the curve that is not after a day."""
    place = bisect_right(curve, day, key=lambda point: point["day"])
    return curve[place - 1] if place else None


def _numbers(found: Data) -> Iterator[Block]:
    """The share by some days with its band, and beside it the windows."""
    windows = found["windows"].items()
    sentences = [f"  {name[1:]}% come within {count_text(days, 'day')}" for name, days in windows]
    yield Table(
        columns=(
            *numbers("WITHIN", "came back"),
            Column("95% interval"),
            Column("  OF ALL SECOND ORDERS", "lead"),
        ),
        rows=tuple(
            (f"{day} days", *_share_by(found, int(day)), sentence)
            for day, sentence in zip(found["by_day"], [*sentences, ""], strict=True)
        ),
        optional_columns=("95% interval",),
    )
    if found["windows_are_fitted"]:
        days = count_text(found["watched_days"], "day")
        words = (
            f"All second orders include those still to come within the {days} watched; the median"
            " of those who did come back leaves them out."
        )
        yield Paragraph(words, "quiet")


def _share_by(found: Data, day: int) -> tuple[str, str]:
    if day > found["watched_days"]:
        return "–", "not watched"
    point = _point(found["curve"], day)
    if point is None:
        return share(0.0), ""
    low, high = point["low"], point["high"]
    return share(point["share"]), "" if low is None else f"{low:.1%} – {high:.1%}"


def _when_to_ask(found: Data, width: int) -> Iterator[Block]:
    """The hazard of each week as columns, the best weeks marked."""
    yield heading("WHEN TO ASK  second orders per 1,000 customer-days still waiting")
    if found["best_weeks"] is None or not found["windows_are_fitted"]:
        yield Paragraph("Too few second orders to tell one week from another.")
        return
    weeks = found["weekly_hazard"]
    highest = max(rate for rate in weeks if rate is not None)
    cell = max(min((width - _MARGIN) // len(weeks), 4), 1)
    weeks = weeks[: (width - _MARGIN) // cell]
    heights = tuple(
        None if rate is None or (cell > 1 and place == cell - 1) else rate / highest
        for rate in weeks
        for place in range(cell)
    )
    ticks = tuple((cell * (week - 1), f"{week}") for week in (1, *range(5, len(weeks) + 1, 5)))
    yield Chart(heights, (f"{highest:6.2f}", *[""] * (_HAZARD_ROWS - 1)), ticks)
    first, last = found["best_weeks"]
    named = f"week {first}" if first == last else f"weeks {first}–{last}"
    words = f"Weeks since the first order. Ask in {named} (days {7 * (first - 1) + 1}–{7 * last})."
    yield Paragraph(words, "strong")


def _whom_to_ask(found: Data) -> str:
    """How many may still come back, and for how many the time to ask is now."""
    window = count_text(found["windows"]["w95"], "day")
    if not found["waiting"]:
        return f"No one-time buyer's first order is {window} ago or less: there is nobody to ask."
    waiting = count_text(found["waiting"], "one-time buyer")
    inside = f"{waiting} may still come back (first order ≤ {window} ago)"
    if not found["ask"]:
        return f"{inside}; -o FILE lists them."
    now, later, late = (f"{many:,}" for many in found["ask"].values())
    return (
        f"{inside}: ask {now} of them now, {later} later; for {late} the best weeks are past."
        " -o FILE lists them in this order."
    )


def _latency(found: Data) -> Iterator[Block]:
    """From each order day to the next."""
    titles = ("customers", "went on", f"in {_SOON} d", "median of all", "median gap*")
    rows = []
    for step in found["latency"]:
        median, few = step["median_days_of_all"], " (few)" if step["returned"] < _FEW else ""
        rows.append(
            (
                f"{step['order']} to {step['order'] + 1}{few}",
                f"{step['customers']:,}",
                f"{step['returned']:,}",
                share(step["by_day"][_SOON]),
                "not reached" if median is None else count_text(median, "day"),
                f"{step['median_days']:g} days",
            )
        )
    yield Table(
        columns=(Column("FROM ORDER DAY", "name"), *numbers(*titles)),
        rows=tuple(rows),
        optional_columns=("customers", "median gap*"),
    )
    yield Paragraph(f"* of those who went on. {found['latency_note']}", "quiet")


def _by_group(found: Data) -> Iterator[Block]:
    """The groups of most buyers, in the order of their names."""
    groups, days = found["groups"], [*found["by_day"]]
    shown = sorted(groups, key=lambda group: -group["buyers"])[:_MOST_GROUPS]
    titles = ("buyers", "came back", "median", *(f"{day} d" for day in days))
    yield Table(
        columns=(Column(found["by"].upper(), "name", folds=True), *numbers(*titles)),
        rows=tuple(
            (
                *cells(group, "name", "buyers:,", "repeaters:,", "median_days"),
                *(
                    share(group["by_day"][day]) if int(day) <= group["watched_days"] else "–"
                    for day in days
                ),
            )
            for group in sorted(shown, key=lambda group: group["name"])
        ),
        optional_columns=("60 d", "180 d"),
    )
    if len(groups) > _MOST_GROUPS:
        rest = f"These are the largest {_MOST_GROUPS}; --format json has them all."
        yield Paragraph(rest, "quiet")
