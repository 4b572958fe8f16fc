"""A customer of a finished run, explained."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

from rfmtool.analyses.explain import explanation
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.runs.finished import read_customer


def explain(folder: str | os.PathLike[str], customer_id: str) -> dict[str, Any]:
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
    timing = one.scales.timing
    says = {row.label: row.say for row in one.rules.playbook}
    return {
        **card,
        "say": says.get(card["action"], ""),
        "as_of": one.summary["as_of"],
        "overdue_from": timing.overdue_ratio,
        "lapsed_from": timing.lapsed_ratio,
    }
