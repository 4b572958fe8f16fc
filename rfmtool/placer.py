"""From base columns to scores, stages, segments and actions: each step once, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

import rfmtool.columns as names
from rfmtool.days import day_number
from rfmtool.fits import Fit, period_of, spend_of_peers
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.placing import dependencies
from rfmtool.placing.activity import assign_activity
from rfmtool.placing.candidates import add_candidates
from rfmtool.placing.contact_limits import (
    add_rest_reasons,
    add_snoozes,
    apply_email_opt_outs,
    opted_out_by_channel,
)
from rfmtool.placing.evidence_columns import add_evidence_columns
from rfmtool.placing.ladder import assign_stages
from rfmtool.placing.playbook import assign_actions
from rfmtool.placing.segments import assign_segments
from rfmtool.rules import Rules
from rfmtool.scoring.scores import apply_scales
from rfmtool.scoring.timing import add_usual_gaps, distinct_order_days
from rfmtool.scoring.wallet import add_wallet_scores, add_wallets
from rfmtool.settings import Settings


@dataclass(frozen=True)
class Placer:
    """Scores and places customers; the result for each is the same in any partition of them."""

    fit: Fit
    rules: Rules
    settings: Settings
    evidence: Mapping[str, pd.DataFrame]
    """The evidence tables by name; only the names matter here."""
    as_of: date
    needed: frozenset[str]
    """The requested columns and their dependencies."""

    def place(
        self,
        customers: pd.DataFrame,
        dates: OrderDates,
        wallets: pd.DataFrame | None,
        log: pd.DataFrame | None,
    ) -> pd.DataFrame:
        """Add scores, wallets, evidence columns, stage, segment, activity and action.

        `customers` have base columns, and evidence columns where there is evidence; `log` is as of
        that day.
        """
        customers = self._add_scores(customers, dates, wallets)
        customers = apply_email_opt_outs(add_snoozes(customers, log, day_number(self.as_of)), log)
        return self._with_unknown_columns(self._add_places(customers, log))

    def _add_scores(
        self, customers: pd.DataFrame, dates: OrderDates, wallets: pd.DataFrame | None
    ) -> pd.DataFrame:
        scales, needed = self.fit.scales, self.needed
        if needed & dependencies.SCORES:
            customers = apply_scales(customers, scales, self.rules.weights)
        if needed & dependencies.GAPS:
            customers = add_usual_gaps(customers, distinct_order_days(dates), scales.timing)
        if not self.evidence:
            customers = add_evidence_columns(customers, {}, day_number(self.as_of))
        if needed & dependencies.WALLETS:
            peer_spend = spend_of_peers(scales, self.settings, needed)
            period, limits = period_of(self.settings, self.as_of), self.fit.wallet_limits
            arguments = customers, wallets, peer_spend, self.rules.wallet, period, limits
            customers = add_wallets(*arguments, plan_by_estimate=self.settings.estimate_plans)
        return customers

    def _add_places(self, customers: pd.DataFrame, log: pd.DataFrame | None) -> pd.DataFrame:
        rules, timing, needed = self.rules, self.fit.scales.timing, self.needed
        if "segment" in needed:
            customers = assign_segments(customers, rules.segments)
        if "activity" in needed:
            customers = assign_activity(customers, timing)
        if "looks_like_supporter" in needed:
            customers = add_candidates(customers, self.fit.long_tenure)
        if needed & dependencies.STAGES:
            allow_proxy, in_words = self.settings.allow_proxy, "stage_reason" in needed
            customers = assign_stages(
                customers, rules.ladder, self.evidence, allow_proxy=allow_proxy, in_words=in_words
            )
        if needed & dependencies.ACTIONS:
            closed = opted_out_by_channel(len(customers), log)
            customers = assign_actions(customers, rules.playbook, timing, closed)
        if "resting" in needed:
            day = day_number(self.as_of)
            customers = add_rest_reasons(customers, log, rules.playbook, rules.contacting, day)
        if needed & dependencies.WALLET_SCORES:
            customers = add_wallet_scores(customers)
        return customers

    def _with_unknown_columns(self, customers: pd.DataFrame) -> pd.DataFrame:
        """Add requested columns without any data, all missing."""
        requested = names.ALWAYS_WRITTEN if self.settings.select is None else self.settings.select
        kinds = dict.fromkeys(names.MONEY | names.INTEGERS, "Int64")
        kinds |= dict.fromkeys(names.RATIOS, "float64")
        unknown = {
            name: pd.Series(index=customers.index, dtype=kinds.get(name, "str"))
            for name in requested
            if name not in customers
        }
        return customers.assign(**unknown)
