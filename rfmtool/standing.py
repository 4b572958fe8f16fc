"""Where everybody stands on a day, the last one or an earlier: measured, scored and placed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Self, cast

import pandas as pd

import rfmtool.columns as names
from rfmtool.analyses.backtest import Lookback
from rfmtool.analyses.forecast import CellRates, add_forecasts
from rfmtool.analyses.lookbacks import (
    BACKTEST_COLUMNS,
    BASE_COLUMNS,
    FORECAST_COLUMNS,
    compute_lookbacks,
)
from rfmtool.arrays import Mask, part_bounds
from rfmtool.days import day_number
from rfmtool.engines import OrderEntries
from rfmtool.fits import Fit, compute_base_columns, fit_everyone, required_columns
from rfmtool.frames import concatenated_frames
from rfmtool.grouping.grouped import Grouped, slice_by_owner
from rfmtool.grouping.lookback import GroupedAsOf
from rfmtool.grouping.order_history import OrderHistories
from rfmtool.grouping.read import Settings
from rfmtool.memory import release_memory
from rfmtool.money import exact_total
from rfmtool.outputs.formulas import count_formulas
from rfmtool.outputs.tables import to_table
from rfmtool.placer import Placer
from rfmtool.placing import dependencies
from rfmtool.placing.holdouts import assign_holdouts, empty_holdouts
from rfmtool.report_columns import ReportData, select_report_columns
from rfmtool.rules import Rules
from rfmtool.scoring.scales import Scales
from rfmtool.scoring.timing import OrderDays, distinct_order_days
from rfmtool.sources.evidence.tables import Evidence
from rfmtool.sources.ledger import Ledger

_KEPT_ON = ("lookbacks", "history", "_cells", "days", "_log")
"""What rests on nothing that earlier runs tell."""


@dataclass(frozen=True)
class Standing:
    """Where everybody stands on a day, and what that rests on."""

    fit: Fit
    """What customers are held against."""
    fitted: bool
    """Whether the scales were fitted to these customers, or given."""
    rules: Rules
    as_of: date
    grouped: Grouped
    settings: Settings
    evidence: Evidence | None = None
    """The evidence tables as they were read."""
    earlier_holdouts: pd.DataFrame = field(default_factory=empty_holdouts)
    """Everybody in a round by an earlier run: `placing.holdouts.HOLDOUT_COLUMNS`."""
    earlier_run_columns: pd.DataFrame | None = None
    """What earlier runs tell of everybody, in the order of `frame`; None where nobody asked."""

    @classmethod
    def from_grouped(  # noqa: PLR0913 - all that it rests on
        cls,
        grouped: Grouped,
        rules: Rules,
        as_of: date,
        settings: Settings,
        *,
        scales: Scales | None = None,
        evidence: Evidence | None = None,
        entered: pd.DataFrame | None = None,
    ) -> Self:
        """Fit what customers are held against; pure. Where each of them stands is told when asked.

        Raises:
            RulesError: the scales given have other scores than the segments of the rules.
        """
        fit = fit_everyone(grouped, rules, as_of, settings, scales)
        known = empty_holdouts() if entered is None else entered
        return cls(fit, scales is None, rules, as_of, grouped, settings, evidence, known)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per customer: all columns of `columns.CUSTOMERS` and more; money in 1/10,000."""
        return self.slice(0, len(self.grouped.table))

    def slice(self, start: int, stop: int) -> pd.DataFrame:
        """The rows of `frame` at these places, counted from 0: made from these customers alone."""
        if "frame" in self.__dict__:
            return self.frame.iloc[start:stop]
        needed, fit = required_columns(self.settings, self.rules), self.fit
        grouped = self.grouped.slice(start, stop)
        people = fit.base_columns if stop - start == len(self.grouped.table) else None
        if people is None:
            people = compute_base_columns(grouped, self.rules, fit.scales, self.as_of_day, needed)
        shared = fit.cross_customer_columns.iloc[start:stop].set_axis(people.index)
        people = pd.concat([people, shared], axis=1)
        told, log = (
            None if rows is None else slice_by_owner(rows, start, stop)
            for rows in (fit.declared_wallets, self._log)
        )
        evidence = self.grouped.evidence
        placer = Placer(fit, self.rules, self.settings, evidence, self.as_of, needed)
        people = placer.place(people, grouped.order_dates, told, log)
        if needed & dependencies.FORECASTS and self._cells is not None:
            people = add_forecasts(people, *self._cells)
        people = self._drawn(people)[0] if "holdout" in needed else people
        if self.earlier_run_columns is None:
            return people
        known = self.earlier_run_columns.iloc[start:stop].set_axis(people.index)
        return pd.concat([people, known], axis=1)

    @cached_property
    def lookbacks(self) -> tuple[Lookback, ...]:
        """Earlier days, and what became of everybody in the days after; by group."""
        return (*self._looked_back(BACKTEST_COLUMNS),)

    def _looked_back(self, select: tuple[str, ...]) -> Iterator[Lookback]:
        def place(day: date) -> Iterator[tuple[pd.DataFrame, Mask]]:
            return self.at_earlier_day(day, select).parts_known_then((*select, *BASE_COLUMNS))

        if (
            self.grouped.entries
            and required_columns(self.settings, self.rules) & dependencies.FORECASTS
        ):
            yield from compute_lookbacks(
                self.grouped, self.history, self.as_of, place, self.days_in_parallel
            )
            if not self.settings.reported:  # a report asks for more days
                self.history.clear_cache()
            release_memory()

    @cached_property
    def _cells(self) -> tuple[CellRates, float] | None:
        """What forecasts are told by: rates of cells, and an order of the shop in 1/10,000."""
        # To place people costs several times as much as to score them; a report needs both.
        placed = self.settings.reported or "lookbacks" in self.__dict__
        looks = self.lookbacks if placed else self._looked_back(FORECAST_COLUMNS)
        rates = CellRates.from_lookbacks(looks)
        if not rates.days:
            return None
        table, orders = self.grouped.table, len(self.grouped.order_dates.day)
        money = exact_total(table["sales"].to_numpy()) - exact_total(table["refunds"].to_numpy())
        return rates, money / orders

    @property
    def days_in_parallel(self) -> int:
        """How many earlier days to look at together."""
        return self.settings.threads_for(len(self.grouped.table))

    def parts(self) -> Iterator[pd.DataFrame]:
        """The rows of `frame` in their order, some customers at a time; few are placed once."""
        many = len(self.grouped.table)
        if self.is_one_part:
            # Not by the property: all share its lock, and threads wait for who started them.
            self.__dict__["frame"] = self.slice(0, many)
            yield self.frame
            return
        for start, stop in part_bounds(many):
            yield self.slice(start, stop)

    def select(self, names: Collection[str]) -> pd.DataFrame:
        """These columns of `frame`, as far as there are such; others are soon let go of."""
        return concatenated_frames(
            part[[name for name in names if name in part]] for part in self.parts()
        )

    def parts_collecting_figures(self) -> Iterator[pd.DataFrame]:
        """The same as `parts`, counted as they pass: `figures` need place nobody again."""
        _ = self.lookbacks  # which reports need, and forecasts then need none of their own
        kept, formulas = [], 0
        for part in self.parts():
            texts = part.select_dtypes(["str", "category"]).columns.intersection([*self.columns])
            formulas += count_formulas(to_table(part, tuple(texts)))
            kept.append(select_report_columns(part, self.scales))
            yield part
            del part
            release_memory()
        self.__dict__["figures"] = ReportData(concatenated_frames(kept), formulas)

    @cached_property
    def figures(self) -> ReportData:
        """What reports and lists are made from."""
        for _ in self.parts_collecting_figures():
            pass
        figures: ReportData = self.__dict__["figures"]
        return figures

    @cached_property
    def holdouts(self) -> pd.DataFrame:
        """Everybody in a round by now: `placing.holdouts.HOLDOUT_COLUMNS`."""
        if "holdout" not in required_columns(self.settings, self.rules):
            return empty_holdouts()
        return self._drawn(self.frame if self.rules.holdout.shares else self.slice(0, 0))[1]

    def _drawn(self, people: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        return assign_holdouts(
            people, self.rules, self.earlier_holdouts, self.settings.suppressed, self.as_of_day
        )

    @cached_property
    def _log(self) -> pd.DataFrame | None:
        """The contact log as it stood at the end of the day."""
        if (log := self.grouped.evidence.get("contacted")) is None:
            return None
        return log[log["contacted_on"].le(self.as_of_day).fillna(value=True).to_numpy(dtype=bool)]

    @property
    def scales(self) -> Scales:
        """The cut points in force."""
        return self.fit.scales

    @property
    def ledger(self) -> Ledger:
        """Where every row of the export went."""
        return self.grouped.ledger

    @cached_property
    def is_one_part(self) -> bool:
        """Whether everybody can be looked at together."""
        return len([*part_bounds(len(self.grouped.table))]) == 1

    @property
    def known_columns(self) -> frozenset[str]:
        """The columns of `frame`."""
        return frozenset((self.frame if self.is_one_part else self.slice(0, 0)).columns)

    def with_earlier_run_columns(self, since: pd.DataFrame) -> Self:
        """The same with what earlier runs tell of everybody; what is known already is kept."""
        other, found = replace(self, earlier_run_columns=since), self.__dict__
        other.__dict__.update({name: found[name] for name in _KEPT_ON if name in found})
        if "frame" in found:
            beside = since.set_axis(self.frame.index)
            other.__dict__["frame"] = pd.concat([self.frame, beside], axis=1)
        return other

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that are written, in their order."""
        if self.settings.select is not None:
            return self.settings.select
        unsaid = {
            name
            for name, table in names.EVIDENCE_COLUMNS.items()
            if table not in self.grouped.evidence
        }
        known = self.known_columns - unsaid
        within = () if self.scales.within is None else (self.scales.within.column,)
        kept = dict.fromkeys((*self.grouped.export.asked.keep, *within))
        return names.written_columns(known, tuple(kept))

    @property
    def as_of_day(self) -> int:
        """The as_of day, counted from 1970-01-01."""
        return day_number(self.as_of)

    @cached_property
    def days(self) -> OrderDays:
        """The distinct days with a counting order, by place in `frame`."""
        return distinct_order_days(self.grouped.order_dates)

    @cached_property
    def history(self) -> OrderHistories:
        """What each order moved on each day, where a run kept that."""
        entries = cast("OrderEntries", self.grouped.entries)
        return OrderHistories(entries, is_cached=self.settings.has_room(len(self.grouped.table)))

    def at_earlier_day(self, day: date, select: tuple[str, ...]) -> EarlierStanding:
        """Where the same people stood on an earlier day, by what was known then.

        Who was not known yet has neither order nor money; see `StandingBefore.known_parts`.

        Args:
            day: the earlier day.
            select: the columns to compute; scales are fitted to what was known, unless given.
        """
        settings = replace(self.settings, select=select)
        # Only what is fitted asks for the days of all together.
        dated = self.fitted and bool(required_columns(settings, self.rules) & dependencies.TIMED)
        then = GroupedAsOf.from_grouped(self.grouped, self.history, day_number(day), dated=dated)
        scales = None if self.fitted else self.scales
        return EarlierStanding.from_grouped(then, self.rules, day, settings, scales=scales)


@dataclass(frozen=True)
class EarlierStanding(Standing):
    """Where everybody stood on an earlier day."""

    grouped: GroupedAsOf

    def parts_known_then(self, names: Collection[str]) -> Iterator[tuple[pd.DataFrame, Mask]]:
        """These columns of `frame`, as far as there are such, some customers at a time.

        Yields:
            The rows of those whom the shop had heard of by then, and who of the part they are.
        """
        for start, stop in part_bounds(len(self.grouped.table)):
            known = self.grouped.is_known_customer[start:stop]
            part = self.slice(start, stop)
            yield part[[name for name in names if name in part]][known], known
