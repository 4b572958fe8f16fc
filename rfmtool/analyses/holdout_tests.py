"""Holdout test of one list: treated against held out, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import ceil
from typing import Any, Final, Literal

from rfmtool.analyses.effects import (
    MIN_ARM_FOR_PAST,
    AdjustedEffect,
    Effect,
    SpendByArm,
    adjusted_for_past_spend,
    difference_of_spend,
    minimum_detectable_share,
    minimum_detectable_spend,
    pooled_shares,
    weeks_to_detect,
)
from rfmtool.analyses.return_rates import Share

Verdict = Literal["earned_more", "earned_less", "no_difference", "too_few"]
MIN_HELD_OUT: Final = 60
"""With fewer people held out there is no verdict."""
TARGET_RISE: Final = 0.05
"""The rise of the return share that `weeks_more` waits for."""
_NEGLIGIBLE: Final = 0.05
"""A difference within this part of the spend of the held out is negligible."""


@dataclass(frozen=True)
class HoldoutTest:
    """The effect of one list, or of all marketing."""

    action: str
    lot: str
    strata: tuple[tuple[Share, Share, SpendByArm], ...]
    left_out: tuple[int, int] = (0, 0)
    """How many actions, and people in them, are excluded for too few held out."""
    cost: float = 0.0
    contacted_shares: tuple[float, float] | None = None
    """The shares of treated and held out who were contacted according to the contact log."""
    weekly_entries: tuple[float, float] = (0.0, 0.0)
    is_significant: bool = True
    """Whether the difference stays significant after correction for multiple tests."""

    @property
    def treated(self) -> int:
        """How many people were treated."""
        return sum(treated.customers for treated, _, _ in self.strata)

    @property
    def held_out(self) -> int:
        """How many people were held out."""
        return sum(held.customers for _, held, _ in self.strata)

    @property
    def has_both_arms(self) -> bool:
        """Whether neither arm is empty."""
        return bool(self.treated and self.held_out)

    def _mean(self, values: Sequence[float]) -> float:
        """The mean over strata, weighted by their treated people."""
        weights = [treated.customers for treated, _, _ in self.strata]
        return sum(w * v for w, v in zip(weights, values, strict=True)) / self.treated

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of treated and held out who returned."""
        treated = self._mean([share.ratio or 0.0 for share, _, _ in self.strata])
        return treated, self._mean([share.ratio or 0.0 for _, share, _ in self.strata])

    @property
    def _spend_by_arm(self) -> list[SpendByArm]:
        return [spend for _, _, spend in self.strata]

    @property
    def means(self) -> tuple[float, float]:
        """The mean spend of a treated and of a held-out person."""
        treated = self._mean([float(spend.treated.mean()) for spend in self._spend_by_arm])
        return treated, self._mean([float(spend.held_out.mean()) for spend in self._spend_by_arm])

    @cached_property
    def returned(self) -> Effect:
        """The difference of the shares who returned."""
        return pooled_shares([(treated, held) for treated, held, _ in self.strata])

    @cached_property
    def spend(self) -> Effect:
        """The difference of spend a person."""
        return difference_of_spend(self._spend_by_arm)

    @cached_property
    def adjusted(self) -> AdjustedEffect | None:
        """The difference adjusted for past spend; None where that is unknown, or an arm small."""
        if min(self.treated, self.held_out) < MIN_ARM_FOR_PAST:
            return None
        return adjusted_for_past_spend(self._spend_by_arm)

    @property
    def best(self) -> Effect:
        """The difference of spend that the verdict rests on."""
        return self.adjusted or self.spend

    @property
    def earned(self) -> tuple[float, float, float]:
        """The extra spend of all treated people less costs: total, low, high."""
        best = self.best
        total, low, high = (
            spend * self.treated - self.cost for spend in (best.difference, best.low, best.high)
        )
        return total, low, high

    @property
    def weeks_more(self) -> int | None:
        """How many more weeks the test needs at this pace; None where that is unknown."""
        if self.held_out < MIN_HELD_OUT:
            missing, pace = MIN_HELD_OUT - self.held_out, self.weekly_entries[1]
            return ceil(missing / pace) if pace else None
        arms = self.treated, self.held_out
        return weeks_to_detect(TARGET_RISE, self.shares[1], arms, self.weekly_entries) or None

    @property
    def verdict(self) -> Verdict:
        """Whether the list earned more, less, or made no difference, as far as this is certain."""
        if not self.has_both_arms or self.held_out < MIN_HELD_OUT:
            return "too_few"
        best, limit = self.best, _NEGLIGIBLE * self.means[1]
        if self.is_significant and best.low > 0:
            return "earned_more"
        if self.is_significant and best.high < 0:
            return "earned_less"
        # Where nobody spent, the interval is 0 wide and proves nothing.
        is_negligible = limit > 0 and -limit <= best.low and best.high <= limit
        return "no_difference" if is_negligible else "too_few"

    @property
    def verdict_text(self) -> str:
        """The verdict in words that claim no more than the numbers."""
        if not self.has_both_arms:
            return "Nobody to compare: one side is empty."
        best, verdict = self.best, self.verdict
        by = f"{best.difference:+,.2f} a person [{best.low:+,.2f}, {best.high:+,.2f}]"
        if verdict == "earned_more":
            return f"Earned more than leaving them alone: {by}."
        if verdict == "earned_less":
            return f"Earned less than leaving them alone: {by}."
        if verdict == "no_difference":
            most = max(abs(best.low), abs(best.high)) / abs(self.means[1] or 1)
            return f"Any difference is no more than {most:.1%} of their spend."
        why = f"between {best.low:+,.2f} and {best.high:+,.2f} a person"
        if not any(self.means):
            why = "nobody spent anything"
        if self.held_out < MIN_HELD_OUT:
            why = f"{self.held_out:,} held out, {MIN_HELD_OUT} needed"
        weeks = self.weeks_more
        if weeks:
            why += f"; about {weeks:,} {'week' if weeks == 1 else 'weeks'} more at this pace"
        return f"Too early to tell: {why}."

    def as_row(self) -> list[Any]:
        """The row of the table, in currency units; None where there is no such number."""
        start: list[Any] = [self.action, self.lot, self.treated, self.held_out]
        if not self.has_both_arms:
            return [*start, *[None] * 14, self.verdict, self.verdict_text]
        returned, best = self.returned, self.best
        numbers = (
            *self.shares, returned.difference, returned.low, returned.high,
            *self.means, best.difference, best.low, best.high,
        )  # fmt: skip
        rounded = [round(number, 6) for number in numbers]
        adjusted = "yes" if self.adjusted else "no"
        earned = [round(amount, 4) for amount in self.earned]
        return [*start, *rounded, adjusted, *earned, self.verdict, self.verdict_text]

    def as_data(self) -> dict[str, Any]:
        """Plain data; null where there is no such number."""
        data: dict[str, Any] = {
            "action": self.action,
            "lot": self.lot,
            "treated": self.treated,
            "held_out": self.held_out,
            "returned": None,
            "spend": None,
            "earned": None,
            "smallest_effect_seen": {"returned": None, "spend": None},
            "costs": self.cost,
            "is_list_alone": self.lot == self.action,  # and not also of what followed it
            "left_out": {"actions": self.left_out[0], "people": self.left_out[1]},
            "reached": None,
            "weeks_more": None,
        }
        if self.has_both_arms:
            total, low, high = self.earned
            share = minimum_detectable_share(self.shares[1], self.treated, self.held_out)
            spend = minimum_detectable_spend(self._spend_by_arm)
            data |= {
                "returned": _effect_data(self.shares, self.returned),
                "spend": {
                    **_effect_data(self.means, self.spend),
                    "adjusted_for_past_spend": self.adjusted and asdict(self.adjusted),
                },
                "earned": {"total": total, "low": low, "high": high},
                "smallest_effect_seen": {"returned": share, "spend": spend},
                "reached": self._effect_of_contact(),
                "weeks_more": self.weeks_more,
            }
        return {**data, "verdict": self.verdict, "verdict_text": self.verdict_text}

    def _effect_of_contact(self) -> dict[str, float] | None:
        """The effect on those in fact contacted, if the list works by the contact alone."""
        if self.contacted_shares is None or self.contacted_shares[0] <= self.contacted_shares[1]:
            return None
        difference, best = self.contacted_shares[0] - self.contacted_shares[1], self.best
        effect = Effect(best.difference / difference, best.low / difference, best.high / difference)
        return _effect_data(self.contacted_shares, effect)


def _effect_data(arms: tuple[float, float], effect: Effect) -> dict[str, float]:
    return {"treated": arms[0], "held_out": arms[1], **asdict(effect)}
