"""Everything fitted to all customers at once, so that each can then be scored on its own."""

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
from rfmtool.settings import CustomerSettings, LineSettings, Settings
from rfmtool.sources.layout import Detail

_COMPACT_KINDS: Final = {"frequency": "int32", "order_days": "int32", "recency_days": "Int32"}


@dataclass(frozen=True)
class Fit:
    """Scales, limits and estimates fitted to all customers."""

    scales: Scales
    long_tenure: int
    """Days from the first order to 1970 beyond which tenure is long; 0 where it is not needed."""
    wallet_limits: WalletLimits | None
    """None where no wallets are needed."""
    declared_wallets: pd.DataFrame | None
    """The wallets table with the spend in each row's period."""
    cross_customer_columns: pd.DataFrame
    """The columns of each customer that depend on other customers too."""
    base_columns: pd.DataFrame | None
    """The base columns of all customers, kept where these are a single part."""


def fit_everyone(
    grouped: Grouped, rules: Rules, as_of: date, settings: Settings, scales: Scales | None = None
) -> Fit:
    """Fit scales, limits and estimates, as far as the required columns need them.

    Raises:
        RulesError: the scales given have other scores than the segments of the rules, or the rules
            cannot be fitted to these customers.
    """
    if scales:
        _check_bins(scales, rules)
    needed, day = required_columns(settings, rules), day_number(as_of)
    customers, base_columns = _base_columns_to_fit(grouped, rules, scales, day, needed)
    if scales is None:
        # What is not needed is fitted on no customers, which takes no time.
        dates = grouped.order_dates
        dates = dates if needed & dependencies.TIMED else dates.slice(0, 0)
        buyers = customers if needed & dependencies.BY_PEERS else customers[:0]
        timing = fit_timing(distinct_order_days(dates), day)
        spend = fit_peer_spend(buyers, rules.wallet, day)
        scales = fit_scales(customers, rules.scoring, timing, spend, as_of, rules=rules.fit)
    wallets, limits = None, None
    if needed & dependencies.WALLETS:
        wallets = wallets_with_spend(grouped)
        peer_spend, period = spend_of_peers(scales, settings, needed), period_of(settings, as_of)
        limits = wallet_limits(
            best_wallets(
                customers.iloc[start:stop],
                None if wallets is None else slice_by_owner(wallets, start, stop),
                peer_spend,
                period,
            )
            for start, stop in part_bounds(len(customers))
        )
    columns = _cross_customer_columns(customers, grouped, scales, day, needed)
    log = grouped.evidence.get("contacted") if needed & dependencies.YEARLY else None
    if log is not None:
        columns = columns.assign(**_yearly_columns(grouped, log, rules, day))
    tenure = tenure_limit(customers) if "looks_like_supporter" in needed else 0
    return Fit(scales, tenure, limits, wallets, columns, base_columns)


def compute_base_columns(
    grouped: Grouped, rules: Rules, scales: Scales | None, day: int, needed: frozenset[str]
) -> pd.DataFrame:
    """RFM values of all customers, and the contact columns that are written or compared."""
    within, peer_columns = comparison_columns(rules, scales)
    contacts = grouped.evidence.get("contacts")
    wanted = (
        *(name for name in names.CONTACT_COLUMNS if name in needed),
        *(peer_columns if needed & dependencies.BY_PEERS else ()),
        *filter(None, [within]),
        *grouped.export.asked.keep,
    )
    customers = rfm_values(grouped.table, grouped.order_dates, day)
    return add_contacts(customers, contacts, grouped.latest_cells, wanted)


def comparison_columns(rules: Rules, scales: Scales | None) -> tuple[str | None, tuple[str, ...]]:
    """The column within whose values scores are fitted, and the attributes of peers."""
    if scales is None:
        return rules.fit.within, rules.wallet.peers
    return scales.within.column if scales.within else None, scales.peer_spend.peers.attributes


def required_columns(settings: CustomerSettings, rules: Rules) -> frozenset[str]:
    """The columns that a run is asked for, and their dependencies."""
    unwanted = frozenset() if settings.wallet_scores else dependencies.WALLET_SCORES
    columns = {*names.WRITTEN} - unwanted if settings.select is None else settings.select
    return dependencies.with_dependencies(columns, rules, allow_proxy=settings.allow_proxy)


def required_detail(needed: frozenset[str], rules: Rules, scales: Scales | None) -> Detail:
    """Which data beyond orders to read from an export for the needed columns."""
    within, peer_columns = comparison_columns(rules, scales)
    return Detail(
        category="category" if needed & dependencies.CATEGORIES else None,
        cost=not needed.isdisjoint(dependencies.COSTS),
        contacts=not needed.union((*peer_columns, within)).isdisjoint(names.CONTACT_COLUMNS),
        entries=not needed.isdisjoint(dependencies.FORECASTS | dependencies.YEARLY),
    )


def spend_of_peers(
    scales: Scales, settings: CustomerSettings, needed: frozenset[str]
) -> PeerSpend | None:
    """The peer spend that wallets are estimated from; None where they are not estimated."""
    return scales.peer_spend if settings.estimate and needed & dependencies.ESTIMATED else None


def period_of(settings: LineSettings, as_of: date) -> Period:
    """The days that the run's lines cover."""
    days = [] if settings.since is None else [day_number(settings.since)]
    if settings.window_days is not None:
        days.append(day_number(as_of) - settings.window_days + 1)
    return Period(max(days, default=None), day_number(as_of))


def _base_columns_to_fit(
    grouped: Grouped, rules: Rules, scales: Scales | None, day: int, needed: frozenset[str]
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The base columns of all customers that fits use; and all base columns, if of one part."""
    within, peer_columns = comparison_columns(rules, scales)
    used = {"frequency", "monetary", "recency_days", within}
    if needed & (dependencies.WALLETS | dependencies.BREADTH):
        used |= {"first_order_on", *peer_columns}
    if "looks_like_supporter" in needed:
        used.add("first_order_on")
    if grouped.evidence:
        used |= {"order_days", "last_order_on"}
    kept, part = [], None
    for start, stop in part_bounds(len(grouped.table)):
        part = compute_base_columns(grouped.slice(start, stop), rules, scales, day, needed)
        kept.append(compact_columns(part[[name for name in part if name in used]], _COMPACT_KINDS))
    return concatenated_frames(kept), part if len(kept) == 1 else None


def _yearly_columns(grouped: Grouped, log: pd.DataFrame, rules: Rules, day: int) -> dict[str, Any]:
    """A year's service minutes and, where costs are known, contribution."""
    if grouped.entries is None:
        return {}
    minute_cost = rules.contacting.minute_cost
    year = year_totals(grouped.entries, log, len(grouped.table), minute_cost, day)
    totals = {"service_minutes": "minutes", "contribution": "contribution"}
    return {name: year[total].array for name, total in totals.items() if total in year}


def _cross_customer_columns(
    customers: pd.DataFrame, grouped: Grouped, scales: Scales, day: int, needed: frozenset[str]
) -> pd.DataFrame:
    """Category, evidence and contact history columns, which depend on other customers too."""
    columns = customers[[]]
    if grouped.categories is not None and needed & dependencies.CATEGORIES:
        spends = grouped.categories.rename_columns({"net": "spend"}).to_pandas()
        owner = spends["owner"].to_numpy()[spends["spend"].to_numpy() > 0]
        if needed & dependencies.BREADTH:
            with_breadth = add_breadth(customers, spends, scales.peer_spend.peers, day)
            columns = with_breadth.drop(columns=customers.columns)
        if needed & dependencies.CATEGORY_PREFERENCES:
            preferences = category_preferences(grouped.categories.to_pandas(), len(customers))
            columns = pd.concat([columns, preferences.set_axis(columns.index)], axis=1)
        columns = columns.assign(categories=np.bincount(owner, minlength=len(customers)))
    if grouped.evidence:
        proven = add_evidence_columns(customers.assign(lines=1), grouped.evidence, day)
        columns = pd.concat([columns, proven.drop(columns=[*customers.columns, "lines"])], axis=1)
    if grouped.evidence and needed & dependencies.CONTACT_HISTORY:
        ids = grouped.table["customer_id"].combine_chunks()
        columns = columns.assign(**contact_history(ids, grouped.evidence, day))
    return columns


def _check_bins(scales: Scales, rules: Rules) -> None:
    """Check that the scales have as many bins as the segments were checked to cover."""
    used = {condition.column for row in rules.segments.rows for condition in row.conditions}
    for name in names.DIMENSIONS:
        bins, needed = scales[name].bins, rules.scoring[name].bins
        if f"{name}_score" in used and bins != needed:
            raise RulesError(
                f"the scales have {bins} bins of {name}, and the segments are for {needed}",
                "Take the rules that the scales were made with, or fit anew.",
            )
