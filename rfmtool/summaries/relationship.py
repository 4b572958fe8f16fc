"""What the tables beside the orders tell of how people are looked after, as plain data."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from rfmtool.analyses.relationship import communities, introduction_results, needs_met
from rfmtool.analyses.service_equality import compare_service, follow_ups
from rfmtool.arrays import Ints
from rfmtool.placing.influence import describe_influence
from rfmtool.placing.tasks import TASKS, is_business, places_by_task
from rfmtool.standing import Standing
from rfmtool.summaries.group_totals import money_as_text
from rfmtool.summaries.profitability import profitability_data

UNLOCKED_BY_TABLE: Final = {
    "needs": "what people need, and whether it is met",
    "introductions": "work found for business customers",
    "memberships": "communities, and who is in none",
    "contacted": "follow-ups, who is served how, and where time goes",
    "referrals": "what hangs on advocates",
    "partners": "rewards due",
}
"""The tables without which a page has nothing to say, and what it would say."""


def task_lists(result: Standing) -> dict[str, Ints]:
    """The places of those on each list beside the actions; see `placing.tasks`."""
    return places_by_task(
        result.figures.frame, result.grouped.evidence, result.rules, result.as_of_day
    )


def relationship_data(result: Standing) -> dict[str, Any]:
    """What the tables supplied tell, each part None without its table; and what opens others."""
    evidence, frame, day = result.grouped.evidence, result.figures.frame, result.as_of_day
    told = result.rules.relationship
    parts = ("follow_up", "equality", "needs", "introductions", "reach", "memberships")
    found: dict[str, Any] = dict.fromkeys(parts)
    orders = None
    if "contacted" in evidence:
        orders = follow_ups(result.days, evidence["contacted"], told.follow_up_days, day)
        found["follow_up"] = {"within_days": told.follow_up_days, **orders.as_data()}
    if {"feedback", "contacted"} & evidence.keys():
        found["equality"] = compare_service(frame, evidence, orders, day)
    if "needs" in evidence:
        needs = needs_met(evidence["needs"], frame, day)
        found["needs"] = {**needs, "unmet": [money_as_text(one) for one in needs["unmet"]]}
    if "introductions" in evidence:
        business = is_business(evidence.get("contacts"), result.rules, len(frame))
        work = introduction_results(evidence["introductions"], business, told.find_work_months, day)
        found["introductions"] = {**work, "marked_by": told.business_column}
    if "feedback" in evidence:  # of those with an open complaint, how many others listen to
        complains = np.flatnonzero(frame["open_complaints"].gt(0).to_numpy())
        heard = describe_influence(evidence, complains)
        found["reach"] = {"open": len(complains), "with_reach": sum(map(bool, heard))}
    if "memberships" in evidence:
        look = next(iter(result.lookbacks), None)
        found["memberships"] = communities(evidence["memberships"], frame, look, day)
    return {
        "tasks": [
            {"name": name, "say": TASKS[name].say, "people": len(places)}
            for name, places in task_lists(result).items()
        ],
        **found,
        **profitability_data(result),
        "opens": {
            table: page for table, page in UNLOCKED_BY_TABLE.items() if table not in evidence
        },
    }
