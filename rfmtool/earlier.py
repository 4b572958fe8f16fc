"""Where people stood on an earlier day: the same rules, applied to what was known by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from rfmtool.analyses.backtest import Backtest, backtest, backtest_day
from rfmtool.days import day_number
from rfmtool.engines import Entries
from rfmtool.errors import RulesError
from rfmtool.pipeline import Result, score
from rfmtool.rules import asks_for_estimates
from rfmtool.scoring.history import ended, known_by, standing
from rfmtool.scoring.scales import Scales


def look_back(result: Result) -> Backtest | None:
    """Place everyone as they stood an earlier day, and count who has ordered since.

    Returns:
        None where history is short, the run did not keep what each order moved on each day, or the
        rules could not be fitted then.
    """
    entries, grouped = result.grouped.entries, result.grouped
    first = result.frame["first_order_on"].min()
    from_on = None if pd.isna(first) else backtest_day(first.date(), result.as_of)
    if entries is None or from_on is None:
        return None
    day = day_number(from_on)
    known = known_by(entries, grouped.evidence, len(grouped.table), day)
    try:
        people = placed_on(result, entries, from_on)
    except RulesError:  # such as values below 0 that cannot be cumulated
        return None
    since = grouped.dates.owner[grouped.dates.day > day]
    returned = np.bincount(since, minlength=len(people)) > 0
    spent = (result.frame["monetary"] - people["monetary"]).to_numpy()
    return backtest(people[known], returned[known], spent[known], from_on)


def known_on(result: Result, entries: Entries, day: date, scales: Scales | None) -> pd.DataFrame:
    """Whom the shop knew at the end of an earlier day, and where they stood.

    Args:
        result: of a run on the whole export.
        entries: what each order moved on each day.
        day: the earlier day.
        scales: cut points to use; None fits them to what was known.
    """
    grouped = result.grouped
    known = known_by(entries, grouped.evidence, len(grouped.table), day_number(day))
    return placed_on(result, entries, day, scales, to_do=False)[known]


def placed_on(
    result: Result,
    entries: Entries,
    day: date,
    scales: Scales | None = None,
    *,
    to_do: bool = True,
) -> pd.DataFrame:
    """A result's frame as of an earlier day; who was not known yet has neither order nor money."""
    grouped, last = result.grouped, day_number(day)
    table, dates = standing(grouped.table, entries, last)
    then = replace(
        grouped,
        table=table,
        dates=dates,
        categories=None,
        entries=ended(entries, last),
        evidence=_contacts_until(grouped.evidence, last),
    )
    estimate = result.settings.estimate and asks_for_estimates(result.rules)
    settings = replace(result.settings, estimate=estimate)
    return score(then, result.rules, day, settings, scales, in_words=False, to_do=to_do).frame


def _contacts_until(evidence: Mapping[str, pd.DataFrame], last_day: int) -> dict[str, pd.DataFrame]:
    """The evidence with the contacts of an earlier day; other tables tell the day of each event."""
    if "contacts" not in evidence:
        return dict(evidence)
    contacts = evidence["contacts"]
    since = contacts["since_on"].to_numpy(dtype=np.int64, na_value=np.iinfo(np.int64).min)
    return {**evidence, "contacts": contacts[since <= last_day]}
