"""Read one customer of a finished run, with the scales and rules of the run."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.columns import DATES, INTEGERS, MONEY, RATIOS
from rfmtool.errors import InputError
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.rules import Rules, load_rules
from rfmtool.runs.finished import RULES, RunFolder
from rfmtool.runs.kept_runs import REFERENCE_COLUMNS, SCALES
from rfmtool.scoring.scales import Scales, load_scales
from rfmtool.sources.cells.ids import matching_key


@dataclass(frozen=True)
class OneCustomer:
    """A customer of a finished run: one row, money in whole 1/10,000."""

    person: pd.DataFrame
    scales: Scales
    rules: Rules
    summary: dict[str, Any]
    names_by_id: dict[str, str]
    """Names of those who referred the customer, or were referred, by customer id."""


def read_customer(folder: Path, customer_id: str) -> OneCustomer:
    """Read a customer by the id as the export writes it; the case of e-mail addresses is ignored.

    Raises:
        InputError: there is no such customer, or no such run.
    """
    run_folder = RunFolder.from_manifest(folder)
    summary = run_folder.summary()
    table = run_folder.customers(summary, None)
    keys = matching_key(table["customer_id"].combine_chunks())
    # Undecodable bytes of the command line match no id.
    customer_id = customer_id.encode("utf-8", "replace").decode()
    row = table.filter(pc.equal(keys, matching_key(pa.array([customer_id]))[0]))
    if not len(row):
        # The hint must not show other customers' ids.
        width = max(pc.max(pc.utf8_length(keys)).as_py() or 0, len(customer_id))
        padded = pc.equal(pc.utf8_lpad(keys, width, "0"), customer_id.rjust(width, "0"))
        hint = "Write the id as the export does."
        if pc.any(padded).as_py():
            hint = "There is one with more or fewer zeros before it: write it as the export does."
        raise InputError(f"{folder}: there is no such customer", hint)
    for name in (RULES, SCALES):
        run_folder.read_verified(name)
    return OneCustomer(
        pd.DataFrame({name: _typed(name, row[name].to_pylist()[0]) for name in row.column_names}),
        load_scales(folder / SCALES),
        load_rules(folder / RULES),
        summary,
        _referenced_names(table, row),
    )


def _referenced_names(table: pa.Table, row: pa.Table) -> dict[str, str]:
    """The known names of the customers whose ids the row mentions, by id."""
    columns = [name for name in REFERENCE_COLUMNS if name in row.column_names]
    ids = {id_ for name in columns for id_ in (row[name][0].as_py() or "").split(", ")}
    if not ids or "name" not in table.column_names:
        return {}
    rows = table.filter(pc.is_in(table["customer_id"], pa.array(sorted(ids), pa.string())))
    pairs = zip(rows["customer_id"].to_pylist(), rows["name"].to_pylist(), strict=True)
    return {id_: name for id_, name in pairs if name}


def _typed(name: str, text: str | None) -> Any:  # noqa: ANN401 - any of pandas' arrays
    if name in DATES:
        return pd.array(np.array([text or "NaT"], dtype="datetime64[s]"))
    if name in MONEY:
        units = None if text is None else int(Decimal(text) * UNITS_PER_CURRENCY)
        return pd.array([units], dtype="Int64")
    if name in INTEGERS:
        return pd.array([None if text is None else int(text)], dtype="Int64")
    if name in RATIOS:
        return np.array([np.nan if text is None else float(text)])
    return pd.array([text], dtype="str")
