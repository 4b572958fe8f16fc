"""The kinds of people a shop knows, and how many of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Archetype(NamedTuple):
    """One kind of person; ranges are drawn from once for each.

    `parts` are relative shares. Silence is the time since the last order, in usual gaps.
    """

    archetype: str
    parts: float
    days_min: int  # order days
    days_max: int
    gap_min: float  # days between two orders
    gap_max: float
    silence_min: float
    silence_max: float
    spend: float  # 1 = an ordinary household
    mood: str
    status: str = ""  # in the contact list
    wobble: float = 0.45  # sigma of the logarithm of a gap
    cancels: float = 0.008  # share of orders called off before dispatch
    credits: float = 0.03  # share of orders with a credit note later
    taste: str = ""  # drawn when empty
    paused: bool = False


# For one-timers a "gap" is one day, so that their silence is counted in days.
ARCHETYPES = pd.DataFrame(
    [
        #         kind, parts, order days, gap, silence, spend, mood, status
        # They never ordered.
        Archetype("suspect", 85, 0, 0, 1, 1, 0, 1090, 1, "stranger"),
        Archetype("subscriber", 35, 0, 0, 1, 1, 0, 700, 1, "stranger", "known"),
        Archetype("disqualified", 12, 0, 0, 1, 1, 0, 1090, 1, "stranger", "disqualified"),
        Archetype("lead", 34, 0, 0, 1, 1, 0, 500, 1, "stranger", "lead"),
        Archetype("quote", 12, 0, 0, 1, 1, 0, 300, 1, "stranger", "quote"),
        Archetype("trial", 18, 0, 0, 1, 1, 0, 300, 1, "taster", "trial"),
        Archetype("replied", 20, 0, 0, 1, 1, 0, 500, 1, "stranger", "replied"),
        Archetype("friend", 20, 0, 0, 1, 1, 0, 500, 1, "stranger"),
        # They have lines, but no order that counts.
        Archetype("called_off", 8, 1, 1, 1, 1, 5, 900, 1, "quiet", cancels=1),
        Archetype("early_return", 6, 1, 1, 1, 1, 1096, 1097, 1, "quiet", cancels=0, credits=1),
        # They ordered on one day.
        Archetype("newcomer", 55, 1, 1, 1, 1, 0, 30, 1, "quiet"),
        Archetype("one_timer", 450, 1, 1, 1, 1, 15, 1094, 1, "quiet"),
        Archetype("one_timer_asked", 20, 1, 1, 1, 1, 15, 700, 1, "content"),
        Archetype("put_off", 10, 1, 1, 1, 1, 20, 500, 1, "unhappy"),
        # They came back.
        Archetype("pair", 95, 2, 2, 20, 200, 0.1, 6, 1, "quiet"),
        Archetype("cooling", 14, 2, 2, 36, 44, 1.8, 2.5, 1, "quiet"),
        Archetype("gift_giver", 22, 2, 4, 355, 375, 0.03, 0.1, 1.4, "quiet", wobble=0.02),
        Archetype("occasional", 65, 3, 9, 70, 160, 0.05, 1, 1, "quiet"),
        Archetype("regular", 80, 5, 40, 25, 80, 0.05, 0.9, 1.2, "quiet"),
        Archetype("regular_asked", 28, 5, 40, 25, 80, 0.05, 0.9, 1.2, "content"),
        Archetype("devotee", 18, 20, 80, 13, 22, 0.05, 0.8, 1.3, "quiet", wobble=0.35),
        Archetype("office", 12, 12, 45, 25, 34, 0.05, 0.8, 3, "quiet", wobble=0.2),
        Archetype("cafe", 6, 30, 100, 12, 20, 0.05, 0.8, 3.5, "content", wobble=0.25),
        Archetype("fan", 30, 3, 30, 25, 80, 0.05, 0.9, 1.4, "fan"),
        Archetype("advocate", 13, 5, 40, 18, 60, 0.05, 0.9, 1.5, "advocate"),
        Archetype("partner", 4, 20, 70, 14, 28, 0.05, 0.8, 3, "advocate", wobble=0.3),
        # They came back, and something is the matter.
        Archetype("missing", 20, 6, 30, 20, 50, 2.0, 2.6, 1.3, "quiet", wobble=0.3),
        Archetype("missing_advocate", 10, 6, 30, 20, 50, 2.4, 4, 1.5, "advocate", wobble=0.3),
        Archetype("lapsed", 95, 3, 16, 25, 75, 5, 16, 1, "quiet"),
        Archetype("lapsed_spender", 12, 8, 35, 14, 30, 8, 30, 2.5, "quiet"),
        Archetype("disenchanted", 6, 4, 20, 18, 50, 0.1, 1, 1.2, "disenchanted"),
        Archetype("unhappy", 10, 2, 12, 20, 60, 0.1, 3, 1, "unhappy"),
        Archetype("angry", 11, 2, 12, 20, 60, 0.1, 3, 1.1, "angry"),
        Archetype("paused", 7, 3, 20, 18, 50, 0.5, 3, 1, "quiet", paused=True),
        # Buys what earns nothing, sends most of it back, and complains.
        Archetype("hard", 8, 4, 12, 20, 45, 0.05, 0.9, 1.5, "hard", credits=0.95, taste="bargains"),
    ]
)


def head_counts(customers: int) -> NDArray[np.int64]:
    """How many of each archetype there are among `customers`, by largest remainder.

    Drawing them instead would leave the rarest kinds out of some shops.
    """
    parts = ARCHETYPES["parts"].to_numpy()
    exact = parts / parts.sum() * customers
    counts = np.floor(exact).astype(np.int64)
    most_wanting = np.argsort(counts - exact, kind="stable")
    counts[most_wanting[: customers - counts.sum()]] += 1
    return np.asarray(counts)
