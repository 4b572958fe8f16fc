"""The page that `check` prints: what it found, each with the option that would change it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Pairs
from rfmtool.pages.data_quality import ledger_line
from rfmtool.sources.presets import GENERIC
from rfmtool.summaries.exchange_rates import conversion_text
from rfmtool.summaries.formatting import count_text, format_money, skipped_files_text

_HEADER_ROWS: Final = 1
_MARKS: Final = {".": "point", ",": "comma"}
_DIVIDERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_TYPED: Final = ("parquet", "frame")


def page(found: Data) -> list[Block]:
    """A check as two columns: what, and how it is understood."""
    preset, was_read = found["preset"], "ledger" in found
    pairs = [("Files", _files(found["files"]))]
    if found["left_out"]:
        pairs.append(("Not read", skipped_files_text(found["left_out"])))
    pairs += _lines("Shape", _shapes(found))
    if not was_read:
        pairs += _to_change(found)
    if preset != GENERIC.name:
        pairs.append(("Export", f"{preset} (change it with --preset; none reads it by its names)"))
        pairs += [("", note) for note in found["notes"]]
    found_by = f" (by its {'name' if preset == GENERIC.name else 'preset'})"
    columns = [f"{role} = {name}" + (" (you said so)" if role in found["asked"] else found_by)
               for role, name in found["columns"].items()]  # fmt: skip
    pairs += _lines("Columns", columns)
    if found["kept"]:
        pairs.append(("Kept", ", ".join(found["kept"])))
    pairs += _unused(found)
    if was_read:
        pairs += _as_read(found)
    return [Pairs(tuple(pairs))]


def _lines(name: str, lines: Iterable[str]) -> list[tuple[str, str]]:
    """Several lines of which the first has the name."""
    return [("" if place else name, line) for place, line in enumerate(lines)]


def _to_change(found: Data) -> list[tuple[str, str]]:
    """What else a file could have been taken for, where it could not be read."""
    said = [("You said", ", ".join(found["said"]))] if found.get("said") else []
    if found["files"][0]["delimiter"] is None:
        return said
    options = "--delimiter and --encoding" + (
        ", or --no-header where there is none" if found["files"][0]["header_rows"] else ""
    )
    return [("Change it", f"with {options}"), *said]


def _unused(found: Data) -> list[tuple[str, str]]:
    used = {*found["columns"].values(), *found["kept"]}
    unused = [name for name in found["header"] if name not in used]
    if found["columns"]:
        return [("Not used", ", ".join(unused) or "–")]
    if found["files"][0]["delimiter"] is None and not unused:
        return []
    shown = ", ".join(unused) or "not shown, because the first row may be somebody's"
    return [("Header", shown), ("Columns", "none found (name them with --column ROLE=NAME)")]


def _as_read(found: Data) -> list[tuple[str, str]]:
    mark = _MARKS[found["decimal"]]
    ids = [("Ids", "all written like 17850.0; the .0 is dropped")] * found["dropped_point_zero"]
    if found["merged_ids"]:
        merged = count_text(found["merged_ids"], "other spelling")
        ids.append(("Ids", f"{merged} of e-mail addresses: one address is one customer"))
    ordered = f"{found['first_order_on']} to {found['last_order_on']}"
    if overlap := found["ledger"].get("overlap", 0):
        ordered += f"; {overlap:,} stand in two files (see --overlap)"
    if "order_id" not in found["columns"]:
        ordered += "; without ids, one for a customer's day (or a row, with --order-per-row)"
    above = {file["name"]: file["rows_above"] + file["header_rows"] for file in found["files"]}
    rejects = [_bad_row(one, above[one["file"]]) for one in found["rejects"]]
    unshown = sum(found["ledger"]["rejected"].values()) - len(rejects)
    return [
        ("Dates", f"{found['dates']} ({found['dates_by']}; change it with --date-format)"),
        *([("", found["on_dates"])] if found["on_dates"] else []),
        ("Time zone", f"{found['timezone'] or 'days as written'} (change it with --timezone)"),
        ("Numbers", f"decimal {mark} ({found['decimal_by']}; change it with --decimal)"),
        ("Money", _money(found)),
        ("Orders", ordered if found["first_order_on"] else "none that counts"),
        ("Rows", ledger_line(found["ledger"])),
        *_lines("Statuses", status_lines(found["statuses"])),
        *_lines("Look at", found["notices"]),
        ("Customers", f"{found['customers']:,}"),
        *ids,
        *_lines("Bad rows", rejects),
        *([("", f"and {unshown:,} more")] if unshown > 0 else []),
        *_evidence(found["evidence"]),
    ]


def _evidence(tables: Data) -> list[tuple[str, str]]:
    """Each table: its rows, its people, and how many of these are known from elsewhere."""
    lines = []
    for name, table in tables.items():
        known = f"{table['matched']:,} of {table['people']:,} people are known elsewhere"
        if table["merged"]:
            known += f"; {count_text(table['merged'], 'other spelling')} of e-mail addresses"
        lines.append((name.capitalize(), f"{ledger_line(table, empty=False)}; {known}"))
        lines += [("", _bad_row(one, _HEADER_ROWS)) for one in table["rejects"]]
    return lines


def status_lines(statuses: Sequence[Data]) -> list[str]:
    """A line for each status word: its column, what it holds and what it was taken for."""
    lines = []
    for one in statuses:
        word = "words of few rows" if one["status"] is None else one["status"] or "(empty)"
        rows, moved = count_text(one["rows"], "row"), format_money(one["money"])
        lines.append(f"{one['column']}: {word}, {rows}, {moved}: {one['taken_as']}")
    return lines


def _money(found: Data) -> str:
    if found["rates"]:
        return f"{format_money(found['revenue'])} net ({conversion_text(found['rates'])})"
    named = " and ".join(found["currencies"])
    choice = "pick one with --currency, or convert with --rates"
    currencies = f"{named}; {choice}" if named else "no currency is named"
    net = "" if found["revenue"] is None else f"{format_money(found['revenue'])} net "
    return f"{net}({currencies})"


def _files(files: list[dict[str, Any]]) -> str:
    counts = [file["rows"] for file in files if file["rows"] is not None]
    rows = count_text(sum(counts), "row") if counts else "rows not counted yet"
    blank = sum(file.get("blank") or 0 for file in files)
    rows += f" ({blank:,} blank)" * bool(blank)
    first = files[0]
    name = first["name"] if len(files) == 1 else f"{len(files):,} files"
    if first["kind"] in _TYPED:
        return f"{name}, {rows}, typed columns"
    if first["delimiter"] is None:  # it could not be looked into
        size = "" if first["bytes"] is None else f"{count_text(first['bytes'], 'byte')}, "
        kind = "" if first["kind"] in (None, "text") else f"{first['kind']} data, "
        return f"{name}, {size}{kind}not read"
    divider = _DIVIDERS.get(first["delimiter"], first["delimiter"])
    divider = "runs of spaces" if first["aligned"] else divider
    return f"{name}, {rows}, cells divided by {divider}, {first['encoding'].upper()}"


def _shapes(found: Data) -> list[str]:
    """What is special about the files, each with the option that says otherwise."""
    notes = Counter(note for file in found["files"] for note in _notes(file))
    several = len(found["files"]) > 1
    lines = [f"{note} (in {count:,} files)" if several else note for note, count in notes.items()]
    if found.get("footer_rows"):
        count = found["footer_rows"]
        lines.append(f"{count_text(count, 'row')} of totals or notes at the end, counted"
                     " as blank")  # fmt: skip
    return lines


def _notes(file: Data) -> list[str]:
    above, rows = file["rows_above"], file["header_rows"]
    notes = [
        (above, f"{count_text(above, 'row')} above the header passed over"),
        (rows == 0, "no header, as you said; columns are named by their places"),
        (rows > 1, f"the header takes {rows} rows"),
        (file.get("aligned"), "cells are divided by runs of spaces (change it with --delimiter)"),
        (file.get("padded"), "a space follows every delimiter and is no part of a cell"),
        (file.get("wrapped"), 'cells written as ="00123" are read without the formula'),
        (file.get("quote") == "'", "cells are quoted with single quotes"),
        (file.get("escape"), "a backslash makes the next mark plain text"),
        (file.get("empty_columns"), "rows end in delimiters with nothing behind them"),
    ]
    return [note for holds, note in notes if holds]


def _bad_row(reject: Data, above: int) -> str:
    row, in_a_spreadsheet = reject["row"], reject["row"] + above
    place = f"row {row:,} (row {in_a_spreadsheet:,} of a spreadsheet)"
    return f"{reject['file']}: {place}: {reject['reason']}"
