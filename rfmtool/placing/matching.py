"""Rows of a frame against rows of rules: the first rule that holds gives the label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.rules import Condition, Rule

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


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


def _holds(frame: pd.DataFrame, conditions: Sequence[Condition]) -> Mask:
    mask = np.ones(len(frame), dtype=bool)
    for condition in conditions:
        # Whole numbers; a missing one (a score of somebody without orders) meets no condition.
        column = frame[condition.column]
        values = column.to_numpy(dtype=np.int64, na_value=np.iinfo(np.int64).min)
        mask &= ~column.isna().to_numpy()
        if condition.smallest is not None:
            mask &= values >= condition.smallest
        if condition.largest is not None:
            mask &= values <= condition.largest
    return mask
