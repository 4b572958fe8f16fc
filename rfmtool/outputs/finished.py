"""A finished run, read back from its folder as it was written or not at all."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from rfmtool.errors import InputError
from rfmtool.manifest import manifest_of
from rfmtool.outputs.tables import unescaped

SUMMARY: Final = "summary.json"
_MONEY: Final = pa.decimal128(19, 4)
_COLUMNS: Final = {
    "customer_id": pa.string(),
    "stage": pa.string(),
    "segment": pa.string(),
    "activity": pa.string(),
    "frequency": pa.int64(),
    "monetary": _MONEY,
    "last_order_on": pa.date32(),
}
_TABLES: Final = ("customers.parquet", "customers.csv")


@dataclass(frozen=True)
class Finished:
    """What is kept of a run: its summary, and a row for each customer.

    `frame` has customer_id, stage, segment, activity, frequency, monetary (whole 1/10,000) and
    last_order_on, sorted by customer_id.
    """

    name: str
    summary: dict[str, Any]
    frame: pd.DataFrame

    @property
    def as_of(self) -> date:
        """The day that the run counted from."""
        return date.fromisoformat(self.summary["as_of"])


def read_summary(folder: Path) -> dict[str, Any]:
    """Read the summary of a finished run back.

    Raises:
        InputError: the folder is not a run's, or the summary is not what the run wrote.
    """
    return _summary(folder, _digests(folder))


def read_run(folder: Path) -> Finished:
    """Read the summary and the customers of a finished run back.

    Raises:
        InputError: the folder is not a run's, holds no table of all customers, or something in it
            is not what the run wrote.
    """
    # One look at the manifest, so that both files are of the same run.
    digests = _digests(folder)
    return Finished(str(folder), _summary(folder, digests), _customers(folder, digests))


def _summary(folder: Path, digests: Mapping[str, str]) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(_bytes_of(folder, SUMMARY, digests))
    return summary


def _customers(folder: Path, digests: Mapping[str, str]) -> pd.DataFrame:
    name = next((name for name in _TABLES if name in digests), None)
    if name is None:
        raise InputError(
            f"{folder}: has no table of all customers that can be read back",
            "Run again with --tables csv or --tables parquet.",
        )
    data = _bytes_of(folder, name, digests)
    try:
        table = _from_csv(data) if name.endswith(".csv") else _from_parquet(data)
    except (pa.ArrowException, LookupError, ValueError):
        raise InputError(
            f"{folder}: {name} lacks what this version compares", "Run again to write it anew."
        ) from None
    units = _units(table.column("monetary"))
    place = table.schema.get_field_index("monetary")
    frame: pd.DataFrame = table.set_column(place, "monetary", units).to_pandas(date_as_object=False)
    return frame


def _from_csv(data: bytes) -> pa.Table:
    options = csv.ConvertOptions(
        column_types=_COLUMNS, include_columns=list(_COLUMNS), null_values=[""]
    )
    # Ids may hold line ends.
    parse = csv.ParseOptions(newlines_in_values=True)
    table = csv.read_csv(io.BytesIO(data), parse_options=parse, convert_options=options)
    ids = unescaped(table.column("customer_id"))
    # As they stand, if two customers would become one: `'=a` beside `=a`.
    return table.set_column(0, "customer_id", ids) if _distinct(ids) else table


def _distinct(ids: pa.ChunkedArray) -> bool:
    return bool(pc.count_distinct(ids).as_py() == len(ids))


def _from_parquet(data: bytes) -> pa.Table:
    return (
        pq.read_table(io.BytesIO(data), columns=list(_COLUMNS))
        .select(list(_COLUMNS))
        .cast(pa.schema(_COLUMNS))
    )


def _units(money: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals of scale 4 as whole 1/10,000."""
    return pc.cast(pc.multiply(money, pa.scalar(10_000, pa.decimal128(5, 0))), pa.int64())


def _bytes_of(folder: Path, name: str, digests: Mapping[str, str]) -> bytes:
    """The bytes of a file, if they are those that the run wrote."""
    try:
        data = (folder / name).read_bytes()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != digests.get(name):
        raise InputError(
            f"{folder}: {name} is not what the run wrote", "Run again to write it anew."
        )
    return data


def _digests(folder: Path) -> dict[str, str]:
    """The hash of each file that the manifest names."""
    try:
        manifest = manifest_of(folder) or {}
        digests = {output["name"]: output["sha256"] for output in manifest["outputs"]}
    except (OSError, LookupError, TypeError):
        digests = {}
    if SUMMARY not in digests or manifest.get("kind", "run") != "run":
        raise InputError(
            f"{folder}: is not the folder of a finished run", "rfmtool run EXPORT -o DIR makes one."
        )
    return digests
