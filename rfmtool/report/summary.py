"""Everything a report shows, as plain data: counts, shares, cut points in words.

Money is decimal text, shares are from 0 to 1 and not rounded.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rfmtool import __version__
from rfmtool.columns import DIMENSIONS
from rfmtool.outputs.tables import count_formulas, to_table
from rfmtool.report.warnings import warnings
from rfmtool.report.words import NOBODY, counted, in_words
from rfmtool.rules import NO_ORDERS, Rule
from rfmtool.scoring.customers import money_text
from rfmtool.scoring.scales import Scales

if TYPE_CHECKING:
    from rfmtool.pipeline import Result


def summarise(result: Result) -> dict[str, Any]:
    """Turn a result into the data of summary.json and of every report."""
    frame = result.frame
    buyers = frame[frame["frequency"] > 0]
    escaped_cells = count_formulas(to_table(frame))
    return {
        "version": __version__,
        "as_of": result.as_of.isoformat(),
        "as_of_is": _as_of_is(result, buyers),
        "customers": len(frame),
        "buyers": len(buyers),
        "orders": int(frame["frequency"].sum()),
        "revenue": money_text(_total(frame["monetary"])),
        "refunded": money_text(_total(frame["refunds"])),
        "anonymous_revenue": money_text(result.ledger.anonymous_units),
        "first_order_on": _day(buyers["first_order_on"].min()),
        "last_order_on": _day(buyers["last_order_on"].max()),
        "ledger": result.ledger.as_data(),
        "files": len(result.grouped.export.sources),
        "columns": result.grouped.export.columns,
        "reading": _reading(result),
        "stages": _groups(frame, "stage"),
        "segments": _segments(result),
        "activity": _activity(result),
        "grid": _grid(frame, result.scales),
        "bands": _bands(result.scales),
        "scales_are": "fitted to this export" if result.fitted else "given",
        "scales": result.scales.as_data(),
        "ladder": _ladder(result),
        "escaped_cells": escaped_cells,
        "warnings": warnings(result, escaped_cells),
    }


def _as_of_is(result: Result, buyers: pd.DataFrame) -> str:
    if result.settings.as_of:
        return "given"
    return "last order" if len(buyers) else "last line"


def _reading(result: Result) -> dict[str, Any]:
    export = result.grouped.export
    return {
        "dates": export.reading.dates.name,
        "decimal": export.reading.numbers.decimal,
        "preset": export.reading.preset.name,
        "order_is": _order_is(result),
        "dropped_point_zero": result.grouped.dropped_point_zero,
    }


def _order_is(result: Result) -> str:
    if result.settings.order_per_row:
        return "a row"
    has_ids = "order_id" in result.grouped.export.columns
    return "a customer's order id" if has_ids else "a customer's day"


# Groups ------------------------------------------------------------------------------------------


def _groups(frame: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """Size and money of each group that has members, in the order of the rules."""
    total = _total(frame["monetary"])
    grouped = frame.groupby(column, observed=True, sort=True)["monetary"]
    groups = []
    for name, money in grouped:
        revenue = _total(money)
        groups.append(
            {
                "name": str(name),
                "customers": len(money),
                "share": len(money) / len(frame),
                "revenue": money_text(revenue),
                "revenue_share": revenue / total if total else None,
                "average": money_text(round(Fraction(revenue, len(money)))),
                "median": _median(money),
            }
        )
    return groups


def _median(money: pd.Series[int]) -> str:
    """The middle value; of an even number the mean of the two, half-even to 1/10,000."""
    ordered = np.sort(money.to_numpy())
    low, high = int(ordered[(len(ordered) - 1) // 2]), int(ordered[len(ordered) // 2])
    half, odd = divmod(low + high, 2)
    return money_text(half + (odd and half % 2))


def _segments(result: Result) -> list[dict[str, Any]]:
    who: dict[str, list[str]] = {NO_ORDERS: ["no order that counts"]}
    for rule in result.rules.segments.rows:
        who.setdefault(rule.label, []).append(_who(rule, result.scales))
    groups = _groups(result.frame, "segment")
    return [{**group, "who": _either(who[group["name"]])} for group in groups]


def _either(ranges: list[str]) -> str:
    """Several ways into a group as one; those that are open to nobody are left out."""
    return " or ".join(dict.fromkeys(words for words in ranges if words != NOBODY)) or NOBODY


def _activity(result: Result) -> list[dict[str, Any]]:
    """Each activity that has members, with what it means in days."""
    timing = result.scales.timing
    windows = timing.windows
    who = {
        "never": "no order that counts",
        "newcomer": f"first order ≤ {counted(windows.w50, 'day')} ago",
        "active": "as often as usual",
        "overdue": f"> {timing.overdue_ratio} usual gaps, or > {counted(windows.w80, 'day')}",
        "lapsed": f"> {timing.lapsed_ratio} usual gaps, or > {counted(windows.w95, 'day')}",
        "paused": "asked for a pause",
    }
    groups = _groups(result.frame, "activity")
    return [{**group, "who": who[group["name"]]} for group in groups]


def _ladder(result: Result) -> list[dict[str, str]]:
    """Each rung once that orders can prove or somebody stands on, and what proves it."""
    proofs: dict[str, str] = {}
    reached = set(result.frame["stage"])
    for rung in result.rules.ladder:
        if rung.label in reached or rung.evidence == "behaviour":
            proofs.setdefault(rung.label, rung.proof)
    return [{"stage": stage, "proof": proof} for stage, proof in proofs.items()]


def _grid(frame: pd.DataFrame, scales: Scales) -> list[list[int]]:
    """Customers by recency score (rows, the best first) and frequency score (columns)."""
    shape = scales["recency"].bins, scales["frequency"].bins
    counts = np.zeros(shape, dtype=np.int64)
    buyers = frame[frame["frequency"] > 0]
    places = (
        shape[0] - buyers["recency_score"].to_numpy(dtype=np.int64),
        buyers["frequency_score"].to_numpy(dtype=np.int64) - 1,
    )
    np.add.at(counts, places, 1)
    return [[int(count) for count in row] for row in counts]


# Cut points in words -----------------------------------------------------------------------------


def _bands(scales: Scales) -> dict[str, list[str]]:
    """What each score of each dimension means, the best score first."""
    return {
        name: [in_words(name, *scales[name].values(s, s)) for s in range(scales[name].bins, 0, -1)]
        for name in DIMENSIONS
    }


def _who(rule: Rule, scales: Scales) -> str:
    """A segment in plain words: `≤ 12 days, 5+ orders`."""
    words = []
    for condition in rule.conditions:
        name = condition.column.removesuffix("_score")
        worst, best = condition.smallest or 1, condition.largest or scales[name].bins
        if (worst, best) != (1, scales[name].bins):
            words.append(in_words(name, *scales[name].values(worst, best)))
    if NOBODY in words:
        return NOBODY
    return ", ".join(words) or "everyone else"


# Plain values ------------------------------------------------------------------------------------


def _total(units: pd.Series[int]) -> int:
    values = units.to_numpy()
    if len(values) and float(np.abs(values).max()) * len(values) >= 2.0**62:
        return sum(values.tolist())
    return int(values.sum())


def _day(day: object) -> str | None:  # a Timestamp, or NaT where nobody bought
    return day.date().isoformat() if isinstance(day, pd.Timestamp) else None
