"""Forecast of orders and spend in the next 90 days, from the shop's own past by R×F cell.

Buyers of earlier days, and those who returned, are counted by the cell of the R×F grid in which
they were; small cells are shrunk towards the rate of all. On ten real shops this predicted orders
better than logistic regression, BG/NBD (Fader, Hardie & Lee 2005) or the sum of scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.backtest import Lookback
from rfmtool.analyses.return_rates import BACKTEST_DAYS
from rfmtool.arrays import Floats, Ints
from rfmtool.money import exact_total, money_text

_PRIOR_PEOPLE: Final = 20
"""Pseudo-count: each cell gets so many more people who returned at the rate of all."""
_PRIOR_ORDERS: Final = 2
"""Pseudo-count: an order's value is averaged with so many orders of the shop's average."""
_BEST_ONE_IN: Final = 5
_MISSED_ONE_IN: Final = 3
_COLUMNS: Final = ["recency_score", "frequency_score", "frequency", "monetary"]
_CELL_STRIDE: Final = 32
"""More than any dimension has bins."""


@dataclass(frozen=True)
class CellRates:
    """By cell, the buyers of earlier days, those who returned, and their orders."""

    people: Ints
    returned: Ints
    orders: Ints
    days: int
    """How many earlier days there were."""

    @classmethod
    def from_lookbacks(cls, lookbacks: Iterable[Lookback]) -> CellRates:
        """Count the buyers of earlier days by the cell in which they were, all days together."""
        size = _CELL_STRIDE**2
        sums, days = np.zeros((3, size), dtype=np.int64), 0
        for lookback in lookbacks:
            days += 1
            cells, orders = _cells(_buyers(lookback.people)), lookback.orders[lookback.is_buyer]
            sums[0] += np.bincount(cells, minlength=size)
            sums[1] += np.bincount(cells[orders > 0], minlength=size)
            np.add.at(sums[2], cells, orders)
            del lookback, cells, orders  # before the iterator makes the next one
        people, returned, orders = sums
        return cls(people, returned, orders, days)


def add_forecasts(people: pd.DataFrame, rates: CellRates, order_value: float) -> pd.DataFrame:
    """Add `return_probability`, and `expected_spend` in whole 1/10,000, of the next 90 days.

    Both are missing for customers without a counting order. Reads recency_score, frequency_score,
    frequency and monetary; `order_value` is that of the shop's average order, in 1/10,000.
    """
    probability = np.full(len(people), np.nan)
    spend = pd.array([None] * len(people), dtype="Int64")
    bought = people["frequency"].to_numpy() > 0
    if bought.any():
        probability[bought], spend[bought] = _forecast(_buyers(people), rates, order_value)
    return people.assign(return_probability=probability.round(6), expected_spend=spend)


def forecast_data(people: pd.DataFrame, lookbacks: Sequence[Lookback]) -> dict[str, Any] | None:
    """The forecast for all customers together, with its check; None without earlier days.

    Reads the columns that `add_forecasts` adds.
    """
    if not lookbacks:
        return None
    return {
        "days": BACKTEST_DAYS,
        "buyers": float(people["return_probability"].sum()),
        "spend": money_text(exact_total(people["expected_spend"].fillna(0))),
        "check": check_forecast(lookbacks),
    }


def check_forecast(lookbacks: Sequence[Lookback]) -> dict[str, Any] | None:
    """Forecast from the latest lookback day by the earlier ones, and compare with what happened.

    Returns:
        None without an earlier day or without buyers. `best_fifth` is the part of all spend that
        came from the fifth of buyers with the highest forecast, or with the highest monetary;
        `misses` says that the total was wrong by more than a third. Money is text.
    """
    if len(lookbacks) < 2 or not lookbacks[0].is_buyer.any():  # noqa: PLR2004 - it takes two days
        return None
    latest, people = lookbacks[0], lookbacks[0].people
    spent = latest.spent[latest.is_buyer]
    order_value = exact_total(people["monetary"]) / int(people["frequency"].sum())
    rates = CellRates.from_lookbacks(lookbacks[1:])
    probability, spend = _forecast(_buyers(people), rates, order_value)
    monetary = people["monetary"].to_numpy(dtype=np.int64)[latest.is_buyer]
    expected_total, actual_total = exact_total(spend), exact_total(spent)
    best, best_by_monetary = (_part_of_best(value, spent) for value in (spend, monetary))
    return {
        "from": latest.day.isoformat(),
        "foretold_buyers": float(probability.sum()),
        "buyers": latest.buyer_return_share.returned,
        "foretold_spend": money_text(expected_total),
        "spend": money_text(actual_total),
        "best_fifth": best,
        "best_fifth_by_monetary": best_by_monetary,
        "misses": _MISSED_ONE_IN * abs(expected_total - actual_total) > abs(actual_total),
        "beats_monetary": (best or 0.0) > (best_by_monetary or 0.0),
    }


def _forecast(buyers: pd.DataFrame, rates: CellRates, order_value: float) -> tuple[Floats, Ints]:
    """Each buyer's probability of an order, and expected spend in 1/10,000."""
    cells, frequency = _cells(buyers), buyers["frequency"].to_numpy(dtype=np.int64)
    monetary = buyers["monetary"].to_numpy(dtype=np.int64)
    prior = _PRIOR_ORDERS * order_value
    value = (np.maximum(monetary, 0) + prior) / (frequency + _PRIOR_ORDERS)
    probability = _shrunk_rates(rates.returned, rates.people)[cells]
    orders = _shrunk_rates(rates.orders, rates.returned)[cells]  # of those who return
    return probability, np.rint(probability * orders * np.maximum(value, 0)).astype(np.int64)


def _shrunk_rates(events: Ints, people: Ints) -> Floats:
    """Events a person by cell, shrunk towards the rate of all cells."""
    overall = events.sum() / max(people.sum(), 1)
    return np.asarray((events + _PRIOR_PEOPLE * overall) / (people + _PRIOR_PEOPLE))


def _buyers(people: pd.DataFrame) -> pd.DataFrame:
    return people.loc[people["frequency"].to_numpy() > 0, _COLUMNS]


def _cells(buyers: pd.DataFrame) -> Ints:
    recency = buyers["recency_score"].to_numpy(dtype=np.int64)
    return np.asarray(recency * _CELL_STRIDE + buyers["frequency_score"].to_numpy(dtype=np.int64))


def _part_of_best(value: Ints, spent: Ints) -> float | None:
    """The part of all spend that came from the fifth with the highest value."""
    best = np.argsort(-value, kind="stable")[: -(-len(value) // _BEST_ONE_IN)]
    total = exact_total(spent)
    return exact_total(spent[best]) / total if total > 0 else None
