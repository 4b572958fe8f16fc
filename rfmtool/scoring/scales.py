"""Cut points between scores: fitted once, saved as JSON, applied to anybody.

A fit looks at all customers, applying looks at each alone. So cut points can be kept from month to
month, and equal customers always get equal scores.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.columns import DIMENSIONS, UNITS_PER_CURRENCY
from rfmtool.errors import RulesError
from rfmtool.rules import MAX_BINS, METHODS, FitRules, Method, MethodName
from rfmtool.scoring.customers import money_text
from rfmtool.scoring.cuts import cumulative_cuts, quantile_cuts
from rfmtool.scoring.timing import Timing
from rfmtool.scoring.wallet import PeerSpend

Better = Literal["higher", "lower"]
VALUES: Final[Mapping[str, str]] = {
    "recency": "recency_days",
    "frequency": "frequency",
    "monetary": "monetary",
}
"""The column that each dimension scores."""
BETTER: Final[Mapping[str, Better]] = {
    "recency": "lower",
    "frequency": "higher",
    "monetary": "higher",
}
_VERSION: Final = 1
_LARGEST_CUT: Final = 2**63 - 1

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """Ascending cut points between bands, in whole units; `better` is the end that scores high.

    A value above a cut is in the next band; with `at_least` a value equal to it already is.
    Where a scale is nested, `cells` has the cuts of those with equal scores in the dimensions
    before, and `cuts` are for scores that nobody had in the fit.
    """

    method: MethodName
    cuts: tuple[int, ...]
    better: Better
    cells: Mapping[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)

    @property
    def bins(self) -> int:
        """The number of scores."""
        return len(self.cuts) + 1

    def scores(self, values: Ints, before: Sequence[Ints] = ()) -> Ints:
        """Score whole-unit values from 1 to `bins`; `before` are the scores to nest in."""
        band = self._nested_bands(values, before) if self.cells else self._bands(values)
        scores: Ints = self.bins - band if self.better == "lower" else band + 1
        return scores

    def _bands(self, values: Ints) -> Ints:
        side: Literal["left", "right"] = "right" if self.method == "at_least" else "left"
        return np.searchsorted(np.array(self.cuts, dtype=np.int64), values, side=side)

    def _nested_bands(self, values: Ints, before: Sequence[Ints]) -> Ints:
        shape = (MAX_BINS + 1,) * len(before)
        cuts = np.broadcast_to(np.array(self.cuts, dtype=np.int64), (*shape, self.bins - 1)).copy()
        for cell, own in self.cells.items():
            cuts[cell] = own
        above: Ints = (values[:, None] > cuts[tuple(before)]).sum(axis=1)
        return above

    def at(self, before: tuple[int, ...]) -> Scale:
        """The plain scale of those with these scores in the dimensions before."""
        return replace(self, cuts=self.cells.get(before, self.cuts), cells={})

    def values(self, worst: int, best: int) -> tuple[int | None, int | None]:
        """The lowest and highest whole value that score from `worst` to `best`; None: no limit.

        The lowest is above the highest where no value scores so.
        """
        tops = [cut - (self.method == "at_least") for cut in self.cuts]
        lows, highs = [None, *(top + 1 for top in tops)], [*tops, None]
        if self.better == "lower":
            worst, best = self.bins + 1 - best, self.bins + 1 - worst
        return lows[worst - 1], highs[best - 1]


@dataclass(frozen=True)
class Within:
    """Scales of their own for those who share a value of a column; a missing one reads as ""."""

    column: str
    groups: Mapping[str, Mapping[str, Scale]]


@dataclass(frozen=True)
class Scales:
    """The scales of all dimensions, what timing and spend are usual, and the day of the fit.

    Where scales are within groups, `by_dimension` is for groups that the fit did not see.
    """

    as_of: date
    by_dimension: Mapping[str, Scale]
    timing: Timing
    peer_spend: PeerSpend
    within: Within | None = None

    def __getitem__(self, dimension: str) -> Scale:
        """The scale of a dimension."""
        return self.by_dimension[dimension]

    def as_data(self) -> dict[str, Any]:
        """The scales as scales.json has them; money cuts are decimal text."""
        return {
            "version": _VERSION,
            "as_of": self.as_of.isoformat(),
            **{name: _scale_data(name, scale) for name, scale in self.by_dimension.items()},
            "timing": self.timing.as_data(),
            **({"within": _within_data(self.within)} if self.within else {}),
            "wallet": self.peer_spend.as_data(),
        }

    def in_group(self, group: str) -> Mapping[str, Scale]:
        """The scales of a group; the overall ones where the fit did not see it."""
        own = self.within.groups if self.within else {}
        return own.get(group, self.by_dimension)

    def of(self, person: pd.DataFrame) -> Scales:
        """The scales of one person (a frame of one row), without those of other groups."""
        if self.within is None:
            return self
        [group] = _groups(person, self.within.column)
        return replace(self, by_dimension=self.in_group(group), within=None)


def fit(  # noqa: PLR0913 - all but the last are what makes up Scales
    people: pd.DataFrame,
    scoring: Mapping[str, Method],
    timing: Timing,
    peer_spend: PeerSpend,
    as_of: date,
    *,
    rules: FitRules | None = None,
) -> Scales:
    """Fit cut points on the customers with at least one counting order.

    Args:
        people: frame with recency_days, frequency, monetary (1/10,000), and the column that the
            rules name.
        scoring: the method of each dimension.
        timing: what `timing.fit_timing` found.
        peer_spend: what `wallet.fit_peer_spend` found.
        as_of: the day recency is counted from.
        rules: who is fitted on, and within which column; everyone, and none, by default.

    Raises:
        RulesError: a method cannot score these values, there is no such column, or the limits
            leave nobody.
    """
    rules = rules or FitRules()
    buyers = people[people["frequency"] > 0]
    fitted_on = buyers[is_inside(buyers, rules)]
    if len(buyers) and not len(fitted_on):
        raise RulesError(
            "nobody lies within the limits that cut points are fitted on",
            "Look at --min-orders, --max-orders, --min-spend and --max-spend.",
        )
    overall = _fit_dimensions(fitted_on, scoring)
    within = fit_within(fitted_on, scoring, rules.within) if rules.within else None
    return Scales(as_of, overall, timing, peer_spend, within)


def is_inside(people: pd.DataFrame, rules: FitRules) -> npt.NDArray[np.bool_]:
    """Who lies within the limits of those whom cut points are fitted on."""
    inside = np.ones(len(people), dtype=bool)
    for column, least, most in (
        ("frequency", rules.min_orders, rules.max_orders),
        ("monetary", rules.min_spend, rules.max_spend),
    ):
        values = people[column].to_numpy()
        if least is not None:
            inside &= values >= least
        if most is not None:
            inside &= values <= most
    return inside


def fit_within(buyers: pd.DataFrame, scoring: Mapping[str, Method], column: str) -> Within:
    """Fit cut points for each value of a column on those who have it.

    A group whose values a method cannot score (see `cumulative_cuts`) is left out, like one that
    was never seen.

    Raises:
        RulesError: there is no such column.
    """
    groups = {}
    for name, rows in _rows_by_group(buyers, column):
        with suppress(RulesError):
            groups[name] = _fit_dimensions(buyers.iloc[rows], scoring)
    return Within(column, groups)


def is_unseen(people: pd.DataFrame, scales: Scales) -> npt.NDArray[np.bool_]:
    """Who is in a group that the fit did not see, and so is scored by the overall cut points."""
    if scales.within is None:
        return np.zeros(len(people), dtype=bool)
    unseen = ~_groups(people, scales.within.column).isin(list(scales.within.groups))
    return unseen.to_numpy(dtype=bool)


def _fit_dimensions(buyers: pd.DataFrame, scoring: Mapping[str, Method]) -> dict[str, Scale]:
    scales: dict[str, Scale] = {}
    before: list[Ints] = []
    for name in DIMENSIONS:
        values = buyers[VALUES[name]].to_numpy(dtype=np.int64)
        scales[name] = _fit_one(name, scoring[name], values, before)
        before.append(scales[name].scores(values, before))
    return scales


def _fit_one(name: str, method: Method, values: Ints, before: Sequence[Ints]) -> Scale:
    if method.name == "quantile":
        return Scale(method.name, quantile_cuts(values, method.bins), BETTER[name])
    if method.name == "nested":
        cells = _nested_cuts(values, before, method.bins)
        return Scale(method.name, quantile_cuts(values, method.bins), BETTER[name], cells)
    if method.name == "cumulative":
        return Scale(method.name, _cumulative_cuts(name, values, method.bins), BETTER[name])
    return Scale(method.name, method.cuts, BETTER[name])


def _cumulative_cuts(name: str, values: Ints, bins: int) -> tuple[int, ...]:
    try:
        return cumulative_cuts(values, bins)
    except ValueError:
        below = int((values < 0).sum())
        why = f"{below:,} of {len(values):,} buyers have less than 0" if below else "all have 0"
        leave_out = ", or leave them out of the fit with --min-spend 0" if below else ""
        raise RulesError(
            f"{name} cannot be scored by method cumulative: {why}",
            f"Take --cuts {name}=quantile:{bins}{leave_out}.",
        ) from None


def _nested_cuts(
    values: Ints, before: Sequence[Ints], bins: int
) -> dict[tuple[int, ...], tuple[int, ...]]:
    """Quantile cuts among those with equal scores in the dimensions before (as SPSS nests)."""
    cells, place = np.unique(np.stack(before), axis=1, return_inverse=True)
    return {
        tuple(cell): quantile_cuts(values[place == number], bins)
        for number, cell in enumerate(cells.T.tolist())
    }


def _groups(people: pd.DataFrame, column: str) -> pd.Series[str]:
    if column not in people:
        raise RulesError(
            f"there is no column {column!r} to score within",
            "Name a column of the contacts, or one carried through with --keep.",
        )
    return people[column].astype("str").fillna("")


def _rows_by_group(people: pd.DataFrame, column: str) -> Iterable[tuple[str, Ints]]:
    """Each value of the column, in order, with the places of those who have it."""
    codes, names = pd.factorize(_groups(people, column), sort=True)
    rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    return zip(names.tolist(), rows, strict=False)  # of nobody, split makes one empty part


def apply_scales(
    people: pd.DataFrame, scales: Scales, weights: Mapping[str, Decimal]
) -> pd.DataFrame:
    """Add recency_score, frequency_score, monetary_score, rfm and rfm_total.

    Args:
        people: frame with recency_days, frequency and monetary (1/10,000).
        scales: cut points; values outside the fitted range take the end scores.
        weights: the weight of each score in rfm_total.

    Returns:
        A new frame; scores are missing for customers without a counting order.
    """
    buyer = people["frequency"].to_numpy() > 0
    scores = _scores(people, scales.by_dimension)
    for group, rows in _rows_by_group(people, scales.within.column) if scales.within else ():
        own = _scores(people.iloc[rows], scales.in_group(group))
        for name in DIMENSIONS:
            scores[name][rows] = own[name]
    added = {f"{name}_score": pd.arrays.IntegerArray(scores[name], ~buyer) for name in DIMENSIONS}
    return people.assign(**added, rfm=_codes(scores, scales, buyer), rfm_total=_totals(
        scores, weights, buyer))  # fmt: skip


def _scores(people: pd.DataFrame, scales: Mapping[str, Scale]) -> dict[str, Ints]:
    scores: dict[str, Ints] = {}
    for name in DIMENSIONS:
        values = people[VALUES[name]].to_numpy(dtype=np.int64, na_value=0)
        scores[name] = scales[name].scores(values, tuple(scores.values()))
    return scores


def _codes(
    scores: Mapping[str, npt.NDArray[np.int64]], scales: Scales, buyer: npt.NDArray[np.bool_]
) -> pd.Series[str]:
    """The three scores as one text: 555, or 10-5-5 where a dimension has ten bins."""
    r, f, m = (scores[name] - 1 for name in DIMENSIONS)
    bins = [scales[name].bins for name in DIMENSIONS]
    joint = "-" if MAX_BINS in bins else ""
    labels = [
        joint.join((str(one), str(two), str(three)))
        for one in range(1, bins[0] + 1)
        for two in range(1, bins[1] + 1)
        for three in range(1, bins[2] + 1)
    ]
    places = (r * bins[1] + f) * bins[2] + m
    dtype = pd.CategoricalDtype(pd.Index(labels, dtype="str"))
    return pd.Series(pd.Categorical.from_codes(np.where(buyer, places, -1), dtype=dtype))


def _totals(
    scores: Mapping[str, npt.NDArray[np.int64]],
    weights: Mapping[str, Decimal],
    buyer: npt.NDArray[np.bool_],
) -> pd.api.extensions.ExtensionArray:
    if all(weight == weight.to_integral_value() for weight in weights.values()):
        whole = sum(int(weights[name]) * scores[name] for name in DIMENSIONS)
        return pd.arrays.IntegerArray(np.asarray(whole, dtype=np.int64), ~buyer)
    total = sum(float(weights[name]) * scores[name] for name in DIMENSIONS)
    # Weights have few decimals; what double sums leave beyond six is noise.
    return pd.arrays.FloatingArray(np.round(np.asarray(total, dtype=np.float64), 6), ~buyer)


def load_scales(path: str | os.PathLike[str]) -> Scales:
    """Load a scales.json that an earlier run wrote.

    Raises:
        RulesError: the file cannot be read or is none of ours.
    """
    where = os.fspath(path)
    try:
        data = json.loads(Path(path).read_text("utf-8"))
        scales = {name: _scale(name, data[name]) for name in DIMENSIONS}
        timing = Timing.from_data(data["timing"])
        within = _within(data["within"], scales) if "within" in data else None
        peer_spend = PeerSpend.from_data(data["wallet"])
        as_of = date.fromisoformat(data["as_of"])
        known = data["version"] == _VERSION
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        raise RulesError(
            f"{where}: cannot be read: {reason}", "Take the scales.json of a run."
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
        known = False
    if not known:
        raise RulesError(
            f"{where}: is not a scales file of this version", "Take the scales.json of a run."
        )
    return Scales(as_of, scales, timing, peer_spend, within)


def _scale_data(name: str, scale: Scale) -> dict[str, Any]:
    cells = [{"at": list(at), "cuts": _written(name, own)} for at, own in scale.cells.items()]
    data = {"method": scale.method, "better": scale.better, "cuts": _written(name, scale.cuts)}
    return {**data, "cells": cells} if cells else data


def _written(name: str, cuts: Sequence[int]) -> list[int | str]:
    return [money_text(cut) if name == "monetary" else cut for cut in cuts]


def _within_data(within: Within) -> dict[str, Any]:
    groups = {
        group: {name: _scale_data(name, scale) for name, scale in scales.items()}
        for group, scales in within.groups.items()
    }
    return {"column": within.column, "groups": groups}


def _within(data: Mapping[str, Any], overall: Mapping[str, Scale]) -> Within:
    groups = {
        group: {name: _scale(name, scales[name]) for name in DIMENSIONS}
        for group, scales in data["groups"].items()
    }
    bins = [overall[name].bins for name in DIMENSIONS]
    if any([own[name].bins for name in DIMENSIONS] != bins for own in groups.values()):
        raise ValueError("groups have as many bins as everyone")
    if type(data["column"]) is not str:
        raise TypeError("a column")
    return Within(data["column"], groups)


def _scale(name: str, data: Mapping[str, Any]) -> Scale:
    if data["method"] not in METHODS or data["better"] != BETTER[name]:
        raise ValueError(name)
    cuts = _cuts(name, data["cuts"])
    cells = {_cell(name, one["at"]): _cuts(name, one["cuts"]) for one in data.get("cells", [])}
    if any(len(own) != len(cuts) for own in cells.values()):
        raise ValueError(name)
    return Scale(data["method"], cuts, BETTER[name], cells)


def _cuts(name: str, data: Any) -> tuple[int, ...]:  # noqa: ANN401 - unchecked input
    unit = UNITS_PER_CURRENCY if name == "monetary" else 1
    if not isinstance(data, list):
        raise TypeError(name)
    cuts = tuple(_whole(Decimal(cut) * unit) for cut in data)
    if not 1 <= len(cuts) < MAX_BINS or list(cuts) != sorted(cuts):
        raise ValueError(name)
    return cuts


def _cell(name: str, data: Any) -> tuple[int, ...]:  # noqa: ANN401 - unchecked input
    scores = tuple(data)
    whole = all(type(score) is int and 1 <= score <= MAX_BINS for score in scores)
    if not whole or not scores or len(scores) != DIMENSIONS.index(name):
        raise ValueError(name)
    return scores


def _whole(cut: Decimal) -> int:
    if cut != int(cut) or abs(cut) > _LARGEST_CUT:
        raise ValueError("a cut")
    return int(cut)
