"""Did lists earn more than leaving people alone: the treated of each against the held out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import pandas as pd

from rfmtool.analyses.effects import SpendByArm, holm, sample_ratio_p
from rfmtool.analyses.holdout_tests import MIN_HELD_OUT, HoldoutTest
from rfmtool.analyses.return_rates import Share
from rfmtool.rules import ALL_MARKETING

_LEAST_HELD_OUT: Final = 2
"""With fewer held out an action is no part of the whole."""
_SURE: Final = 0.05
SAMPLE_RATIO_ALPHA: Final = 0.001
"""Below this p the split is not what was asked."""


@dataclass(frozen=True)
class MeasurementWindow:
    """How the lists were followed: for how many days, and until when."""

    as_of: date
    days: int
    still_running: int = 0
    """People whose window is not over."""
    past_is_known: bool = False
    """Whether the export begins early enough to tell what people spent before."""
    weekly_entries: Mapping[tuple[str, str], tuple[float, float]] | None = None
    """By lot and action, how many came to be treated and held out in a week."""


@dataclass(frozen=True)
class Measure:
    """What lists did, the whole of marketing first."""

    window: MeasurementWindow
    groups: tuple[HoldoutTest, ...]
    sample_ratio_p: float
    warnings: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What to bear in mind."""
        return self.warnings

    @property
    def table(self) -> pd.DataFrame:
        """A row for each group, in currency units; the difference is the one the verdict is by."""
        return pd.DataFrame([group.as_row() for group in self.groups], columns=list(_TABLE))

    def to_frame(self) -> pd.DataFrame:
        """The same as `table`."""
        return self.table

    def as_data(self) -> dict[str, Any]:
        """The whole answer as plain data."""
        return {
            "as_of": self.window.as_of.isoformat(),
            "days": self.window.days,
            "groups": [group.as_data() for group in self.groups],
            "sample_ratio_p": self.sample_ratio_p,
            "still_running": self.window.still_running,
            "warnings": list(self.warnings),
        }


_TABLE: Final = (
    "action", "lot", "treated", "held_out", "returned_treated", "returned_held_out",
    "returned_difference", "returned_low", "returned_high", "spend_treated", "spend_held_out",
    "difference", "low", "high", "adjusted", "earned", "earned_low", "earned_high", "verdict",
    "verdict_text",
)  # fmt: skip


def measure(
    people: pd.DataFrame, window: MeasurementWindow, warnings: Sequence[str] = ()
) -> Measure:
    """Compare the treated of each list with those held out of it.

    Args:
        people: one row for each person and lot whose window is over: lot, action (of the lot out
            of all marketing, that at entry), held_out, share (the share asked for), returned,
            spent and before (in currency units), cost and own_cost (of all contacts, and of those
            for that action), and reached where there is a contact log.
        window: how they were followed.
        warnings: what to bear in mind beside what is found here.
    """
    lists = sorted(set(people["lot"]) - {ALL_MARKETING})
    of_all = people[people["lot"].eq(ALL_MARKETING)]
    followed = sorted(set(of_all["action"]) - set(lists))
    groups = [
        *([_whole(of_all, window)] if len(of_all) else []),
        *(_measured(name, name, people[people["lot"].eq(name)], window) for name in lists),
        *(
            _measured(name, ALL_MARKETING, of_all[of_all["action"].eq(name)], window)
            for name in followed
        ),
    ]
    held, shares = int(people["held_out"].sum()), people["share"].unique()
    asked = float(shares[0]) if len(shares) == 1 else None
    p = sample_ratio_p(len(people) - held, held, float(people["share"].sum()), asked)
    broken = ["The split is not what was asked; nothing below can be trusted."]
    notes = [*(broken if p < SAMPLE_RATIO_ALPHA else ()), *warnings]
    return Measure(window, tuple(_sure(groups)), p, tuple(notes))


def _sure(groups: Sequence[HoldoutTest]) -> Iterator[HoldoutTest]:
    """Doubt the differences of actions that chance would bring among so many."""
    asked = [one for one in groups if one.action != ALL_MARKETING and one.held_out >= MIN_HELD_OUT]
    p_values = holm([one.best.p_value for one in asked if one.has_both_arms])
    sure = dict(zip([one.action for one in asked if one.has_both_arms], p_values, strict=True))
    for one in groups:
        yield replace(one, is_significant=sure.get(one.action, 0.0) < _SURE)


def _whole(people: pd.DataFrame, window: MeasurementWindow) -> HoldoutTest:
    """All marketing, by the action with which people entered."""
    held = people.groupby("action")["held_out"].agg(["sum", "size"])
    enough = (held["sum"] >= _LEAST_HELD_OUT) & (held["sum"] < held["size"])
    kept = people[people["action"].isin(held.index[enough])]
    strata = tuple(_stratum(rows, window) for _, rows in kept.groupby("action", sort=True))
    dropped = int((~enough).sum()), len(people) - len(kept)
    return _measured(
        ALL_MARKETING, ALL_MARKETING, kept, window, strata=strata, left_out=dropped, cost="cost"
    )


def _measured(  # noqa: PLR0913 - what a group is made of
    action: str,
    lot: str,
    people: pd.DataFrame,
    window: MeasurementWindow,
    *,
    strata: tuple[tuple[Share, Share, SpendByArm], ...] | None = None,
    left_out: tuple[int, int] = (0, 0),
    cost: str = "own_cost",
) -> HoldoutTest:
    strata = (_stratum(people, window),) if strata is None else strata
    held = people["held_out"].to_numpy()
    reached = None
    if "reached" in people and held.any() and not held.all():
        was = people["reached"].to_numpy()
        reached = float(was[~held].mean()), float(was[held].mean())
    paces = (window.weekly_entries or {}).items()
    mine = [pace for (of, name), pace in paces if of == lot and action in (name, ALL_MARKETING)]
    a_week = sum(pace[0] for pace in mine), sum(pace[1] for pace in mine)
    spent = float(people[cost].to_numpy()[~held].sum())
    return HoldoutTest(action, lot, strata, left_out, spent, reached, a_week, window.past_is_known)


def _stratum(people: pd.DataFrame, window: MeasurementWindow) -> tuple[Share, Share, SpendByArm]:
    held = people["held_out"].to_numpy()
    back, spent = people["returned"].to_numpy(), people["spent"].to_numpy()
    amounts = [spent, people["before"].to_numpy()] if window.past_is_known else [spent]
    sides = SpendByArm(*(each[side] for each in amounts for side in (~held, held)))
    return Share.from_masks(~held, back), Share.from_masks(held, back), sides
