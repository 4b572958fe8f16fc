"""A grouped export as if it had ended on an earlier day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from rfmtool.arrays import Mask, part_bounds
from rfmtool.grouping.evidence import evidence_at_lookback
from rfmtool.grouping.grouped import Grouped, slice_by_owner
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.grouping.order_history import (
    OrderHistories,
    are_known_by_day,
    customers_as_of,
    entries_until,
)


@dataclass(frozen=True)
class GroupedAsOf(Grouped):
    """The same people at the end of an earlier day; `slice` computes some of them at a time.

    `table` has only their ids, and `order_dates` is empty unless `dated` asked for it.
    """

    grouped: Grouped = field(kw_only=True)
    """The full export."""
    histories: OrderHistories = field(kw_only=True)
    lookback_day: int = field(kw_only=True)
    """In days since 1970-01-01, included."""
    cached_slices: dict[tuple[int, int], Grouped] = field(kw_only=True, default_factory=dict)

    @classmethod
    def from_grouped(
        cls, grouped: Grouped, histories: OrderHistories, lookback_day: int, *, dated: bool
    ) -> GroupedAsOf:
        """The people of a full export at the end of a day; `order_dates` only where `dated`."""
        needs_entries = "wallets" in grouped.evidence
        changes: dict[str, Any] = {
            "table": grouped.table.select(["customer_id"]),
            "order_dates": grouped.order_dates.slice(0, 0),
            "categories": None,
            "entries": entries_until(histories.entries, lookback_day) if needs_entries else None,
            "evidence": evidence_at_lookback(grouped.evidence, lookback_day),
            "grouped": grouped,
            "histories": histories,
            "lookback_day": lookback_day,
        }
        then = cls(**{**vars(grouped), **changes})
        if not dated:
            return then
        dates = (
            then.slice(start, stop).order_dates.shifted(start)
            for start, stop in part_bounds(len(grouped.table))
        )
        # The copy shares the slices that are cached here.
        return replace(then, order_dates=OrderDates.concatenated(dates, len(histories.entries.day)))

    def slice(self, start: int, stop: int) -> Grouped:
        """The customers in rows `start` to `stop`, numbered anew from 0, without shared tables."""
        if (start, stop) in self.cached_slices:
            return self.cached_slices[start, stop]
        part = self.grouped.slice(start, stop)
        history = self.histories.slice(start, stop)
        table, dates = customers_as_of(part.table, history, self.lookback_day)
        evidence = {key: slice_by_owner(self.evidence[key], start, stop) for key in part.evidence}
        part = replace(part, table=table, order_dates=dates, evidence=evidence)
        if self.histories.is_cached:
            self.cached_slices[start, stop] = part
        return part

    @cached_property
    def is_known_customer(self) -> Mask:
        """Whether the shop knew each person by then: from a line, or a dated event."""
        entries, people = self.histories.entries, len(self.table)
        return are_known_by_day(entries, people, self.evidence, self.lookback_day)
