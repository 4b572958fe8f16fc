"""Where everybody stands on a day, the last one or an earlier: measured, scored and placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool import columns as names
from rfmtool.analyses.backtest import Backtest, backtest
from rfmtool.analyses.returned import backtest_day
from rfmtool.arrays import Mask
from rfmtool.days import day_number
from rfmtool.errors import RulesError
from rfmtool.grouping.evidence import wallets_of
from rfmtool.grouping.history import Past, ended, known_by, laid_out, standing
from rfmtool.grouping.people import add_contacts
from rfmtool.grouping.read import Grouped, Settings
from rfmtool.placing.activity import place_activity
from rfmtool.placing.candidates import add_candidates
from rfmtool.placing.ladder import place_stages
from rfmtool.placing.playbook import place_actions
from rfmtool.placing.proof import add_proof
from rfmtool.placing.segments import place_segments
from rfmtool.rules import Rules, asks_for_estimates, asks_for_wallets
from rfmtool.scoring.breadth import add_breadth
from rfmtool.scoring.customers import customers
from rfmtool.scoring.fitting import fit
from rfmtool.scoring.peer_spend import fit_peer_spend
from rfmtool.scoring.scales import Scales
from rfmtool.scoring.scores import apply_scales
from rfmtool.scoring.timing import OrderDays, Timing, add_usual_gaps, fit_timing, order_days
from rfmtool.scoring.told_wallets import Period
from rfmtool.scoring.wallet import add_wallet_scores, add_wallets
from rfmtool.sources.evidence.tables import Evidence
from rfmtool.sources.layout import Detail
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
    ) -> Self:
        """Measure, score and place grouped customers; pure.

        Args:
            grouped: everyone, and what they ordered.
            rules: the rules in force.
            as_of: the day to count from.
            settings: what a run is asked for.
            scales: cut points to use; None fits them.
            evidence: the evidence tables as they were read.

        Raises:
            RulesError: the scales given have other scores than the segments of the rules.
        """
        if scales:
            _check_bins(scales, rules)
        day, days = day_number(as_of), order_days(grouped.dates)
        detail = settings.detail
        placing = (*rules.ladder, *(rules.playbook if detail.actions else ()))
        estimate = settings.estimate and (detail.reasons or asks_for_estimates(placing))
        people = _measured(grouped, rules, scales, day, detail, peers=estimate)
        in_force = scales or _fitted(
            people, rules, days, as_of, estimate=estimate or detail.reasons
        )
        frame = (
            apply_scales(people, in_force, rules.weights)
            .pipe(add_usual_gaps, days, in_force.timing)
            .pipe(place_segments, rules.segments)
            .pipe(_with_breadth, grouped.categories if _is_written(detail) else None, in_force, day)
            .pipe(add_proof, grouped.evidence, day)
            .pipe(place_activity, in_force.timing)
        )
        if detail.reasons or asks_for_wallets(placing):
            peer_spend = in_force.peer_spend if estimate else None
            period = Period(_first_day(settings, as_of), day)
            frame = add_wallets(frame, wallets_of(grouped), peer_spend, rules.wallet, period)
        frame = _placed(frame, rules, grouped.evidence, settings, in_force.timing)
        return cls(frame, in_force, scales is None, rules, as_of, grouped, settings, evidence)

    @property
    def ledger(self) -> Ledger:
        """Where every row of the export went."""
        return self.grouped.ledger

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are written, in their order."""
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
        self, day: date, past: Past, scales: Scales | None = None, *, actions: bool = False
    ) -> Standing:
        """Where the same people stood on an earlier day, by what was known then.

        Who was not known yet has neither order nor money; see `known`.

        Args:
            day: the earlier day.
            past: what each order moved on each day.
            scales: cut points to use; None fits them to what was known.
            actions: whether to say what there was to do, too.
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
        detail = replace(self.settings.detail, reasons=False, actions=actions)
        settings = replace(self.settings, detail=detail)
        return Standing.of(then, self.rules, day, settings, scales=scales)

    @cached_property
    def known(self) -> Mask:
        """Of whom the shop had heard by the end of the day: by a line, or a dated event."""
        return known_by(self.frame["lines"].to_numpy(), self.grouped.evidence, self.as_of_day)


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
        then = now.before(from_on, laid_out(entries), actions=True)
    except RulesError:  # such as values below 0 that cannot be cumulated
        return None
    since = dates.owner[dates.day > then.as_of_day]
    returned = np.bincount(since, minlength=len(then.frame)) > 0
    spent = (now.frame["monetary"] - then.frame["monetary"]).to_numpy()
    known = then.known
    return backtest(then.frame[known], returned[known], spent[known], from_on)


def _is_written(detail: Detail) -> bool:
    """Whether anybody will read of single people, or only how many stand where."""
    return detail.reasons or detail.actions


def _measured(  # noqa: PLR0913 - all that says which columns are wanted
    grouped: Grouped, rules: Rules, scales: Scales | None, day: int, detail: Detail, *, peers: bool
) -> pd.DataFrame:
    """Everyone's orders and money, and of their contacts what is written or compared."""
    wanted = (
        *(names.CONTACTS if _is_written(detail) else ()),
        *_compared_by(rules, scales, peers=peers or _is_written(detail)),
        *grouped.export.asked.keep,
    )
    people = customers(grouped.table, grouped.dates, day)
    return add_contacts(people, grouped.evidence.get("contacts"), grouped.latest, wanted)


def _placed(
    people: pd.DataFrame,
    rules: Rules,
    told: Mapping[str, pd.DataFrame],
    settings: Settings,
    timing: Timing,
) -> pd.DataFrame:
    """Add the rung of each, and where that is asked for what to do."""
    detail, allow_proxy = settings.detail, settings.allow_proxy
    if _is_written(detail) or allow_proxy:
        people = add_candidates(people)
    people = place_stages(
        people, rules.ladder, told, allow_proxy=allow_proxy, in_words=detail.reasons
    )
    if detail.actions:
        people = place_actions(people, rules.playbook, timing)
    return add_wallet_scores(people) if settings.wallet_scores and detail.reasons else people


def _first_day(settings: Settings, as_of: date) -> int | None:
    """The first day that lines are taken from, in days since 1970-01-01; None: any day."""
    days = [] if settings.since is None else [day_number(settings.since)]
    if settings.window_days is not None:
        days.append(day_number(as_of) - settings.window_days + 1)
    return max(days, default=None)


def _with_breadth(
    people: pd.DataFrame, categories: pa.Table | None, scales: Scales, as_of_day: int
) -> pd.DataFrame:
    """Add how many categories each buys, and how broadly; without any, only that nobody knows."""
    if categories is None:
        return people.assign(category_breadth=np.nan)
    spends = categories.rename_columns({"net": "spend"}).to_pandas()
    bought = spends[spends["spend"] > 0]
    counts = np.bincount(bought["owner"].to_numpy(), minlength=len(people))
    return add_breadth(people, spends, scales.peer_spend.peers, as_of_day).assign(categories=counts)


def _fitted(
    people: pd.DataFrame, rules: Rules, days: OrderDays, as_of: date, *, estimate: bool
) -> Scales:
    timing = fit_timing(days, day_number(as_of))
    # Of nobody where no wallet will ever be estimated, which takes no time.
    peers = fit_peer_spend(people if estimate else people[:0], rules.wallet, day_number(as_of))
    return fit(people, rules.scoring, timing, peers, as_of, rules=rules.fit)


def _compared_by(rules: Rules, scales: Scales | None, *, peers: bool) -> tuple[str, ...]:
    """The columns whose values say who is scored with whom, and who are `peers` in spending."""
    if scales:
        attributes = scales.peer_spend.peers.attributes
        within = scales.within.column if scales.within else None
    else:
        attributes, within = rules.wallet.peers, rules.fit.within
    return (*(attributes if peers else ()), *filter(None, [within]))


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
