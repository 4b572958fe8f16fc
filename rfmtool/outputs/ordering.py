"""Sort and limit the rows to be written (--sort, --top)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from rfmtool.errors import UsageError


def check_sort(sort: str | None, columns: Sequence[str]) -> None:
    """Check that rows are sorted by one of the columns, if at all; raises UsageError."""
    if sort is not None and (column := sort.removeprefix("-")) not in columns:
        hint = f"Columns are {', '.join(columns)}."
        raise UsageError(f"--sort: there is no column {column!r}", hint)


def sort_and_limit(
    frame: pd.DataFrame, columns: Sequence[str], sort: str | None, top: int | None
) -> pd.DataFrame:
    """Sort by a written column, descending with a leading `-`, and keep the first `top` rows.

    Rows with equal values stay ordered by customer_id; raises UsageError for an unknown column.
    """
    check_sort(sort, columns)
    if sort is not None:
        column = sort.removeprefix("-")
        ascending = column == sort
        frame = frame.sort_values(column, ascending=ascending, kind="stable", na_position="last")
    return frame if top is None else frame.head(top)
