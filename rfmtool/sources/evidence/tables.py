"""Read evidence tables: data on customers other than their orders, in files like exports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import methodcaller
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.errors import InputError, UsageError, errors_naming
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells.date_formats import check_zone
from rfmtool.sources.cells.ids import matching_key, without_point_zero
from rfmtool.sources.consents import CONSENTS, REFUSALS, matches_any
from rfmtool.sources.evidence.cells import TableReading, typed_rows
from rfmtool.sources.evidence.ledger import RereadableFile, TableLedger
from rfmtool.sources.evidence.reading import read_batches, table_reading
from rfmtool.sources.evidence.roles import CellKind, EvidenceTable, evidence_roles, evidence_tables
from rfmtool.sources.layout import Asked, FileLayout
from rfmtool.sources.ledger import Ledger, Tally
from rfmtool.sources.roles import parse_asked
from rfmtool.threads import core_count, run_in_order

_CONSENT: Final = "consent"
_REFUSAL_COLUMN: Final = " refuses"
_TYPES: Final[Mapping[CellKind, pa.DataType]] = {
    "id": pa.string(),
    "text": pa.string(),
    "word": pa.string(),
    "yes_no": pa.bool_(),
    "day": pa.date32(),
    "whole": pa.int32(),
    "number": pa.float64(),
    "money": pa.int64(),  # whole 1/10,000 of the currency unit
}
CONTACT_STEPS: Final = "contact_steps"
"""The name of the table of all rows of contacts, later ones last, if an id has several."""
LATER_CONTACTS: Final = "later_contacts"
"""The name of the rows of the contact log after as_of."""


@dataclass(frozen=True)
class Evidence:
    """The typed evidence tables that were supplied, and their ledgers."""

    tables: Mapping[str, pa.Table] = field(repr=False)  # as cells are not to be shown
    """By name. A column for each role, null where nothing is given; contact columns (email, phone,
    name, consent) only if they are supplied; attributes of contacts as text. Ids are in the form
    that is matched. If an id has several rows of contacts, `contact_steps` has all of them, and
    contacts one row for each id."""
    ledgers: Mapping[str, TableLedger]

    def with_matches(self, export_ids: pa.Array, left_out: Collection[str] = ()) -> Evidence:
        """Count in each ledger how many ids of the table are known from elsewhere.

        Ids of tables that add no customers also match those of contacts, referrals and feedback,
        which do, and `left_out`, the customers of the export who are in no figure.
        """
        if not self.ledgers:
            return self
        export = matching_key(export_ids)
        joining = [ledger.ids for ledger in self.ledgers.values() if ledger.table.joins]
        everyone = pc.unique(pa.concat_arrays([export, *joining]))
        suppressible, contacts = everyone, self.tables.get("contacts")
        if contacts is not None and "email" in contacts.column_names:
            addresses = matching_key(contacts["email"].combine_chunks())
            suppressible = pa.concat_arrays([everyone, addresses])
        ledgers = {}
        for name, ledger in self.ledgers.items():
            if ledger.table.joins:
                ledgers[name] = ledger.with_matches(export)
            else:
                known = suppressible if name == "suppress" else everyone
                ledgers[name] = ledger.with_matches(known, left_out)
        return replace(self, ledgers=ledgers)


def read_evidence(
    sources: Mapping[str, Any],
    asked: Asked | None = None,
    *,
    threads: int | None = None,
    currency: str | None = None,
) -> Evidence:
    """Read evidence tables.

    Settings for the export (`--delimiter`, `--encoding`, `--date-format`, `--decimal`) apply to a
    table only where detection fails or is ambiguous.

    Args:
        sources: table name to a path, glob, folder, several of these, `-`, or a frame.
        asked: the user's settings; `columns` as `TABLE.ROLE`.
        threads: how many blocks are read at a time; all cores by default.
        currency: the only currency whose amounts are read.
    """
    asked = asked or Asked()
    if asked.timezone:
        check_zone(asked.timezone)
    parse_asked([f"{role}={name}" for role, name in asked.columns.items()], evidence_roles())
    known = evidence_tables()
    if unknown := sorted(sources.keys() - known.keys()):
        hint = f"Tables are {', '.join(known)}."
        raise UsageError(f"there is no evidence table {unknown[0]!r}", hint)
    tables, ledgers, threads = {}, {}, threads or core_count()
    for name in [name for name in known if name in sources]:
        read = _read_table(known[name], sources[name], asked, threads, currency)
        tables[name], ledgers[name], all_rows = read
        if all_rows is not None:
            tables[CONTACT_STEPS] = all_rows
    return Evidence(tables, ledgers)


def _read_table(
    table: EvidenceTable,
    source: Any,  # noqa: ANN401 - a path, paths, or any library's frame
    asked: Asked,
    threads: int,
    currency: str | None,
) -> tuple[pa.Table, TableLedger, pa.Table | None]:
    with errors_naming(table.name):
        parts = read_batches(source, table, asked.of_table(table.name), threads)
        reading = replace(table_reading(table, parts, asked), currency=currency)
    pairs = [(file, batch) for file, batches in parts for batch in batches]
    jobs = [partial(typed_rows, batch, file.layout, table, reading) for file, batch in pairs]
    fixed = {name: _TYPES[role.kind] for name, role in table.roles.items()
             if role.kind != "text" or name in table.required}  # fmt: skip
    # A table has its fixed columns even if its files lack them or have no rows.
    ledger, typed_parts = Ledger(), [pa.schema(fixed).empty_table()]
    for (file, _), (typed, tally) in zip(pairs, run_in_order(jobs, threads), strict=True):
        ledger.add(file.name, tally)
        typed_parts.append(pa.Table.from_batches([typed]))
    if table.strict and ledger.rejected:
        first = ledger.rejects[0]
        raise InputError(
            f"{table.name}: {ledger.rejected:,} of {ledger.rows:,} rows cannot be read; the first"
            f" is row {first.row:,} of {first.file} ({first.reason})",
            "Mend it: nobody on this list may be left out of it.",
        )
    rows = pa.concat_tables(typed_parts, promote_options="default").combine_chunks()
    merged, table_ledger, all_rows = _with_merged_rows(table, rows, ledger)
    sizes = {file.name: file.stored_bytes for file, _ in parts}
    read = partial(_tally, table=table, reading=reading)
    files = [RereadableFile(file, partial(read, layout=file.layout)) for file, _ in parts]
    return merged, replace(table_ledger, stored_bytes=sizes, files=tuple(files)), all_rows


def _tally(batch: Batch, layout: FileLayout, table: EvidenceTable, reading: TableReading) -> Tally:
    return typed_rows(batch, layout, table, reading)[1]


# Merging -----------------------------------------------------------------------------------------


def _with_merged_rows(
    table: EvidenceTable, rows: pa.Table, ledger: Ledger
) -> tuple[pa.Table, TableLedger, pa.Table | None]:
    """The table with one row for each id if it is to have that, its ledger, and then all rows."""
    without_zeros = _with_columns(rows, table.ids, without_point_zero)
    needed = [name for name in table.ids if not table.roles[name].may_lack]
    spellings = pc.unique(
        pa.concat_arrays([without_zeros[name].combine_chunks() for name in needed])
    )
    ids = pc.unique(matching_key(spellings))
    merged = _with_columns(without_zeros, table.ids, matching_key)
    all_rows = None
    if table.one_row_each and len(ids) < len(merged):
        all_rows = _in_order_of_days(merged)
        merged = one_row_each(all_rows, table.ids[0], ids)
    if {"email", _CONSENT} <= {*merged.column_names}:
        merged = with_refusals_of_addresses(merged)
    respelled, repeated = len(spellings) - len(ids), len(rows) - len(merged)
    dropped = without_zeros is not rows
    table_ledger = TableLedger(table, ledger, ids, respelled, repeated, dropped_point_zero=dropped)
    for name, role in table.roles.items():
        if role.empty is not None:
            merged = _with_columns(merged, [name], methodcaller("fill_null", role.empty))
    return merged, table_ledger, all_rows


def with_refusals_of_addresses(contacts: pa.Table) -> pa.Table:
    """Rows with consent `no` for all who have the e-mail address of somebody who refuses."""
    consent = contacts[_CONSENT].combine_chunks()
    addresses = matching_key(contacts["email"].combine_chunks())
    refuses = matches_any(consent, REFUSALS)
    refused = pc.drop_null(pc.unique(addresses.filter(pa.array(refuses))))
    shared = pc.is_in(addresses, refused.filter(pc.match_substring(refused, "@")))
    consent = pc.if_else(pc.and_(shared, pa.array(~refuses)), "no", consent)
    return contacts.set_column(contacts.column_names.index(_CONSENT), _CONSENT, consent)


def _with_columns(
    rows: pa.Table, columns: Sequence[str], convert: Callable[[pa.Array], pa.Array | None]
) -> pa.Table:
    """Convert some columns; one for which `convert` returns None stays."""
    for name in columns:
        converted = convert(rows[name].combine_chunks())
        if converted is not None:
            rows = rows.set_column(rows.column_names.index(name), name, converted)
    return rows


def _in_order_of_days(rows: pa.Table) -> pa.Table:
    """Sort rows by day, refusal and then all other cells, so that file order has no influence."""
    fields = sorted(rows.schema, key=lambda field: not pa.types.is_date(field.type))
    keys = [(field.name, "ascending", "at_start") for field in fields]
    sortable = rows
    if _CONSENT in rows.column_names:
        refuses = pa.array(matches_any(rows[_CONSENT], REFUSALS))
        sortable = rows.append_column(_REFUSAL_COLUMN, refuses)
        keys.insert(1, (_REFUSAL_COLUMN, "ascending", "at_start"))
    return rows.take(pc.sort_indices(sortable, keys))


def one_row_each(rows: pa.Table, key: str, ids: pa.Array) -> pa.Table:
    """Merge the rows of each of the distinct `ids`: in each column, the last cell that is not null.

    `key` is the column of ids; of the rows of an id, later ones are last.
    """
    owners = pc.index_in(rows[key].combine_chunks(), ids).to_numpy(zero_copy_only=False)
    columns = {}
    for name in rows.column_names:
        given = np.flatnonzero(rows[name].is_valid().to_numpy())
        places = np.full(len(ids), -1)
        places[owners[given]] = given  # of several, the last is written last
        if name == _CONSENT:  # unknown words do not override yes or no
            known = np.flatnonzero(matches_any(rows[name], REFUSALS | CONSENTS))
            places[owners[known]] = known
        columns[name] = rows[name].combine_chunks().take(pa.array(places, mask=places < 0))
    return pa.table(columns)
