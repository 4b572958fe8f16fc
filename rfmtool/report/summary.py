"""Everything a report shows, as plain data: counts, shares, cut points in words, warnings.

Money is decimal text, shares are from 0 to 1 and not rounded.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rfmtool import __version__
from rfmtool.columns import DIMENSIONS, UNITS_PER_CURRENCY
from rfmtool.outputs.tables import count_formulas, to_table
from rfmtool.rules import NO_ORDERS, Rule
from rfmtool.scoring.customers import money_text
from rfmtool.scoring.scales import Scale, Scales
from rfmtool.scoring.timing import MIN_GAPS, MIN_SECOND_ORDERS

if TYPE_CHECKING:
    from rfmtool.pipeline import Result

_SHORT_HISTORY_DAYS = 400
_LARGE_SHARE = 0.01


def summarise(result: Result) -> dict[str, Any]:
    """Turn a result into the data of summary.json and of every report."""
    frame = result.frame
    buyers = frame[frame["frequency"] > 0]
    return {
        "version": __version__,
        "as_of": result.as_of.isoformat(),
        "as_of_is": "given" if result.settings.as_of else "last order",
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
        "bands": {name: bands(name, result.scales[name]) for name in DIMENSIONS},
        "scales_are": "fitted to this export" if result.fitted else "given",
        "scales": result.scales.as_data(),
        "ladder": _ladder(result),
        "warnings": _warnings(result, buyers),
    }


def _reading(result: Result) -> dict[str, Any]:
    export = result.grouped.export
    return {
        "dates": export.reading.dates.name,
        "decimal": export.reading.numbers.decimal,
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
    return [{**group, "who": " or ".join(who[group["name"]])} for group in groups]


def _activity(result: Result) -> list[dict[str, Any]]:
    """Each activity that has members, with what it means in days."""
    timing = result.scales.timing
    windows = timing.windows
    who = {
        "never": "no order that counts",
        "newcomer": f"first order within {windows.w50:,} days",
        "active": "as often as usual",
        "overdue": f"> {timing.overdue_ratio} usual gaps, or > {windows.w80:,} days",
        "lapsed": f"> {timing.lapsed_ratio} usual gaps, or > {windows.w95:,} days",
    }
    groups = _groups(result.frame, "activity")
    return [{**group, "who": who[group["name"]]} for group in groups]


def _ladder(result: Result) -> list[dict[str, str]]:
    """Each rung once, and what proves it."""
    proofs: dict[str, str] = {}
    for rung in result.rules.ladder:
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


def bands(dimension: str, scale: Scale) -> list[str]:
    """What each score means, the best score first: `13–32 days`, `5–9 orders`, `over 2,016.21`."""
    edges = [cut - (scale.method == "at_least") for cut in scale.cuts]
    words = [
        _band(dimension, low, high)
        for low, high in zip([None, *edges], [*edges, None], strict=True)
    ]
    return words if scale.better == "lower" else words[::-1]


def _band(dimension: str, low: int | None, high: int | None) -> str:
    """The whole values above `low` and up to `high`."""
    if dimension == "monetary":
        return _money_band(low, high)
    unit = "days" if dimension == "recency" else "orders"
    smallest = 1 if dimension == "frequency" else 0
    first = smallest if low is None else low + 1
    if high is None:
        return f"{first:,} or more {unit}" if first > smallest else f"any {unit}"
    if first == high:
        return f"{high:,} {unit if high != 1 else unit[:-1]}"
    if first > high:
        return "nobody"
    return (
        f"within {high:,} {unit}"
        if low is None and unit == "days"
        else f"{first:,}–{high:,} {unit}"
    )


def _money_band(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return "any spend"
    if low is None:
        return f"up to {_money(high or 0)}"
    if high is None:
        return f"over {_money(low)}"
    return "nobody" if low == high else f"{_money(low + 1)} – {_money(high)}"


def _money(units: int) -> str:
    """Money with thousands separators, rounded to two decimals for reading."""
    return f"{Decimal(units) / UNITS_PER_CURRENCY:,.2f}"


def _who(rule: Rule, scales: Scales) -> str:
    """A segment in plain words: `≤ 12 days, 5+ orders`."""
    words = []
    for condition in rule.conditions:
        name = condition.column.removesuffix("_score")
        scale = scales[name]
        low, high = _value_range(scale, condition.smallest or 1, condition.largest or scale.bins)
        words.append(_range_words(name, low, high))
    return ", ".join(word for word in words if word) or "everyone else"


def _value_range(scale: Scale, worst: int, best: int) -> tuple[int | None, int | None]:
    """The whole values, exclusive and inclusive, that get scores from `worst` to `best`."""
    edges = [None, *(cut - (scale.method == "at_least") for cut in scale.cuts), None]
    if scale.better == "lower":
        worst, best = scale.bins + 1 - best, scale.bins + 1 - worst
    return edges[worst - 1], edges[best]


def _range_words(name: str, low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return ""
    if name == "monetary":
        return _money_band(low, high)
    unit = " days" if name == "recency" else " orders"
    if low is None:
        smallest = 1 if name == "frequency" else 0
        if high == smallest:
            return f"{high}{unit[:-1] if high == 1 else unit}"
        return f"≤ {high:,}{unit}" if name == "recency" else f"1–{high:,}{unit}"
    if high is None:
        return f"> {low:,}{unit}" if name == "recency" else f"{low + 1:,}+{unit}"
    return f"{low + 1:,}–{high:,}{unit}" if low + 1 < high else f"{high:,}{unit}"


# Warnings ----------------------------------------------------------------------------------------


def _warnings(result: Result, buyers: pd.DataFrame) -> list[str]:
    found = [
        *_ledger_warnings(result),
        *_history_warnings(result, buyers),
        *_score_warnings(result, buyers),
        *_timing_warnings(result, buyers),
        *result.rules.warnings,
    ]
    formulas = count_formulas(to_table(result.frame, ("customer_id",)))
    if formulas:
        found.append(
            f"{formulas:,} text cells begin like a formula; they get a leading ' in CSV"
            " (--raw-text leaves them)."
        )
    return found


def _ledger_warnings(result: Result) -> list[str]:
    ledger, found = result.ledger, []
    anonymous = ledger.anonymous_units
    every = abs(anonymous) + abs(ledger.used_units)
    if anonymous and every and abs(anonymous) / every >= _LARGE_SHARE:
        found.append(
            f"{_money(anonymous)} ({abs(anonymous) / every:.1%} of all money) has no customer and"
            " is in no figure below."
        )
    if ledger.rejected:
        first = ledger.rejects[0]
        found.append(
            f"{ledger.rejected:,} rows cannot be read and are in no figure; the first is row"
            f" {first.row:,} of {first.file} ({first.reason}). See rfmtool check."
        )
    if ledger["not_a_sale"]:
        found.append(
            f"{ledger['not_a_sale']:,} rows have a status that is not a sale and are in no figure."
        )
    if result.grouped.dropped_point_zero:
        found.append("Every customer id was written like 17850.0; the .0 is dropped.")
    return found


def _history_warnings(result: Result, buyers: pd.DataFrame) -> list[str]:
    if not len(buyers):
        return ["No order counts, so nobody has scores."]
    first, last = buyers["first_order_on"].min(), buyers["last_order_on"].max()
    days = (last - first).days + 1
    found = []
    if days < _SHORT_HISTORY_DAYS and len(buyers) > 1:
        early = int((buyers["first_order_on"] < _month_after(first)).sum())
        found.append(
            f"History is {days:,} days: the {early:,} who first bought in {first:%Y-%m} may be"
            " older customers."
        )
    after = (pd.Timestamp(result.as_of) - last).days
    if after > _SHORT_HISTORY_DAYS:
        found.append(f"The last order is {after:,} days before {result.as_of}.")
    return found


def _timing_warnings(result: Result, buyers: pd.DataFrame) -> list[str]:
    timing, found = result.scales.timing, []
    if len(buyers) and not timing.windows.is_fitted:
        found.append(
            f"Fewer than {MIN_SECOND_ORDERS} second orders, so activity is told by round numbers of"
            " days."
        )
    elif len(buyers) and not timing.limits_are_fitted:
        found.append(
            f"Fewer than {MIN_GAPS} gaps of regulars, so they are overdue at"
            f" {timing.overdue_ratio} usual gaps and lapsed at {timing.lapsed_ratio}."
        )
    return found


def _score_warnings(result: Result, buyers: pd.DataFrame) -> list[str]:
    found = []
    for name, column in (("recency", "recency_days"), ("monetary", "monetary")):
        method = result.scales[name].method
        equal = len(buyers) and buyers[column].min() == buyers[column].max()
        if equal and result.fitted and method == "quantile":
            score = result.scales[name].bins if name == "recency" else 1
            found.append(f"All buyers are equal in {name}, so all have {name} score {score}.")
    outside = len(buyers) and not result.fitted and result.scales.as_of != result.as_of
    if outside:
        found.append(f"Cut points were fitted as of {result.scales.as_of} and are reused here.")
    return found


def _month_after(day: pd.Timestamp) -> pd.Timestamp:
    return day.replace(day=1) + pd.DateOffset(months=1)


# Plain values ------------------------------------------------------------------------------------


def _total(units: pd.Series[int]) -> int:
    values = units.to_numpy()
    if len(values) and float(np.abs(values).max()) * len(values) >= 2.0**62:
        return sum(values.tolist())
    return int(values.sum())


def _day(day: object) -> str | None:  # a Timestamp, or NaT where nobody bought
    return day.date().isoformat() if isinstance(day, pd.Timestamp) else None
