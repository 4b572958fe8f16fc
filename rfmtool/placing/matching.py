"""Rows of a frame against rows of rules: the first rule that holds gives the label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.rules import Condition, Rule

Mask = npt.NDArray[np.bool_]


def first_match(frame: pd.DataFrame, rules: Sequence[Rule]) -> npt.NDArray[np.intp]:
    """For each row, the place of the first rule it satisfies.

    Some rule must hold for every row; the loader of the rules sees to that.
    """
    holds = np.stack([_holds(frame, rule.conditions) for rule in rules])
    return holds.argmax(axis=0)


def labelled(places: npt.NDArray[np.intp], rules: Sequence[Rule]) -> pd.Categorical:
    """The labels at the rules' places; labels may recur, and keep the order of the rules."""
    labels = list(dict.fromkeys(rule.label for rule in rules))
    codes = np.array([labels.index(rule.label) for rule in rules])
    return pd.Categorical.from_codes(codes[places], categories=labels)


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
