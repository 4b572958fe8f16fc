"""The call sheet: what a caller needs to know about each customer or contact to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, Mask
from rfmtool.grouping.people import add_contacts
from rfmtool.placing.channels import CALL_CHANNELS, has_address
from rfmtool.placing.contact_history import referral_names
from rfmtool.placing.influence import describe_influence
from rfmtool.placing.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rfmtool.standing import Standing

_DETAIL_COLUMNS: Final = (
    "last_order_on", "last_category", "favourite_category", "next_category", "next_category_lift",
    "missing_category", "usual_gap_days", "overdue_ratio", "monetary", "expected_spend",
    "latest_nps", "open_complaint_on", "open_complaint_cause", "recommended_by", "brought",
    "last_contacted_on", "last_contacted_for", "last_outcome", "snooze_until", "snooze_reason",
)  # fmt: skip
_FIRST_COLUMNS: Final = ("customer_id", "name", "phone", "action", "what", "stage")
_ORDER_COLUMNS: Final = (
    "priority", "channel", "activity", "first_order_on", "open_complaints", "holdout", "resting",
)  # fmt: skip


def collect_call_rows(
    parts: Iterator[pd.DataFrame], call_rows: list[pd.DataFrame], *, with_tasks: bool
) -> Iterator[pd.DataFrame]:
    """Pass the parts on, and append the rows to be called, indexed by their places among all rows.

    With tasks all rows with a phone number are kept, as each may be on the list of a task.
    """
    start, columns = 0, (*_FIRST_COLUMNS, *_DETAIL_COLUMNS, *_ORDER_COLUMNS)
    for part in parts:
        kept = [name for name in columns if name in part]
        is_kept = needs_call(part)
        if with_tasks:
            is_kept = is_kept | has_address(part, "phone")
        call_rows.append(part.loc[is_kept, kept].set_axis(np.flatnonzero(is_kept) + start))
        start += len(part)
        yield part


def needs_call(people: pd.DataFrame) -> Mask:
    """Which rows have an action whose channel is the telephone."""
    return people["channel"].isin(CALL_CHANNELS).to_numpy()


def task_call_rows(call_rows: pd.DataFrame, lists: Mapping[str, Ints]) -> Iterator[pd.DataFrame]:
    """The rows of each task list that have a phone number, in its order, the task as action."""
    with_phone = call_rows[has_address(call_rows, "phone")]
    for name, places in lists.items():
        rows = with_phone.loc[pd.Index(places).intersection(with_phone.index, sort=False)]
        yield rows.assign(action=name)


def call_sheet(result: Standing, people: pd.DataFrame) -> pd.DataFrame:
    """A row for each row of `collect_call_rows`; money in 1/10,000."""
    instructions = {name: task.say for name, task in TASKS.items()}
    instructions |= {row.label: row.say for row in reversed(result.rules.playbook)}
    evidence, places = result.grouped.evidence, people.index.to_numpy(dtype=np.int64)
    if {"recommended_by", "brought"} & {*people}:
        people = people.assign(**_referral_columns(result, places))
    added = _unmet_needs(evidence, places, result.as_of_day)
    if "feedback" in evidence:
        # The influence of those with open complaints, to be read only: the order ignores it.
        texts = pd.Series(describe_influence(evidence, places), dtype="str")
        has_complaint = people["open_complaints"].gt(0).to_numpy(dtype=bool)
        added["reach"] = texts.where(has_complaint & texts.ne("")).array
    what = people["action"].astype("str").map(instructions).astype("str")
    sheet = people.assign(what=what, **added)
    written = {*_FIRST_COLUMNS, *result.columns, *added}
    columns = (*_FIRST_COLUMNS, *_DETAIL_COLUMNS, *added)
    return sheet[[name for name in columns if name in sheet and name in written]]


def _referral_columns(result: Standing, places: Ints) -> dict[str, Any]:
    """Who recommended the shop to each, and whom they brought: names where known, and ids."""
    grouped = result.grouped
    ids, contacts = grouped.table["customer_id"].combine_chunks(), grouped.evidence.get("contacts")
    everybody = pd.DataFrame(index=range(len(ids)))
    names = add_contacts(everybody, contacts, grouped.latest_cells, ("name",))
    labels = ids
    if "name" in names:
        known = pa.array(names["name"], pa.string())
        # Line breaks and brackets go, so that no name seems to have another id behind it.
        known = pc.utf8_trim_whitespace(pc.replace_substring_regex(known, r"[\p{C}()]+", " "))
        labels = pc.coalesce(pc.binary_join_element_wise(known, " (", ids, ")", ""), ids)
    columns = referral_names(labels, grouped.evidence["referrals"], result.as_of_day)
    return {name: texts.iloc[places].array for name, texts in columns.items()}


def _unmet_needs(
    evidence: Mapping[str, pd.DataFrame], places: Ints, as_of_day: int
) -> dict[str, Any]:
    if "needs" not in evidence:
        return {}
    rows = evidence["needs"]
    rows = rows[~rows["met_on"].le(as_of_day).fillna(value=False).to_numpy(dtype=bool)]
    texts = pd.array(pa.array(rows["need"]).to_pylist(), dtype="str")
    rows = pd.DataFrame({"owner": rows["owner"].to_numpy(np.int64), "need": texts}).dropna()
    rows = rows.drop_duplicates().sort_values(["owner", "need"], kind="stable")
    needs = rows.groupby("owner")["need"].agg(", ".join).astype("str")
    return {"unmet_needs": needs.reindex(places).array}
