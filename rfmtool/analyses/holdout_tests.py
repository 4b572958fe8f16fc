"""What one list did to the treated against the held out of it, and what may be said of that."""

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
"""With fewer held out nothing is said."""
WORTH_SEEING: Final = 0.05
"""The rise of the share who return that weeks are told for."""
_ALIKE: Final = 0.05
"""A difference within this part of what the held out spend is none to speak of."""


@dataclass(frozen=True)
class HoldoutTest:
    """What one list, or all marketing, did."""

    action: str
    lot: str
    strata: tuple[tuple[Share, Share, SpendByArm], ...]
    left_out: tuple[int, int] = (0, 0)
    """How many actions, and people, have too few held out to be a part of it."""
    cost: float = 0.0
    contacted_shares: tuple[float, float] | None = None
    """The shares of treated and held out who were in fact contacted, by the contact log."""
    weekly_entries: tuple[float, float] = (0.0, 0.0)
    past_is_known: bool = False
    is_significant: bool = True
    """Whether the difference holds among so many questions asked at once."""

    @property
    def treated(self) -> int:
        """How many were treated."""
        return sum(treated.customers for treated, _, _ in self.strata)

    @property
    def held_out(self) -> int:
        """How many were held out."""
        return sum(held.customers for _, held, _ in self.strata)

    @property
    def has_both_arms(self) -> bool:
        """Whether there is somebody on both sides."""
        return bool(self.treated and self.held_out)

    def _mean(self, values: Sequence[float]) -> float:
        """A mean over strata, weighted by their treated people."""
        weights = [treated.customers for treated, _, _ in self.strata]
        return sum(w * v for w, v in zip(weights, values, strict=True)) / self.treated

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of treated and held out who returned."""
        treated = self._mean([side.ratio or 0.0 for side, _, _ in self.strata])
        return treated, self._mean([side.ratio or 0.0 for _, side, _ in self.strata])

    @property
    def means(self) -> tuple[float, float]:
        """What a treated and a held-out person spent."""
        sides = [side for _, _, side in self.strata]
        treated = self._mean([float(side.treated.mean()) for side in sides])
        return treated, self._mean([float(side.held_out.mean()) for side in sides])

    @cached_property
    def returned(self) -> Effect:
        """The difference of the shares who returned."""
        return pooled_shares([(treated, held) for treated, held, _ in self.strata])

    @cached_property
    def spend(self) -> Effect:
        """The difference of spend a person."""
        return difference_of_spend([side for _, _, side in self.strata])

    @cached_property
    def adjusted(self) -> AdjustedEffect | None:
        """The same with past spend taken into account; None where it tells nothing."""
        if not self.past_is_known or min(self.treated, self.held_out) < MIN_ARM_FOR_PAST:
            return None
        return adjusted_for_past_spend([side for _, _, side in self.strata])

    @property
    def best(self) -> Effect:
        """The difference of spend that the verdict is by."""
        return self.adjusted or self.spend

    @property
    def earned(self) -> tuple[float, float, float]:
        """What all treated brought beyond what they would have: total, low, high; less costs."""
        best = self.best
        total, low, high = (
            part * self.treated - self.cost for part in (best.difference, best.low, best.high)
        )
        return total, low, high

    @property
    def weeks_more(self) -> int | None:
        """In how many weeks at this pace more can be said; None where nobody knows."""
        if self.held_out < MIN_HELD_OUT:
            missing, more = MIN_HELD_OUT - self.held_out, self.weekly_entries[1]
            return ceil(missing / more) if more else None
        sides = self.treated, self.held_out
        weeks = weeks_to_detect(WORTH_SEEING, self.shares[1], sides, self.weekly_entries)
        return weeks or None

    @property
    def verdict(self) -> Verdict:
        """What may be said of it."""
        if not self.has_both_arms or self.held_out < MIN_HELD_OUT:
            return "too_few"
        best, alike = self.best, _ALIKE * self.means[1]
        if self.is_significant and best.low > 0:
            return "earned_more"
        if self.is_significant and best.high < 0:
            return "earned_less"
        # Where nobody spent, nothing is told: the whole interval is 0.
        is_alike = alike > 0 and -alike <= best.low and best.high <= alike
        return "no_difference" if is_alike else "too_few"

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
            return f"If it makes a difference, then of no more than {most:.1%} of their spend."
        why = f"between {best.low:+,.2f} and {best.high:+,.2f} a person"
        if self.held_out < MIN_HELD_OUT:
            why = f"{self.held_out:,} held out, and it takes {MIN_HELD_OUT}"
        weeks = self.weeks_more
        if weeks:
            why += f"; about {weeks:,} {'week' if weeks == 1 else 'weeks'} more at this pace"
        return f"Too early to tell: {why}."

    def as_row(self) -> list[Any]:
        """The same in a row of the table, in currency units; None for what nobody can tell."""
        begin: list[Any] = [self.action, self.lot, self.treated, self.held_out]
        if not self.has_both_arms:
            return [*begin, *[None] * 14, self.verdict, self.verdict_text]
        shared, best = self.returned, self.best
        numbers = (
            *self.shares, shared.difference, shared.low, shared.high,
            *self.means, best.difference, best.low, best.high,
        )  # fmt: skip
        rounded = [round(number, 6) for number in numbers]
        adjusted = "yes" if self.adjusted else "no"
        earned = [round(part, 4) for part in self.earned]
        return [*begin, *rounded, adjusted, *earned, self.verdict, self.verdict_text]

    def as_data(self) -> dict[str, Any]:
        """Plain data; what nobody can tell is null."""
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
            spend = minimum_detectable_spend([side for _, _, side in self.strata])
            data |= {
                "returned": _sides(self.shares, self.returned),
                "spend": {
                    **_sides(self.means, self.spend),
                    "adjusted_for_past_spend": self.adjusted and asdict(self.adjusted),
                },
                "earned": {"total": total, "low": low, "high": high},
                "smallest_effect_seen": {"returned": share, "spend": spend},
                "reached": self._reached(),
                "weeks_more": self.weeks_more,
            }
        return {**data, "verdict": self.verdict, "verdict_text": self.verdict_text}

    def _reached(self) -> dict[str, float] | None:
        """The effect for those in fact contacted, if it is by the contact alone."""
        if self.contacted_shares is None or self.contacted_shares[0] <= self.contacted_shares[1]:
            return None
        more, best = self.contacted_shares[0] - self.contacted_shares[1], self.best
        effect = Effect(best.difference / more, best.low / more, best.high / more)
        return _sides(self.contacted_shares, effect)


def _sides(sides: tuple[float, float], effect: Effect) -> dict[str, float]:
    return {"treated": sides[0], "held_out": sides[1], **asdict(effect)}
