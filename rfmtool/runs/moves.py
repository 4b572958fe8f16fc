"""Who stands elsewhere than in the run before, and why: placed with one thing changed at a time.

From how everybody stood then, what they did comes first (orders, then what they gave back), then
the time that passed, the cut points, the evidence and the rules. A move has the cause that brought
them where they stand now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, Mask
from rfmtool.columns import DIMENSIONS, MONEY
from rfmtool.days import day_number
from rfmtool.fits import joined
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.history import counting_orders
from rfmtool.outputs.tables import to_table
from rfmtool.rules import Rules, to_toml
from rfmtool.runs.kept import DID, STANDS
from rfmtool.scoring.scales import Scales
from rfmtool.sources.cells.ids import is_listed, matching_key
from rfmtool.standing import Standing

CAUSES: Final = ("orders", "refunds", "time", "cut_points", "evidence", "rules")
CHANGES: Final = ("customer_id", "column", "old", "new", "cause")
_DATED: Final = {
    "contacts": "since_on", "referrals": "referred_on", "feedback": "given_on",
    "partners": "from_on", "contacted": "contacted_on", "introductions": "introduced_on",
    "memberships": "joined_on", "needs": "asked_on",
}  # fmt: skip
"""The day from which each row of an evidence table is known."""
_ENDED: Final = {"feedback": "resolved_on", "needs": "met_on"}
Labels = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Before:
    """The run before: everybody as `Kept.people` has them, and what they were placed with.

    `scales` and `rules` are None where this version cannot read them.
    """

    as_of: date
    people: pd.DataFrame
    scales: Scales | None
    rules: Rules | None


def narrow(now: Standing) -> pd.DataFrame:
    """Of everybody who they are, STANDS and what they did, made some people at a time."""
    columns = ["customer_id", *STANDS, *DID, "sales"]
    if now.is_one_part:
        return now.frame[columns]
    return joined(part[columns] for part in now.parts())


def places_before(people: pd.DataFrame, before: Before) -> Ints:
    """The place of everybody of now among those of before; -1 of who is new."""
    ids = people["customer_id"], before.people["customer_id"]
    new, old = (matching_key(pa.array(one, pa.string())) for one in ids)
    found: Ints = pc.index_in(new, old).fill_null(-1).to_numpy(zero_copy_only=False)
    return found.astype(np.int64)


def rules_text(rules: Rules) -> str:
    """The rules in force as they are kept: where evidence lay is nobody's business."""
    return to_toml({name: part for name, part in rules.data.items() if name != "evidence"})


def moves(now: Standing, people: pd.DataFrame, before: Before) -> pd.DataFrame:
    """Everybody who stands elsewhere than before, who came and who went.

    Args:
        now: the run at hand, which kept what each order moved on each day.
        people: `narrow` of it.
        before: the run before.

    Returns:
        CHANGES by customer_id and then in the order of STANDS; a label is missing of who was not
        there.
    """
    place = places_before(people, before)
    known = place >= 0
    usable = _comparable(now, before)
    states = list(_states(now, people, before, usable=usable))
    own = _did_otherwise(people, before, place)
    # Why somebody moved who did nothing, where no step tells it.
    unexplained = "time" if now.settings.window_days else "evidence" if usable else "rules"
    has_lines = people[["frequency", "sales", "refunds"]].ne(0).any(axis=1).to_numpy()
    came = np.where(has_lines, "orders", "evidence")
    parts = []
    for column in STANDS:
        # The last one is of those who were not there, whose place is -1.
        old = np.append(_text(before.people[column]), np.array([""], dtype=object))[place]
        new = _text(people[column])
        cause = np.where(own, "orders", unexplained).astype(object)
        last = old
        for name, labels in states:
            step = labels[column]
            # What nobody did is not the doing of their orders.
            told = cause if name == "orders" else name
            cause = np.where(step != last, told, cause)
            last = step
        cause = np.where(known, cause, came)
        parts.append(_rows(people["customer_id"], column, old, new, cause))
    parts += list(_gone(now, before, place))
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values("customer_id", kind="stable", ignore_index=True)


def _rows(
    ids: pd.Series[Any], column: str, old: Labels, new: Labels, cause: Labels
) -> pd.DataFrame:
    moved = old != new
    cells = {"customer_id": ids.to_numpy(), "column": np.full(len(old), column, object),
             "old": old, "new": new, "cause": cause}  # fmt: skip
    frame = pd.DataFrame({name: values[moved] for name, values in cells.items()}).astype("str")
    return frame.assign(**{name: frame[name].mask(frame[name].eq("")) for name in ("old", "new")})


def _gone(now: Standing, before: Before, place: Ints) -> Iterator[pd.DataFrame]:
    """Who is no longer there; who asked to be left out of everything is not told of."""
    left = np.ones(len(before.people), dtype=bool)
    left[place[place >= 0]] = False
    ids = pa.array(before.people["customer_id"], pa.string())
    people = before.people[left & ~is_listed(ids, now.settings.suppressed)]
    ordered = people["frequency"].ne("0") | people["monetary"].ne(0) | people["refunds"].ne(0)
    by_orders = "time" if now.settings.window_days else "orders"
    cause = np.where(ordered, by_orders, "evidence").astype(object)
    nowhere = np.full(len(people), "", dtype=object)
    for column in STANDS:
        yield _rows(people["customer_id"], column, _text(people[column]), nowhere, cause)


def _did_otherwise(people: pd.DataFrame, before: Before, place: Ints) -> Mask:
    """Whose own orders or refunds are not what they were."""
    counts = to_table(people, tuple(name for name in DID if name not in MONEY))
    old = before.people.iloc[np.maximum(place, 0)] if len(before.people) else before.people
    if not len(old):
        return np.zeros(len(place), dtype=bool)
    other = [people[name].to_numpy() != old[name].to_numpy() for name in DID if name in MONEY]
    other += [
        _text(counts[name].cast(pa.string()).to_pandas()) != _text(old[name])
        for name in counts.column_names
    ]
    either: Mask = np.logical_or.reduce(other)
    return either


def _text(labels: pd.Series[Any]) -> Labels:
    """Labels as text; a missing one is empty."""
    text: Labels = labels.astype("str").fillna("").to_numpy(dtype=object)
    return text


# One thing at a time -----------------------------------------------------------------------------


def _states(
    now: Standing, people: pd.DataFrame, before: Before, *, usable: bool
) -> Iterator[tuple[str, Mapping[str, Labels]]]:
    """How everybody would stand after each step; a step that changes nothing is left out."""
    rules = before.rules if usable and before.rules else now.rules
    scales = before.scales if usable and before.scales else now.scales
    then = day_number(before.as_of)
    told = replace(now.grouped, evidence=_evidence_until(now.grouped.evidence, then))
    ordered = _without_refunds_since(told, then)
    steps = [("orders", ordered, before.as_of, scales)]
    if ordered is not told:
        steps.append(("refunds", told, before.as_of, scales))
    steps.append(("time", told, now.as_of, scales))
    same_bins = all(scales[name].bins == now.scales[name].bins for name in DIMENSIONS)
    if same_bins and scales.as_data() != now.scales.as_data():
        scales = now.scales
        steps.append(("cut_points", told, now.as_of, scales))
    if told.evidence is not now.grouped.evidence:
        steps.append(("evidence", now.grouped, now.as_of, scales))
    if not same_bins or rules_text(rules) != rules_text(now.rules):
        steps.append(("rules", now.grouped, now.as_of, now.scales))
    for name, grouped, as_of, in_force in steps[:-1]:
        settings = replace(now.settings, select=STANDS)
        placed = Standing.of(grouped, rules, as_of, settings, scales=in_force)
        yield name, _labels(joined(part[[*STANDS]] for part in placed.parts()))
    yield steps[-1][0], _labels(people)


def _comparable(now: Standing, before: Before) -> bool:
    """Whether today's customers can be placed by the rules and scales of before."""
    scales, rules = before.scales, before.rules
    if scales is None or rules is None:
        return False
    within = {scales.within.column} if scales.within else set()
    known = {*now.known_columns, *now.scales.peer_spend.peers.attributes}
    wanted = within | {*scales.peer_spend.peers.attributes}
    return wanted <= known and all(
        scales[name].bins == rules.scoring[name].bins for name in scales.by_dimension
    )


def _labels(people: pd.DataFrame) -> dict[str, Labels]:
    return {name: _text(people[name]) for name in STANDS}


def _without_refunds_since(grouped: Grouped, day: int) -> Grouped:
    """As if nothing had been given back after a day; the same where nothing was."""
    entries = grouped.entries
    if entries is None:
        return grouped
    late = np.where(entries.day > day, entries.refunds, 0)
    if not late.any():
        return grouped
    kept = replace(entries, refunds=entries.refunds - late)
    sums = np.zeros(len(grouped.table), dtype=np.int64)
    np.add.at(sums, entries.owner, late)
    refunds = pa.array(grouped.table["refunds"].to_numpy() - sums)
    at = grouped.table.column_names.index("refunds")
    table = grouped.table.set_column(at, "refunds", refunds)
    return replace(grouped, table=table, entries=kept, dates=counting_orders(kept))


def _evidence_until(evidence: Mapping[str, pd.DataFrame], day: int) -> Mapping[str, pd.DataFrame]:
    """What was known at the end of a day, as far as it is dated; the same where nothing is new."""
    found = dict(evidence)
    for name, column in _DATED.items():
        if name not in found or column not in found[name]:
            continue
        table = found[name]
        known = table[column].le(day).fillna(value=True).to_numpy(dtype=bool)
        end = _ENDED.get(name)
        if end is not None and end in table:
            late = table[end].gt(day).fillna(value=False)
            table = table.assign(**{end: table[end].mask(late)}) if late.any() else table
        found[name] = table if known.all() else table[known]
    same = all(found[name] is evidence[name] for name in evidence)
    return evidence if same else found
