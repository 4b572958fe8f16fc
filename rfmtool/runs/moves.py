"""Movements between groups since the previous run, and their causes.

Customers are placed again with one input changed at a time: from the previous run to evidence added
later about its day, orders, refunds, the as_of day, cut points, newer evidence and the rules. The
cause of a movement is the last step that changed the group.
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
from rfmtool.columns import DIMENSIONS, EVIDENCE, EVIDENCE_DAYS, GROUPINGS, MONEY
from rfmtool.days import day_number
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.lookback import GroupedAsOf
from rfmtool.grouping.order_history import counting_order_dates
from rfmtool.outputs.tables import to_table
from rfmtool.rules import Rules, to_toml
from rfmtool.runs.kept_runs import ORDER_COLUMNS
from rfmtool.scoring.scales import Scales
from rfmtool.sources.cells.ids import is_listed, matching_key, places_in
from rfmtool.standing import EarlierStanding, Standing

CAUSES: Final = ("orders", "refunds", "time", "cut_points", "evidence", "rules")
CHANGE_COLUMNS: Final = ("customer_id", "column", "old", "new", "cause")
_ENDED: Final = {"feedback": "resolved_on", "needs": "met_on"}


@dataclass(frozen=True)
class PreviousRun:
    """The previous run: `people` as `KeptRun.read_customers` returns them.

    `scales` and `rules` are None where this version cannot read them.
    """

    as_of: date
    people: pd.DataFrame
    scales: Scales | None
    rules: Rules | None


def select_movement_columns(now: Standing) -> pd.DataFrame:
    """The ids, GROUPINGS, ORDER_COLUMNS and lines of all customers, computed in parts."""
    columns = ("customer_id", *GROUPINGS, *ORDER_COLUMNS, "lines")
    _ = now.lookbacks  # reports need them, and forecasts can use them too
    if now.is_one_part:
        return now.frame[[*columns]]
    return replace(now, settings=replace(now.settings, select=columns)).select(columns)


def places_in_previous(people: pd.DataFrame, previous: PreviousRun) -> Ints:
    """The place of each customer among those of the previous run; -1 for new customers."""
    ids = people["customer_id"], previous.people["customer_id"]
    new, old = (matching_key(pa.array(column, pa.string())) for column in ids)
    return places_in(new, old)


def rules_text(rules: Rules) -> str:
    """The rules in force as TOML, without the paths of evidence."""
    return to_toml({name: part for name, part in rules.data.items() if name != "evidence"})


def find_moves(now: Standing, people: pd.DataFrame, previous: PreviousRun) -> pd.DataFrame:
    """Customers whose stage, segment or activity changed, new customers and those gone.

    `now` is this run, with order entries, and `people` its `select_movement_columns`. Returns
    CHANGE_COLUMNS by customer_id, then in the order of GROUPINGS; `old` is missing for new
    customers, `new` for those gone.
    """
    places, vocabulary = places_in_previous(people, previous), _Vocabulary()
    code, codes = vocabulary.code, vocabulary.codes
    usable = _can_place_by_previous(now, previous)
    steps = list(_steps(now, people, previous, vocabulary, usable=usable))
    own = _has_changed_orders(people, previous, places)
    # The cause for customers without changed orders where no step explains the movement.
    unexplained = "time" if now.settings.window_days else "evidence" if usable else "rules"
    cause_of_new = np.where(people["lines"].gt(0), code("orders"), code("evidence"))
    parts = []
    for column in GROUPINGS:
        # New customers have the place -1, that of the 0 appended.
        old = np.append(codes(previous.people[column]), 0)[places]
        new = codes(people[column])
        cause = np.where(own, code("orders"), code(unexplained))
        last = old
        for name, labels in steps:
            label = np.where(labels[column] < 0, last, labels[column])
            # In the step "orders" those without changed orders keep the unexplained cause.
            cause = np.where(label != last, cause if name == "orders" else code(name), cause)
            last = label
        cause = np.where(places >= 0, cause, cause_of_new)
        parts.append(_change_rows(people["customer_id"], column, old, new, cause, vocabulary))
    parts += list(_gone(now, previous, places, vocabulary))
    changes = pd.concat(parts, ignore_index=True)
    return changes.sort_values("customer_id", kind="stable", ignore_index=True)


class _Vocabulary:
    """Integer codes for labels of all runs; 0 is a missing label."""

    def __init__(self) -> None:
        self._codes = {"": 0}

    def code(self, label: str) -> int:
        """The code of a label."""
        return self._codes.setdefault(label, len(self._codes))

    def codes(self, labels: pd.Series[Any]) -> Ints:
        """The code of each label."""
        coded = labels.astype("category").cat
        codes = [*(self.code(str(label)) for label in coded.categories), 0]  # -1: missing
        return np.array(codes)[coded.codes]

    def labels(self, codes: Ints) -> npt.NDArray[np.object_]:
        """The labels of codes."""
        return np.array([*self._codes], dtype=object)[codes]


def _change_rows(  # noqa: PLR0913, PLR0917 - a column of the table each
    ids: pd.Series[Any], column: str, old: Ints, new: Ints, cause: Ints, vocabulary: _Vocabulary
) -> pd.DataFrame:
    changed = old != new
    cells = {
        "customer_id": ids.to_numpy()[changed],
        "column": np.full(changed.sum(), column, object),
        **{name: vocabulary.labels(codes[changed])
           for name, codes in (("old", old), ("new", new), ("cause", cause))},
    }  # fmt: skip
    frame = pd.DataFrame(cells).astype("str")
    return frame.assign(**{name: frame[name].mask(frame[name].eq("")) for name in ("old", "new")})


def _gone(
    now: Standing, previous: PreviousRun, places: Ints, vocabulary: _Vocabulary
) -> Iterator[pd.DataFrame]:
    """Change rows of customers who are no longer there, without those who are suppressed."""
    is_gone = np.ones(len(previous.people), dtype=bool)
    is_gone[places[places >= 0]] = False
    ids = pa.array(previous.people["customer_id"], pa.string())
    people = previous.people[is_gone & ~is_listed(ids, now.settings.suppressed)]
    had_lines = people["frequency"].ne("0") | people["monetary"].ne(0) | people["refunds"].ne(0)
    by_orders = vocabulary.code("time" if now.settings.window_days else "orders")
    cause = np.where(had_lines, by_orders, vocabulary.code("evidence"))
    missing = np.zeros(len(people), dtype=np.int64)
    for column in GROUPINGS:
        old = vocabulary.codes(people[column])
        yield _change_rows(people["customer_id"], column, old, missing, cause, vocabulary)


def _has_changed_orders(people: pd.DataFrame, previous: PreviousRun, places: Ints) -> Mask:
    """Which customers have other ORDER_COLUMNS than in the previous run."""
    if not len(previous.people):
        return np.zeros(len(places), dtype=bool)
    old = previous.people[[*ORDER_COLUMNS]].iloc[np.maximum(places, 0)]
    differs = [
        people[name].to_numpy() != old[name].to_numpy() for name in ORDER_COLUMNS if name in MONEY
    ]
    texts = to_table(people, tuple(name for name in ORDER_COLUMNS if name not in MONEY))
    for name in texts.column_names:
        now, then = texts[name].cast(pa.string()), pa.array(old[name], pa.string())
        differs.append(pc.not_equal(pc.fill_null(now, ""), pc.fill_null(then, "")).to_numpy())
    mask: Mask = np.logical_or.reduce(differs)
    return mask


def _steps(
    now: Standing, people: pd.DataFrame, previous: PreviousRun, vocabulary: _Vocabulary, *,
    usable: bool,
) -> Iterator[tuple[str, Mapping[str, Ints]]]:  # fmt: skip
    """The codes of GROUPINGS after each step; steps without a changed input are left out."""
    rules = previous.rules if usable and previous.rules else now.rules
    scales = previous.scales if usable and previous.scales else now.scales
    day = day_number(previous.as_of)
    grouped = replace(now.grouped, evidence=_evidence_until(now.grouped.evidence, day))
    without_refunds = _without_refunds_since(grouped, day)
    if usable and grouped.evidence and grouped.entries and not now.settings.window_days:
        late = replace(now, grouped=grouped, rules=rules)
        yield "evidence", _with_late_evidence(late, previous, vocabulary)
    steps = [("orders", without_refunds, previous.as_of, scales)]
    if without_refunds is not grouped:
        steps.append(("refunds", grouped, previous.as_of, scales))
    if now.as_of != previous.as_of:
        steps.append(("time", grouped, now.as_of, scales))
    same_bins = all(scales[name].bins == now.scales[name].bins for name in DIMENSIONS)
    if same_bins and scales.as_data() != now.scales.as_data():
        scales = now.scales
        steps.append(("cut_points", grouped, now.as_of, scales))
    if grouped.evidence is not now.grouped.evidence:
        steps.append(("evidence", now.grouped, now.as_of, scales))
    if not same_bins or rules_text(rules) != rules_text(now.rules):
        steps.append(("rules", now.grouped, now.as_of, now.scales))
    settings = replace(now.settings, select=GROUPINGS)
    for name, inputs, as_of, in_force in steps[:-1]:
        placed = Standing.from_grouped(inputs, rules, as_of, settings, scales=in_force)
        labels = placed.select(GROUPINGS)
        yield name, {column: vocabulary.codes(labels[column]) for column in GROUPINGS}
    yield steps[-1][0], {column: vocabulary.codes(people[column]) for column in GROUPINGS}


def _with_late_evidence(
    now: Standing, previous: PreviousRun, vocabulary: _Vocabulary
) -> Mapping[str, Ints]:
    """The codes on the day of the previous run by the evidence about that day known today.

    -1 for customers whose orders up to that day changed too, as these then are the cause.
    """
    past = GroupedAsOf.from_grouped(
        now.grouped, now.order_histories, day_number(previous.as_of), dated=False
    )
    past = replace(past, evidence=now.grouped.evidence)
    settings = replace(now.settings, select=("customer_id", *GROUPINGS, *ORDER_COLUMNS))
    placed = EarlierStanding.from_grouped(
        past, now.rules, previous.as_of, settings, scales=previous.scales
    )
    people = placed.select(settings.select or ())
    changed = _has_changed_orders(people, previous, places_in_previous(people, previous))
    return {column: np.where(changed, -1, vocabulary.codes(people[column])) for column in GROUPINGS}


def _can_place_by_previous(now: Standing, previous: PreviousRun) -> bool:
    """Whether today's customers can be placed by the rules and scales of the previous run."""
    scales, rules = previous.scales, previous.rules
    if scales is None or rules is None:
        return False
    within = {scales.within.column} if scales.within else set()
    known = {*now.known_columns, *now.scales.peer_spend.peers.attributes}
    needed = within | {*scales.peer_spend.peers.attributes}
    return needed <= known and all(
        scales[name].bins == rules.scoring[name].bins for name in scales.by_dimension
    )


def _without_refunds_since(grouped: Grouped, day: int) -> Grouped:
    """The data without refunds after a day; the same object where there are none."""
    entries = grouped.entries
    if entries is None:
        return grouped
    late = np.where(entries.day > day, entries.refunds, 0)
    if not late.any():
        return grouped
    entries = replace(entries, refunds=entries.refunds - late)
    sums = np.zeros(len(grouped.table), dtype=np.int64)
    np.add.at(sums, entries.owner, late)
    refunds = pa.array(grouped.table["refunds"].to_numpy() - sums)
    index = grouped.table.column_names.index("refunds")
    table = grouped.table.set_column(index, "refunds", refunds)
    return replace(grouped, table=table, entries=entries, order_dates=counting_order_dates(entries))


def _evidence_until(evidence: Mapping[str, pd.DataFrame], day: int) -> Mapping[str, pd.DataFrame]:
    """The dated evidence as known at the end of a day; the same object where nothing is newer."""
    tables = dict(evidence)
    for name in EVIDENCE:
        column = EVIDENCE_DAYS.get(name)
        if name not in tables or column not in tables[name]:
            continue
        table = tables[name]
        known = table[column].le(day).fillna(value=True).to_numpy(dtype=bool)
        end = _ENDED.get(name)
        if end is not None and end in table:
            late = table[end].gt(day).fillna(value=False)
            table = table.assign(**{end: table[end].mask(late)}) if late.any() else table
        tables[name] = table if known.all() else table[known]
    unchanged = all(tables[name] is evidence[name] for name in evidence)
    return evidence if unchanged else tables
