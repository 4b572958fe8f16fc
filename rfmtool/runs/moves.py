"""Who stands elsewhere than in the run before, and why: placed with one thing changed at a time.

From how everybody stood then, what evidence tells of that day only now comes first, then what they
did (orders, then what they gave back), the time that passed, the cut points, the evidence since and
the rules. A move has the cause that brought them where they stand now.
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
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.lookback import GroupedAsOf
from rfmtool.grouping.order_history import counting_order_dates
from rfmtool.outputs.tables import to_table
from rfmtool.rules import Rules, to_toml
from rfmtool.runs.kept_runs import GROUP_COLUMNS, ORDER_COLUMNS
from rfmtool.scoring.scales import Scales
from rfmtool.sources.cells.ids import is_listed, matching_key
from rfmtool.standing import EarlierStanding, Standing

CAUSES: Final = ("orders", "refunds", "time", "cut_points", "evidence", "rules")
CHANGE_COLUMNS: Final = ("customer_id", "column", "old", "new", "cause")
_DATED: Final = {
    "contacts": "since_on", "referrals": "referred_on", "feedback": "given_on",
    "partners": "from_on", "contacted": "contacted_on", "introductions": "introduced_on",
    "memberships": "joined_on", "needs": "asked_on",
}  # fmt: skip
"""The day from which each row of an evidence table is known."""
_ENDED: Final = {"feedback": "resolved_on", "needs": "met_on"}


@dataclass(frozen=True)
class PreviousRun:
    """The run before: everybody as `Kept.people` has them, and what they were placed with.

    `scales` and `rules` are None where this version cannot read them.
    """

    as_of: date
    people: pd.DataFrame
    scales: Scales | None
    rules: Rules | None


def select_movement_columns(now: Standing) -> pd.DataFrame:
    """Of everybody who they are, STANDS and what they did, made some people at a time."""
    columns = ("customer_id", *GROUP_COLUMNS, *ORDER_COLUMNS, "sales")
    _ = now.lookbacks  # which reports need, and forecasts then need none of their own
    if now.is_one_part:
        return now.frame[[*columns]]
    return replace(now, settings=replace(now.settings, select=columns)).select(columns)


def rows_in_previous(people: pd.DataFrame, before: PreviousRun) -> Ints:
    """The place of everybody of now among those of before; -1 of who is new."""
    ids = people["customer_id"], before.people["customer_id"]
    new, old = (matching_key(pa.array(one, pa.string())) for one in ids)
    found: Ints = pc.index_in(new, old).fill_null(-1).to_numpy(zero_copy_only=False)
    return found.astype(np.int64)


def rules_text(rules: Rules) -> str:
    """The rules in force as they are kept: where evidence lay is nobody's business."""
    return to_toml({name: part for name, part in rules.data.items() if name != "evidence"})


def find_moves(now: Standing, people: pd.DataFrame, before: PreviousRun) -> pd.DataFrame:
    """Everybody who stands elsewhere than before, who came and who went.

    Args:
        now: the run at hand, which kept what each order moved on each day.
        people: `narrow` of it.
        before: the run before.

    Returns:
        CHANGES by customer_id and then in the order of STANDS; a label is missing of who was not
        there.
    """
    place, words = rows_in_previous(people, before), _Words()
    known = place >= 0
    usable = _comparable(now, before)
    states = list(_states(now, people, before, words, usable=usable))
    own = _did_otherwise(people, before, place)
    # Why somebody moved who did nothing, where no step tells it.
    unexplained = "time" if now.settings.window_days else "evidence" if usable else "rules"
    has_lines = people[["frequency", "sales", "refunds"]].ne(0).any(axis=1).to_numpy()
    came = np.where(has_lines, words.code("orders"), words.code("evidence"))
    parts = []
    for column in GROUP_COLUMNS:
        # The last one is of those who were not there, whose place is -1.
        old = np.append(words.codes(before.people[column]), 0)[place]
        new = words.codes(people[column])
        cause = np.where(own, words.code("orders"), words.code(unexplained))
        last = old
        for name, labels in states:
            step = np.where(labels[column] < 0, last, labels[column])
            # What nobody did is not the doing of their orders.
            told = cause if name == "orders" else words.code(name)
            cause = np.where(step != last, told, cause)
            last = step
        cause = np.where(known, cause, came)
        parts.append(_rows(people["customer_id"], column, old, new, cause, words))
    parts += list(_gone(now, before, place, words))
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values("customer_id", kind="stable", ignore_index=True)


class _Words:
    """Labels as numbers, the same for the same word; 0 is the empty word, and a label missing."""

    def __init__(self) -> None:
        self._places = {"": 0}

    def code(self, word: str) -> int:
        """The number of a word."""
        return self._places.setdefault(word, len(self._places))

    def codes(self, labels: pd.Series[Any]) -> Ints:
        """The number of each label."""
        coded = labels.astype("category").cat
        codes = [*(self.code(str(word)) for word in coded.categories), 0]  # -1 where one is missing
        return np.array(codes)[coded.codes]

    def text(self, codes: Ints) -> npt.NDArray[np.object_]:
        """The words again."""
        return np.array([*self._places], dtype=object)[codes]


def _rows(  # noqa: PLR0913, PLR0917 - a column of the table each
    ids: pd.Series[Any], column: str, old: Ints, new: Ints, cause: Ints, words: _Words
) -> pd.DataFrame:
    moved = old != new
    cells = {
        "customer_id": ids.to_numpy()[moved],
        "column": np.full(moved.sum(), column, object),
        **{name: words.text(codes[moved])
           for name, codes in (("old", old), ("new", new), ("cause", cause))},
    }  # fmt: skip
    frame = pd.DataFrame(cells).astype("str")
    return frame.assign(**{name: frame[name].mask(frame[name].eq("")) for name in ("old", "new")})


def _gone(now: Standing, before: PreviousRun, place: Ints, words: _Words) -> Iterator[pd.DataFrame]:
    """Who is no longer there; who asked to be left out of everything is not told of."""
    left = np.ones(len(before.people), dtype=bool)
    left[place[place >= 0]] = False
    ids = pa.array(before.people["customer_id"], pa.string())
    people = before.people[left & ~is_listed(ids, now.settings.suppressed)]
    ordered = people["frequency"].ne("0") | people["monetary"].ne(0) | people["refunds"].ne(0)
    by_orders = words.code("time" if now.settings.window_days else "orders")
    cause = np.where(ordered, by_orders, words.code("evidence"))
    nowhere = np.zeros(len(people), dtype=np.int64)
    for column in GROUP_COLUMNS:
        old = words.codes(people[column])
        yield _rows(people["customer_id"], column, old, nowhere, cause, words)


def _did_otherwise(people: pd.DataFrame, before: PreviousRun, place: Ints) -> Mask:
    """Whose own orders or refunds are not what they were."""
    if not len(before.people):
        return np.zeros(len(place), dtype=bool)
    old = before.people[[*ORDER_COLUMNS]].iloc[np.maximum(place, 0)]
    other = [
        people[name].to_numpy() != old[name].to_numpy() for name in ORDER_COLUMNS if name in MONEY
    ]
    counts = to_table(people, tuple(name for name in ORDER_COLUMNS if name not in MONEY))
    for name in counts.column_names:
        now, then = counts[name].cast(pa.string()), pa.array(old[name], pa.string())
        other.append(pc.not_equal(pc.fill_null(now, ""), pc.fill_null(then, "")).to_numpy())
    either: Mask = np.logical_or.reduce(other)
    return either


# One thing at a time -----------------------------------------------------------------------------


def _states(
    now: Standing, people: pd.DataFrame, before: PreviousRun, words: _Words, *, usable: bool
) -> Iterator[tuple[str, Mapping[str, Ints]]]:
    """How everybody would stand after each step; a step that changes nothing is left out."""
    rules = before.rules if usable and before.rules else now.rules
    scales = before.scales if usable and before.scales else now.scales
    then = day_number(before.as_of)
    told = replace(now.grouped, evidence=_evidence_until(now.grouped.evidence, then))
    ordered = _without_refunds_since(told, then)
    if usable and told.evidence and told.entries and not now.settings.window_days:
        yield "evidence", _told_late(replace(now, grouped=told, rules=rules), before, words)
    steps = [("orders", ordered, before.as_of, scales)]
    if ordered is not told:
        steps.append(("refunds", told, before.as_of, scales))
    if now.as_of != before.as_of:
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
        settings = replace(now.settings, select=GROUP_COLUMNS)
        placed = Standing.from_grouped(grouped, rules, as_of, settings, scales=in_force)
        labels = placed.select(GROUP_COLUMNS)
        yield name, {column: words.codes(labels[column]) for column in GROUP_COLUMNS}
    yield steps[-1][0], {column: words.codes(people[column]) for column in GROUP_COLUMNS}


def _told_late(now: Standing, before: PreviousRun, words: _Words) -> Mapping[str, Ints]:
    """How everybody would have stood by what is known today of the day before.

    -1 of those of whom other orders are known too, which then are the cause.
    """
    whole = now.grouped
    past = GroupedAsOf.from_grouped(whole, now.history, day_number(before.as_of), dated=False)
    past = replace(past, evidence=whole.evidence)
    settings = replace(now.settings, select=("customer_id", *GROUP_COLUMNS, *ORDER_COLUMNS))
    placed = EarlierStanding.from_grouped(
        past, now.rules, before.as_of, settings, scales=before.scales
    )
    people = placed.select(settings.select or ())
    other = _did_otherwise(people, before, rows_in_previous(people, before))
    return {column: np.where(other, -1, words.codes(people[column])) for column in GROUP_COLUMNS}


def _comparable(now: Standing, before: PreviousRun) -> bool:
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
    return replace(grouped, table=table, entries=kept, order_dates=counting_order_dates(kept))


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
