"""Who entered which lot, carried from run to run in holdouts.csv, and how a run read its export."""

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
from rfmtool.grouping.read import Settings
from rfmtool.locations import check_is_local_path
from rfmtool.manifest import read_manifest
from rfmtool.outputs.tables import to_table
from rfmtool.placing.holdouts import HOLDOUT_COLUMNS, empty_holdouts
from rfmtool.runs.finished import converting_read_errors, read_verified
from rfmtool.runs.texts import is_raw, text_table
from rfmtool.sources.layout import Asked
from rfmtool.sources.names import normalized

if TYPE_CHECKING:
    from rfmtool.pipeline import Result

HOLDOUTS_FILE: Final = "holdouts.csv"
_SETTINGS: Final = ("currency", "order_per_row", "amount_per", "overlap")
_ASKED: Final = (
    "delimiter", "encoding", "date_format", "decimal", "timezone", "has_header", "preset",
)  # fmt: skip
_ADDED: Final = ("columns", "statuses", "anonymous")
"""What adds up, of what the run was asked and what is asked now."""


def holdouts_table(rows: pd.DataFrame) -> pa.Table:
    """Everybody in a round as holdouts.csv has them."""
    day = rows["from_on"].to_numpy()
    yes = categorical_from_codes(np.where(rows["held_out"], 0, -1), ["yes"])
    written = rows.assign(held_out=yes, from_on=to_datetimes(day, np.ones(len(day), dtype=bool)))
    return to_table(written, HOLDOUT_COLUMNS)


def read_holdouts(folder: Path) -> pd.DataFrame:
    """Who entered a lot by the run of a folder; nobody where there is no such run or no lot."""
    manifest = read_manifest(folder) or {"outputs": ()}
    if HOLDOUTS_FILE not in {output["name"] for output in manifest["outputs"]}:
        return empty_holdouts()
    try:
        data = read_verified(folder, HOLDOUTS_FILE)
    except InputError as error:
        hint = "Put it back as it was: who is left out is known from there alone."
        raise InputError(error.args[0], hint) from None
    with converting_read_errors(folder):
        table = text_table(data, raw_text=is_raw(manifest))
        rows = table.select(list(HOLDOUT_COLUMNS)).to_pandas()
        for share in rows["share"].unique():
            Decimal(share)
        days = day_numbers(rows["from_on"].to_numpy())
        typed: pd.DataFrame = rows.assign(
            held_out=rows["held_out"].eq("yes").to_numpy(bool), from_on=days
        )
        return typed.astype(empty_holdouts().dtypes.to_dict())


def holdouts_data(result: Result) -> dict[str, Any]:
    """What scales.json says of the lots; nothing where there are none."""
    lots, rows = result.rules.holdout, result.holdouts
    if not lots.shares:
        return {}
    mine = rows[rows["salt"].eq(lots.salt)]["from_on"]
    began = int(mine.min()) if len(mine) else result.as_of_day
    shares = {name: float(share) for name, share in lots.shares.items()}
    began_on = str(np.datetime64(began, "D"))
    return {"holdouts": {"salt": lots.salt, "shares": shares, "round_began_on": began_on}}


def reading_data(result: Result) -> dict[str, Any]:
    """How a run read its export, for whoever reads a later one; and how much it read."""
    asked, settings = asdict(result.grouped.export.asked), result.settings
    asked["anonymous"] = sorted(asked["anonymous"])
    said = {name: asked[name] for name in _ASKED if asked[name] != getattr(Asked(), name)}
    said |= {name: asked[name] for name in _ADDED if asked[name]}
    said |= {
        name: getattr(settings, name)
        for name in _SETTINGS
        if getattr(settings, name) != getattr(Settings(), name)
    }
    entries = result.grouped.entries
    day = result.as_of_day
    used = None if entries is None else int(np.count_nonzero(entries.day <= day))
    return {"reading": said, "used_until_as_of": used}


def inherit_reading(manifest: Mapping[str, Any], reading: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of `run` that read as an earlier run did; what is said now comes first."""
    said = manifest.get("reading", {})
    asked, settings = reading.get("asked") or Asked(), reading.get("settings") or Settings()
    more = {name: said[name] for name in _ASKED if name in said
            and getattr(asked, name) == getattr(Asked(), name)}  # fmt: skip
    columns = {**said.get("columns", {}), **asked.columns}
    settled = {*map(normalized, asked.statuses)}
    words = said.get("statuses", {}).items()
    statuses = {word: is_sale for word, is_sale in words if normalized(word) not in settled}
    anonymous = asked.anonymous.union(said.get("anonymous", ()))
    others = {name: said[name] for name in _SETTINGS if name in said
              and getattr(settings, name) == getattr(Settings(), name)}  # fmt: skip
    if settings.rates is not None:
        others.pop("currency", None)
    return {
        **reading,
        "asked": replace(
            asked, columns=columns, statuses=statuses | {**asked.statuses}, anonymous=anonymous,
            **more,
        ),
        "settings": replace(settings, **others),
    }  # fmt: skip


# What was measured -------------------------------------------------------------------------------


def read_results(path: str) -> dict[str, dict[str, Any]]:
    """What `measure -o` wrote, by action."""
    check_is_local_path(path)
    where = Path(path)
    try:
        text = where.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not readable as text"
        hint = "Name what rfmtool measure -o wrote."
        raise InputError(f"{path}: {reason.lower()}", hint) from None
    try:
        is_json = where.suffix.lower() == ".json"
        rows = json.loads(text)["groups"] if is_json else csv.DictReader(text.splitlines())
        return {row["action"]: _result(row) for row in rows}
    except (ValueError, LookupError, TypeError, AttributeError, InvalidOperation):
        raise InputError(
            f"{path}: is not what rfmtool measure writes",
            "Take the .csv or .json of rfmtool measure ... -o FILE.",
        ) from None


def _result(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a report shows beside an action: a person's difference, and the verdict."""
    if "difference" in row:
        parts = {name: row[name] for name in ("difference", "low", "high")}
    else:
        spend = row["spend"] or {}
        best = spend.get("adjusted_for_past_spend") or spend
        parts = {name: best.get(name) for name in ("difference", "low", "high")}
    numbers = {name: None if value in (None, "") else float(value) for name, value in parts.items()}
    return {"verdict": str(row["verdict"]), "verdict_text": str(row["verdict_text"]), **numbers}
