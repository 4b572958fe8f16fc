"""People of a round followed through a later export: who returned, what they spent and cost."""

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
from rfmtool.sources.cells.ids import matching_key


def follow(rows: pd.DataFrame, result: Result, days: int) -> pd.DataFrame:
    """What each person of a round did within their window; who is gone has done nothing.

    Args:
        rows: `placing.lots.HOLDOUTS` of those whose window is over.
        result: a run over a later export that kept its entries; a contact log as evidence.
        days: how long a window is.

    Returns:
        The rows with what `analyses.measure.measure` reads of them.
    """
    keys = matching_key(result.grouped.table["customer_id"].combine_chunks())
    ids = matching_key(pa.array(rows["customer_id"], pa.string()))
    place = pc.index_in(ids, keys).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    known, from_on = place >= 0, rows["from_on"].to_numpy()
    owner = np.maximum(place, 0)
    spent = _spent(result, owner, from_on + 1, from_on + days)
    before = _spent(result, owner, from_on - days + 1, from_on)
    dates = result.days
    at = owner_day_keys(dates.owner, dates.day)
    begin, end = (
        np.searchsorted(at, owner_day_keys(owner, day), side="right")
        for day in (from_on, from_on + days)
    )
    people = rows.assign(
        share=rows["share"].astype(float),
        returned=known & (end > begin),
        spent=np.where(known, spent, 0.0),
        before=np.where(known, before, 0.0),
    )
    return _with_contacts(people, ids, result, days)


def _spent(result: Result, owner: Ints, first: Ints, last: Ints) -> Floats:
    periods = pd.DataFrame({"owner": owner, "from_day": first, "until_day": last})
    entries = cast("OrderEntries", result.grouped.entries)
    return spend_in_periods(entries, periods) / UNITS_PER_CURRENCY


def _with_contacts(people: pd.DataFrame, ids: pa.Array, result: Result, days: int) -> pd.DataFrame:
    """Add what the contact log tells: costs, and who was in fact reached from the day on."""
    told = result.evidence and result.evidence.tables.get("contacted")
    if not told:
        return people.assign(cost=0.0, own_cost=0.0)
    # Matched with the people of the round: not all of them need be in the export.
    mine = all_people(pa.table({"customer_id": pc.unique(ids)}), {})
    log = evidence_frame(told, mine)
    minute_cost = float(result.rules.contacting.minute_cost)
    outward = log["direction"].ne("in").fillna(value=True)
    answered = log["outcome"].ne("no_answer").fillna(value=True)
    contacts = pd.DataFrame(
        {
            "owner": log["owner"].to_numpy(dtype=np.int64),
            "of": log["action"].astype("str").str.strip().str.lower(),
            "day": integer_column(log, "contacted_on"),
            "paid": contact_costs(log, minute_cost) / UNITS_PER_CURRENCY,
            "got_through": (outward & answered).to_numpy(dtype=bool),
        }
    )
    entries = people.assign(owner=mine.positions(ids), row=np.arange(len(people)))
    pairs = entries[["owner", "row", "from_on", "action"]].merge(contacts, on="owner")
    since = pairs["day"] - pairs["from_on"]
    pairs = pairs[(since >= 0) & (since <= days)]
    own = pairs[pairs["of"].eq(pairs["action"])]
    reached = mask_of_places(own.loc[own["got_through"], "row"], len(people))
    return people.assign(
        cost=_sums(pairs, len(people)), own_cost=_sums(own, len(people)), reached=reached
    )


def _sums(pairs: pd.DataFrame, people: int) -> Floats:
    sums = np.bincount(pairs["row"].to_numpy(), pairs["paid"].to_numpy(), minlength=people)
    return sums.astype(np.float64)
