"""Two finished runs compared: moves between groups, change in revenue, drift of the scales.

Money is decimal text, shares are from 0 to 1 and not rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from rfmtool.analyses import compare as analysis
from rfmtool.columns import DIMENSIONS, GROUP_NOUNS, GROUPINGS
from rfmtool.documents import Data
from rfmtool.money import money_text
from rfmtool.notebook import Answer
from rfmtool.outputs.tables import in_units, to_table
from rfmtool.pipeline import Result
from rfmtool.runs.finished import FinishedRun, named_folder, read_run
from rfmtool.version import __version__

Source = str | PathLike[str] | Result

_TIMING: Final = ("median_gap_days", "overdue_ratio", "lapsed_ratio")
_WINDOWS: Final = ("w25", "w50", "w80", "w95")


@dataclass(frozen=True, repr=False)
class Compared(Answer, name="compare"):
    """Two runs, and the movements of their customers."""

    old: FinishedRun
    new: FinishedRun
    found: analysis.Comparison

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The comparison as plain data."""
        found, labels, counts, shares = self.found, {}, {}, {}
        for grouping, matrix in found.transitions.items():
            name, rows = GROUP_NOUNS[grouping], matrix.to_numpy().tolist()
            # Only labels that some customer has in either run, and transitions that occurred.
            labels[name] = [
                label
                for label in _all_labels(self.old, self.new, grouping)
                if label in matrix.index or label in matrix.columns
            ]
            counts[name] = {
                start: {end: count for end, count in zip(matrix.columns, row, strict=True) if count}
                for start, row in zip(matrix.index, rows, strict=True)
            }
            shares[name] = {
                start: {end: count / sum(row.values()) for end, count in row.items()}
                for start, row in counts[name].items()
            }
        return {
            "version": __version__,
            "old": _run_data(self.old),
            "new": _run_data(self.new),
            "labels": labels,
            **counts,
            "shares": shares,
            "moves": dict(found.moves),
            "revenue": _revenue_data(found),
            "money_is": _money_basis(self),
            "drift": _drift(self.old.summary["scales"], self.new.summary["scales"]),
            "warnings": _warnings(self),
        }

    @cached_property
    def tables(self) -> dict[str, pa.Table]:
        """The transitions, and who was promoted, demoted, lapsed and reactivated, as written."""
        money = {"monetary_before", "monetary"}
        lists = {name: to_table(frame, tuple(frame.columns), money)
                 for name, frame in self.found.moved_customers.items()}  # fmt: skip
        shares = self.summary["shares"]
        # A row for each pair of labels with customers, those who stayed included.
        rows = [
            (grouping, start, end, count, round(shares[GROUP_NOUNS[grouping]][start][end], 6))
            for grouping in GROUPINGS
            for start, ends in self.summary[GROUP_NOUNS[grouping]].items()
            for end, count in ends.items()
        ]
        names = ("by", "from", "to", "customers", "share_of_from")
        types = (pa.string(), pa.string(), pa.string(), pa.int64(), pa.float64())
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
        transitions = pa.table([*map(pa.array, columns, types)], [*names])
        return {"transitions": transitions, **lists}

    def to_frame(self) -> pd.DataFrame:
        """The numbers of customers by grouping, old label and new label."""
        return in_units(self.to_arrow().to_pandas(), ())

    def to_arrow(self) -> pa.Table:
        """The same as an Arrow table, as it is written."""
        return self.tables["transitions"]

    def as_data(self) -> dict[str, Any]:
        """The same as `summary`."""
        return self.summary

    def __repr__(self) -> str:
        """The days of the two runs."""
        old, new = self.summary["old"], self.summary["new"]
        return f"<rfmtool.Compared: {old['as_of']} and {new['as_of']}>"


def compare(old: Source, new: Source) -> Compared:
    """Find who moved between two runs.

    Args:
        old: the folder of the earlier run, or its result.
        new: the folder of the later run, or its result.

    Raises:
        UsageError: an argument is neither a path nor a result.
        InputError: a folder is not of a run, or not as the run wrote it.
    """
    before, after = _finished(old), _finished(new)
    labels = {name: _all_labels(before, after, name) for name in GROUPINGS}
    ladder = _labels(after.summary, "stage")
    found = analysis.compare(before.frame, after.frame, labels, ladder, before.as_of)
    return Compared(before, after, found)


def _finished(source: Source) -> FinishedRun:
    if not isinstance(source, Result):
        return read_run(named_folder(source))
    frame = source.frame.astype(dict.fromkeys(GROUPINGS, "str"))
    return FinishedRun("a result", source.summary, frame)


def _all_labels(old: FinishedRun, new: FinishedRun, grouping: str) -> list[str]:
    """The labels of the new run in order, then those that only the old one has."""
    both = [*_labels(new.summary, grouping), *_labels(old.summary, grouping)]
    return list(dict.fromkeys(both))


def _labels(summary: Data, grouping: str) -> list[str]:
    """The labels of a run in order; stages from the top of the ladder."""
    if grouping == "stage":
        return list(dict.fromkeys(rung["stage"] for rung in summary["ladder"]))
    return [group["name"] for group in summary[GROUP_NOUNS[grouping]]]


def _run_data(run: FinishedRun) -> dict[str, Any]:
    return {"folder": run.name, "as_of": run.summary["as_of"], "customers": len(run.frame)}


def _revenue_data(found: analysis.Comparison) -> dict[str, Any]:
    revenue, factors = found.revenue, found.factors
    flow, reactivated = revenue["flow"], revenue["reactivated"]
    return {
        "old": money_text(revenue["old"]),
        "new": money_text(revenue["new"]),
        "flow": {name: money_text(flow[name]["change"]) for name in flow if name != "same"},
        "flow_customers": {name: part["customers"] for name, part in flow.items()},
        "reactivated": {**reactivated, "change": money_text(reactivated["change"])},
        "change": {
            name: money_text(factors[name]) if factors else None
            for name in ("customers", "frequency", "average")
        },
    }


def _money_basis(compared: Compared) -> str:
    # Whether a run left out lines because of --since or --window.
    old, new = ("before_since" in run.summary["ledger"]["excluded"]
                for run in (compared.old, compared.new))  # fmt: skip
    if old != new:
        return "of different spans"
    return "of each run's own span" if old else "lifetime to date"


def _drift(old: Data, new: Data) -> dict[str, Any]:
    """Cut points, windows and limits of both runs, side by side."""
    cuts = {name: _pair(old[name]["cuts"], new[name]["cuts"]) for name in DIMENSIONS}
    old_timing, new_timing = old["timing"], new["timing"]
    windows = {
        name: _pair(old_timing["windows"][name], new_timing["windows"][name]) for name in _WINDOWS
    }
    limits = {name: _pair(old_timing[name], new_timing[name]) for name in _TIMING}
    return {**cuts, "timing": {**windows, **limits}}


def _pair(old: object, new: object) -> dict[str, object]:
    return {"old": old, "new": new}


def _warnings(compared: Compared) -> list[str]:
    old, new = compared.old, compared.new
    before, now = old.summary, new.summary
    warnings = {
        "The new run is of an earlier day than the old one: was this order meant?":
            new.as_of < old.as_of,
        "No customer is in both runs: is the customer id the same column in both?":
            0 < len(old.frame) <= compared.found.moves["gone"],
        "The ladders differ: the new one says who is up or down, and says nothing of those on a"
        " rung that it lacks.":
            _labels(before, "stage") != _labels(now, "stage"),
        "The cut points differ, so some changed segment because the scales moved; freeze them with"
        " --scales.":
            any(before["scales"][name] != now["scales"][name] for name in DIMENSIONS),
        "Only one of the runs had some of the evidence tables, so some people moved because more,"
        " or less, was known of them.":
            set(before["evidence"]) != set(now["evidence"]),
        "Only one of the runs leaves out money before a day (--since, --window), so revenue is not"
        " comparable.":
            _money_basis(compared) == "of different spans",
    }  # fmt: skip
    return [text for text, applies in warnings.items() if applies]
