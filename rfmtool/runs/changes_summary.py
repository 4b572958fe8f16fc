"""What changed since the previous run, as reports show it: counts and sums, without ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from rfmtool.analyses.compare import NUMBERS, compare
from rfmtool.columns import GROUPINGS
from rfmtool.money import money_text
from rfmtool.runs.moves import CAUSES, PreviousRun
from rfmtool.scoring.scales import Scales


def changes_data(
    people: pd.DataFrame,
    previous: PreviousRun,
    changes: pd.DataFrame,
    ladder: Sequence[str],
    scales: Scales,
) -> dict[str, Any]:
    """Numbers of customers promoted, demoted, new and gone; the change in revenue; the causes.

    `people` has the columns of `moves.select_movement_columns`, `changes` `moves.CHANGE_COLUMNS`.
    """
    old, labels = previous.people, {}
    for name in GROUPINGS:
        used = {*old[name].dropna().unique(), *people[name].astype("str").dropna().unique()}
        labels[name] = list(dict.fromkeys((*(ladder if name == "stage" else ()), *sorted(used))))
    cuts = previous.scales and previous.scales.by_dimension
    has_new_cuts = cuts is not None and cuts != scales.by_dimension
    comparison = compare(_typed(old), _typed(people), labels, ladder, previous.as_of)
    revenue, counts = comparison.revenue, changes["cause"].value_counts()
    sums = {side: money_text(revenue[side]) for side in ("old", "new")}
    flow = {name: {**part, "change": money_text(part["change"])}
            for name, part in revenue["flow"].items()}  # fmt: skip
    matrix = comparison.transitions["stage"]
    return {
        "as_of": previous.as_of.isoformat(),
        "customers": len(old),
        "moved": dict(comparison.moves),
        "revenue": {**sums, "flow": flow},
        "stages": {
            str(start): {str(end): int(count) for end, count in row.items() if count}
            for start, row in matrix.to_dict("index").items()
        },
        "causes": {name: int(counts[name]) for name in CAUSES if name in counts},
        "cuts_moved": has_new_cuts,
    }


def _typed(people: pd.DataFrame) -> pd.DataFrame:
    """The columns that `compare` reads, in its types."""
    columns = ["customer_id", *GROUPINGS, *NUMBERS, "last_order_on"]
    last_order_on = pd.to_datetime(people["last_order_on"].astype("datetime64[s]"))
    text = dict.fromkeys(("customer_id", *GROUPINGS), "str")
    frame = people[columns].assign(last_order_on=last_order_on)
    return frame.astype({**text, **dict.fromkeys(NUMBERS, "int64")})
