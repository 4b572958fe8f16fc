"""The data of `check`: detected formats of an export, its row counts, and rejected rows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from rfmtool.days import date_from_day
from rfmtool.errors import InputError, RfmtoolError
from rfmtool.grouping.grouped import KNOWN_GROUPED, Grouped
from rfmtool.money import money_text
from rfmtool.sources.cells.currencies import distinct_currencies, is_known_currency
from rfmtool.sources.counting import count_rows
from rfmtool.sources.detect import KNOWN_EXPORT, Export
from rfmtool.sources.evidence.ledger import TableLedger
from rfmtool.sources.evidence.tables import Evidence
from rfmtool.sources.ledger import Ledger
from rfmtool.sources.roles import names_may_be_data
from rfmtool.sources.source import Source
from rfmtool.summaries.exchange_rates import rates_data
from rfmtool.summaries.export_warnings import reading_notices
from rfmtool.summaries.statuses import statuses_data
from rfmtool.summaries.warnings import table_notices


def check_data(grouped: Grouped, evidence: Evidence | None = None) -> dict[str, Any]:
    """Turn a read export and its evidence into plain data."""
    export, ledger = grouped.export, grouped.ledger
    formats, currencies = export.formats, distinct_currencies(ledger.currencies)
    tables = evidence.ledgers if evidence else {}
    first = last = None
    if len(days := grouped.order_dates.day):
        first, last = (date_from_day(int(day)).isoformat() for day in (days.min(), days.max()))
    is_one_currency = len(currencies) <= 1 or grouped.rates is not None
    decided_by = "the whole column decided" if export.is_fully_scanned else "a sample decided"
    return {
        **export_data(export, ledger),
        "dates": formats.dates.name,
        "date_format": formats.dates.option,
        "on_dates": grouped.on_dates,
        "timezone": formats.dates.zone,
        "decimal": formats.numbers.decimal,
        "dates_by": "you said so" if export.asked.date_format else decided_by,
        "decimal_by": "you said so" if export.asked.decimal else decided_by,
        "statuses": statuses_data(grouped),
        "notices": [
            *reading_notices(grouped)[bool(export.left_out) :],
            *(text for name, table in tables.items() for text in table_notices(name, table)),
        ],
        "footer_rows": ledger.footer_rows,
        "dropped_point_zero": grouped.dropped_point_zero,
        "merged_ids": grouped.merged_ids,
        "customers": len(grouped.table),
        "first_order_on": first,
        "last_order_on": last,
        "revenue": money_text(ledger.used_units) if is_one_currency else None,
        "currencies": sorted(filter(is_known_currency, currencies)),
        "rates": rates_data(grouped),
        "ledger": ledger.as_data(),
        "rejects": _rejects(ledger),
        "evidence": {
            name: {**table.as_data(), "rejects": _rejects(table.rows), **_columns(table)}
            for name, table in tables.items()
        },
    }


def _columns(ledger: TableLedger) -> dict[str, Any]:
    """The columns of an evidence table by role in its first file, and those without a role."""
    layout = ledger.files[0].source.layout
    columns = {role: layout.header[layout.places[role]].strip()
               for role in ledger.table.roles if role in layout.places}  # fmt: skip
    others = [name for name in map(str.strip, layout.header) if name not in columns.values()]
    return {"columns": columns, "others": others, "keeps_others": ledger.table.attributes}


def _rejects(ledger: Ledger) -> list[dict[str, Any]]:
    return [asdict(reject) for reject in ledger.rejects]


def export_data(export: Export, ledger: Ledger | None = None) -> dict[str, Any]:
    """The files and columns of an export as detected before it is read."""
    rows = ledger.rows_by_file if ledger else {}
    header = export.sources[0].layout.header
    return {
        "files": [
            _file_data(source, rows.get(source.name, 0 if ledger else None))
            for source in export.sources
        ],
        "left_out": list(export.left_out),
        "preset": export.preset.name,
        "notes": list(export.preset.notes),
        "columns": export.roles,
        "kept": export.kept,
        "asked": sorted(export.asked.columns),
        "header": [] if _header_may_be_data(export) else [name.strip() for name in header],
    }


def _header_may_be_data(export: Export) -> bool:
    """Whether the supposed header may be a customer's row, which must not be shown."""
    header, dialect = export.sources[0].layout.header, export.sources[0].layout.dialect
    if {"customer_id", "ordered_at"} <= export.columns.keys():
        return False
    if dialect is None or not dialect.header_rows:
        return False
    return dialect.may_lack_header or len(header) == 1 or names_may_be_data(header)


def partial_check_data(error: RfmtoolError) -> dict[str, Any] | None:
    """What was detected before an error; None where nothing was."""
    if grouped := KNOWN_GROUPED.of(error):
        return check_data(grouped)
    if (export := KNOWN_EXPORT.of(error)) is None:
        return None
    data = export_data(export)
    for file, source in zip(data["files"], export.sources, strict=True):
        if counts := count_rows(source):
            file["rows"], file["blank"] = counts
    return data


def _file_data(source: Source, rows: int | None) -> dict[str, Any]:
    """A file: its rows, kind and size, where its records begin, how it differs from plain CSV."""
    dialect = source.layout.dialect
    data: dict[str, Any] = {
        "name": source.name,
        "rows": rows,
        "delimiter": dialect.delimiter if dialect else None,
        "encoding": dialect.encoding if dialect else None,
        "kind": None,
        "bytes": None,
    }
    with suppress(InputError):  # it cannot be opened, which may be the error that is reported
        data["bytes"] = source.stored_bytes
        data["kind"] = source.kind
    if dialect is None:
        return {**data, "rows_above": 0, "header_rows": 1}
    return {
        **data,
        "rows_above": dialect.rows_above,
        "header_rows": dialect.header_rows,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "aligned": dialect.is_aligned,
        "padded": dialect.is_padded,
        "wrapped": dialect.is_wrapped,
        "empty_columns": dialect.empty_columns,
    }
