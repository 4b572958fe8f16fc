"""The steps in their order: an export becomes lines, then customers, scores and places."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool import columns as names
from rfmtool.days import day_number
from rfmtool.errors import RulesError, UsageError, having_seen
from rfmtool.grouping.evidence import (
    asked_by,
    attributes,
    check_wallets,
    read_told,
    tables_on,
    wallets_of,
)
from rfmtool.grouping.people import add_contacts
from rfmtool.grouping.read import Grouped, Settings, as_of_day, group, look, with_everyone
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.placing.activity import place_activity
from rfmtool.placing.candidates import add_candidates
from rfmtool.placing.ladder import place_stages
from rfmtool.placing.playbook import place_actions
from rfmtool.placing.proof import add_proof
from rfmtool.placing.segments import place_segments
from rfmtool.rules import (
    FitRules,
    Method,
    Rules,
    asks_for_estimates,
    asks_for_wallets,
    load_rules,
)
from rfmtool.scoring.breadth import add_breadth
from rfmtool.scoring.customers import customers
from rfmtool.scoring.fitting import fit
from rfmtool.scoring.peer_spend import fit_peer_spend
from rfmtool.scoring.scales import Scales, load_scales
from rfmtool.scoring.scores import apply_scales
from rfmtool.scoring.timing import OrderDays, Timing, add_usual_gaps, fit_timing, order_days
from rfmtool.scoring.told_wallets import Period
from rfmtool.scoring.wallet import add_wallet_scores, add_wallets
from rfmtool.sources import Asked, open_export
from rfmtool.sources.evidence.ledger import check_matched
from rfmtool.sources.evidence.tables import Evidence, read_evidence
from rfmtool.sources.layout import Detail
from rfmtool.sources.ledger import Ledger
from rfmtool.sources.limits import check_rejects
from rfmtool.sources.rows.lines import Watcher
from rfmtool.sources.rows.rejects import Rejects, files_read, rejects


@dataclass(frozen=True)
class Result:
    """The answer: one row per person, and everything a report needs."""

    frame: pd.DataFrame
    """All columns of `columns.CUSTOMERS` and more; money in whole 1/10,000."""
    scales: Scales
    fitted: bool
    rules: Rules
    as_of: date
    grouped: Grouped
    settings: Settings
    evidence: Evidence | None = None
    left_out_rejects: int = 0
    """Rows that cannot be read and name somebody suppressed; no file of rejects has them."""

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

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row per person as in customers.csv, money as floats in currency units."""
        money = {
            name: self.frame[name] / UNITS_PER_CURRENCY
            for name in self.columns
            if name in names.MONEY
        }
        return self.frame.assign(**money)[list(self.columns)]

    @property
    def as_of_day(self) -> int:
        """The as_of day, counted from 1970-01-01."""
        return day_number(self.as_of)

    @cached_property
    def days(self) -> OrderDays:
        """The distinct days with a counting order, by place in `frame`."""
        return order_days(self.grouped.dates)

    def rejects(self) -> Iterator[Rejects]:
        """Read once more what cannot be read, its raw cells included; evidence comes last.

        Raises:
            InputError: a file has changed since.
        """
        export = self.grouped.export.of(self.settings.detail)
        tables = self.evidence.ledgers.values() if self.evidence else ()
        files = files_read(export, self.ledger, tables, self.grouped.rates)
        return rejects(files, self.settings.suppressed)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Everything the report shows, as plain data."""
        from rfmtool.summaries.summary import summarise

        return summarise(self)


def run(  # noqa: PLR0913 - the one door to the library; all but the source are optional
    source: Any,  # noqa: ANN401 - a path, paths, or any library's frame
    *,
    columns: Mapping[str, str] | None = None,
    as_of: date | str | None = None,
    rules: str | os.PathLike[str] | Rules | None = None,
    scales: str | os.PathLike[str] | Scales | None = None,
    evidence: Mapping[str, Any] | None = None,
    cuts: Mapping[str, Method] | None = None,
    fit_on: FitRules | None = None,
    asked: Asked | None = None,
    settings: Settings | None = None,
    max_rejects: str | int = "1%",
    min_matched: str = "50%",
    watcher: Watcher | None = None,
    on_read: Callable[[Grouped], None] | None = None,
) -> Result:
    """Score, stage and segment the customers of an export, and say what to do about each.

    Args:
        source: a path, glob or folder, several of these, a pandas frame, or anything with the
            Arrow C stream interface (a Polars frame, a DuckDB relation, an Arrow table).
        columns: role to column name, where the names alone do not tell; `TABLE.ROLE` for evidence.
        as_of: the day recency is counted from; the latest day of a counting order by default. With
            "last" that day is taken even where it hangs on a few orders long after all others.
        rules: a rules file, or rules already loaded.
        scales: cut points to use instead of fitting them: a file, or the scales of an earlier run.
        evidence: contacts, referrals, feedback, partners, wallets, suppress: each a source of its
            own, for what orders cannot tell.
        cuts: dimension to scoring method; overrides the rules.
        fit_on: who cut points are fitted on; overrides the rules.
        asked: everything else that detection would otherwise decide.
        settings: the window, the currency, threads and memory.
        max_rejects: how many rows of a table may be unreadable: a number, or a share such as "1%".
        min_matched: how many ids of partners and of wallets must be known from elsewhere.
        watcher: told how far reading has come.
        on_read: called with what was read, once it is within the limits.

    Returns:
        The customers and what is known about the run.

    Raises:
        InputError: the export or a table cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
        LimitError: more rows than `max_rejects` are unreadable, or fewer ids match.
        UsageError: what is asked contradicts itself.
        RulesError: the rules or scales have an error.
    """
    asked = asked or Asked()
    if columns:
        named = {role: str(name) for role, name in columns.items()}
        asked = replace(asked, columns={**asked.columns, **named})
    settings = _settings(settings, as_of)
    if (cuts or fit_on) and scales is not None:
        doubled = "cuts" if cuts else "limits of the fit"
        raise UsageError(
            f"{doubled} and scales are both given, and both say where scores part",
            "Give one of them.",
        )
    _check_kept(asked)
    in_force = rules if isinstance(rules, Rules) else load_rules(rules, cuts, fit_on)
    given = scales if isinstance(scales, Scales) or scales is None else load_scales(scales)
    told = read_told({**in_force.evidence, **(evidence or {})}, asked, settings, max_rejects)
    settings = asked_by(settings, told)
    asked = replace(asked, own_presets=in_force.presets, elsewhere=attributes(told))
    grouped = group(open_export(source, asked), in_force, settings, watcher)
    check_rejects(grouped.ledger, max_rejects, grouped.on_dates)
    check_wallets(told, grouped, settings.currency)
    day = as_of_day(grouped, settings)
    told = _matched(told, grouped)
    check_matched(told.ledgers.values(), min_matched)
    if on_read:
        on_read(grouped)
    known = with_everyone(grouped, tables_on(told, settings, day, grouped.table["customer_id"]))
    return replace(score(known, in_force, day, settings, given), evidence=told)


def inspect(  # noqa: PLR0913 - as for `run`
    source: Any,  # noqa: ANN401 - as in `run`
    *,
    evidence: Mapping[str, Any] | None = None,
    asked: Asked | None = None,
    settings: Settings | None = None,
    rules: str | os.PathLike[str] | None = None,
    watcher: Watcher | None = None,
) -> tuple[Grouped, Evidence]:
    """Read an export and its evidence as `run` does, and stop before any question is asked.

    Raises:
        InputError: something cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
    """
    in_force, settings = load_rules(rules), settings or Settings()
    asked = asked or Asked()
    tables = {**in_force.evidence, **(evidence or {})}
    told = read_evidence(tables, asked, threads=settings.threads, currency=settings.currency)
    grouped = look(
        source,
        asked=replace(asked, elsewhere=attributes(told)),
        settings=asked_by(settings, told),
        rules=in_force,
        watcher=watcher,
    )
    with having_seen(grouped):
        check_wallets(told, grouped, settings.currency)
    return grouped, _matched(told, grouped)


def _matched(told: Evidence, grouped: Grouped) -> Evidence:
    export_ids = grouped.table["customer_id"].combine_chunks()
    return told.matched(export_ids, grouped.ledger.suppressed)


def score(
    grouped: Grouped, rules: Rules, as_of: date, settings: Settings, scales: Scales | None = None
) -> Result:
    """Measure, score and place grouped people; pure.

    Args:
        grouped: everyone, and what they ordered.
        rules: the rules in force.
        as_of: the day to count from.
        settings: what a run is asked for.
        scales: cut points to use; None fits them.

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
    in_force = scales or _fitted(people, rules, days, as_of, estimate=estimate or detail.reasons)
    categories = grouped.categories if _is_written(detail) else None
    frame = (
        apply_scales(people, in_force, rules.weights)
        .pipe(add_usual_gaps, days, in_force.timing)
        .pipe(place_segments, rules.segments)
        .pipe(_with_breadth, categories, in_force, day)
        .pipe(add_proof, grouped.evidence, day)
        .pipe(place_activity, in_force.timing)
    )
    if detail.reasons or asks_for_wallets(placing):
        peer_spend = in_force.peer_spend if estimate else None
        period = Period(_first_day(settings, as_of), day)
        frame = add_wallets(frame, wallets_of(grouped), peer_spend, rules.wallet, period)
    frame = _placed(frame, rules, grouped.evidence, settings, in_force.timing)
    return Result(frame, in_force, scales is None, rules, as_of, grouped, settings)


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


# What was asked ----------------------------------------------------------------------------------


def _settings(settings: Settings | None, as_of: date | str | None) -> Settings:
    settings = settings or Settings(detail=Detail(entries=True))
    if as_of == "last":
        return replace(settings, as_of=None, accept_last=True)
    return settings if as_of is None else replace(settings, as_of=_day(as_of))


def _check_kept(asked: Asked) -> None:
    ours = sorted({*names.CUSTOMERS, *names.EXTRAS, *names.CONTACTS} & set(asked.keep))
    if ours:
        raise UsageError(
            f"--keep {ours[0]}: there is such a column in every answer",
            "Rename it in the export, or leave it out.",
        )


def _day(day: date | str) -> date:
    if isinstance(day, datetime):  # a pandas Timestamp is one too
        return day.date()
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"as_of {day!r} is not a day", "Write it as YYYY-MM-DD.") from None
