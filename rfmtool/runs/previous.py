"""What a run takes over from the runs before in its folder, and leaves to the next."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rfmtool.days import to_datetimes
from rfmtool.errors import InputError, RulesError
from rfmtool.outputs.lists import write_rows
from rfmtool.outputs.tables import to_table
from rfmtool.outputs.text import TextOptions
from rfmtool.pipeline import Result
from rfmtool.runs import history
from rfmtool.runs.changes_summary import changes_data
from rfmtool.runs.kept_runs import PREVIOUS, SINCE_COLUMNS, KeptRun, earlier_runs, write_kept
from rfmtool.runs.moves import (
    CHANGE_COLUMNS,
    PreviousRun,
    find_moves,
    rows_in_previous,
    select_movement_columns,
)


@dataclass(frozen=True)
class Written:
    """What was written of a memory: files and earlier runs as the manifest names them."""

    outputs: list[dict[str, Any]]
    about: dict[str, Any]
    warnings: list[str]
    points: list[dict[str, Any]]
    """The runs of the folder until this one, as `history.points` has them."""


@dataclass(frozen=True)
class RunWithPrevious:
    """A run beside what its folder remembers."""

    result: Result
    """The run, with SINCE of everybody."""
    folder: Path
    kept: Sequence[KeptRun]
    """The run before, if there is one, then others that are kept."""
    changes: pd.DataFrame | None
    """`moves.CHANGES`; None where there is no run before."""
    warnings: Sequence[str]
    since: dict[str, Any] | None = None
    """What moved, as a report tells it."""

    def write(self, place: Path, summary: dict[str, Any], text: TextOptions) -> Written:
        """Write changes.csv, history.csv and previous/."""
        outputs: list[dict[str, Any]] = []
        if self.changes is not None:
            rows = to_table(self.changes, CHANGE_COLUMNS, ()).to_reader()
            outputs.append(write_rows(place, "changes", rows, "csv", text).manifest_entry)
        table = history.history_with_run(self.folder, history.history_rows(summary, self.changes))
        stem = history.HISTORY.removesuffix(".csv")
        outputs.append(write_rows(place, stem, table.to_reader(), "csv", text).manifest_entry)
        as_of, suppressed = self.result.as_of, self.result.settings.suppressed
        files, runs = write_kept(self.kept, place, suppressed, as_of)
        points, day = history.points(table), summary["as_of"]
        until = [point for point in points if point["as_of"] <= day]
        warned = [*self.warnings]
        if few := history.fewer_than_usual(until):
            warned.append(few)
        if len(until) < len(points):
            stay = sum(run.as_of > as_of for run in self.kept)
            warned.append(
                f"The folder has seen later days, until {points[-1]['as_of']}: of their runs"
                f" {stay or 'none'} {'is' if stay <= 1 else 'are'} kept (--keep-runs)."
            )
        return Written([*outputs, *files], {PREVIOUS: runs}, warned, until)


def link_previous_runs(folder: Path, result: Result, keep: int = 1) -> RunWithPrevious:
    """See what became of everybody since the run before in a folder.

    Args:
        folder: of a run, or to be made.
        result: of a run that kept what each order moved on each day.
        keep: how many runs of other days to keep: the one before, those of later days, and earlier
            ones.
    """
    every, before, warned = earlier_runs(folder, date.max), None, list[str]()
    later = [run for run in every if run.as_of > result.as_of]
    runs = [run for run in every if run.as_of < result.as_of]
    result = _also_suppressed(result, every)
    try:
        before = _before(runs[0]) if runs else None
    except InputError as error:
        warned.append(f"The run before is not taken up: {error.args[0]}.")
    if before is None:
        return RunWithPrevious(_dated(result, None, None), folder, later[:keep], None, warned)
    people = select_movement_columns(result)
    changes = find_moves(result, people, before)
    ladder = [*dict.fromkeys(rung.label for rung in result.rules.ladder)]
    since = changes_data(people, before, changes, ladder, result.scales)
    kept = [*runs[:1], *later, *runs[1:]][:keep]
    return RunWithPrevious(_dated(result, people, before), folder, kept, changes, (), since)


def _also_suppressed(result: Result, runs: Sequence[KeptRun]) -> Result:
    """The same, knowing also of those suppressed whom only an earlier run's addresses name.

    Who is still in the export stays as the run has them.
    """
    addresses = frozenset(one for one in result.settings.suppressed if "@" in one)
    gone = set[str]()
    for run in runs if addresses else ():
        with suppress(InputError):  # which is said where the run is taken up
            gone |= run.ids_with(addresses)
    gone -= {*result.grouped.table["customer_id"].to_pylist()} if gone else set()
    if not gone:
        return result
    every = result.settings.suppressed | gone
    other = replace(result, settings=replace(result.settings, suppressed=every))
    known = {name: found for name, found in vars(result).items() if name != "holdouts"}
    other.__dict__.update({**known, **vars(other)})
    return other


def _before(run: KeptRun) -> PreviousRun:
    people = run.read_customers()
    try:
        return PreviousRun(run.as_of, people, run.scales(), run.rules())
    except RulesError:  # another version's
        return PreviousRun(run.as_of, people, None, None)


def _dated(result: Result, people: pd.DataFrame | None, before: PreviousRun | None) -> Result:
    """The result with since when everybody stands on their stage and in their segment."""
    count = len(result.grouped.table)
    since = {name: np.full(count, result.as_of_day) for name in SINCE_COLUMNS[:2]}
    stage_before = np.full(count, None, dtype=object)
    if people is not None and before is not None and len(before.people):
        place = rows_in_previous(people, before)
        old = before.people.iloc[np.maximum(place, 0)]
        stays = {}
        for column in ("stage", "segment"):
            now = people[column].astype("str").to_numpy(dtype=object)
            stays[column] = (place >= 0) & (now == old[column].to_numpy(dtype=object))
            told = old[f"{column}_since_on"].fillna(before.as_of.isoformat())
            known = told.to_numpy().astype("datetime64[D]")
            name = f"{column}_since_on"
            since[name] = np.where(stays[column], known.astype(np.int64), since[name])
        came_from = old["stage"].mask(stays["stage"], old["stage_before"])
        stage_before = came_from.mask(place < 0).to_numpy(dtype=object)
    days = {name: to_datetimes(day, np.ones(count, dtype=bool)) for name, day in since.items()}
    words = pd.array(stage_before, dtype="str")
    return result.with_earlier_run_columns(pd.DataFrame({**days, "stage_before": words}))
