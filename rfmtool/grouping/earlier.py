"""An export as if it had ended on an earlier day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from rfmtool.arrays import Mask, parts_of
from rfmtool.grouping.evidence import known_until
from rfmtool.grouping.grouped import Grouped, rows_between
from rfmtool.grouping.history import Pasts, ended, known_by, standing
from rfmtool.grouping.order_days import OrderDates


@dataclass(frozen=True)
class Earlier(Grouped):
    """The same people as they stood at the end of a day, told of some of them at a time.

    `table` has their ids alone, and `dates` the days of all where `dated` asked for them.
    """

    whole: Grouped = field(kw_only=True)
    """The export to its end."""
    pasts: Pasts = field(kw_only=True)
    until_day: int = field(kw_only=True)
    """In days since 1970-01-01, included."""
    parts: dict[tuple[int, int], Grouped] = field(kw_only=True, default_factory=dict)
    """What was told already, where that is kept."""

    @classmethod
    def of(cls, whole: Grouped, pasts: Pasts, until_day: int, *, dated: bool) -> Earlier:
        """The people of an export on an earlier day.

        Args:
            whole: the export to its end.
            pasts: what each of its orders moved on each day.
            until_day: in days since 1970-01-01, included.
            dated: whether the days of all orders together are wanted.
        """
        others = {
            "table": whole.table.select(["customer_id"]),
            "dates": whole.dates.of_nobody(),
            "categories": None,
            "entries": ended(pasts.entries, until_day) if "wallets" in whole.evidence else None,
            "evidence": known_until(whole.evidence, until_day),
        }
        then = cls(**{**vars(whole), **others}, whole=whole, pasts=pasts, until_day=until_day)
        if not dated:
            return then
        days = (
            then.between(start, stop).dates.moved(start)
            for start, stop in parts_of(len(whole.table))
        )
        # The parts that were told on the way are those of the answer too.
        return replace(then, dates=OrderDates.joined(days, len(pasts.entries.day)))

    def between(self, start: int, stop: int) -> Grouped:
        """The customers at these places, counted from 0, with what tells of nobody else."""
        if (start, stop) in self.parts:
            return self.parts[start, stop]
        part = self.whole.between(start, stop)
        table, dates = standing(part.table, self.pasts.between(start, stop), self.until_day)
        evidence = {name: rows_between(self.evidence[name], start, stop) for name in part.evidence}
        part = replace(part, table=table, dates=dates, evidence=evidence)
        if self.pasts.is_kept:
            self.parts[start, stop] = part
        return part

    @cached_property
    def known(self) -> Mask:
        """Of whom the shop had heard by then: by a line, or a dated event."""
        people = len(self.table)
        return known_by(self.pasts.entries, people, self.evidence, self.until_day)
