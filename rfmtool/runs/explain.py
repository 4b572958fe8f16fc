"""A customer of a finished run, explained."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from rfmtool.analyses.explain import explanation
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.notebook import Shown
from rfmtool.outputs.tables import in_units
from rfmtool.runs.customer import read_customer
from rfmtool.runs.evidence import KEPT_EVIDENCE_COLUMNS, read_customer_evidence
from rfmtool.runs.finished import named_folder

_VALUES: Final = ("value", "next_better", "next_worse")
_EXACT: Final = pa.decimal128(19, 4)


class Explained(dict[str, Any], Shown, name="explain"):
    """What is known about one customer, as plain data; a notebook shows it as a card."""

    def to_frame(self) -> pd.DataFrame:
        """The scores, their values, and the values for the next ones: a row for each dimension.

        Values are days, orders, or money in currency units.
        """
        return in_units(self.to_arrow().to_pandas().astype(dict.fromkeys(_VALUES, float)), ())

    def to_arrow(self) -> pa.Table:
        """The same with values as decimals."""
        rows = pd.DataFrame.from_dict(self["scores"], "index", columns=["score", "bins", *_VALUES])
        values = {name: pa.array(rows[name].map(Decimal, "ignore"), _EXACT) for name in _VALUES}
        scores = {name: pa.array(rows[name], pa.int64()) for name in ("score", "bins")}
        return pa.table({"dimension": pa.array([*self["scores"]], pa.string()), **scores, **values})

    def as_data(self) -> dict[str, Any]:
        """The same as a plain dict."""
        return {**self}

    def _repr_html_(self) -> str:
        from rfmtool.pages.html import answer_fragment  # with its templates

        return answer_fragment("explain", self)


def explain(folder: str | os.PathLike[str], customer_id: str) -> Explained:
    """Explain a customer of a finished run: orders, scores and groups, and what would change them.

    Args:
        folder: the folder that `run -o` wrote.
        customer_id: as the export writes it; the case of e-mail addresses is ignored.

    Raises:
        UsageError: the folder is no path.
        InputError: it is not the folder of a run, or there is no such customer in it.
    """
    path = named_folder(folder)
    customer = read_customer(path, str(customer_id))
    scales, rules, summary = customer.scales, customer.rules, customer.summary
    average = int(Decimal(summary["revenue"]) * UNITS_PER_CURRENCY / max(summary["orders"], 1))
    card = explanation(customer.person, scales, rules, summary["evidence"], average)
    id_ = customer.person["customer_id"].iloc[0]
    evidence = {name: read_customer_evidence(path, name, id_) for name in KEPT_EVIDENCE_COLUMNS}
    instructions = {row.label: row.say for row in rules.playbook}
    return Explained(
        **card,
        **{name: rows for name, rows in evidence.items() if rows is not None},
        say=instructions.get(card["action"], ""),
        friends=customer.names_by_id,
        as_of=summary["as_of"],
        overdue_from=scales.timing.overdue_ratio,
        lapsed_from=scales.timing.lapsed_ratio,
    )
