"""The order and the number of rows that are written."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from rfmtool.errors import UsageError


def ordered(
    frame: pd.DataFrame, columns: Sequence[str], sort: str | None, top: int | None
) -> pd.DataFrame:
    """Sort rows by a column and keep the first few; equal rows stay ordered by customer_id.

    Args:
        frame: a result's frame.
        columns: those that are written.
        sort: a column, with a leading `-` to descend; None keeps the order.
        top: how many rows to keep; None keeps all.

    Raises:
        UsageError: there is no such column.
    """
    if sort is not None:
        column = sort.removeprefix("-")
        if column not in columns:
            raise UsageError(
                f"--sort: there is no column {column!r}", f"Columns are {', '.join(columns)}."
            )
        ascending = column == sort
        frame = frame.sort_values(column, ascending=ascending, kind="stable", na_position="last")
    return frame if top is None else frame.head(top)
