"""The earlier runs that a folder holds: its own until it is replaced, and those in previous/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.columns import GROUPINGS
from rfmtool.errors import InputError
from rfmtool.outputs.files import write_bytes
from rfmtool.outputs.lists import write_rows
from rfmtool.outputs.text import BOM, TextOptions
from rfmtool.runs.finished import RULES, SCALES, SUMMARY, RunFolder, money_units, read_errors
from rfmtool.runs.texts import text_table, unescape_table
from rfmtool.sources.cells.ids import is_listed, mentions_listed_id

PREVIOUS: Final = "previous"
CUSTOMERS_FILE: Final = "customers.csv"
_FILES: Final = (CUSTOMERS_FILE, SCALES, SUMMARY, RULES)
_MONEY: Final = ("monetary", "refunds")
ORDER_COLUMNS: Final = (
    "frequency", "order_days", "first_order_on", "last_order_on", *_MONEY,
)  # fmt: skip
"""The columns of a customer's orders and refunds."""
REFERENCE_COLUMNS: Final = ("recommended_by", "brought")
"""The columns with ids of other customers."""
SINCE_COLUMNS: Final = ("stage_since_on", "segment_since_on", "stage_before")


@dataclass(frozen=True)
class KeptRun(RunFolder):
    """An earlier run in a folder."""

    as_of: date = field(kw_only=True)

    def read_customers(self) -> pd.DataFrame:
        """customer_id and GROUPINGS, ORDER_ and SINCE_COLUMNS as text, money in whole 1/10,000."""
        columns = ["customer_id", *GROUPINGS, *ORDER_COLUMNS]
        with read_errors(self.folder):
            table = self.text_table(CUSTOMERS_FILE)
            known = [name for name in SINCE_COLUMNS if name in table.column_names]
            frame: pd.DataFrame = table.select([*columns, *known]).to_pandas()
            units = {name: money_units(table[name]).to_numpy() for name in _MONEY}
        return frame.reindex(columns=[*columns, *SINCE_COLUMNS]).assign(**units)

    def ids_with(self, addresses: frozenset[str]) -> frozenset[str]:
        """The ids of customers with one of these e-mail addresses."""
        with read_errors(self.folder):
            table = self.text_table(CUSTOMERS_FILE)
            if "email" not in table.column_names:
                return frozenset()
            mask = is_listed(table["email"].combine_chunks(), addresses)
            return frozenset(table["customer_id"].filter(pa.array(mask)).to_pylist())

    def _without(self, suppressed: frozenset[str]) -> pa.Table | None:
        """The customers without rows and cells that name suppressed ids; None if none do."""
        table = text_table(self.read_verified(CUSTOMERS_FILE), raw_text=True)
        unescaped = unescape_table(table.select(["customer_id"]), raw_text=self.raw_text)
        removed = is_listed(unescaped["customer_id"].combine_chunks(), suppressed)
        kept = table
        for name in {*REFERENCE_COLUMNS} & {*table.column_names}:
            cells = table[name].combine_chunks()
            texts = pc.drop_null(pc.unique(cells)).to_pylist()
            mentions = [text for text in texts if mentions_listed_id(text, suppressed)]
            cells = pc.if_else(pc.is_in(cells, pa.array(mentions, pa.string())), None, cells)
            kept = kept.set_column(kept.column_names.index(name), name, cells)
        return None if kept.equals(table) and not removed.any() else kept.filter(pa.array(~removed))

    def copy(self, folder: Path, prefix: str, suppressed: frozenset[str]) -> list[dict[str, Any]]:
        """Write the files into a folder without suppressed customers; returns manifest entries."""
        outputs, files = [], {name: self.read_verified(name) for name in _FILES}
        (folder / prefix).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            table = self._without(suppressed) if name == CUSTOMERS_FILE and suppressed else None
            if table is None:
                outputs.append(write_bytes(folder, f"{prefix}{name}", data))
            else:
                text = TextOptions(excel=data.startswith(BOM), raw_text=True)
                stem, rows = f"{prefix}{name.removesuffix('.csv')}", table.to_reader()
                outputs.append(write_rows(folder, stem, rows, "csv", text).manifest_entry)
        return [{**output, "name": f"{prefix}{Path(output['name']).name}"} for output in outputs]


def earlier_runs(folder: Path) -> list[KeptRun]:
    """The runs in a folder, the latest first."""
    latest, runs = RunFolder.find(folder), list[KeptRun]()
    if latest is None:
        return []
    with read_errors(folder):
        own = {"as_of": latest.manifest["as_of"], "place": "", "raw_text": latest.raw_text}
        for run in (own, *latest.manifest.get(PREVIOUS, ())):
            prefix = str(run["place"])
            if {f"{prefix}{name}" for name in _FILES} <= latest.digests.keys():
                as_of, raw_text = date.fromisoformat(run["as_of"]), bool(run["raw_text"])
                runs.append(KeptRun(folder, latest.manifest, raw_text, prefix, as_of=as_of))
    return sorted(runs, key=lambda run: run.as_of)[::-1]


def write_kept(
    runs: Sequence[KeptRun], folder: Path, suppressed: frozenset[str], as_of: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Write the kept runs, of which the first may be the previous run of that of `as_of`.

    Returns the manifest entries of files, and those of runs; warnings of runs that were edited.
    """
    outputs, entries, warnings = [], [], []
    for number, run in enumerate(runs):
        is_previous = not number and run.as_of < as_of
        prefix = f"{PREVIOUS}/" if is_previous else f"{PREVIOUS}/{run.as_of}/"
        try:
            outputs += run.copy(folder, prefix, suppressed)
        except InputError as error:
            warnings.append(f"The run of {run.as_of} is not kept: {error.args[0]}.")
            continue
        entries.append({"as_of": run.as_of.isoformat(), "place": prefix, "raw_text": run.raw_text})
    return outputs, entries, warnings
