"""Cut points between scores: fitted once, saved as JSON, applied to anybody.

A fit looks at all customers, applying looks at each alone. So cut points can be kept from month to
month, and equal customers always get equal scores.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.columns import DIMENSIONS, UNITS_PER_CURRENCY
from rfmtool.errors import RulesError
from rfmtool.rules import MAX_BINS, METHODS, Method, MethodName
from rfmtool.scoring.customers import money_text
from rfmtool.scoring.cuts import quantile_cuts
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


@dataclass(frozen=True)
class Scale:
    """Ascending cut points between bands, in whole units; `better` is the end that scores high.

    A value above a cut is in the next band; with `at_least` a value equal to it already is.
    """

    method: MethodName
    cuts: tuple[int, ...]
    better: Better

    @property
    def bins(self) -> int:
        """The number of scores."""
        return len(self.cuts) + 1

    def scores(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Score whole-unit values from 1 to `bins`."""
        side: Literal["left", "right"] = "right" if self.method == "at_least" else "left"
        band = np.searchsorted(np.array(self.cuts, dtype=np.int64), values, side=side)
        scores: npt.NDArray[np.int64] = self.bins - band if self.better == "lower" else band + 1
        return scores

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
class Scales:
    """The scales of all dimensions, what timing and spend are usual, and the day of the fit."""

    as_of: date
    by_dimension: Mapping[str, Scale]
    timing: Timing
    peer_spend: PeerSpend

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
            "wallet": self.peer_spend.as_data(),
        }


def fit(
    people: pd.DataFrame,
    scoring: Mapping[str, Method],
    timing: Timing,
    peer_spend: PeerSpend,
    as_of: date,
) -> Scales:
    """Fit cut points on the customers with at least one counting order.

    Args:
        people: frame with recency_days, frequency, monetary (1/10,000).
        scoring: the method of each dimension.
        timing: what `timing.fit_timing` found.
        peer_spend: what `wallet.fit_peer_spend` found.
        as_of: the day recency is counted from.
    """
    buyers = people[people["frequency"] > 0]
    scales = {}
    for name in DIMENSIONS:
        method = scoring[name]
        cuts = method.cuts
        if method.name == "quantile":
            cuts = quantile_cuts(buyers[VALUES[name]].to_numpy(dtype=np.int64), method.bins)
        scales[name] = Scale(method.name, cuts, BETTER[name])
    return Scales(as_of, scales, timing, peer_spend)


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
    scores = {}
    for name in DIMENSIONS:
        values = people[VALUES[name]].to_numpy(dtype=np.int64, na_value=0)
        scores[name] = scales[name].scores(values)
    added = {f"{name}_score": pd.arrays.IntegerArray(scores[name], ~buyer) for name in DIMENSIONS}
    return people.assign(**added, rfm=_codes(scores, scales, buyer), rfm_total=_totals(
        scores, weights, buyer))  # fmt: skip


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
        peer_spend = PeerSpend.from_data(data["wallet"])
        as_of = date.fromisoformat(data["as_of"])
        known = data["version"] == _VERSION
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        raise RulesError(
            f"{where}: cannot be read: {reason}", "Take the scales.json of a run."
        ) from None
    except (ValueError, LookupError, TypeError, ArithmeticError):
        known = False
    if not known:
        raise RulesError(
            f"{where}: is not a scales file of this version", "Take the scales.json of a run."
        )
    return Scales(as_of, scales, timing, peer_spend)


def _scale_data(name: str, scale: Scale) -> dict[str, Any]:
    cuts = [money_text(cut) if name == "monetary" else cut for cut in scale.cuts]
    return {"method": scale.method, "better": scale.better, "cuts": cuts}


def _scale(name: str, data: Mapping[str, Any]) -> Scale:
    unit = UNITS_PER_CURRENCY if name == "monetary" else 1
    known = data["method"] in METHODS and data["better"] == BETTER[name]
    if not known or not isinstance(data["cuts"], list):
        raise ValueError(name)
    cuts = tuple(_whole(Decimal(cut) * unit) for cut in data["cuts"])
    if not 1 <= len(cuts) < MAX_BINS or list(cuts) != sorted(cuts):
        raise ValueError(name)
    return Scale(data["method"], cuts, BETTER[name])


def _whole(cut: Decimal) -> int:
    if cut != int(cut) or abs(cut) > _LARGEST_CUT:
        raise ValueError("a cut")
    return int(cut)
