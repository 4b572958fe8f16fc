"""An export, read and grouped by customer: everything before the first score."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

from rfmtool.arrays import MAX_CACHED_CUSTOMERS
from rfmtool.engines import Engine, Request
from rfmtool.engines.local import LocalEngine
from rfmtool.errors import InputError, UsageError, add_error_context
from rfmtool.grouping.ambiguities import (
    check_amounts,
    check_calendar,
    check_currency,
    check_overlap,
)
from rfmtool.grouping.grouped import Grouped, as_of_day
from rfmtool.grouping.ids import check_ids
from rfmtool.grouping.order_dates import order_dates_from_lists, strip_point_zero
from rfmtool.grouping.order_history import counting_order_dates
from rfmtool.grouping.statuses import check_statuses
from rfmtool.memory import release_memory
from rfmtool.rules import Paths, Rules, load_rules
from rfmtool.rules.presets import SALE_ROLES
from rfmtool.sources import Asked, Export, open_export
from rfmtool.sources.cells.rates import Rates
from rfmtool.sources.detect import scan_fully
from rfmtool.sources.layout import Detail, LineOptions
from rfmtool.sources.rows.lines import ExportLines, Watcher
from rfmtool.sources.statuses import Statuses
from rfmtool.threads import core_count

_NO_DETAIL: Final = Detail(category=None, cost=False, contacts=False)
_UNSURE: Final = ("bad_date", "bad_amount", "bad_quantity", "bad_price")
_FEW: Final = 20_000
"""Of fewer customers threads would only wait for each other."""


@dataclass(frozen=True)
class Settings:
    """What a run is asked for beside its export.

    `as_of` excludes later lines; without it, as_of is the day of the latest counting order.
    `accept_last` takes that day even where it hangs on a few orders long after all others.
    """

    # Which lines count.
    as_of: date | None = None
    accept_last: bool = False
    since: date | None = None
    window_days: int | None = None
    currency: str | None = None
    """The currency whose lines alone are read."""
    rates: Rates | None = None
    """What money in other currencies is converted with, instead of picking one."""
    order_per_row: bool = False
    amount_per: Literal["line", "order"] | None = None
    """What an amount is of; None refuses orders that repeat one amount on every row."""
    overlap: Literal["keep-one", "sum"] | None = None
    """What becomes of orders that recur in another file; None refuses more than a few."""
    suppressed: frozenset[str] = frozenset()

    # What is concluded of them.
    select: tuple[str, ...] | None = None
    """The columns that are wanted, of those that are written and of kept ones; None: all."""
    detail: Detail | None = None
    """What is read of the export beside its orders; None: what the columns wanted need."""
    allow_proxy: bool = False
    """Let orders alone make a supporter of those they suggest."""
    estimate: bool = True
    """Estimate the wallets that nobody told of."""
    estimate_plans: bool = False
    """Tell headroom and plans of them too."""
    wallet_scores: bool = False
    """Score shares of wallet too."""
    reported: bool = False
    """Whether a report is made of everybody, which takes more memory."""

    # How it runs; the answer is the same.
    threads: int = field(default_factory=core_count)
    memory_limit: int | None = None
    """How many bytes the program may take."""
    remote: str | None = field(default=None, repr=False)  # it may hold a token
    """Where lines are grouped: a cluster that speaks Spark Connect; None: in this process."""

    def has_room(self, customers: int) -> bool:
        """Whether to hold what could be made anew: of not too many, where nobody sets a limit."""
        return customers <= MAX_CACHED_CUSTOMERS and self.memory_limit is None

    def threads_for(self, customers: int) -> int:
        """How many to place so many customers in, where each takes memory of its own."""
        return self.threads if customers > _FEW and self.has_room(customers) else 1


def read_export(
    source: Any,  # noqa: ANN401 - as in `run`
    *,
    asked: Asked | None = None,
    settings: Settings | None = None,
    rules: Paths | Rules = None,
    watcher: Watcher | None = None,
) -> Grouped:
    """Read an export as `run` does, and stop before any question is asked of it.

    Raises:
        InputError: it cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
    """
    in_force = rules if isinstance(rules, Rules) else load_rules(rules)
    export = open_export(source, replace(asked or Asked(), own_presets=in_force.presets))
    return group_export(export, in_force, settings or Settings(), watcher)


def group_export(
    export: Export, rules: Rules, settings: Settings, watcher: Watcher | None = None
) -> Grouped:
    """Read an export and group its lines by customer.

    It is read once, unless its cells belie the reading that a sample suggested, or a window ends on
    a day that only the data tell.

    Raises:
        InputError: it cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
        UsageError: the settings contradict each other.
    """
    local = LocalEngine(settings.threads, settings.memory_limit)
    engine: Engine = local
    if remote := settings.remote or export.remote:
        from rfmtool.engines.spark import SparkEngine

        engine = SparkEngine(remote, local)
    question, as_of = _question(export, rules, settings), settings.as_of
    if settings.window_days is not None and as_of is not None:
        question = _with_window(question, as_of, settings.window_days)
    while True:
        # Only for the day that a window ends on nothing else need be read.
        seeks_day = settings.window_days is not None and as_of is None
        detail = _NO_DETAIL if seeks_day else settings.detail or Detail()
        lines = ExportLines(export.with_detail(detail), question, settings.threads, watcher)
        grouped = _read(lines, export, detail, engine)
        ledger = grouped.ledger
        # Another reading might understand some cells, or understand them otherwise.
        is_unsure = ledger.has_marks or any(ledger[reason] for reason in _UNSURE)
        if is_unsure and not export.is_fully_scanned:
            surveyed = scan_fully(export)
            is_belied, export = surveyed.reading != export.reading, surveyed
            if is_belied:
                continue
            grouped = replace(grouped, export=surveyed)
        _check_ambiguities(grouped, lines, engine)
        if settings.window_days is None or not seeks_day:
            release_memory()
            return replace(grouped, as_of=as_of)
        as_of = as_of_day(grouped, accept_last=settings.accept_last)
        question = _with_window(question, as_of, settings.window_days)


def _question(export: Export, rules: Rules, settings: Settings) -> LineOptions:
    if settings.rates is not None and settings.currency is not None:
        raise UsageError(
            "a currency to pick and rates to convert with are both given",
            "Give the currency to convert into to the rates.",
        )
    preset, asked = export.preset, export.asked.statuses
    # Status words mean what the user says, else the rules, else the preset.
    words = (
        Statuses()
        .with_settled(preset.sale, preset.not_a_sale)
        .with_settled(rules.sale, rules.not_a_sale)
    )
    sales = [word for word, is_sale in asked.items() if is_sale is True]
    others = [word for word, is_sale in asked.items() if is_sale is False]
    return LineOptions(
        since=settings.since,
        until=settings.as_of,
        currency=settings.currency,
        rates=settings.rates,
        statuses=words.with_settled(sales, others),
        has_payment_status="payment_status" in export.columns and not preset.columns,
        anonymous_ids=export.asked.anonymous | preset.anonymous,
        order_per_row=settings.order_per_row,
        suppressed=settings.suppressed,
        amount_per=settings.amount_per or preset.amount_per,
        overlap=settings.overlap,
    )


def _with_window(question: LineOptions, as_of: date, days: int) -> LineOptions:
    start = as_of - timedelta(days=min(days - 1, (as_of - date.min).days))
    since = max(start, question.since) if question.since else start
    return replace(question, since=since, until=as_of)


def _read(lines: ExportLines, export: Export, detail: Detail, engine: Engine) -> Grouped:
    """Group the lines, which are of the export's columns that are wanted."""
    wanted, question = lines.export, lines.question
    request = Request(
        lines,
        entries=detail.entries,
        first_categories=detail.first,
        excludes_voided_orders=not wanted.columns.keys().isdisjoint(SALE_ROLES),
        amount_per_order=question.amount_per == "order",
        deduplicates_orders=question.overlap == "keep-one",
    )
    with _failures_of_reading(wanted, lines):
        found = engine.group(request)
    ledger, table, entries = lines.ledger, found.customers, found.entries
    if request.depends_on_order:  # only whole orders show what is used
        money = sum(table["sales"].to_pylist()) - sum(table["refunds"].to_pylist())
        rows = sum(table["rows"].to_pylist()) if request.excludes_voided_orders else ledger["used"]
        ledger.exclude_order_rows(rows, money)
    dates = counting_order_dates(entries) if entries else order_dates_from_lists(table)
    # Whole numbers sort alike with and without their .0, so that places stay as they are.
    bare = strip_point_zero(table) if ledger.ids_end_in_point_zero else None
    grouped = Grouped(
        table if bare is None else bare,
        dates,
        ledger,
        export,
        dropped_point_zero=bare is not None,
        merged_ids=found.merged_ids,
        categories=found.categories,
        first_categories=found.first_categories,
        latest_cells=found.latest_cells,
        entries=entries,
        order_counts=found.order_counts,
        rates=question.rates,
    )
    if question.amount_per == "order" and ledger.statuses and "order_id" in wanted.columns:
        # Its money was added up by row, and each row of an order may repeat it all.
        again = ExportLines(
            export.with_detail(_NO_DETAIL), replace(question, all_with_status=True), lines.threads
        )
        told = engine.group(Request(again, only_by_status=True, amount_per_order=True))
        ledger.replace_status_money(told.by_status)
    with add_error_context(grouped):
        check_currency(export, ledger, question)
        check_statuses(export, ledger, question.statuses)
        check_ids(export, grouped.table, dates, ledger)
    return grouped


@contextmanager
def _failures_of_reading(export: Export, lines: ExportLines) -> Iterator[None]:
    """Say what went wrong in reading where an engine wraps it in words of its own."""
    try:
        yield
    except Exception as error:
        if lines.ledger.failure is not None:
            raise lines.ledger.failure from None
        if isinstance(error, InputError):
            raise InputError(f"{export.name}: {error.args[0]}", error.hint) from None
        raise


def _check_ambiguities(grouped: Grouped, lines: ExportLines, engine: Engine) -> None:
    """Count the orders that recur in another file in the ledger, and refuse what is ambiguous.

    Few exports have orders in several files at all; those are read once more. Where orders count
    once, so does the money of those without a customer, which no engine has seen.

    Raises:
        AmbiguousInputError: amounts may be totals, or files may overlap.
    """
    export, ledger = grouped.export, grouped.ledger
    keeps_one = lines.question.overlap == "keep-one"
    with add_error_context(grouped):
        check_calendar(export, grouped.order_dates)
        check_amounts(export, grouped.order_counts)
        if grouped.order_counts.multi_file_orders or (
            keeps_one and lines.has_files and ledger["anonymous"]
        ):
            question = replace(lines.question, with_anonymous=keeps_one)
            again = ExportLines(export.with_detail(_NO_DETAIL), question, lines.threads)
            ledger.set_overlap(engine.group(Request(again, only_overlap=True)).overlap)
            if question.overlap is None:
                check_overlap(export, ledger, grouped.order_counts.orders)
        if lines.question.amount_per == "order" and ledger["anonymous"]:
            question = replace(lines.question, with_anonymous=True)
            again = ExportLines(export.with_detail(_NO_DETAIL), question, lines.threads)
            money = Request(
                again, only_anonymous=True, amount_per_order=True, deduplicates_orders=keeps_one
            )
            ledger.anonymous_units = engine.group(money).anonymous_units
