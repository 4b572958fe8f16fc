"""The analyses of the library, one function each: an export in, an answer out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal

from rfmtool.analyses.affinity import affinity as _affinity
from rfmtool.analyses.cadence import cadence as _cadence
from rfmtool.analyses.cohorts import cohorts as _cohorts
from rfmtool.analyses.cohorts import first_order_months
from rfmtool.analyses.concentration import concentration as _concentration
from rfmtool.analyses.journey import journey as _journey
from rfmtool.analyses.repeat import repeat as _repeat
from rfmtool.analyses.timeline import EVERY, POINT_COLUMNS, Every, period_ends, timeline_point
from rfmtool.days import date_from_day
from rfmtool.engines import OrderEntries
from rfmtool.errors import UsageError
from rfmtool.notebook import (
    Affinity,
    Cadence,
    Cohorts,
    Concentration,
    Journey,
    Repeat,
    Timeline,
)
from rfmtool.pipeline import Result, run
from rfmtool.settings import Settings
from rfmtool.sources.detect import Export
from rfmtool.sources.layout import Asked, Detail
from rfmtool.summaries.condensed import timeline_point_on
from rfmtool.threads import run_in_order

ExportOrResult = Any
"""What `run` takes, or its result."""
RunArgument = Any
"""A keyword argument of `run`."""
_COHORT: Final = "cohort"
_MOST_POINTS: Final = 1_000  # each point takes as long as placing all customers does
_ORDERS: Final = Settings(select=(), detail=Detail(category=None, cost=False, contacts=False))
"""Reads what most analyses need: the days and amounts of orders."""
_ENTRIES: Final = replace(_ORDERS, detail=Detail(None, cost=False, contacts=False, entries=True))


def repeat(source: ExportOrResult, *, by: str | None = None, **reading: RunArgument) -> Repeat:
    """When second orders come, how many ever do, and when to ask for one.

    Args:
        source: an export, as `run` takes it, or the result of a run.
        by: "cohort" groups customers by the month of the first order; the name of a column of the
            export groups them by its latest value.
        reading: keyword arguments of `run`, for an export.

    Raises:
        UsageError: the result has not kept the column.
        RfmtoolError: as `run` does.
    """
    result = _result(source, reading, _ORDERS, kept=() if by in (None, _COHORT) else (by,))
    groups = None
    if by == _COHORT:
        groups = first_order_months(result.frame)
    elif by is not None:
        # Output columns are refused: a customer's stage is often a consequence of reordering.
        if by not in result.grouped.export.asked.keep:
            raise UsageError(
                f"by {by!r}: the run did not keep such a column",
                "Give the export itself, or run with Asked(keep=(COLUMN,)).",
            )
        groups = result.frame[by].astype("str").fillna("(empty)")
    answer = _repeat(result.frame, result.days, result.as_of, by=by, groups=groups)
    return Repeat(**vars(answer))


def cadence(source: ExportOrResult, **reading: RunArgument) -> Cadence:
    """Which regulars should have ordered by now, and whether the overdue used to return.

    Args:
        source: an export, as `run` takes it, or the result of a run.
        reading: keyword arguments of `run`, for an export; `scales` are the limits of an earlier
            run.

    Raises:
        RfmtoolError: as `run` does.
    """
    result = _result(source, reading, replace(_ORDERS, select=("activity",)))
    days, timing = result.days, result.scales.timing
    answer = _cadence(result.frame, days, result.as_of, timing, fitted=result.fitted)
    return Cadence(**vars(answer))


def cohorts(source: ExportOrResult, **reading: RunArgument) -> Cohorts:
    """Who still orders, and for how much, by the month of the first order.

    Args:
        source: an export, as `run` takes it, or the result of a run that kept its entries.
        reading: keyword arguments of `run`, for an export.

    Raises:
        UsageError: the result has no entries.
        RfmtoolError: as `run` does.
    """
    result = _result(source, reading, _ENTRIES)
    return Cohorts(**vars(_cohorts(result.days, _entries(result), result.as_of)))


def concentration(source: ExportOrResult, **reading: RunArgument) -> Concentration:
    """How much of the revenue comes from how few customers.

    Args:
        source: an export, as `run` takes it, or the result of a run.
        reading: keyword arguments of `run`, for an export.

    Raises:
        RfmtoolError: as `run` does.
    """
    result = _result(source, reading, _ORDERS)
    return Concentration(**vars(_concentration(result.frame, result.as_of)))


def affinity(
    source: ExportOrResult,
    *,
    by: Literal["category", "product"] = "category",
    **reading: RunArgument,
) -> Affinity:
    """What those who buy one thing tend to buy as well, and what to suggest to whom.

    Args:
        source: an export, as `run` takes it, or the result of a run.
        by: the role of the column whose values are compared.
        reading: keyword arguments of `run`, for an export.

    Raises:
        UsageError: there is no such column.
        RfmtoolError: as `run` does.
    """
    detail = Detail(by, cost=False, contacts=False)
    result = _result(source, reading, replace(_ORDERS, detail=detail))
    purchases, read = result.grouped.categories, result.settings.detail
    if purchases is None or read is None or read.category != by:
        raise _no_such_role(result.grouped.export, by)
    ids = result.grouped.table.column("customer_id").to_pandas()
    rows = purchases.to_pandas(split_blocks=True)
    return Affinity(**vars(_affinity(rows, ids, result.as_of, by)))


def journey(
    source: ExportOrResult,
    *,
    by: Literal["category", "product"] | None = None,
    **reading: RunArgument,
) -> Journey:
    """The first-time buyer's way: contact, answer, order, second order, days and losses.

    Args:
        source: an export, as `run` takes it, or the result of a run; only an export shows what
            first purchases lead to.
        by: the role of the column with the kind of a first purchase; category by default, or
            product where there is none.
        reading: keyword arguments of `run`, for an export; `evidence` adds further steps.

    Raises:
        UsageError: there is no such column.
        RfmtoolError: as `run` does.
    """
    detail = Detail(by or "category", cost=False, contacts=False, first=True)
    result = _result(source, reading, replace(_ORDERS, detail=detail))
    first, roles = result.grouped.first_categories, result.grouped.export.roles
    if by is not None and by not in roles:
        raise _no_such_role(result.grouped.export, by)
    by = by or ("product" if "product" in roles and "category" not in roles else "category")
    answer = _journey(
        len(result.frame),
        result.grouped.evidence,
        result.days,
        None if first is None else first.to_pandas(),
        result.as_of,
        by=by,
        services=[row.label for row in result.rules.playbook if not row.is_marketing],
    )
    return Journey(**vars(answer))


def _no_such_role(export: Export, by: str) -> UsageError:
    others = {"category", "product"} & set(export.roles) - {by}
    instead = f", or compare the other column with --by {min(others)}" if others else ""
    return UsageError(
        f"{export.name}: no column was read as {by}", f"Name it with --column {by}=NAME{instead}."
    )


def timeline(source: ExportOrResult, *, every: Every = "month", **reading: RunArgument) -> Timeline:
    """How many customers were in each group at the end of each month, read in one pass.

    Cut points and limits are fitted to what was known by then, unless scales are given. With a
    window there is only the last day.

    Args:
        source: an export, as `run` takes it, or the result of a run that kept its entries.
        every: "week", "month" or "quarter".
        reading: keyword arguments of `run`, for an export.

    Raises:
        UsageError: the result has no entries, `every` is no span, or there are too many points.
        RfmtoolError: as `run` does.
    """
    if every not in EVERY:
        raise UsageError(f"every {every!r}: is no span", f"Take any of {', '.join(EVERY)}.")
    result = _result(source, reading, replace(_ENTRIES, select=POINT_COLUMNS))
    entries = _entries(result)
    # There are no entries where no row names a customer.
    begins = date_from_day(int(entries.day.min())) if len(entries.day) else result.as_of
    first = min(begins, result.as_of)
    # With a window only its orders are read: at earlier days, part of their windows would lack.
    window_days = result.settings.window_days
    earlier_days = () if window_days else period_ends(first, result.as_of, every)[:-1]
    if len(earlier_days) >= _MOST_POINTS:
        raise UsageError(
            f"the export begins on {first}, which makes {len(earlier_days) + 1:,} {every} ends",
            "Leave out what is too old with --since, or take longer steps with --every.",
        )
    points = run_in_order(
        (partial(timeline_point_on, result, day) for day in earlier_days), result.days_in_parallel
    )
    latest = timeline_point(result.frame, result.as_of)
    return Timeline(every, first, result.fitted, (*points, latest), window_days)


def _result(
    source: ExportOrResult, reading: dict[str, Any], wanted: Settings, kept: tuple[str, ...] = ()
) -> Result:
    """The result given, or that of a run that reads and computes what is wanted."""
    if isinstance(source, Result):
        if reading:
            raise UsageError(
                f"{min(reading)} says how to read an export, and a result has been read",
                "Give the export itself, or leave it out.",
            )
        missing = set(wanted.select or ()) - {*source.frame.columns}
        if missing:
            raise UsageError(
                f"the run was not asked for the column {min(missing)}",
                "Give the export itself, or run without Settings(select=...).",
            )
        return source
    asked = reading.get("asked") or Asked()
    settings = reading.get("settings") or Settings()
    changed = {
        "asked": replace(asked, keep=tuple(dict.fromkeys((*asked.keep, *kept)))),
        "settings": replace(settings, select=wanted.select, detail=wanted.detail),
    }
    return run(source, **{**reading, **changed})


def _entries(result: Result) -> OrderEntries:
    if result.grouped.entries is None:
        raise UsageError(
            "the run was not asked to keep what each order moved on each day",
            "Give the export itself, or run with Settings(detail=Detail(entries=True)).",
        )
    return result.grouped.entries
