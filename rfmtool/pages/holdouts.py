"""Holdout groups, customers at rest, and the verdicts on lists of the last time."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Paragraph, Table, numbers
from rfmtool.summaries.formatting import REST_REASON_TEXTS, label_text

_TEXT_WIDTH: Final = 54
ADVICE: Final = {
    "earned_more": "Keep doing",
    "costly": "Sells more, but perhaps not more than it costs",
    "earned_less": "Stop, or change it",
    "no_difference": "Makes little difference",
    "too_few": "Too early to tell",
}
"""Advice by the verdict on a list, which leaves costs aside."""


def verdict_with_costs(verdict: str, earned_low: float | None) -> str:
    """The key of ADVICE, by a verdict and the low limit of what a list earned after its costs."""
    is_costly = verdict == "earned_more" and earned_low is not None and earned_low <= 0
    return "costly" if is_costly else verdict


def holdout_blocks(summary: Data) -> list[Block]:
    """Holdouts, rests and results of a run; nothing for summaries without holdouts."""
    if "lots" not in summary:  # an earlier version wrote it
        return []
    blocks = _holdout_table(summary["lots"])
    if resting := summary["resting"]:
        counts = {name: count for name, count in resting.items() if count}
        if people := sum(counts.values()):
            reasons = (f"{count:,} {REST_REASON_TEXTS[name]}" for name, count in counts.items())
            blocks.append(Paragraph(f"{people:,} resting: {', '.join(reasons)}."))
    results, words = summary["results"], summary["last_times"]
    for verdict, advice in ADVICE.items():
        names = [
            name for name, result in results.items()
            if verdict_with_costs(result["verdict"], result.get("earned_low")) == verdict
        ]  # fmt: skip
        if names:
            lists = "; ".join(f"{label_text(name)}, last time {words[name]}" for name in names)
            blocks.append(Paragraph(f"{advice}: {lists}."))
    return blocks


def _holdout_table(holdouts: Data | None) -> list[Block]:
    if holdouts is None or not holdouts["lists"]:
        return []
    name = Column("HOLDOUT GROUPS", "name", folds=True)
    table = Table(
        columns=(name, *numbers("finds", "+10 in", "+5 in")),
        rows=tuple(
            (
                group["words"],
                "–" if group["smallest_rise"] is None else f"{100 * group['smallest_rise']:+.1f}",
                *("–" if weeks is None else f"{weeks:,} w" for weeks in group["weeks"].values()),
            )
            for group in holdouts["lists"]
        ),
        optional_columns=("+5 in", "+10 in"),
        text_width=_TEXT_WIDTH,
    )
    note = (
        "Held out: of all on the list in this round so far. Finds: the smallest rise, in points, of"
        " the share who buy within 90 days that would be detected four times in five; +10"
        " and +5 in: the weeks until a rise of 10 or 5 points would be, at the pace of the last"
        f" four. This round began on {holdouts['round_began_on']}."
    )
    if holdouts["is_old"]:
        note += " Nearly everybody has entered it: begin a new one with --holdout-salt."
    return [table, Paragraph(note, "quiet")]
