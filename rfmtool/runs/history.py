"""history.csv: a row for each run and group, carried on from run to run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from rfmtool.documents import Data
from rfmtool.errors import InputError
from rfmtool.manifest import read_manifest
from rfmtool.runs.finished import read_summary
from rfmtool.runs.moves import CAUSES
from rfmtool.runs.texts import is_raw, text_table

HISTORY: Final = "history.csv"
_COLUMNS: Final = {
    "as_of": pa.date32(),
    "kind": pa.string(),
    "name": pa.string(),
    "customers": pa.int64(),
    "revenue": pa.decimal128(28, 4),
    "rows": pa.int64(),
}
_GROUPS: Final = {"stage": "stages", "segment": "segments", "activity": "activity"}
_SAME_WEEKDAYS: Final = 4
"""Fewer runs on a weekday than this say nothing of what is usual."""
_FEW: Final = 0.5
_LEAST_DATES: Final = 3
_MOST_DATES: Final = 60
_EVERYBODY: Final = "all"
_CAUSE: Final = "cause"


def history_rows(summary: Data, changes: pd.DataFrame | None) -> pa.Table:
    """The rows of one run: everybody, each group with members, the causes in `moves.CHANGES`."""
    day = date.fromisoformat(summary["as_of"])
    rows = [(_EVERYBODY, _EVERYBODY, summary["customers"], summary["revenue"],
             summary["ledger"]["rows"])]  # fmt: skip
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
    """The history of a folder with the rows of a run, in place of those of the same day."""
    earlier = read_history(folder)
    if earlier is None:
        return rows
    day = rows["as_of"][0].as_py()
    kept = earlier.filter(pa.array([one != day for one in earlier["as_of"].to_pylist()]))
    return pa.concat_tables([kept, rows]).sort_by("as_of") if len(kept) else rows


def read_history(folder: Path) -> pa.Table | None:
    """What a folder of ours remembers of its runs; None where it has no history.csv."""
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    try:
        data = (folder / HISTORY).read_bytes()
        table = text_table(data, raw_text=is_raw(manifest))
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
    found: dict[date, dict[str, Any]] = {}
    for row in table.to_pylist():
        point = found.setdefault(
            row["as_of"],
            {
                "as_of": row["as_of"].isoformat(),
                "customers": 0,
                "revenue": "0",
                "rows": None,
                **{plural: {} for plural in _GROUPS.values()},
                "causes": {},
            },
        )
        if row["kind"] == _EVERYBODY:
            revenue = format(row["revenue"].normalize(), "f")
            point |= {"customers": row["customers"], "revenue": revenue, "rows": row["rows"]}
        elif row["kind"] == _CAUSE:
            point["causes"][row["name"]] = row["customers"]
        elif row["kind"] in _GROUPS:
            point[_GROUPS[row["kind"]]][row["name"]] = row["customers"]
    return [found[day] for day in sorted(found)]


def history(folder: Path) -> list[dict[str, Any]]:
    """The runs of a folder, the earliest first."""
    summary = read_summary(folder)
    table = read_history(folder)
    return points(history_rows(summary, None) if table is None else table)


def timeline_from_history(found: Sequence[Data]) -> dict[str, Any] | None:
    """The points of a history as the dates of a timeline; None where there are under three.

    Of a long one, as many as a curve shows, at even steps, the first and the last among them.
    """
    if len(found) < _LEAST_DATES:
        return None
    size = min(len(found), _MOST_DATES)
    shown = [found[round(at * (len(found) - 1) / (size - 1))] for at in range(size)]
    a_year_ago = (date.fromisoformat(found[-1]["as_of"]) - timedelta(days=365)).isoformat()
    far_back = [one for one in found if one["as_of"] <= a_year_ago]
    return {
        "every": "run",
        "fitted": None,
        "points": shown,
        "before": far_back[-1] if far_back else found[0],
        "notes": [],
    }


def has_timeline(folder: Path, as_of: date) -> bool:
    """Whether the runs of a folder until a day, one of that day among them, are `dates_told`."""
    earlier = read_history(folder)
    days: set[date] = set() if earlier is None else {*earlier["as_of"].to_pylist()}
    return len({day for day in days | {as_of} if day <= as_of}) >= _LEAST_DATES


def fewer_than_usual(found: Sequence[Data]) -> str | None:
    """A warning where the latest of these points has far fewer rows than its weekday usually has.

    Of an export that grows, what is usual is how many rows came since the run before.
    """
    days = [date.fromisoformat(point["as_of"]) for point in found]
    rows = [point["rows"] or 0 for point in found]
    new = [now - before for before, now in pairwise(rows)]
    alike = [gain for gain, day in zip(new[:-1], days[1:-1], strict=True)
             if day.weekday() == days[-1].weekday()] if len(days) > 1 else []  # fmt: skip
    if len(alike) < _SAME_WEEKDAYS:
        return None
    usual, now = median(alike), new[-1]
    if usual <= 0 or now >= _FEW * usual:
        return None
    return (
        f"Only {now:,} rows came since the run before, where {usual:,.0f} are usual on a"
        f" {days[-1]:%A}: is the export whole?"
    )
