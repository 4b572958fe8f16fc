"""A customer of a finished run, explained."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.analyses.explain import explanation
from rfmtool.columns import DATES, INTEGERS, MONEY, RATIOS
from rfmtool.errors import InputError
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.notebook import Answer
from rfmtool.outputs.tables import MONEY_TYPE, in_units
from rfmtool.runs.evidence import KEPT_EVIDENCE_COLUMNS, read_customer_evidence
from rfmtool.runs.finished import RunFolder, named_folder
from rfmtool.runs.kept_runs import REFERENCE_COLUMNS
from rfmtool.sources.cells.ids import matching_key

_VALUES: Final = ("value", "next_better", "next_worse")


class Explained(dict[str, Any], Answer, name="explain"):
    """What is known about one customer, as plain data; a notebook shows it as a card."""

    def to_frame(self) -> pd.DataFrame:
        """The scores, their values, and the values for the next ones: a row for each dimension.

        Values are days, orders, or money in currency units.
        """
        return in_units(self.to_arrow().to_pandas().astype(dict.fromkeys(_VALUES, float)), ())

    def to_arrow(self) -> pa.Table:
        """The same with values as decimals."""
        rows = pd.DataFrame.from_dict(self["scores"], "index", columns=["score", "bins", *_VALUES])
        values = {name: pa.array(rows[name].map(Decimal, "ignore"), MONEY_TYPE) for name in _VALUES}
        scores = {name: pa.array(rows[name], pa.int64()) for name in ("score", "bins")}
        return pa.table({"dimension": pa.array([*self["scores"]], pa.string()), **scores, **values})

    def as_data(self) -> dict[str, Any]:
        """The same as a plain dict."""
        return {**self}


def explain(folder: str | os.PathLike[str], customer_id: str) -> Explained:
    """Explain a customer of a finished run: orders, scores and groups, and what would change them.

    Args:
        folder: the folder that `run -o` wrote.
        customer_id: as the export writes it; the case of e-mail addresses is ignored.

    Raises:
        UsageError: the folder is no path.
        InputError: it is not the folder of a run, or there is no such customer in it.
    """
    run = RunFolder.open(named_folder(folder))
    summary = run.summary()
    table = run.customers(summary, None)
    row = _row_of_customer(table, str(customer_id), run.folder)
    rules, scales = run.rules(), run.scales()
    person = {name: _typed(name, row[name].to_pylist()[0]) for name in row.column_names}
    average = int(Decimal(summary["revenue"]) * UNITS_PER_CURRENCY / max(summary["orders"], 1))
    card = explanation(pd.DataFrame(person), scales, rules, summary["evidence"], average)
    id_ = row["customer_id"][0].as_py()
    evidence = {name: read_customer_evidence(run, name, id_) for name in KEPT_EVIDENCE_COLUMNS}
    instructions = {row.label: row.say for row in rules.playbook}
    return Explained(
        **card,
        **{name: rows for name, rows in evidence.items() if rows is not None},
        say=instructions.get(card["action"], ""),
        friends=_referenced_names(table, row),
        as_of=summary["as_of"],
        overdue_from=scales.timing.overdue_ratio,
        lapsed_from=scales.timing.lapsed_ratio,
    )


def _row_of_customer(table: pa.Table, customer_id: str, folder: Path) -> pa.Table:
    """The row with this id; raises InputError where there is none."""
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
    return row


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
