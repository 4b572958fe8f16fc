"""A customer of a finished run, explained."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rfmtool.analyses.explain import explanation
from rfmtool.runs.evidence import KEPT, theirs
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
    card = explanation(one.person, one.scales, one.rules, one.summary["evidence"]).as_data()
    kept = {name: theirs(Path(folder), name, one.person["customer_id"].iloc[0]) for name in KEPT}
    timing = one.scales.timing
    says = {row.label: row.say for row in one.rules.playbook}
    return {
        **card,
        **{name: rows for name, rows in kept.items() if rows is not None},
        "say": says.get(card["action"], ""),
        "as_of": one.summary["as_of"],
        "overdue_from": timing.overdue_ratio,
        "lapsed_from": timing.lapsed_ratio,
    }
