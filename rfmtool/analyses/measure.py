"""Holdout tests of all lists together: did contacting people earn more than leaving them alone?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import pandas as pd

from rfmtool.analyses.effects import SpendByArm, holm, sample_ratio_p
from rfmtool.analyses.holdout_tests import MIN_HELD_OUT, HoldoutTest
from rfmtool.analyses.return_rates import Share
from rfmtool.rules import ALL_MARKETING

_MIN_HELD_OUT_OF_ACTION: Final = 2
"""With fewer held out an action is not part of all marketing."""
_ALPHA: Final = 0.05
SAMPLE_RATIO_ALPHA: Final = 0.001
"""Below this p value the split is not what was asked for."""


@dataclass(frozen=True)
class MeasurementWindow:
    """For how many days each person was followed, and until when."""

    as_of: date
    days: int
    still_running: int = 0
    """People whose window is not over."""
    past_is_known: bool = False
    """Whether the export begins early enough to know what people spent before."""
    weekly_entries: Mapping[tuple[str, str], tuple[float, float]] | None = None
    """By lot and action, how many people became treated and held out in a week."""


@dataclass(frozen=True)
class Measure:
    """The holdout test of each list, all marketing first."""

    window: MeasurementWindow
    groups: tuple[HoldoutTest, ...]
    sample_ratio_p: float
    warnings: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Caveats in sentences."""
        return self.warnings

    @property
    def table(self) -> pd.DataFrame:
        """A row for each group, in currency units; the difference is `HoldoutTest.best`."""
        return pd.DataFrame([group.as_row() for group in self.groups], columns=list(_TABLE))

    def to_frame(self) -> pd.DataFrame:
        """See `table`."""
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
    """Compare the treated people of each list with those held out of it.

    `people` has one row for each person and holdout whose window is over: lot, action (in the
    holdout from all marketing, that at entry), held_out, share (the share asked for), returned,
    spent and before (in currency units), cost and own_cost (of all contacts, and of those for that
    action), and reached where there is a contact log.
    """
    lists = sorted(set(people["lot"]) - {ALL_MARKETING})
    of_all = people[people["lot"].eq(ALL_MARKETING)]
    groups = [_all_marketing(of_all, window)] if len(of_all) else []
    groups += [_holdout_test(name, name, people[people["lot"].eq(name)], window) for name in lists]
    groups += [
        _holdout_test(name, ALL_MARKETING, of_all[of_all["action"].eq(name)], window)
        for name in sorted(set(of_all["action"]) - set(lists))
    ]
    # The p values of actions are corrected for multiple tests.
    tested = [group for group in groups if group.has_both_arms
              and group.held_out >= MIN_HELD_OUT and group.action != ALL_MARKETING]  # fmt: skip
    p_values = zip(tested, holm([group.best.p_value for group in tested]), strict=True)
    dull = {group.action for group, p_value in p_values if not p_value < _ALPHA}
    groups = [replace(group, is_significant=group.action not in dull) for group in groups]
    held, shares = int(people["held_out"].sum()), people["share"].unique()
    share = float(shares[0]) if len(shares) == 1 else None
    p = sample_ratio_p(len(people) - held, held, float(people["share"].sum()), share)
    broken = ["The split is not what was asked; nothing below can be trusted."]
    notes = [*(broken if p < SAMPLE_RATIO_ALPHA else ()), *warnings]
    return Measure(window, tuple(groups), p, tuple(notes))


def _all_marketing(people: pd.DataFrame, window: MeasurementWindow) -> HoldoutTest:
    """The test of all marketing, stratified by the action with which people entered."""
    held = people.groupby("action")["held_out"].agg(["sum", "size"])
    enough = (held["sum"] >= _MIN_HELD_OUT_OF_ACTION) & (held["sum"] < held["size"])
    kept = people[people["action"].isin(held.index[enough])]
    strata = tuple(_stratum(rows, window) for _, rows in kept.groupby("action", sort=True))
    left_out = int((~enough).sum()), len(people) - len(kept)
    names = ALL_MARKETING, ALL_MARKETING
    return _holdout_test(*names, kept, window, strata=strata, left_out=left_out, cost_column="cost")


def _holdout_test(  # noqa: PLR0913 - all parts of a test
    action: str,
    lot: str,
    people: pd.DataFrame,
    window: MeasurementWindow,
    *,
    strata: tuple[tuple[Share, Share, SpendByArm], ...] | None = None,
    left_out: tuple[int, int] = (0, 0),
    cost_column: str = "own_cost",
) -> HoldoutTest:
    strata = (_stratum(people, window),) if strata is None else strata
    held, shares = people["held_out"].to_numpy(), None
    if "reached" in people and held.any() and not held.all():
        reached = people["reached"].to_numpy()
        shares = float(reached[~held].mean()), float(reached[held].mean())
    paces = (window.weekly_entries or {}).items()
    pairs = [pair for (of, name), pair in paces if of == lot and action in (name, ALL_MARKETING)]
    weekly = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    cost = float(people[cost_column].to_numpy()[~held].sum())
    return HoldoutTest(action, lot, strata, left_out, cost, shares, weekly)


def _stratum(people: pd.DataFrame, window: MeasurementWindow) -> tuple[Share, Share, SpendByArm]:
    held = people["held_out"].to_numpy()
    returned, spent = people["returned"].to_numpy(), people["spent"].to_numpy()
    amounts = [spent, people["before"].to_numpy()] if window.past_is_known else [spent]
    spend = SpendByArm(*(column[arm] for column in amounts for arm in (~held, held)))
    return Share.from_masks(~held, returned), Share.from_masks(held, returned), spend
