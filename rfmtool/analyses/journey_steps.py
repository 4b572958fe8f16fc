"""The steps of a buyer's journey: the first day of each for each person, and counts of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Floats, Ints, Mask
from rfmtool.frames import Frames
from rfmtool.placing.contact_limits import outbound_contacts
from rfmtool.placing.matching import column_equals
from rfmtool.placing.tasks import FOLLOW_UP
from rfmtool.scoring.timing import OrderDays

STEPS: Final = (
    "first_contact", "answer", "quote_or_trial", "first_order", "follow_up", "second_order",
    "third_order",
)  # fmt: skip
_TABLE_OF: Final = {"answer": "contacts", "quote_or_trial": "contacts", "follow_up": "contacted"}
"""The table that a step requires."""


def first_step_days(count: int, evidence: Frames, days: OrderDays) -> dict[str, Floats]:
    """By step, the day on which each person first took it; NaN where it is not known.

    Steps whose table is not supplied are left out. Reads contacts (or all their steps), contacted
    and referrals.
    """
    first, second, third = (nth_order_days(count, days, number) for number in range(3))
    sources: dict[str, list[tuple[pd.DataFrame, str, str]]] = {step: [] for step in STEPS}
    if "contacts" in evidence:
        rows = evidence.get("contact_steps", evidence["contacts"])
        sources["first_contact"].append((rows, "owner", "since_on"))
        sources["answer"].append((rows, "owner", "answered_on"))
        sources["answer"].append((_with_status(rows, "replied"), "owner", "since_on"))
        quoted = _with_status(rows, "quote", "trial")
        sources["quote_or_trial"].append((quoted, "owner", "since_on"))
    if "referrals" in evidence:
        sources["first_contact"].append((evidence["referrals"], "referred", "referred_on"))
    if "contacted" in evidence:
        log, rows = evidence["contacted"], outbound_contacts(evidence["contacted"])
        inbound = log[column_equals(log, "direction", "in")]
        sources["first_contact"].append((rows, "owner", "day"))
        sources["answer"].append((inbound, "owner", "answered_on"))
        rows = rows[rows["action"].eq(FOLLOW_UP)]
        rows = rows[rows["day"].to_numpy() >= first[rows["owner"].to_numpy()]]
        sources["follow_up"].append((rows, "owner", "day"))
    first_days = {step: earliest(count, tables) for step, tables in sources.items()}
    follow_up = first_days["follow_up"]
    is_late = follow_up > np.where(np.isnan(second), np.inf, second)
    first_days |= {"first_order": first, "second_order": second, "third_order": third}
    first_days["follow_up"] = np.where(is_late, np.nan, follow_up)
    return {step: first_days[step] for step in STEPS if _TABLE_OF.get(step) in (None, *evidence)}


def _with_status(rows: pd.DataFrame, *words: str) -> pd.DataFrame:
    if "status" not in rows:
        return rows[:0]
    return rows[rows["status"].isin(words).to_numpy(dtype=bool)]


def earliest(count: int, tables: Sequence[tuple[pd.DataFrame, str, str]]) -> Floats:
    """Each person's earliest day in tables with these owner and day columns; NaN without one."""
    day = np.full(count, np.inf)
    for table, owner, column in tables:
        known = table[table[column].notna().to_numpy(dtype=bool)] if column in table else table[:0]
        if len(known):
            owners = known[owner].to_numpy(dtype=np.int64)
            np.minimum.at(day, owners, known[column].to_numpy(dtype=np.float64))
    return np.where(np.isinf(day), np.nan, day)


def nth_order_days(count: int, days: OrderDays, number: int) -> Floats:
    """The day of each person's order of this number, counted from 0; NaN without such an order."""
    rows = days.starts[days.counts > number] + number
    day = np.full(count, np.nan)
    day[days.owner[rows]] = days.day[rows]
    return day


def _is_reached(first_days: Mapping[str, Floats]) -> Mask:
    """By step and person, whether the step or a later one is reached; everybody begins."""
    is_taken = ~np.isnan(np.array([*first_days.values()]))
    is_taken[0] = True
    return np.logical_or.accumulate(is_taken[::-1])[::-1]


def count_steps(first_days: Mapping[str, Floats]) -> Iterator[dict[str, Any]]:
    """How many people reached each step or a later one, and the median days from the step before.

    `recorded` counts those for whom this very step is recorded; the median is over these.
    """
    reached = _is_reached(first_days).sum(axis=1).tolist()
    before, last_known = 0, np.full_like(first_days["first_order"], np.nan)
    for (step, day), people in zip(first_days.items(), reached, strict=True):
        yield {
            "step": step,
            "people": people,
            "recorded": int((~np.isnan(day)).sum()),
            "share_of_before": people / before if before else None,
            "median_days": median_days(last_known, day),
        }
        before, last_known = people, np.where(np.isnan(day), last_known, day)


def median_days(start: Floats, end: Floats) -> float | None:
    """The median days from `start` to `end` where both are known; None where none are."""
    with np.errstate(invalid="ignore"):
        waits = end - start
        waits = waits[waits >= 0]
    return float(np.median(waits)) if len(waits) else None


def people_by_group(
    groups: tuple[Ints, Sequence[str]], first_days: Mapping[str, Floats]
) -> dict[str, tuple[int, ...]]:
    """By group, how many people reached each step; code -1 is no group."""
    codes, names = groups
    masks = _is_reached(first_days) & (codes >= 0)
    counts = np.array([np.bincount(codes[mask], minlength=len(names)) for mask in masks])
    return {str(name): tuple(row) for name, row in zip(names, counts.T.tolist(), strict=True)}


def contact_sources(count: int, evidence: Frames) -> tuple[Ints, Sequence[str]]:
    """Each person's source as a code, -1 for none, and the names of the codes."""
    contacts, codes = evidence["contacts"], np.full(count, -1)
    if "source" not in contacts:
        return codes, []
    sources = contacts["source"].astype("str").str.strip().replace("", None)
    row_codes, names = pd.factorize(sources, sort=True)
    codes[contacts["owner"].to_numpy(dtype=np.int64)] = row_codes
    return codes, [*names]


def first_contact_months(contact: Floats) -> tuple[Ints, Sequence[str]]:
    """The month of each person's first contact as a code, -1 for none, and the names."""
    known = ~np.isnan(contact)
    days = contact[known].astype(np.int64).astype("datetime64[D]")
    months, known_codes = np.unique(days.astype("datetime64[M]"), return_inverse=True)
    codes = np.full(len(contact), -1)
    codes[known] = known_codes
    return codes, np.datetime_as_string(months).tolist()
