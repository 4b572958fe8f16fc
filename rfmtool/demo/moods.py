"""How people feel about the shop, and what they say and do about it."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


class Mood(NamedTuple):
    """What one person of this mood leaves behind, on average.

    A mean of 1.3 is one for everybody and a second for three in ten: whole parts are certain.
    """

    mood: str
    surveys: float  # answers to "would you recommend us?"
    nps_min: int
    nps_max: int
    praise: float  # positive reviews nobody asked for
    asked_praise: float  # positive reviews we asked for
    gripes: float  # negative or lukewarm reviews
    open_complaints: float
    settled_complaints: float
    scheme: float  # share who joined the recommend-a-friend scheme
    referrals: float  # friends named
    prompted: float  # share of those we asked for


MOODS = pd.DataFrame(
    [
        #    mood        answers, from, to  praise      gripes complaints scheme friends
        Mood("stranger", 0.00, 7, 8, 0.000, 0.00, 0.00, 0.0, 0.00, 0.000, 0.0, 0.0),
        Mood("taster", 0.40, 5, 10, 0.000, 0.00, 0.00, 0.0, 0.00, 0.000, 0.0, 0.0),
        Mood("quiet", 0.04, 7, 8, 0.002, 0.01, 0.01, 0.0, 0.01, 0.015, 0.0, 0.0),
        Mood("content", 0.90, 7, 8, 0.000, 0.05, 0.02, 0.0, 0.04, 0.030, 0.0, 0.0),
        Mood("fan", 1.30, 9, 10, 0.000, 0.30, 0.00, 0.0, 0.02, 0.300, 0.3, 0.8),
        Mood("advocate", 1.10, 9, 10, 0.700, 0.20, 0.00, 0.0, 0.00, 0.300, 2.0, 0.1),
        Mood("disenchanted", 1.40, 2, 6, 0.000, 0.00, 0.20, 0.0, 0.50, 0.200, 1.0, 0.5),
        Mood("unhappy", 1.30, 0, 6, 0.000, 0.00, 0.40, 0.0, 0.30, 0.000, 0.0, 0.0),
        Mood("angry", 0.40, 0, 7, 0.000, 0.00, 0.30, 1.1, 0.30, 0.300, 0.0, 0.0),
        Mood("hard", 0.30, 7, 8, 0.000, 0.00, 0.50, 0.0, 2.60, 0.000, 0.0, 0.0),
    ]
)
