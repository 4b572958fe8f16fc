"""Everyone a run knows: who ordered, and whom only the evidence tables name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, Places
from rfmtool.sources.cells.ids import is_listed, matching_key
from rfmtool.sources.consents import CONSENTS, REFUSALS, matches_any

_EVENT_DAY: Final[Mapping[str, str]] = {
    "referrals": "referred_on",
    "feedback": "given_on",
    "contacted": "contacted_on",
    "contact_steps": "since_on",
    "introductions": "introduced_on",
    "memberships": "joined_on",
    "needs": "asked_on",
}
_OWNER: Final[Mapping[str, str]] = {
    "customer_id": "owner",
    "referrer_id": "owner",
    "referred_id": "referred",
    "to_id": "owner",
    "from_id": "giver",
    "invited_by": "inviter",
}
_NEED_NOT_BE_KNOWN: Final = ("from_id", "invited_by")
"""Ids that may be nobody's, such as the shop's own: their places are -1."""
_JOINING: Final = ("contacts", "referrals", "feedback")
"""The tables whose people belong to the run even where they never ordered."""


@dataclass(frozen=True)
class People:
    """Everyone, sorted by the bytes of customer_id.

    `table` is the engine's answer with a row of nothing for those whom the export does not name;
    `keys` are what ids are matched by, `in_export` says whom it names.
    """

    table: pa.Table
    keys: pa.Array
    in_export: Mask

    def positions(self, ids: pa.Array) -> Places:
        """The place of each id among the people; -1 where nobody has it."""
        found = pc.index_in(ids, self.keys).fill_null(-1)
        places: Places = found.to_numpy(zero_copy_only=False).astype(np.int64)
        return places


def without_suppressed(
    evidence: Mapping[str, pa.Table], listed: frozenset[str]
) -> dict[str, pa.Table]:
    """The evidence without the rows that name somebody who is to be left out of everything."""
    kept = dict(evidence)
    owners = [one for one in _OWNER if one != "invited_by"]
    for name, table in evidence.items() if listed else ():
        ids = [table[one].combine_chunks() for one in owners if one in table.column_names]
        named = np.logical_or.reduce([is_listed(column, listed) for column in ids])
        kept[name] = table.filter(pa.array(~named))
    return kept


def events_until(evidence: Mapping[str, pa.Table], as_of_day: int) -> dict[str, pa.Table]:
    """The evidence as it stood on a day: what happened later is left out.

    Args:
        evidence: the tables by name.
        as_of_day: in days since 1970-01-01.
    """
    then = dict(evidence)
    for name in _EVENT_DAY.keys() & evidence.keys():
        days = pc.cast(evidence[name][_EVENT_DAY[name]], pa.int32())
        is_later = pc.greater(days, as_of_day).fill_null(fill_value=False)
        then[name] = evidence[name].filter(pc.invert(is_later))
    return then


def contacts_as_of(
    contacts: pa.Table, others: Mapping[str, pa.Table], customer_ids: pa.Array, as_of_day: int
) -> pa.Table:
    """The contacts that a shop had by a day: those since then are left out unless otherwise known.

    Args:
        contacts: the contacts table.
        others: the other tables by name, as they stood on that day.
        customer_ids: the customers of the export.
        as_of_day: in days since 1970-01-01.
    """
    named = [_ids(others[name]) for name in _JOINING if name in others and name != "contacts"]
    elsewhere = pa.concat_arrays([matching_key(customer_ids), *named])
    is_known = pc.is_in(contacts["customer_id"], elsewhere)
    since = pc.cast(contacts["since_on"], pa.int32())
    is_later = pc.greater(since, as_of_day).fill_null(fill_value=False)
    return contacts.filter(pc.or_(is_known, pc.invert(is_later)))


def all_people(customers: pa.Table, evidence: Mapping[str, pa.Table]) -> People:
    """Add those whom only contacts, referrals or feedback name.

    Args:
        customers: the engine's answer, sorted by customer_id.
        evidence: the tables by name, ids already in the form that is matched.
    """
    keys = matching_key(customers["customer_id"].combine_chunks())
    named = [_ids(evidence[name]) for name in _JOINING if name in evidence]
    ids = pc.unique(pa.concat_arrays([pa.array([], pa.string()), *named]))
    # Looked up among the few, for a table to look up all customers in takes much memory.
    in_both = keys.filter(pc.is_in(keys, ids))
    newcomers = ids.filter(pc.invert(pc.is_in(ids, in_both)))
    if not len(newcomers):
        return People(customers, keys, np.ones(len(keys), dtype=bool))
    joined = pa.concat_tables([customers, _never_ordered(newcomers, customers.schema)])
    order = pc.sort_indices(joined["customer_id"])
    both = pa.concat_arrays([keys, newcomers])
    in_export = order.to_numpy() < len(keys)
    return People(joined.take(order).combine_chunks(), both.take(order), in_export)


def _ids(table: pa.Table) -> pa.Array:
    return pa.concat_arrays(
        [chunk for name in _OWNER if name in table.column_names for chunk in table[name].chunks]
        or [pa.array([], pa.string())]
    )


def _never_ordered(ids: pa.Array, schema: pa.Schema) -> pa.Table:
    empty: dict[str, Any] = {
        field.name: pa.array(np.zeros(len(ids), dtype=np.int64)).cast(field.type)
        for field in schema
        if pa.types.is_integer(field.type)
    }
    empty["customer_id"] = ids
    return pa.table(
        [empty.get(field.name, pa.nulls(len(ids), field.type)) for field in schema], schema=schema
    )


def evidence_frame(table: pa.Table, people: People) -> pd.DataFrame:
    """An evidence table as a frame: ids as places among the people, days as whole numbers.

    Rows that name nobody known are left out.
    """
    columns: dict[str, Any] = {}
    known = np.ones(len(table), dtype=bool)
    for name in table.column_names:
        column = table[name].combine_chunks()
        if name in _OWNER:
            columns[_OWNER[name]] = people.positions(column)
            if name not in _NEED_NOT_BE_KNOWN:
                known &= columns[_OWNER[name]] >= 0
        else:
            columns[name] = _nullable(column)
    return pd.DataFrame(columns)[known].reset_index(drop=True)


def _nullable(column: pa.Array) -> Any:  # noqa: ANN401 - any of pandas' arrays
    missing = column.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_date(column.type):
        column = pc.cast(column, pa.int32())
    if pa.types.is_integer(column.type):
        whole = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        return pd.arrays.IntegerArray(whole, missing)
    if pa.types.is_boolean(column.type):
        truth = column.fill_null(fill_value=False).to_numpy(zero_copy_only=False)
        return pd.arrays.BooleanArray(truth.copy(), missing)
    return column.to_pandas()


def add_contacts(
    people: pd.DataFrame,
    contacts: pd.DataFrame | None,
    latest: pa.Table | None,
    wanted: Iterable[str],
) -> pd.DataFrame:
    """Add columns by name, such as how to reach people: what contacts say, else the export.

    Args:
        people: one row per person.
        contacts: the contacts table, with `owner`.
        latest: the latest cells of the export, a row for each of the people.
        wanted: the columns; those that neither has are left out.
    """
    columns: dict[str, Any] = {}
    for name in wanted:
        if latest is not None and name in latest.column_names:
            columns[name] = latest[name].to_pandas()
        if contacts is not None and name in contacts:
            told = contacts.set_index("owner")[name].reindex(np.arange(len(people)))
            if name == "consent" and name in columns:  # what says neither takes nothing back
                said = pa.array(told.astype("str"), from_pandas=True)
                told = told.where(matches_any(said, REFUSALS | CONSENTS) | columns[name].isna())
            columns[name] = told.where(told.notna(), columns[name]) if name in columns else told
    return people.assign(**columns)
