"""Tasks beside the action: who is to be followed up, asked, invited, or found work for.

A person may stand on any of them, whatever their action is. None of them reads what anybody spends:
each is worked through by how long it has been.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints, Mask, mask_of_places
from rfmtool.days import UNKNOWN_DAY, day_numbers, integer_column, months_before
from rfmtool.placing.contact_limits import is_at_contact_limit, outbound_contacts
from rfmtool.rules import Rules

FOLLOW_UP: Final = "follow_up"


@dataclass(frozen=True)
class Task:
    """What to do beside the action, and the table without which nobody knows for whom."""

    table: str
    say: str


TASKS: Final[Mapping[str, Task]] = {
    FOLLOW_UP: Task("contacted", "Ordered lately: ask how it was"),
    "ask_needs": Task("needs", "Never asked: ask what they need"),
    "find_work": Task("introductions", "Businesses that nobody found work for: introduce them"),
    "invite": Task("memberships", "Advocates and supporters in no community: invite them"),
}


def places_by_task(
    customers: pd.DataFrame, evidence: Mapping[str, pd.DataFrame], rules: Rules, as_of_day: int
) -> dict[str, Ints]:
    """The places of those on each list, in the order in which it is worked through.

    Who asked for a pause, has an open complaint, or was contacted as often in 30 days as anybody
    may be is on none.

    Args:
        customers: one row each: stage, activity, order_days, first_order_on, last_order_on, and
            open_complaints where feedback is known.
        evidence: the tables that are supplied, with `owner` as places among the customers.
        rules: the rules in force.
        as_of_day: in days since 1970-01-01.
    """
    open_to_us = ~customers["activity"].eq("paused").to_numpy()
    if "open_complaints" in customers:
        open_to_us &= ~customers["open_complaints"].gt(0).fillna(value=False).to_numpy(dtype=bool)
    rows = outbound_contacts(evidence["contacted"]) if "contacted" in evidence else None
    if rows is not None:
        open_to_us &= ~is_at_contact_limit(rows, len(customers), rules.contacting, as_of_day)
    ordered = customers["order_days"].to_numpy() > 0
    first, last = (day_numbers(customers[name].to_numpy(), missing=UNKNOWN_DAY)
                   for name in ("first_order_on", "last_order_on"))  # fmt: skip
    found = {}
    if rows is not None:
        since = as_of_day - last
        due = ordered & (since >= 0) & (since <= rules.relationship.follow_up_days)
        done = _latest(rows[rows["action"].eq(FOLLOW_UP)], "day", len(customers)) >= last
        found[FOLLOW_UP] = (due & ~done, last)
    if "needs" in evidence:
        asked = mask_of_places(evidence["needs"]["owner"], len(customers))
        found["ask_needs"] = (ordered & ~asked, first)
    if "introductions" in evidence:
        latest = _latest(evidence["introductions"], "introduced_on", len(customers))
        start = months_before(as_of_day, rules.relationship.find_work_months)
        business = is_business(evidence.get("contacts"), rules, len(customers))
        found["find_work"] = (ordered & business & (latest <= start), latest)
    if "memberships" in evidence:
        member = is_member(evidence["memberships"], len(customers), as_of_day)
        friends = customers["stage"].isin(["advocate", "supporter"]).to_numpy()
        found["invite"] = (friends & ~member, first)
    return {name: _by_day(mask & open_to_us, day) for name, (mask, day) in found.items()}


def is_business(contacts: pd.DataFrame | None, rules: Rules, count: int) -> Mask:
    """Whom the contacts mark as a business, by the column and words of the rules."""
    column, words = rules.relationship.business_column, rules.relationship.business_words
    if contacts is None or column not in contacts:
        return np.zeros(count, dtype=bool)
    marks = contacts[column].astype("str").str.strip().str.lower().isin(words)
    return mask_of_places(contacts.loc[marks.to_numpy(), "owner"], count)


def is_member(memberships: pd.DataFrame, count: int, day: int) -> Mask:
    """Who is in a community on a day: has joined, or come to something, and not left."""
    begun = memberships["joined_on"].fillna(memberships["attended_on"])
    came = begun.to_numpy(dtype=np.int64, na_value=UNKNOWN_DAY) <= day
    left = memberships["left_on"].fillna(day + 1).to_numpy(dtype=np.int64) <= day
    return mask_of_places(memberships["owner"][came & ~left], count)


def _latest(rows: pd.DataFrame, day: str, count: int) -> Ints:
    """The latest day of each person in some rows; before all days where there is none."""
    latest = np.full(count, UNKNOWN_DAY, dtype=np.int64)
    owner = rows["owner"].to_numpy(dtype=np.int64)
    np.maximum.at(latest, owner, integer_column(rows, day))
    return latest


def _by_day(mask: Mask, day: Ints) -> Ints:
    """The longest ago first; equals stay in the order of their ids."""
    places = np.flatnonzero(mask)
    return places[np.argsort(day[places], kind="stable")]
