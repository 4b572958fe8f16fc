"""The call sheet: what whoever picks up the telephone needs to know of each person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from rfmtool.placing.reaching import BY_VOICE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfmtool.standing import Standing

_OF_PEOPLE: Final = (
    "last_order_on", "last_category", "favourite_category", "next_category", "next_category_lift",
    "missing_category", "usual_gap_days", "overdue_ratio", "monetary", "expected_spend",
    "latest_nps", "open_complaint_on", "open_complaint_cause", "recommended_by", "brought",
    "last_contacted_on", "last_contacted_for", "last_outcome", "snooze_until", "snooze_reason",
)  # fmt: skip
_FIRST: Final = ("customer_id", "name", "phone", "action", "what", "stage")
_ORDERED_BY: Final = (
    "priority", "channel", "activity", "first_order_on", "open_complaints", "holdout", "resting",
)  # fmt: skip


def with_spoken(
    parts: Iterator[pd.DataFrame], spoken: list[pd.DataFrame]
) -> Iterator[pd.DataFrame]:
    """Pass the parts of everybody on, and keep who is to be called."""
    for part in parts:
        kept = [name for name in (*_FIRST, *_OF_PEOPLE, *_ORDERED_BY) if name in part]
        spoken.append(part.loc[part["channel"].isin(BY_VOICE).to_numpy(), kept])
        yield part


def call_sheet(result: Standing, people: pd.DataFrame) -> pd.DataFrame:
    """A row for each of the people to be called, in their order; money in whole 1/10,000.

    Args:
        result: where everybody stands.
        people: as `with_spoken` keeps them.
    """
    says = {row.label: row.say for row in reversed(result.rules.playbook)}
    sheet = people.assign(what=people["action"].astype("str").map(says).astype("str"))
    written = {*_FIRST, *result.columns}
    return sheet[[name for name in (*_FIRST, *_OF_PEOPLE) if name in sheet and name in written]]
