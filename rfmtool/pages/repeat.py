"""The answer of `repeat`: the curve of second orders, the windows, when to ask."""

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
_MAX_DAYS: Final = 365
_MARGIN: Final = 11
_MAX_COLUMNS: Final = 100
_SOON: Final = "90"
_MAX_GROUPS: Final = 30
_FEW: Final = 30


def page(answer: Data, width: int) -> list[Block]:
    """The page, `width` characters wide."""
    buyers, returned = count_text(answer["buyers"], "buyer"), f"{answer['repeaters']:,} came back"
    headline = f"{buyers} · ", returned, f" · as of {answer['as_of']}"
    parts: list[Block] = []
    if answer["repeaters"]:
        parts = [
            Paragraph(_median_in_words(answer)),
            Gap(),
            *_curve(answer, width),
            Gap(),
            *_shares_and_windows(answer),
            Gap(),
            *_when_to_ask(answer, width),
            Paragraph(_whom_to_ask(answer)),
            Gap(),
            *_waits(answer),
        ]
    if answer.get("groups"):
        parts += [Gap(), *_by_group(answer)]
    return answer_blocks("SECOND ORDER", headline, [parts], answer["notes"])


def _median_in_words(answer: Data) -> str:
    median_of_repeaters = f"{answer['latency'][0]['median_days']:g}"
    median = answer["median_days"]
    if median is None:
        return (
            f"Fewer than half of all buyers have come back: {share(answer['curve'][-1]['share'])}"
            f" within {count_text(answer['watched_days'], 'day')}. The median of those who did is"
            f" {median_of_repeaters} days."
        )
    return (
        f"Half of all buyers come back within {count_text(median, 'day')}. (The median of those who"
        f" did is {median_of_repeaters}: it leaves out all who are still to come.)"
    )


def _curve(answer: Data, width: int) -> Iterator[Block]:
    """The share who came back, by days since the first order."""
    last = max(min(answer["watched_days"], _MAX_DAYS), 1)
    columns = min(width - _MARGIN, _MAX_COLUMNS)
    days = (round((column + 1) * last / columns) for column in range(columns))
    points = (_point_at(answer["curve"], day) for day in days)
    shares = [point["share"] if point else 0.0 for point in points]
    top = next((top for top in (0.02, 0.05, 0.1, 0.2, 0.5) if shares[-1] <= top), 1.0)
    labels = [f"{100 * top:g}%".rjust(6), *[""] * (_CURVE_ROWS - 1)]
    labels[_CURVE_ROWS // 2] = f"{50 * top:g}%".rjust(6)
    shown = map(int, answer["by_day"])
    ticks = [(0, "1"), *((math.ceil(day * columns / last) - 1, f"{day}") for day in shown)]
    yield heading("SHARE WHO CAME BACK, BY DAYS SINCE THE FIRST ORDER")
    yield Chart(tuple(share_ / top for share_ in shares), tuple(labels), tuple(ticks))


def _point_at(curve: Sequence[Data], day: int) -> Data | None:
    """The last point of the curve until `day`."""
    place = bisect_right(curve, day, key=lambda point: point["day"])
    return curve[place - 1] if place else None


def _shares_and_windows(answer: Data) -> Iterator[Block]:
    """The share by some days with its interval, and the windows to the right."""
    windows = answer["windows"].items()
    sentences = [f"  {name[1:]}% come within {count_text(days, 'day')}" for name, days in windows]
    of_all = Column("  OF ALL SECOND ORDERS", "lead")
    yield Table(
        columns=(*numbers("WITHIN", "came back"), Column("95% interval"), of_all),
        rows=tuple(
            (f"{day} days", *_share_by(answer, int(day)), sentence)
            for day, sentence in zip(answer["by_day"], [*sentences, ""], strict=True)
        ),
        optional_columns=("95% interval",),
    )
    if answer["windows_are_fitted"]:
        days = count_text(answer["watched_days"], "day")
        note = (
            f"All second orders include those still to come within the {days} watched; the median"
            " of those who did come back leaves them out."
        )
        yield Paragraph(note, "quiet")


def _share_by(answer: Data, day: int) -> tuple[str, str]:
    if day > answer["watched_days"]:
        return "–", "not watched"
    point = _point_at(answer["curve"], day)
    if point is None:
        return share(0.0), ""
    low, high = point["low"], point["high"]
    return share(point["share"]), "" if low is None else f"{low:.1%} – {high:.1%}"


def _when_to_ask(answer: Data, width: int) -> Iterator[Block]:
    """The hazard by week as columns, and the best weeks in a sentence."""
    yield heading("WHEN TO ASK  second orders per 1,000 customer-days still waiting")
    if answer["best_weeks"] is None or not answer["windows_are_fitted"]:
        yield Paragraph("Too few second orders to tell one week from another.")
        return
    weeks = answer["weekly_hazard"]
    highest = max(rate for rate in weeks if rate is not None)
    column_width = max(min((width - _MARGIN) // len(weeks), 4), 1)
    weeks = weeks[: (width - _MARGIN) // column_width]
    gap = column_width - 1 if column_width > 1 else None
    heights = tuple(
        None if rate is None or place == gap else rate / highest
        for rate in weeks
        for place in range(column_width)
    )
    shown = (1, *range(5, len(weeks) + 1, 5))
    ticks = tuple((column_width * (week - 1), f"{week}") for week in shown)
    yield Chart(heights, (f"{highest:6.2f}", *[""] * (_HAZARD_ROWS - 1)), ticks)
    first, last = answer["best_weeks"]
    week_range = f"week {first}" if first == last else f"weeks {first}–{last}"
    days = f"days {7 * first - 6}–{7 * last}"
    yield Paragraph(f"Weeks since the first order. Ask in {week_range} ({days}).", "strong")


def _whom_to_ask(answer: Data) -> str:
    """How many buyers may still come back, and how many of them to ask now."""
    window = count_text(answer["windows"]["w95"], "day")
    if not answer["waiting"]:
        return f"No one-time buyer's first order is {window} ago or less: there is nobody to ask."
    waiting = count_text(answer["waiting"], "one-time buyer")
    text = f"{waiting} may still come back (first order ≤ {window} ago)"
    if not answer["ask"]:
        return f"{text}; -o FILE lists them."
    now, later, past = (f"{count:,}" for count in answer["ask"].values())
    return (
        f"{text}: ask {now} of them now, {later} later; for {past} the best weeks are past."
        " -o FILE lists them in this order."
    )


def _waits(answer: Data) -> Iterator[Block]:
    """Waits from each order day to the next."""
    titles = ("customers", "went on", f"in {_SOON} d", "median of all", "median gap*")
    rows = []
    for step in answer["latency"]:
        median, few = step["median_days_of_all"], " (few)" if step["returned"] < _FEW else ""
        steps, soon = f"{step['order']} to {step['order'] + 1}{few}", share(step["by_day"][_SOON])
        of_all = "not reached" if median is None else count_text(median, "day")
        counts = cells(step, "customers:,", "returned:,")
        rows.append((steps, *counts, soon, of_all, f"{step['median_days']:g} days"))
    yield Table(
        columns=(Column("FROM ORDER DAY", "name"), *numbers(*titles)),
        rows=tuple(rows),
        optional_columns=("customers", "median gap*"),
    )
    yield Paragraph(f"* of those who went on. {answer['latency_note']}", "quiet")


def _by_group(answer: Data) -> Iterator[Block]:
    """The largest groups, by name."""
    groups, days = answer["groups"], [*answer["by_day"]]
    shown = sorted(groups, key=lambda group: -group["buyers"])[:_MAX_GROUPS]
    titles = ("buyers", "came back", "median", *(f"{day} d" for day in days))
    rows = []
    for group in sorted(shown, key=lambda group: group["name"]):
        by_day, watched = group["by_day"], group["watched_days"]
        shares = (share(by_day[day]) if int(day) <= watched else "–" for day in days)
        rows.append((*cells(group, "name", "buyers:,", "repeaters:,", "median_days"), *shares))
    yield Table(
        columns=(Column(answer["by"].upper(), "name", folds=True), *numbers(*titles)),
        rows=tuple(rows),
        optional_columns=("60 d", "180 d"),
    )
    if len(groups) > _MAX_GROUPS:
        rest = f"These are the largest {_MAX_GROUPS}; --format json has them all."
        yield Paragraph(rest, "quiet")
