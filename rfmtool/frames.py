"""Helpers for pandas frames: added columns, smaller dtypes, concatenation, categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.types import union_categoricals

from rfmtool.arrays import Ints, Mask, mask_of

Frames = Mapping[str, pd.DataFrame]


def with_columns(customers: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Add or replace columns in one step: pandas takes as long to add a single one."""
    replaced = [name for name in columns if name in customers]
    customers = customers.drop(columns=replaced) if replaced else customers
    return pd.concat([customers, pd.DataFrame(columns, customers.index, copy=False)], axis=1)


def is_among(cells: pd.Series[Any], texts: Iterable[Any]) -> Mask:
    """Which cells of text are among many `texts`, each of which costs pandas' isin microseconds."""
    found = pa.array(texts, pa.string(), from_pandas=True)
    return mask_of(pc.is_in(pa.array(cells, pa.string(), from_pandas=True), found))


def compact_columns(frame: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """The columns cast to these dtypes or copied, as a view would keep the whole block alive."""
    columns = {
        name: frame[name].astype(kinds[name]) if name in kinds else frame[name].copy()
        for name in [*frame]
    }
    return pd.DataFrame(columns, frame.index, copy=False)


def concatenated_frames(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate the rows of frames, freeing each column of the parts in turn."""
    frames = list(parts)
    if len(frames) == 1:
        return frames[0]
    columns = {}
    for name in [*frames[0]]:
        pieces = [frame.pop(name) for frame in frames]
        if isinstance(pieces[0].dtype, pd.CategoricalDtype):  # their categories may differ
            columns[name] = pd.Series(union_categoricals(pieces))
        else:
            columns[name] = pd.concat(pieces, ignore_index=True)
    return pd.DataFrame(columns, copy=False)


def categorical_from_codes(codes: Ints, words: Sequence[str]) -> pd.Categorical[Any]:
    """A categorical with these words as categories; code -1 is missing."""
    return pd.Categorical.from_codes(codes, dtype=_categorical_dtype((*words,)))


@cache
def _categorical_dtype(words: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(words, dtype="str"))
