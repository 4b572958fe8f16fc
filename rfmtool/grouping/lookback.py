"""An export as if it had ended on an earlier day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

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
    """The same people as they stood at the end of a day, told of some of them at a time.

    `table` has their ids alone, and `dates` the days of all where `dated` asked for them.
    """

    grouped: Grouped = field(kw_only=True)
    """The export to its end."""
    histories: OrderHistories = field(kw_only=True)
    lookback_day: int = field(kw_only=True)
    """In days since 1970-01-01, included."""
    cached_slices: dict[tuple[int, int], Grouped] = field(kw_only=True, default_factory=dict)
    """What was told already, where that is kept."""

    @classmethod
    def from_grouped(
        cls, whole: Grouped, pasts: OrderHistories, until_day: int, *, dated: bool
    ) -> GroupedAsOf:
        """The people of an export on an earlier day.

        Args:
            whole: the export to its end.
            pasts: what each of its orders moved on each day.
            until_day: in days since 1970-01-01, included.
            dated: whether the days of all orders together are wanted.
        """
        others = {
            "table": whole.table.select(["customer_id"]),
            "order_dates": whole.order_dates.emptied(),
            "categories": None,
            "entries": entries_until(pasts.entries, until_day)
            if "wallets" in whole.evidence
            else None,
            "evidence": evidence_at_lookback(whole.evidence, until_day),
        }
        then = cls(
            **{**vars(whole), **others}, grouped=whole, histories=pasts, lookback_day=until_day
        )
        if not dated:
            return then
        days = (
            then.slice(start, stop).order_dates.shifted(start)
            for start, stop in part_bounds(len(whole.table))
        )
        # The parts that were told on the way are those of the answer too.
        return replace(then, order_dates=OrderDates.concatenated(days, len(pasts.entries.day)))

    def slice(self, start: int, stop: int) -> Grouped:
        """The customers at these places, counted from 0, with what tells of nobody else."""
        if (start, stop) in self.cached_slices:
            return self.cached_slices[start, stop]
        part = self.grouped.slice(start, stop)
        table, dates = customers_as_of(
            part.table, self.histories.slice(start, stop), self.lookback_day
        )
        evidence = {
            name: slice_by_owner(self.evidence[name], start, stop) for name in part.evidence
        }
        part = replace(part, table=table, order_dates=dates, evidence=evidence)
        if self.histories.is_cached:
            self.cached_slices[start, stop] = part
        return part

    @cached_property
    def is_known_customer(self) -> Mask:
        """Of whom the shop had heard by then: by a line, or a dated event."""
        people = len(self.table)
        return are_known_by_day(self.histories.entries, people, self.evidence, self.lookback_day)
