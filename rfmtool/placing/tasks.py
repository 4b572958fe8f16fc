"""Tasks in addition to the action: customers to follow up, ask, invite, or find work for.

A customer may be on several lists, whatever their action. The lists are ordered by how long ago
something was, never by spend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints, Mask, mask_of_places
from rfmtool.days import UNKNOWN_DAY, day_numbers, integer_column, latest_days, months_before
from rfmtool.frames import Frames
from rfmtool.placing.contact_limits import is_at_contact_limit, outbound_contacts
from rfmtool.rules import Rules

FOLLOW_UP: Final = "follow_up"


@dataclass(frozen=True)
class Task:
    """A task, and the evidence table that it needs."""

    table: str
    say: str


TASKS: Final[Mapping[str, Task]] = {
    FOLLOW_UP: Task("contacted", "Ordered lately: ask how it was"),
    "ask_needs": Task("needs", "Never asked: ask what they need"),
    "find_work": Task("introductions", "Businesses that nobody found work for: introduce them"),
    "invite": Task("memberships", "Advocates and supporters in no community: invite them"),
}


def places_by_task(
    customers: pd.DataFrame, evidence: Frames, rules: Rules, as_of_day: int
) -> dict[str, Ints]:
    """The places of the customers on each list, in its order.

    Customers who asked for a pause, have an open complaint, or are at the contact limit are on no
    list. Reads stage, activity, order_days, first_order_on, last_order_on, and open_complaints
    where feedback is known.
    """
    is_available = ~customers["activity"].eq("paused").to_numpy()
    if "open_complaints" in customers:
        is_available &= ~customers["open_complaints"].gt(0).fillna(value=False).to_numpy(dtype=bool)
    contacts = outbound_contacts(evidence["contacted"]) if "contacted" in evidence else None
    if contacts is not None:
        is_available &= ~is_at_contact_limit(contacts, len(customers), rules.contacting, as_of_day)
    has_ordered = customers["order_days"].to_numpy() > 0
    first, last = (day_numbers(customers[name].to_numpy(), missing=UNKNOWN_DAY)
                   for name in ("first_order_on", "last_order_on"))  # fmt: skip
    tasks = {}
    if contacts is not None:
        days = as_of_day - last
        is_due = has_ordered & (days >= 0) & (days <= rules.relationship.follow_up_days)
        follow_ups = contacts[contacts["action"].eq(FOLLOW_UP)]
        owner, day = follow_ups["owner"].to_numpy(), follow_ups["day"].to_numpy()
        is_done = latest_days(owner, day, len(customers)) >= last
        tasks[FOLLOW_UP] = (is_due & ~is_done, last)
    if "needs" in evidence:
        was_asked = mask_of_places(evidence["needs"]["owner"], len(customers))
        tasks["ask_needs"] = (has_ordered & ~was_asked, first)
    if "introductions" in evidence:
        rows = evidence["introductions"]
        owner, day = rows["owner"].to_numpy(np.int64), integer_column(rows, "introduced_on")
        introduced = latest_days(owner, day, len(customers))
        start = months_before(as_of_day, rules.relationship.find_work_months)
        business = is_business(evidence.get("contacts"), rules, len(customers))
        tasks["find_work"] = (has_ordered & business & (introduced <= start), introduced)
    if "memberships" in evidence:
        member = is_member(evidence["memberships"], len(customers), as_of_day)
        is_promoter = customers["stage"].isin(["advocate", "supporter"]).to_numpy()
        tasks["invite"] = (is_promoter & ~member, first)
    lists: dict[str, Ints] = {}
    for name, (mask, day) in tasks.items():
        places = np.flatnonzero(mask & is_available)
        lists[name] = places[np.argsort(day[places], kind="stable")]
    return lists


def is_business(contacts: pd.DataFrame | None, rules: Rules, count: int) -> Mask:
    """Which customers are businesses, by the contacts column and words of the rules."""
    column, words = rules.relationship.business_column, rules.relationship.business_words
    if contacts is None or column not in contacts:
        return np.zeros(count, dtype=bool)
    is_marked = contacts[column].astype("str").str.strip().str.lower().isin(words)
    return mask_of_places(contacts.loc[is_marked.to_numpy(), "owner"], count)


def is_member(memberships: pd.DataFrame, count: int, day: int) -> Mask:
    """Which customers are in a community on a day: joined or attended, and not left."""
    begin = memberships["joined_on"].fillna(memberships["attended_on"])
    has_begun = begin.to_numpy(dtype=np.int64, na_value=UNKNOWN_DAY) <= day
    has_left = memberships["left_on"].fillna(day + 1).to_numpy(dtype=np.int64) <= day
    return mask_of_places(memberships["owner"][has_begun & ~has_left], count)
