"""The answer of `measure`: what lists earned compared with their holdout groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Block,
    Cell,
    Column,
    Name,
    Paragraph,
    Table,
    answer_blocks,
    numbers,
    share,
)
from rfmtool.pages.holdouts import ADVICE, verdict_with_costs
from rfmtool.summaries.formatting import count_text, label_text

_SHARED_HOLDOUT_NOTE: Final = (
    "* This list and whatever followed within those days, as it had no holdout of its own;"
    " --holdout ACTION=10% measures it alone. Weeks are until 60 are held out, or until a"
    " rise of 5 points in who buys would be detected."
)


def page(answer: Data, _width: int = 0) -> list[Block]:
    """The page, of any width."""
    groups: Sequence[Data] = answer["groups"]
    known = sum(group["verdict"] != "too_few" for group in groups)
    clear = f"{known} of {count_text(len(groups), 'result')} clear"
    headline = "did it earn more? ", clear, f" · {answer['days']} days from each list"
    notes = [*answer["warnings"]]
    uncompared = next((group["left_out"] for group in groups if group["left_out"]["actions"]), None)
    if uncompared:
        notes.append(
            f"{count_text(uncompared['actions'], 'list')} of {uncompared['people']:,} people in"
            " all, with nobody or hardly anybody held out, cannot be compared: not in the total."
        )
    if count := answer["still_running"]:
        who = "1 person" if count == 1 else f"{count:,} people"
        notes.append(f"{who} entered too recently: still running.")
    return answer_blocks("MEASURE", headline, ([_table(groups)], _advice(groups)), notes)


def _table(groups: Sequence[Data]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for group in groups:
        name, returned, spend = Name(_title(group), ""), group["returned"], group["spend"]
        counts = f"{group['treated']:,}", f"{group['held_out']:,}"
        if spend is None:
            rows.append((name, *counts, *["–"] * 7))
            continue
        effect, smallest = spend["adjusted_for_past_spend"] or spend, group["smallest_effect_seen"]
        shares = share(returned["treated"]), share(returned["held_out"])
        effects = [f"{effect[part]:+,.2f}" for part in ("difference", "low", "high")]
        if not spend["treated"] and not spend["held_out"]:  # which proves nothing
            effects[1:] = "–", "–"
        earned, seen = f"{group['earned']['total']:+,.0f}", f"{smallest['spend']:,.2f}"
        rows.append((name, *counts, *shares, *effects, earned, seen))
    return Table(
        columns=(
            Column("LIST", "name", folds=True),
            *numbers("treated", "held out", "bought", "bought, held out"),
            *numbers("uplift/person", "from", "to", "total earned", "smallest seen"),
        ),
        rows=tuple(rows),
        optional_columns=("smallest seen", "bought, held out", "bought", "total earned"),
    )


def _title(group: Data) -> str:
    if group["action"] == "all":
        return "all marketing"
    return label_text(group["action"]) + ("" if group["is_list_alone"] else " *")


def _advice(groups: Sequence[Data]) -> list[Block]:
    """Advice by verdict: lists to keep, to stop, and those too early to judge."""
    blocks: list[Block] = []
    judged = [group for group in groups if group["verdict"] != "too_few"]
    for verdict, advice in ADVICE.items():
        for group in judged:
            earned = group["earned"]
            if verdict_with_costs(group["verdict"], earned["low"]) != verdict:
                continue
            text = f"{advice}: {_title(group)}. {group['verdict_text']}"
            if group["costs"]:
                text += (
                    f" Less costs of {group['costs']:,.2f} that is {earned['total']:+,.0f}"
                    f" [{earned['low']:+,.0f}, {earned['high']:+,.0f}] in all."
                )
            blocks.append(Paragraph(text))
            if contacted := group["reached"]:
                text = (
                    f"Of the treated {contacted['treated']:.0%} were contacted; if only contact"
                    f" has an effect, that is {contacted['difference']:+,.2f} for each of"
                    f" them [{contacted['low']:+,.2f}, {contacted['high']:+,.2f}]."
                )
                blocks.append(Paragraph(text, "quiet"))
    early = []
    for group in groups:
        if group["verdict"] == "too_few":
            weeks = group["weeks_more"]
            early.append(_title(group) + (f" ({count_text(weeks, 'week')} more)" if weeks else ""))
    if early:
        blocks.append(Paragraph(f"Too early to tell: {', '.join(early)}."))
    if any(group["action"] != "all" and not group["is_list_alone"] for group in groups):
        blocks.append(Paragraph(_SHARED_HOLDOUT_NOTE, "quiet"))
    return blocks
