"""The segments section: a grid whose cells are disjoint, or a list where the first match wins."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from rfmtool.columns import DIMENSIONS
from rfmtool.errors import RulesError
from rfmtool.rules.checking import Unchecked, check_keys
from rfmtool.rules.values import MAX_BINS, NO_ORDERS, Condition, Method, Rule, SegmentMap


def parse_segments(
    data: Unchecked, scoring: Mapping[str, Method], where: str
) -> tuple[SegmentMap, list[str]]:
    """Parse the segments, with warnings about rows that overlap or can never match."""
    check_keys(data, {"map", "rows"}, where)
    kind, rows = data.get("map"), data.get("rows")
    if kind not in ("grid", "list") or not isinstance(rows, list) or not rows:
        raise RulesError(f'{where}: needs map = "grid" or "list", and rows')
    bins = {name: method.bins for name, method in scoring.items()}
    rules = tuple(
        _segment(row, bins, f"{where}.rows[{place}]") for place, row in enumerate(rows, start=1)
    )
    if kind == "grid":
        for place, row in enumerate(rows, start=1):
            if "monetary" in row:
                raise RulesError(
                    f"{where}.rows[{place}].monetary: a grid is over recency and frequency only",
                    'Leave monetary out, or use map = "list", where the first one wins.',
                )
        _check_partition(rules, bins, where)
        return SegmentMap("grid", rules), []
    return SegmentMap("list", rules), _list_warnings(rules, bins, where)


def _segment(row: Unchecked, bins: Mapping[str, int], where: str) -> Rule:
    check_keys(row, {"name", *DIMENSIONS}, where)
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


def _rules_by_cell(
    rules: Sequence[Rule], bins: Mapping[str, int]
) -> dict[tuple[int, ...], list[int]]:
    """For every combination of scores, the places of the rules that match it."""
    columns = [f"{name}_score" for name in DIMENSIONS]
    ranges = [range(1, bins[name] + 1) for name in DIMENSIONS]
    cells = {}
    for scores in itertools.product(*ranges):
        score_of = dict(zip(columns, scores, strict=True))
        cells[scores] = [
            place
            for place, rule in enumerate(rules)
            if all(
                (bound.smallest or 0) <= score_of[bound.column] <= (bound.largest or MAX_BINS)
                for bound in rule.conditions
            )
        ]
    return cells


def _check_partition(rules: Sequence[Rule], bins: Mapping[str, int], where: str) -> None:
    for (recency, frequency, _), places in _rules_by_cell(rules, bins).items():
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
    cells = _rules_by_cell(rules, bins)
    # The last row, which matches everything, is not counted as an overlap.
    overlaps = sum(len(places[:-1]) > 1 for places in cells.values())
    warnings = []
    if overlaps:
        warnings.append(f"{where}: {overlaps} of {len(cells)} score cells fit several rows; the"
                        " first one wins")  # fmt: skip
    reached = {places[0] for places in cells.values()}
    warnings += [
        f"{where}.rows[{place + 1}] ({rule.label}) can never be reached"
        for place, rule in enumerate(rules)
        if place not in reached
    ]
    return warnings
