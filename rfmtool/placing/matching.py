"""Evaluation of rules on a frame: for each row the first rule that matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Ints, Mask
from rfmtool.columns import FLAGS, MILLION, RATIOS
from rfmtool.frames import categorical_from_codes
from rfmtool.rules import Condition, Rule

RuleIndices = npt.NDArray[np.intp]


def first_match(frame: pd.DataFrame, rules: Sequence[Rule]) -> RuleIndices:
    """For each row, the place of the first rule that matches; the last one matches all rows."""
    used = {condition.column for rule in rules for condition in rule.conditions} - FLAGS
    columns = {name: _Column(frame[name]) for name in used if name in frame}
    no_rows = np.zeros(len(frame), dtype=bool)

    @cache  # many rules share a condition
    def meets(condition: Condition) -> Mask:
        name = condition.column
        if name in FLAGS:
            return flag_mask(frame, name) if condition.smallest else ~flag_mask(frame, name)
        return columns[name].meets(condition) if name in columns else no_rows

    places: RuleIndices = np.zeros(len(frame), dtype=np.intp)
    unmatched = np.ones(len(frame), dtype=bool)
    for rule in rules[:-1]:
        is_met = np.ones(len(frame), dtype=bool)
        for condition in rule.conditions:
            is_met &= meets(condition)
            if not is_met.any():
                break
        unmatched &= ~is_met
        places += unmatched  # a row's place is the number of rules that did not match
    return places


def labels_at(places: RuleIndices, labels: Sequence[str]) -> pd.Categorical[Any]:
    """The labels at these places, as categories in the order of first occurrence."""
    distinct = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    codes = np.array([distinct[label] for label in labels])
    return categorical_from_codes(codes[places], [*distinct])


def flag_mask(frame: pd.DataFrame, name: str) -> Mask:
    """A boolean column as a mask; False where a cell or the whole column is missing."""
    if name not in frame:
        return np.zeros(len(frame), dtype=bool)
    cells = frame[name].array
    if cells.dtype == bool:
        return np.asarray(cells)
    return frame[name].fillna(value=False).to_numpy(dtype=bool)


def column_equals(frame: pd.DataFrame, name: str, value: str | bool) -> Mask:  # noqa: FBT001 - a cell
    """Which cells equal the value; False where a cell or the whole column is missing."""
    if name not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame[name].eq(value).fillna(value=False).to_numpy(dtype=bool)


@dataclass(frozen=True)
class _Column:
    """A column of numbers or words, with conversions cached for many conditions."""

    cells: pd.Series[Any]

    @cached_property
    def known(self) -> Mask:
        """Which cells have a value; a missing one meets no condition."""
        return np.asarray(~self.cells.array.isna(), dtype=bool)

    @cached_property
    def integers(self) -> Ints:
        """The numbers as integers; ratios in millionths, as many decimals as are written."""
        if self.cells.name not in RATIOS:
            integers: Ints = self.cells.array.to_numpy(dtype=np.int64, na_value=0)
            return integers
        ratios: npt.NDArray[np.float64] = self.cells.to_numpy(dtype=np.float64, na_value=0)
        return np.rint(ratios * MILLION).astype(np.int64)

    def _is_one_of(self, words: frozenset[str]) -> Mask:
        cells = self.cells.array
        if not isinstance(cells, pd.Categorical):
            return self.cells.isin(sorted(words)).to_numpy(dtype=bool)
        is_word = [name in words for name in cells.categories]  # code -1 takes the last, False
        return np.asarray(np.array([*is_word, False])[cells.codes])

    def meets(self, condition: Condition) -> Mask:
        """Which cells are within the bounds, or are one of the words."""
        mask = self.known
        if condition.words is not None:
            mask = mask & self._is_one_of(condition.words)
        if condition.smallest is not None:
            mask = mask & (self.integers >= condition.smallest)
        if condition.largest is not None:
            mask = mask & (self.integers <= condition.largest)
        return mask
