"""The rules in force: scoring methods, segments and ladder as rows, read from TOML.

Rules are data. Nothing here evaluates an expression; a rule is a label and conditions of the form
column, smallest, largest.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

from rfmtool.columns import DIMENSIONS, UNITS_PER_CURRENCY
from rfmtool.errors import RulesError

MethodName = Literal["quantile", "fixed", "at_least"]
METHODS: Final[tuple[MethodName, ...]] = ("quantile", "fixed", "at_least")
MIN_BINS, MAX_BINS = 2, 10
NO_ORDERS: Final = "no_orders"
_SHIPPED: Final = "default_rules.toml"
_LARGEST_NUMBER: Final = 2**62 // UNITS_PER_CURRENCY
_LARGEST_WEIGHT: Final = 1_000_000
_LADDER_COLUMNS: Final = frozenset({"order_days", "frequency", "monetary", "refunds", "sales"})
_FILLED_IN: Final = frozenset(
    {"order_days", "frequency", "recency_days", "first_order_on", "last_order_on"}
)
_MONEY_COLUMNS: Final = frozenset({"monetary", "refunds", "sales"})


@dataclass(frozen=True)
class Method:
    """How one dimension is scored. Cuts are whole units: days, orders, 1/10,000 of money."""

    name: MethodName
    bins: int
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Condition:
    """Holds where `smallest` <= column <= `largest`; None is no bound. Money is in whole units."""

    column: str
    smallest: int | None = None
    largest: int | None = None

    def implies(self, other: Condition) -> bool:
        """Whether `other`, about the same column, holds wherever this does."""
        low = other.smallest is None or (
            self.smallest is not None and self.smallest >= other.smallest
        )
        high = other.largest is None or (self.largest is not None and self.largest <= other.largest)
        return low and high


@dataclass(frozen=True)
class Rule:
    """A label for the rows that meet all conditions."""

    label: str
    conditions: tuple[Condition, ...] = ()

    def covers(self, other: Rule) -> bool:
        """Whether this rule holds wherever the other does."""
        return all(
            any(
                theirs.column == ours.column and theirs.implies(ours) for theirs in other.conditions
            )
            for ours in self.conditions
        )


@dataclass(frozen=True)
class Rung(Rule):
    """A rule of the ladder: what proves it, and the words that say why."""

    proof: str = ""
    evidence: str = ""
    because: str = ""


@dataclass(frozen=True)
class SegmentMap:
    """Rules over the three scores; a grid is a partition, a list is read from the top."""

    kind: Literal["grid", "list"]
    rows: tuple[Rule, ...]


@dataclass(frozen=True)
class Rules:
    """Everything a user can change without code."""

    scoring: Mapping[str, Method]
    weights: Mapping[str, Decimal]
    segments: SegmentMap
    ladder: tuple[Rung, ...]
    not_a_sale: frozenset[str]
    warnings: tuple[str, ...] = ()


def shipped_text() -> str:
    """The shipped rules file as written, with its comments."""
    return resources.files("rfmtool").joinpath(_SHIPPED).read_text("utf-8")


def load_rules(
    path: str | os.PathLike[str] | None = None, cuts: Mapping[str, Method] | None = None
) -> Rules:
    """Load the rules in force: the shipped ones, overridden by a file, overridden by `--cuts`.

    Args:
        path: a rules file of the user's.
        cuts: dimension to method.

    Raises:
        RulesError: the file cannot be read, has an unknown key, or its rules leave somebody out.
    """
    return rules_of(merged_data(path), os.fspath(path) if path else _SHIPPED, cuts)


def merged_data(path: str | os.PathLike[str] | None) -> dict[str, Any]:
    """The shipped rules as plain data, with the sections of a user's file put in their place.

    Raises:
        RulesError: the file cannot be read.
    """
    data = _parsed(shipped_text(), _SHIPPED)
    if path is None:
        return data
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "").lower() or "not UTF-8 text"
        raise RulesError(
            f"{os.fspath(path)}: cannot be read: {reason}", "Name a rules file."
        ) from None
    own = _parsed(text, os.fspath(path))
    for section in ("scoring", "reading"):
        if isinstance(own.get(section), dict):
            own[section] = {**data[section], **own[section]}
    return {**data, **own}


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{where}: {error}") from None


def rules_of(
    data: Mapping[str, Any], where: str, cuts: Mapping[str, Method] | None = None
) -> Rules:
    """Turn plain data into rules, checked.

    Raises:
        RulesError: naming `where` and the key.
    """
    _only(data, {"reading", "scoring", "segments", "ladder"}, where)
    _only(data["scoring"], {*DIMENSIONS, "weights"}, f"{where}: scoring")
    scoring = {
        name: _method(name, data["scoring"][name], f"{where}: scoring.{name}")
        for name in DIMENSIONS
    }
    scoring.update(cuts or {})
    segments, warnings = _segments(data["segments"], scoring, f"{where}: segments")
    ladder, unreachable = _ladder(data["ladder"], f"{where}: ladder")
    return Rules(
        scoring=scoring,
        weights=_weights(data["scoring"]["weights"], f"{where}: scoring.weights"),
        segments=segments,
        ladder=ladder,
        not_a_sale=_words(data["reading"], f"{where}: reading"),
        warnings=(*warnings, *unreachable),
    )


# Scoring -----------------------------------------------------------------------------------------


def parse_cuts(text: str) -> tuple[str, Method]:
    """Read `DIMENSION=30,60,90` or `DIMENSION=quantile:5`.

    Raises:
        RulesError: it is neither.
    """
    try:
        return _cuts(text)
    except RulesError as error:
        hint = "For example recency=30,60,90,180 or frequency=quantile:5."
        raise RulesError(error.args[0], hint) from None


def _cuts(text: str) -> tuple[str, Method]:
    name, _, value = text.partition("=")
    where = f"--cuts {text}"
    if name not in DIMENSIONS:
        raise RulesError(f"{where}: the dimension must be one of {', '.join(DIMENSIONS)}")
    method, colon, rest = value.partition(":")
    if not colon:
        method, rest = "fixed", value
    if method == "quantile":
        bins = int(rest) if rest.isdecimal() else rest
        return name, _method(name, {"method": method, "bins": bins}, where)
    try:
        cuts = [Decimal(cut) for cut in rest.split(",")]
    except ArithmeticError:
        raise RulesError(f"{where}: cuts are numbers with commas between them") from None
    return name, _method(name, {"method": method, "cuts": cuts}, where)


def _method(name: str, data: Any, where: str) -> Method:  # noqa: ANN401 - unchecked input
    _only(data, {"method", "bins", "cuts"}, where)
    method = data.get("method")
    if method not in METHODS:
        raise RulesError(f"{where}: method must be one of {', '.join(METHODS)}")
    if method == "quantile":
        bins = data.get("bins", 5)
        if "cuts" in data or type(bins) is not int or not MIN_BINS <= bins <= MAX_BINS:
            raise RulesError(f"{where}: quantile takes bins from {MIN_BINS} to {MAX_BINS}, no cuts")
        return Method(method, bins)
    cuts = data.get("cuts")
    if not isinstance(cuts, list) or not MIN_BINS <= len(cuts) + 1 <= MAX_BINS:
        raise RulesError(f"{where}: {method} takes {MIN_BINS - 1} to {MAX_BINS - 1} cuts")
    if "bins" in data and data["bins"] != len(cuts) + 1:
        raise RulesError(f"{where}: {len(cuts)} cuts make {len(cuts) + 1} bins")
    units = tuple(_units(cut, name == "monetary", method, f"{where}.cuts") for cut in cuts)
    if any(low >= high for low, high in itertools.pairwise(units)):
        raise RulesError(f"{where}: cuts must ascend")
    return Method(method, len(cuts) + 1, units)


def _units(value: Any, money: bool, method: str, where: str) -> int:  # noqa: ANN401, FBT001
    """A cut in whole units; "above 2.5 orders" is above 2, "at least 2.5" is at least 3."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RulesError(f"{where}: {value!r} is not a number")
    if not Decimal(value).is_finite() or abs(Decimal(value)) > _LARGEST_NUMBER:
        raise RulesError(f"{where}: {value} is no usable number")
    scaled = Decimal(value) * (UNITS_PER_CURRENCY if money else 1)
    floor = math.floor(scaled)
    return floor + int(method == "at_least" and scaled != floor)


def _weights(data: Any, where: str) -> dict[str, Decimal]:  # noqa: ANN401 - unchecked input
    _only(data, set(DIMENSIONS), where)
    weights = {name: data.get(name, 1) for name in DIMENSIONS}
    return {name: _weight(weight, f"{where}.{name}") for name, weight in weights.items()}


def _weight(value: Any, where: str) -> Decimal:  # noqa: ANN401 - unchecked input
    known = isinstance(value, int | Decimal) and not isinstance(value, bool)
    # TOML's nan cannot even be compared, so it is asked for first.
    if not known or not Decimal(value).is_finite() or not 0 <= value <= _LARGEST_WEIGHT:
        raise RulesError(f"{where}: a weight is a number from 0 to {_LARGEST_WEIGHT:,}")
    return Decimal(value)


# Segments ----------------------------------------------------------------------------------------


def _segments(
    data: Any,  # noqa: ANN401 - unchecked input
    scoring: Mapping[str, Method],
    where: str,
) -> tuple[SegmentMap, list[str]]:
    _only(data, {"map", "rows"}, where)
    kind, rows = data.get("map"), data.get("rows")
    if kind not in ("grid", "list") or not isinstance(rows, list) or not rows:
        raise RulesError(f'{where}: needs map = "grid" or "list", and rows')
    bins = {name: method.bins for name, method in scoring.items()}
    rules = tuple(
        _segment(row, bins, f"{where}.rows[{place}]") for place, row in enumerate(rows, start=1)
    )
    if kind == "grid":
        _check_partition(rules, bins, where)
        return SegmentMap("grid", rules), []
    return SegmentMap("list", rules), _list_warnings(rules, bins, where)


def _segment(row: Any, bins: Mapping[str, int], where: str) -> Rule:  # noqa: ANN401
    _only(row, {"name", *DIMENSIONS}, where)
    name = row.get("name")
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise RulesError(f"{where}: a segment needs a name of printable characters")
    if name == NO_ORDERS:
        raise RulesError(f"{where}: {NO_ORDERS} is the segment of those without a counting order")
    conditions = []
    for dimension in DIMENSIONS:
        if dimension not in row:
            continue
        bounds = row[dimension]
        if (
            not isinstance(bounds, list)
            or [type(bound) for bound in bounds] != [int, int]
            or not 1 <= bounds[0] <= bounds[1] <= bins[dimension]
        ):
            raise RulesError(
                f"{where}.{dimension}: [from, to] between 1 and {bins[dimension]}, the number of"
                f" {dimension} bins",
                "The shipped segments need five bins of recency and of frequency.",
            )
        conditions.append(Condition(f"{dimension}_score", *bounds))
    return Rule(name, tuple(conditions))


def _cells(rules: Sequence[Rule], bins: Mapping[str, int]) -> dict[tuple[int, ...], list[int]]:
    """Every combination of scores, and the places of the rules that hold there."""
    names = [f"{name}_score" for name in DIMENSIONS]
    ranges = [range(1, bins[name] + 1) for name in DIMENSIONS]
    cells = {}
    for scores in itertools.product(*ranges):
        at = dict(zip(names, scores, strict=True))
        cells[scores] = [
            place
            for place, rule in enumerate(rules)
            if all(
                (one.smallest or 0) <= at[one.column] <= (one.largest or MAX_BINS)
                for one in rule.conditions
            )
        ]
    return cells


def _check_partition(rules: Sequence[Rule], bins: Mapping[str, int], where: str) -> None:
    for (recency, frequency, _), places in _cells(rules, bins).items():
        cell = f"recency {recency}, frequency {frequency}"
        if not places:
            raise RulesError(
                f"{where}: the grid leaves out {cell}",
                "Give every pair of scores to a segment; the shipped ones need five bins of recency"
                " and of frequency.",
            )
        if len(places) > 1:
            both = " and ".join(rules[place].label for place in places[:2])
            raise RulesError(
                f"{where}: {both} both hold at {cell}",
                'Let them not overlap, or use map = "list", where the first one wins.',
            )


def _list_warnings(rules: Sequence[Rule], bins: Mapping[str, int], where: str) -> list[str]:
    if rules[-1].conditions:
        raise RulesError(
            f"{where}: the last row of a list must have no condition, so that nobody is left out"
        )
    cells = _cells(rules, bins)
    # The catch-all overlaps with everything by design.
    overlaps = sum(len([place for place in held if place < len(rules) - 1]) > 1
                   for held in cells.values())  # fmt: skip
    warnings = []
    if overlaps:
        warnings.append(f"{where}: {overlaps} of {len(cells)} score cells fit several rows; the"
                        " first one wins")  # fmt: skip
    reached = {held[0] for held in cells.values()}
    warnings += [
        f"{where}.rows[{place + 1}] ({rule.label}) can never be reached"
        for place, rule in enumerate(rules)
        if place not in reached
    ]
    return warnings


# Ladder ------------------------------------------------------------------------------------------


def _ladder(data: Any, where: str) -> tuple[tuple[Rung, ...], list[str]]:  # noqa: ANN401
    if not isinstance(data, list) or not data:
        raise RulesError(f"{where}: needs at least one [[ladder]] rung")
    rungs = tuple(_rung(row, f"{where}[{place}]") for place, row in enumerate(data, start=1))
    if rungs[-1].conditions:
        raise RulesError(
            f"{where}: the last rung must have no condition, so that nobody is left out"
        )
    warnings = [
        f"{where}[{place + 1}] ({rung.label}) can never be reached: {earlier.label} covers it"
        for place, rung in enumerate(rungs)
        for earlier in rungs[:place]
        if earlier.covers(rung)
    ]
    return rungs, warnings


def _rung(row: Any, where: str) -> Rung:  # noqa: ANN401 - unchecked input
    _only(row, {"stage", "proof", "evidence", "because", "when"}, where)
    texts = {key: row.get(key, "") for key in ("stage", "proof", "evidence", "because")}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.isprintable():
            raise RulesError(f"{where}.{key}: must be a text of printable characters")
    if not texts["stage"].strip():
        raise RulesError(f"{where}: a rung needs a stage")
    unknown = sorted(set(re.findall(r"\{(\w+)\}", texts["because"])) - _FILLED_IN)
    if unknown:
        raise RulesError(
            f"{where}.because: there is nothing to fill in for {{{unknown[0]}}}",
            f"Known are {', '.join(sorted(_FILLED_IN))}.",
        )
    conditions = _conditions(row.get("when", {}), f"{where}.when")
    stage = texts.pop("stage")
    return Rung(stage, conditions, **texts)


def _conditions(data: Any, where: str) -> tuple[Condition, ...]:  # noqa: ANN401
    _only(data, set(_LADDER_COLUMNS), where)
    conditions = []
    for column, bounds in data.items():
        _only(bounds, {"min", "max"}, f"{where}.{column}")
        money = column in _MONEY_COLUMNS
        low, high = (
            None
            if key not in bounds
            else _units(bounds[key], money, rounding, f"{where}.{column}.{key}")
            for key, rounding in (("min", "at_least"), ("max", "fixed"))
        )
        conditions.append(Condition(column, low, high))
    return tuple(conditions)


def _words(data: Any, where: str) -> frozenset[str]:  # noqa: ANN401 - unchecked input
    _only(data, {"not_a_sale"}, where)
    words = data.get("not_a_sale", [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RulesError(f"{where}.not_a_sale: a list of words")
    return frozenset(word.strip().lower() for word in words)


def _only(data: Any, known: set[str], where: str) -> None:  # noqa: ANN401 - unchecked input
    if not isinstance(data, Mapping):
        raise RulesError(f"{where}: must be a table")
    unknown = sorted(set(data) - known)
    if unknown:
        raise RulesError(
            f"{where}: unknown key {unknown[0]!r}", f"Known are {', '.join(sorted(known))}."
        )


# Writing -----------------------------------------------------------------------------------------


def to_toml(data: Mapping[str, Any]) -> str:
    """Write rules data as TOML that `load_rules` reads back equal."""
    parts = [f"[reading]\nnot_a_sale = {_value(data['reading'].get('not_a_sale', []))}\n"]
    parts += [f"[scoring.{name}]\n{_pairs(method)}" for name, method in data["scoring"].items()]
    rows = "".join(f"    {_value(row)},\n" for row in data["segments"]["rows"])
    parts.append(f"[segments]\nmap = {_value(data['segments']['map'])}\nrows = [\n{rows}]\n")
    parts += [f"[[ladder]]\n{_pairs(rung)}" for rung in data["ladder"]]
    return "\n".join(parts)


def _pairs(table: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:  # noqa: ANN401 - any TOML value
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, str):
        escaped = "".join(
            letter if letter.isprintable() and letter not in '"\\' else f"\\U{ord(letter):08X}"
            for letter in value
        )
        return f'"{escaped}"'
    return str(value)
