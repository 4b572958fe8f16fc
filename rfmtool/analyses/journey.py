"""The first-time buyer's way: from the first contact to the third order, and where people are lost.

Everybody begins at the first contact. Who has reached a step has reached all before it, whether or
not somebody wrote that down, so people never grow from step to step. All comparisons are plain
ones: what differs may be due to who the people are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.analyses.asking import Asking, asking
from rfmtool.analyses.gateways import Began, Gateway, compared, gateways
from rfmtool.analyses.repeat import DAYS
from rfmtool.arrays import Ints, is_first
from rfmtool.days import day_number
from rfmtool.placing.contacting import sent
from rfmtool.placing.tasks import FOLLOW_UP
from rfmtool.scoring.timing import OrderDays, waits

Floats = npt.NDArray[np.float64]
Frames = Mapping[str, pd.DataFrame]

STEPS: Final = (
    "first_contact", "answer", "quote_or_trial", "first_order", "follow_up", "second_order",
    "third_order",
)  # fmt: skip
_NEEDS: Final = {"answer": "contacts", "quote_or_trial": "contacts", "follow_up": "contacted"}
"""The tables without which a step is nobody's."""
OPENS: Final = {
    "contacts": "the steps before the first order, and where people came from",
    "contacted": "whether anybody asks for a second order, and follows up",
}


@dataclass(frozen=True)
class Step:
    """How many got so far or further, and how long it took from the step before that is known.

    `recorded` are those of whom this very step is known; the median is of these.
    """

    step: str
    people: int
    recorded: int
    share_of_before: float | None
    median_days: float | None


@dataclass(frozen=True)
class Journey:
    """The answer."""

    as_of: date
    by: str
    horizon_days: int
    """By which day the shares who came back are told."""
    steps: tuple[Step, ...]
    by_source: Mapping[str, tuple[int, ...]]
    by_month: Mapping[str, tuple[int, ...]]
    """People by step, for each group."""
    began: Began | None
    asking: Asking | None
    table: pd.DataFrame
    """What first purchases lead to, the most frequent ones first."""
    notes: tuple[str, ...]
    opens: Mapping[str, str]

    @property
    def gateway(self) -> list[Gateway]:
        """Those that ENOUGH began with, those that surely lead on first: by the lower limit."""
        rows = [Gateway(*row) for row in self.table.itertuples(index=False)]
        known = [row for row in rows if row.came_back is not None and not np.isnan(row.came_back)]
        return sorted(known, key=lambda row: (-(row.low or 0.0), row.name))

    def as_data(self) -> dict[str, Any]:
        """Plain data; shares from 0 to 1, None where there is no such number."""
        asking = self.asking and {**vars(self.asking), "asked": self.asking.asked.as_data()}
        began = self.began and {
            "kind": "plain",
            "before": vars(self.began.before),
            "after": vars(self.began.after),
            "difference": self.began.difference and vars(self.began.difference),
        }
        return {
            "as_of": self.as_of.isoformat(),
            "horizon_days": self.horizon_days,
            "steps": [vars(step) for step in self.steps],
            "by_source": _grouped(self.by_source),
            "by_month": _grouped(self.by_month),
            "contact_before_order": began,
            "asking": asking,
            "by": self.by,
            "gateway": [
                {self.by if name == "name" else name: value for name, value in vars(row).items()}
                for row in self.gateway
            ],
            "gateway_too_few": int(self.table["came_back"].isna().sum()),
            "opens": dict(self.opens),
            "notes": list(self.notes),
        }


def _grouped(groups: Mapping[str, tuple[int, ...]]) -> list[dict[str, Any]]:
    return [{"name": name, "people": list(people)} for name, people in groups.items()]


def journey(  # noqa: PLR0913 - all that it is told from
    people: int,
    evidence: Frames,
    days: OrderDays,
    first: pd.DataFrame | None,
    as_of: date,
    *,
    by: str = "category",
    services: Sequence[str] = (),
) -> Journey:
    """Follow everybody from the first contact to the third order.

    Args:
        people: how many there are.
        evidence: contacts (or all their steps), contacted and referrals, with `owner`.
        days: the order days.
        first: owner and category (or product) of each first purchase; None where nobody tells.
        as_of: until when they were watched.
        by: what `category` is.
        services: actions, in lower case, that ask for no order.
    """
    as_of_day = day_number(as_of)
    found = _events(people, evidence, days)
    contact = found["first_contact"]
    wait = waits(days, as_of_day)
    horizon = _horizon(days, as_of_day)
    taken = [step for step in STEPS if _NEEDS.get(step) in (None, *evidence)]
    has_steps, log = "contacts" in evidence, evidence.get("contacted")
    return Journey(
        as_of=as_of,
        by=by,
        horizon_days=horizon,
        steps=tuple(_steps({step: found[step] for step in taken}, people)),
        by_source=_by(_sources(people, evidence), found, taken) if has_steps else {},
        by_month=_by(_months(contact), found, taken) if has_steps else {},
        began=compared(contact, wait, days, horizon) if has_steps else None,
        asking=None if log is None else asking(log, wait, days, as_of_day, services),
        table=gateways(first, wait, horizon),
        notes=tuple(_notes(len(wait.owner), first, by)),
        opens={table: what for table, what in OPENS.items() if table not in evidence},
    )


# The steps ---------------------------------------------------------------------------------------


def _events(people: int, evidence: Frames, days: OrderDays) -> dict[str, Floats]:
    """The first day of each step of everybody; NaN where it is not known."""
    empty = pd.DataFrame({"owner": np.empty(0, dtype=np.int64)})
    steps = evidence.get("contact_steps", evidence.get("contacts", empty))
    log = evidence.get("contacted")
    rows = sent(log) if log is not None else empty.assign(day=0, action="")
    referred = evidence.get("referrals", empty.assign(referred=0, referred_on=0))
    inbound = empty if log is None else log[log["direction"].eq("in").fillna(value=False)]
    status = steps["status"].astype("str") if "status" in steps else pd.Series("", steps.index)
    order = np.cumsum(np.ones(len(days.owner), dtype=np.int64)) - 1
    nth = order - np.flatnonzero(is_first(days.owner))[np.cumsum(is_first(days.owner)) - 1]

    def earliest(*tables: tuple[pd.DataFrame, str, str]) -> Floats:
        day = np.full(people, np.inf)
        for table, owner, column in tables:
            if column in table:
                known = table[table[column].notna().to_numpy(dtype=bool)]
                np.minimum.at(
                    day, known[owner].to_numpy(np.int64), known[column].to_numpy(np.float64)
                )
        return np.where(np.isinf(day), np.nan, day)

    def ordered(number: int) -> Floats:
        day = np.full(people, np.nan)
        day[days.owner[nth == number]] = days.day[nth == number]
        return day

    first, second = ordered(0), ordered(1)
    asked = rows[rows["action"].eq(FOLLOW_UP)] if len(rows) else rows
    asked = asked[asked["day"].to_numpy() >= first[asked["owner"].to_numpy(np.int64)]]
    follow_up = earliest((asked, "owner", "day"))
    with np.errstate(invalid="ignore"):
        follow_up = np.where(follow_up > second, np.nan, follow_up)
    return {
        "first_contact": earliest(
            (steps, "owner", "since_on"), (rows, "owner", "day"),
            (referred, "referred", "referred_on"),
        ),
        "answer": earliest(
            (steps, "owner", "answered_on"), (inbound, "owner", "answered_on"),
            (steps[status.eq("replied").to_numpy(dtype=bool)], "owner", "since_on"),
        ),
        "quote_or_trial": earliest(
            (steps[status.isin(["quote", "trial"]).to_numpy(dtype=bool)], "owner", "since_on")
        ),
        "first_order": first,
        "follow_up": follow_up,
        "second_order": second,
        "third_order": ordered(2),
    }  # fmt: skip


def _reached(found: Mapping[str, Floats], taken: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Who got as far as each step, or further; everybody begins."""
    known = np.array([~np.isnan(found[step]) for step in taken])
    known[0] = True
    reached: npt.NDArray[np.bool_] = np.logical_or.accumulate(known[::-1])[::-1]
    return reached


def _steps(found: Mapping[str, Floats], people: int) -> Iterator[Step]:
    reached = _reached(found, [*found])
    before, last = None, np.full(people, np.nan)
    for place, (step, day) in enumerate(found.items()):
        with np.errstate(invalid="ignore"):
            took = day - last
            took = took[took >= 0]
        count = int(reached[place].sum())
        yield Step(
            step,
            count,
            int((~np.isnan(day)).sum()),
            count / before if before else None,
            float(np.median(took)) if len(took) else None,
        )
        before, last = count, np.where(np.isnan(day), last, day)


def _by(
    groups: tuple[Ints, Sequence[str]], found: Mapping[str, Floats], taken: Sequence[str]
) -> dict[str, tuple[int, ...]]:
    """People by step for each group; who is in none is left out."""
    codes, names = groups
    reached = _reached(found, taken)
    counts = [np.bincount(codes[mask & (codes >= 0)], minlength=len(names)) for mask in reached]
    return {
        str(name): tuple(int(count[code]) for count in counts) for code, name in enumerate(names)
    }


def _sources(people: int, evidence: Frames) -> tuple[Ints, Sequence[str]]:
    """Where each person came from, by code."""
    contacts, codes = evidence["contacts"], np.full(people, -1)
    if "source" not in contacts:
        return codes, []
    told, names = pd.factorize(contacts["source"].astype("str").str.strip().replace("", None),
                               sort=True)  # fmt: skip
    codes[contacts["owner"].to_numpy(dtype=np.int64)] = told
    return codes, [*names]


def _months(contact: Floats) -> tuple[Ints, Sequence[str]]:
    """The month of each person's first contact, by code."""
    known = ~np.isnan(contact)
    days = np.where(known, contact, 0).astype(np.int64).astype("datetime64[D]")
    months, codes = np.unique(days.astype("datetime64[M]")[known], return_inverse=True)
    every = np.full(len(contact), -1)
    every[known] = codes
    return every, np.datetime_as_string(months).tolist()


def _horizon(days: OrderDays, as_of_day: int) -> int:
    """The longest of some round numbers of days for which half of all buyers were watched.

    Beyond that few are left, and a curve jumps with each of them.
    """
    watched = as_of_day - days.day[is_first(days.owner)]
    half = float(np.median(watched)) if len(watched) else 0.0
    return max((day for day in DAYS if day <= half), default=DAYS[0])


def _notes(buyers: int, first: pd.DataFrame | None, by: str) -> Iterator[str]:
    if not buyers:
        yield "Nobody has an order that counts, so the way ends before the first."
    elif first is None:
        yield f"No column was read as {by}, so nobody knows what a first purchase was."
