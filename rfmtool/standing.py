"""Where everybody stands on a day, the last one or an earlier: measured, scored and placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from rfmtool import columns as names
from rfmtool.analyses.backtest import GROUPINGS, Backtest, backtest
from rfmtool.analyses.drift import Drift, drift
from rfmtool.analyses.returned import backtest_day
from rfmtool.arrays import Mask
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


def look_back(now: Standing) -> Backtest | None:
    """Place everyone as they stood an earlier day, and count who has ordered since.

    Returns:
        None where history is short, the run did not keep what each order moved on each day, or the
        rules could not be fitted then.
    """
    entries, dates = now.grouped.entries, now.grouped.dates
    first = now.frame["first_order_on"].min()
    from_on = None if pd.isna(first) else backtest_day(first.date(), now.as_of)
    if entries is None or from_on is None:
        return None
    try:
        then = now.before(from_on, laid_out(entries), GROUPINGS)
    except RulesError:  # such as values below 0 that cannot be cumulated
        return None
    since = dates.owner[dates.day > then.as_of_day]
    returned = np.bincount(since, minlength=len(then.frame)) > 0
    spent = (now.frame["monetary"] - then.frame["monetary"]).to_numpy()
    known = then.known
    return backtest(then.frame[known], returned[known], spent[known], from_on)


def drifted(now: Standing) -> Drift | None:
    """How far cut points fitted today lie from those in force.

    Returns:
        None where those in force are fitted today, or none can be.
    """
    if now.fitted or "recency_score" not in now.frame:
        return None
    scales, rules = now.scales, now.rules
    fixed = scales.timing, scales.peer_spend, now.as_of
    try:
        today = fit(now.frame, rules.scoring, *fixed, rules=rules.fit)
    except RulesError:  # such as values below 0 that cannot be cumulated
        return None
    return drift(now.frame, scales, today, rules.weights)


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
