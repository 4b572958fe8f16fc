"""The call sheet: what whoever picks up the telephone needs to know of each person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, Mask
from rfmtool.grouping.people import add_contacts
from rfmtool.placing.channels import CALL_CHANNELS
from rfmtool.placing.contact_history import referral_names
from rfmtool.placing.influence import describe_influence
from rfmtool.placing.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


def collect_call_rows(
    parts: Iterator[pd.DataFrame], spoken: list[pd.DataFrame], *, with_tasks: bool
) -> Iterator[pd.DataFrame]:
    """Pass the parts of everybody on, and keep who is to be called; the index tells their place.

    With tasks whoever has a number is kept, for they may be on the list of one.
    """
    start = 0
    for part in parts:
        kept = [name for name in (*_FIRST, *_OF_PEOPLE, *_ORDERED_BY) if name in part]
        can_be = needs_call(part)
        if with_tasks and "phone" in part:
            can_be = can_be | part["phone"].notna().to_numpy()
        spoken.append(part.loc[can_be, kept].set_axis(np.flatnonzero(can_be) + start))
        start += len(part)
        yield part


def needs_call(people: pd.DataFrame) -> Mask:
    """Who is to be called for their action."""
    return people["channel"].isin(CALL_CHANNELS).to_numpy()


def task_call_rows(spoken: pd.DataFrame, lists: Mapping[str, Ints]) -> Iterator[pd.DataFrame]:
    """Those of each list of tasks who have a number, in its order, the task as their action."""
    numbered = spoken[spoken["phone"].notna()] if "phone" in spoken else spoken[:0]
    for name, places in lists.items():
        rows = numbered.loc[pd.Index(places).intersection(numbered.index, sort=False)]
        yield rows.assign(action=name)


def call_sheet(result: Standing, people: pd.DataFrame) -> pd.DataFrame:
    """A row for each of the people to be called, as `with_spoken` keeps them; money in 1/10,000."""
    says = {name: task.say for name, task in TASKS.items()}
    says |= {row.label: row.say for row in reversed(result.rules.playbook)}
    evidence, places = result.grouped.evidence, people.index.to_numpy(dtype=np.int64)
    if {"recommended_by", "brought"} & {*people}:
        people = people.assign(**_friends(result, places))
    told = {**_needs(evidence, places, result.as_of_day), **_reach(people, evidence, places)}
    sheet = people.assign(what=people["action"].astype("str").map(says).astype("str"), **told)
    written = {*_FIRST, *result.columns, *told}
    columns = (*_FIRST, *_OF_PEOPLE, *told)
    return sheet[[name for name in columns if name in sheet and name in written]]


def _friends(result: Standing, places: Ints) -> dict[str, Any]:
    """Who named each and whom they named, by their names as far as they are known, and ids."""
    grouped = result.grouped
    ids = grouped.table["customer_id"].combine_chunks()
    names = add_contacts(
        pd.DataFrame(index=range(len(ids))),
        grouped.evidence.get("contacts"),
        grouped.latest_cells,
        ("name",),
    )
    labels = ids
    if "name" in names:
        known = pa.array(names["name"], pa.string())
        # A name is one line, and holds nothing that looks like another's id behind it.
        known = pc.utf8_trim_whitespace(pc.replace_substring_regex(known, r"[\p{C}()]+", " "))
        labels = pc.coalesce(pc.binary_join_element_wise(known, " (", ids, ")", ""), ids)
    found = referral_names(labels, grouped.evidence["referrals"], result.as_of_day)
    return {name: texts.iloc[places].array for name, texts in found.items()}


def _needs(evidence: Mapping[str, pd.DataFrame], places: Ints, as_of_day: int) -> dict[str, Any]:
    """What each needs and was not given yet."""
    if "needs" not in evidence:
        return {}
    rows = evidence["needs"]
    rows = rows[~rows["met_on"].le(as_of_day).fillna(value=False).to_numpy(dtype=bool)]
    rows = pd.DataFrame(
        {
            "owner": rows["owner"].to_numpy(np.int64),
            "need": pd.array(pa.array(rows["need"]).to_pylist(), dtype="str"),
        }
    ).dropna()
    # Each once, in the order of the alphabet.
    rows = rows.drop_duplicates().sort_values(["owner", "need"], kind="stable")
    needs = rows.groupby("owner")["need"].agg(", ".join).astype("str")
    return {"unmet_needs": needs.reindex(places).array}


def _reach(
    people: pd.DataFrame, evidence: Mapping[str, pd.DataFrame], places: Ints
) -> dict[str, Any]:
    """Of those who complain, who listens to them: they are in no other order for it."""
    if "feedback" not in evidence:
        return {}
    words = pd.Series(describe_influence(evidence, places), dtype="str")
    complains = people["open_complaints"].gt(0).to_numpy(dtype=bool)
    return {"reach": words.where(complains & words.ne("")).array}
