"""State that a run hands to later ones: holdouts.csv, reading options, measured results."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool.days import day_numbers, to_datetimes
from rfmtool.errors import InputError
from rfmtool.frames import categorical_from_codes
from rfmtool.locations import check_is_local_path
from rfmtool.outputs.tables import to_table
from rfmtool.placing.holdouts import HOLDOUT_COLUMNS, empty_holdouts
from rfmtool.runs.finished import RunFolder, read_errors
from rfmtool.settings import Settings
from rfmtool.sources.layout import Asked
from rfmtool.sources.names import normalized

if TYPE_CHECKING:
    from rfmtool.pipeline import Result

HOLDOUTS_FILE: Final = "holdouts.csv"
_SETTINGS: Final = ("currency", "order_per_row", "amount_per", "overlap")
_REPLACED: Final = (
    "delimiter", "encoding", "date_format", "decimal", "timezone", "has_header", "preset",
)  # fmt: skip
_MERGED: Final = ("columns", "statuses", "anonymous")
"""Options of an earlier run that those given now add to."""


def holdouts_table(rows: pd.DataFrame) -> pa.Table:
    """The HOLDOUT_COLUMNS as holdouts.csv has them."""
    day = rows["from_on"].to_numpy()
    yes = categorical_from_codes(np.where(rows["held_out"], 0, -1), ["yes"])
    written = rows.assign(held_out=yes, from_on=to_datetimes(day, np.ones(len(day), dtype=bool)))
    return to_table(written, HOLDOUT_COLUMNS)


def read_holdouts(folder: Path) -> pd.DataFrame:
    """The holdouts of the run in a folder; no rows where there is no run, or none with holdouts."""
    run = RunFolder.find(folder)
    if run is None or HOLDOUTS_FILE not in run.digests:
        return empty_holdouts()
    with read_errors(folder):
        try:
            table = run.text_table(HOLDOUTS_FILE)
        except InputError as error:
            hint = "Put it back as it was: who is left out is known from there alone."
            raise InputError(error.args[0], hint) from None
        rows: pd.DataFrame = table.select(list(HOLDOUT_COLUMNS)).to_pandas()
        for share in rows["share"].unique():
            Decimal(share)
        is_held_out = rows["held_out"].eq("yes").to_numpy(bool)
        rows = rows.assign(held_out=is_held_out, from_on=day_numbers(rows["from_on"].to_numpy()))
        return rows.astype(empty_holdouts().dtypes.to_dict())


def holdouts_data(result: Result) -> dict[str, Any]:
    """The holdout rules as scales.json has them; empty where there are none."""
    holdout, rows = result.rules.holdout, result.holdouts
    if not holdout.shares:
        return {}
    days = rows[rows["salt"].eq(holdout.salt)]["from_on"]
    began_on = str(np.datetime64(int(days.min()) if len(days) else result.as_of_day, "D"))
    shares = {name: float(share) for name, share in holdout.shares.items()}
    return {"holdouts": {"salt": holdout.salt, "shares": shares, "round_began_on": began_on}}


def reading_data(result: Result) -> dict[str, Any]:
    """The options by which a run read its export, and the number of entries up to its as_of day."""
    asked, settings = asdict(result.grouped.export.asked), result.settings
    asked["anonymous"] = sorted(asked["anonymous"])
    options = {name: asked[name] for name in _REPLACED if asked[name] != getattr(Asked(), name)}
    options |= {name: asked[name] for name in _MERGED if asked[name]}
    options |= {name: getattr(settings, name) for name in _SETTINGS
                if getattr(settings, name) != getattr(Settings(), name)}  # fmt: skip
    entries = result.grouped.entries
    used = None if entries is None else int(np.count_nonzero(entries.day <= result.as_of_day))
    return {"reading": options, "used_until_as_of": used}


def inherit_reading(manifest: Mapping[str, Any], reading: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of `run` that read as an earlier run did, unless given in `reading`."""
    earlier = manifest.get("reading", {})
    asked, settings = reading.get("asked") or Asked(), reading.get("settings") or Settings()
    given = {*map(normalized, asked.statuses)}
    statuses = {word: is_sale for word, is_sale in earlier.get("statuses", {}).items()
                if normalized(word) not in given}  # fmt: skip
    asked_changes = {name: earlier[name] for name in _REPLACED if name in earlier
                     and getattr(asked, name) == getattr(Asked(), name)}  # fmt: skip
    asked_changes |= {
        "columns": {**earlier.get("columns", {}), **asked.columns},
        "statuses": {**statuses, **asked.statuses},
        "anonymous": asked.anonymous.union(earlier.get("anonymous", ())),
    }
    setting_changes = {name: earlier[name] for name in _SETTINGS if name in earlier
                       and getattr(settings, name) == getattr(Settings(), name)}  # fmt: skip
    if settings.rates is not None:
        setting_changes.pop("currency", None)
    settings = replace(settings, **setting_changes)
    return {**reading, "asked": replace(asked, **asked_changes), "settings": settings}


def read_results(path: str) -> dict[str, dict[str, Any]]:
    """The results that `measure -o` wrote, by action."""
    check_is_local_path(path)
    file = Path(path)
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not readable as text"
        hint = "Name what rfmtool measure -o wrote."
        raise InputError(f"{path}: {reason.lower()}", hint) from None
    try:
        is_json = file.suffix.lower() == ".json"
        rows = json.loads(text)["groups"] if is_json else csv.DictReader(text.splitlines())
        return {row["action"]: _result(row) for row in rows}
    except (ValueError, LookupError, TypeError, AttributeError, InvalidOperation):
        raise InputError(
            f"{path}: is not what rfmtool measure writes",
            "Take the .csv or .json of rfmtool measure ... -o FILE.",
        ) from None


def _result(row: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict, the difference in spend per person with its interval, and what it earned."""
    names = ("difference", "low", "high")
    if "difference" in row:
        cells = {**{name: row[name] for name in names}, "earned_low": row.get("earned_low")}
    else:
        spend = row["spend"] or {}
        spend = spend.get("adjusted_for_past_spend") or spend
        cells = {name: spend.get(name) for name in names}
        cells["earned_low"] = (row["earned"] or {}).get("low")
    numbers = {name: None if cell in (None, "") else float(cell) for name, cell in cells.items()}
    return {"verdict": str(row["verdict"]), "verdict_text": str(row["verdict_text"]), **numbers}
