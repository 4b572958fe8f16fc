"""All people of a run: those who ordered, and those whom only evidence tables name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.columns import EVIDENCE_DAYS
from rfmtool.sources.cells.ids import is_listed, matching_key, places_in
from rfmtool.sources.consents import CONSENTS, REFUSALS, matches_any

PLACE_COLUMNS: Final[Mapping[str, str]] = {
    "customer_id": "owner",
    "referrer_id": "owner",
    "referred_id": "referred",
    "to_id": "owner",
    "from_id": "giver",
    "invited_by": "inviter",
}
"""The columns of ids in evidence tables, and those of their places among people in frames."""
_OPTIONAL_IDS: Final = ("from_id", "invited_by")
"""Ids that need not be people, such as the shop's own: their places are -1."""
TABLES_ADDING_PEOPLE: Final = ("contacts", "referrals", "feedback")
"""The tables that add people who never ordered."""


@dataclass(frozen=True)
class People:
    """All people, sorted by the bytes of customer_id.

    `table` is the engine's table with an empty row for those who are not in the export; `keys` are
    their ids in the form that is matched, `in_export` says whether the export has them.
    """

    table: pa.Table
    keys: pa.Array
    in_export: Mask


def without_suppressed(
    evidence: Mapping[str, pa.Table], listed: frozenset[str]
) -> dict[str, pa.Table]:
    """The evidence without the rows that name a suppressed person."""
    kept = dict(evidence)
    id_columns = [column for column in PLACE_COLUMNS if column != "invited_by"]
    for name, table in evidence.items() if listed else ():
        ids = [table[column] for column in id_columns if column in table.column_names]
        masks = [is_listed(column.combine_chunks(), listed) for column in ids]
        is_suppressed = np.logical_or.reduce(masks)
        kept[name] = table.filter(pa.array(~is_suppressed))
    return kept


def events_until(evidence: Mapping[str, pa.Table], as_of_day: int) -> dict[str, pa.Table]:
    """The evidence without the events after a day, which counts from 1970-01-01."""
    tables = dict(evidence)
    # Contacts and partners hold for some time: those of a day are found where they are used.
    for name in (EVIDENCE_DAYS.keys() & evidence.keys()) - {"contacts", "partners"}:
        days = pc.cast(evidence[name][EVIDENCE_DAYS[name]], pa.int32())
        is_later = pc.greater(days, as_of_day).fill_null(fill_value=False)
        tables[name] = evidence[name].filter(pc.invert(is_later))
    return tables


def contacts_as_of(
    contacts: pa.Table, others: Mapping[str, pa.Table], customer_ids: pa.Array, as_of_day: int
) -> pa.Table:
    """The contacts that a shop had by a day: later ones only where they are known otherwise.

    The status of these holds later, and is left out. `others` are the other tables as they stood on
    that day, which counts from 1970-01-01.
    """
    ids = [_all_ids(others[name]) for name in TABLES_ADDING_PEOPLE
           if name in others and name != "contacts"]  # fmt: skip
    known = pa.concat_arrays([matching_key(customer_ids), *ids])
    is_known = pc.is_in(contacts["customer_id"], known)
    since = pc.cast(contacts["since_on"], pa.int32())
    is_later = pc.greater(since, as_of_day).fill_null(fill_value=False)
    for name in {"status", "since_on"}.intersection(contacts.column_names):
        cells = contacts[name]
        kept = pc.if_else(is_later, pa.scalar(None, cells.type), cells)
        contacts = contacts.set_column(contacts.column_names.index(name), name, kept)
    return contacts.filter(pc.or_(is_known, pc.invert(is_later)))


def all_people(customers: pa.Table, evidence: Mapping[str, pa.Table]) -> People:
    """The customers, and the people whom only contacts, referrals or feedback name.

    `customers` is sorted by customer_id; ids in `evidence` are in the form that is matched.
    """
    keys = matching_key(customers["customer_id"].combine_chunks())
    ids = [_all_ids(evidence[name]) for name in TABLES_ADDING_PEOPLE if name in evidence]
    named = pc.unique(pa.concat_arrays([pa.array([], pa.string()), *ids]))
    # In two steps, because a hash table of all customers would take much memory.
    in_both = keys.filter(pc.is_in(keys, named))
    added = named.filter(pc.invert(pc.is_in(named, in_both)))
    if not len(added):
        return People(customers, keys, np.ones(len(keys), dtype=bool))
    # Those who never ordered have 0 in integer columns, and null in all others.
    empty = {
        field.name: pa.repeat(pa.scalar(0, field.type), len(added))
        if pa.types.is_integer(field.type)
        else pa.nulls(len(added), field.type)
        for field in customers.schema
    }
    rows = pa.table({**empty, "customer_id": added}, schema=customers.schema)
    table = pa.concat_tables([customers, rows])
    order = pc.sort_indices(table["customer_id"])
    all_keys = pa.concat_arrays([keys, added])
    in_export = order.to_numpy() < len(keys)
    return People(table.take(order).combine_chunks(), all_keys.take(order), in_export)


def _all_ids(table: pa.Table) -> pa.Array:
    names = [name for name in PLACE_COLUMNS if name in table.column_names]
    chunks = [chunk for name in names for chunk in table[name].chunks]
    return pa.concat_arrays(chunks or [pa.array([], pa.string())])


def evidence_frame(table: pa.Table, people: People) -> pd.DataFrame:
    """An evidence table as a frame: ids as places among people, days as integers.

    Rows with unknown ids are left out.
    """
    columns: dict[str, Any] = {}
    is_known = np.ones(len(table), dtype=bool)
    for name in table.column_names:
        column = table[name].combine_chunks()
        if name in PLACE_COLUMNS:
            columns[PLACE_COLUMNS[name]] = places_in(column, people.keys)
            if name not in _OPTIONAL_IDS:
                is_known &= columns[PLACE_COLUMNS[name]] >= 0
        else:
            columns[name] = _nullable_array(column)
    return pd.DataFrame(columns)[is_known].reset_index(drop=True)


def _nullable_array(column: pa.Array) -> Any:  # noqa: ANN401 - any of pandas' arrays
    missing = column.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_date(column.type):
        column = pc.cast(column, pa.int32())
    if pa.types.is_integer(column.type):
        integers = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        return pd.arrays.IntegerArray(integers, missing)
    if pa.types.is_boolean(column.type):
        return pd.arrays.BooleanArray(mask_of(column).copy(), missing)
    return column.to_pandas()


def add_contacts(
    people: pd.DataFrame,
    contacts: pd.DataFrame | None,
    latest: pa.Table | None,
    names: Iterable[str],
) -> pd.DataFrame:
    """Add columns such as email and phone from the contacts table, or else from the export.

    `people` and `latest`, the latest cells of the export, have a row for each person. Columns that
    neither table has are left out.
    """
    columns: dict[str, Any] = {}
    for name in names:
        if latest is not None and name in latest.column_names:
            columns[name] = latest[name].to_pandas()
        if contacts is not None and name in contacts:
            cells = contacts.set_index("owner")[name].reindex(np.arange(len(people)))
            if name in columns:
                if name == "consent":  # cells that are neither yes nor no do not override
                    texts = pa.array(cells.astype("str"), from_pandas=True)
                    is_clear = matches_any(texts, REFUSALS | CONSENTS)
                    cells = cells.where(is_clear | columns[name].isna())
                cells = cells.where(cells.notna(), columns[name])
            columns[name] = cells
    return people.assign(**columns)
