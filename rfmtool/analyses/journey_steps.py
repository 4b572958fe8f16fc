"""The steps of a buyer's way: the first day on which each of them was taken, and by how many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Floats, Ints, Mask
from rfmtool.placing.contact_limits import outbound_contacts
from rfmtool.placing.matching import column_equals
from rfmtool.placing.tasks import FOLLOW_UP
from rfmtool.scoring.timing import OrderDays

Frames = Mapping[str, pd.DataFrame]

STEPS: Final = (
    "first_contact", "answer", "quote_or_trial", "first_order", "follow_up", "second_order",
    "third_order",
)  # fmt: skip
_NEEDS: Final = {"answer": "contacts", "quote_or_trial": "contacts", "follow_up": "contacted"}
"""The tables without which a step is nobody's."""


@dataclass(frozen=True)
class JourneyStep:
    """How many got so far or further, and how long it took from the step before that is known.

    `recorded` are those of whom this very step is known; the median is of these.
    """

    step: str
    people: int
    recorded: int
    share_of_before: float | None
    median_days: float | None


def recorded_steps(evidence: Frames) -> list[str]:
    """The steps that the tables supplied can tell of."""
    return [step for step in STEPS if _NEEDS.get(step) in (None, *evidence)]


def first_step_days(people: int, evidence: Frames, days: OrderDays) -> dict[str, Floats]:
    """The first day of each step of everybody; NaN where it is not known.

    Args:
        people: how many there are.
        evidence: contacts (or all their steps), contacted and referrals, with `owner`.
        days: the order days.
    """
    first, second, third = (nth_order_days(people, days, number) for number in range(3))
    told: dict[str, list[tuple[pd.DataFrame, str, str]]] = {step: [] for step in STEPS}
    if "contacts" in evidence:
        rows = evidence.get("contact_steps", evidence["contacts"])
        told["first_contact"].append((rows, "owner", "since_on"))
        told["answer"].append((rows, "owner", "answered_on"))
        told["answer"].append((_with_status(rows, "replied"), "owner", "since_on"))
        told["quote_or_trial"].append((_with_status(rows, "quote", "trial"), "owner", "since_on"))
    if "referrals" in evidence:
        told["first_contact"].append((evidence["referrals"], "referred", "referred_on"))
    if "contacted" in evidence:
        log, rows = evidence["contacted"], outbound_contacts(evidence["contacted"])
        told["first_contact"].append((rows, "owner", "day"))
        told["answer"].append((log[column_equals(log, "direction", "in")], "owner", "answered_on"))
        asked = rows[rows["action"].eq(FOLLOW_UP)]
        begun = first[asked["owner"].to_numpy()]
        told["follow_up"].append((asked[asked["day"].to_numpy() >= begun], "owner", "day"))
    found = {step: earliest(people, tables) for step, tables in told.items()}
    late = found["follow_up"] > np.where(np.isnan(second), np.inf, second)
    return {
        **found,
        "first_order": first,
        "follow_up": np.where(late, np.nan, found["follow_up"]),
        "second_order": second,
        "third_order": third,
    }


def _with_status(rows: pd.DataFrame, *words: str) -> pd.DataFrame:
    if "status" not in rows:
        return rows[:0]
    return rows[rows["status"].isin(words).to_numpy(dtype=bool)]


def earliest(people: int, tables: Sequence[tuple[pd.DataFrame, str, str]]) -> Floats:
    """The earliest day of each person by owner and day of some tables; NaN where none is known."""
    day = np.full(people, np.inf)
    for table, owner, column in tables:
        known = table[table[column].notna().to_numpy(dtype=bool)] if column in table else table[:0]
        if len(known):
            places = known[owner].to_numpy(dtype=np.int64)
            np.minimum.at(day, places, known[column].to_numpy(dtype=np.float64))
    return np.where(np.isinf(day), np.nan, day)


def nth_order_days(people: int, days: OrderDays, number: int) -> Floats:
    """The day of each person's order of this number, counted from 0; NaN without such an order."""
    at = days.starts[days.counts > number] + number
    day = np.full(people, np.nan)
    day[days.owner[at]] = days.day[at]
    return day


def _reached(found: Mapping[str, Floats], taken: Sequence[str]) -> Mask:
    """Who got as far as each step, or further; everybody begins."""
    known = np.array([~np.isnan(found[step]) for step in taken])
    known[0] = True
    return np.logical_or.accumulate(known[::-1])[::-1]


def count_steps(found: Mapping[str, Floats], people: int) -> Iterator[JourneyStep]:
    """How many of so many people got as far as each step of `first_days`, and in what time."""
    reached = _reached(found, [*found])
    before, last = None, np.full(people, np.nan)
    for place, (step, day) in enumerate(found.items()):
        count = int(reached[place].sum())
        yield JourneyStep(
            step,
            count,
            int((~np.isnan(day)).sum()),
            count / before if before else None,
            median_days(last, day),
        )
        before, last = count, np.where(np.isnan(day), last, day)


def median_days(start: Floats, end: Floats) -> float | None:
    """The median days between two steps of those whose days are known; None of nobody."""
    with np.errstate(invalid="ignore"):
        took = end - start
        took = took[took >= 0]
    return float(np.median(took)) if len(took) else None


def people_by_group(
    groups: tuple[Ints, Sequence[str]], found: Mapping[str, Floats], taken: Sequence[str]
) -> dict[str, tuple[int, ...]]:
    """People by step for each group, of its code; who is in none (-1) is left out."""
    codes, names = groups
    reached = _reached(found, taken)
    counts = [np.bincount(codes[mask & (codes >= 0)], minlength=len(names)) for mask in reached]
    return {
        str(name): tuple(int(count[code]) for count in counts) for code, name in enumerate(names)
    }


def contact_sources(people: int, evidence: Frames) -> tuple[Ints, Sequence[str]]:
    """Where each person came from, by code."""
    contacts, codes = evidence["contacts"], np.full(people, -1)
    if "source" not in contacts:
        return codes, []
    told, names = pd.factorize(contacts["source"].astype("str").str.strip().replace("", None),
                               sort=True)  # fmt: skip
    codes[contacts["owner"].to_numpy(dtype=np.int64)] = told
    return codes, [*names]


def first_contact_months(contact: Floats) -> tuple[Ints, Sequence[str]]:
    """The month of each person's first contact, by code."""
    known = ~np.isnan(contact)
    days = np.where(known, contact, 0).astype(np.int64).astype("datetime64[D]")
    months, codes = np.unique(days.astype("datetime64[M]")[known], return_inverse=True)
    every = np.full(len(contact), -1)
    every[known] = codes
    return every, np.datetime_as_string(months).tolist()
