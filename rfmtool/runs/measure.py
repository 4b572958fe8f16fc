"""Measure the lists of earlier runs against their holdouts in a later export."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool.analyses.measure import MeasurementWindow
from rfmtool.analyses.measure import measure as _measure
from rfmtool.arrays import Ints
from rfmtool.days import date_from_day, day_number
from rfmtool.engines import OrderEntries
from rfmtool.errors import InputError, UsageError, check_type
from rfmtool.grouping.evidence import ids_and_addresses, read_checked_evidence
from rfmtool.grouping.ids import matching_keys
from rfmtool.grouping.order_dates import STRAY_GAP_DAYS
from rfmtool.notebook import Measure
from rfmtool.pipeline import Result, run
from rfmtool.rules import Rules, load_rules
from rfmtool.runs.finished import RunFolder, named_folder, read_errors
from rfmtool.runs.following import follow
from rfmtool.runs.holdouts import inherit_reading, read_holdouts
from rfmtool.settings import Settings
from rfmtool.sources.cells.ids import is_listed, matching_key
from rfmtool.sources.evidence.ledger import check_matched
from rfmtool.sources.evidence.tables import read_evidence
from rfmtool.sources.layout import Asked, Detail
from rfmtool.summaries.holdouts import PACE_DAYS, log_warnings
from rfmtool.summaries.warnings import table_warnings

DAYS: Final = 90
_MIN_FOUND: Final = 0.99
"""The share of the orders of an earlier run that the later export must have."""
_MAX_MISSING: Final = 0.5
"""With more of the people of the round missing, ids are others."""


@dataclass(frozen=True)
class _Run:
    """An earlier run, and its holdouts."""

    run: RunFolder
    as_of_day: int
    rows: pd.DataFrame


def measure(
    folders: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    source: Any,  # noqa: ANN401 - what `run` takes
    *,
    days: int = DAYS,
    salt: str | None = None,
    **reading: Any,  # noqa: ANN401 - the keyword arguments of `run`
) -> Measure:
    """Did the lists of earlier runs earn more than leaving people alone?

    Args:
        folders: the folders of one or several runs; each person counts from the first entry.
        source: a later export, which reaches back as far as those of the runs did.
        days: how long each person is followed, from the day after their run.
        salt: the salt of the holdout round; the newest one by default.
        reading: keyword arguments of `run`. Columns, status words and dates are read as in the
            latest of the runs by default; evidence may have `contacted` and `suppress`.

    Raises:
        UsageError: no folder is given, or no number of days.
        InputError: a folder has no holdouts, the export does not have what the runs had read, or
            it ends before the first window does.
        RfmtoolError: as `run` does.
    """
    check_type("days", days, int, "a number of days")
    if days < 1:
        raise UsageError("days: must be 1 or more", "Take --days 90, or leave it out.")
    names = [folders] if isinstance(folders, (str, os.PathLike)) else folders
    check_type("folders", names, Sequence, "the folder of a run, or several")
    runs = sorted((_read_run(named_folder(name)) for name in names), key=lambda run: run.as_of_day)
    if not runs:
        raise UsageError("no folder is named", "Name that of a run with --holdout.")
    result, suppressed = _read_export(runs, source, reading)
    entry_days = cast("OrderEntries", result.grouped.entries).day
    for earlier in runs:
        _check_reaches_back(earlier, result, entry_days)
    rows = _rows_of_round(runs, salt)
    rows = rows[~is_listed(pa.array(rows["customer_id"], pa.string()), suppressed)]
    warnings = _missing_people(runs, rows["customer_id"], result)
    last_day = result.ledger.last_day  # that of --as-of may lie after it
    is_stray = last_day is not None and last_day > result.as_of_day + STRAY_GAP_DAYS
    if last_day is None or is_stray:
        last_day = result.as_of_day
    is_over = rows["from_on"].to_numpy() + days <= last_day
    if not is_over.any():
        raise _no_window_over(rows, days, last_day)
    followed = rows[is_over].reset_index(drop=True)
    window = MeasurementWindow(
        date_from_day(last_day),
        days,
        rows.loc[~is_over, "customer_id"].nunique(),
        bool(len(entry_days) and entry_days.min() <= int(followed["from_on"].min()) - days),
        _paces(rows, runs[-1].as_of_day),
    )
    people = follow(followed, result, days)
    warnings += _log_warnings(result, last_day)
    return Measure(**vars(_measure(people, window, warnings)))


def _read_run(folder: Path) -> _Run:
    run, rows = RunFolder.open(folder), read_holdouts(folder)
    if not len(rows):
        raise InputError(
            f"{folder}: this run had no holdout, so there is nothing to compare",
            "Run with --holdout 10% first, and measure when its lists have had time to work.",
        )
    with read_errors(folder):
        return _Run(run, day_number(date.fromisoformat(run.manifest["as_of"])), rows)


def _read_export(
    runs: Sequence[_Run],
    source: Any,  # noqa: ANN401 - what `run` takes
    reading: Mapping[str, Any],
) -> tuple[Result, frozenset[str]]:
    """Read the export as the latest run did, with the contact log; also the suppressed ids."""
    latest = runs[-1].run
    with read_errors(latest.folder):
        arguments = inherit_reading(latest.manifest, reading)
    settings: Settings = arguments["settings"]
    evidence = dict(reading.get("evidence") or {})
    rules, suppressed = reading.get("rules"), settings.suppressed
    if not isinstance(rules, Rules):
        rules = latest.rules() if rules is None else load_rules(rules)
    for named in (rules.evidence, evidence):
        if "suppress" in named:
            asked = reading.get("asked") or Asked()
            table = read_evidence({"suppress": named["suppress"]}, asked).tables["suppress"]
            suppressed |= frozenset(table["customer_id"].to_pylist())
    evidence.pop("suppress", None)
    for earlier in runs if suppressed else ():
        people = earlier.run.customers(earlier.run.summary(), None)
        suppressed |= ids_and_addresses(people, suppressed)
    settings = replace(
        settings,
        suppressed=frozenset(),
        select=(),
        detail=Detail(category=None, cost=False, contacts=False, entries=True),
    )
    if "contacted" in rules.evidence:
        evidence = {"contacted": rules.evidence["contacted"], **evidence}
    tables = read_checked_evidence(
        evidence, arguments["asked"], settings, reading.get("max_rejects", "1%")
    )
    arguments |= {"rules": replace(rules, evidence={}), "settings": settings, "evidence": None}
    result = run(source, **arguments)
    # Ids on the lists count as known, whether or not they are in the export.
    ids = [result.grouped.table["customer_id"].combine_chunks()]
    ids += [matching_key(pa.array(run.rows["customer_id"], pa.string())) for run in runs]
    tables = tables.with_matches(pa.concat_arrays(ids))
    check_matched(tables.ledgers.values(), reading.get("min_matched", "50%"))
    return replace(result, evidence=tables), suppressed


def _check_reaches_back(earlier: _Run, result: Result, days: Ints) -> None:
    """Check that the export has as many orders by day as the run had read up to its as_of."""
    expected = earlier.run.manifest.get("used_until_as_of")
    found = int(np.count_nonzero(days <= earlier.as_of_day))
    if isinstance(expected, int) and found < _MIN_FOUND * expected:
        ends = [date_from_day(int(day)) for day in (days.min(), days.max())] if len(days) else []
        name = result.grouped.export.name
        raise InputError(
            f"{name}: has {found:,} of the {expected:,} orders a day that the run"
            f" of {earlier.run.folder} had read up to {date_from_day(earlier.as_of_day)}"
            + (f"; its own are of {ends[0]} to {ends[1]}" if ends else ""),
            "Export everything from the first order to the latest, in the same way as then.",
        )


def _missing_people(runs: Sequence[_Run], ids: pd.Series[Any], result: Result) -> list[str]:
    """Check that the export has those of these people who had ordered; a warning on others."""
    folders = [run.run for run in runs]
    tables = [folder.customers(folder.summary(), None).to_pandas() for folder in folders]
    buyers = pd.concat(
        [table["customer_id"][table["first_order_on"].str.len() > 0] for table in tables]
    )
    people = set(matching_keys(ids)) & set(matching_keys(buyers))
    missing = people - set(matching_keys(result.grouped.table["customer_id"].to_pandas()))
    words = f"{len(missing):,} of the {len(people):,} people of the round who had ordered"
    if len(missing) > _MAX_MISSING * len(people):
        raise InputError(
            f"{result.grouped.export.name}: has no orders of {words}",
            "Take the ids of customers that the run took: --column customer_id=NAME.",
        )
    if len(missing) > (1 - _MIN_FOUND) * len(people):
        return [
            f"The export has no orders of {words}, so they count as not returned: did ids change?"
        ]
    return []


def _no_window_over(rows: pd.DataFrame, days: int, last_day: int) -> InputError:
    if not len(rows):
        return InputError("nobody of the round is left to compare", "Look at --suppress.")
    first = int(rows["from_on"].min())
    return InputError(
        f"the first window, of {days} days from {date_from_day(first)}, ends on"
        f" {date_from_day(first + days)}, and the export on {date_from_day(last_day)}",
        "Measure when it is over, or say --days with a shorter one.",
    )


def _rows_of_round(runs: Sequence[_Run], salt: str | None) -> pd.DataFrame:
    """The holdout rows of the newest round, or that of `salt`: the first by person and lot."""
    all_rows = pd.concat([run.rows for run in runs], ignore_index=True)
    began = all_rows.groupby("salt")["from_on"].min().sort_index()
    if salt is not None and salt not in began.index:
        raise InputError(
            f"no round was drawn with {salt!r}", f"Known are {', '.join(began.index)}."
        )
    salt = str(began.idxmax()) if salt is None else salt
    rows = all_rows[all_rows["salt"].eq(salt)].sort_values("from_on", kind="stable")
    keys = rows.assign(customer_id=matching_keys(rows["customer_id"]))
    return rows[~keys.duplicated(["customer_id", "lot"])].reset_index(drop=True)


def _paces(rows: pd.DataFrame, last_day: int) -> dict[tuple[str, str], tuple[float, float]]:
    """New people a week by lot and action over the last four weeks: treated, and held out."""
    # Who was there on the first day did not come at that pace.
    since = rows.groupby("lot")["from_on"].transform("min").clip(lower=last_day - PACE_DAYS)
    is_recent = rows["from_on"] > since
    recent = rows[is_recent].assign(weekly=7 / (last_day - since[is_recent]))
    recent["held"] = recent["weekly"] * recent["held_out"]
    sums = recent.groupby(["lot", "action"])[["weekly", "held"]].sum()
    return {
        (str(lot), str(action)): (float(all_ - held), float(held))
        for (lot, action), all_, held in zip(sums.index, sums["weekly"], sums["held"], strict=True)
    }


def _log_warnings(result: Result, last_day: int) -> list[str]:
    if result.evidence is None or "contacted" not in result.evidence.tables:
        return []
    words = "The log says who was contacted, which was not at random. So all treated"
    return [
        f"{words} are compared with all held out, reached or not.",
        *table_warnings("contacted", result.evidence.ledgers["contacted"]),
        *log_warnings(result, last_day, "all marketing together"),
    ]
