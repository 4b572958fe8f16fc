"""Read a finished run back from its folder, verified by the hashes in its manifest.

All readers in `runs` raise InputError where the folder is not of a run, or a file in it is missing,
not as the run wrote it, or of a shape that this version does not read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.documents import Data, parse_json
from rfmtool.errors import InputError, RfmtoolError, check_type
from rfmtool.locations import check_is_local_path
from rfmtool.manifest import MANIFEST, SCHEMA, read_manifest
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.outputs.tables import MONEY_TYPE
from rfmtool.rules import Rules, load_rules
from rfmtool.runs.texts import RAW, from_csv, from_parquet, text_table, unescape_table
from rfmtool.scoring.scales import Scales, load_scales

SUMMARY: Final = "summary.json"
RULES: Final = "rules.toml"
SCALES: Final = "scales.json"
_COLUMNS: Final = {
    **dict.fromkeys(("customer_id", "stage", "segment", "activity"), pa.string()),
    "frequency": pa.int64(),
    "monetary": MONEY_TYPE,
    "last_order_on": pa.date32(),
}
_SUMMARY: Final = {
    "as_of": str,
    "customers": int,
    "ledger": dict,
    "scales": dict,
    **dict.fromkeys(("ladder", "stages", "segments", "activity", "actions", "warnings"), list),
}
"""The keys checked when a summary is read; some callers need more."""
_TABLES: Final = ("customers.parquet", "customers.csv")


@dataclass(frozen=True)
class FinishedRun:
    """The summary of a run, and a row for each customer.

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
class RunFolder:
    """A run whose files are in a folder, under names that begin with `prefix`.

    `scales` and `rules` raise RulesError where they are of another version.
    """

    folder: Path
    manifest: Data
    """Of the folder."""
    raw_text: bool
    """Whether text was written without marks against formulas."""
    prefix: str = ""

    @classmethod
    def find(cls, folder: Path) -> RunFolder | None:
        """The run that a folder is of, by its manifest; None where it is of none."""
        try:
            manifest = read_manifest(folder)
        except OSError as error:
            raise _unreadable(folder, MANIFEST, error) from None
        if manifest is None or manifest.get("kind", "run") != "run":
            return None
        return cls(folder, manifest, RAW in manifest.get("command", ()))

    @classmethod
    def open(cls, folder: Path) -> RunFolder:
        """The same; raises InputError where it is of none."""
        check_is_local_path(str(folder))
        run = cls.find(folder)
        if run is None or SUMMARY not in run.digests:
            raise InputError(
                f"{folder}: is not the folder of a finished run",
                "rfmtool run EXPORT -o DIR makes one.",
            )
        return run

    @cached_property
    def digests(self) -> dict[str, str | None]:
        """The hash of each file that was written into the folder."""
        return {output["name"]: output.get("sha256") for output in self.manifest["outputs"]}

    def read_verified(self, name: str) -> bytes:
        """The bytes of a file, whose hash is checked."""
        name = f"{self.prefix}{name}"
        try:
            data = (self.folder / name).read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise _unreadable(self.folder, name, error) from None
        if hashlib.sha256(data).hexdigest() != self.digests.get(name):
            raise InputError(
                f"{self.folder}: {name} is not what the run wrote", "Run again to write it anew."
            )
        return data

    def text_table(self, name: str) -> pa.Table:
        """A CSV as text without the marks against formulas; empty cells are missing."""
        return text_table(self.read_verified(name), raw_text=self.raw_text)

    def scales(self) -> Scales:
        """The cut points that were in force."""
        self.read_verified(SCALES)
        return load_scales(self.folder / f"{self.prefix}{SCALES}")

    def rules(self) -> Rules:
        """The rules that were in force."""
        self.read_verified(RULES)
        return load_rules(self.folder / f"{self.prefix}{RULES}")

    def summary(self) -> dict[str, Any]:
        """The summary, its schema and first keys checked."""
        with read_errors(self.folder):
            summary: dict[str, Any] = parse_json(self.read_verified(SUMMARY))
            if int(summary.get("schema", SCHEMA)) > SCHEMA:
                raise InputError(
                    f"{self.folder}: a newer version of rfmtool wrote it",
                    "Read it with that one, or run again to write it anew.",
                )
            for key, kind in _SUMMARY.items():
                if not isinstance(summary[key], kind):
                    raise TypeError(key)
            date.fromisoformat(summary["as_of"])
        return summary

    def customers(
        self, summary: Mapping[str, Any], kinds: Mapping[str, pa.DataType] | None
    ) -> pa.Table:
        """The table of all customers, in the columns and types of `kinds`; else all, as text."""
        name = next((name for name in _TABLES if name in self.digests), None)
        if name is None:
            raise InputError(
                f"{self.folder}: has no table of all customers that can be read back",
                "Run again with --tables csv or --tables parquet.",
            )
        data = self.read_verified(name)
        read = from_csv if name.endswith(".csv") else from_parquet
        try:
            table = read(data, kinds)
        except (pa.ArrowException, LookupError, ValueError, StopIteration):
            raise InputError(
                f"{self.folder}: {name} lacks what this version reads back",
                "Run again to write it anew.",
            ) from None
        if name.endswith(".csv") and summary["escaped_cells"]:
            table = unescape_table(table, raw_text=self.raw_text)
        if pc.count_distinct(table.column(0)).as_py() < len(table):
            raise InputError(
                f"{self.folder}: {name} writes two customers alike, because one begins like a"
                " formula and the other like an escaped one",
                "Run again with --tables parquet.",
            )
        return table


def _unreadable(folder: Path, name: str, error: OSError) -> InputError:
    reason = (error.strerror or "not readable").lower()
    return InputError(f"{folder}: {name} cannot be read: {reason}", "See to that, and try again.")


def read_summary(folder: Path) -> dict[str, Any]:
    """The summary of a finished run."""
    return RunFolder.open(folder).summary()


def named_folder(run: str | os.PathLike[str]) -> Path:
    """The argument for a run's folder as a Path; raises UsageError if it is not a path."""
    check_type("a run", run, (str, os.PathLike), "the folder that rfmtool run -o wrote")
    return Path(run)


def read_run(folder: Path) -> FinishedRun:
    """The summary and the customers of a finished run."""
    # The manifest is read once, so that both files are of the same run.
    run_folder = RunFolder.open(folder)
    summary = run_folder.summary()
    table = run_folder.customers(summary, _COLUMNS)
    index = table.schema.get_field_index("monetary")
    table = table.set_column(index, "monetary", money_units(table.column(index)))
    return FinishedRun(str(folder), summary, table.to_pandas(date_as_object=False))


def money_units(money: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals, or their text, as whole 1/10,000."""
    ten_thousand = pa.scalar(UNITS_PER_CURRENCY, pa.decimal128(5, 0))
    return pc.cast(pc.multiply(pc.cast(money, MONEY_TYPE), ten_thousand), pa.int64())


@contextmanager
def read_errors(folder: str | Path) -> Iterator[None]:
    """Convert Python's own errors inside the block to InputError: the files have another shape."""
    try:
        yield
    except OSError:  # some are also a ValueError
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError,
            StopIteration, RecursionError, NotImplementedError) as error:  # fmt: skip
        if isinstance(error, RfmtoolError):
            raise
        manifest = read_manifest(Path(folder))
        if manifest is not None and "schema" not in manifest:  # from before schemas had numbers
            raise InputError(
                f"{folder}: an earlier version wrote it, without what this one shows",
                "Run again to write it anew.",
            ) from error
        raise InputError(
            f"{folder}: does not hold what this version reads back ({type(error).__name__})",
            "Run again to write it anew; if this version wrote it, please report it as a bug.",
        ) from error
