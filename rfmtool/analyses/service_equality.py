"""Equality of service: complaints, answers, contacts, follow-ups by spend, rung and segment.

Comparisons are not adjusted for differences between groups; intervals are at 95 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.effects import difference_of_shares
from rfmtool.analyses.return_rates import MIN_GROUP_SIZE, Share
from rfmtool.arrays import Ints, Mask, is_group_start, mask_of_places
from rfmtool.days import UNKNOWN_DAY, YEAR_DAYS, integer_column
from rfmtool.documents import Data
from rfmtool.frames import Frames
from rfmtool.grouping.order_dates import owner_day_keys
from rfmtool.placing.contact_limits import outbound_contacts
from rfmtool.placing.matching import column_equals
from rfmtool.placing.tasks import FOLLOW_UP
from rfmtool.scoring.survival import survival_curve
from rfmtool.scoring.timing import OrderDays

_FIFTHS: Final = ("lowest fifth", "second", "third", "fourth", "highest fifth")
_MORE_IS_BETTER: Final = {
    "complained": False, "settled": False, "answered": True, "contacted": True, "followed_up": True,
}  # fmt: skip


def follow_ups(
    days: OrderDays, log: pd.DataFrame, within_days: int, as_of_day: int
) -> pd.DataFrame:
    """Which orders of the last year had a follow-up contact in time, and before the next order.

    Returns:
        owner, is_first and followed of each order day since the log begins, but for those that may
        still be followed up in time.
    """
    rows = outbound_contacts(log)
    contacts = rows[rows["action"].eq(FOLLOW_UP)]
    owner, day = contacts["owner"].to_numpy(), contacts["day"].to_numpy()
    order_keys = owner_day_keys(days.owner, days.day)
    order = np.searchsorted(order_keys, owner_day_keys(owner, day), side="right") - 1
    known = order >= 0
    order, owner, day = order[known], owner[known], day[known]
    is_own = (days.owner[order] == owner) & (day - days.day[order] <= within_days)
    followed = mask_of_places(order[is_own], len(days.day))
    log_start = int(rows["day"].min()) if len(rows) else as_of_day + 1
    since = max(log_start, as_of_day - YEAR_DAYS + 1)
    counts = (days.day >= since) & (as_of_day - days.day > within_days)
    columns = {"owner": days.owner.astype(np.int64), "is_first": is_group_start(days.owner),
               "followed": followed}  # fmt: skip
    return pd.DataFrame({name: column[counts] for name, column in columns.items()})


def follow_up_shares(orders: pd.DataFrame) -> dict[str, Any]:
    """How many orders were followed up: of all, of first orders, and of later ones."""
    first = orders["is_first"]
    parts = {"all": orders, "first": orders[first], "later": orders[~first]}
    shares = {name: Share(len(rows), int(rows["followed"].sum())) for name, rows in parts.items()}
    return {name: share.as_data() for name, share in shares.items()}


def _worst_to_best(name: str, levels: list[Data]) -> float | None:
    """The worst of the groups that are large enough ÷ the best; None where there is no such."""
    enough = (level["value"] for level in levels if not level["too_few"])
    values: list[float] = [value for value in enough if value is not None]
    if len(values) < 2 or not min(values):  # noqa: PLR2004 - it takes two
        return None
    lowest, highest = min(values), max(values)
    return lowest / highest if _MORE_IS_BETTER[name] else highest / lowest


def spend_quintiles(monetary: Ints, is_buyer: Mask) -> Ints:
    """Each buyer's fifth of spend, 0 the lowest, the same for equal spends; -1 for other people."""
    spend = np.sort(monetary[is_buyer])
    if not len(spend):
        return np.full(len(monetary), -1)
    cuts = spend[[len(spend) * fifth // 5 - (len(spend) * fifth % 5 == 0) for fifth in range(1, 5)]]
    return np.where(is_buyer, np.searchsorted(cuts, monetary, side="left"), -1)


Cases = tuple[Ints, Mask] | tuple[Ints, Mask, Ints]
"""The owner of each case, whether it happened, and for waits how long it took or takes so far."""


def compare_service(
    people: pd.DataFrame, evidence: Frames, orders: pd.DataFrame | None, as_of_day: int
) -> dict[str, Any]:
    """Compare how groups of buyers are served.

    Reads monetary (1/10,000), order_days, stage and segment of people, and feedback and contacted
    as far as they are supplied.

    Returns:
        Each measure by group, for each way to group people; worse: the measures in which the lowest
        fifth of spend is served worse than the highest; alike: those without a significant
        difference, though both fifths are large enough.
    """
    is_buyer = people["order_days"].to_numpy() > 0
    groups = {"spend": (spend_quintiles(people["monetary"].to_numpy(), is_buyer), _FIFTHS)}
    for column in ("stage", "segment"):
        labels = people[column].cat
        groups[column] = np.where(is_buyer, labels.codes, -1), tuple(labels.categories)
    things: dict[str, dict[str, Any]] = {}
    for name, cases in _cases_by_measure(evidence, orders, is_buyer, as_of_day).items():
        levels = {by: list(_service_levels(cases, *codes)) for by, codes in groups.items()}
        things[name] = {
            "more_is_better": _MORE_IS_BETTER[name],
            "by": levels,
            "worst_to_best": {by: _worst_to_best(name, rows) for by, rows in levels.items()},
        }
    fifths = {name: thing["by"]["spend"] for name, thing in things.items()}
    verdicts = {name: _lowest_against_highest(name, levels) for name, levels in fifths.items()}
    data: dict[str, Any] = {"kind": "plain", "things": things}
    for verdict in ("worse", "alike"):
        data[verdict] = tuple(name for name, given in verdicts.items() if given == verdict)
    if "settled" in fifths:
        data["days_to_settle"] = _days_to_settle(fifths["settled"])
    return data


def _cases_by_measure(
    evidence: Frames, orders: pd.DataFrame | None, is_buyer: Mask, as_of_day: int
) -> dict[str, Cases]:
    measures: dict[str, Cases] = {}
    if "feedback" in evidence:
        rows = evidence["feedback"]
        rows = rows[column_equals(rows, "kind", "complaint")]
        given, settled = (integer_column(rows, name) for name in ("given_on", "resolved_on"))
        recent = rows["owner"][given > as_of_day - YEAR_DAYS]
        measures["complained"] = _buyers_among(recent, is_buyer)
        is_settled = (settled >= given) & (settled <= as_of_day)
        waits = np.where(is_settled, settled, as_of_day) - given
        dated = given != UNKNOWN_DAY
        measures["settled"] = (rows["owner"].to_numpy()[dated], is_settled[dated], waits[dated])
    if "contacted" in evidence:
        log = evidence["contacted"]
        inbound = log[column_equals(log, "direction", "in")]
        answered = integer_column(inbound, "answered_on")
        is_answered = (answered != UNKNOWN_DAY) & (answered <= as_of_day)
        measures["answered"] = (inbound["owner"].to_numpy(), is_answered)
        rows = outbound_contacts(log)
        recent = rows["owner"][rows["day"] > as_of_day - YEAR_DAYS]
        measures["contacted"] = _buyers_among(recent, is_buyer)
    if orders is not None:
        measures["followed_up"] = (orders["owner"].to_numpy(), orders["followed"].to_numpy())
    return measures


def _days_to_settle(levels: list[Data]) -> dict[str, Any]:
    """The median days to settle complaints of the lowest and of the highest fifth of spend."""
    fifths, nobody = {level["name"]: level for level in levels}, {"value": None, "too_few": True}
    lowest, highest = (fifths.get(_FIFTHS[end], nobody) for end in (0, -1))
    low, high = lowest["value"], highest["value"]
    return {
        "lowest_fifth": low,
        "highest_fifth": high,
        "ratio": low / high if low is not None and high else None,
        "too_few": lowest["too_few"] or highest["too_few"],
    }


def _buyers_among(owners: pd.Series[int], is_buyer: Mask) -> tuple[Ints, Mask]:
    """All buyers, and which of them are among the owners."""
    return np.flatnonzero(is_buyer), mask_of_places(owners, len(is_buyer))[is_buyer]


def _service_levels(cases: Any, codes: Ints, names: tuple[str, ...]) -> Iterator[Data]:  # noqa: ANN401
    """A measure in each group with members: a share of people, or the median days of a wait.

    Waits that have not ended are censored.
    """
    owner, happened, *waits = cases
    group = codes[owner]
    for code, name in enumerate(names):
        is_in = group == code
        count = int(is_in.sum())
        if not count and not (codes == code).any():
            continue
        level: tuple[float | None, ...]
        if waits:
            curve = survival_curve(waits[0][is_in], happened[is_in])
            limits = curve.quantile_limits(0.5) if count else (None, None)
            level = curve.quantile(0.5), *limits
        else:
            share = Share(count, int(happened[is_in].sum()))
            level = share.ratio, *(share.interval or (None, None))
        numbers = dict(zip(("value", "low", "high"), level, strict=True))
        yield {"name": str(name), "of": count, **numbers, "too_few": count < MIN_GROUP_SIZE}


def _lowest_against_highest(name: str, levels: list[Data]) -> str | None:
    """How the lowest fifth is served: worse than the highest, alike, or better; None if too few.

    Of contacts more is neither better nor worse.
    """
    if len(levels) < len(_FIFTHS) or name == "contacted":
        return None
    lowest, highest = levels[0], levels[-1]
    if lowest["too_few"] or highest["too_few"]:
        return None
    if name == "settled":  # different where the limits of the medians do not overlap
        more, less = (
            None not in (above["low"], below["high"]) and above["low"] > below["high"]
            for above, below in ((lowest, highest), (highest, lowest))
        )
    else:
        shares = [Share(row["of"], round(row["value"] * row["of"])) for row in (lowest, highest)]
        effect = difference_of_shares(*shares)
        more, less = effect.low > 0, effect.high < 0
    if not (more or less):
        return "alike"
    return "better" if more == _MORE_IS_BETTER[name] else "worse"
