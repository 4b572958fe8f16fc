"""The steps in their order: an export becomes lines, then customers, scores and places."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from rfmtool import columns as names
from rfmtool.engines import Entries, MoneyOverflowError, SamePersonError
from rfmtool.engines.local import LocalEngine
from rfmtool.errors import AmbiguousInputError, InputError, LimitError, RulesError, UsageError
from rfmtool.placing.activity import place_activity
from rfmtool.placing.candidates import add_candidates
from rfmtool.placing.ladder import place_stages
from rfmtool.placing.proof import add_proof
from rfmtool.placing.segments import place_segments
from rfmtool.rules import Method, Rules, load_rules
from rfmtool.rules.presets import SALE_ROLES
from rfmtool.scoring.customers import (
    OrderDates,
    check_for_strays,
    customers,
    last_day,
    order_dates,
    strip_point_zero,
)
from rfmtool.scoring.scales import Scales, apply_scales, fit, load_scales
from rfmtool.scoring.timing import add_usual_gaps, fit_timing, order_days
from rfmtool.sources import Asked, Export, currencies, open_export
from rfmtool.sources.detect import survey
from rfmtool.sources.layout import KEPT, OPTIONAL_ROLES, Detail, Question
from rfmtool.sources.ledger import Ledger
from rfmtool.sources.lines import Watcher, lines

_EPOCH: Final = date(1970, 1, 1)
_UNSURE: Final = ("bad_date", "bad_amount", "bad_quantity", "bad_price")


@dataclass(frozen=True)
class Settings:
    """What a run is asked for beside its export.

    `as_of` excludes later lines; without it, as_of is the day of the latest counting order.
    `accept_last` takes that day even where it hangs on a few orders long after all others.
    """

    as_of: date | None = None
    accept_last: bool = False
    since: date | None = None
    window_days: int | None = None
    currency: str | None = None
    order_per_row: bool = False
    suppressed: frozenset[str] = frozenset()
    detail: Detail = field(default_factory=Detail)
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    memory_limit: str | None = None


@dataclass(frozen=True)
class Grouped:
    """An export, read and grouped: the engine's table, the order dates, and where rows went.

    What the export does not have, or nobody wants, is None. `owner` in it is the place in `table`,
    which has `rows`, `cost` and `uncosted` where costs are read.
    """

    table: pa.Table
    dates: OrderDates
    ledger: Ledger
    export: Export
    dropped_point_zero: bool = False
    as_of: date | None = None
    """The day that the question names; None leaves it to the data."""
    merged_ids: int = 0
    """How many ids are another spelling of a customer's e-mail address."""
    categories: pa.Table | None = None
    """`engines.CATEGORIES`."""
    latest: pa.Table | None = None
    """The latest contact and kept cells, a row for each row of `table`."""
    entries: Entries | None = None


@dataclass(frozen=True)
class Result:
    """The answer: one row per customer, and everything a report needs."""

    frame: pd.DataFrame
    """All columns of `columns.CUSTOMERS` and a few more; money in whole 1/10,000."""
    scales: Scales
    fitted: bool
    rules: Rules
    as_of: date
    grouped: Grouped
    settings: Settings

    @property
    def ledger(self) -> Ledger:
        """Where every row of the export went."""
        return self.grouped.ledger

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row per customer as in customers.csv, money as floats in currency units."""
        money = {name: self.frame[name] / names.UNITS_PER_CURRENCY for name in names.MONEY}
        return self.frame.assign(**money)[list(names.CUSTOMERS)]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Everything the report shows, as plain data."""
        from rfmtool.report.summary import summarise

        return summarise(self)


def run(  # noqa: PLR0913 - the one door to the library; all but the source are optional
    source: Any,  # noqa: ANN401 - a path, paths, or any library's frame
    *,
    columns: Mapping[str, str] | None = None,
    as_of: date | str | None = None,
    rules: str | os.PathLike[str] | Rules | None = None,
    scales: str | os.PathLike[str] | Scales | None = None,
    cuts: Mapping[str, Method] | None = None,
    asked: Asked | None = None,
    settings: Settings | None = None,
    max_rejects: str | int = "1%",
    watcher: Watcher | None = None,
) -> Result:
    """Score, stage and segment the customers of an export.

    Args:
        source: a path, glob or folder, several of these, a pandas frame, or anything with the
            Arrow C stream interface (a Polars frame, a DuckDB relation, an Arrow table).
        columns: role to column name, where the names alone do not tell.
        as_of: the day recency is counted from; the latest day of a counting order by default. With
            "last" that day is taken even where it hangs on a few orders long after all others.
        rules: a rules file, or rules already loaded.
        scales: cut points to use instead of fitting them: a file, or the scales of an earlier run.
        cuts: dimension to scoring method; overrides the rules.
        asked: everything else that detection would otherwise decide.
        settings: the window, the currency, threads and memory.
        max_rejects: how many rows may be unreadable: a number, or a share such as "1%".
        watcher: told how far reading has come.

    Returns:
        The customers and what is known about the run.

    Raises:
        InputError: the export cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
        LimitError: more rows than `max_rejects` are unreadable.
        RulesError: the rules or scales have an error.
    """
    asked = asked or Asked()
    settings = settings or Settings()
    if columns:
        asked = replace(asked, columns={**asked.columns, **columns})
    if as_of == "last":
        settings = replace(settings, as_of=None, accept_last=True)
    elif as_of is not None:
        settings = replace(settings, as_of=_day(as_of))
    if cuts and scales is not None:
        raise UsageError(
            "cuts and scales are both given, and both say where scores part", "Give one of them."
        )
    in_force = rules if isinstance(rules, Rules) else load_rules(rules, cuts)
    given = scales if isinstance(scales, Scales) or scales is None else load_scales(scales)
    asked = replace(asked, own_presets=in_force.presets)
    grouped = group(open_export(source, asked), in_force, settings, watcher)
    check_rejects(grouped.ledger, max_rejects)
    day = as_of_day(grouped, settings)
    return score(grouped, in_force, day, settings, given)


def score(
    grouped: Grouped, rules: Rules, as_of: date, settings: Settings, scales: Scales | None = None
) -> Result:
    """Measure, score and place grouped customers; pure.

    Raises:
        RulesError: the scales given have other scores than the segments of the rules.
    """
    if scales:
        _check_bins(scales, rules)
    people = customers(grouped.table, grouped.dates, _ordinal(as_of))
    days = order_days(grouped.dates)
    in_force = scales or fit(people, rules.scoring, fit_timing(days, _ordinal(as_of)), as_of)
    frame = (
        apply_scales(people, in_force, rules.weights)
        .pipe(add_usual_gaps, days, in_force.timing)
        .pipe(place_segments, rules.segments)
        .pipe(add_proof, {}, _ordinal(as_of))
        .pipe(place_activity, in_force.timing)
        .pipe(add_candidates)
        .pipe(place_stages, rules.ladder)
    )
    return Result(frame, in_force, scales is None, rules, as_of, grouped, settings)


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


def look(
    source: Any,  # noqa: ANN401 - as in `run`
    *,
    asked: Asked | None = None,
    settings: Settings | None = None,
    rules: str | os.PathLike[str] | None = None,
    watcher: Watcher | None = None,
) -> Grouped:
    """Read an export as `run` does, and stop before any question is asked of it.

    Raises:
        InputError: it cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
    """
    in_force = load_rules(rules)
    export = open_export(source, replace(asked or Asked(), own_presets=in_force.presets))
    return group(export, in_force, settings or Settings(), watcher)


def ordered(frame: pd.DataFrame, sort: str | None, top: int | None) -> pd.DataFrame:
    """Sort rows by a column and keep the first few; equal rows stay ordered by customer_id.

    Args:
        frame: a result's frame.
        sort: a column, with a leading `-` to descend; None keeps the order.
        top: how many rows to keep; None keeps all.

    Raises:
        UsageError: there is no such column.
    """
    if sort is not None:
        column = sort.removeprefix("-")
        if column not in names.CUSTOMERS:
            raise UsageError(
                f"--sort: there is no column {column!r}",
                f"Columns are {', '.join(names.CUSTOMERS)}.",
            )
        ascending = column == sort
        frame = frame.sort_values(column, ascending=ascending, kind="stable", na_position="last")
    return frame if top is None else frame.head(top)


def group(
    export: Export, rules: Rules, settings: Settings, watcher: Watcher | None = None
) -> Grouped:
    """Read an export and group its lines by customer.

    Where the cells turn out not to fit the reading a sample suggested, the whole columns are
    looked at and, if they say otherwise, the export is read again.

    Raises:
        InputError: it cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
    """
    question = Question(
        since=settings.since,
        until=settings.as_of,
        currency=settings.currency,
        not_a_sale=rules.not_a_sale | export.reading.preset.not_a_sale,
        order_per_row=settings.order_per_row,
        suppressed=settings.suppressed,
    )
    as_of = settings.as_of
    if settings.window_days is not None:
        if as_of is None:
            # Only for the day it ends on, so that nothing else need be read.
            plain = replace(
                settings, window_days=None, detail=Detail(None, cost=False, contacts=False)
            )
            whole = group(export, rules, plain, watcher)
            as_of, export = as_of_day(whole, settings), whole.export
        question = _with_window(question, as_of, settings.window_days)
    grouped = _grouped(export, question, settings, watcher)
    ledger = grouped.ledger
    if not export.surveyed and (ledger.has_marks or any(ledger[reason] for reason in _UNSURE)):
        surveyed = survey(export)
        if surveyed.reading == export.reading:
            grouped = replace(grouped, export=surveyed)
        else:
            grouped = _grouped(surveyed, question, settings, watcher)
    return replace(grouped, as_of=as_of)


def _with_window(question: Question, as_of: date, days: int) -> Question:
    start = as_of - timedelta(days=min(days - 1, (as_of - date.min).days))
    since = max(start, question.since) if question.since else start
    return replace(question, since=since, until=as_of)


def _grouped(
    export: Export, question: Question, settings: Settings, watcher: Watcher | None
) -> Grouped:
    engine = LocalEngine(settings.threads, settings.memory_limit)
    try:
        grouped = _read(engine, export, question, settings.detail, watcher)
    except MoneyOverflowError:
        engine = replace(engine, wide=True)
        grouped = _read(engine, export, question, settings.detail, watcher)
    _check_currency(export, grouped.ledger, question)
    grouped = replace(grouped, export=export)
    # Whole numbers sort alike with and without their .0, so that places stay as they are.
    bare = strip_point_zero(grouped.table) if grouped.ledger.ids_end_in_point_zero else None
    return grouped if bare is None else replace(grouped, table=bare, dropped_point_zero=True)


def _check_currency(export: Export, ledger: Ledger, question: Question) -> None:
    """Check that all money is in one currency, and that one asked for can be told."""
    if question.currency is not None:
        if "currency" not in export.columns and not ledger.names_currencies:
            raise InputError(
                f"{export.name}: --currency is given, but no column was recognised as currency and"
                " no amount has a sign or code beside it",
                "Name the column with --column currency=NAME, or leave --currency out.",
            )
        return
    held = currencies.apart(ledger.currencies)
    if len(held) > 1:
        # A column named by mistake holds other cells.
        known = sorted(currency for currency in held if currencies.is_known(currency))
        more = [f"{len(held) - len(known)} more"] * (len(known) < len(held))
        raise AmbiguousInputError(
            f"{export.name}: money in {len(held)} currencies, {', '.join([*known[:8], *more])}",
            "Pick one with --currency.",
        )


def _read(
    engine: LocalEngine, export: Export, question: Question, detail: Detail, watcher: Watcher | None
) -> Grouped:
    wanted = export.of(detail)
    more = any(role in OPTIONAL_ROLES or role.startswith(KEPT) for role in wanted.columns)
    if not (more or detail.entries):
        try:
            return _read_plain(engine, wanted, question, watcher)
        except SamePersonError:
            pass  # rare enough to read the export again
    return _read_in_detail(engine, wanted, question, detail, watcher)


def _read_plain(
    engine: LocalEngine, export: Export, question: Question, watcher: Watcher | None
) -> Grouped:
    ledger = Ledger()
    stream = lines(export, question, ledger, threads=engine.threads, watcher=watcher)
    by_status = not export.columns.keys().isdisjoint(SALE_ROLES)
    with _failures_of_reading(export, ledger):
        table = engine.aggregate(stream, by_status=by_status)
    _leave_out_orders(ledger, table, by_status=by_status)
    return Grouped(table, order_dates(table), ledger, export)


def _read_in_detail(
    engine: LocalEngine, export: Export, question: Question, detail: Detail, watcher: Watcher | None
) -> Grouped:
    ledger = Ledger()
    stream = lines(export, question, ledger, threads=engine.threads, watcher=watcher)
    by_status = not export.columns.keys().isdisjoint(SALE_ROLES)
    with _failures_of_reading(export, ledger), engine.open(stream, by_status=by_status) as books:
        table, latest = books.customers(), books.latest()
        grouped = Grouped(
            table,
            order_dates(table),
            ledger,
            export,
            merged_ids=books.merged_ids,
            categories=books.categories() if "category" in export.columns else None,
            latest=latest if latest.num_columns else None,
            entries=books.entries() if detail.entries else None,
        )
    _leave_out_orders(ledger, table, by_status=by_status)
    return grouped


@contextmanager
def _failures_of_reading(export: Export, ledger: Ledger) -> Iterator[None]:
    """Say what went wrong in reading where an engine wraps it in words of its own."""
    try:
        yield
    except Exception as error:
        if ledger.failure is not None:
            raise ledger.failure from None
        if isinstance(error, InputError):
            raise InputError(f"{export.name}: {error.args[0]}", error.hint) from None
        raise


def _leave_out_orders(ledger: Ledger, table: pa.Table, *, by_status: bool) -> None:
    if by_status:
        money = sum(table["sales"].to_pylist()) - sum(table["refunds"].to_pylist())
        ledger.leave_out_orders(sum(table["rows"].to_pylist()), money)


def as_of_day(grouped: Grouped, settings: Settings) -> date:
    """The day asked for; else the latest day of a counting order; else the last line's day.

    Raises:
        AmbiguousInputError: the latest day hangs on a few orders long after all others.
        InputError: there is no line to take a day from.
    """
    last_line_day = grouped.ledger.last_day
    if last_line_day is None or (grouped.ledger.excluded and not grouped.ledger["used"]):
        raise _nothing_left(grouped)
    if grouped.as_of is not None:
        return grouped.as_of
    if not settings.accept_last:
        try:
            check_for_strays(grouped.dates)
        except AmbiguousInputError as error:
            message = f"{grouped.export.name}: {error.args[0]}"
            raise AmbiguousInputError(message, error.hint) from None
    return _EPOCH + timedelta(days=last_day(grouped.dates, last_line_day))


def _nothing_left(grouped: Grouped) -> InputError:
    # An empty answer would take the place of a good one in tonight's job.
    ledger = grouped.ledger
    reasons = ", ".join(f"{name} {ledger[name]:,}" for name in names.BINS if ledger[name])
    return InputError(
        f"{grouped.export.name}: none of the {ledger.rows:,} rows can be used ({reasons})",
        "See rfmtool check; look at --as-of, --since and --window if you gave them.",
    )


def check_rejects(ledger: Ledger, most: str | int) -> None:
    """Stop where too many rows are unreadable.

    Args:
        ledger: where the rows went.
        most: a number of rows, or a share of all rows such as "1%".

    Raises:
        LimitError: more rows than that are rejected.
        UsageError: `most` is neither.
    """
    text = str(most).strip()
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UsageError(
            f"--max-rejects {text!r} is no number of rows and no share of them",
            "For example 100 or 1%.",
        )
    limit = number / 100 * ledger.rows if text.endswith("%") else number
    if ledger.rejected > limit:
        reasons = ", ".join(f"{name} {ledger[name]:,}" for name in names.REJECTIONS if ledger[name])
        first = ledger.rejects[0]
        raise LimitError(
            f"{ledger.rejected:,} of {ledger.rows:,} rows cannot be read ({reasons}); the first is"
            f" row {first.row:,} of {first.file} ({first.reason})",
            _next_step(ledger),
        )


def _next_step(ledger: Ledger) -> str:
    if 2 * ledger.rejected > ledger.rows:
        return "So many mean that it is read wrongly: rfmtool check says how, and what changes it."
    return f"See rfmtool check; accept them with --max-rejects {ledger.rejected}."


def _day(day: date | str) -> date:
    if isinstance(day, datetime):  # a pandas Timestamp is one too
        return day.date()
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"as_of {day!r} is not a day", "Write it as YYYY-MM-DD.") from None


def _ordinal(day: date) -> int:
    return (day - _EPOCH).days
