"""The answer of `journey`: steps to the first orders, losses and days between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Block,
    Column,
    Paragraph,
    Table,
    answer_blocks,
    cells,
    numbers,
    share,
)
from rfmtool.pages.relationship import missing_tables, share_with_interval
from rfmtool.summaries.formatting import TOO_FEW, count_text

_MAX_ROWS: Final = 12


def page(answer: Data, width: int) -> list[Block]:  # noqa: ARG001 - as all pages
    """The page, of any width."""
    people = answer["steps"][0]["people"]
    before = f"{people:,} {'person' if people == 1 else 'people'} · "
    reached = {step["step"]: step["people"] for step in answer["steps"]}
    counts = f"{reached['first_order']:,} bought, {reached['second_order']:,} came back"
    sections: list[list[Block]] = [
        [_steps(answer["steps"])],
        _groups("BY SOURCE", answer, "by_source"),
        _groups("BY MONTH OF FIRST CONTACT", answer, "by_month"),
        [*_second_order_requests(answer["asking"]), *_contact_before_order(answer)],
        _gateway(answer),
        missing_tables(answer),
    ]
    headline = before, counts, f" · as of {answer['as_of']}"
    return answer_blocks("JOURNEY", headline, sections, answer["notes"])


def _steps(steps: list[Data]) -> Table:
    lost = [None, *(before["people"] - after["people"] for before, after in pairwise(steps))]
    titles = ("this step or later", "lost", "of step before", "known of", "days (median)")
    return Table(
        columns=(Column("STEP", "name"), *numbers(*titles)),
        rows=tuple(
            (
                *cells(step, "step:plain", "people:,"),
                "" if count is None else f"{count:,}",
                *cells(step, "share_of_before:share", "recorded:,", "median_days:,.0f"),
            )
            for step, count in zip(steps, lost, strict=True)
        ),
        optional_columns=("known of", "lost"),
    )


def _groups(title: str, answer: Data, key: str) -> list[Block]:
    """A row for each group: of sources the largest, of months the latest."""
    groups = [group for group in answer[key] if group["people"][0]]
    if not groups:
        return []
    if key == "by_source":
        groups = sorted(groups, key=lambda group: (-group["people"][0], group["name"]))[:_MAX_ROWS]
    names = [step["step"] for step in answer["steps"]]
    places = [names.index(f"{step}_order") for step in ("first", "second", "third")]
    rows = []
    for group in groups[-_MAX_ROWS:]:
        people, reached = group["people"][0], [group["people"][place] for place in places]
        shares = [f"{count:,} ({count / people:.0%})" for count in reached]
        rows.append((group["name"], f"{people:,}", *shares))
    table = Table(
        columns=(Column(title, "name", folds=True),
                 *numbers("people", "bought", "came back", "third order")),
        rows=tuple(rows),
    )  # fmt: skip
    if key == "by_source":
        return [table]
    return [table, Paragraph("Recent months have had less time to go on.", "quiet")]


def _second_order_requests(asking: Data | None) -> Iterator[Block]:
    if asking is None or not asking["asked"]["of"]:
        return
    asked = asking["asked"]
    if not asked["people"]:
        yield Paragraph(f"Are you asking for a second order? No: nobody of {asked['of']:,}.")
        return
    text = (
        f"Are you asking for a second order? {share_with_interval(asked)} were asked before it"
        f" came, first on day {asking['median_day']:,.0f} (median)."
    )
    if asking["best_weeks"]:
        first, last = asking["best_weeks"]
        week = f"week {first}" if first == last else f"weeks {first}–{last}"
        text += (
            f" Second orders are likeliest in {week} (days {7 * first - 6}–{7 * last}):"
            f" {asking['within']:,} were asked then, {asking['before']:,} before,"
            f" {asking['after']:,} after."
        )
    yield Paragraph(text)


def _contact_before_order(answer: Data) -> Iterator[Block]:
    comparison = answer["contact_before_order"]
    if comparison is None:
        return
    days = count_text(answer["horizon_days"], "day")
    before, after = (_return_rate(comparison[side]) for side in ("before", "after"))
    text = f"A second order within {days}: {before} in touch before their first order,"
    text += f" {after} in touch only from then on."
    if comparison["difference"]:
        points = comparison["difference"]
        gap, low, high = (100 * points[name] for name in ("difference", "low", "high"))
        text += f" Difference {gap:+.1f} points [{low:+.1f}, {high:+.1f}],"
        text += " an association: who asks first may be another kind of buyer."
    yield Paragraph(text)


def _return_rate(group: Data) -> str:
    if group["came_back"] is None:
        return f"{TOO_FEW} ({group['first_buyers']:,})"
    interval = f"[{share(group['low'])}, {share(group['high'])}]"
    return f"{share(group['came_back'])} {interval} of {group['first_buyers']:,}"


def _gateway(answer: Data) -> list[Block]:
    rows, by = answer["gateway"], answer["by"]
    if not rows:
        return []
    table = Table(
        columns=(Column(f"FIRST {by.upper()}", "name", folds=True),
                 *numbers("began with it", "came back"), Column("95% interval")),
        rows=tuple(
            (*cells(row, by, "first_buyers:,", "came_back:share"),
             f"{share(row['low'])} – {share(row['high'])}")
            for row in rows[:_MAX_ROWS]
        ),
    )  # fmt: skip
    text = (
        f"Came back within {count_text(answer['horizon_days'], 'day')}, by Kaplan & Meier; those"
        " who began with several count in each. A plain comparison: an association."
    )
    if answer["gateway_too_few"]:
        text += f" {answer['gateway_too_few']:,} others have too few buyers to tell."
    if len(rows) > _MAX_ROWS:
        text += (
            f" These are the first {_MAX_ROWS} of {len(rows):,} by the lower limit; of so many,"
            " some are there by chance."
        )
    return [table, Paragraph(text, "quiet")]
