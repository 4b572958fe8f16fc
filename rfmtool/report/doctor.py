"""What `check` says: how an export was understood, where its rows went, which are bad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console

from rfmtool.errors import RfmtoolError
from rfmtool.grouping import Grouped
from rfmtool.report.exchange import converted, rates_data
from rfmtool.report.terminal import listed, pairs_table, print_trimmed, printable
from rfmtool.report.trust import ledger_line
from rfmtool.report.words import counted, money
from rfmtool.scoring.customers import money_text
from rfmtool.sources.currencies import apart, is_known
from rfmtool.sources.detect import Export, Source
from rfmtool.sources.evidence import Evidence
from rfmtool.sources.evidence_ledger import TableLedger
from rfmtool.sources.ledger import Ledger
from rfmtool.sources.presets import GENERIC

_HEADER_ROWS: Final = 1
_MARKS: Final = {".": "point", ",": "comma"}
_DIVIDERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def diagnosis(grouped: Grouped, told: Evidence | None = None) -> dict[str, Any]:
    """Turn a read export, and the evidence beside it, into plain data."""
    export, ledger = grouped.export, grouped.ledger
    reading, held = export.reading, apart(ledger.currencies)
    decided_by = "the whole column decided" if export.surveyed else "a sample decided"
    return {
        **glimpse(export, ledger),
        "dates": reading.dates.name,
        "date_format": reading.dates.option,
        "timezone": reading.dates.zone,
        "decimal": reading.numbers.decimal,
        "dates_by": "you said so" if export.asked.date_format else decided_by,
        "decimal_by": "you said so" if export.asked.decimal else decided_by,
        "footer_rows": ledger.footer_rows,
        "dropped_point_zero": grouped.dropped_point_zero,
        "customers": len(grouped.table),
        "first_order_on": _day(grouped, first=True),
        "last_order_on": _day(grouped, first=False),
        "revenue": None if len(held) > 1 and not grouped.rates else money_text(ledger.used_units),
        "currencies": sorted(filter(is_known, held)),
        "rates": rates_data(grouped),
        "ledger": ledger.as_data(),
        "rejects": [
            {"file": reject.file, "row": reject.row, "reason": reject.reason}
            for reject in ledger.rejects
        ],
        "evidence": {} if told is None else {n: _table(one) for n, one in told.ledgers.items()},
    }


def _table(ledger: TableLedger) -> dict[str, Any]:
    rejects = [
        {"file": reject.file, "row": reject.row, "reason": reject.reason}
        for reject in ledger.rows.rejects
    ]
    return {**ledger.as_data(), "rejects": rejects}


def glimpse(export: Export, ledger: Ledger | None = None) -> dict[str, Any]:
    """What an export looks like before it is read: its files, its columns, what they mean."""
    rows = ledger.rows_by_file if ledger else {}
    return {
        "files": [
            {
                "name": source.name,
                "rows": rows.get(source.name, 0 if ledger else None),
                "delimiter": source.layout.dialect.delimiter if source.layout.dialect else None,
                "encoding": source.layout.dialect.encoding if source.layout.dialect else None,
                **_shape(source),
            }
            for source in export.sources
        ],
        "preset": export.preset.name,
        "notes": list(export.preset.notes),
        "columns": export.roles,
        "kept": export.kept,
        "asked": sorted(export.asked.columns),
        "header": [name.strip() for name in export.sources[0].layout.header],
    }


def seen_before(error: RfmtoolError) -> dict[str, Any] | None:
    """What was understood before an error, as far as it goes."""
    if isinstance(error.seen, Grouped):
        return diagnosis(error.seen)
    return glimpse(error.seen) if isinstance(error.seen, Export) else None


def _day(grouped: Grouped, *, first: bool) -> str | None:
    """The first or last day of a counting order."""
    days = grouped.dates.day
    if not len(days):
        return None
    return str((days.min() if first else days.max()).astype("datetime64[D]"))


def _shape(source: Source) -> dict[str, Any]:
    """Where a file's records begin, and how they differ from plain CSV."""
    dialect = source.layout.dialect
    if dialect is None:
        return {"rows_above": 0, "header_rows": 1}
    return {
        "rows_above": dialect.rows_above,
        "header_rows": dialect.header_rows,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "aligned": dialect.is_aligned,
        "padded": dialect.is_padded,
        "empty_columns": dialect.empty_columns,
    }


def print_diagnosis(found: Mapping[str, Any], console: Console) -> None:
    """Print a diagnosis as two columns: what, and how it is understood."""
    print_trimmed([pairs_table(_paragraphs(found))], console)


def _paragraphs(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    used = {*found["columns"].values(), *found["kept"]}
    unused = [name for name in found["header"] if name not in used]
    return [
        ("Files", _files(found["files"])),
        *(("Shape" if not place else "", line) for place, line in enumerate(_shapes(found))),
        *_preset(found),
        *_columns(found),
        *([("Kept", listed(found["kept"]))] if found["kept"] else []),
        ("Not used", listed(unused) or "–"),
        *(_as_read(found) if "ledger" in found else []),
    ]


def _as_read(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    mark = _MARKS[found["decimal"]]
    ids = [("Ids", "all written like 17850.0; the .0 is dropped")] * found["dropped_point_zero"]
    return [
        ("Dates", f"{found['dates']} ({found['dates_by']}; change it with --date-format)"),
        ("Time zone", f"{found['timezone'] or 'days as written'} (change it with --timezone)"),
        ("Numbers", f"decimal {mark} ({found['decimal_by']}; change it with --decimal)"),
        ("Money", _money(found)),
        ("Orders", _orders(found)),
        ("Rows", ledger_line(found["ledger"])),
        ("Customers", f"{found['customers']:,}"),
        *ids,
        *_rejects(found),
        *_evidence(found["evidence"]),
    ]


def _evidence(tables: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each table: its rows, its people, and how many of these are known from elsewhere."""
    lines = []
    for name, table in tables.items():
        known = f"{table['matched']:,} of {table['people']:,} people are known elsewhere"
        lines.append((name.capitalize(), f"{ledger_line(table, empty=False)}; {known}"))
        lines += [("", _bad_row(one, _HEADER_ROWS)) for one in table["rejects"]]
    return lines


def _money(found: Mapping[str, Any]) -> str:
    if found["rates"]:
        return f"{money(found['revenue'])} net ({converted(found['rates'])})"
    named = " and ".join(found["currencies"])
    choice = "pick one with --currency, or convert with --rates"
    currencies = f"{named}; {choice}" if named else "no currency is named"
    net = "" if found["revenue"] is None else f"{money(found['revenue'])} net "
    return f"{net}({currencies})"


def _orders(found: Mapping[str, Any]) -> str:
    if found["first_order_on"] is None:
        return "none that counts"
    overlap = found["ledger"].get("overlap", 0)
    days = f"{found['first_order_on']} to {found['last_order_on']}"
    return days + (f"; {overlap:,} stand in two files (see --overlap)" if overlap else "")


def _files(files: list[dict[str, Any]]) -> str:
    counts = [file["rows"] for file in files if file["rows"] is not None]
    rows = counted(sum(counts), "row") if counts else "rows not counted yet"
    first = files[0]
    name = printable(first["name"]) if len(files) == 1 else f"{len(files):,} files"
    if first["delimiter"] is None:
        return f"{name}, {rows}, typed columns"
    divider = _DIVIDERS.get(first["delimiter"], printable(first["delimiter"]))
    divider = "runs of spaces" if first["aligned"] else divider
    return f"{name}, {rows}, cells divided by {divider}, {first['encoding'].upper()}"


def _shapes(found: Mapping[str, Any]) -> list[str]:
    """What is special about the files, each with the option that says otherwise."""
    notes: dict[str, int] = {}
    for file in found["files"]:
        for note in _notes(file):
            notes[note] = notes.get(note, 0) + 1
    several = len(found["files"]) > 1
    lines = [f"{note} (in {count:,} files)" if several else note for note, count in notes.items()]
    if found.get("footer_rows"):
        count = found["footer_rows"]
        lines.append(f"{counted(count, 'row')} of totals or notes at the end, counted"
                     " as blank")  # fmt: skip
    return lines


def _notes(file: Mapping[str, Any]) -> list[str]:
    above, rows = file["rows_above"], file["header_rows"]
    notes = [
        (above, f"{counted(above, 'row')} above the header passed over"),
        (rows == 0, "no header, as you said; columns are named by their places"),
        (rows > 1, f"the header takes {rows} rows"),
        (file.get("aligned"), "cells are divided by runs of spaces (change it with --delimiter)"),
        (file.get("padded"), "a space follows every delimiter and is no part of a cell"),
        (file.get("quote") == "'", "cells are quoted with single quotes"),
        (file.get("escape"), "a backslash makes the next mark plain text"),
        (file.get("empty_columns"), "rows end in delimiters with nothing behind them"),
    ]
    return [note for holds, note in notes if holds]


def _preset(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    if found["preset"] == GENERIC.name:
        return []
    name = printable(found["preset"])
    known = ("Export", f"{name} (change it with --preset; none reads it by its names)")
    return [known, *(("", printable(note)) for note in found["notes"])]


def _columns(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    found_by = f" (by its {'name' if found['preset'] == GENERIC.name else 'preset'})"
    return [
        (
            "Columns" if not place else "",
            f"{role} = {printable(name)}"
            + (" (you said so)" if role in found["asked"] else found_by),
        )
        for place, (role, name) in enumerate(found["columns"].items())
    ]


def _rejects(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    rejected = sum(found["ledger"]["rejected"].values())
    shown = found["rejects"]
    above = {file["name"]: file["rows_above"] + file["header_rows"] for file in found["files"]}
    lines = [
        (
            "Bad rows" if not place else "",
            _bad_row(one, above[one["file"]]),
        )
        for place, one in enumerate(shown)
    ]
    if rejected > len(shown):
        lines.append(("", f"and {rejected - len(shown):,} more"))
    return lines


def _bad_row(reject: Mapping[str, Any], above: int) -> str:
    row, in_a_spreadsheet = reject["row"], reject["row"] + above
    place = f"row {row:,} (row {in_a_spreadsheet:,} of a spreadsheet)"
    return f"{printable(reject['file'])}: {place}: {reject['reason']}"
