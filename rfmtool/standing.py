"""All customers on a day, the last one or an earlier: measured, scored and placed."""

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
from rfmtool.memory import release_memory
from rfmtool.money import exact_total
from rfmtool.outputs.formulas import count_formulas
from rfmtool.outputs.tables import to_table
from rfmtool.placer import Placer
from rfmtool.placing import dependencies
from rfmtool.placing.contact_limits import contact_log
from rfmtool.placing.holdouts import assign_holdouts, empty_holdouts
from rfmtool.report_columns import ReportData, select_report_columns
from rfmtool.rules import Rules
from rfmtool.scoring.scales import Scales
from rfmtool.scoring.timing import OrderDays, distinct_order_days
from rfmtool.settings import Settings
from rfmtool.sources.evidence.tables import Evidence
from rfmtool.sources.ledger import Ledger

_CACHED = ("lookbacks", "order_histories", "_cell_rates", "days", "log")
"""Cached properties that do not depend on earlier runs."""


@dataclass(frozen=True)
class Standing:
    """All customers on a day, and what their scores and places are computed from."""

    fit: Fit
    fitted: bool
    """Whether the scales were fitted to these customers, or given."""
    rules: Rules
    as_of: date
    grouped: Grouped
    settings: Settings
    evidence: Evidence | None = None
    """The evidence tables as they were read."""
    earlier_draws: pd.DataFrame = field(default_factory=empty_holdouts)
    """The holdouts drawn by earlier runs: `placing.holdouts.HOLDOUT_COLUMNS`."""
    earlier_run_columns: pd.DataFrame | None = None
    """Columns from earlier runs, in the order of `frame`; None where they were not read."""

    @classmethod
    def from_grouped(  # noqa: PLR0913
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
        """Fit scales, limits and estimates to all customers; they are placed on first use.

        Raises:
            RulesError: the scales given have other scores than the segments of the rules.
        """
        fit = fit_everyone(grouped, rules, as_of, settings, scales)
        holdouts = empty_holdouts() if entered is None else entered
        return cls(fit, scales is None, rules, as_of, grouped, settings, evidence, holdouts)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per customer: `columns.ALWAYS_WRITTEN` and more; money in 1/10,000."""
        return self.slice(0, len(self.grouped.table))

    def slice(self, start: int, stop: int) -> pd.DataFrame:
        """The rows `start` to `stop` of `frame`, computed from these customers alone."""
        if "frame" in self.__dict__:
            return self.frame.iloc[start:stop]
        fit, rules = self.fit, self.rules
        needed = required_columns(self.settings, rules)
        grouped = self.grouped.slice(start, stop)
        customers = fit.base_columns if stop - start == len(self.grouped.table) else None
        if customers is None:
            customers = compute_base_columns(grouped, rules, fit.scales, self.as_of_day, needed)
        cross_customer = fit.cross_customer_columns.iloc[start:stop].set_axis(customers.index)
        customers = pd.concat([customers, cross_customer], axis=1)
        wallets, log = (
            None if rows is None else slice_by_owner(rows, start, stop)
            for rows in (fit.declared_wallets, self.log)
        )
        evidence = self.grouped.evidence
        placer = Placer(fit, rules, self.settings, evidence, self.as_of, needed)
        customers = placer.place(customers, grouped.order_dates, wallets, log)
        if needed & dependencies.FORECASTS and self._cell_rates is not None:
            customers = add_forecasts(customers, *self._cell_rates)
        customers = self._with_holdouts(customers)[0] if "holdout" in needed else customers
        if self.earlier_run_columns is None:
            return customers
        earlier_run = self.earlier_run_columns.iloc[start:stop].set_axis(customers.index)
        return pd.concat([customers, earlier_run], axis=1)

    @cached_property
    def lookbacks(self) -> tuple[Lookback, ...]:
        """Lookback days, and by group what customers ordered in the days after each."""
        return tuple(self._compute_lookbacks(BACKTEST_COLUMNS))

    def _compute_lookbacks(self, select: tuple[str, ...]) -> Iterator[Lookback]:
        def place(day: date) -> Iterator[tuple[pd.DataFrame, Mask]]:
            return self.at_earlier_day(day, select).parts_known_then((*select, *BASE_COLUMNS))

        needed, threads = required_columns(self.settings, self.rules), self.days_in_parallel
        if self.grouped.entries and needed & dependencies.FORECASTS:
            yield from compute_lookbacks(
                self.grouped, self.order_histories, self.as_of, place, threads
            )
            if not self.settings.reported:  # a report needs further days
                self.order_histories.clear_cache()
            release_memory()

    @cached_property
    def _cell_rates(self) -> tuple[CellRates, float] | None:
        """The return rates of score cells, and the average order of the shop in 1/10,000."""
        # Placing costs several times as much as scoring; only a report needs both.
        is_placed = self.settings.reported or "lookbacks" in self.__dict__
        lookbacks = self.lookbacks if is_placed else self._compute_lookbacks(FORECAST_COLUMNS)
        rates = CellRates.from_lookbacks(lookbacks)
        if not rates.days:
            return None
        table, orders = self.grouped.table, len(self.grouped.order_dates.day)
        money = exact_total(table["sales"].to_numpy()) - exact_total(table["refunds"].to_numpy())
        return rates, money / orders

    @property
    def days_in_parallel(self) -> int:
        """How many lookback days to compute at the same time."""
        return self.settings.threads_for(len(self.grouped.table))

    def parts(self) -> Iterator[pd.DataFrame]:
        """The rows of `frame` in order, in parts; a single part is kept as `frame`."""
        count = len(self.grouped.table)
        if self.is_one_part:
            # Not through the property, whose lock all instances share: threads would deadlock.
            self.__dict__["frame"] = self.slice(0, count)
            yield self.frame
            return
        for start, stop in part_bounds(count):
            yield self.slice(start, stop)

    def select(self, names: Collection[str]) -> pd.DataFrame:
        """Those of these columns that `frame` has; memory holds the others for one part only."""
        return concatenated_frames(
            part[[name for name in names if name in part]] for part in self.parts()
        )

    def parts_collecting_report_data(self) -> Iterator[pd.DataFrame]:
        """Like `parts`, filling `report_data` on the way, so that customers are placed once."""
        _ = self.lookbacks  # computed now, or forecasts would compute a smaller set as well
        kept, formulas = [], 0
        for part in self.parts():
            texts = part.select_dtypes(["str", "category"]).columns.intersection([*self.columns])
            formulas += count_formulas(to_table(part, tuple(texts)))
            kept.append(select_report_columns(part, self.scales))
            yield part
            del part
            release_memory()
        self.__dict__["report_data"] = ReportData(concatenated_frames(kept), formulas)

    @cached_property
    def report_data(self) -> ReportData:
        """The data that reports and lists are made from."""
        for _ in self.parts_collecting_report_data():
            pass
        return cast("ReportData", self.__dict__["report_data"])

    @cached_property
    def holdouts(self) -> pd.DataFrame:
        """The holdouts drawn up to now: `placing.holdouts.HOLDOUT_COLUMNS`, sorted."""
        if "holdout" not in required_columns(self.settings, self.rules):
            return empty_holdouts()
        ids = self.grouped.table["customer_id"].to_pandas()
        actions = self.report_data.frame["action"] if self.rules.holdout.shares else ids[:0]
        customers = pd.DataFrame({"customer_id": ids[: len(actions)], "action": actions})
        draws = self._with_holdouts(customers)[1]
        return draws.sort_values(["from_on", "lot", "customer_id", "salt"], ignore_index=True)

    def _with_holdouts(self, customers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        return assign_holdouts(
            customers, self.rules, self.earlier_draws, self.settings.suppressed, self.as_of_day
        )

    @cached_property
    def log(self) -> pd.DataFrame | None:
        """The contact log of the day, with later refusals; without `--as-of` that of today."""
        is_today = self.settings.as_of is None
        return contact_log(self.grouped, self.as_of_day, is_today=is_today)

    @property
    def scales(self) -> Scales:
        """The cut points in force."""
        return self.fit.scales

    @property
    def ledger(self) -> Ledger:
        """How each row of the export was counted."""
        return self.grouped.ledger

    @cached_property
    def is_one_part(self) -> bool:
        """Whether all customers fit into one part."""
        return len([*part_bounds(len(self.grouped.table))]) == 1

    @cached_property
    def known_columns(self) -> frozenset[str]:
        """The columns of `frame`."""
        return frozenset((self.frame if self.is_one_part else self.slice(0, 0)).columns)

    def with_earlier_run_columns(self, columns: pd.DataFrame) -> Self:
        """A copy with these columns from earlier runs; values computed already are kept."""
        copy, cached = replace(self, earlier_run_columns=columns), self.__dict__
        copy.__dict__.update({name: cached[name] for name in _CACHED if name in cached})
        if (frame := cached.get("frame")) is not None:
            copy.__dict__["frame"] = pd.concat([frame, columns.set_axis(frame.index)], axis=1)
        return copy

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that are written, in their order."""
        if self.settings.select is not None:
            return self.settings.select
        tables = self.grouped.evidence
        without_evidence = {n for n, table in names.EVIDENCE_COLUMNS.items() if table not in tables}
        within = () if self.scales.within is None else (self.scales.within.column,)
        kept = dict.fromkeys((*self.grouped.export.asked.keep, *within))
        return names.written_columns(self.known_columns - without_evidence, tuple(kept))

    @property
    def as_of_day(self) -> int:
        """The as_of day, in days since 1970-01-01."""
        return day_number(self.as_of)

    @cached_property
    def days(self) -> OrderDays:
        """The distinct days with a counting order, by row of `frame`."""
        return distinct_order_days(self.grouped.order_dates)

    @cached_property
    def order_histories(self) -> OrderHistories:
        """The daily amounts of each order, where the run read them."""
        entries = cast("OrderEntries", self.grouped.entries)
        return OrderHistories(entries, is_cached=self.settings.has_room(len(self.grouped.table)))

    def at_earlier_day(self, day: date, select: tuple[str, ...]) -> EarlierStanding:
        """The same customers on an earlier day, from the data known by then.

        Customers not known yet have neither orders nor money; see `parts_known_then`. Scales are
        fitted to the data of then, unless given.
        """
        settings = replace(self.settings, select=select)
        # Only fitting needs the order dates of all customers at once.
        dated = self.fitted and bool(required_columns(settings, self.rules) & dependencies.TIMED)
        grouped = GroupedAsOf.from_grouped(
            self.grouped, self.order_histories, day_number(day), dated=dated
        )
        scales = None if self.fitted else self.scales
        return EarlierStanding.from_grouped(grouped, self.rules, day, settings, scales=scales)


@dataclass(frozen=True)
class EarlierStanding(Standing):
    """All customers on an earlier day."""

    grouped: GroupedAsOf

    def parts_known_then(self, names: Collection[str]) -> Iterator[tuple[pd.DataFrame, Mask]]:
        """Like `select`, in parts: the rows of customers known by then, and a mask of who is."""
        for start, stop in part_bounds(len(self.grouped.table)):
            known = self.grouped.is_known_customer[start:stop]
            part = self.slice(start, stop)
            yield part[[name for name in names if name in part]][known], known
