"""An export, read and grouped by customer: everything before the first score."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool import columns as names
from rfmtool.arrays import Mask, Places
from rfmtool.days import day_of
from rfmtool.engines import Doubts, Entries, MoneyOverflowError, SamePersonError
from rfmtool.engines.doubts import Once
from rfmtool.engines.local import LocalEngine
from rfmtool.engines.spends import Spends
from rfmtool.errors import InputError, UsageError, having_seen, naming
from rfmtool.grouping.doubts import check_amounts, check_currency, check_overlap
from rfmtool.grouping.history import counting_orders, moved
from rfmtool.grouping.order_days import (
    OrderDates,
    check_for_strays,
    last_day,
    order_dates,
    strip_point_zero,
)
from rfmtool.grouping.ids import check_ids
from rfmtool.grouping.people import everyone, owned
from rfmtool.grouping.statuses import check_statuses
from rfmtool.rules import Rules, load_rules
from rfmtool.rules.presets import SALE_ROLES
from rfmtool.sources import Asked, Export, open_export
from rfmtool.sources.cells.rates import Rates
from rfmtool.sources.detect import survey
from rfmtool.sources.layout import KEPT, OPTIONAL_ROLES, Detail, Question
from rfmtool.sources.ledger import Ledger
from rfmtool.sources.rows.lines import Watcher, lines
from rfmtool.sources.statuses import Statuses
from rfmtool.threads import cores

_CATEGORY: Final = "category"
_NO_DETAIL: Final = Detail(category=None, cost=False, contacts=False)
_DATES_ASKED_FOR: Final = "Look at --as-of, --since and --window."
_DATES: Final = (
    "See rfmtool check; name the column with --column ordered_at=NAME, or say how its dates are"
    " written with --date-format."
)
_NUMBERS: Final = (
    "See rfmtool check; name the column with --column amount=NAME, or say how its numbers"
    " are written with --decimal."
)
_WAYS_OUT: Final = {
    "anonymous": "See rfmtool check; name the column of customers with --column customer_id=NAME.",
    "blank": "Export it again.",
    "suppressed": "Everybody in it is on the list of --suppress: is it the right table?",
    "not_a_sale": "By their status they are no sales: see rfmtool check; --status settles a word.",
    "other_currency": "See rfmtool check; look at --currency and --rates.",
    "before_since": _DATES_ASKED_FOR,
    "after_as_of": _DATES_ASKED_FOR,
    "wrong_cell_count": "See rfmtool check; say with --delimiter what divides its cells.",
    "bad_encoding": "See rfmtool check; say with --encoding how its text is written.",
    "bad_text": "See rfmtool check; export it again.",
    "missing_date": _DATES,
    "bad_date": _DATES,
    "missing_amount": _NUMBERS,
    "bad_amount": _NUMBERS,
    "bad_quantity": _NUMBERS,
    "bad_price": _NUMBERS,
}
"""What to look at where no row can be used, by what became of most of them."""
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
    """The currency whose lines alone are read."""
    rates: Rates | None = None
    """What money in other currencies is converted with, instead of picking one."""
    order_per_row: bool = False
    amount_per: Literal["line", "order"] | None = None
    """What an amount is of; None refuses orders that repeat one amount on every row."""
    overlap: Literal["keep-one", "sum"] | None = None
    """What becomes of orders that recur in another file; None refuses more than a few."""
    suppressed: frozenset[str] = frozenset()
    detail: Detail = field(default_factory=Detail)
    allow_proxy: bool = False
    """Let orders alone make a supporter of those they suggest."""
    estimate: bool = True
    """Estimate the wallets that nobody told of."""
    wallet_scores: bool = False
    """Score shares of wallet too."""
    threads: int = field(default_factory=cores)
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
    doubts: Doubts = field(default_factory=Doubts)
    """What may be counted twice."""
    rates: Rates | None = None
    """What money was converted with."""
    evidence: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """The evidence tables supplied: `owner` and `referred` are places in `table`."""

    @property
    def on_dates(self) -> str:
        """What dates that cannot be read look like, as a sentence; empty where nobody knows."""
        others, taken = self.export.other_dates, self.export.reading.dates.name
        if not (others and self.ledger["bad_date"]):
            return ""
        return f"Dates are read as {taken}; most that cannot be read look like {others}."


def look(
    source: Any,  # noqa: ANN401 - as in `run`
    *,
    asked: Asked | None = None,
    settings: Settings | None = None,
    rules: str | os.PathLike[str] | Rules | None = None,
    watcher: Watcher | None = None,
) -> Grouped:
    """Read an export as `run` does, and stop before any question is asked of it.

    Raises:
        InputError: it cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
    """
    in_force = rules if isinstance(rules, Rules) else load_rules(rules)
    export = open_export(source, replace(asked or Asked(), own_presets=in_force.presets))
    return group(export, in_force, settings or Settings(), watcher)


def group(
    export: Export, rules: Rules, settings: Settings, watcher: Watcher | None = None
) -> Grouped:
    """Read an export and group its lines by customer.

    Where the cells turn out not to fit the reading a sample suggested, the whole columns are
    looked at and, if they say otherwise, the export is read again.

    Raises:
        InputError: it cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
        UsageError: the settings contradict each other.
    """
    question, as_of = _question(export, rules, settings), settings.as_of
    if settings.window_days is not None:
        if as_of is None:
            # Only for the day it ends on, so that nothing else need be read.
            plain = replace(settings, window_days=None, detail=_NO_DETAIL)
            whole = group(export, rules, plain, watcher)
            as_of, export = as_of_day(whole, settings), whole.export
        question = _with_window(question, as_of, settings.window_days)
    grouped = _surveyed(export, question, settings, watcher)
    with having_seen(grouped):
        check_amounts(grouped.export, grouped.doubts)
        if grouped.doubts.spanning or _may_recur_without_customer(grouped, question):
            _count_overlap(grouped, question, _engine(question, settings))
            if question.overlap is None:
                check_overlap(grouped.export, grouped.ledger, grouped.doubts.orders)
    return replace(grouped, as_of=as_of)


def _question(export: Export, rules: Rules, settings: Settings) -> Question:
    if settings.rates is not None and settings.currency is not None:
        raise UsageError(
            "a currency to pick and rates to convert with are both given",
            "Give the currency to convert into to the rates.",
        )
    return Question(
        since=settings.since,
        until=settings.as_of,
        currency=settings.currency,
        rates=settings.rates,
        statuses=_statuses(export, rules),
        nobody=export.asked.anonymous | export.preset.anonymous,
        order_per_row=settings.order_per_row,
        suppressed=settings.suppressed,
        amount_per=settings.amount_per or export.preset.amount_per,
        overlap=settings.overlap,
    )


def _statuses(export: Export, rules: Rules) -> Statuses:
    """What status words mean: as the user says, else the rules, else the preset."""
    preset, settled = export.preset, export.asked.statuses
    asked = [[word for word, is_sale in settled.items() if is_sale is wanted]
             for wanted in (True, False)]  # fmt: skip
    words = Statuses().over(preset.sale, preset.not_a_sale).over(rules.sale, rules.not_a_sale)
    return words.over(*asked)


def _with_window(question: Question, as_of: date, days: int) -> Question:
    start = as_of - timedelta(days=min(days - 1, (as_of - date.min).days))
    since = max(start, question.since) if question.since else start
    return replace(question, since=since, until=as_of)


def _surveyed(
    export: Export, question: Question, settings: Settings, watcher: Watcher | None
) -> Grouped:
    """Read by a sample's reading, and again where the cells belie it."""
    grouped = _grouped(export, question, settings, watcher)
    ledger = grouped.ledger
    if export.surveyed or not (ledger.has_marks or any(ledger[reason] for reason in _UNSURE)):
        return grouped
    surveyed = survey(export)
    if surveyed.reading == export.reading:
        return replace(grouped, export=surveyed)
    return _grouped(surveyed, question, settings, watcher)


def _grouped(
    export: Export, question: Question, settings: Settings, watcher: Watcher | None
) -> Grouped:
    engine = _engine(question, settings)
    try:
        grouped = _read(engine, export, question, settings.detail, watcher)
    except MoneyOverflowError:
        engine = replace(engine, wide=True)
        grouped = _read(engine, export, question, settings.detail, watcher)
    grouped = replace(grouped, export=export, rates=question.rates)
    with having_seen(grouped):
        check_currency(export, grouped.ledger, question)
        check_statuses(export, grouped.ledger)
        check_ids(export, grouped.table, grouped.dates)
    # Whole numbers sort alike with and without their .0, so that places stay as they are.
    bare = strip_point_zero(grouped.table) if grouped.ledger.ids_end_in_point_zero else None
    return grouped if bare is None else replace(grouped, table=bare, dropped_point_zero=True)


def _engine(question: Question, settings: Settings) -> LocalEngine:
    once = Once(question.amount_per == "order", question.overlap == "keep-one")
    return LocalEngine(settings.threads, settings.memory_limit, once=once)


def _may_recur_without_customer(grouped: Grouped, question: Question) -> bool:
    has_files = len(grouped.export.sources) > 1 and not question.order_per_row
    return has_files and question.overlap == "keep-one" and grouped.ledger["anonymous"] > 0


def _count_overlap(grouped: Grouped, question: Question, engine: LocalEngine) -> None:
    """Count the orders that recur in another file, in the ledger.

    The export is read once more: few have orders in several files at all. Where they count once,
    so does the money of those without a customer, which no engine has seen.
    """
    question = replace(question, anonymous=question.overlap == "keep-one")
    export = grouped.export.of(_NO_DETAIL)
    stream = lines(export, question, Ledger(), threads=engine.threads)
    grouped.ledger.set_overlap(engine.overlap(stream))


def _read(
    engine: LocalEngine, export: Export, question: Question, detail: Detail, watcher: Watcher | None
) -> Grouped:
    wanted = export.of(detail)
    if not detail.entries and _is_plain(wanted, engine.once):
        try:
            return _read_plain(engine, wanted, question, watcher)
        except SamePersonError:
            pass  # rare enough to read the export again
    return _read_in_detail(engine, wanted, question, detail, watcher)


def _is_plain(export: Export, once: Once) -> bool:
    """Whether lines can be summed straight to customers, and to their categories beside it."""
    roles = export.columns.keys()
    if roles & {*OPTIONAL_ROLES} - {_CATEGORY} or any(role.startswith(KEPT) for role in roles):
        return False
    whole_orders_count = once != Once() or _by_status(export)
    return _CATEGORY not in roles or not whole_orders_count


def _by_status(export: Export) -> bool:
    """Whether a column can say that an order is no sale."""
    return not export.columns.keys().isdisjoint(SALE_ROLES)


def _read_plain(
    engine: LocalEngine, export: Export, question: Question, watcher: Watcher | None
) -> Grouped:
    ledger = Ledger()
    stream = lines(export, question, ledger, threads=engine.threads, watcher=watcher)
    by_status = _by_status(export)
    spends = Spends() if _CATEGORY in export.columns else None
    with _failures_of_reading(export, ledger):
        stream = spends.without_category(stream) if spends else stream
        table, doubts = engine.aggregate(stream, by_status=by_status, with_rows=spends is not None)
        categories = spends.table(table["customer_id"]) if spends else None
    _settle(ledger, engine, table, by_status=by_status)
    dates = order_dates(table)
    return Grouped(table, dates, ledger, export, doubts=doubts, categories=categories)


def _read_in_detail(
    engine: LocalEngine, export: Export, question: Question, detail: Detail, watcher: Watcher | None
) -> Grouped:
    ledger = Ledger()
    stream = lines(export, question, ledger, threads=engine.threads, watcher=watcher)
    by_status = _by_status(export)
    with _failures_of_reading(export, ledger), engine.open(stream, by_status=by_status) as books:
        entries, latest = books.entries() if detail.entries else None, books.latest()
        table = books.totals() if entries else books.customers()
        grouped = Grouped(
            table,
            counting_orders(entries) if entries else order_dates(table),
            ledger,
            export,
            merged_ids=books.merged_ids,
            doubts=books.doubts,
            categories=books.categories(),
            latest=latest if latest.num_columns else None,
            entries=entries,
        )
    _settle(ledger, engine, table, by_status=by_status)
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


def _settle(ledger: Ledger, engine: LocalEngine, table: pa.Table, *, by_status: bool) -> None:
    """Correct the ledger by what only whole orders show."""
    if by_status or engine.once != Once():
        money = sum(table["sales"].to_pylist()) - sum(table["refunds"].to_pylist())
        rows = sum(table["rows"].to_pylist()) if by_status else ledger["used"]
        ledger.leave_out_orders(rows, money)


def with_everyone(grouped: Grouped, evidence: Mapping[str, pa.Table]) -> Grouped:
    """Add the people whom only contacts, referrals or feedback name, and what the tables say.

    Args:
        grouped: an export, grouped.
        evidence: the tables by name, as they stood on the as_of day.
    """
    people = everyone(grouped.table, evidence)
    places = np.flatnonzero(people.in_export)
    table = people.table
    if "rows" not in table.column_names:
        rows = pa.array(people.in_export.astype(np.int64))  # at least one, which is all one asks
        table = table.append_column("rows", rows)
    joined = replace(
        grouped,
        table=table,
        dates=OrderDates(places[grouped.dates.owner], grouped.dates.day),
        evidence={name: owned(rows, people) for name, rows in evidence.items()},
    )
    if people.in_export.all():
        return joined
    return replace(
        joined,
        categories=_moved(grouped.categories, places),
        latest=grouped.latest and _spread(grouped.latest, people.in_export),
        entries=grouped.entries and moved(grouped.entries, places),
    )


def _moved(categories: pa.Table | None, places: Places) -> pa.Table | None:
    if categories is None:
        return None
    owner = pa.array(places[categories["owner"].to_numpy()])
    return categories.set_column(categories.column_names.index("owner"), "owner", owner)


def _spread(rows: pa.Table, in_export: Mask) -> pa.Table:
    """Rows of the export's customers as rows of everyone; empty where the export knows nothing."""
    places = np.cumsum(in_export) - 1
    return rows.take(pa.array(places, mask=~in_export))


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
        with naming(grouped.export.name):
            check_for_strays(grouped.dates)
    return day_of(last_day(grouped.dates, last_line_day))


def _nothing_left(grouped: Grouped) -> InputError:
    # An empty answer would take the place of a good one in tonight's job.
    ledger = grouped.ledger
    if not ledger.rows:
        return InputError(f"{grouped.export.name}: there are no rows in it", "Export it again.")
    held = [name for name in names.BINS if ledger[name]]
    reasons = ", ".join(f"{name} {ledger[name]:,}" for name in held)
    most = max(held, key=lambda name: ledger[name])
    return InputError(
        f"{grouped.export.name}: none of the {ledger.rows:,} rows can be used ({reasons})",
        _WAYS_OUT.get(most, "See rfmtool check."),
    )
