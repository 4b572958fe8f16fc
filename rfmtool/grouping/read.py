"""Reading of an export and grouping by customer, with the settings of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from rfmtool.engines import Engine, Grouping, Request
from rfmtool.engines.local import LocalEngine
from rfmtool.errors import InputError, UsageError
from rfmtool.grouping.ambiguities import (
    check_amounts,
    check_calendar,
    check_currency,
    check_overlap,
)
from rfmtool.grouping.grouped import KNOWN_GROUPED, Grouped, as_of_day
from rfmtool.grouping.ids import check_ids
from rfmtool.grouping.order_dates import order_dates_from_lists, strip_point_zero
from rfmtool.grouping.order_history import counting_order_dates
from rfmtool.grouping.statuses import check_statuses
from rfmtool.memory import release_memory
from rfmtool.rules import Paths, Rules, load_rules
from rfmtool.rules.presets import SALE_ROLES
from rfmtool.settings import LineSettings, Settings
from rfmtool.sources import Asked, Export, open_export
from rfmtool.sources.detect import scan_fully
from rfmtool.sources.evidence.tables import with_refusals_of_addresses
from rfmtool.sources.layout import Detail, LineOptions
from rfmtool.sources.names import normalized
from rfmtool.sources.rows.lines import ExportLines, Watcher
from rfmtool.sources.statuses import Statuses

_NO_DETAIL: Final = Detail(category=None, cost=False, contacts=False)
_FORMAT_DEPENDENT_BINS: Final = ("bad_date", "bad_amount", "bad_quantity", "bad_price")


def read_export(
    source: Any,  # noqa: ANN401 - as in `run`
    *,
    asked: Asked | None = None,
    settings: Settings | None = None,
    rules: Paths | Rules = None,
    watcher: Watcher | None = None,
) -> Grouped:
    """Read and group an export as `run` does, without computing scores."""
    in_force = rules if isinstance(rules, Rules) else load_rules(rules)
    export = open_export(source, replace(asked or Asked(), own_presets=in_force.presets))
    return group_export(export, in_force, settings or Settings(), watcher)


def group_export(
    export: Export, rules: Rules, settings: Settings, watcher: Watcher | None = None
) -> Grouped:
    """Read an export and group its lines by customer.

    It is read once, unless its cells contradict the formats that a sample suggested, a window ends
    on a day that only the data show, or it has the e-mail address of somebody suppressed.
    """
    local = LocalEngine(settings.threads, settings.memory_limit)
    engine: Engine = local
    if remote := settings.remote or export.remote:
        from rfmtool.engines.spark import SparkEngine

        engine = SparkEngine(remote, local)
    options, as_of = _line_options(export, rules, settings), settings.as_of
    if as_of is not None:
        options = _with_window(options, as_of, settings.window_days)
    address_by_id = dict[str, str]()
    while True:
        # A first pass finds the day that the window ends on, which needs no optional columns.
        seeks_day = settings.window_days is not None and as_of is None
        detail = _NO_DETAIL if seeks_day else settings.detail or Detail()
        detail = replace(detail, contacts=True) if options.suppressed else detail
        lines = ExportLines(export.with_detail(detail), options, settings.threads, watcher)
        grouped = _group_lines(lines, export, detail, engine)
        ledger = grouped.ledger
        # With other formats some cells might be readable, or have other values.
        may_misread = ledger.has_marks or any(ledger[reason] for reason in _FORMAT_DEPENDENT_BINS)
        if may_misread and not export.is_fully_scanned:
            rescanned = scan_fully(export)
            has_changed, export = rescanned.formats != export.formats, rescanned
            if has_changed:
                continue
            grouped = replace(grouped, export=rescanned)
        addresses = settings.suppressed | ledger.suppressed
        address_by_id |= (listed := grouped.addresses_among(addresses))
        if not listed.keys() <= options.suppressed:
            options = replace(options, suppressed=options.suppressed.union(listed))
            continue
        ledger.suppressed |= {*address_by_id.values()}
        _check_ambiguities(grouped, lines, engine)
        if not seeks_day:
            release_memory()
            return replace(grouped, as_of=as_of)
        as_of = as_of_day(grouped, accept_last=settings.accept_last)
        options = _with_window(options, as_of, settings.window_days)


def _line_options(export: Export, rules: Rules, settings: LineSettings) -> LineOptions:
    if settings.rates is not None and settings.currency is not None:
        raise UsageError(
            "a currency to pick and rates to convert with are both given",
            "Give the currency to convert into to the rates.",
        )
    preset, asked = export.preset, export.asked.statuses
    # Options settle status words before rules, and rules before the preset.
    statuses = Statuses(open=frozenset(map(normalized, preset.open)))
    statuses = statuses.with_settled(preset.sale, preset.not_a_sale)
    statuses = statuses.with_settled(rules.sale, rules.not_a_sale)
    sales = [word for word, is_sale in asked.items() if is_sale is True]
    others = [word for word, is_sale in asked.items() if is_sale is False]
    return LineOptions(
        since=settings.since,
        until=settings.as_of,
        currency=settings.currency,
        rates=settings.rates,
        statuses=statuses.with_settled(sales, others),
        has_payment_status=bool(export.columns.keys() & {"payment_status", "captured"})
        and not preset.columns,
        anonymous_ids=export.asked.anonymous | preset.anonymous,
        order_per_row=settings.order_per_row,
        suppressed=settings.suppressed,
        amount_per=settings.amount_per or preset.amount_per,
        overlap=settings.overlap,
    )


def _with_window(options: LineOptions, as_of: date, days: int | None) -> LineOptions:
    """The options for the lines of some days up to `as_of`; unchanged without a window."""
    if days is None:
        return options
    start = as_of - timedelta(days=min(days - 1, (as_of - date.min).days))
    since = max(start, options.since) if options.since else start
    return replace(options, since=since, until=as_of)


def _group_lines(lines: ExportLines, export: Export, detail: Detail, engine: Engine) -> Grouped:
    selected, options = lines.export, lines.options
    request = Request(
        lines,
        entries=detail.entries,
        first_categories=detail.first,
        excludes_voided_orders=not selected.columns.keys().isdisjoint(SALE_ROLES),
        amount_per_order=options.amount_per == "order",
        deduplicates_orders=options.overlap == "keep-one",
    )
    with _reading_errors(selected, lines):
        grouping = engine.group(request)
    _correct_ledger(lines, export, request, grouping, engine)
    ledger, table, entries = lines.ledger, grouping.customers, grouping.entries
    latest = grouping.latest_cells
    if latest is not None and {"email", "consent"} <= {*latest.column_names}:
        latest = with_refusals_of_addresses(latest)
    dates = counting_order_dates(entries) if entries else order_dates_from_lists(table)
    # Integers sort alike with and without their .0, so that customers stay in their rows.
    stripped = strip_point_zero(table) if ledger.ids_end_in_point_zero else None
    grouped = Grouped(
        table if stripped is None else stripped,
        dates,
        ledger,
        export,
        dropped_point_zero=stripped is not None,
        merged_ids=grouping.merged_ids,
        categories=grouping.categories,
        first_categories=grouping.first_categories,
        latest_cells=latest,
        entries=entries,
        order_counts=grouping.order_counts,
        rates=options.rates,
    )
    with KNOWN_GROUPED.attached(grouped):
        check_currency(export, ledger, options)
        check_statuses(export, ledger, options.statuses)
        check_ids(export, grouped.table, dates, ledger)
    return grouped


def _correct_ledger(
    lines: ExportLines, export: Export, request: Request, grouping: Grouping, engine: Engine
) -> None:
    """Count in the ledger, which has counted row by row, what only complete orders show."""
    ledger, table = lines.ledger, grouping.customers
    if request.depends_on_order:
        money = sum(table["sales"].to_pylist()) - sum(table["refunds"].to_pylist())
        rows = sum(table["rows"].to_pylist()) if request.excludes_voided_orders else ledger["used"]
        ledger.exclude_order_rows(rows, money)
    if request.amount_per_order and ledger.statuses and "order_id" in lines.export.columns:
        # Each row of an order may repeat its total.
        again = _lines_again(lines, export, with_status_words=True)
        statuses = engine.group(Request(again, only="statuses", amount_per_order=True))
        ledger.replace_status_money(statuses.by_status)


def _lines_again(lines: ExportLines, export: Export, **options: Any) -> ExportLines:  # noqa: ANN401 - each of its own type
    """The lines of an export once more, without optional columns and with some other options."""
    changed = replace(lines.options, **options)
    return ExportLines(export.with_detail(_NO_DETAIL), changed, lines.threads)


@contextmanager
def _reading_errors(export: Export, lines: ExportLines) -> Iterator[None]:
    """Raise the error of reading where an engine wraps it in an error of its own."""
    try:
        yield
    except Exception as error:
        if lines.ledger.failure is not None:
            raise lines.ledger.failure from None
        if isinstance(error, InputError):
            raise InputError(f"{export.name}: {error.args[0]}", error.hint) from None
        raise


def _check_ambiguities(grouped: Grouped, lines: ExportLines, engine: Engine) -> None:
    """Count the orders that recur in another file, and refuse an ambiguous export.

    Only exports with orders in several files are read once more. Where an amount or order counts
    once, anonymous lines are read once more too, because grouping leaves them out.
    """
    export, ledger = grouped.export, grouped.ledger
    keeps_one = lines.options.overlap == "keep-one"
    with KNOWN_GROUPED.attached(grouped):
        check_calendar(export, grouped.order_dates)
        may_recur = keeps_one and lines.has_files and ledger["anonymous"]
        if grouped.order_counts.multi_file_orders or may_recur:
            again = _lines_again(lines, export, with_anonymous=keeps_one)
            ledger.overlap = engine.group(Request(again, only="overlap")).overlap
            ledger.anonymous_units -= ledger.overlap.anonymous_units
            if lines.options.overlap is None:
                check_overlap(export, ledger, grouped.order_counts.orders)
        # Last, because orders that recur in another file have one amount on all of their rows too.
        check_amounts(export, grouped.order_counts)
        if lines.options.amount_per == "order" and ledger["anonymous"]:
            again = _lines_again(lines, export, with_anonymous=True)
            request = Request(
                again, only="anonymous", amount_per_order=True, deduplicates_orders=keeps_one
            )
            ledger.anonymous_units = engine.group(request).anonymous_units
