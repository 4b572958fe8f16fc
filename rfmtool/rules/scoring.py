"""How each dimension is scored: the scoring section, --cuts, and the options of the fit."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from rfmtool.columns import ALWAYS_WRITTEN, DIMENSIONS
from rfmtool.errors import RulesError
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.rules.checking import Unchecked, check_keys, cut_to_units, is_number
from rfmtool.rules.values import BINNED, MAX_BINS, METHODS, MIN_BINS, FitRules, Method

_LARGEST_WEIGHT: Final = 1_000_000
FIT_LIMITS: Final = {
    "min_orders": "at_least",
    "max_orders": "fixed",
    "min_spend": "at_least",
    "max_spend": "fixed",
}
"""Limits of a fit, and the method by whose rule a fractional number is rounded."""


def parse_cuts(text: str) -> tuple[str, Method]:
    """Parse `DIMENSION=30,60,90` or `DIMENSION=quantile:5`; raises RulesError if it is neither."""
    try:
        return _cuts(text)
    except RulesError as error:
        hint = "For example recency=30,60,90,180 or frequency=quantile:5."
        raise RulesError(error.args[0], hint) from None


def parse_fit(within: str | None, limits: Mapping[str, str]) -> FitRules:
    """Parse the options on who cut points are fitted on, and within which column.

    Raises RulesError where one is not a number, or together they exclude everyone.
    """
    try:
        numbers = {name: Decimal(text) for name, text in limits.items()}
    except ArithmeticError:
        named = ", ".join(f"--{name.replace('_', '-')}" for name in limits)
        raise RulesError(f"{named}: a number is needed", "For example 2 or 99.50.") from None
    column = _within(within, "--within")
    try:
        return FitRules(column, **_limits(numbers, lambda key: f"--{key.replace('_', '-')}"))
    except RulesError as error:
        raise RulesError(error.args[0], "For example 2 or 99.50.") from None


def _cuts(text: str) -> tuple[str, Method]:
    name, _, value = text.partition("=")
    where = f"--cuts {text}"
    if name not in DIMENSIONS:
        raise RulesError(f"{where}: the dimension must be one of {', '.join(DIMENSIONS)}")
    method, colon, rest = value.partition(":")
    if not colon:
        method, rest = "fixed", value
    if method in BINNED:
        bins = int(rest) if re.fullmatch(r"\d{1,9}", rest) else rest
        return name, parse_method(name, {"method": method, "bins": bins}, where)
    try:
        cuts = [Decimal(cut) for cut in rest.split(",")]
    except ArithmeticError:
        raise RulesError(f"{where}: cuts are numbers with commas between them") from None
    return name, parse_method(name, {"method": method, "cuts": cuts}, where)


def parse_method(name: str, data: Unchecked, where: str) -> Method:
    """Parse the method of a dimension."""
    check_keys(data, {"method", "bins", "cuts"}, where)
    method = data.get("method")
    if method not in METHODS:
        raise RulesError(f"{where}: method must be one of {', '.join(METHODS)}")
    if method == "nested" and name == DIMENSIONS[0]:
        raise RulesError(f"{where}: {name} comes first, so there is nothing to nest it in")
    if method in BINNED:
        bins = data.get("bins", 5)
        if "cuts" in data or type(bins) is not int or not MIN_BINS <= bins <= MAX_BINS:
            raise RulesError(f"{where}: {method} takes bins from {MIN_BINS} to {MAX_BINS}, no cuts")
        return Method(method, bins)
    cuts = data.get("cuts")
    if not isinstance(cuts, list) or not MIN_BINS <= len(cuts) + 1 <= MAX_BINS:
        raise RulesError(f"{where}: {method} takes {MIN_BINS - 1} to {MAX_BINS - 1} cuts")
    if "bins" in data and data["bins"] != len(cuts) + 1:
        raise RulesError(f"{where}: {len(cuts)} cuts make {len(cuts) + 1} bins")
    units = tuple(cut_to_units(cut, name == "monetary", method, f"{where}.cuts") for cut in cuts)
    if any(low >= high for low, high in itertools.pairwise(units)):
        raise RulesError(f"{where}: cuts must ascend")
    return Method(method, len(cuts) + 1, units)


def method_data(name: str, method: Method) -> dict[str, Any]:
    """A method as plain data for `parse_method`."""
    if not method.cuts:
        return {"method": method.name, "bins": method.bins}
    unit = UNITS_PER_CURRENCY if name == "monetary" else 1
    return {"method": method.name, "cuts": [Decimal(cut) / unit for cut in method.cuts]}


def parse_fit_section(data: Unchecked, where: str) -> FitRules:
    """Parse the section on who cut points are fitted on."""
    check_keys(data, {"within", *FIT_LIMITS}, where)
    within = _within(data.get("within"), f"{where}.within")
    return FitRules(within, **_limits(data, lambda key: f"{where}.{key}"))


def _within(within: Unchecked, where: str) -> str | None:
    if within is not None and (not isinstance(within, str) or not within):
        raise RulesError(f"{where}: the name of a column")
    if within in ALWAYS_WRITTEN:
        raise RulesError(
            f"{where}: {within} is what rfmtool writes itself",
            "Name a column of the contacts, such as country, or one carried through with --keep.",
        )
    return within


def _limits(data: Mapping[str, Any], shown_name: Callable[[str], str]) -> dict[str, int]:
    limits = {
        key: cut_to_units(data[key], key.endswith("spend"), FIT_LIMITS[key], shown_name(key))
        for key in FIT_LIMITS
        if key in data
    }
    for key in ("min_orders", "max_orders"):
        if limits.get(key, 0) < 0:
            raise RulesError(f"{shown_name(key)}: nobody has fewer than no orders")
    for low, high in (("min_orders", "max_orders"), ("min_spend", "max_spend")):
        if low in limits and high in limits and limits[low] > limits[high]:
            raise RulesError(f"{shown_name(low)}: above the most, which leaves nobody")
    return limits


def fit_data(fit: FitRules) -> dict[str, Any]:
    """Fit rules as plain data for `parse_fit_section`."""
    return {
        key: Decimal(value) / UNITS_PER_CURRENCY if key.endswith("spend") else value
        for key, value in asdict(fit).items()
        if value is not None
    }


def parse_weights(data: Unchecked, where: str) -> dict[str, Decimal]:
    """Parse the weight of each score in rfm_total, by default 1."""
    check_keys(data, set(DIMENSIONS), where)
    weights = {name: data.get(name, 1) for name in DIMENSIONS}
    for name, weight in weights.items():
        if not is_number(weight) or not 0 <= weight <= _LARGEST_WEIGHT:
            raise RulesError(f"{where}.{name}: a weight is a number from 0 to {_LARGEST_WEIGHT:,}")
    return {name: Decimal(weight) for name, weight in weights.items()}
