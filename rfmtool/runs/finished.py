"""A finished run, read back from its folder as it was written or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as pa_csv

from rfmtool.columns import DATES, MONEY, RATIOS, WHOLE
from rfmtool.documents import json_of
from rfmtool.errors import InputError, RfmtoolError
from rfmtool.manifest import MANIFEST, SCHEMA, manifest_of
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.outputs.formulas import unescaped
from rfmtool.places import check_local
from rfmtool.rules import Rules, load_rules
from rfmtool.scoring.scales import Scales, load_scales
from rfmtool.sources.cells.ids import matching_key

SUMMARY: Final = "summary.json"
RULES: Final = "rules.toml"
_SCALES: Final = "scales.json"
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
_SUMMARY: Final = {
    "as_of": str,
    "customers": int,
    "ledger": dict,
    "ladder": list,
    "stages": list,
    "segments": list,
    "activity": list,
    "actions": list,
    "warnings": list,
    "scales": dict,
}
"""What is asked of a summary first; whoever shows it asks for more."""
_MOST_BLOCK: Final = 2**31 - 1
_RAW: Final = "--raw-text"
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


@dataclass(frozen=True)
class _Written:
    """What a manifest says: the command, and the hash of each file."""

    folder: Path
    command: Sequence[str]
    digests: Mapping[str, str]


def read_summary(folder: Path) -> dict[str, Any]:
    """Read the summary of a finished run back.

    Raises:
        InputError: the folder is not a run's, or the summary is not what the run wrote.
    """
    return _summary(_written(folder))


def read_run(folder: Path) -> Finished:
    """Read the summary and the customers of a finished run back.

    Raises:
        InputError: the folder is not a run's, holds no table of all customers, or something in it
            is not what the run wrote.
    """
    # One look at the manifest, so that both files are of the same run.
    written = _written(folder)
    summary = _summary(written)
    return Finished(str(folder), summary, _customers(written, summary))


def _written(folder: Path) -> _Written:
    """What the manifest of a run says."""
    check_local(str(folder))
    try:
        manifest = manifest_of(folder) or {"outputs": ()}
    except OSError as error:
        raise _unreadable(folder, MANIFEST, error) from None
    digests = {output["name"]: output.get("sha256") for output in manifest["outputs"]}
    if SUMMARY not in digests or manifest.get("kind", "run") != "run":
        raise InputError(
            f"{folder}: is not the folder of a finished run", "rfmtool run EXPORT -o DIR makes one."
        )
    return _Written(folder, manifest.get("command", ()), digests)


def _bytes_of(written: _Written, name: str) -> bytes:
    """The bytes of a file, if they are those that the run wrote."""
    try:
        data = (written.folder / name).read_bytes()
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise _unreadable(written.folder, name, error) from None
    if hashlib.sha256(data).hexdigest() != written.digests.get(name):
        raise InputError(
            f"{written.folder}: {name} is not what the run wrote", "Run again to write it anew."
        )
    return data


def bytes_in(folder: Path, name: str) -> bytes:
    """The bytes of a file in the folder of a finished run.

    Raises:
        InputError: the folder is not a run's, or the file is not what the run wrote.
    """
    return _bytes_of(_written(folder), name)


def text_table(data: bytes) -> pa.Table:
    """A CSV that we wrote, as text; an empty cell is missing."""
    return _from_csv(data, None)


def _unreadable(folder: Path, name: str, error: OSError) -> InputError:
    reason = (error.strerror or "not readable").lower()
    return InputError(f"{folder}: {name} cannot be read: {reason}", "See to that, and try again.")


def _summary(written: _Written) -> dict[str, Any]:
    with reading_back(written.folder):
        summary: dict[str, Any] = json_of(_bytes_of(written, SUMMARY))
        if int(summary.get("schema", SCHEMA)) > SCHEMA:
            raise InputError(
                f"{written.folder}: a newer version of rfmtool wrote it",
                "Read it with that one, or run again to write it anew.",
            )
        for key, kind in _SUMMARY.items():
            if not isinstance(summary[key], kind):
                raise TypeError(key)
        date.fromisoformat(summary["as_of"])
    return summary


@contextmanager
def reading_back(folder: str | Path) -> Iterator[None]:
    """Refuse what a folder holds where it does not have the shape that this version reads.

    Raises:
        InputError: whatever is done with it inside meets another shape.
    """
    try:
        yield
    except OSError:  # some are errors of value too
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError,
            StopIteration, RecursionError, NotImplementedError) as error:  # fmt: skip
        if isinstance(error, RfmtoolError):
            raise
        if _is_older(Path(folder)):
            raise InputError(
                f"{folder}: an earlier version wrote it, without what this one shows",
                "Run again to write it anew.",
            ) from error
        raise InputError(
            f"{folder}: does not hold what this version reads back ({type(error).__name__})",
            "Run again to write it anew; if this version wrote it, please report it as a bug.",
        ) from error


def _is_older(folder: Path) -> bool:
    """Whether a version before there were schemas wrote it."""
    manifest = manifest_of(folder)
    return manifest is not None and "schema" not in manifest


# Customers ---------------------------------------------------------------------------------------


def _customers(written: _Written, summary: Mapping[str, Any]) -> pd.DataFrame:
    return _in_units(_table(written, summary, _COLUMNS))


def _table(
    written: _Written, summary: Mapping[str, Any], kinds: Mapping[str, pa.DataType] | None
) -> pa.Table:
    """The table of all customers; without `kinds` all its columns, as text."""
    name = next((name for name in _TABLES if name in written.digests), None)
    if name is None:
        raise InputError(
            f"{written.folder}: has no table of all customers that can be read back",
            "Run again with --tables csv or --tables parquet.",
        )
    data = _bytes_of(written, name)
    read = _from_csv if name.endswith(".csv") else _from_parquet
    try:
        table = read(data, kinds)
    except (pa.ArrowException, LookupError, ValueError, StopIteration):
        raise InputError(
            f"{written.folder}: {name} lacks what this version reads back",
            "Run again to write it anew.",
        ) from None
    if name.endswith(".csv") and summary["escaped_cells"] and _RAW not in written.command:
        cells = [
            unescaped(column) if pa.types.is_string(column.type) else column
            for column in table.columns
        ]
        table = pa.table(cells, table.column_names)
    if pc.count_distinct(table.column(0)).as_py() < len(table):
        raise InputError(
            f"{written.folder}: {name} writes two customers alike, because one begins like a"
            " formula and the other like an escaped one",
            "Run again with --tables parquet.",
        )
    return table


def _from_csv(data: bytes, kinds: Mapping[str, pa.DataType] | None) -> pa.Table:
    if kinds is None:
        with io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="") as text:
            kinds = dict.fromkeys(next(csv.reader(text)), pa.string())
    options = pa_csv.ConvertOptions(
        column_types=kinds, include_columns=list(kinds), null_values=[""], strings_can_be_null=True
    )
    # Ids may hold line ends.
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    # An id may be longer than a block of the usual size.
    whole = pa_csv.ReadOptions(block_size=min(len(data) + 1, _MOST_BLOCK))
    return pa_csv.read_csv(
        io.BytesIO(data), read_options=whole, parse_options=parse, convert_options=options
    )


def _from_parquet(data: bytes, kinds: Mapping[str, pa.DataType] | None) -> pa.Table:
    table = pq.read_table(io.BytesIO(data), columns=list(kinds) if kinds else None)
    kinds = kinds or dict.fromkeys(table.column_names, pa.string())
    return table.select(list(kinds)).cast(pa.schema(kinds))


def _in_units(table: pa.Table) -> pd.DataFrame:
    """The table with its decimals of scale 4 as whole 1/10,000."""
    place = table.schema.get_field_index("monetary")
    units = pc.multiply(table.column(place), pa.scalar(10_000, pa.decimal128(5, 0)))
    whole = table.set_column(place, "monetary", pc.cast(units, pa.int64()))
    frame: pd.DataFrame = whole.to_pandas(date_as_object=False)
    return frame


def read_texts(folder: Path) -> tuple[pd.DataFrame, Rules]:
    """Read all columns of the customers of a finished run back as text, and its rules.

    Raises:
        InputError: the folder is not a run's, or something in it is not what the run wrote.
    """
    written = _written(folder)
    table = _table(written, _summary(written), None)
    _bytes_of(written, RULES)
    return table.to_pandas(), load_rules(folder / RULES)


# One customer ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OneCustomer:
    """A customer of a finished run: their row as the run had it, money in whole 1/10,000."""

    person: pd.DataFrame
    scales: Scales
    rules: Rules
    summary: dict[str, Any]


def read_customer(folder: Path, customer_id: str) -> OneCustomer:
    """Read one customer of a finished run back.

    Args:
        folder: the run's.
        customer_id: as the export writes it; of an e-mail address case does not matter.

    Raises:
        InputError: the folder is not a run's, something in it is not what the run wrote, or there
            is no such customer.
    """
    written = _written(folder)
    summary = _summary(written)
    table = _table(written, summary, None)
    keys = matching_key(table["customer_id"].combine_chunks())
    # Bytes of the command line that are no text are nobody's id.
    customer_id = customer_id.encode("utf-8", "replace").decode()
    wanted = matching_key(pa.array([customer_id]))[0]
    row = table.filter(pc.equal(keys, wanted))
    if not len(row):
        raise InputError(f"{folder}: there is no such customer", _like(keys, customer_id))
    for name in (RULES, _SCALES):
        _bytes_of(written, name)
    return OneCustomer(
        pd.DataFrame({name: _cell(name, row[name].to_pylist()[0]) for name in row.column_names}),
        load_scales(folder / _SCALES),
        load_rules(folder / RULES),
        summary,
    )


def _like(keys: pa.Array, customer_id: str) -> str:
    """What to try instead, without showing whose ids there are."""
    width = max(pc.max(pc.utf8_length(keys)).as_py() or 0, len(customer_id))
    padded = pc.utf8_lpad(keys, width, "0")
    if pc.any(pc.equal(padded, customer_id.rjust(width, "0"))).as_py():
        return "There is one with more or fewer zeros before it: write it as the export does."
    return "Write the id as the export does."


def _cell(name: str, text: str | None) -> Any:  # noqa: ANN401 - any of pandas' arrays
    if name in DATES:
        return pd.array(np.array([text or "NaT"], dtype="datetime64[s]"))
    if name in MONEY:
        units = None if text is None else int(Decimal(text) * UNITS_PER_CURRENCY)
        return pd.array([units], dtype="Int64")
    if name in WHOLE:
        return pd.array([None if text is None else int(text)], dtype="Int64")
    if name in RATIOS:
        return np.array([np.nan if text is None else float(text)])
    return pd.array([text], dtype="str")
