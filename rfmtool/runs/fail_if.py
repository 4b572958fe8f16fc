"""The limits of `--fail-if`, such as `champions < -10%`: parsed, and checked against summaries.

A run that breaks a limit fails. Limits need only the summaries of this run and of the previous one,
so that they are checked before anything is published.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import chain
from typing import Any, Final, Literal

from rfmtool.columns import GROUP_NOUNS, GROUPINGS
from rfmtool.documents import Data
from rfmtool.errors import LimitError, UsageError

Kind = Literal["change", "share", "value", "day"]

FIGURES: Final = (
    "rows", "customers", "buyers", "orders", "average_order", "revenue", "anonymous", "rejected",
    "unmatched", "open_complaints", "no_channel", "drift", "median_recency_days",
    "median_frequency", "median_monetary", "median_days", "as_of",
)  # fmt: skip
_COLUMN_OF: Final = {GROUP_NOUNS[name]: name for name in GROUPINGS}
"""The column by which each list of groups in a summary is made."""
_SHARE_BASES: Final = {
    "anonymous": "rows", "rejected": "rows", "buyers": "customers", "no_channel": "customers",
    "unmatched": "people of evidence", "drift": "buyers",
}  # fmt: skip
_DAYS_AGO: Final = re.compile(r"-(\d{1,5})d", re.ASCII)
_DAY_WORDS: Final = {"today": 0, "yesterday": 1}
_LIMIT: Final = re.compile(r"\s*(?P<name>.*\S)\s*(?P<sign>[<>])\s*(?P<value>[^\s<>=]+)\s*")
_NUMBER: Final = re.compile(r"(?P<signed>[+-])?\d+(\.\d+)?(?P<percent>%)?", re.ASCII)
_MOST_DIGITS: Final = 40
_EXAMPLE: Final = "For example 'champions < -10%', 'anonymous > 30%' or 'customers < 1000'."


@dataclass(frozen=True)
class Limit:
    """Broken where the figure `name` is below (`<`) or above (`>`) `bound`.

    Bounds by kind: `change` is relative to the previous run and `share` a part of a total (0.1 is
    10%); `value` is the figure itself; `day` is a `date.toordinal`.
    """

    text: str
    name: str
    sign: Literal["<", ">"]
    kind: Kind
    bound: Fraction

    def breaks(self, figure: Fraction) -> bool:
        """Whether a figure is beyond the bound."""
        return figure < self.bound if self.sign == "<" else figure > self.bound


def parse_limits(texts: Sequence[str]) -> list[Limit]:
    """Parse the values of `--fail-if`; raises UsageError where one is not a limit."""
    return [_parse_limit(text) for text in texts]


def _parse_limit(text: str) -> Limit:
    match = _LIMIT.fullmatch(text)
    if not match:
        raise UsageError(f"--fail-if {text!r} is not NAME < VALUE or NAME > VALUE", _EXAMPLE)
    name, sign = match["name"], match["sign"]
    kind, bound = _parse_bound(text, match["value"])
    if (kind == "day") != (name == "as_of"):
        days = "a day: YYYY-MM-DD, today, yesterday or -2d"
        expected = days if name == "as_of" else "a number or a percentage"
        raise UsageError(f"--fail-if {text!r}: {name} takes {expected}", _EXAMPLE)
    if kind == "share" and name in FIGURES and name not in _SHARE_BASES:
        raise UsageError(
            f"--fail-if {text!r}: {name} is no share of anything",
            f"With a sign it is the change against the earlier run: '{name} {sign} -10%'.",
        )
    return Limit(text, name, sign, kind, bound)  # type: ignore[arg-type]


def _parse_bound(text: str, value: str) -> tuple[Kind, Fraction]:
    if len(value) > _MOST_DIGITS:
        raise UsageError(f"--fail-if: the value has {len(value):,} digits", _EXAMPLE)
    if number := _NUMBER.fullmatch(value):
        amount = Fraction(value.removesuffix("%"))
        if not number["percent"]:
            return "value", amount
        return "change" if number["signed"] else "share", amount / 100
    days_ago = _DAYS_AGO.fullmatch(value)
    days = int(days_ago[1]) if days_ago else _DAY_WORDS.get(value)
    if days is not None:  # the only place that asks the clock, because the user does
        return "day", Fraction(date.today().toordinal() - days)  # noqa: DTZ011 - local time
    try:
        return "day", Fraction(date.fromisoformat(value).toordinal())
    except ValueError:
        problem = f"--fail-if {text!r}: the value is no number, percentage or day"
        raise UsageError(problem, _EXAMPLE) from None


def check_names(limits: Sequence[Limit], groups: Mapping[str, Collection[str]]) -> None:
    """Check that every limit names one figure or group; raises UsageError."""
    for limit in limits:
        matches: list[str] = [name for name in FIGURES if name == limit.name]
        matches += [grouping for grouping, names in groups.items()
                    if any(_names_group(limit.name, grouping, name) for name in names)]  # fmt: skip
        if not matches:
            known = ", ".join(dict.fromkeys(chain(FIGURES, *groups.values())))
            problem = f"--fail-if {limit.text!r}: there is no {limit.name!r}"
            raise UsageError(problem, f"Known are {known}.")
        if len(matches) > 1:
            raise UsageError(
                f"--fail-if {limit.text!r}: {limit.name} is among both {' and '.join(matches[:2])}",
                f"Say {_COLUMN_OF[matches[1]]}.{limit.name}, or rename one of them in the rules.",
            )


def _names_group(name: str, grouping: str, group: str) -> bool:
    """Whether `name` is that of a group: plain, or with its grouping as in `stage.client`."""
    return name in (group, f"{_COLUMN_OF[grouping]}.{group}")


def group_names(*summaries: Data) -> dict[str, list[str]]:
    """The names of all groups that have members in one of the summaries."""
    return {
        grouping: [group["name"] for summary in summaries for group in summary.get(grouping, ())]
        for grouping in _COLUMN_OF
    }


def check_limits(limits: Sequence[Limit], new: Data, old: Data | None) -> None:
    """Check the summary of a run, and its changes since an old one if there is one.

    Raises LimitError, naming each broken limit, with the figures.
    """
    broken = []
    for limit in limits:
        if limit.kind != "change":
            figure, text = _figure(limit, new)
            if limit.breaks(figure):
                broken.append(f"--fail-if {limit.text!r}: {limit.name} is {text}")
        elif old is not None:
            before, after = count_of(old, limit.name), count_of(new, limit.name)
            rise = (after - before) / (abs(before) or 1)
            is_broken = limit.breaks(rise)
            if after and not before:  # a rise or fall from 0 is beyond any bound
                is_broken = (after > 0) == (limit.sign == ">")
            if is_broken:
                percent = f" ({float(rise):+.1%})" if before else ""
                text = f"{_figure_text(limit.name, before)} to {_figure_text(limit.name, after)}"
                broken.append(f"--fail-if {limit.text!r}: {limit.name} went from {text}{percent}")
    if broken:
        raise LimitError("; ".join(broken), "Nothing was published.")


def _figure(limit: Limit, summary: Data) -> tuple[Fraction, str]:
    """The figure that a limit without change is about, as number and as text."""
    if limit.kind == "day":
        return Fraction(date.fromisoformat(summary["as_of"]).toordinal()), summary["as_of"]
    count = count_of(summary, limit.name)
    text = _figure_text(limit.name, count)
    if limit.kind == "value":
        return count, text
    base = _SHARE_BASES.get(limit.name, "customers")
    total = _people_of_evidence(summary) if limit.name == "unmatched" else count_of(summary, base)
    share = count / total if total else Fraction(0)
    return share, f"{float(share):.1%}, {text} of {int(total):,} {base}"


def count_of(summary: Data, name: str) -> Fraction:
    """A figure of a summary; 0 for a group without members.

    Raises KeyError, TypeError or the like where the summary has another shape.
    """
    counts = (
        group["customers"]
        for grouping in _COLUMN_OF
        for group in summary.get(grouping, ())
        if _names_group(name, grouping, group["name"])
    )
    count = next(counts, 0)
    if name in ("rows", "anonymous"):
        count = summary["ledger"][name]
    elif name == "rejected":
        count = sum(summary["ledger"]["rejected"].values())
    elif name == "average_order":
        count = Fraction(summary["revenue"]) / summary["orders"] if summary["orders"] else 0
    elif name == "unmatched":
        matched = sum(table["matched"] for table in summary["evidence"].values())
        count = _people_of_evidence(summary) - matched
    elif name == "drift":  # there is none where the cut points were fitted in this run
        share = (summary.get("drift") or {"share": 0})["share"]
        count = round(share * summary["buyers"])
    elif name.startswith("median_"):
        count = _median(summary, name) or 0
    elif name in FIGURES:
        count = summary.get(name) or 0
    return Fraction(count)


def _median(summary: Data, name: str) -> Any:  # noqa: ANN401 - as in the summary
    """The median of a dimension over buyers, or the days until half of them have reordered."""
    if name == "median_days":
        return (summary.get("repeat") or {}).get(name)
    medians = (summary.get("distributions") or {}).get("median") or {}
    dimension = name.removeprefix("median_").removesuffix("_days")
    return medians.get(dimension)


def _people_of_evidence(summary: Data) -> Fraction:
    """The sum of the numbers of people that each evidence table names."""
    return Fraction(sum(table["people"] for table in summary["evidence"].values()))


def _figure_text(name: str, figure: Fraction) -> str:
    if name in ("revenue", "average_order", "median_monetary"):
        return f"{float(figure):,.2f}"
    is_integer = figure.denominator == 1 or name not in FIGURES
    return f"{int(figure):,}" if is_integer else f"{float(figure):,.1f}"
