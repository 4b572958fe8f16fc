"""Frames as pandas has them: columns put beside others, words as categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd
from pandas.api.types import union_categoricals

from rfmtool.arrays import Ints


def with_columns(customers: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Add columns all at once, for each one by itself takes as long; those of old names go."""
    old = [name for name in columns if name in customers]
    customers = customers.drop(columns=old) if old else customers
    return pd.concat([customers, pd.DataFrame(columns, customers.index, copy=False)], axis=1)


def compact_columns(frame: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """The columns in these kinds, or their own; each by itself, for it may hold its neighbours."""
    columns = {
        name: frame[name].astype(kinds[name]) if name in kinds else frame[name].copy()
        for name in [*frame]
    }
    return pd.DataFrame(columns, frame.index, copy=False)


def concatenated_frames(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Frames of some customers each as one of all; each column is let go of in its turn."""
    frames = list(parts)
    if len(frames) == 1:
        return frames[0]
    columns = {}
    for name in [*frames[0]]:
        column = [frame.pop(name) for frame in frames]
        if isinstance(column[0].dtype, pd.CategoricalDtype):  # whose labels may be different ones
            columns[name] = pd.Series(union_categoricals(column))
        else:
            columns[name] = pd.concat(column, ignore_index=True)
    return pd.DataFrame(columns, copy=False)


def categorical_from_codes(codes: Ints, words: Sequence[str]) -> pd.Categorical[Any]:
    """The words at some places, as categories; missing where the place is -1."""
    return pd.Categorical.from_codes(codes, dtype=_kind_of((*words,)))


@cache
def _kind_of(words: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(words, dtype="str"))
