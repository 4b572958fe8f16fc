"""What would have happened anyway, and what to expect: sentences beside the groups."""

from __future__ import annotations

from datetime import date
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Paragraph
from rfmtool.summaries.formatting import format_money, label_text

_MANY_ONE_IN: Final = 3
"""From so large a share on, those who come anyway are worth a word."""


def lookback_blocks(summary: Data) -> list[Block]:
    """From which days people were looked back at, how many of all came, and what that says."""
    tested = summary["backtest"]
    whole, days = tested["buyers"], tested["looked_back"]
    spans = ", ".join(f"{_span(one)} {_part(one)}" for one in days)
    words = (
        f"* the same rules on {len(days)} earlier {'days' if len(days) > 1 else 'day'}, without our"
        f" lists as far as we know: who ordered in the {tested['days']} days after. Of all buyers"
        f" {_part(whole)}: {spans}."
    )
    year = tested["year_before"]
    if year is not None:
        words += f" The coming season a year ago: {_span(year)} {_part(year)}."
    if "window_days" in tested:
        words += (
            f" Of the {tested['window_days']:,} days of --window an earlier day has those before it"
            " alone: people stood there by shorter histories than today."
        )
    found: list[Block] = [Paragraph(words, "quiet")]
    if tested["segments_differ"] is False:
        found.append(Paragraph("All segments came back alike: they tell nothing here.", "warning"))
    return found


def baseline_rates(summary: Data) -> list[Block]:
    """How many of those whom each action is for ordered without it."""
    tested = summary["backtest"]
    if tested is None:
        return []
    now = [group["name"] for group in summary["actions"]]
    rates = {one["name"]: one for one in tested["groups"] if one["by"] == "action"}
    told = [rates[name] for name in now if name in rates and rates[name]["low"] is not None]
    if not told:
        return []
    parts = ", ".join(f"{label_text(one['name'])} {_part(one)}" for one in told)
    words = f"Came anyway within {tested['days']} days, on the days looked back to: {parts}."
    blocks: list[Block] = [Paragraph(words, "quiet")]
    # Where a last try goes to people of whom many come without one.
    rate = next((one for one in told if one["name"] == "last_try"), None)
    if rate is not None and _MANY_ONE_IN * rate["returned"] >= rate["customers"]:
        words = (
            f"Of those on the last try {_part(rate)} came within {tested['days']} days without it:"
            " an offer to them is largely given away."
        )
        blocks.append(Paragraph(words, "warning"))
    return blocks


def forecast_blocks(summary: Data) -> list[Block]:
    """What the next days should bring, and how that went the last time; the doubts first."""
    found = summary["forecast"]
    if found is None:
        return []
    words = (
        f"Next {found['days']} days: about {found['buyers']:,.0f} of today's buyers and"
        f" {format_money(found['spend'])} are to be expected, by what came of each R×F cell before."
    )
    checked = found["check"]
    if checked is None:
        return [Paragraph(f"{words} That cannot be checked yet: history is too short.", "quiet")]
    went = (
        f"Foretold for {checked['from']} in the same way: {checked['foretold_buyers']:,.0f} buyers"
        f" and {format_money(checked['foretold_spend'])}; {checked['buyers']:,} came and spent"
        f" {format_money(checked['spend'])}."
    )
    if checked["best_fifth"] is not None:
        went += (
            f" The fifth expected to spend most held {checked['best_fifth']:.0%} of it, the fifth"
            f" who had spent most {checked['best_fifth_by_monetary']:.0%}."
        )
    blocks: list[Block] = []
    if checked["misses"]:
        missed = "The last forecast missed the sum by more than a third."
        blocks.append(Paragraph(missed, "warning"))
    if checked["best_fifth"] is not None and not checked["beats_monetary"]:
        no_better = "Expected spend found the best customers no better than what they had spent."
        blocks.append(Paragraph(no_better, "warning"))
    return [*blocks, Paragraph(f"{words} {went}", "quiet")]


def _part(share: Data) -> str:
    return f"{share['returned'] / share['customers']:.0%}" if share["customers"] else "–"


def _span(one: Data) -> str:
    first, last = (date.fromisoformat(one[name]) for name in ("from", "until"))
    return f"{first:%b %Y}–{last:%b %Y}"
