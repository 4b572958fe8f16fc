"""The first-time buyer's way: steps, losses and days, and what leads to a second order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Block,
    Column,
    Gap,
    Paragraph,
    Table,
    answer_blocks,
    cells,
    numbers,
    share,
)
from rfmtool.pages.relationship import TOO_FEW, missing_tables, share_with_interval
from rfmtool.summaries.formatting import count_text

_SHOWN: Final = 12


def page(found: Data, width: int) -> list[Block]:  # noqa: ARG001 - as all pages
    """The answer; its tables make do with the width there is."""
    begun = found["steps"][0]["people"]
    orders = {step["step"]: step["people"] for step in found["steps"]}
    headline = (
        f"{begun:,} {'person' if begun == 1 else 'people'} · ",
        f"{orders['first_order']:,} bought, {orders['second_order']:,} came back",
        f" · as of {found['as_of']}",
    )
    sections: list[list[Block]] = [
        [_steps(found["steps"])],
        _groups("BY SOURCE", found, "by_source"),
        _groups("BY MONTH OF FIRST CONTACT", found, "by_month"),
        [*_asking(found["asking"]), *_before_after(found)],
        _gateway(found),
        missing_tables(found),
    ]
    parts = [block for section in sections if section for block in (*section, Gap())]
    return answer_blocks("JOURNEY", headline, parts[:-1], found["notes"])


def _steps(steps: list[Data]) -> Table:
    lost = [None, *(a["people"] - b["people"] for a, b in pairwise(steps))]
    return Table(
        columns=(
            Column("STEP", "name"),
            *numbers("this far or further", "lost", "of those before", "known of", "days (median)"),
        ),
        rows=tuple(
            (
                *cells(step, "step:plain", "people:,"),
                "" if gone is None else f"{gone:,}",
                *cells(step, "share_of_before:share", "recorded:,", "median_days:,.0f"),
            )
            for step, gone in zip(steps, lost, strict=True)
        ),
        optional_columns=("known of", "lost"),
    )


def _groups(title: str, found: Data, key: str) -> list[Block]:
    """The largest groups by source; of months the latest."""
    groups = [one for one in found[key] if one["people"][0]]
    if not groups:
        return []
    if key == "by_source":
        groups = sorted(groups, key=lambda one: (-one["people"][0], one["name"]))[:_SHOWN]
    names = [step["step"] for step in found["steps"]]
    places = [names.index(f"{step}_order") for step in ("first", "second", "third")]
    rows = []
    for one in groups[-_SHOWN:]:
        whole, parts = one["people"][0], [one["people"][place] for place in places]
        shares = [f"{part:,} ({part / whole:.0%})" for part in parts]
        rows.append((one["name"], f"{whole:,}", *shares))
    table = Table(
        columns=(Column(title, "name", folds=True),
                 *numbers("people", "bought", "came back", "third order")),
        rows=tuple(rows),
    )  # fmt: skip
    if key == "by_source":
        return [table]
    return [table, Paragraph("People of late months have had less time to go on.", "quiet")]


def _asking(asking: Data | None) -> Iterator[Block]:
    if asking is None or not asking["asked"]["of"]:
        return
    asked = asking["asked"]
    if not asked["people"]:
        yield Paragraph(f"Are you asking for a second order? No: nobody of {asked['of']:,}.")
        return
    words = (
        f"Are you asking for a second order? {share_with_interval(asked)} were asked before it came"
    )
    words += f", first on day {asking['median_day']:,.0f} in the median."
    if asking["best_weeks"]:
        first, last = asking["best_weeks"]
        week = f"week {first}" if first == last else f"weeks {first}–{last}"
        words += (
            f" Second orders are likeliest in {week} (days {7 * first - 6}–{7 * last}):"
            f" {asking['within']:,} were asked then, {asking['before']:,} before,"
            f" {asking['after']:,} after."
        )
    yield Paragraph(words)


def _before_after(found: Data) -> Iterator[Block]:
    both = found["contact_before_order"]
    if both is None:
        return
    days = count_text(found["horizon_days"], "day")
    one, other = (_came_back(both[side]) for side in ("before", "after"))
    words = f"A second order within {days}: {one} of those in touch before their first order,"
    words += f" {other} of those in touch only then."
    if both["difference"]:
        gap, low, high = (100 * both["difference"][name] for name in ("difference", "low", "high"))
        words += f" Difference {gap:+.1f} points [{low:+.1f}, {high:+.1f}],"
        words += " an association: who asks first may be another kind of buyer."
    yield Paragraph(words)


def _came_back(one: Data) -> str:
    if one["came_back"] is None:
        return f"{TOO_FEW} ({one['first_buyers']:,})"
    return (
        f"{share(one['came_back'])} [{share(one['low'])}, {share(one['high'])}] of"
        f" {one['first_buyers']:,}"
    )


def _gateway(found: Data) -> list[Block]:
    rows, by = found["gateway"], found["by"]
    if not rows:
        return []
    table = Table(
        columns=(Column(f"FIRST {by.upper()}", "name", folds=True),
                 *numbers("began with it", "came back"), Column("95% interval")),
        rows=tuple(
            (*cells(one, by, "first_buyers:,", "came_back:share"),
             f"{share(one['low'])} – {share(one['high'])}")
            for one in rows[:_SHOWN]
        ),
    )  # fmt: skip
    words = (
        f"Who came back within {count_text(found['horizon_days'], 'day')}, by Kaplan & Meier; who"
        " began with several counts for each. A plain comparison: an association."
    )
    if found["gateway_too_few"]:
        words += f" {found['gateway_too_few']:,} others have too few buyers to tell."
    if len(rows) > _SHOWN:
        words += (
            f" These are the first {_SHOWN} of {len(rows):,} by the lower limit: of so many some"
            " stand there by chance."
        )
    return [table, Paragraph(words, "quiet")]
