"""What `check` says: how an export was understood, where its rows went, which are bad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from rfmtool.pipeline import Grouped
from rfmtool.report.terminal import listed, print_trimmed, printable
from rfmtool.report.trust import ledger_line

_MARKS: Final = {".": "point", ",": "comma"}
_DIVIDERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_HEADER_ROWS: Final = 1


def diagnosis(grouped: Grouped) -> dict[str, Any]:
    """Turn a read export into plain data."""
    export = grouped.export
    reading = export.reading
    decided_by = "the whole column decided" if export.surveyed else "a sample decided"
    return {
        "files": [
            {
                "name": source.name,
                "rows": grouped.ledger.rows_by_file.get(source.name, 0),
                "delimiter": source.layout.dialect.delimiter if source.layout.dialect else None,
                "encoding": source.layout.dialect.encoding if source.layout.dialect else None,
            }
            for source in export.sources
        ],
        "columns": export.columns,
        "asked": sorted(export.asked.columns),
        "header": [name.strip() for name in export.sources[0].layout.header],
        "dates": reading.dates.name,
        "date_format": reading.dates.option,
        "timezone": reading.dates.zone,
        "decimal": reading.numbers.decimal,
        "dates_by": "you said so" if export.asked.date_format else decided_by,
        "decimal_by": "you said so" if export.asked.decimal else decided_by,
        "dropped_point_zero": grouped.dropped_point_zero,
        "customers": len(grouped.table),
        "ledger": grouped.ledger.as_data(),
        "rejects": [
            {"file": reject.file, "row": reject.row, "reason": reject.reason}
            for reject in grouped.ledger.rejects
        ],
    }


def print_diagnosis(found: Mapping[str, Any], console: Console) -> None:
    """Print a diagnosis as two columns: what, and how it is understood."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, words in _paragraphs(found):
        table.add_row(name, words)
    print_trimmed([table], console)


def _paragraphs(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    unused = [name for name in found["header"] if name not in found["columns"].values()]
    mark = _MARKS[found["decimal"]]
    paragraphs = [
        ("Files", _files(found["files"])),
        *_columns(found),
        ("Not used", listed(unused) or "–"),
        ("Dates", f"{found['dates']} ({found['dates_by']}; change it with --date-format)"),
        ("Time zone", f"{found['timezone'] or 'days as written'} (change it with --timezone)"),
        ("Numbers", f"decimal {mark} ({found['decimal_by']}; change it with --decimal)"),
        ("Rows", ledger_line(found["ledger"])),
        ("Customers", f"{found['customers']:,}"),
    ]
    if found["dropped_point_zero"]:
        paragraphs.append(("Ids", "all written like 17850.0; the .0 is dropped"))
    return paragraphs + _rejects(found)


def _files(files: list[dict[str, Any]]) -> str:
    rows = sum(file["rows"] for file in files)
    first = files[0]
    name = printable(first["name"]) if len(files) == 1 else f"{len(files):,} files"
    if first["delimiter"] is None:
        return f"{name}, {rows:,} rows, typed columns"
    divider = _DIVIDERS.get(first["delimiter"], first["delimiter"])
    return f"{name}, {rows:,} rows, cells divided by {divider}, {first['encoding'].upper()}"


def _columns(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            "Columns" if not place else "",
            f"{role} = {printable(name)}"
            + (" (you said so)" if role in found["asked"] else " (by its name)"),
        )
        for place, (role, name) in enumerate(found["columns"].items())
    ]


def _rejects(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    rejected = sum(found["ledger"]["rejected"].values())
    shown = found["rejects"]
    lines = [
        (
            "Bad rows" if not place else "",
            _bad_row(one),
        )
        for place, one in enumerate(shown)
    ]
    if rejected > len(shown):
        lines.append(("", f"and {rejected - len(shown):,} more"))
    return lines


def _bad_row(reject: Mapping[str, Any]) -> str:
    row, in_a_spreadsheet = reject["row"], reject["row"] + _HEADER_ROWS
    place = f"row {row:,} (row {in_a_spreadsheet:,} of a spreadsheet)"
    return f"{printable(reject['file'])}: {place}: {reject['reason']}"
