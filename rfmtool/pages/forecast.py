"""Sentences on lookbacks, baseline rates and the forecast."""

from __future__ import annotations

from datetime import date
from typing import Final

from rfmtool.analyses.return_rates import MIN_GROUP_SIZE
from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Paragraph
from rfmtool.pages.groups import return_rates
from rfmtool.summaries.formatting import MONTH_NAMES, TOO_FEW, format_money, label_text

_MANY_ONE_IN: Final = 3
"""From a baseline rate of one in three on, an offer is called given away."""


def lookback_blocks(summary: Data) -> list[Block]:
    """The lookback days, and the return rate of all buyers on each."""
    backtest = summary["backtest"]
    all_buyers, days = backtest["buyers"], backtest["looked_back"]
    spans = ", ".join(f"{_months(day)} {_return_rate(day)}" for day in days)
    text = (
        f"* same rules on {len(days)} earlier {'days' if len(days) > 1 else 'day'}: share who"
        f" ordered in the {backtest['days']} days after, as far as we know without our lists. All"
        f" buyers {_return_rate(all_buyers)}: {spans}."
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
    rates = return_rates(summary, "action") or {}
    found = (rates.get(group["name"]) for group in summary["actions"])
    groups = [group for group in found if group and group["low"] is not None]
    if not groups:
        return []
    days = summary["backtest"]["days"]
    parts = ", ".join(f"{label_text(group['name'])} {_return_rate(group)}" for group in groups)
    text = f"Ordered anyway within {days} days of the lookback days: {parts}."
    blocks: list[Block] = [Paragraph(text, "quiet")]
    last_try = next((group for group in groups if group["name"] == "last_try"), None)
    if last_try and _MANY_ONE_IN * last_try["returned"] >= last_try["customers"]:
        text = (
            f"Of those on the last try {_return_rate(last_try)} came within {days} days without it:"
            " an offer to them is largely given away."
        )
        blocks.append(Paragraph(text, "warning"))
    return blocks


def forecast_blocks(summary: Data) -> list[Block]:
    """The forecast and its check against the last period; warnings first."""
    forecast = summary["forecast"]
    if forecast is None:
        return []
    text = (
        f"Forecast, next {forecast['days']} days: about {forecast['buyers']:,.0f} of today's buyers"
        f" and {format_money(forecast['spend'])}, by how each R×F cell did before."
    )
    check = forecast["check"]
    if check is None:
        return [Paragraph(f"{text} That cannot be checked yet: history is too short.", "quiet")]
    result = (
        f"Same method as of {check['from']}: forecast {check['foretold_buyers']:,.0f} buyers and"
        f" {format_money(check['foretold_spend'])}, actual {check['buyers']:,} and"
        f" {format_money(check['spend'])}."
    )
    if check["best_fifth"] is not None:
        result += (
            f" The top fifth by forecast spent {check['best_fifth']:.0%} of it, the top fifth by"
            f" past spend {check['best_fifth_by_monetary']:.0%}."
        )
    blocks: list[Block] = []
    if check["misses"]:
        warning = "The last forecast of spend was off by more than a third."
        blocks.append(Paragraph(warning, "warning"))
    if check["best_fifth"] is not None and not check["beats_monetary"]:
        warning = "Forecast spend found the best customers no better than past spend."
        blocks.append(Paragraph(warning, "warning"))
    return [*blocks, Paragraph(f"{text} {result}", "quiet")]


def _return_rate(group: Data) -> str:
    if group["customers"] < MIN_GROUP_SIZE:
        return TOO_FEW
    return f"{group['returned'] / group['customers']:.0%}"


def _months(period: Data) -> str:
    days = (date.fromisoformat(period[name]) for name in ("from", "until"))
    return "–".join(f"{MONTH_NAMES[day.month - 1][:3]} {day.year}" for day in days)
