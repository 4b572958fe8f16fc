"""Who is left out to compare with, who rests, and what lists did last time."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Paragraph, Table, numbers
from rfmtool.summaries.formatting import REST_REASONS, label_text

_TEXT_WIDTH: Final = 54
ADVICE: Final = {
    "earned_more": "Keep doing",
    "earned_less": "Stop, or do otherwise",
    "no_difference": "Makes little difference",
    "too_few": "Too early to tell",
}
"""What to say of a list by the verdict on it."""


def holdout_blocks(summary: Data) -> list[Block]:
    """The lists and those left out of them; nothing where there is nobody."""
    if "lots" not in summary:  # an earlier version wrote it
        return []
    blocks = _lots(summary["lots"])
    if resting := summary["resting"]:
        why = ", ".join(f"{many:,} {REST_REASONS[name]}" for name, many in resting.items() if many)
        people = sum(resting.values())
        if people:
            blocks.append(Paragraph(f"{people:,} {'rests' if people == 1 else 'rest'}: {why}."))
    # What to keep doing, what to stop, and what is too early to tell, by the results given.
    results, words = summary["results"], summary["last_times"]
    for verdict, advice in ADVICE.items():
        names = [name for name, told in results.items() if told["verdict"] == verdict]
        if names:
            told = "; ".join(f"{label_text(name)}, last time {words[name]}" for name in names)
            blocks.append(Paragraph(f"{advice}: {told}."))
    return blocks


def _lots(lots: Data | None) -> list[Block]:
    if lots is None or not lots["lists"]:
        return []
    table = Table(
        columns=(
            Column("LEFT OUT TO COMPARE", "name", folds=True),
            *numbers("shows", "+10 in", "+5 in"),
        ),
        rows=tuple(
            (
                one["words"],
                "–" if one["smallest_rise"] is None else f"{100 * one['smallest_rise']:+.1f}",
                *("–" if weeks is None else f"{weeks:,} w" for weeks in one["weeks"].values()),
            )
            for one in lots["lists"]
        ),
        optional_columns=("+5 in", "+10 in"),
        text_width=_TEXT_WIDTH,
    )
    words = (
        "Left out: of all whom this round has on the list so far. Shows: the smallest rise, in"
        " points, of the share who buy within 90 days that would be seen four times in five; +10"
        " and +5 in: the weeks until a rise of 10 or 5 points would be, at the pace of the last"
        f" four. This round began on {lots['round_began_on']}."
    )
    if lots["is_old"]:
        words += " Nearly everybody has entered it: begin a new one with --holdout-salt."
    return [table, Paragraph(words, "quiet")]
