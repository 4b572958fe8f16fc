"""Regular customers who are overdue, and a backtest of whether the overdue used to return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.lookbacks import orders_between
from rfmtool.analyses.return_rates import BACKTEST_DAYS, MIN_HISTORY_DAYS, Share, backtest_date
from rfmtool.days import date_from_day, day_number
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.money import exact_total, money_text
from rfmtool.placing.activity import missing_regulars
from rfmtool.scoring.timing import REGULAR_ORDER_DAYS, OrderDays, Timing, fit_timing, usual_gaps

_EARLY_EDGES: Final = (0.5, 1.0)
"""Edges of the bands below the limit of being overdue."""
_TABLE: Final = ["customer_id", "order_days", "last_order_on", "usual_gap_days", "days_since",
                  "days_late", "overdue_ratio", "average_order", "monetary"]  # fmt: skip


@dataclass(frozen=True)
class Cadence:
    """The answer: who is overdue, by how much, and whether the overdue used to return."""

    as_of: date
    timing: Timing
    activity: Mapping[str, int]
    """Of all customers."""
    regular_activity: Mapping[str, int]
    """Of the regulars."""
    table: pd.DataFrame
    """Overdue regulars, the most valuable first; money in whole 1/10,000."""
    backtest_from: date | None
    """The earlier day of the backtest; None where history is too short for one."""
    bands: tuple[Mapping[str, Any], ...]
    """How many regulars returned since, by how late they were on that day; see `_band`."""

    @property
    def regulars(self) -> int:
        """How many customers have ordered on three days or more."""
        return sum(self.regular_activity.values())

    @property
    def at_stake(self) -> int:
        """The overdue customers' spend so far, in whole 1/10,000."""
        return exact_total(self.table["monetary"])

    @property
    def next_orders(self) -> int:
        """The worth of one more average order of each overdue customer, in whole 1/10,000."""
        return exact_total(self.table["average_order"])

    @property
    def notes(self) -> tuple[str, ...]:
        """Caveats in sentences."""
        if not self.regulars:
            days = f"{REGULAR_ORDER_DAYS} days or more"
            return (f"Nobody has ordered on {days}: there is no habit yet.",)
        notes = []
        if not self.timing.limits_are_fitted:
            notes.append("Too few gaps to fit limits: they are round multiples of the usual gap.")
        if self.backtest_from is None:
            notes.append(
                f"Under {MIN_HISTORY_DAYS} days of history: too short to look back whether the"
                " overdue used to return."
            )
        return tuple(notes)

    def as_data(self, *, is_named: bool = True) -> dict[str, Any]:
        """Plain data; money is text. Overdue customers are listed only if `is_named`."""
        overdue = self.table if is_named else self.table.head(0)
        plain = overdue.assign(
            last_order_on=overdue["last_order_on"].dt.strftime("%Y-%m-%d"),
            average_order=[money_text(units) for units in overdue["average_order"].tolist()],
            monetary=[money_text(units) for units in overdue["monetary"].tolist()],
        )
        return {
            "as_of": self.as_of.isoformat(),
            "overdue_ratio_limits": [self.timing.overdue_ratio, self.timing.lapsed_ratio],
            "limits_are_fitted": self.timing.limits_are_fitted,
            "median_gap_days": self.timing.median_gap_days,
            "regulars": self.regulars,
            "activity": dict(self.activity),
            "regular_activity": dict(self.regular_activity),
            "at_stake": money_text(self.at_stake),
            "next_orders": money_text(self.next_orders),
            "overdue": plain.to_dict("records"),
            "backtest_from": self.backtest_from and self.backtest_from.isoformat(),
            "backtest_days": BACKTEST_DAYS,
            "backtest": list(self.bands),
            "notes": list(self.notes),
        }


def cadence(
    people: pd.DataFrame, days: OrderDays, as_of: date, timing: Timing, *, fitted: bool
) -> Cadence:
    """List the overdue regulars, and backtest whether the overdue used to return.

    Reads customer_id, order_days, last_order_on, recency_days, usual_gap_days, overdue_ratio,
    average_order, monetary and activity. If `timing` was `fitted` to the same data, the backtest
    fits its own.
    """
    regular = people["order_days"] >= REGULAR_ORDER_DAYS
    columns = people.columns.intersection([*_TABLE, "recency_days"])
    missing = people.loc[missing_regulars(people), columns]
    since = missing["recency_days"].astype("int64")
    late = (since - missing["usual_gap_days"]).round().astype("int64")
    # The rows come sorted by id, and equal spends stay so.
    overdue = missing.assign(days_since=since, days_late=late)[_TABLE].sort_values(
        "monetary", ascending=False, kind="stable", ignore_index=True
    )

    def counts(activity: pd.Series[str]) -> dict[str, int]:
        by_name = activity.value_counts(sort=False)
        return {str(name): int(count) for name, count in by_name.items()}

    # Where no order counts there is no history.
    start = date_from_day(int(days.day.min())) if len(days.day) else as_of
    from_day, limits = backtest_date(start, as_of), None if fitted else timing
    return Cadence(
        as_of=as_of,
        timing=timing,
        activity=counts(people["activity"]),
        regular_activity=counts(people["activity"][regular]),
        table=overdue,
        backtest_from=from_day,
        bands=tuple(_bands(days, len(people), as_of, from_day, limits)) if from_day else (),
    )


def _bands(
    days: OrderDays, count: int, as_of: date, from_day: date, timing: Timing | None
) -> Iterator[dict[str, Any]]:
    """Band the regulars as of an earlier day; without `timing` by limits fitted to that day."""
    then = day_number(from_day)
    is_past = days.day <= then
    known = OrderDays(days.owner[is_past], days.day[is_past])
    limits = timing or fit_timing(known, then)
    usual, regular = usual_gaps(known, count, limits.median_gap_days)
    last_day = np.full(count, then)
    last_day[known.owner] = known.day  # sorted by customer and day: the last of each stays
    ratios = ((then - last_day) / usual)[regular]
    dates = OrderDates(days.owner, days.day)
    is_returned = (orders_between(dates, then, day_number(as_of), count) > 0)[regular]
    overdue, lapsed = limits.overdue_ratio, limits.lapsed_ratio
    edges = sorted({edge for edge in _EARLY_EDGES if edge < overdue} | {overdue, lapsed})
    band = np.searchsorted(edges, ratios, side="left")
    totals = np.bincount(band, minlength=len(edges) + 1).tolist()
    returned = np.bincount(band[is_returned], minlength=len(edges) + 1).tolist()
    for above, up_to, *counts in zip([0.0, *edges], [*edges, None], totals, returned, strict=True):
        activity = "overdue" if above >= overdue else "active"
        yield _band("lapsed" if above >= lapsed else activity, above, up_to, Share(*counts))


def _band(activity: str, above: float, up_to: float | None, share: Share) -> dict[str, Any]:
    """Regulars whose days since the last order lay between two multiples of their usual gap."""
    low, high = share.interval or (None, None)
    return {
        "band": f"> {above:g}" if up_to is None else f"{above:g}–{up_to:g}",
        "activity": activity,
        "above": above,
        "up_to": up_to,
        "customers": share.customers,
        "returned": share.returned,
        "share": share.ratio,
        "low": low,
        "high": high,
    }
