"""A customer of a finished run, explained."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from rfmtool.analyses.explain import explanation
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.runs.customer import read_customer
from rfmtool.runs.evidence import KEPT, theirs


class Explained(dict[str, Any]):
    """What is known of one customer, as plain data; a notebook shows it as a card."""

    def to_frame(self) -> pd.DataFrame:
        """The scores, what they rest on, and what the next one takes: a row for each dimension."""
        rows = [{"dimension": name, **score} for name, score in (self["scores"] or {}).items()]
        return pd.DataFrame(rows)

    def as_data(self) -> dict[str, Any]:
        """The same as it is."""
        return {**self}

    def _repr_html_(self) -> str:
        from rfmtool.pages.html import answer_part  # with its templates

        return answer_part("explain", self)


def explain(folder: str | os.PathLike[str], customer_id: str) -> Explained:
    """Explain a customer of a finished run: what they did, where they stand, what would move them.

    Args:
        folder: the folder that `run -o` wrote.
        customer_id: as the export writes it; of an e-mail address case does not matter.

    Raises:
        InputError: the folder is not a run's, or there is no such customer in it.
    """
    one = read_customer(Path(folder), customer_id)
    revenue, orders = Decimal(one.summary["revenue"]), max(one.summary["orders"], 1)
    average = int(revenue * UNITS_PER_CURRENCY / orders)
    supplied = one.summary["evidence"]
    card = explanation(one.person, one.scales, one.rules, supplied, average).as_data()
    kept = {name: theirs(Path(folder), name, one.person["customer_id"].iloc[0]) for name in KEPT}
    timing = one.scales.timing
    says = {row.label: row.say for row in one.rules.playbook}
    return Explained(
        **card,
        **{name: rows for name, rows in kept.items() if rows is not None},
        say=says.get(card["action"], ""),
        friends=one.friends,
        as_of=one.summary["as_of"],
        overdue_from=timing.overdue_ratio,
        lapsed_from=timing.lapsed_ratio,
    )
