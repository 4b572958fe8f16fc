"""Scores of customers by the cut points in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints, Mask
from rfmtool.columns import DIMENSIONS
from rfmtool.errors import RulesError
from rfmtool.frames import categorical_from_codes, with_columns
from rfmtool.rules import MAX_BINS
from rfmtool.scoring.scales import SCORED_COLUMNS, Scale, Scales


def apply_scales(
    customers: pd.DataFrame, scales: Scales, weights: Mapping[str, Decimal]
) -> pd.DataFrame:
    """Add recency_score, frequency_score, monetary_score, rfm and rfm_total, by the weights.

    Reads recency_days, frequency and monetary (1/10,000). Values outside the fitted range take the
    end scores; scores are missing for customers without a counting order.

    Raises:
        RulesError: there is no column that the scales are within.
    """
    is_buyer = customers["frequency"].to_numpy() > 0
    scores = _scores(customers, scales.by_dimension)
    for group, rows in places_by_group(customers, scales.within.column) if scales.within else ():
        group_scores = _scores(customers.iloc[rows], scales.in_group(group))
        for name in DIMENSIONS:
            scores[name][rows] = group_scores[name]
    added = {
        **{f"{name}_score": pd.arrays.IntegerArray(scores[name], ~is_buyer) for name in DIMENSIONS},
        "rfm": _rfm_codes(scores, scales, is_buyer),
        "rfm_total": _totals(scores, weights, is_buyer),
    }
    return with_columns(customers, added)


def _scores(customers: pd.DataFrame, scales: Mapping[str, Scale]) -> dict[str, Ints]:
    scores: dict[str, Ints] = {}
    for name in DIMENSIONS:
        values = customers[SCORED_COLUMNS[name]].to_numpy(dtype=np.int64, na_value=0)
        scores[name] = scales[name].scores(values, tuple(scores.values()))
    return scores


def _rfm_codes(scores: Mapping[str, Ints], scales: Scales, is_buyer: Mask) -> pd.Categorical[Any]:
    """The three scores as one text: 555, or 10-5-5 where a dimension has ten bins."""
    r, f, m = (scores[name] - 1 for name in DIMENSIONS)
    bins = [scales[name].bins for name in DIMENSIONS]
    separator = "-" if MAX_BINS in bins else ""
    digits = ([str(score) for score in range(1, count + 1)] for count in bins)
    labels = tuple(map(separator.join, product(*digits)))
    codes = (r * bins[1] + f) * bins[2] + m
    return categorical_from_codes(np.where(is_buyer, codes, -1), labels)


def _totals(
    scores: Mapping[str, Ints], weights: Mapping[str, Decimal], is_buyer: Mask
) -> pd.api.extensions.ExtensionArray:
    if all(weight == weight.to_integral_value() for weight in weights.values()):
        integers = sum(int(weights[name]) * scores[name] for name in DIMENSIONS)
        return pd.arrays.IntegerArray(np.asarray(integers, dtype=np.int64), ~is_buyer)
    total = sum(float(weights[name]) * scores[name] for name in DIMENSIONS)
    # Weights have few decimals; beyond six there is only rounding error.
    return pd.arrays.FloatingArray(np.round(np.asarray(total, dtype=np.float64), 6), ~is_buyer)


def is_in_unseen_group(customers: pd.DataFrame, scales: Scales) -> Mask:
    """Which customers are in a group that the fit did not see, so that overall cuts apply."""
    if scales.within is None:
        return np.zeros(len(customers), dtype=bool)
    unseen = ~group_labels(customers, scales.within.column).isin(list(scales.within.groups))
    return unseen.to_numpy(dtype=bool)


def scales_for_customer(person: pd.DataFrame, scales: Scales) -> Scales:
    """The scales of one customer (a frame of one row), without those of other groups."""
    if scales.within is None:
        return scales
    [group] = group_labels(person, scales.within.column)
    return replace(scales, by_dimension=scales.in_group(group), within=None)


def group_labels(customers: pd.DataFrame, column: str) -> pd.Series[str]:
    """The group of each customer by a column, "" where missing; RulesError without the column."""
    if column not in customers:
        raise RulesError(
            f"there is no column {column!r} to score within",
            "Name a column of the contacts, or one carried through with --keep.",
        )
    return customers[column].astype("str").fillna("")


def places_by_group(customers: pd.DataFrame, column: str) -> Iterable[tuple[str, Ints]]:
    """The values of the column in order, each with its customers; RulesError without the column."""
    codes, names = pd.factorize(group_labels(customers, column), sort=True)
    rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    return zip(names.tolist(), rows, strict=False)  # without customers, split gives an empty part
