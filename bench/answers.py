"""Compare two files of scored customers, customer by customer."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

TEXT = ["stage", "segment", "rfm", "first_order_on", "last_order_on"]
WHOLE = [
    "recency_score",
    "frequency_score",
    "monetary_score",
    "recency_days",
    "frequency",
    "order_days",
]
MONEY = ["monetary", "refunds", "average_order"]
# Money is compared in whole 1/10,000s. The two may round the last digit of an average differently.
SLACK = {"average_order": 1}


def read_answer(path: Path) -> pd.DataFrame:
    """Read one answer, a row per customer_id; money becomes whole 1/10,000s."""
    frame = pd.read_csv(path, dtype=dict.fromkeys(["customer_id", *TEXT], "str"))
    if missing := {"customer_id", *TEXT, *WHOLE, *MONEY} - set(frame.columns):
        raise ValueError(f"{path.name} lacks the columns {', '.join(sorted(missing))}")
    if frame["customer_id"].duplicated().any():
        raise ValueError(f"{path.name} has a customer twice")
    money = np.rint(frame[MONEY] * 10_000)
    return frame.assign(**money).set_index("customer_id")


def totals(frame: pd.DataFrame) -> dict[str, int]:
    """Customers, sums and the size of every segment in an answer."""
    sums = frame[["frequency", "order_days", "monetary"]].sum().astype("int64")
    return {
        "customers": len(frame),
        "orders": int(sums["frequency"]),
        "order days": int(sums["order_days"]),
        "revenue in 1/10,000s": int(sums["monetary"]),
        **{f"segment {name}": size for name, size in frame["segment"].value_counts().items()},
    }


def differing(ours: pd.Series, theirs: pd.Series) -> pd.Series:
    """Which customers differ in a column; two empty cells are equal."""
    both_empty = ours.isna() & theirs.isna()
    if ours.name in TEXT:
        return (ours != theirs) & ~both_empty
    # An empty cell on one side only is never within the slack.
    return ~((ours - theirs).abs() <= SLACK.get(str(ours.name), 0)) & ~both_empty


def differences(ours: pd.DataFrame, theirs: pd.DataFrame) -> Iterator[str]:
    """Sentences that say how two answers differ; none when they are the same."""
    our_totals, their_totals = totals(ours), totals(theirs)
    for name in dict.fromkeys([*our_totals, *their_totals]):
        mine, other = our_totals.get(name, 0), their_totals.get(name, 0)
        if mine != other:
            yield f"{name}: {mine:,} against {other:,}"
    for here, there, side in ((ours, theirs, "left"), (theirs, ours, "right")):
        if extra := len(here.index.difference(there.index)):
            yield f"{extra:,} customers only on the {side}"
    shared = ours.index.intersection(theirs.index)
    left, right = ours.loc[shared], theirs.loc[shared]
    for column in [*TEXT, *WHOLE, *MONEY]:
        wrong = differing(left[column], right[column])
        if wrong.any():
            first = wrong.idxmax()
            yield (
                f"{column} differs for {wrong.sum():,} customers, first {first}: "
                f"{left.loc[first, column]} against {right.loc[first, column]}"
            )
