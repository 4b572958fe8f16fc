"""The page of `check`: how an export is read, with the options that would change it."""

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

_EVIDENCE_HEADER_ROWS: Final = 1
_MARKS: Final = {".": "point", ",": "comma"}
_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_TYPED: Final = ("parquet", "frame")


def page(result: Data) -> list[Block]:
    """The page: pairs of a title and how the data is read."""
    preset, was_read = result["preset"], "ledger" in result
    pairs = [("Files", _files(result["files"]))]
    if result["left_out"]:
        pairs.append(("Not read", skipped_files_text(result["left_out"])))
    pairs += _lines("Shape", _shapes(result))
    if not was_read:
        pairs += _options(result)
    if preset != GENERIC.name:
        pairs.append(("Export", f"{preset} (change it with --preset; none reads it by its names)"))
        pairs += [("", note) for note in result["notes"]]
    detected_by = f" (by its {'name' if preset == GENERIC.name else 'preset'})"
    columns = [f"{role} = {name}" + (" (you said so)" if role in result["asked"] else detected_by)
               for role, name in result["columns"].items()]  # fmt: skip
    pairs += _lines("Columns", columns)
    if result["kept"]:
        pairs.append(("Kept", ", ".join(result["kept"])))
    pairs += _unused(result)
    if was_read:
        pairs += _reading(result)
    return [Pairs(tuple(pairs))]


def _lines(name: str, lines: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs for several lines, the first with the name."""
    return [("" if index else name, line) for index, line in enumerate(lines)]


def _options(result: Data) -> list[tuple[str, str]]:
    """Options that would change how a file is split, where it could not be read."""
    given = [("You said", ", ".join(result["said"]))] if result.get("said") else []
    if result["files"][0]["delimiter"] is None:
        return given
    options = "--delimiter and --encoding" + (
        ", or --no-header where there is none" if result["files"][0]["header_rows"] else ""
    )
    return [("Change it", f"with {options}"), *given]


def _unused(result: Data) -> list[tuple[str, str]]:
    used = {*result["columns"].values(), *result["kept"]}
    unused = [name for name in result["header"] if name not in used]
    if result["columns"]:
        return [("Not used", ", ".join(unused) or "–")]
    if result["files"][0]["delimiter"] is None and not unused:
        return []
    shown = ", ".join(unused) or "not shown, because the first row may be somebody's"
    return [("Header", shown), ("Columns", "none found (name them with --column ROLE=NAME)")]


def _reading(result: Data) -> list[tuple[str, str]]:
    mark = _MARKS[result["decimal"]]
    ids = [("Ids", "all written like 17850.0; the .0 is dropped")] * result["dropped_point_zero"]
    if result["merged_ids"]:
        merged = count_text(result["merged_ids"], "other spelling")
        ids.append(("Ids", f"{merged} of e-mail addresses: one address is one customer"))
    ordered = f"{result['first_order_on']} to {result['last_order_on']}"
    if overlap := result["ledger"].get("overlap", 0):
        ordered += f"; {overlap:,} stand in two files (see --overlap)"
    if "order_id" not in result["columns"]:
        ordered += "; without ids, one for a customer's day (or a row, with --order-per-row)"
    above = {file["name"]: file["rows_above"] + file["header_rows"] for file in result["files"]}
    rejects = [_rejected_row(reject, above[reject["file"]]) for reject in result["rejects"]]
    unshown = sum(result["ledger"]["rejected"].values()) - len(rejects)
    return [
        ("Dates", f"{result['dates']} ({result['dates_by']}; change it with --date-format)"),
        *([("", result["on_dates"])] if result["on_dates"] else []),
        ("Time zone", f"{result['timezone'] or 'days as written'} (change it with --timezone)"),
        ("Numbers", f"decimal {mark} ({result['decimal_by']}; change it with --decimal)"),
        ("Money", _money(result)),
        ("Orders", ordered if result["first_order_on"] else "none that counts"),
        ("Rows", ledger_line(result["ledger"])),
        *_lines("Statuses", status_lines(result["statuses"])),
        *_lines("Look at", result["notices"]),
        ("Customers", f"{result['customers']:,}"),
        *ids,
        *_lines("Bad rows", rejects),
        *([("", f"and {unshown:,} more")] if unshown > 0 else []),
        *_evidence(result["evidence"]),
    ]


def _evidence(tables: Data) -> list[tuple[str, str]]:
    """Evidence tables: rows, columns, people, and how many of these other tables know."""
    lines = []
    for name, table in tables.items():
        known = f"{table['matched']:,} of {table['people']:,} people matched"
        if table["merged"]:
            known += f"; {count_text(table['merged'], 'other spelling')} of e-mail addresses"
        lines.append((name.capitalize(), f"{ledger_line(table, empty=False)}; {known}"))
        lines.append(("", ", ".join(f"{role} = {n}" for role, n in table["columns"].items())))
        if table["others"]:
            what = "about people" if table["keeps_others"] else "not used"
            lines.append(("", f"{what}: {', '.join(table['others'])}"))
        lines += [("", _rejected_row(reject, _EVIDENCE_HEADER_ROWS)) for reject in table["rejects"]]
    return lines


def status_lines(statuses: Sequence[Data]) -> list[str]:
    """A line for each status: its column, rows and money, and what it is taken as."""
    lines = []
    for status in statuses:
        name = "words of few rows" if status["status"] is None else status["status"] or "(empty)"
        rows, money = count_text(status["rows"], "row"), format_money(status["money"])
        lines.append(f"{status['column']}: {name}, {rows}, {money}: {status['taken_as']}")
    return lines


def _money(result: Data) -> str:
    if result["rates"]:
        return f"{format_money(result['revenue'])} net ({conversion_text(result['rates'])})"
    named = " and ".join(result["currencies"])
    choice = "pick one with --currency, or convert with --rates"
    currencies = f"{named}; {choice}" if named else "no currency is named"
    net = "" if result["revenue"] is None else f"{format_money(result['revenue'])} net "
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
    if first["delimiter"] is None:  # not readable
        size = "" if first["bytes"] is None else f"{count_text(first['bytes'], 'byte')}, "
        kind = "" if first["kind"] in (None, "text") else f"{first['kind']} data, "
        return f"{name}, {size}{kind}not read"
    delimiter = _DELIMITERS.get(first["delimiter"], first["delimiter"])
    delimiter = "runs of spaces" if first["aligned"] else delimiter
    return f"{name}, {rows}, cells divided by {delimiter}, {first['encoding'].upper()}"


def _shapes(result: Data) -> list[str]:
    """Peculiarities of the files, with the options that change them."""
    notes = Counter(note for file in result["files"] for note in _notes(file))
    several = len(result["files"]) > 1
    lines = [f"{note} (in {count:,} files)" if several else note for note, count in notes.items()]
    if result.get("footer_rows"):
        count = result["footer_rows"]
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


def _rejected_row(reject: Data, above: int) -> str:
    row, in_a_spreadsheet = reject["row"], reject["row"] + above
    position = f"row {row:,} (row {in_a_spreadsheet:,} of a spreadsheet)"
    return f"{reject['file']}: {position}: {reject['reason']}"
