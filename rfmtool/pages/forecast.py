"""Sentences on lookbacks, baseline rates and the forecast."""

from __future__ import annotations

from datetime import date
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Paragraph
from rfmtool.summaries.formatting import format_money, label_text

_MANY_ONE_IN: Final = 3
"""From a baseline rate of one in three on, an offer is called given away."""


def lookback_blocks(summary: Data) -> list[Block]:
    """The lookback days, and the return rate of all buyers on each."""
    backtest = summary["backtest"]
    all_buyers, days = backtest["buyers"], backtest["looked_back"]
    spans = ", ".join(f"{_months(day)} {_return_rate(day)}" for day in days)
    text = (
        f"* the same rules on {len(days)} earlier {'days' if len(days) > 1 else 'day'}, without our"
        f" lists as far as we know: who ordered in the {backtest['days']} days after. Of all buyers"
        f" {_return_rate(all_buyers)}: {spans}."
    )
    year = backtest["year_before"]
    if year is not None:
        text += f" The coming season a year ago: {_months(year)} {_return_rate(year)}."
    if "window_days" in backtest:
        text += (
            f" Of the {backtest['window_days']:,} days of --window an earlier day has those before"
            " it alone: people stood there by shorter histories than today."
        )
    blocks: list[Block] = [Paragraph(text, "quiet")]
    if backtest["segments_differ"] is False:
        blocks.append(Paragraph("All segments came back alike: they tell nothing here.", "warning"))
    return blocks


def baseline_rates(summary: Data) -> list[Block]:
    """The share of customers of each action who ordered without it."""
    backtest = summary["backtest"]
    if backtest is None:
        return []
    now = [group["name"] for group in summary["actions"]]
    by_name = {group["name"]: group for group in backtest["groups"] if group["by"] == "action"}
    groups = [by_name[name] for name in now if name in by_name and by_name[name]["low"] is not None]
    if not groups:
        return []
    parts = ", ".join(f"{label_text(group['name'])} {_return_rate(group)}" for group in groups)
    text = f"Came anyway within {backtest['days']} days, on the days looked back to: {parts}."
    blocks: list[Block] = [Paragraph(text, "quiet")]
    last_try = next((group for group in groups if group["name"] == "last_try"), None)
    if last_try and _MANY_ONE_IN * last_try["returned"] >= last_try["customers"]:
        text = (
            f"Of those on the last try {_return_rate(last_try)} came within {backtest['days']} days"
            " without it: an offer to them is largely given away."
        )
        blocks.append(Paragraph(text, "warning"))
    return blocks


def forecast_blocks(summary: Data) -> list[Block]:
    """The forecast and its check against the last period; warnings first."""
    forecast = summary["forecast"]
    if forecast is None:
        return []
    text = (
        f"Next {forecast['days']} days: about {forecast['buyers']:,.0f} of today's buyers and"
        f" {format_money(forecast['spend'])} are to be expected, by what came of each R×F cell"
        " before."
    )
    check = forecast["check"]
    if check is None:
        return [Paragraph(f"{text} That cannot be checked yet: history is too short.", "quiet")]
    result = (
        f"Foretold for {check['from']} in the same way: {check['foretold_buyers']:,.0f} buyers"
        f" and {format_money(check['foretold_spend'])}; {check['buyers']:,} came and spent"
        f" {format_money(check['spend'])}."
    )
    if check["best_fifth"] is not None:
        result += (
            f" The fifth expected to spend most held {check['best_fifth']:.0%} of it, the fifth"
            f" who had spent most {check['best_fifth_by_monetary']:.0%}."
        )
    blocks: list[Block] = []
    if check["misses"]:
        warning = "The last forecast missed the sum by more than a third."
        blocks.append(Paragraph(warning, "warning"))
    if check["best_fifth"] is not None and not check["beats_monetary"]:
        warning = "Expected spend found the best customers no better than what they had spent."
        blocks.append(Paragraph(warning, "warning"))
    return [*blocks, Paragraph(f"{text} {result}", "quiet")]


def _return_rate(group: Data) -> str:
    return f"{group['returned'] / group['customers']:.0%}" if group["customers"] else "–"


def _months(period: Data) -> str:
    first, last = (date.fromisoformat(period[name]) for name in ("from", "until"))
    return f"{first:%b %Y}–{last:%b %Y}"
