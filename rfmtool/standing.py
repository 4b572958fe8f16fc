"""Where everybody stands on a day, the last one or an earlier: measured, scored and placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Final, Self

import numpy as np
import pandas as pd

from rfmtool import columns as names
from rfmtool.analyses.backtest import GROUPINGS, Backtest, LookBack, backtest
from rfmtool.analyses.forecast import add_forecasts
from rfmtool.analyses.returned import BACKTEST_DAYS, MIN_HISTORY_DAYS, Share, look_back_days
from rfmtool.arrays import Ints, Mask
from rfmtool.days import day_number
from rfmtool.errors import RulesError
from rfmtool.grouping.evidence import wallets_of
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.history import Past, ended, known_by, laid_out, standing
from rfmtool.grouping.order_days import OrderDates
from rfmtool.grouping.people import add_contacts
from rfmtool.grouping.read import Settings
from rfmtool.placing import needs
from rfmtool.placing.activity import place_activity
from rfmtool.placing.candidates import add_candidates
from rfmtool.placing.contacting import add_resting, add_snoozes, closed_channels
from rfmtool.placing.ladder import place_stages
from rfmtool.placing.lots import draw, nobody
from rfmtool.placing.playbook import place_actions
from rfmtool.placing.proof import add_proof
from rfmtool.placing.segments import place_segments
from rfmtool.rules import Rules
from rfmtool.scoring.breadth import add_breadth
from rfmtool.scoring.customers import customers
from rfmtool.scoring.fitting import fit
from rfmtool.scoring.peer_spend import fit_peer_spend
from rfmtool.scoring.scales import Scales
from rfmtool.scoring.scores import apply_scales
from rfmtool.scoring.timing import OrderDays, add_usual_gaps, fit_timing, order_days
from rfmtool.scoring.told_wallets import Period
from rfmtool.scoring.wallet import add_wallet_scores, add_wallets
from rfmtool.sources.evidence.tables import Evidence
from rfmtool.sources.ledger import Ledger

_LOOKED_AT: Final = (*GROUPINGS, "recency_score", "frequency_score")
_KEPT_OF_LOOKS: Final = (*_LOOKED_AT, "frequency", "monetary")
_WEEKS_OF_A_YEAR: Final = 52


@dataclass(frozen=True)
class Standing:
    """Where everybody stands on a day, and what that rests on."""

    frame: pd.DataFrame
    """One row per customer: all columns of `columns.CUSTOMERS` and more; money in 1/10,000."""
    scales: Scales
    fitted: bool
    """Whether the scales were fitted to these customers, or given."""
    rules: Rules
    as_of: date
    grouped: Grouped
    settings: Settings
    evidence: Evidence | None = None
    """The evidence tables as they were read."""
    looks: tuple[LookBack, ...] = ()
    """Earlier days, and what became of everybody in the days after; for forecasts."""
    holdouts: pd.DataFrame = field(default_factory=nobody)
    """Everybody in a round: `placing.lots.HOLDOUTS`."""

    @classmethod
    def of(  # noqa: PLR0913 - all that it rests on
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
        """Measure, score and place grouped customers; pure.

        Args:
            grouped: everyone, and what they ordered.
            rules: the rules in force.
            as_of: the day to count from.
            settings: what a run is asked for.
            scales: cut points to use; None fits them.
            evidence: the evidence tables as they were read.
            entered: everybody in a round by an earlier run, `placing.lots.HOLDOUTS`.

        Raises:
            RulesError: the scales given have other scores than the segments of the rules.
        """
        if scales:
            _check_bins(scales, rules)
        needed = needed_by(settings, rules)
        people = _measured(grouped, rules, scales, day_number(as_of), needed)
        in_force = scales or _fitted(people, rules, grouped.dates, as_of, needed)
        now = cls(people, in_force, scales is None, rules, as_of, grouped, settings, evidence)
        now = replace(now, frame=_scored(now, needed))
        now = replace(now, frame=_placed(now, needed))
        if needed & needs.FORECASTS:
            now = replace(now, looks=looked_back(now))
            now = replace(now, frame=add_forecasts(now.frame, now.looks))
        if "holdout" not in needed:
            return now
        known = nobody() if entered is None else entered
        frame, rows = draw(now.frame, rules, known, settings.suppressed, now.as_of_day)
        return replace(now, frame=frame, holdouts=rows)

    @property
    def ledger(self) -> Ledger:
        """Where every row of the export went."""
        return self.grouped.ledger

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are written, in their order."""
        if self.settings.select is not None:
            return self.settings.select
        unsaid = {name for name, table in names.SAID.items() if table not in self.grouped.evidence}
        known = set(self.frame.columns) - unsaid
        within = () if self.scales.within is None else (self.scales.within.column,)
        kept = dict.fromkeys((*self.grouped.export.asked.keep, *within))
        return names.written(known, tuple(kept))

    @property
    def as_of_day(self) -> int:
        """The as_of day, counted from 1970-01-01."""
        return day_number(self.as_of)

    @cached_property
    def days(self) -> OrderDays:
        """The distinct days with a counting order, by place in `frame`."""
        return order_days(self.grouped.dates)

    def before(
        self, day: date, past: Past, select: tuple[str, ...], scales: Scales | None = None
    ) -> Standing:
        """Where the same people stood on an earlier day, by what was known then.

        Who was not known yet has neither order nor money; see `known`.

        Args:
            day: the earlier day.
            past: what each order moved on each day.
            select: the columns to compute.
            scales: cut points to use; None fits them to what was known.
        """
        grouped, last = self.grouped, day_number(day)
        table, dates = standing(grouped.table, past, last)
        then = replace(
            grouped,
            table=table,
            dates=dates,
            categories=None,
            entries=ended(past.entries, last) if "wallets" in grouped.evidence else None,
            evidence=_contacts_until(grouped.evidence, last),
        )
        settings = replace(self.settings, select=select)
        return Standing.of(then, self.rules, day, settings, scales=scales)

    @cached_property
    def known(self) -> Mask:
        """Of whom the shop had heard by the end of the day: by a line, or a dated event."""
        return known_by(self.frame["lines"].to_numpy(), self.grouped.evidence, self.as_of_day)


def needed_by(settings: Settings, rules: Rules) -> frozenset[str]:
    """The columns that a run is asked for, and all that they rest on."""
    every = {*names.WRITTEN} - (frozenset() if settings.wallet_scores else needs.JOINT)
    asked = every if settings.select is None else settings.select
    return needs.needed(asked, rules, allow_proxy=settings.allow_proxy)


def looked_back(now: Standing) -> tuple[LookBack, ...]:
    """Place everyone as they stood on earlier days, and find who has ordered after each.

    Returns:
        The latest day first; none where history is short, the run did not keep what each order
        moved on each day, or the rules could not be fitted then.
    """
    entries, first = now.grouped.entries, now.frame["first_order_on"].min()
    days = [] if pd.isna(first) else look_back_days(first.date(), now.as_of)
    if entries is None or not days:
        return ()
    past, found = laid_out(entries), []
    for day in days:
        try:
            then = now.before(day, past, _LOOKED_AT, None if now.fitted else now.scales)
        except RulesError:  # such as values below 0 that cannot be cumulated
            break
        after, until = then.as_of_day, then.as_of_day + BACKTEST_DAYS
        known = then.known
        orders = _orders_between(now.grouped.dates, after, until, len(known))[known]
        spent = past.spent(after, until, len(known))[known]
        kept = [name for name in _KEPT_OF_LOOKS if name in then.frame]
        found.append(LookBack(day, then.frame.loc[known, kept], orders, spent))
    return tuple(found)


def look_back(now: Standing) -> Backtest | None:
    """Who came back of those who stood somewhere on the days looked back from; None of no day."""
    return backtest(now.looks, _year_before(now)) if now.looks else None


def _orders_between(dates: OrderDates, after: int, until: int, customers: int) -> Ints:
    """How many orders that count each customer placed after a day until another."""
    within = (dates.day > after) & (dates.day <= until)
    return np.bincount(dates.owner[within], minlength=customers)


def _year_before(now: Standing) -> tuple[date, Share] | None:
    """Of those who had bought a year before, in weeks, how many came back in the days after."""
    day, dates = now.as_of - timedelta(days=_WEEKS_OF_A_YEAR * 7), now.grouped.dates
    last, customers = day_number(day), len(now.frame)
    if last - int(dates.day.min()) < MIN_HISTORY_DAYS:
        return None
    bought = np.bincount(dates.owner[dates.day <= last], minlength=customers) > 0
    came = _orders_between(dates, last, last + BACKTEST_DAYS, customers) > 0
    return day, Share(int(bought.sum()), int((bought & came).sum()))


def _measured(
    grouped: Grouped, rules: Rules, scales: Scales | None, day: int, needed: frozenset[str]
) -> pd.DataFrame:
    """Everyone's orders and money, and of their contacts what is written or compared."""
    if scales:
        alike = scales.peer_spend.peers.attributes
        within = scales.within.column if scales.within else None
    else:
        alike, within = rules.wallet.peers, rules.fit.within
    wanted = (
        *(name for name in names.CONTACTS if name in needed),
        *(alike if needed & (needs.ESTIMATED | needs.BREADTH) else ()),
        *filter(None, [within]),
        *grouped.export.asked.keep,
    )
    people = customers(grouped.table, grouped.dates, day)
    return add_contacts(people, grouped.evidence.get("contacts"), grouped.latest, wanted)


def _fitted(
    people: pd.DataFrame, rules: Rules, dates: OrderDates, as_of: date, needed: frozenset[str]
) -> Scales:
    """Fit scales; what nobody needs is fitted on nobody, which takes no time."""
    day = day_number(as_of)
    timing = fit_timing(order_days(dates if needed & needs.TIMED else dates.of_nobody()), day)
    buyers = people if needed & (needs.ESTIMATED | needs.BREADTH) else people[:0]
    peer_spend = fit_peer_spend(buyers, rules.wallet, day)
    return fit(people, rules.scoring, timing, peer_spend, as_of, rules=rules.fit)


def _scored(now: Standing, needed: frozenset[str]) -> pd.DataFrame:
    """Add to what is measured what numbers tell: scores, gaps, categories, proof and wallets."""
    people, grouped, scales, day = now.frame, now.grouped, now.scales, now.as_of_day
    if needed & needs.SCORES:
        people = apply_scales(people, scales, now.rules.weights)
    if needed & needs.GAPS:
        people = add_usual_gaps(people, now.days, scales.timing)
    if grouped.categories is None and needed & needs.BREADTH:
        people = people.assign(category_breadth=np.nan)
    if grouped.categories is not None and needed & needs.CATEGORIES:
        spends = grouped.categories.rename_columns({"net": "spend"}).to_pandas()
        owner = spends["owner"].to_numpy()[spends["spend"].to_numpy() > 0]
        if needed & needs.BREADTH:
            people = add_breadth(people, spends, scales.peer_spend.peers, day)
        people = people.assign(categories=np.bincount(owner, minlength=len(people)))
    people = add_snoozes(add_proof(people, grouped.evidence, day), _log(now), day)
    if needed & needs.WALLETS:
        is_estimated = now.settings.estimate and needed & needs.ESTIMATED
        peer_spend = scales.peer_spend if is_estimated else None
        period = Period(_first_day(now.settings, now.as_of), day)
        people = add_wallets(people, wallets_of(grouped), peer_spend, now.rules.wallet, period)
    return people


def _placed(now: Standing, needed: frozenset[str]) -> pd.DataFrame:
    """Add to what is scored where everybody stands, and what to do."""
    people, rules, timing = now.frame, now.rules, now.scales.timing
    if "segment" in needed:
        people = place_segments(people, rules.segments)
    if "activity" in needed:
        people = place_activity(people, timing)
    if "looks_like_supporter" in needed:
        people = add_candidates(people)
    if needed & needs.STAGES:
        people = place_stages(
            people,
            rules.ladder,
            now.grouped.evidence,
            allow_proxy=now.settings.allow_proxy,
            in_words="stage_reason" in needed,
        )
    if needed & needs.ACTIONS:
        log, limits = _log(now), rules.contacting
        closed = closed_channels(len(people), log)
        people = place_actions(people, rules.playbook, timing, closed)
        people = add_resting(people, log, rules.playbook, limits, now.as_of_day)
    if needed & needs.JOINT:
        people = add_wallet_scores(people)
    # A column that was asked for is there where nothing is known of it, too.
    whole = names.MONEY | names.WHOLE
    unknown = {
        name: pd.array([None] * len(people), dtype="Int64" if name in whole else "str")
        for name in now.settings.select or ()
        if name not in people
    }
    return people.assign(**unknown)


def _log(now: Standing) -> pd.DataFrame | None:
    """The contact log as it stood at the end of the day."""
    log = now.grouped.evidence.get("contacted")
    if log is None:
        return None
    return log[log["contacted_on"].le(now.as_of_day).fillna(value=True).to_numpy(dtype=bool)]


def _first_day(settings: Settings, as_of: date) -> int | None:
    """The first day that lines are taken from, in days since 1970-01-01; None: any day."""
    days = [] if settings.since is None else [day_number(settings.since)]
    if settings.window_days is not None:
        days.append(day_number(as_of) - settings.window_days + 1)
    return max(days, default=None)


def _check_bins(scales: Scales, rules: Rules) -> None:
    """Refuse scales with other scores than those that the segments were checked to cover."""
    named = {condition.column for row in rules.segments.rows for condition in row.conditions}
    for name in names.DIMENSIONS:
        bins, needed = scales[name].bins, rules.scoring[name].bins
        if f"{name}_score" in named and bins != needed:
            raise RulesError(
                f"the scales have {bins} bins of {name}, and the segments are for {needed}",
                "Take the rules that the scales were made with, or fit anew.",
            )


def _contacts_until(evidence: Mapping[str, pd.DataFrame], last_day: int) -> dict[str, pd.DataFrame]:
    """The evidence with the contacts of an earlier day; other tables tell the day of each event."""
    if "contacts" not in evidence:
        return dict(evidence)
    contacts = evidence["contacts"]
    since = contacts["since_on"].to_numpy(dtype=np.int64, na_value=np.iinfo(np.int64).min)
    return {**evidence, "contacts": contacts[since <= last_day]}
