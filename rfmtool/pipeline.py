"""A run from end to end: read the export, group it by customer, score and place customers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

import rfmtool.columns as names
from rfmtool.errors import UsageError, check_type
from rfmtool.fits import required_columns, required_detail
from rfmtool.grouping.ambiguities import check_wallets
from rfmtool.grouping.evidence import (
    contact_attributes,
    evidence_as_of,
    read_checked_evidence,
    settings_with_evidence,
    with_evidence,
    with_international_phones,
)
from rfmtool.grouping.grouped import KNOWN_GROUPED, Grouped, as_of_day, check_last_days
from rfmtool.grouping.phones import check_country
from rfmtool.grouping.read import group_export, read_export
from rfmtool.memory_budget import check_memory_fits
from rfmtool.outputs.tables import in_units, to_table
from rfmtool.placing import dependencies
from rfmtool.rules import (
    FitRules,
    HoldoutRules,
    Method,
    Paths,
    Rules,
    load_rules,
    with_holdouts,
    with_results,
)
from rfmtool.scoring.scales import Scales, load_scales
from rfmtool.settings import Settings
from rfmtool.sources import Asked
from rfmtool.sources.evidence.ledger import check_matched
from rfmtool.sources.evidence.tables import Evidence
from rfmtool.sources.layout import Detail
from rfmtool.sources.ledger import check_rejects
from rfmtool.sources.rows.lines import Watcher
from rfmtool.sources.rows.rejects import Rejects, files_read, rejects
from rfmtool.standing import Standing


@dataclass(frozen=True, repr=False)
class Result(Standing):
    """The result of a run: all customers on the as_of day, and what reports are made from."""

    def __repr__(self) -> str:
        """The numbers of customers and orders, and the as_of day."""
        customers, orders = len(self.grouped.table), len(self.grouped.order_dates.day)
        return f"<rfmtool.Result: {customers:,} customers, {orders:,} orders, as of {self.as_of}>"

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row per customer as in customers.csv, money in currency units.

        Text and labels are `str`, whole numbers `int64` or `Int64`, money and ratios `float64`,
        days `datetime64[s]`.
        """
        return in_units(self.frame[list(self.columns)], names.MONEY)

    def chart(self, kind: str | None = None) -> Any:  # noqa: ANN401 - altair's
        """The result as a chart of altair: one of `rfmtool.pages.charts.RUN_CHARTS`.

        Raises:
            UsageError: there is no such chart, or altair is not installed.
        """
        from rfmtool.pages.charts import RUN_CHARTS, chart

        return chart(RUN_CHARTS, kind, self.summary)

    def _repr_html_(self) -> str:
        from rfmtool.pages.html import run_fragment  # with its templates

        return run_fragment({**self.summary, "title": None, "timeline": None})

    def to_frame(self) -> pd.DataFrame:
        """The same as `customers`."""
        return self.customers

    def to_arrow(self) -> pa.Table:
        """One row per customer as in customers.parquet: money as decimals, days as dates."""
        return to_table(self.frame, self.columns)

    def as_data(self) -> dict[str, Any]:
        """The same as `summary`."""
        return self.summary

    def rejects(self) -> Iterator[Rejects]:
        """Read the files again for the rejected rows, raw cells included; evidence comes last.

        Raises:
            InputError: a file has changed since.
        """
        export = self.grouped.export.with_detail(self.settings.detail or Detail())
        tables = self.evidence.ledgers.values() if self.evidence else ()
        files = files_read(export, self.ledger, tables, self.grouped.rates)
        return rejects(files, self.settings.suppressed)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Everything the report shows, as plain data.

        Raises:
            UsageError: the run computed selected columns only.
        """
        if self.settings.select is not None:
            raise UsageError(
                "a summary is of all columns, and the run was asked for some alone",
                "Run without Settings(select=...).",
            )
        from rfmtool.summaries.summary import summarise  # with every analysis

        return summarise(self)


def run(  # noqa: PLR0913 - the library's entry point; all but the source are optional
    source: Any,  # noqa: ANN401 - a path, paths, or any library's frame
    *,
    columns: Mapping[str, str] | None = None,
    as_of: date | str | None = None,
    rules: Paths | Rules = None,
    scales: str | os.PathLike[str] | Scales | None = None,
    evidence: Mapping[str, Any] | None = None,
    cuts: Mapping[str, Method] | None = None,
    fit_on: FitRules | None = None,
    asked: Asked | None = None,
    settings: Settings | None = None,
    max_rejects: str | int = "1%",
    min_matched: str = "50%",
    watcher: Watcher | None = None,
    lots: HoldoutRules | None = None,
    entered: pd.DataFrame | None = None,
    results: Mapping[str, Mapping[str, Any]] | None = None,
    on_read: Callable[[Grouped, Evidence], None] | None = None,
    refit_days: int | None = None,
) -> Result:
    """Score, stage and segment the customers of an export, and say what to do about each.

    Args:
        source: a path, glob, folder or URL (of a database, with a table or query behind `#`, or of
            a store), several of these, a pandas frame, or anything with the Arrow C stream
            interface (a Polars frame, a DuckDB relation, an Arrow table).
        columns: role to column name, where header names are not enough; `TABLE.ROLE` for evidence.
        as_of: the day recency is counted from; the latest day of a counting order by default. With
            "last" that day is taken even if only a few orders are so late.
        rules: a rules file, or rules already loaded.
        scales: cut points to use instead of fitting them: a file, or the scales of an earlier run.
        evidence: contacts, referrals, feedback, partners, wallets, contacted, introductions,
            memberships, needs, suppress: each a source of its own.
        cuts: dimension to scoring method; overrides the rules.
        fit_on: the customers that cut points are fitted on; overrides the rules.
        asked: all other reading options, which are detected by default.
        settings: the window, the currency, threads and memory.
        max_rejects: how many rows of a table may be unreadable: a number, or a share such as "1%".
        min_matched: the share of ids of such tables that must be known from other tables.
        watcher: is told the progress of reading.
        lots: the holdouts: shares of customers left out of marketing, to measure against.
        entered: the `holdouts` of an earlier result, which stay in force.
        results: the measured results of each action by name: at least its `verdict`.
        on_read: called with the grouped export and its evidence, once they are within the limits.
        refit_days: fit again, by `cuts` and `fit_on`, where the scales given are that old or older.

    Returns:
        The customers, and what reports are made from.

    Raises:
        InputError: the export or a table cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
        LimitError: more rows than `max_rejects` are unreadable, or fewer ids match.
        UsageError: an argument has a wrong type, arguments contradict each other, or the memory
            limit is too low.
        RulesError: the rules or scales have an error.
    """
    asked, columns, evidence = asked or Asked(), columns or {}, evidence or {}
    check_type("asked", asked, Asked, "rfmtool.Asked(...)")
    check_type("columns", columns, Mapping, "a dict such as {'amount': 'Total'}")
    check_type("evidence", evidence, Mapping, "a dict such as {'contacts': 'contacts.csv'}")
    columns = {role: str(name) for role, name in columns.items()}
    asked = replace(asked, columns={**asked.columns, **columns})
    settings = settings or Settings(detail=Detail(entries=True))
    check_type("settings", settings, Settings, "rfmtool.Settings(...)")
    settings = settings.with_as_of(as_of)
    names.check_names(settings.select, asked.keep)
    if (cuts or fit_on) and scales is not None and refit_days is None:
        conflicting = "cuts" if cuts else "limits of the fit (such as --within)"
        raise UsageError(
            f"{conflicting} and scales are both given, and both set the score cut points",
            "Give one of them, or say with --refit-every how old the scales may get.",
        )
    if asked.country is not None:
        check_country(asked.country)
    rules = rules if isinstance(rules, Rules) else load_rules(rules, cuts, fit_on)
    rules = with_results(with_holdouts(rules, lots or rules.holdout), results or {})
    scales = scales if isinstance(scales, Scales) or scales is None else load_scales(scales)
    if settings.detail is None:
        needed = required_columns(settings, rules)
        if "contacted" not in {**rules.evidence, **evidence}:
            needed -= dependencies.YEARLY
        settings = replace(settings, detail=required_detail(needed, rules, scales))
    grouped, tables, settings = _read(
        source, evidence, rules, asked, settings, max_rejects, watcher
    )
    check_rejects(grouped.ledger, max_rejects, grouped.on_dates)
    check_wallets(tables, grouped, settings.currency)
    day = as_of_day(grouped, accept_last=settings.accept_last)
    if scales and refit_days is not None and (day - scales.as_of).days >= refit_days:
        scales = None
    check_matched(tables.ledgers.values(), min_matched)
    if on_read:
        on_read(grouped, tables)
    ids = grouped.table["customer_id"]
    grouped = with_evidence(grouped, evidence_as_of(tables, settings, day, ids))
    if "phone" in required_columns(settings, rules):
        grouped = with_international_phones(grouped)
    limit, threads, reported = settings.memory_limit, settings.threads, settings.reported
    customers = len(grouped.table)
    entries = None if grouped.entries is None else len(grouped.entries.day)
    check_memory_fits(
        limit, grouped.held_bytes, threads, customers=customers, entries=entries, reported=reported
    )
    return Result.from_grouped(
        grouped, rules, day, settings, scales=scales, evidence=tables, entered=entered
    )


def check(  # noqa: PLR0913 - as for `run`
    source: Any,  # noqa: ANN401 - as in `run`
    *,
    evidence: Mapping[str, Any] | None = None,
    asked: Asked | None = None,
    settings: Settings | None = None,
    rules: Paths = None,
    watcher: Watcher | None = None,
) -> tuple[Grouped, Evidence]:
    """Read an export and its evidence as `run` does, and stop before anything is computed.

    Raises:
        InputError: something cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
    """
    asked, settings = asked or Asked(), settings or Settings()
    grouped, tables, settings = _read(
        source, evidence or {}, load_rules(rules), asked, settings, "100%", watcher
    )
    with KNOWN_GROUPED.attached(grouped):
        check_wallets(tables, grouped, settings.currency)
        check_last_days(grouped, accept_last=settings.accept_last)
    return grouped, tables


def _read(  # noqa: PLR0913, PLR0917 - what `run` and `check` are asked
    source: Any,  # noqa: ANN401 - as in `run`
    evidence: Mapping[str, Any],
    rules: Rules,
    asked: Asked,
    settings: Settings,
    max_rejects: str | int,
    watcher: Watcher | None,
) -> tuple[Grouped, Evidence, Settings]:
    """The export, the evidence given and named by the rules, and settings with who is suppressed.

    The evidence is read first, as its suppression list says what to leave out of the export.
    """
    if "suppress" in rules.evidence and "suppress" in evidence:  # the list given adds to the rules'
        of_rules = {"suppress": rules.evidence["suppress"]}
        listed = read_checked_evidence(of_rules, asked, settings, max_rejects=0)
        settings = settings_with_evidence(settings, listed)
    tables = read_checked_evidence({**rules.evidence, **evidence}, asked, settings, max_rejects)
    settings = settings_with_evidence(settings, tables)
    asked = replace(asked, elsewhere=contact_attributes(tables))
    grouped = read_export(source, asked=asked, settings=settings, rules=rules, watcher=watcher)
    while True:
        suppressed = settings.suppressed | grouped.ledger.suppressed
        settings = settings_with_evidence(replace(settings, suppressed=suppressed), tables)
        if settings.suppressed == suppressed:
            break
        # Contacts have an address of somebody suppressed that only the export tells.
        grouped = group_export(grouped.export, rules, settings, watcher)
    ids = grouped.table["customer_id"].combine_chunks()
    tables = tables.with_matches(ids, grouped.ledger.suppressed)
    grouped.ledger.suppressed |= settings.suppressed
    return grouped, tables, settings
