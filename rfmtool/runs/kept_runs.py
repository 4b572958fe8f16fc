"""What a folder keeps of the runs before: previous/, and the folder itself until it is replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.manifest import read_manifest
from rfmtool.outputs.files import write_file
from rfmtool.outputs.lists import write_rows
from rfmtool.outputs.text import TextOptions
from rfmtool.rules import Rules, load_rules
from rfmtool.runs.finished import (
    RULES,
    SUMMARY,
    converting_read_errors,
    read_verified,
    to_money_units,
)
from rfmtool.runs.texts import is_raw, text_table, unescape_table
from rfmtool.scoring.scales import Scales, load_scales
from rfmtool.sources.cells.ids import is_listed, mentions_listed_id

PREVIOUS: Final = "previous"
CUSTOMERS: Final = "customers.csv"
SCALES: Final = "scales.json"
_FILES: Final = (CUSTOMERS, SCALES, SUMMARY, RULES)
_MONEY: Final = ("monetary", "refunds")
ORDER_COLUMNS: Final = (
    "frequency", "order_days", "first_order_on", "last_order_on", *_MONEY,
)  # fmt: skip
"""The columns that tell what somebody ordered and gave back."""
GROUP_COLUMNS: Final = ("stage", "segment", "activity")
REFERENCE_COLUMNS: Final = ("recommended_by", "brought")
"""The columns that name others by their ids."""
SINCE_COLUMNS: Final = ("stage_since_on", "segment_since_on", "stage_before")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class KeptRun:
    """A run before whose files lie in a folder, each name behind `place`.

    Whatever is read raises InputError where it is not what the run wrote, and RulesError where
    scales or rules are not of this version.
    """

    folder: Path
    place: str
    as_of: date
    raw_text: bool

    def read_verified(self, name: str) -> bytes:
        """The bytes of a file."""
        return read_verified(self.folder, f"{self.place}{name}")

    def read_customers(self) -> pd.DataFrame:
        """Everybody as text: customer_id, STANDS, DID and SINCE; money in whole 1/10,000."""
        data = self.read_verified(CUSTOMERS)
        with converting_read_errors(self.folder):
            table = text_table(data, raw_text=self.raw_text)
            found = [name for name in SINCE_COLUMNS if name in table.column_names]
            frame: pd.DataFrame = table.select(
                ["customer_id", *GROUP_COLUMNS, *ORDER_COLUMNS, *found]
            ).to_pandas()
            units = {name: to_money_units(table[name]).to_numpy() for name in _MONEY}
        return frame.reindex(
            columns=["customer_id", *GROUP_COLUMNS, *ORDER_COLUMNS, *SINCE_COLUMNS]
        ).assign(**units)

    def scales(self) -> Scales:
        """The cut points that were in force."""
        self.read_verified(SCALES)
        return load_scales(self.folder / f"{self.place}{SCALES}")

    def rules(self) -> Rules:
        """The rules that were in force."""
        self.read_verified(RULES)
        return load_rules(self.folder / f"{self.place}{RULES}")

    def ids_with(self, addresses: frozenset[str]) -> frozenset[str]:
        """The customers whose e-mail address is one of these."""
        data = self.read_verified(CUSTOMERS)
        with converting_read_errors(self.folder):
            table = text_table(data, raw_text=self.raw_text)
            if "email" not in table.column_names:
                return frozenset()
            theirs = is_listed(table["email"].combine_chunks(), addresses)
            return frozenset(table["customer_id"].filter(pa.array(theirs)).to_pylist())

    def _without(self, suppressed: frozenset[str]) -> pa.Table | None:
        """The customers as they are written but for some; None where none of these is there."""
        table = text_table(self.read_verified(CUSTOMERS), raw_text=True)
        meant = unescape_table(table.select(["customer_id"]), raw_text=self.raw_text)
        ids = meant["customer_id"].combine_chunks()
        gone, kept = is_listed(ids, suppressed), table
        for name in {*REFERENCE_COLUMNS} & {*table.column_names}:  # of others, whom they name
            cells = table[name].combine_chunks()
            texts = pc.drop_null(pc.unique(cells)).to_pylist()
            named = pa.array(
                [one for one in texts if mentions_listed_id(one, suppressed)], pa.string()
            )
            cells = pc.if_else(pc.is_in(cells, named), None, cells)
            kept = kept.set_column(kept.column_names.index(name), name, cells)
        return None if kept.equals(table) and not gone.any() else kept.filter(pa.array(~gone))

    def copy(self, new: Path, place: str, suppressed: frozenset[str]) -> list[dict[str, Any]]:
        """Write its files into a new folder, who is suppressed now taken out.

        Returns:
            What the manifest says of each file.
        """
        outputs = []
        (new / place).mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            if name == CUSTOMERS and suppressed:
                table = self._without(suppressed)
                if table is not None:
                    text = TextOptions(
                        excel=self.read_verified(name).startswith(_BOM), raw_text=True
                    )
                    stem = f"{place}{CUSTOMERS.removesuffix('.csv')}"
                    outputs.append(
                        write_rows(new, stem, table.to_reader(), "csv", text).manifest_entry
                    )
                    continue
            data = self.read_verified(name)
            written = write_file(new, f"{place}{name}", lambda file, data=data: file.write(data))  # type: ignore[misc]
            outputs.append(written)
        return [{**output, "name": f"{place}{Path(output['name']).name}"} for output in outputs]


def earlier_runs(folder: Path, before: date) -> list[KeptRun]:
    """The runs of an earlier as_of that a folder holds, the latest first."""
    manifest = read_manifest(folder)
    if manifest is None or manifest.get("kind", "run") != "run":
        return []
    with converting_read_errors(folder):
        own = {"as_of": manifest["as_of"], "place": "", "raw_text": is_raw(manifest)}
        names = {output["name"] for output in manifest["outputs"]}
        runs = [
            KeptRun(
                folder, str(run["place"]), date.fromisoformat(run["as_of"]), bool(run["raw_text"])
            )
            for run in (own, *manifest.get(PREVIOUS, ()))
            if {f"{run['place']}{name}" for name in _FILES} <= names
        ]
    return sorted((run for run in runs if run.as_of < before), key=lambda run: run.as_of)[::-1]


def write_kept(
    runs: Sequence[KeptRun], new: Path, suppressed: frozenset[str], as_of: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Write what is kept of other runs, that before the day of this one first.

    Returns:
        What the manifest says of each file, and of each run.
    """
    outputs, about = [], []
    for number, run in enumerate(runs):
        is_before = not number and run.as_of < as_of
        place = f"{PREVIOUS}/" if is_before else f"{PREVIOUS}/{run.as_of}/"
        outputs += run.copy(new, place, suppressed)
        about.append({"as_of": run.as_of.isoformat(), "place": place, "raw_text": run.raw_text})
    return outputs, about
