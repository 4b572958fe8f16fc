"""What is fitted to all customers at once, so that each can be looked at apart from the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

import rfmtool.columns as names
from rfmtool.analyses.category_preferences import category_preferences
from rfmtool.analyses.profitability import year_totals
from rfmtool.arrays import part_bounds
from rfmtool.days import day_number
from rfmtool.errors import RulesError
from rfmtool.frames import compact_columns, concatenated_frames
from rfmtool.grouping.evidence import wallets_with_spend
from rfmtool.grouping.grouped import Grouped, slice_by_owner
from rfmtool.grouping.people import add_contacts
from rfmtool.grouping.phones import international_format
from rfmtool.grouping.read import Settings
from rfmtool.placing import dependencies
from rfmtool.placing.candidates import tenure_limit
from rfmtool.placing.contact_history import contact_history
from rfmtool.placing.evidence_columns import add_evidence_columns
from rfmtool.rules import Rules
from rfmtool.scoring.breadth import add_breadth
from rfmtool.scoring.customers import rfm_values
from rfmtool.scoring.declared_wallets import Period
from rfmtool.scoring.fitting import fit_scales
from rfmtool.scoring.peer_spend import PeerSpend, fit_peer_spend
from rfmtool.scoring.scales import Scales
from rfmtool.scoring.timing import distinct_order_days, fit_timing
from rfmtool.scoring.wallet import WalletLimits, best_wallets, wallet_limits
from rfmtool.sources.layout import Detail

_SMALL: Final = {"frequency": "int32", "order_days": "int32", "recency_days": "Int32"}
"""How many bits are enough for them."""


@dataclass(frozen=True)
class Fit:
    """What customers are held against; with it each of them is scored and placed alone."""

    scales: Scales
    long_tenure: int
    """Days from the first order to 1970 beyond which tenure is long; 0 where nobody asks."""
    wallet_limits: WalletLimits | None
    """None where no wallets are needed."""
    declared_wallets: pd.DataFrame | None
    """The wallets table with the spend in each row's period."""
    cross_customer_columns: pd.DataFrame
    """The columns of each customer that rest on other customers too."""
    base_columns: pd.DataFrame | None
    """What is measured of everybody, where they are one part and so need not be measured again."""


def fit_everyone(
    grouped: Grouped, rules: Rules, as_of: date, settings: Settings, scales: Scales | None = None
) -> Fit:
    """Fit what customers are held against; what nobody needs is not.

    Raises:
        RulesError: the scales given have other scores than the segments of the rules, or the rules
            cannot be fitted to these customers.
    """
    if scales:
        _check_bins(scales, rules)
    needed, day = required_columns(settings, rules), day_number(as_of)
    people, everybody = _looked_at(grouped, rules, scales, day, needed)
    in_force = scales
    if in_force is None:
        # What nobody needs is fitted on nobody, which takes no time.
        dates = (
            grouped.order_dates if needed & dependencies.TIMED else grouped.order_dates.emptied()
        )
        buyers = people if needed & (dependencies.ESTIMATED | dependencies.BREADTH) else people[:0]
        timing = fit_timing(distinct_order_days(dates), day)
        spend = fit_peer_spend(buyers, rules.wallet, day)
        in_force = fit_scales(people, rules.scoring, timing, spend, as_of, rules=rules.fit)
    told, limits = wallets_with_spend(grouped) if needed & dependencies.WALLETS else None, None
    if needed & dependencies.WALLETS:
        peer_spend = spend_of_peers(in_force, settings, needed)
        period = period_of(settings, as_of)
        limits = wallet_limits(
            best_wallets(
                people.iloc[start:stop],
                None if told is None else slice_by_owner(told, start, stop),
                peer_spend,
                period,
            )
            for start, stop in part_bounds(len(people))
        )
    shared = _shared(people, grouped, in_force, day, needed)
    log = grouped.evidence.get("contacted") if needed & dependencies.YEARLY else None
    return Fit(
        in_force,
        tenure_limit(people) if "looks_like_supporter" in needed else 0,
        limits,
        told,
        shared if log is None else shared.assign(**_of_year(grouped, log, rules, day)),
        everybody,
    )


def compute_base_columns(
    grouped: Grouped, rules: Rules, scales: Scales | None, day: int, needed: frozenset[str]
) -> pd.DataFrame:
    """Everyone's orders and money, and of their contacts what is written or compared."""
    within, alike = comparison_columns(rules, scales)
    wanted = (
        *(name for name in names.CONTACT_COLUMNS if name in needed),
        *(alike if needed & (dependencies.ESTIMATED | dependencies.BREADTH) else ()),
        *filter(None, [within]),
        *grouped.export.asked.keep,
    )
    people = rfm_values(grouped.table, grouped.order_dates, day)
    people = add_contacts(people, grouped.evidence.get("contacts"), grouped.latest_cells, wanted)
    if "phone" not in people:
        return people
    return people.assign(phone=international_format(people["phone"], grouped.export.asked.country))


def comparison_columns(rules: Rules, scales: Scales | None) -> tuple[str | None, tuple[str, ...]]:
    """The column within whose values scores are fitted, and those that make people peers."""
    if scales is None:
        return rules.fit.within, rules.wallet.peers
    return scales.within.column if scales.within else None, scales.peer_spend.peers.attributes


def required_columns(settings: Settings, rules: Rules) -> frozenset[str]:
    """The columns that a run is asked for, and all that they rest on."""
    every = {*names.WRITTEN} - (
        frozenset() if settings.wallet_scores else dependencies.WALLET_SCORES
    )
    asked = every if settings.select is None else settings.select
    return dependencies.with_dependencies(asked, rules, allow_proxy=settings.allow_proxy)


def required_detail(needed: frozenset[str], rules: Rules, scales: Scales | None) -> Detail:
    """What is read of an export beside its orders, for columns and all that they rest on."""
    within, alike = comparison_columns(rules, scales)
    return Detail(
        category="category" if needed & dependencies.CATEGORIES else None,
        cost=not needed.isdisjoint(dependencies.COSTS),
        contacts=not needed.union((*alike, within)).isdisjoint(names.CONTACT_COLUMNS),
        entries=not needed.isdisjoint(dependencies.FORECASTS | dependencies.YEARLY),
    )


def spend_of_peers(scales: Scales, settings: Settings, needed: frozenset[str]) -> PeerSpend | None:
    """What wallets are estimated by; None where none is."""
    return scales.peer_spend if settings.estimate and needed & dependencies.ESTIMATED else None


def period_of(settings: Settings, as_of: date) -> Period:
    """The days that lines are taken from."""
    days = [] if settings.since is None else [day_number(settings.since)]
    if settings.window_days is not None:
        days.append(day_number(as_of) - settings.window_days + 1)
    return Period(max(days, default=None), day_number(as_of))


def _looked_at(
    grouped: Grouped, rules: Rules, scales: Scales | None, day: int, needed: frozenset[str]
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """What is measured of everyone, without what nothing is fitted to; and with it, of one part."""
    within, alike = comparison_columns(rules, scales)
    asked = {"frequency", "monetary", "recency_days", within}
    if needed & (dependencies.WALLETS | dependencies.BREADTH):
        asked |= {"first_order_on", *alike}
    if "looks_like_supporter" in needed:
        asked.add("first_order_on")
    if grouped.evidence:
        asked |= {"order_days", "last_order_on"}
    kept, part = [], None
    for start, stop in part_bounds(len(grouped.table)):
        part = compute_base_columns(grouped.slice(start, stop), rules, scales, day, needed)
        kept.append(compact_columns(part[[name for name in part if name in asked]], _SMALL))
    return concatenated_frames(kept), part if len(kept) == 1 else None


def _of_year(grouped: Grouped, log: pd.DataFrame, rules: Rules, day: int) -> dict[str, Any]:
    """What the contact log tells of a year beside its orders."""
    if grouped.entries is None:
        return {}
    people, cost = len(grouped.table), rules.contacting.minute_cost
    year = year_totals(grouped.entries, log, people, cost, day)
    if year.contribution is None:
        return {"service_minutes": year.minutes}
    left = pd.arrays.IntegerArray(year.contribution, ~year.is_cost_known)
    return {"service_minutes": year.minutes, "contribution": left}


def _shared(
    people: pd.DataFrame, grouped: Grouped, scales: Scales, day: int, needed: frozenset[str]
) -> pd.DataFrame:
    """What evidence proves of customers, who name each other, and what they buy that others do."""
    found = people[[]]
    if grouped.categories is not None and needed & dependencies.CATEGORIES:
        spends = grouped.categories.rename_columns({"net": "spend"}).to_pandas()
        owner = spends["owner"].to_numpy()[spends["spend"].to_numpy() > 0]
        if needed & dependencies.BREADTH:
            broad = add_breadth(people, spends, scales.peer_spend.peers, day)
            found = broad.drop(columns=people.columns)
        if needed & dependencies.CATEGORY_PREFERENCES:
            told = category_preferences(grouped.categories.to_pandas(), len(people))
            found = pd.concat([found, told.set_axis(found.index)], axis=1)
        found = found.assign(categories=np.bincount(owner, minlength=len(people)))
    if grouped.evidence:
        proof = add_evidence_columns(people.assign(lines=1), grouped.evidence, day)
        found = pd.concat([found, proof.drop(columns=[*people.columns, "lines"])], axis=1)
    if grouped.evidence and needed & dependencies.CONTACT_HISTORY:
        ids = grouped.table["customer_id"].combine_chunks()
        found = found.assign(**contact_history(ids, grouped.evidence, day))
    return found


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
