"""Cut points between scores: fitted once, saved as JSON, applied to any customers.

They are fitted to all customers, but applied to each independently. So they can be kept from month
to month, and equal customers always get equal scores.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from rfmtool.arrays import Ints
from rfmtool.columns import DIMENSIONS
from rfmtool.documents import parse_json, read_file_bytes
from rfmtool.errors import RulesError, check_type
from rfmtool.locations import check_is_local_path
from rfmtool.money import UNITS_PER_CURRENCY, money_text
from rfmtool.rules import MAX_BINS, METHODS, MethodName
from rfmtool.scoring.peer_spend import PeerSpend
from rfmtool.scoring.timing import Timing

Better = Literal["higher", "lower"]
SCORED_COLUMNS: Final = {**{name: name for name in DIMENSIONS}, "recency": "recency_days"}
"""The column that each dimension scores."""
BETTER: Final[dict[str, Better]] = {"recency": "lower", "frequency": "higher", "monetary": "higher"}
_VERSION: Final = 1
_LARGEST_CUT: Final = 2**63 - 1


@dataclass(frozen=True)
class Scale:
    """Ascending cut points between bands, in integer units; `better` is the end that scores high.

    A value above a cut is in the next band; with `at_least` a value equal to it already is.
    A nested scale has `nested_cuts` by the scores in the previous dimensions, and `cuts` for
    scores that did not occur in the fit.
    """

    method: MethodName
    cuts: tuple[int, ...]
    better: Better
    nested_cuts: Mapping[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)

    @property
    def bins(self) -> int:
        """The number of scores."""
        return len(self.cuts) + 1

    def scores(self, values: Ints, before: Sequence[Ints] = ()) -> Ints:
        """Score integer values from 1 to `bins`; `before` are the scores in previous dimensions."""
        band: Ints = np.zeros(len(values), dtype=np.int64)
        if self.nested_cuts:
            shape = (*((MAX_BINS + 1,) * len(before)), self.bins - 1)
            cuts = np.broadcast_to(np.array(self.cuts, dtype=np.int64), shape).copy()
            for cell, cell_cuts in self.nested_cuts.items():
                cuts[cell] = cell_cuts
            band = (values[:, None] > cuts[tuple(before)]).sum(axis=1)
        else:
            # Cuts are few, so comparing with each is faster than searching.
            is_above = np.greater_equal if self.method == "at_least" else np.greater
            for cut in self.cuts:
                band += is_above(values, cut)
        return np.asarray(self.bins - band if self.better == "lower" else band + 1)

    def for_scores(self, before: tuple[int, ...]) -> Scale:
        """The scale, not nested, for these scores in the previous dimensions."""
        return replace(self, cuts=self.nested_cuts.get(before, self.cuts), nested_cuts={})

    def value_range(self, worst: int, best: int) -> tuple[int | None, int | None]:
        """The lowest and highest value with a score from `worst` to `best`; None: no limit.

        The lowest is above the highest if no value has such a score.
        """
        tops = [cut - (self.method == "at_least") for cut in self.cuts]
        lows, highs = [None, *(top + 1 for top in tops)], [*tops, None]
        if self.better == "lower":
            worst, best = self.bins + 1 - best, self.bins + 1 - worst
        return lows[worst - 1], highs[best - 1]


@dataclass(frozen=True)
class GroupScales:
    """Separate scales for each value of a column; a missing value is ""."""

    column: str
    groups: Mapping[str, Mapping[str, Scale]]


@dataclass(frozen=True)
class Scales:
    """The scales of all dimensions, usual timing and peer spend, and the day of the fit.

    Where scales are within groups, `by_dimension` is for groups that the fit did not see.
    """

    as_of: date
    by_dimension: Mapping[str, Scale]
    timing: Timing
    peer_spend: PeerSpend
    within: GroupScales | None = None

    def __getitem__(self, dimension: str) -> Scale:
        """The scale of a dimension."""
        return self.by_dimension[dimension]

    def as_data(self) -> dict[str, Any]:
        """Plain data for scales.json; money cuts are decimal text."""
        data = {
            "version": _VERSION,
            "as_of": self.as_of.isoformat(),
            **_scales_data(self.by_dimension),
            "timing": self.timing.as_data(),
        }
        if self.within:
            groups = {group: _scales_data(scales) for group, scales in self.within.groups.items()}
            data["within"] = {"column": self.within.column, "groups": groups}
        return {**data, "wallet": self.peer_spend.as_data()}

    def in_group(self, group: str) -> Mapping[str, Scale]:
        """The scales of a group; the overall ones if the fit did not see it."""
        groups = self.within.groups if self.within else {}
        return groups.get(group, self.by_dimension)


def load_scales(path: str | os.PathLike[str]) -> Scales:
    """Load the scales.json of an earlier run; raises RulesError where it is no such file."""
    check_type("scales", path, (str, os.PathLike), "a scales.json, or the scales of a run")
    where, hint = os.fspath(path), "Take the scales.json of a run."
    check_is_local_path(where)
    try:
        data = parse_json(read_file_bytes(Path(path)))
        scales = {name: _scale(name, data[name]) for name in DIMENSIONS}
        timing = Timing.from_data(data["timing"])
        within = _within(data["within"], scales) if "within" in data else None
        peer_spend = PeerSpend.from_data(data["wallet"])
        as_of = date.fromisoformat(data["as_of"])
        is_valid = data["version"] == _VERSION
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        raise RulesError(f"{where}: cannot be read: {reason}", hint) from None
    except (
        ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
    ):  # fmt: skip
        is_valid = False
    if not is_valid:
        raise RulesError(f"{where}: is not a scales file of this version", hint)
    return Scales(as_of, scales, timing, peer_spend, within)


def _scales_data(scales: Mapping[str, Scale]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, scale in scales.items():
        cuts = _cuts_data(name, scale.cuts)
        data[name] = {"method": scale.method, "better": scale.better, "cuts": cuts}
        if scale.nested_cuts:
            data[name]["cells"] = [
                {"at": list(cell), "cuts": _cuts_data(name, cell_cuts)}
                for cell, cell_cuts in scale.nested_cuts.items()
            ]
    return data


def _cuts_data(name: str, cuts: Sequence[int]) -> list[int | str]:
    return [money_text(cut) if name == "monetary" else cut for cut in cuts]


def _within(data: Mapping[str, Any], overall: Mapping[str, Scale]) -> GroupScales:
    groups = {
        group: {name: _scale(name, scales[name]) for name in DIMENSIONS}
        for group, scales in data["groups"].items()
    }
    bins = [overall[name].bins for name in DIMENSIONS]
    if any([scales[name].bins for name in DIMENSIONS] != bins for scales in groups.values()):
        raise ValueError("groups have as many bins as everyone")
    if type(data["column"]) is not str:
        raise TypeError("a column")
    return GroupScales(data["column"], groups)


def _scale(name: str, data: Mapping[str, Any]) -> Scale:
    if data["method"] not in METHODS or data["better"] != BETTER[name]:
        raise ValueError(name)
    cuts, cells = _cuts(name, data["cuts"]), {}
    for cell in data.get("cells", []):
        before = tuple(cell["at"])
        are_scores = all(type(score) is int and 1 <= score <= MAX_BINS for score in before)
        if not are_scores or not before or len(before) != DIMENSIONS.index(name):
            raise ValueError(name)
        cells[before] = _cuts(name, cell["cuts"])
        if len(cells[before]) != len(cuts):
            raise ValueError(name)
    return Scale(data["method"], cuts, BETTER[name], cells)


def _cuts(name: str, data: Any) -> tuple[int, ...]:  # noqa: ANN401 - unchecked input
    unit = UNITS_PER_CURRENCY if name == "monetary" else 1
    if not isinstance(data, list):
        raise TypeError(name)
    cuts = [Decimal(cut) * unit for cut in data]
    if any(cut != int(cut) or abs(cut) > _LARGEST_CUT for cut in cuts):
        raise ValueError(name)
    if not 1 <= len(cuts) < MAX_BINS or cuts != sorted(cuts):
        raise ValueError(name)
    return tuple(int(cut) for cut in cuts)
