"""Evidence tables: what is known of people beside their orders, read as exports are."""

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
from rfmtool.sources.evidence.ledger import RereadableFile, TableLedger, distinct_ids
from rfmtool.sources.evidence.reading import read_batches, table_reading
from rfmtool.sources.evidence.roles import CellKind, EvidenceTable, evidence_roles, evidence_tables
from rfmtool.sources.layout import Asked, FileLayout
from rfmtool.sources.ledger import Ledger, Tally
from rfmtool.sources.roles import parse_asked
from rfmtool.threads import core_count, run_in_order

_CONSENT: Final = "consent"
_REFUSES: Final = " refuses"
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
"""All rows of contacts, in which somebody has several; the later are the last."""


@dataclass(frozen=True)
class Evidence:
    """The evidence tables that were supplied, typed, and where their rows went."""

    tables: Mapping[str, pa.Table] = field(repr=False)  # its text would show cells
    """By name. A column for each role of the table, null where nothing is given; contact columns
    (email, phone, name, consent) only where there are such; attributes of contacts as text. Ids are
    in the form that is matched. Where somebody has several rows of contacts, `contact_steps` holds
    them all, and contacts one each."""
    ledgers: Mapping[str, TableLedger]

    def matched(self, export_ids: pa.Array, left_out: Collection[str] = ()) -> Evidence:
        """Count in each ledger how many people of the table are known from elsewhere.

        Args:
            export_ids: the customers of the export. Partners and wallets are also known from
                contacts, referrals and feedback.
            left_out: customers of the export who are in no figure; of tables that add nobody to the
                run they are known all the same.
        """
        if not self.ledgers:
            return self
        export = matching_key(export_ids)
        joining = [ledger.ids for ledger in self.ledgers.values() if ledger.table.joins]
        everyone = pc.unique(pa.concat_arrays([export, *joining]))
        addressed, contacts = everyone, self.tables.get("contacts")
        # People are suppressed by their addresses too.
        if contacts is not None and "email" in contacts.column_names:
            addresses = matching_key(contacts["email"].combine_chunks())
            addressed = pa.concat_arrays([everyone, addresses])
        ledgers = {
            name: ledger.with_matches(export)
            if ledger.table.joins
            else ledger.with_matches(addressed if name == "suppress" else everyone, left_out)
            for name, ledger in self.ledgers.items()
        }
        return replace(self, ledgers=ledgers)


def read_evidence(
    sources: Mapping[str, Any],
    asked: Asked | None = None,
    *,
    threads: int | None = None,
    currency: str | None = None,
) -> Evidence:
    """Read evidence tables.

    What was said about the export (`--delimiter`, `--encoding`, `--date-format`, `--decimal`) is
    followed where a table does not tell by itself how it is written.

    Args:
        sources: table name to a path, glob, folder, several of these, `-`, or a frame.
        asked: what the user said; `columns` as `TABLE.ROLE`.
        threads: how many blocks are read at a time; all cores by default.
        currency: the one whose amounts alone are asked for.

    Raises:
        UsageError: there is no such table, or a column is asked for by a role that is none.
        InputError: a table cannot be read, or not every row of the suppress list can.
        AmbiguousInputError: a table can be read in two ways that differ.
    """
    asked = asked or Asked()
    if asked.timezone:
        check_zone(asked.timezone)
    parse_asked([f"{role}={name}" for role, name in asked.columns.items()], evidence_roles())
    known = evidence_tables()
    unknown = sorted(sources.keys() - known.keys())
    if unknown:
        raise UsageError(
            f"there is no evidence table {unknown[0]!r}", f"Tables are {', '.join(known)}."
        )
    reader = partial(_read_table, asked=asked, threads=threads or core_count(), currency=currency)
    read = {name: reader(known[name], sources[name]) for name in known if name in sources}
    tables = {name: table for name, (table, _, _) in read.items()}
    for _, _, every in read.values():
        tables |= {} if every is None else {CONTACT_STEPS: every}
    return Evidence(tables, {name: ledger for name, (_, ledger, _) in read.items()})


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
    jobs = [
        partial(typed_rows, batch, file.layout, table, reading)
        for file, batches in parts
        for batch in batches
    ]
    names = [file.name for file, batches in parts for _ in batches]
    # The columns that a table always has are there of no rows too.
    always = {role: _TYPES[what.kind] for role, what in table.roles.items()
              if what.kind != "text" or role in table.required}  # fmt: skip
    ledger, rows = Ledger(), [pa.schema(always).empty_table()]
    for name, (typed, tally) in zip(names, run_in_order(jobs, threads), strict=True):
        ledger.add(name, tally)
        rows.append(pa.Table.from_batches([typed]))
    if table.strict and ledger.rejected:
        first = ledger.rejects[0]
        raise InputError(
            f"{table.name}: {ledger.rejected:,} of {ledger.rows:,} rows cannot be read; the first"
            f" is row {first.row:,} of {first.file} ({first.reason})",
            "Mend it: nobody on this list may be left out of it.",
        )
    whole = pa.concat_tables(rows, promote_options="default").combine_chunks()
    settled, its_ledger, every = _settled(table, whole, ledger)
    sizes = {file.name: file.stored_bytes for file, _ in parts}
    files = [
        RereadableFile(file, partial(_tally, layout=file.layout, table=table, reading=reading))
        for file, _ in parts
    ]
    return settled, replace(its_ledger, stored_bytes=sizes, files=tuple(files)), every


def _tally(batch: Batch, layout: FileLayout, table: EvidenceTable, reading: TableReading) -> Tally:
    return typed_rows(batch, layout, table, reading)[1]


# Settling ----------------------------------------------------------------------------------------


def _settled(
    table: EvidenceTable, rows: pa.Table, ledger: Ledger
) -> tuple[pa.Table, TableLedger, pa.Table | None]:
    """What is read of, its ledger, and all rows where those of one person are put together."""
    bare = _replaced(rows, table.ids, without_point_zero)
    written = distinct_ids(bare, [one for one in table.ids if not table.roles[one].may_lack])
    ids = pc.unique(matching_key(written))
    matched = _replaced(bare, table.ids, matching_key)
    every = None
    if table.one_row_each and len(ids) < len(matched):
        every = _later_last(matched)
        matched = one_row_each(every, table.ids[0], ids)
    if {"email", _CONSENT} <= {*matched.column_names}:
        matched = _refused_by_address(matched)
    told = TableLedger(
        table,
        ledger,
        ids,
        merged=len(written) - len(ids),
        repeated=len(rows) - len(matched),
        dropped_point_zero=bare is not rows,
    )
    for role, what in table.roles.items():
        if what.empty is not None:  # an empty cell of the column means something
            matched = _replaced(matched, [role], methodcaller("fill_null", what.empty))
    return matched, told, every


def _refused_by_address(contacts: pa.Table) -> pa.Table:
    """The contacts with a consent of `no` for all of an address by which one has refused."""
    consent = contacts[_CONSENT].combine_chunks()
    addresses = matching_key(contacts["email"].combine_chunks())
    refused = matches_any(consent, REFUSALS)
    shared = pc.is_in(addresses, pc.drop_null(pc.unique(addresses.filter(pa.array(refused)))))
    consent = pc.if_else(pc.and_(shared, pa.array(~refused)), "no", consent)
    return contacts.set_column(contacts.column_names.index(_CONSENT), _CONSENT, consent)


def _replaced(
    rows: pa.Table, columns: Sequence[str], make: Callable[[pa.Array], pa.Array | None]
) -> pa.Table:
    """Put what `make` makes of some columns in their place; None leaves a column as it is."""
    for name in columns:
        made = make(rows[name].combine_chunks())
        if made is not None:
            rows = rows.set_column(rows.column_names.index(name), name, made)
    return rows


def _later_last(rows: pa.Table) -> pa.Table:
    """Put rows in the order of their days, and then of all they say.

    The order in which a file lists them decides nothing; of two rows of one day the one that
    refuses is the later.
    """
    fields = sorted(rows.schema, key=lambda field: not pa.types.is_date(field.type))
    keys = [(field.name, "ascending", "at_start") for field in fields]
    told = rows
    if _CONSENT in rows.column_names:
        told = rows.append_column(_REFUSES, pa.array(matches_any(rows[_CONSENT], REFUSALS)))
        keys.insert(1, (_REFUSES, "ascending", "at_start"))
    return rows.take(pc.sort_indices(told, keys))


def one_row_each(rows: pa.Table, key: str, ids: pa.Array) -> pa.Table:
    """Make one row for each id: in each column the cell of the latest row that gives one.

    Args:
        rows: several for an id, the later last.
        key: the column of ids.
        ids: each once.
    """
    owners = pc.index_in(rows[key].combine_chunks(), ids).to_numpy(zero_copy_only=False)
    columns = {}
    for name in rows.column_names:
        given = np.flatnonzero(rows[name].is_valid().to_numpy())
        places = np.full(len(ids), -1)
        places[owners[given]] = given  # of several, the last is written last
        if name == _CONSENT:  # what says neither yes nor no takes nothing back
            known = np.flatnonzero(matches_any(rows[name], REFUSALS | CONSENTS))
            places[owners[known]] = known
        columns[name] = rows[name].combine_chunks().take(pa.array(places, mask=places < 0))
    return pa.table(columns)
