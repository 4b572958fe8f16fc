"""What moved since the run before, as a report tells it: counts and sums, nobody named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from rfmtool.analyses.compare import GROUPINGS, NUMBERS, compare
from rfmtool.money import money_text
from rfmtool.runs.moves import CAUSES, PreviousRun
from rfmtool.scoring.scales import Scales


def changes_data(
    people: pd.DataFrame,
    before: PreviousRun,
    changes: pd.DataFrame,
    ladder: Sequence[str],
    scales: Scales,
) -> dict[str, Any]:
    """Who climbed, stepped down, came and went, what that did to revenue, and why.

    Of people as `moves.narrow` has them, and changes as `moves.CHANGES` are.
    """
    old = before.people
    labels = {
        name: list(dict.fromkeys((*(ladder if name == "stage" else ()), *sorted({*one}))))
        for name in GROUPINGS
        for one in [(*old[name].dropna().unique(), *people[name].astype("str").dropna().unique())]
    }
    found = compare(_comparable(old), _comparable(people), labels, ladder, before.as_of)
    revenue, counts = found.revenue, changes["cause"].value_counts()
    matrix = found.transitions["stage"]
    return {
        "as_of": before.as_of.isoformat(),
        "customers": len(old),
        "moved": dict(found.moves),
        "revenue": {
            "old": money_text(revenue["old"]),
            "new": money_text(revenue["new"]),
            "flow": {
                name: {**part, "change": money_text(part["change"])}
                for name, part in revenue["flow"].items()
            },
        },
        "stages": {
            str(start): {str(end): int(many) for end, many in row.items() if many}
            for start, row in matrix.to_dict("index").items()
        },
        "causes": {name: int(counts[name]) for name in CAUSES if name in counts},
        "cuts_moved": before.scales is not None
        and before.scales.by_dimension != scales.by_dimension,
    }


def _comparable(people: pd.DataFrame) -> pd.DataFrame:
    """A run as `compare` takes it: labels as text, numbers as such."""
    columns = ["customer_id", *GROUPINGS, *NUMBERS, "last_order_on"]
    frame = people[columns].assign(
        last_order_on=pd.to_datetime(people["last_order_on"].astype("datetime64[s]"))
    )
    text = dict.fromkeys(("customer_id", *GROUPINGS), "str")
    return frame.astype({**text, **dict.fromkeys(NUMBERS, "int64")})
