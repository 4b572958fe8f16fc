"""Where people stood on an earlier day: the same rules, applied to what was known by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from rfmtool.analyses.backtest import Backtest, backtest
from rfmtool.analyses.returned import backtest_day
from rfmtool.analyses.timeline import COUNTED
from rfmtool.days import day_number
from rfmtool.errors import RulesError
from rfmtool.grouping.history import Past, ended, known_by, laid_out, standing
from rfmtool.pipeline import Result, score
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
    try:
        people = placed_on(result, laid_out(entries), from_on, actions=True)
    except RulesError:  # such as values below 0 that cannot be cumulated
        return None
    known = known_by(people["lines"].to_numpy(), grouped.evidence, day)
    since = grouped.dates.owner[grouped.dates.day > day]
    returned = np.bincount(since, minlength=len(people)) > 0
    spent = (result.frame["monetary"] - people["monetary"]).to_numpy()
    return backtest(people[known], returned[known], spent[known], from_on)


def known_on(result: Result, past: Past, day: date, scales: Scales | None) -> pd.DataFrame:
    """Whom the shop knew at the end of an earlier day, and where they stood.

    Args:
        result: of a run on the whole export.
        past: what each order moved on each day.
        day: the earlier day.
        scales: cut points to use; None fits them to what was known.
    """
    people = placed_on(result, past, day, scales)
    known = known_by(people["lines"].to_numpy(), result.grouped.evidence, day_number(day))
    return people.loc[known, list(COUNTED)]


def placed_on(
    result: Result,
    past: Past,
    day: date,
    scales: Scales | None = None,
    *,
    actions: bool = False,
) -> pd.DataFrame:
    """A result's frame as of an earlier day; who was not known yet has neither order nor money."""
    grouped, last = result.grouped, day_number(day)
    table, dates = standing(grouped.table, past, last)
    then = replace(
        grouped,
        table=table,
        dates=dates,
        categories=None,
        entries=ended(past.entries, last) if "wallets" in grouped.evidence else None,
        evidence=_contacts_until(grouped.evidence, last),
    )
    detail = replace(result.settings.detail, reasons=False, actions=actions)
    settings = replace(result.settings, detail=detail)
    return score(then, result.rules, day, settings, scales).frame


def _contacts_until(evidence: Mapping[str, pd.DataFrame], last_day: int) -> dict[str, pd.DataFrame]:
    """The evidence with the contacts of an earlier day; other tables tell the day of each event."""
    if "contacts" not in evidence:
        return dict(evidence)
    contacts = evidence["contacts"]
    since = contacts["since_on"].to_numpy(dtype=np.int64, na_value=np.iinfo(np.int64).min)
    return {**evidence, "contacts": contacts[since <= last_day]}
