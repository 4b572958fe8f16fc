"""Outcomes of a holdout round in a later export: who reordered, what they spent and cost."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Floats, Ints, mask_of_places
from rfmtool.days import integer_column
from rfmtool.engines import OrderEntries
from rfmtool.grouping.order_dates import owner_day_keys
from rfmtool.grouping.order_history import spend_in_periods
from rfmtool.grouping.people import all_people, evidence_frame
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.pipeline import Result
from rfmtool.placing.contact_limits import contact_costs
from rfmtool.placing.tasks import TASKS
from rfmtool.rules import ALL_MARKETING
from rfmtool.sources.cells.ids import matching_key, places_in


def follow(rows: pd.DataFrame, result: Result, days: int) -> pd.DataFrame:
    """What each person of a round did within their window; those not in the export did nothing.

    `rows` are `placing.holdouts.HOLDOUT_COLUMNS` of those whose window of `days` is over; `result`
    is a run over a later export with order entries. Adds what `analyses.measure.measure` reads.
    """
    keys = matching_key(result.grouped.table["customer_id"].combine_chunks())
    ids = matching_key(pa.array(rows["customer_id"], pa.string()))
    place = places_in(ids, keys)
    known, from_on = place >= 0, rows["from_on"].to_numpy()
    owner = np.maximum(place, 0)
    spent = _spend_between(result, owner, from_on + 1, from_on + days)
    before = _spend_between(result, owner, from_on - days + 1, from_on)
    order_keys = owner_day_keys(result.days.owner, result.days.day)
    begin, end = (
        np.searchsorted(order_keys, owner_day_keys(owner, day), side="right")
        for day in (from_on, from_on + days)
    )
    people = rows.assign(
        share=rows["share"].astype(float),
        returned=known & (end > begin),
        spent=np.where(known, spent, 0.0),
        before=np.where(known, before, 0.0),
    )
    return _with_contacts(people, ids, result, days)


def _spend_between(result: Result, owner: Ints, first: Ints, last: Ints) -> Floats:
    periods = pd.DataFrame({"owner": owner, "from_day": first, "until_day": last})
    entries = cast("OrderEntries", result.grouped.entries)
    return spend_in_periods(entries, periods) / UNITS_PER_CURRENCY


def _with_contacts(people: pd.DataFrame, ids: pa.Array, result: Result, days: int) -> pd.DataFrame:
    """Add contact costs, and who was in fact reached within the window, from the contact log."""
    table = result.evidence and result.evidence.tables.get("contacted")
    if not table:
        return people.assign(cost=0.0, own_cost=0.0)
    # Matched to the people of the round, some of whom may not be in the export.
    members = all_people(pa.table({"customer_id": pc.unique(ids)}), {})
    log = evidence_frame(table, members)
    minute_cost = float(result.rules.contacting.minute_cost)
    is_outgoing = log["direction"].ne("in").fillna(value=True)
    is_answered = log["outcome"].ne("no_answer").fillna(value=True)
    columns = {
        "owner": log["owner"].to_numpy(dtype=np.int64),
        "contact_action": log["action"].astype("str").str.strip().str.lower(),
        "day": integer_column(log, "contacted_on"),
        "cost": contact_costs(log, minute_cost) / UNITS_PER_CURRENCY,
        "is_reached": (is_outgoing & is_answered).to_numpy(dtype=bool),
    }
    entries = people.assign(owner=places_in(ids, members.keys), row=np.arange(len(people)))
    pairs = entries[["owner", "row", "from_on", "lot", "action"]]
    pairs = pairs.merge(pd.DataFrame(columns), on="owner")
    days_after = pairs["day"] - pairs["from_on"]
    pairs = pairs[(days_after >= 0) & (days_after <= days)]
    is_own = pairs["contact_action"].eq(pairs["action"])
    own = pairs[is_own]
    cost, own_cost = (
        np.bincount(rows["row"].to_numpy(), rows["cost"].to_numpy(), minlength=len(people))
        for rows in (pairs, own)
    )
    # The lot of all marketing is for whatever followed, too; service is for both sides alike.
    service = {row.label for row in result.rules.playbook if not row.is_marketing} | TASKS.keys()
    is_of_lot = is_own | (pairs["lot"].eq(ALL_MARKETING) & ~pairs["contact_action"].isin(service))
    reached = mask_of_places(pairs.loc[is_of_lot & pairs["is_reached"], "row"], len(people))
    return people.assign(cost=cost.astype(float), own_cost=own_cost.astype(float), reached=reached)
