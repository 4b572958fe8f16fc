"""From what is measured of people to where they stand and what to do: each step once, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

import rfmtool.columns as names
from rfmtool.days import day_number
from rfmtool.fits import Fit, period_of, spend_of_peers
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.grouping.read import Settings
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


@dataclass(frozen=True)
class Placer:
    """What places people: alike whether all of them come at once or some at a time."""

    fit: Fit
    rules: Rules
    settings: Settings
    evidence: Mapping[str, pd.DataFrame]
    """What is known beside the orders, by table; tells which tables there are."""
    as_of: date
    needed: frozenset[str]
    """The columns that are wanted, and all that they rest on."""

    def place(
        self,
        people: pd.DataFrame,
        dates: OrderDates,
        told: pd.DataFrame | None,
        log: pd.DataFrame | None,
    ) -> pd.DataFrame:
        """Add scores, proof, wallets, and then stage, segment, activity and action.

        Args:
            people: as they are measured, with what is proven of them where there is evidence.
            dates: their counting orders.
            told: the wallets that somebody told of, of these people.
            log: the contact log of these people, as it stood that day.
        """
        people = self._scored(people, dates, told)
        people = apply_email_opt_outs(add_snoozes(people, log, day_number(self.as_of)), log)
        return self._placed(people, log)

    def _scored(
        self, people: pd.DataFrame, dates: OrderDates, told: pd.DataFrame | None
    ) -> pd.DataFrame:
        """Add to what is measured what numbers tell: scores, gaps, proof and wallets."""
        scales, needed = self.fit.scales, self.needed
        if needed & dependencies.SCORES:
            people = apply_scales(people, scales, self.rules.weights)
        if needed & dependencies.GAPS:
            people = add_usual_gaps(people, distinct_order_days(dates), scales.timing)
        if not self.evidence:
            people = add_evidence_columns(people, {}, day_number(self.as_of))
        if needed & dependencies.WALLETS:
            people = add_wallets(
                people,
                told,
                spend_of_peers(scales, self.settings, needed),
                self.rules.wallet,
                period_of(self.settings, self.as_of),
                self.fit.wallet_limits,
                plan_by_estimate=self.settings.estimate_plans,
            )
        return people

    def _placed(self, people: pd.DataFrame, log: pd.DataFrame | None) -> pd.DataFrame:
        """Add to what is scored where everybody stands, and what to do."""
        rules, timing, needed = self.rules, self.fit.scales.timing, self.needed
        if "segment" in needed:
            people = assign_segments(people, rules.segments)
        if "activity" in needed:
            people = assign_activity(people, timing)
        if "looks_like_supporter" in needed:
            people = add_candidates(people, self.fit.long_tenure)
        if needed & dependencies.STAGES:
            people = assign_stages(
                people,
                rules.ladder,
                self.evidence,
                allow_proxy=self.settings.allow_proxy,
                in_words="stage_reason" in needed,
            )
        if needed & dependencies.ACTIONS:
            closed = opted_out_by_channel(len(people), log)
            people = assign_actions(people, rules.playbook, timing, closed)
            day = day_number(self.as_of)
            people = add_rest_reasons(people, log, rules.playbook, rules.contacting, day)
        if needed & dependencies.WALLET_SCORES:
            people = add_wallet_scores(people)
        # A column that is asked for is there where nothing is known of it, too.
        asked = names.ALWAYS_WRITTEN if self.settings.select is None else self.settings.select
        kinds = dict.fromkeys(names.MONEY | names.INTEGERS, "Int64")
        kinds |= dict.fromkeys(names.RATIOS, "float64")
        unknown = {
            name: pd.Series(index=people.index, dtype=kinds.get(name, "str"))
            for name in asked
            if name not in people
        }
        return people.assign(**unknown)
