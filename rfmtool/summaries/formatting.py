"""Counts, money, ranges and names as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.scoring.timing import Timing

EMPTY_RANGE: Final = "nobody"
"""The text of an empty range."""
MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
"""In English whatever the locale of the process, unlike those of strftime."""
TOO_FEW: Final = "too few"
WALLET_BASES: Final = {
    "known": "they told the total",
    "stated_rank": "they ranked us",
    "peer_estimate": "an estimate, by similar customers",
}
"""How a wallet is known."""
REST_REASON_TEXTS: Final = {
    "contacted": "recently contacted for the same thing",
    "often": "at the limit of contacts in 30 days",
    "snoozed": "asked to wait",
}
"""Why somebody is not contacted just now."""
_LABELS: Final = {"cant_lose": "can't lose"}
NOUNS: Final = {"recency": "day", "frequency": "order"}
_MIN_VALUES: Final = {"recency": 0, "frequency": 1}
_MAX_FILES_NAMED: Final = 3
_MOSTLY_OWN_SPEND: Final = 0.8
_PARTLY_OWN_SPEND: Final = 0.5
"""From these rank correlations on, estimates mostly, or partly, repeat the spend here."""
_CENT: Final = Decimal("0.01")


def count_text(number: int, noun: str) -> str:
    """A number and what it counts: `1 order`, `2 orders`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def label_text(slug: str) -> str:
    """The name of a group for people: `at risk` for at_risk."""
    return _LABELS.get(slug, slug.replace("_", " "))


def list_location(summary: Mapping[str, Any], folder: str) -> str:
    """Where the lists of a folder such as `actions` are; only a noun where none are written."""
    kind = summary.get("lists_as", "csv")  # not in summaries of older versions
    if kind is None:
        return folder.removesuffix("s")
    return "sheet in report.xlsx" if kind == "xlsx" else f"list in {folder}/"


def list_name(name: str, folder: str, where: str) -> str:
    """The name of a list in the place given by `list_location`."""
    if where.startswith("sheet"):
        return f"{folder.removesuffix('s')} {name}"
    return name if where.startswith("list") else label_text(name)


def skipped_files_text(files: Sequence[str]) -> str:
    """Which files of a folder are left out for their endings, and what to do about it."""
    more = len(files) - _MAX_FILES_NAMED
    named = ", ".join(files[:_MAX_FILES_NAMED]) + f" and {more:,} more" * (more > 0)
    if len(files) == 1:
        return f"{named}, by its ending; name it to read it"
    return f"{named}, by their endings; name those that are to be read"


def join_with_or(words: Sequence[str]) -> str:
    """Alternatives: `a`, `a or b`, `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def format_money(text: str) -> str:
    """Decimal text with thousands separators and two decimals."""
    return f"{Decimal(text):,.2f}"


def share_range(basis: Mapping[str, Any]) -> str:
    """The range of a share of wallet: `30% to 90%`."""
    return f"{basis['share_low']:.0%} to {basis['share_high']:.0%}"


def activity_words(timing: Timing) -> dict[str, str]:
    """The meaning of each activity, in days."""
    windows = timing.windows
    return {
        "never": "no order that counts",
        "newcomer": f"first order ≤ {count_text(windows.w50, 'day')} ago",
        "active": "as often as usual",
        "overdue": f"> {timing.overdue_ratio:g} usual gaps, or > {count_text(windows.w80, 'day')}",
        "lapsed": f"> {timing.lapsed_ratio:g} usual gaps, or > {count_text(windows.w95, 'day')}",
        "paused": "asked for a pause",
    }


def correlation_text(correlation: float) -> str:
    """What the rank correlation of estimated shares with own spend says of the estimates."""
    if correlation >= _MOSTLY_OWN_SPEND:
        return "mostly restates own spend"
    if correlation >= _PARTLY_OWN_SPEND:
        return "partly restates own spend"
    return "they add something beyond own spend"


def range_text(dimension: str, low: int | None, high: int | None) -> str:
    """The integers from `low` to `high` of a dimension as text; None where there is no limit.

    `≤ 12 days`, `13–32 days`, `> 179 days`; `1 order`, `3–4 orders`, `10+ orders`; `≤ 243.24`,
    `915.01–2,016.21`, `> 2,016.21`; `nobody` where there is no such value.
    """
    if dimension == "monetary":
        return _money_range(low, high)
    noun, smallest = NOUNS[dimension], _MIN_VALUES[dimension]
    first = smallest if low is None else max(low, smallest)
    if high is None:
        is_more_than = dimension == "recency" and first > smallest
        return f"> {count_text(first - 1, noun)}" if is_more_than else f"{first:,}+ {noun}s"
    if first > high:
        return EMPTY_RANGE
    if first == high:
        return count_text(high, noun)
    if dimension == "recency" and first == smallest:
        return f"≤ {count_text(high, noun)}"
    return f"{first:,}–{high:,} {noun}s"


def _money_range(low: int | None, high: int | None) -> str:
    """A range of money in whole 1/10,000, in whole cents where these lie in it."""
    if low is None:
        return "any spend" if high is None else f"≤ {_round_to_cents(high, ROUND_FLOOR):,}"
    least = _round_to_cents(low, ROUND_CEILING)
    if high is None:
        if least * UNITS_PER_CURRENCY == low:
            return f"≥ {least:,}"
        return f"> {_round_to_cents(low - 1, ROUND_FLOOR):,}"
    if low > high:
        return EMPTY_RANGE
    most = _round_to_cents(high, ROUND_FLOOR)
    if least > most:
        least, most = Decimal(low) / UNITS_PER_CURRENCY, Decimal(high) / UNITS_PER_CURRENCY
    return f"{least:,}" if least == most else f"{least:,}–{most:,}"


def _round_to_cents(units: int, rounding: str) -> Decimal:
    return (Decimal(units) / UNITS_PER_CURRENCY).quantize(_CENT, rounding)
