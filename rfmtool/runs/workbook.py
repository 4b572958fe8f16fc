"""Write the workbook of a run: actions, summary with charts, a sheet per list, customers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from rfmtool.columns import GROUP_NOUNS, GROUPINGS
from rfmtool.documents import Data
from rfmtool.outputs.files import file_stems, write_file
from rfmtool.outputs.tables import MONEY_TYPE
from rfmtool.outputs.workbooks import Chart, Sheet, unfit, write_workbook

BOOK: Final = "report.xlsx"
_DO_FIRST, _SUMMARY, _CUSTOMERS = "Do first", "Summary", "Customers"
_MAX_NAME_LENGTH: Final = 31
_REFUSED: Final = re.compile(r"[\[\]:*?/\\']")
_SINGULAR: Final = {plural: column for column, plural in GROUP_NOUNS.items()}
_SUMMARY_TYPES: Final = {
    "group": pa.string(), "name": pa.string(), "customers": pa.int64(), "share": pa.float64(),
    "revenue": MONEY_TYPE, "revenue_share": pa.float64(), "average": MONEY_TYPE,
    "median": MONEY_TYPE,
}  # fmt: skip
_DO_FIRST_TYPES: Final = {
    "place": pa.int64(), "what": pa.string(), "list": pa.string(), "channel": pa.string(),
    "customers": pa.int64(), "revenue": MONEY_TYPE, "to_contact": pa.int64(),
}  # fmt: skip
_MONTH: Final = "month"


def write_book(
    folder: Path, summary: Data, customers: pa.Table, lists: Mapping[str, pa.Table]
) -> tuple[dict[str, Any], list[str]]:
    """Write report.xlsx into the folder of a run; `lists` by their file names.

    Returns the manifest entry of the file, and a warning for each table that does not fit.
    """
    tables = {**lists, "customers": customers}
    too_large = {name: reason for name, table in tables.items() if (reason := unfit(table))}
    names = _sheet_names(name for name in tables if name not in too_large)
    # The actions, the most urgent first, with links to their sheets.
    groups = [group for group in summary["actions"] if group["channel"]]
    stems = file_stems(sorted(group["name"] for group in summary["actions"]))
    rows = [{**group, "place": number, "what": group["say"], "list": group["name"]}
            for number, group in enumerate(groups, 1)]  # fmt: skip
    links = [names.get(f"actions/{stems[group['name']]}") for group in groups]
    sheets = [
        Sheet(_DO_FIRST, _table(rows, _DO_FIRST_TYPES), "list", links),
        _totals(summary, names),
        *(Sheet(sheet, tables[name]) for name, sheet in names.items()),
    ]
    warnings = [f"{BOOK} lacks {name}: {reason}. Everybody is in customers.csv."
                for name, reason in too_large.items()]  # fmt: skip
    return write_file(folder, BOOK, lambda target: write_workbook(sheets, target)), warnings


def _sheet_names(lists: Iterable[str]) -> dict[str, str]:
    """A valid sheet name for each list, unique without regard to case."""
    names: dict[str, str] = {}
    taken = {_DO_FIRST.lower(), _SUMMARY.lower()}
    for name in lists:
        folder, _, stem = name.rpartition("/")
        title = _REFUSED.sub(" ", f"{_SINGULAR.get(folder, folder)} {stem}".strip())
        if name == "customers":
            title = _CUSTOMERS
        unique, number = title[:_MAX_NAME_LENGTH], 1
        while unique.lower() in taken:
            number += 1
            unique = f"{title[: _MAX_NAME_LENGTH - 1 - len(str(number))]} {number}"
        taken.add(unique.lower())
        names[name] = unique
    return names


def _totals(summary: Data, names: Mapping[str, str]) -> Sheet:
    """The sheet with totals, stages, segments, activity and months in one table, and charts."""
    totals = {"customers": summary["customers"], "revenue": summary["revenue"], "share": 1.0}
    rows: list[dict[str, Any]] = [{"group": "all", "name": "everybody", **totals}]
    links: list[str | None] = [names.get("customers")]
    ranges = {}
    for group in GROUPINGS:
        entries = summary[GROUP_NOUNS[group]]
        stems = file_stems(sorted(entry["name"] for entry in entries))
        ranges[group] = len(rows), len(rows) + len(entries)
        rows += [{"group": group, **entry} for entry in entries]
        links += [names.get(f"{GROUP_NOUNS[group]}/{stems[entry['name']]}") for entry in entries]
    months = (summary["months"] or {"rows": []})["rows"]
    ranges[_MONTH] = len(rows), len(rows) + len(months)
    for month in months:
        revenue = str(Decimal(month["first"]) + Decimal(month["earlier"]))
        rows.append({"group": _MONTH, "name": month["month"], "revenue": revenue})
    links += [None] * len(months)
    charts = [
        Chart("People on each rung", "name", "customers", *ranges["stage"]),
        Chart("Revenue of each segment", "name", "revenue", *ranges["segment"]),
        Chart("Revenue by month", "name", "revenue", *ranges[_MONTH], upright=True),
    ]
    charts = [chart for chart in charts if summary["buyers"] and chart.stop > chart.start]
    return Sheet(_SUMMARY, _table(rows, _SUMMARY_TYPES), "name", links, charts)


def _table(rows: Sequence[Data], types: Mapping[str, pa.DataType]) -> pa.Table:
    """Rows, in which money is decimal text, as a table; absent keys are missing cells."""
    columns = {}
    for name, type_ in types.items():
        cells = [row.get(name) for row in rows]
        if type_ == MONEY_TYPE:
            cells = [None if cell is None else Decimal(cell) for cell in cells]
        columns[name] = pa.array(cells, type_)
    return pa.table(columns)
