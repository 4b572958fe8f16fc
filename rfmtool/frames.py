"""Frames as pandas has them: columns put beside others, words as categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from rfmtool.arrays import Ints


def beside(people: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Add columns all at once, for each one by itself takes as long; those of old names go."""
    old = [name for name in columns if name in people]
    people = people.drop(columns=old) if old else people
    return pd.concat([people, pd.DataFrame(columns, people.index, copy=False)], axis=1)


def worded(codes: Ints, words: Sequence[str]) -> pd.Categorical[Any]:
    """The words at some places, as categories; missing where the place is -1."""
    return pd.Categorical.from_codes(codes, dtype=_kind_of((*words,)))


@cache
def _kind_of(words: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(words, dtype="str"))
