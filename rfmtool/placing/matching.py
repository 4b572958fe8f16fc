"""Rows of a frame against rows of rules: the first rule that holds gives the label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Ints, Mask
from rfmtool.columns import FLAGS, MILLION, RATIOS
from rfmtool.frames import categorical_from_codes
from rfmtool.rules import Condition, Rule

Places = npt.NDArray[np.intp]


def first_match(frame: pd.DataFrame, rules: Sequence[Rule]) -> Places:
    """For each row, the place of the first rule it satisfies.

    Some rule must hold for every row; the loader of the rules sees to that.
    """
    asked = {one.column for rule in rules for one in rule.conditions} - FLAGS
    columns = {name: _Column(frame[name]) for name in asked if name in frame}
    meets = cache(partial(_meets, frame, columns))  # many rows share a condition
    places: Places = np.zeros(len(frame), dtype=np.intp)
    passed = np.ones(len(frame), dtype=bool)
    for rule in rules[:-1]:
        passed &= ~_hold(len(frame), rule.conditions, meets)
        places += passed  # a row's place is the number of rules it has passed
    return places


def labels_at(places: Places, labels: Sequence[str]) -> pd.Categorical[Any]:
    """The labels at the rules' places, as categories in the order of the rules; they may recur."""
    distinct = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    codes = np.array([distinct[label] for label in labels])
    return categorical_from_codes(codes[places], [*distinct])


def flag_mask(frame: pd.DataFrame, name: str) -> Mask:
    """A column of yes and no; what is missing, a cell or the whole column, is a no."""
    if name not in frame:
        return np.zeros(len(frame), dtype=bool)
    cells = frame[name].array
    if cells.dtype == bool:
        return np.asarray(cells)
    return frame[name].fillna(value=False).to_numpy(dtype=bool)


def column_equals(frame: pd.DataFrame, name: str, value: str | bool) -> Mask:  # noqa: FBT001 - a cell
    """Which cells of a column are the value; a missing one is not, nor is any of no column."""
    if name not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame[name].eq(value).fillna(value=False).to_numpy(dtype=bool)


@dataclass(frozen=True)
class _Column:
    """A column of numbers or words as conditions read it: rows of rules ask it time and again."""

    cells: pd.Series[Any]

    @cached_property
    def known(self) -> Mask:
        """A missing value (a score of somebody without orders) meets no condition."""
        return np.asarray(~self.cells.array.isna(), dtype=bool)

    @cached_property
    def whole(self) -> Ints:
        """Whole numbers; ratios in millionths, as many decimals as are written."""
        if self.cells.name not in RATIOS:
            whole: Ints = self.cells.array.to_numpy(dtype=np.int64, na_value=0)
            return whole
        ratios: npt.NDArray[np.float64] = self.cells.to_numpy(dtype=np.float64, na_value=0)
        return np.rint(ratios * MILLION).astype(np.int64)

    def _is_one_of(self, words: frozenset[str]) -> Mask:
        cells = self.cells.array
        if not isinstance(cells, pd.Categorical):
            return self.cells.isin(sorted(words)).to_numpy(dtype=bool)
        is_one = [name in words for name in cells.categories]  # of a few distinct, taken by code
        return np.asarray(np.array([*is_one, False])[cells.codes])

    def meets(self, condition: Condition) -> Mask:
        """Which cells lie within the bounds, or are one of the words."""
        mask = self.known
        if condition.words is not None:
            mask = mask & self._is_one_of(condition.words)
        if condition.smallest is not None:
            mask = mask & (self.whole >= condition.smallest)
        if condition.largest is not None:
            mask = mask & (self.whole <= condition.largest)
        return mask


def _hold(count: int, conditions: Sequence[Condition], meets: Callable[[Condition], Mask]) -> Mask:
    mask = np.ones(count, dtype=bool)
    for condition in conditions:
        mask &= meets(condition)
        if not mask.any():
            break
    return mask


def _meets(frame: pd.DataFrame, columns: Mapping[str, _Column], condition: Condition) -> Mask:
    name = condition.column
    if name in FLAGS:
        return flag_mask(frame, name) if condition.smallest else ~flag_mask(frame, name)
    if name not in columns:
        return np.zeros(len(frame), dtype=bool)
    return columns[name].meets(condition)
