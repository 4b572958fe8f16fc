"""Rows of a frame against rows of rules: the first rule that holds gives the label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.rules import Condition, Rule
from rfmtool.rules.vocabulary import FLAGS, MILLION, RATIOS

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
Ints = npt.NDArray[np.int64]

_ANY: Final = np.iinfo(np.int64).max


def first_match(frame: pd.DataFrame, rules: Sequence[Rule]) -> Places:
    """For each row, the place of the first rule it satisfies.

    Some rule must hold for every row; the loader of the rules sees to that.
    """
    places: Places = np.stack([_holds(frame, rule.conditions) for rule in rules]).argmax(axis=0)
    return places


def labelled(places: Places, labels: Sequence[str]) -> pd.Series[str]:
    """The labels at the rules' places, as categories in the order of the rules.

    Args:
        places: for each row the place of its rule.
        labels: a label for each rule; labels may recur.
    """
    distinct = list(dict.fromkeys(labels))
    codes = np.array([distinct.index(label) for label in labels])
    dtype = pd.CategoricalDtype(pd.Index(distinct, dtype="str"))
    return pd.Series(pd.Categorical.from_codes(codes[places], dtype=dtype))


def flag(frame: pd.DataFrame, name: str) -> Mask:
    """A column of yes and no; what is missing, a cell or the whole column, is a no."""
    if name not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame[name].fillna(value=False).to_numpy(dtype=bool)


def _holds(frame: pd.DataFrame, conditions: Sequence[Condition]) -> Mask:
    mask = np.ones(len(frame), dtype=bool)
    for condition in conditions:
        mask &= _meets(frame, condition)
    return mask


def _meets(frame: pd.DataFrame, condition: Condition) -> Mask:
    name = condition.column
    if name in FLAGS:
        return flag(frame, name) if condition.smallest else ~flag(frame, name)
    if name not in frame:
        return np.zeros(len(frame), dtype=bool)
    column = frame[name]
    # A missing value (a score of somebody without orders) meets no condition.
    known = column.notna().to_numpy(dtype=bool)
    if condition.words is not None:
        return known & column.isin(sorted(condition.words)).to_numpy(dtype=bool)
    values = _whole(column, name)
    low = -_ANY if condition.smallest is None else condition.smallest
    high = _ANY if condition.largest is None else condition.largest
    return known & (values >= low) & (values <= high)


def _whole(column: pd.Series[Any], name: str) -> Ints:
    """Whole numbers; ratios in millionths, as many decimals as are written."""
    if name not in RATIOS:
        whole: Ints = column.to_numpy(dtype=np.int64, na_value=0)
        return whole
    ratios: npt.NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=0)
    return np.rint(ratios * MILLION).astype(np.int64)
