"""What the tables beside the orders tell of how people are looked after, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rfmtool.analyses.serving import FollowUps, equality, follow_ups
from rfmtool.arrays import Ints
from rfmtool.placing.tasks import TASKS, tasks

if TYPE_CHECKING:
    from rfmtool.standing import Standing

OPENS: Final = {
    "contacted": "follow-ups, who is served how, and where time goes",
}
"""The tables without which a page has nothing to say, and what it would say."""


def task_lists(result: Standing) -> dict[str, Ints]:
    """The places of those on each list beside the actions; see `placing.tasks`."""
    return tasks(result.figures.frame, result.grouped.evidence, result.rules, result.as_of_day)


def has_tasks(result: Standing) -> bool:
    """Whether a table is supplied that opens a list of tasks."""
    return any(task.table in result.grouped.evidence for task in TASKS.values())


def relationship_data(result: Standing) -> dict[str, Any]:
    """What the tables supplied tell, each part None without its table; and what opens others."""
    evidence, day = result.grouped.evidence, result.as_of_day
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
        "equality": _equality(result, orders),
        "opens": {table: page for table, page in OPENS.items() if table not in evidence},
    }


def _equality(result: Standing, orders: FollowUps | None) -> dict[str, Any] | None:
    evidence, day = result.grouped.evidence, result.as_of_day
    if not {"feedback", "contacted"} & evidence.keys():
        return None
    return equality(result.figures.frame, evidence, orders, day).as_data()
