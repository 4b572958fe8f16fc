"""Follow-ups, service, needs, introductions and communities as plain data."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from rfmtool.analyses.relationship import communities, introduction_results, needs_met
from rfmtool.analyses.service_equality import compare_service, follow_up_shares, follow_ups
from rfmtool.arrays import Ints
from rfmtool.placing.influence import describe_influence
from rfmtool.placing.tasks import TASKS, is_business, places_by_task
from rfmtool.standing import Standing
from rfmtool.summaries.group_totals import money_as_text
from rfmtool.summaries.profitability import profitability_data

REPORT_TABLES: Final = {
    "needs": "what people need, and whether it is met",
    "introductions": "work found for business customers",
    "memberships": "communities, and who is in none",
    "contacted": "follow-ups, who is served how, and where time goes",
    "referrals": "spend tied to advocates",
    "partners": "rewards due",
}
"""What a report shows only with these tables."""


def task_lists(result: Standing) -> dict[str, Ints]:
    """The row numbers of the people on each task list; see `placing.tasks`."""
    people, evidence = result.report_data.frame, result.grouped.evidence
    if result.log is not None:
        evidence = {**evidence, "contacted": result.log}
    return places_by_task(people, evidence, result.rules, result.as_of_day)


def relationship_data(result: Standing) -> dict[str, Any]:
    """The data of the tables supplied, each part None without its table; and what others unlock."""
    evidence, frame, day = result.grouped.evidence, result.report_data.frame, result.as_of_day
    rules = result.rules.relationship
    parts = ("follow_up", "equality", "needs", "introductions", "reach", "memberships")
    data: dict[str, Any] = dict.fromkeys(parts)
    orders = None
    if "contacted" in evidence:
        orders = follow_ups(result.days, evidence["contacted"], rules.follow_up_days, day)
        data["follow_up"] = {"within_days": rules.follow_up_days, **follow_up_shares(orders)}
    if {"feedback", "contacted"} & evidence.keys():
        data["equality"] = compare_service(frame, evidence, orders, day)
    if "needs" in evidence:
        needs = needs_met(evidence["needs"], frame, day)
        data["needs"] = {**needs, "unmet": [*map(money_as_text, needs["unmet"])]}
    if "introductions" in evidence:
        business = is_business(evidence.get("contacts"), result.rules, len(frame))
        rows = evidence["introductions"]
        results = introduction_results(rows, business, rules.find_work_months, day)
        data["introductions"] = {**results, "marked_by": rules.business_column}
    if "feedback" in evidence:
        complainers = np.flatnonzero(frame["open_complaints"].gt(0).to_numpy())
        influence = describe_influence(evidence, complainers)
        data["reach"] = {"open": len(complainers), "with_reach": sum(map(bool, influence))}
    if "memberships" in evidence:
        latest = next(iter(result.lookbacks), None)
        data["memberships"] = communities(evidence["memberships"], frame, latest, day)
    return {
        "tasks": [
            {"name": name, "say": TASKS[name].say, "people": len(people)}
            for name, people in task_lists(result).items()
        ],
        **data,
        **profitability_data(result),
        "opens": {table: text for table, text in REPORT_TABLES.items() if table not in evidence},
    }
