"""The questions of the library, one function each: an export in, an answer out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from rfmtool.analyses.cadence import Cadence
from rfmtool.analyses.cadence import cadence as _cadence
from rfmtool.analyses.cohorts import Cohorts, first_months
from rfmtool.analyses.cohorts import cohorts as _cohorts
from rfmtool.analyses.concentration import Concentration
from rfmtool.analyses.concentration import concentration as _concentration
from rfmtool.analyses.repeat import Repeat
from rfmtool.analyses.repeat import repeat as _repeat
from rfmtool.engines import Entries
from rfmtool.errors import UsageError
from rfmtool.grouping import Settings
from rfmtool.pipeline import Result, run
from rfmtool.scoring.timing import order_days
from rfmtool.sources.layout import Detail

_ORDERS: Final = Detail(category=None, cost=False, contacts=False)
"""All that most questions are about."""
_ENTRIES: Final = replace(_ORDERS, entries=True)


def repeat(
    source: Any,  # noqa: ANN401 - what `run` takes, or a Result
    *,
    by: str | None = None,
    **reading: Any,  # noqa: ANN401 - the keyword arguments of `run`
) -> Repeat:
    """When second orders come, how many ever do, and when to ask for one.

    Args:
        source: an export, as `run` takes it, or the result of a run.
        by: "cohort" tells each month of first orders apart.
        reading: keyword arguments of `run`.

    Raises:
        UsageError: customers are not told apart by `by`.
        RfmtoolError: as `run` does.
    """
    _check_by(by)
    result = _result(source, reading, _ORDERS)
    groups = None if by is None else first_months(result.frame)
    days = order_days(result.grouped.dates)
    return _repeat(result.frame, days, result.as_of, by=by, groups=groups)


def cadence(
    source: Any,  # noqa: ANN401 - what `run` takes, or a Result
    **reading: Any,  # noqa: ANN401 - the keyword arguments of `run`
) -> Cadence:
    """Which regulars should have ordered by now, and whether the overdue used to return.

    Args:
        source: an export, as `run` takes it, or the result of a run.
        reading: keyword arguments of `run`; with `scales`, the limits of an earlier run.

    Raises:
        RfmtoolError: as `run` does.
    """
    result = _result(source, reading, _ORDERS)
    days = order_days(result.grouped.dates)
    timing = result.scales.timing
    return _cadence(result.frame, days, result.as_of, timing, fitted=result.fitted)


def cohorts(
    source: Any,  # noqa: ANN401 - what `run` takes, or a Result
    **reading: Any,  # noqa: ANN401 - the keyword arguments of `run`
) -> Cohorts:
    """Who still orders, and for how much, by the month of the first order.

    Args:
        source: an export, as `run` takes it, or the result of a run that kept its entries.
        reading: keyword arguments of `run`.

    Raises:
        UsageError: the result has no entries.
        RfmtoolError: as `run` does.
    """
    result = _result(source, reading, _ENTRIES)
    return _cohorts(order_days(result.grouped.dates), _entries(result), result.as_of)


def concentration(
    source: Any,  # noqa: ANN401 - what `run` takes, or a Result
    **reading: Any,  # noqa: ANN401 - the keyword arguments of `run`
) -> Concentration:
    """How much of the revenue hangs on how few customers.

    Args:
        source: an export, as `run` takes it, or the result of a run.
        reading: keyword arguments of `run`.

    Raises:
        RfmtoolError: as `run` does.
    """
    result = _result(source, reading, _ORDERS)
    return _concentration(result.frame, result.as_of)


def _check_by(by: str | None) -> None:
    # Not any column: who stands where is often a consequence of having come back.
    if by not in (None, "cohort"):
        raise UsageError(
            f"by {by!r}: buyers are not told apart by it", "Take cohort: the first-order month."
        )


def _result(source: Any, reading: dict[str, Any], detail: Detail) -> Result:  # noqa: ANN401 - as above
    if isinstance(source, Result):
        return source
    settings = replace(reading.get("settings") or Settings(), detail=detail)
    return run(source, **{**reading, "settings": settings})


def _entries(result: Result) -> Entries:
    if result.grouped.entries is None:
        raise UsageError(
            "the run was not asked to keep what each order moved on each day",
            "Give the export itself, or run with Settings(detail=Detail(entries=True)).",
        )
    return result.grouped.entries
