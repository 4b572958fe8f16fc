"""Is everybody served alike: complaints, answers, contacts, follow-ups by spend, rung, segment.

All comparisons are plain ones, of people as they are; intervals are at 95 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.effects import difference_of_shares
from rfmtool.analyses.return_rates import MIN_GROUP_SIZE, Share
from rfmtool.arrays import Ints, Mask, is_group_start, mask_of_places
from rfmtool.days import UNKNOWN_DAY, integer_column
from rfmtool.grouping.order_dates import owner_day_keys
from rfmtool.placing.contact_limits import outbound_contacts
from rfmtool.placing.matching import column_equals
from rfmtool.placing.tasks import FOLLOW_UP
from rfmtool.scoring.survival import survival_curve
from rfmtool.scoring.timing import OrderDays

YEAR_DAYS: Final = 365
_FIFTHS: Final = ("lowest fifth", "second", "third", "fourth", "highest fifth")
_MORE_IS_BETTER: Final = {
    "complained": False, "settled": False, "answered": True, "contacted": True, "followed_up": True,
}  # fmt: skip


@dataclass(frozen=True)
class FollowUps:
    """Order days of the last year, since the log begins, and whether each was followed up.

    Those of the last days count only where that has happened: the others may still be.
    """

    owner: Ints
    is_first: Mask
    followed: Mask

    def as_data(self) -> dict[str, Any]:
        """How many were followed up: of all, of first orders, and of later ones."""
        parts = {"all": np.ones(len(self.owner), dtype=bool), "first": self.is_first,
                 "later": ~self.is_first}  # fmt: skip
        return {
            name: Share.from_masks(part, self.followed).as_data() for name, part in parts.items()
        }


def follow_ups(days: OrderDays, log: pd.DataFrame, within_days: int, as_of_day: int) -> FollowUps:
    """Find the orders that somebody asked about: once, after it and before the next.

    Args:
        days: the order days.
        log: the contact log, with `owner`.
        within_days: how long after an order it still is followed up.
        as_of_day: in days since 1970-01-01.
    """
    rows = outbound_contacts(log)
    asked = rows[rows["action"].eq(FOLLOW_UP)]
    owner, day = asked["owner"].to_numpy(), asked["day"].to_numpy()
    ordered = owner_day_keys(days.owner, days.day)
    place = np.searchsorted(ordered, owner_day_keys(owner, day), side="right") - 1
    known = place >= 0
    place, owner, day = place[known], owner[known], day[known]
    is_its = (days.owner[place] == owner) & (day - days.day[place] <= within_days)
    followed = mask_of_places(place[is_its], len(days.day))
    begins = int(rows["day"].min()) if len(rows) else as_of_day + 1
    since = max(begins, as_of_day - YEAR_DAYS + 1)
    counts = (days.day >= since) & (as_of_day - days.day > within_days)
    return FollowUps(
        days.owner[counts].astype(np.int64), is_group_start(days.owner)[counts], followed[counts]
    )


@dataclass(frozen=True)
class ServiceLevel:
    """How one thing fares in one group: a share of people, or the median days of a wait."""

    name: str
    of: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough of them to say anything."""
        return self.of >= MIN_GROUP_SIZE

    def as_data(self) -> dict[str, Any]:
        """The group as data."""
        return {**vars(self), "too_few": not self.is_enough}


def _ratio(name: str, rows: list[ServiceLevel]) -> float | None:
    """The worst of the groups that are large enough ÷ the best; None where there is no such."""
    values = [one.value for one in rows if one.is_enough and one.value is not None]
    if len(values) < 2 or not min(values):  # noqa: PLR2004 - it takes two
        return None
    worst, best = min(values), max(values)
    return worst / best if _MORE_IS_BETTER[name] else best / worst


def spend_quintiles(monetary: Ints, ordered: Mask) -> Ints:
    """The fifth of spend of each buyer, 0 the lowest; equal spends share one, others are -1."""
    spent = np.sort(monetary[ordered])
    if not len(spent):
        return np.full(len(monetary), -1)
    cuts = spent[[len(spent) * part // 5 - (len(spent) * part % 5 == 0) for part in range(1, 5)]]
    return np.where(ordered, np.searchsorted(cuts, monetary, side="left"), -1)


Thing = tuple[Ints, Mask] | tuple[Ints, Mask, Ints]


def compare_service(
    people: pd.DataFrame,
    evidence: Mapping[str, pd.DataFrame],
    orders: FollowUps | None,
    as_of_day: int,
) -> dict[str, Any]:
    """Compare how groups of buyers are served.

    Args:
        people: one row each: monetary (1/10,000), order_days, stage, segment.
        evidence: feedback and contacted, as far as they are supplied, with `owner`.
        orders: which orders were followed up; None without a log.
        as_of_day: in days since 1970-01-01.

    Returns:
        Of each thing, and each way to group people, how it fares in each group; worse: in what
        those who spend least are served worse than those who spend most; alike: in what no
        difference between these is seen, though there are enough of both.
    """
    ordered = people["order_days"].to_numpy() > 0
    labels = {"spend": (spend_quintiles(people["monetary"].to_numpy(), ordered), _FIFTHS)}
    for name in ("stage", "segment"):
        group = people[name].cat
        labels[name] = np.where(ordered, group.codes, -1), tuple(group.categories)
    groups = {
        name: {by: list(_served(thing, *told)) for by, told in labels.items()}
        for name, thing in _things(evidence, orders, ordered, as_of_day).items()
    }
    told = {name: _lowest_against_highest(name, of["spend"]) for name, of in groups.items()}
    data: dict[str, Any] = {
        "kind": "plain",
        "things": {
            name: {
                "more_is_better": _MORE_IS_BETTER[name],
                "by": {by: [one.as_data() for one in rows] for by, rows in found.items()},
                "worst_to_best": {by: _ratio(name, rows) for by, rows in found.items()},
            }
            for name, found in groups.items()
        },
        **{
            answer: tuple(name for name, found in told.items() if found == answer)
            for answer in ("worse", "alike")
        },
    }
    if "settled" in groups:
        data["days_to_settle"] = _days_to_settle(groups["settled"]["spend"])
    return data


def _things(
    evidence: Mapping[str, pd.DataFrame], orders: FollowUps | None, ordered: Mask, as_of_day: int
) -> dict[str, Thing]:
    """What can be told of people: whose each case is, whether it happened, and after what wait."""
    things: dict[str, Thing] = {}
    if "feedback" in evidence:
        rows = evidence["feedback"]
        rows = rows[column_equals(rows, "kind", "complaint")]
        given, settled = (integer_column(rows, name) for name in ("given_on", "resolved_on"))
        things["complained"] = _people_with(rows["owner"][given > as_of_day - YEAR_DAYS], ordered)
        is_settled = (settled >= given) & (settled <= as_of_day)
        dated = given != UNKNOWN_DAY
        waited = np.where(is_settled, settled, as_of_day) - given
        things["settled"] = (rows["owner"].to_numpy()[dated], is_settled[dated], waited[dated])
    if "contacted" in evidence:
        log = evidence["contacted"]
        asked = log[column_equals(log, "direction", "in")]
        answered = integer_column(asked, "answered_on")
        is_answered = (answered != UNKNOWN_DAY) & (answered <= as_of_day)
        things["answered"] = (asked["owner"].to_numpy(), is_answered)
        rows = outbound_contacts(log)
        things["contacted"] = _people_with(
            rows["owner"][rows["day"] > as_of_day - YEAR_DAYS], ordered
        )
    if orders is not None:
        things["followed_up"] = (orders.owner, orders.followed)
    return things


def _days_to_settle(rows: list[ServiceLevel]) -> dict[str, Any]:
    """How long complaints of those take who spend least, and of those who spend most."""
    fifths = {one.name: one for one in rows}
    lowest, highest = (fifths.get(_FIFTHS[at]) for at in (0, -1))
    low, high = (None if one is None else one.value for one in (lowest, highest))
    return {
        "lowest_fifth": low,
        "highest_fifth": high,
        "ratio": low / high if low is not None and high else None,
        "too_few": not (lowest and highest and lowest.is_enough and highest.is_enough),
    }


def _people_with(owners: pd.Series[int], ordered: Mask) -> tuple[Ints, Mask]:
    """Of all buyers, who is among some owners."""
    return np.flatnonzero(ordered), mask_of_places(owners, len(ordered))[ordered]


def _served(thing: Any, codes: Ints, names: tuple[str, ...]) -> Iterator[ServiceLevel]:  # noqa: ANN401
    """How a thing fares in each group that somebody is in; waits that have not ended count too."""
    owner, happened, *waits = thing
    group = codes[owner]
    for code, name in enumerate(names):
        mine = group == code
        of = int(mine.sum())
        if not of and not (codes == code).any():
            continue
        if waits:
            curve = survival_curve(waits[0][mine], happened[mine])
            limits = curve.quantile_limits(0.5) if of else (None, None)
            yield ServiceLevel(str(name), of, curve.quantile(0.5), *limits)
        else:
            share = Share(of, int(happened[mine].sum()))
            yield ServiceLevel(str(name), of, share.ratio, *(share.interval or (None, None)))


def _lowest_against_highest(name: str, rows: list[ServiceLevel]) -> str | None:
    """How the lowest fifth is served beside the highest: worse, alike, better; None of too few.

    Of contacts more is neither better nor worse.
    """
    if len(rows) < len(_FIFTHS) or name == "contacted":
        return None
    lowest, highest = rows[0], rows[-1]
    if not (lowest.is_enough and highest.is_enough):
        return None
    if name == "settled":  # apart where the limits of the medians are
        more = lowest.low is not None and highest.high is not None and lowest.low > highest.high
        less = lowest.high is not None and highest.low is not None and lowest.high < highest.low
    else:
        shares = [Share(one.of, round((one.value or 0.0) * one.of)) for one in (lowest, highest)]
        effect = difference_of_shares(*shares)
        more, less = effect.low > 0, effect.high < 0
    if not (more or less):
        return "alike"
    return "better" if more == _MORE_IS_BETTER[name] else "worse"
