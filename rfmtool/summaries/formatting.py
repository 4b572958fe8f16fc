"""Numbers as people say them: counts, money, and which values a score stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.scoring.timing import Timing

EMPTY_RANGE: Final = "nobody"
"""The words for a range in which no value lies."""
WALLET_BASES: Final = {
    "known": "they told the total",
    "stated_rank": "they ranked us",
    "peer_estimate": "an estimate, by similar customers",
}
"""How a wallet is known."""
REST_REASONS: Final = {
    "contacted": "contacted for the same thing lately",
    "often": "contacted as often as anybody may be in 30 days",
    "snoozed": "asked to wait",
}
"""Why somebody is not contacted just now."""
_PLAIN: Final = {"cant_lose": "can't lose"}
NOUNS: Final = {"recency": "day", "frequency": "order"}
_SMALLEST: Final = {"recency": 0, "frequency": 1}
_MOST_NAMED: Final = 3
_RESTATED: Final = 0.8
_PARTLY_RESTATED: Final = 0.5
"""From these rank correlations on an estimate is mostly, or partly, own spend told again."""
_CENT: Final = Decimal("0.01")


def count_text(number: int, noun: str) -> str:
    """A number and what it counts: `1 order`, `2 orders`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def label_text(slug: str) -> str:
    """The name of a group as a shop owner says it: `at risk` of at_risk."""
    return _PLAIN.get(slug, slug.replace("_", " "))


def list_location(summary: Mapping[str, Any], folder: str) -> str:
    """What the lists of a folder such as `actions` are: files, sheets, or nothing but a word."""
    kind = summary.get("lists_as", "csv")  # not in summaries of older versions
    if kind is None:
        return folder.removesuffix("s")
    return "sheet in report.xlsx" if kind == "xlsx" else f"list in {folder}/"


def list_name(name: str, folder: str, where: str) -> str:
    """The name of a list where `lists_in` says it lies; as people say it where there is none."""
    if where.startswith("sheet"):
        return f"{folder.removesuffix('s')} {name}"
    return name if where.startswith("list") else label_text(name)


def skipped_files_text(files: Sequence[str]) -> str:
    """Which files of a folder are left out for their endings, and what to do about it."""
    more = len(files) - _MOST_NAMED
    named = ", ".join(files[:_MOST_NAMED]) + f" and {more:,} more" * (more > 0)
    if len(files) == 1:
        return f"{named}, by its ending; name it to read it"
    return f"{named}, by their endings; name those that are to be read"


def join_with_or(words: Sequence[str]) -> str:
    """Words of which one is enough: `a`, `a or b`, `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def format_money(text: str) -> str:
    """Decimal text with thousands separators and two decimals."""
    return f"{Decimal(text):,.2f}"


def share_range(basis: Mapping[str, Any]) -> str:
    """The share of a wallet that lies between two: `30% to 90%`."""
    return f"{basis['share_low']:.0%} to {basis['share_high']:.0%}"


def activity_words(timing: Timing) -> dict[str, str]:
    """What each activity means, in days."""
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
    if correlation >= _RESTATED:
        return "mostly own spend told again"
    if correlation >= _PARTLY_RESTATED:
        return "partly own spend told again"
    return "they tell something beyond own spend"


def range_text(dimension: str, low: int | None, high: int | None) -> str:
    """The whole values from `low` to `high` of a dimension; None where there is no limit.

    `≤ 12 days`, `13–32 days`, `> 179 days`; `1 order`, `3–4 orders`, `10+ orders`; `≤ 243.24`,
    `915.01–2,016.21`, `> 2,016.21`; `nobody` where there is no such value.
    """
    if dimension == "monetary":
        return _spend(low, high)
    noun, smallest = NOUNS[dimension], _SMALLEST[dimension]
    first = smallest if low is None else max(low, smallest)
    if high is None:
        past = dimension == "recency" and first > smallest
        return f"> {count_text(first - 1, noun)}" if past else f"{first:,}+ {noun}s"
    if first > high:
        return EMPTY_RANGE
    if first == high:
        return count_text(high, noun)
    if dimension == "recency" and first == smallest:
        return f"≤ {count_text(high, noun)}"
    return f"{first:,}–{high:,} {noun}s"


def _spend(low: int | None, high: int | None) -> str:
    """A range of money in whole 1/10,000, told in whole cents where these lie in it."""
    if low is None:
        return "any spend" if high is None else f"≤ {_cents(high, ROUND_FLOOR):,}"
    least = _cents(low, ROUND_CEILING)
    if high is None:
        is_whole = least == _exact(low)
        return f"≥ {least:,}" if is_whole else f"> {_cents(low - 1, ROUND_FLOOR):,}"
    if low > high:
        return EMPTY_RANGE
    most = _cents(high, ROUND_FLOOR)
    if least > most:
        least, most = _exact(low), _exact(high)
    return f"{least:,}" if least == most else f"{least:,}–{most:,}"


def _cents(units: int, rounding: str) -> Decimal:
    return _exact(units).quantize(_CENT, rounding)


def _exact(units: int) -> Decimal:
    return Decimal(units) / UNITS_PER_CURRENCY
