"""Link a run to the earlier runs in its folder, and write what the next run needs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.days import to_datetimes
from rfmtool.errors import InputError, RulesError
from rfmtool.manifest import read_manifest
from rfmtool.outputs.lists import write_rows
from rfmtool.outputs.tables import to_table
from rfmtool.outputs.text import TextOptions
from rfmtool.pipeline import Result
from rfmtool.runs import history, moves
from rfmtool.runs.changes_summary import changes_data
from rfmtool.runs.finished import read_errors
from rfmtool.runs.kept_runs import SINCE_COLUMNS, KeptRun, earlier_runs, write_kept
from rfmtool.runs.moves import CHANGE_COLUMNS, PreviousRun

Entry = dict[str, Any]
_LISTED_AGAIN: Final = {
    "contacted": "who refused or rests stands", "suppress": "who is to be left out stands",
}  # fmt: skip
"""Of tables without which people are contacted who should not be, what that means."""


@dataclass(frozen=True)
class RunWithPrevious:
    """A run and the earlier runs in its folder."""

    result: Result
    """The run, with SINCE_COLUMNS."""
    folder: Path
    kept: Sequence[KeptRun]
    """The previous run, if there is one, then the others to keep."""
    changes: pd.DataFrame | None
    """`moves.CHANGE_COLUMNS`; None where there is no previous run."""
    warnings: Sequence[str]
    since: dict[str, Any] | None = None
    """The changes as reports show them."""

    def write(
        self, target: Path, summary: dict[str, Any], text: TextOptions
    ) -> tuple[list[Entry], list[Entry], list[str], list[Entry]]:
        """Write changes.csv, history.csv and previous/ into a new folder.

        Returns:
            The manifest entries of files, and those of runs; warnings; and the history of the
            folder up to this run, as `history.points` has it.
        """
        outputs: list[Entry] = []
        if self.changes is not None:
            rows = to_table(self.changes, CHANGE_COLUMNS, ()).to_reader()
            outputs.append(write_rows(target, "changes", rows, "csv", text).manifest_entry)
        table = history.history_with_run(self.folder, history.history_rows(summary, self.changes))
        stem = history.HISTORY.removesuffix(".csv")
        outputs.append(write_rows(target, stem, table.to_reader(), "csv", text).manifest_entry)
        as_of, suppressed = self.result.as_of, self.result.settings.suppressed
        files, runs, lost = write_kept(self.kept, target, suppressed, as_of)
        all_points = history.points(table)
        points = [point for point in all_points if point["as_of"] <= summary["as_of"]]
        warnings = [*self.warnings, *lost]
        if warning := history.fewer_than_usual(points):
            warnings.append(warning)
        if len(points) < len(all_points):
            kept = sum(run.as_of > as_of for run in self.kept)
            warnings.append(
                f"The folder has seen later days, until {all_points[-1]['as_of']}: of their runs"
                f" {kept or 'none'} {'is' if kept <= 1 else 'are'} kept (--keep-runs)."
            )
        return [*outputs, *files], runs, warnings, points


def link_previous_runs(folder: Path, result: Result, keep: int = 1) -> RunWithPrevious:
    """Find what changed since the previous run in a folder, which need not exist.

    `result` has order entries; `keep` is how many runs of other days are kept: the previous one,
    then later, then earlier ones.
    """
    runs, previous, warnings = earlier_runs(folder), None, _missing_tables(folder, result)
    result = _with_suppressed_by_address(result, runs)
    later = [run for run in runs if run.as_of > result.as_of]
    earlier = [run for run in runs if run.as_of < result.as_of]
    while earlier and previous is None:
        try:
            previous = _read_previous(earlier[0])
        except InputError as error:
            what = f"The run of {earlier.pop(0).as_of}, the one before, is not taken up"
            warnings.append(f"{what}: {error.args[0]}.")
    if previous is None:
        result = _with_since_columns(result, None, None)
        return RunWithPrevious(result, folder, later[:keep], None, warnings)
    people = moves.select_movement_columns(result)
    changes = moves.find_moves(result, people, previous)
    ladder = [*dict.fromkeys(rung.label for rung in result.rules.ladder)]
    since = changes_data(people, previous, changes, ladder, result.scales)
    kept = [*earlier[:1], *later, *earlier[1:]][:keep]
    result = _with_since_columns(result, people, previous)
    return RunWithPrevious(result, folder, kept, changes, warnings, since)


def _missing_tables(folder: Path, result: Result) -> list[str]:
    """Warnings on tables that the run in a folder had, and this one lacks."""
    with read_errors(folder):
        before = {table.get("table") for table in (read_manifest(folder) or {}).get("inputs", ())}
    now = result.evidence.tables if result.evidence else {}
    return [
        f"The run before had --{name}, and this one has not: {words} on its lists again."
        for name, words in _LISTED_AGAIN.items()
        if name in before and name not in now
    ]


def _with_suppressed_by_address(result: Result, runs: Sequence[KeptRun]) -> Result:
    """Suppress also ids not in the export that earlier runs have for suppressed addresses."""
    addresses = frozenset(entry for entry in result.settings.suppressed if "@" in entry)
    ids = set[str]()
    for run in runs if addresses else ():
        with suppress(InputError):  # warned of where the run is read
            ids |= run.ids_with(addresses)
    ids -= {*result.grouped.table["customer_id"].to_pylist()} if ids else set()
    if not ids:
        return result
    suppressed = result.settings.suppressed | ids
    return replace(result, settings=replace(result.settings, suppressed=suppressed))


def _read_previous(run: KeptRun) -> PreviousRun:
    people = run.read_customers()
    try:
        return PreviousRun(run.as_of, people, run.scales(), run.rules())
    except RulesError:  # written by another version
        return PreviousRun(run.as_of, people, None, None)


def _with_since_columns(
    result: Result, people: pd.DataFrame | None, previous: PreviousRun | None
) -> Result:
    """The result with SINCE_COLUMNS: first days on the stage and in the segment, stage before."""
    count = len(result.grouped.table)
    since = {name: np.full(count, result.as_of_day) for name in SINCE_COLUMNS[:2]}
    stage_before = np.full(count, None, dtype=object)
    if people is not None and previous is not None and len(previous.people):
        places = moves.places_in_previous(people, previous)
        old = previous.people.iloc[np.maximum(places, 0)]
        is_same = {}
        for column in ("stage", "segment"):
            new_labels = people[column].astype("str").to_numpy(dtype=object)
            is_same[column] = (places >= 0) & (new_labels == old[column].to_numpy(dtype=object))
            name = f"{column}_since_on"
            old_since = old[name].fillna(previous.as_of.isoformat()).to_numpy()
            old_days = old_since.astype("datetime64[D]").astype(np.int64)
            since[name] = np.where(is_same[column], old_days, since[name])
        old_stage = old["stage"].mask(is_same["stage"], old["stage_before"])
        stage_before = old_stage.mask(places < 0).to_numpy(dtype=object)
    days = {name: to_datetimes(day, np.ones(count, dtype=bool)) for name, day in since.items()}
    stages = pd.array(stage_before, dtype="str")
    return result.with_earlier_run_columns(pd.DataFrame({**days, "stage_before": stages}))
