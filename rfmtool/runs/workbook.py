"""The workbook of a run: what to do first, the summary with charts, a sheet per list, customers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from rfmtool.columns import GROUP_NOUNS
from rfmtool.documents import Data
from rfmtool.outputs.files import file_stems, write_file
from rfmtool.outputs.workbooks import Chart, Sheet, unfit, write_workbook

BOOK: Final = "report.xlsx"
_DO_FIRST, _SUMMARY, _CUSTOMERS = "Do first", "Summary", "Customers"
_MOST_LETTERS: Final = 31
_REFUSED: Final = re.compile(r"[\[\]:*?/\\']")
_SINGULAR: Final = {plural: column for column, plural in GROUP_NOUNS.items()}
_MONEY: Final = pa.decimal128(19, 4)
_KINDS: Final = {
    "group": pa.string(), "name": pa.string(), "customers": pa.int64(), "share": pa.float64(),
    "revenue": _MONEY, "revenue_share": pa.float64(), "average": _MONEY, "median": _MONEY,
}  # fmt: skip
_FIRST_KINDS: Final = {
    "place": pa.int64(), "what": pa.string(), "list": pa.string(), "channel": pa.string(),
    "customers": pa.int64(), "revenue": _MONEY, "to_contact": pa.int64(),
}  # fmt: skip
_MONTH: Final = "month"


def write_book(
    place: Path, summary: Data, customers: pa.Table, lists: Mapping[str, pa.Table]
) -> tuple[dict[str, Any], list[str]]:
    """Write report.xlsx into the folder of a run; its lists by the names of their files.

    Returns:
        What the manifest says of the file; and what did not fit into it, to warn of.
    """
    tables = {**lists, "customers": customers}
    too_large = {name: why for name, table in tables.items() if (why := unfit(table))}
    names = _sheet_names(name for name in tables if name not in too_large)
    # The lists to work through, the most urgent first, each with the way to its sheet.
    groups = [group for group in summary["actions"] if group["channel"]]
    stems = file_stems(sorted(group["name"] for group in summary["actions"]))
    rows = [
        {**group, "place": place, "what": group["say"], "list": group["name"]}
        for place, group in enumerate(groups, 1)
    ]
    links = [names.get(f"actions/{stems[group['name']]}") for group in groups]
    sheets = [
        Sheet(_DO_FIRST, _table(rows, _FIRST_KINDS), "list", links),
        _totals(summary, names),
        *(Sheet(sheet, tables[name]) for name, sheet in names.items()),
    ]
    warned = [
        f"{BOOK} lacks {name}: {why}. Everybody is in customers.csv."
        for name, why in too_large.items()
    ]
    return write_file(place, BOOK, lambda target: write_workbook(sheets, target)), warned


def _sheet_names(lists: Iterable[str]) -> dict[str, str]:
    """A name for the sheet of each list, no two alike in a spreadsheet's eyes."""
    names: dict[str, str] = {}
    taken = {_DO_FIRST.lower(), _SUMMARY.lower()}
    for name in lists:
        folder, _, stem = name.rpartition("/")
        words = f"{_SINGULAR.get(folder, folder)} {stem}".strip()
        whole = _CUSTOMERS if name == "customers" else _REFUSED.sub(" ", words)
        short, number = whole[:_MOST_LETTERS], 1
        while short.lower() in taken:
            number += 1
            short = f"{whole[: _MOST_LETTERS - 1 - len(str(number))]} {number}"
        taken.add(short.lower())
        names[name] = short
    return names


def _totals(summary: Data, names: Mapping[str, str]) -> Sheet:
    """Everybody, each rung, segment, activity and month, in rows of one kind; three charts."""
    buyers = summary["buyers"]
    whole = {"customers": summary["customers"], "revenue": summary["revenue"], "share": 1.0}
    months = (summary["months"] or {"rows": []})["rows"]
    rows: list[dict[str, Any]] = [{"group": "all", "name": "everybody", **whole}]
    links: list[str | None] = [names.get("customers")]
    starts = {}
    for group in ("stage", "segment", "activity"):
        found = summary[GROUP_NOUNS[group]]
        stems = file_stems(sorted(one["name"] for one in found))
        starts[group] = len(rows), len(rows) + len(found)
        rows += [{"group": group, **one} for one in found]
        links += [names.get(f"{GROUP_NOUNS[group]}/{stems[one['name']]}") for one in found]
    starts[_MONTH] = len(rows), len(rows) + len(months)
    rows += [
        {
            "group": _MONTH,
            "name": one["month"],
            "revenue": str(Decimal(one["first"]) + Decimal(one["earlier"])),
        }
        for one in months
    ]
    links += [None] * len(months)
    charts = [
        Chart("People on each rung", "name", "customers", *starts["stage"]),
        Chart("Revenue of each segment", "name", "revenue", *starts["segment"]),
        Chart("Revenue by month", "name", "revenue", *starts[_MONTH], upright=True),
    ]
    drawn = [chart for chart in charts if buyers and chart.stop > chart.start]
    return Sheet(_SUMMARY, _table(rows, _KINDS), "name", links, drawn)


def _table(rows: Sequence[Data], kinds: Mapping[str, pa.DataType]) -> pa.Table:
    """Rows as a table; money is decimal text in them, what they lack is missing."""
    columns = {}
    for name, kind in kinds.items():
        cells = [row.get(name) for row in rows]
        if kind == _MONEY:
            cells = [None if one is None else Decimal(one) for one in cells]
        columns[name] = pa.array(cells, kind)
    return pa.table(columns)
