"""history.csv: a row for each run and group, extended by every run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from rfmtool.columns import GROUP_NOUNS, GROUPINGS
from rfmtool.documents import Data
from rfmtool.errors import InputError
from rfmtool.runs.finished import RunFolder, read_summary
from rfmtool.runs.moves import CAUSES
from rfmtool.runs.texts import text_table

HISTORY: Final = "history.csv"
_COLUMNS: Final = {
    "as_of": pa.date32(), "kind": pa.string(), "name": pa.string(), "customers": pa.int64(),
    "revenue": pa.decimal128(28, 4), "rows": pa.int64(),
}  # fmt: skip
_GROUPS: Final = {name: GROUP_NOUNS[name] for name in GROUPINGS}
_SAME_WEEKDAYS: Final = 4  # how many runs on a weekday it takes to know what is usual
_FEW: Final = 0.5
_MIN_DATES: Final = 3
_MAX_DATES: Final = 60
_ALL: Final = "all"
_CAUSE: Final = "cause"


def history_rows(summary: Data, changes: pd.DataFrame | None) -> pa.Table:
    """The rows of one run: all customers, each group with members, each cause in `changes`."""
    day = date.fromisoformat(summary["as_of"])
    total = summary["customers"], summary["revenue"], summary["ledger"]["rows"]
    rows = [(_ALL, _ALL, *total)]
    rows += [
        (kind, group["name"], group["customers"], group["revenue"], None)
        for kind, plural in _GROUPS.items()
        for group in summary[plural]
    ]
    if changes is not None:
        counts = changes["cause"].value_counts()
        rows += [(_CAUSE, name, int(counts[name]), None, None) for name in CAUSES if name in counts]
    columns = list(zip(*((day, *row) for row in rows), strict=True))
    arrays = [
        pa.array(column, pa.string()).cast(kind) if pa.types.is_decimal(kind)
        else pa.array(column, kind)
        for column, kind in zip(columns, _COLUMNS.values(), strict=True)
    ]  # fmt: skip
    return pa.table(arrays, list(_COLUMNS))


def history_with_run(folder: Path, rows: pa.Table) -> pa.Table:
    """The history of a folder with the rows of a run, which replace those of the same day."""
    earlier = read_history(folder)
    if earlier is None:
        return rows
    day = rows["as_of"][0].as_py()
    kept = earlier.filter(pa.array([as_of != day for as_of in earlier["as_of"].to_pylist()]))
    return pa.concat_tables([kept, rows]).sort_by("as_of") if len(kept) else rows


def read_history(folder: Path) -> pa.Table | None:
    """The history of a run's folder; None where it has no history.csv."""
    run = RunFolder.find(folder)
    if run is None:
        return None
    try:
        table = text_table((folder / HISTORY).read_bytes(), raw_text=run.raw_text)
        return table.select(list(_COLUMNS)).cast(pa.schema(_COLUMNS))
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException, LookupError, ValueError, StopIteration):
        raise InputError(
            f"{folder}: {HISTORY} is not as a run writes it",
            "Bring back the one that was there, or move it away to begin anew.",
        ) from None


def points(table: pa.Table) -> list[dict[str, Any]]:
    """A history as plain data, a point for each run; money is text."""
    by_day: dict[date, dict[str, Any]] = {}
    for row in table.to_pylist():
        empty = {"as_of": row["as_of"].isoformat(), "customers": 0, "revenue": "0", "rows": None}
        empty |= {counts: {} for counts in (*_GROUPS.values(), "causes")}
        point = by_day.setdefault(row["as_of"], empty)
        if row["kind"] == _ALL:
            revenue = format(row["revenue"].normalize(), "f")
            point |= {"customers": row["customers"], "revenue": revenue, "rows": row["rows"]}
        elif row["kind"] == _CAUSE:
            point["causes"][row["name"]] = row["customers"]
        elif row["kind"] in _GROUPS:
            point[_GROUPS[row["kind"]]][row["name"]] = row["customers"]
    return [by_day[day] for day in sorted(by_day)]


def history(folder: Path) -> list[dict[str, Any]]:
    """The runs of a folder, the earliest first."""
    summary = read_summary(folder)
    table = read_history(folder)
    return points(history_rows(summary, None) if table is None else table)


def timeline_from_history(history_points: Sequence[Data]) -> dict[str, Any] | None:
    """Up to 60 evenly spaced points of a history as a timeline; None where it has fewer than 3."""
    count = len(history_points)
    if count < _MIN_DATES:
        return None
    size = min(count, _MAX_DATES)
    shown = [history_points[round(i * (count - 1) / (size - 1))] for i in range(size)]
    latest = date.fromisoformat(history_points[-1]["as_of"])
    year_ago = (latest - timedelta(days=365)).isoformat()
    older = [point for point in history_points if point["as_of"] <= year_ago]
    return {
        "every": "run",
        "fitted": None,
        "points": shown,
        "before": older[-1] if older else history_points[0],
        "notes": [],
    }


def has_timeline(folder: Path, as_of: date) -> bool:
    """Whether the history up to a run of this day has enough points for a timeline."""
    earlier = read_history(folder)
    days: set[date] = set() if earlier is None else {*earlier["as_of"].to_pylist()}
    return len({day for day in days | {as_of} if day <= as_of}) >= _MIN_DATES


def fewer_than_usual(history_points: Sequence[Data]) -> str | None:
    """A warning where the latest run has far fewer new rows than is usual on its weekday.

    New rows are those that the export has more than at the previous run.
    """
    days = [date.fromisoformat(point["as_of"]) for point in history_points]
    rows = [point["rows"] or 0 for point in history_points]
    new_rows = [now - before for before, now in pairwise(rows)]
    same_weekday = [new for new, day in zip(new_rows[:-1], days[1:-1], strict=True)
                    if day.weekday() == days[-1].weekday()] if len(days) > 1 else []  # fmt: skip
    if len(same_weekday) < _SAME_WEEKDAYS:
        return None
    usual, now = median(same_weekday), new_rows[-1]
    if usual <= 0 or now >= _FEW * usual:
        return None
    return (
        f"Only {now:,} rows came since the run before, where {usual:,.0f} are usual on a"
        f" {days[-1]:%A}: is the export whole?"
    )
