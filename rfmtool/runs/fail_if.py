"""Limits on what a run found, such as `champions < -10%`: read, and held against summaries.

A limit says when a run fails. It works on plain summaries, that of the run at hand and that of the
run before, so that nothing has to be published to be judged.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal

from rfmtool.columns import GROUP_NOUNS
from rfmtool.documents import Data
from rfmtool.errors import LimitError, UsageError

Kind = Literal["change", "share", "value", "day"]

FIGURES: Final = (
    "rows", "customers", "buyers", "orders", "average_order", "revenue", "anonymous", "rejected",
    "unmatched", "open_complaints", "no_channel", "drift", "median_recency_days",
    "median_frequency", "median_monetary", "median_days", "as_of",
)  # fmt: skip
GROUPINGS: Final = ("stages", "segments", "activity")
_ONE_OF: Final = {plural: one for one, plural in GROUP_NOUNS.items() if plural in GROUPINGS}
_SHARE_OF: Final = {
    "anonymous": "rows", "rejected": "rows", "buyers": "customers", "no_channel": "customers",
    "unmatched": "people of evidence", "drift": "buyers",
}  # fmt: skip
_DAYS_AGO: Final = re.compile(r"-(\d{1,5})d", re.ASCII)
_DAY_WORDS: Final = {"today": 0, "yesterday": 1}
_WRITTEN: Final = re.compile(r"\s*(?P<name>.*\S)\s*(?P<sign>[<>])\s*(?P<value>[^\s<>=]+)\s*")
_NUMBER: Final = re.compile(r"(?P<signed>[+-])?\d+(\.\d+)?(?P<percent>%)?", re.ASCII)
_MOST_DIGITS: Final = 40
_EXAMPLE: Final = "For example 'champions < -10%', 'anonymous > 30%' or 'customers < 1000'."


@dataclass(frozen=True)
class Limit:
    """Fails where the figure `name` is below (`<`) or above (`>`) `bound`.

    A `change` is against the run before and a `share` a part of all, both from 0 to 1; a `value` is
    the figure itself, a `day` counts as `date.toordinal` does.
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
    """Read the `--fail-if`.

    Raises:
        UsageError: one of them cannot be meant.
    """
    return [_limit(text) for text in texts]


def _limit(text: str) -> Limit:
    written = _WRITTEN.fullmatch(text)
    if not written:
        raise UsageError(f"--fail-if {text!r} is not NAME < VALUE or NAME > VALUE", _EXAMPLE)
    name, sign = written["name"], "<" if written["sign"] == "<" else ">"
    kind, bound = _bound(text, written["value"])
    if (kind == "day") != (name == "as_of"):
        takes = (
            "a day: YYYY-MM-DD, today, yesterday or -2d"
            if name == "as_of"
            else "a number or a percentage"
        )
        raise UsageError(f"--fail-if {text!r}: {name} takes {takes}", _EXAMPLE)
    if kind == "share" and name in FIGURES and name not in _SHARE_OF:
        raise UsageError(
            f"--fail-if {text!r}: {name} is no share of anything",
            f"With a sign it is the change against the earlier run: '{name} {sign} -10%'.",
        )
    return Limit(text, name, sign, kind, bound)  # type: ignore[arg-type]


def _bound(text: str, value: str) -> tuple[Kind, Fraction]:
    if len(value) > _MOST_DIGITS:
        raise UsageError(f"--fail-if: the value has {len(value):,} digits", _EXAMPLE)
    if number := _NUMBER.fullmatch(value):
        amount = Fraction(value.removesuffix("%"))
        if not number["percent"]:
            return "value", amount
        return "change" if number["signed"] else "share", amount / 100
    ago = _DAYS_AGO.fullmatch(value)
    days = int(ago[1]) if ago else _DAY_WORDS.get(value)
    if days is not None:
        # The clock is asked, because the user asks for it.
        return "day", Fraction(date.today().toordinal() - days)  # noqa: DTZ011 - their day
    try:
        return "day", Fraction(date.fromisoformat(value).toordinal())
    except ValueError:
        raise UsageError(
            f"--fail-if {text!r}: the value is no number, percentage or day", _EXAMPLE
        ) from None


def check_names(limits: Sequence[Limit], groups: Mapping[str, Collection[str]]) -> None:
    """Check that every limit is about something that there is.

    Raises:
        UsageError: a name is unknown, or means two things.
    """
    for limit in limits:
        meant: list[str] = [name for name in FIGURES if name == limit.name]
        meant += [
            grouping
            for grouping, names in groups.items()
            if any(_is_meant(limit.name, grouping, name) for name in names)
        ]
        if not meant:
            known = dict.fromkeys(
                [*FIGURES, *(name for names in groups.values() for name in names)]
            )
            raise UsageError(
                f"--fail-if {limit.text!r}: there is no {limit.name!r}",
                f"Known are {', '.join(known)}.",
            )
        if len(meant) > 1:
            raise UsageError(
                f"--fail-if {limit.text!r}: {limit.name} is among both {' and '.join(meant[:2])}",
                f"Say {_ONE_OF[meant[1]]}.{limit.name}, or rename one of them in the rules.",
            )


def _is_meant(name: str, grouping: str, group: str) -> bool:
    """Whether a limit is about a group: by its name alone, or as `stage.client`."""
    return name in (group, f"{_ONE_OF[grouping]}.{group}")


def group_names(*summaries: Data) -> dict[str, list[str]]:
    """The names of all groups that have members in one of the summaries."""
    return {
        grouping: [group["name"] for summary in summaries for group in summary.get(grouping, ())]
        for grouping in GROUPINGS
    }


def check_limits(limits: Sequence[Limit], new: Data, old: Data | None) -> None:
    """Hold a run against its limits.

    Raises:
        LimitError: naming each limit that is broken, and the figures.
    """
    broken = []
    for limit in limits:
        if limit.kind != "change":
            figure, words = _figure(limit, new)
            if limit.breaks(figure):
                broken.append(f"--fail-if {limit.text!r}: {limit.name} is {words}")
        elif old is not None:
            before, after = count_of(old, limit.name), count_of(new, limit.name)
            rise = (after - before) / (abs(before) or 1)
            is_broken = limit.breaks(rise)
            if after and not before:  # a rise or fall from nothing is beyond any bound
                is_broken = (after > 0) == (limit.sign == ">")
            if is_broken:
                percent = f" ({float(rise):+.1%})" if before else ""
                words = f"{_in_words(limit.name, before)} to {_in_words(limit.name, after)}"
                broken.append(f"--fail-if {limit.text!r}: {limit.name} went from {words}{percent}")
    if broken:
        raise LimitError("; ".join(broken), "Nothing was published.")


def _figure(limit: Limit, summary: Data) -> tuple[Fraction, str]:
    """What a limit on one run looks at, and how to say it."""
    if limit.kind == "day":
        return Fraction(date.fromisoformat(summary["as_of"]).toordinal()), summary["as_of"]
    count = count_of(summary, limit.name)
    words = _in_words(limit.name, count)
    if limit.kind == "value":
        return count, words
    whole = _SHARE_OF.get(limit.name, "customers")
    every = _people_of_evidence(summary) if limit.name == "unmatched" else count_of(summary, whole)
    share = count / every if every else Fraction(0)
    return share, f"{float(share):.1%}, {words} of {int(every):,} {whole}"


def count_of(summary: Data, name: str) -> Fraction:
    """A figure of a summary; 0 for a group without members.

    Raises an error of Python's own where the summary is of another shape.
    """
    counts = (
        group["customers"]
        for grouping in GROUPINGS
        for group in summary.get(grouping, ())
        if _is_meant(name, grouping, group["name"])
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
    elif name == "drift":  # nobody would score otherwise where the cut points are fitted
        share = (summary.get("drift") or {"share": 0})["share"]
        count = round(share * summary["buyers"])
    elif name.startswith("median_"):
        count = _median(summary, name) or 0
    elif name in FIGURES:
        count = summary.get(name) or 0
    return Fraction(count)


def _median(summary: Data, name: str) -> Any:  # noqa: ANN401 - as in the summary
    """The median of a dimension over the buyers, or of the days until half have ordered again."""
    if name == "median_days":
        return (summary.get("repeat") or {}).get(name)
    medians = (summary.get("distributions") or {}).get("median") or {}
    dimension = name.removeprefix("median_").removesuffix("_days")
    return medians.get(dimension)


def _people_of_evidence(summary: Data) -> Fraction:
    """How many people the evidence tables name, each table's added up."""
    return Fraction(sum(table["people"] for table in summary["evidence"].values()))


def _in_words(name: str, figure: Fraction) -> str:
    if name in ("revenue", "average_order", "median_monetary"):
        return f"{float(figure):,.2f}"
    whole = figure.denominator == 1 or name not in FIGURES
    return f"{int(figure):,}" if whole else f"{float(figure):,.1f}"
