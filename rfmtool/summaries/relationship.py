"""What the tables beside the orders tell of how people are looked after, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rfmtool.analyses.relations import communities, needs_met, work_found
from rfmtool.analyses.serving import equality, follow_ups
from rfmtool.arrays import Ints
from rfmtool.money import money_text
from rfmtool.placing.reach import reach_in_words
from rfmtool.placing.tasks import TASKS, businesses, tasks
from rfmtool.summaries.earning import earning_data

if TYPE_CHECKING:
    from rfmtool.standing import Standing

OPENS: Final = {
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
    return tasks(result.figures.frame, result.grouped.evidence, result.rules, result.as_of_day)


def relationship_data(result: Standing) -> dict[str, Any]:
    """What the tables supplied tell, each part None without its table; and what opens others."""
    evidence, frame, day = result.grouped.evidence, result.figures.frame, result.as_of_day
    within = result.rules.relationship.follow_up_days
    log, orders = evidence.get("contacted"), None
    if log is not None:
        orders = follow_ups(result.days, log, within, day)
    return {
        "tasks": [
            {"name": name, "say": TASKS[name].say, "people": len(places)}
            for name, places in task_lists(result).items()
        ],
        "follow_up": None if orders is None else {"within_days": within, **orders.as_data()},
        "equality": equality(frame, evidence, orders, day).as_data()
        if {"feedback", "contacted"} & evidence.keys()
        else None,
        "needs": _needs(result),
        "introductions": _introductions(result),
        "reach": _reach(result),
        "memberships": communities(
            evidence["memberships"], frame, next(iter(result.looks), None), day
        )
        if "memberships" in evidence
        else None,
        **earning_data(result),
        "opens": {table: page for table, page in OPENS.items() if table not in evidence},
    }


def _needs(result: Standing) -> dict[str, Any] | None:
    evidence = result.grouped.evidence
    if "needs" not in evidence:
        return None
    found = needs_met(evidence["needs"], result.figures.frame, result.as_of_day)
    unmet = [{**one, "revenue": money_text(one["revenue"])} for one in found["unmet"]]
    return {**found, "unmet": unmet}


def _introductions(result: Standing) -> dict[str, Any] | None:
    evidence, rules = result.grouped.evidence, result.rules
    if "introductions" not in evidence:
        return None
    business = businesses(evidence.get("contacts"), rules, len(result.figures.frame))
    months = rules.relationship.find_work_months
    return {
        **work_found(evidence["introductions"], business, months, result.as_of_day),
        "marked_by": rules.relationship.business_column,
    }


def _reach(result: Standing) -> dict[str, int] | None:
    """Of those with an open complaint, how many others listen to; None without feedback."""
    frame = result.figures.frame
    if "feedback" not in result.grouped.evidence:
        return None
    complains = np.flatnonzero(frame["open_complaints"].gt(0).to_numpy())
    heard = reach_in_words(result.grouped.evidence, complains)
    return {"open": len(complains), "with_reach": sum(bool(words) for words in heard)}
