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
from rfmtool.runs.evidence import KEPT, read_customer_evidence
from rfmtool.runs.finished import named_folder

_VALUES: Final = ("value", "next_better", "next_worse")
_EXACT: Final = pa.decimal128(19, 4)


class Explained(dict[str, Any], Shown, name="explain"):
    """What is known of one customer, as plain data; a notebook shows it as a card."""

    def to_frame(self) -> pd.DataFrame:
        """The scores, what they rest on, and what the next one takes: a row for each dimension.

        Values are days, orders, or money in currency units.
        """
        return in_units(self.to_arrow().to_pandas().astype(dict.fromkeys(_VALUES, float)), ())

    def to_arrow(self) -> pa.Table:
        """The same with values as decimals."""
        found = pd.DataFrame.from_dict(self["scores"], "index", columns=["score", "bins", *_VALUES])
        values = {name: pa.array(found[name].map(Decimal, "ignore"), _EXACT) for name in _VALUES}
        whole = {name: pa.array(found[name], pa.int64()) for name in ("score", "bins")}
        return pa.table({"dimension": pa.array([*self["scores"]], pa.string()), **whole, **values})

    def as_data(self) -> dict[str, Any]:
        """The same as it is."""
        return {**self}

    def _repr_html_(self) -> str:
        from rfmtool.pages.html import answer_fragment  # with its templates

        return answer_fragment("explain", self)


def explain(folder: str | os.PathLike[str], customer_id: str) -> Explained:
    """Explain a customer of a finished run: what they did, where they stand, what would move them.

    Args:
        folder: the folder that `run -o` wrote.
        customer_id: as the export writes it; of an e-mail address case does not matter.

    Raises:
        UsageError: the folder is no path.
        InputError: it is not a run's, or there is no such customer in it.
    """
    place = named_folder(folder)
    one = read_customer(place, str(customer_id))
    revenue, orders = Decimal(one.summary["revenue"]), max(one.summary["orders"], 1)
    average = int(revenue * UNITS_PER_CURRENCY / orders)
    supplied = one.summary["evidence"]
    card = explanation(one.person, one.scales, one.rules, supplied, average)
    kept = {
        name: read_customer_evidence(place, name, one.person["customer_id"].iloc[0])
        for name in KEPT
    }
    timing = one.scales.timing
    says = {row.label: row.say for row in one.rules.playbook}
    return Explained(
        **card,
        **{name: rows for name, rows in kept.items() if rows is not None},
        say=says.get(card["action"], ""),
        friends=one.names_by_id,
        as_of=one.summary["as_of"],
        overdue_from=timing.overdue_ratio,
        lapsed_from=timing.lapsed_ratio,
    )
