"""Small frames of customers, and the scales that are fitted to them."""

from datetime import date
from decimal import Decimal

import pandas as pd
from hypothesis import strategies as st

from rfmtool.rules import FitRules, Method
from rfmtool.scoring.fitting import fit_scales
from rfmtool.scoring.peer_spend import PeerSpend
from rfmtool.scoring.peers import Peers
from rfmtool.scoring.timing import Timing, Windows

TOY_MONEY = [10, 20, 30, 40, 50, 60, 70, 80, 90, 550]
QUINTILES = Method("quantile", 5)
EVEN_WEIGHTS = {name: Decimal(1) for name in ("recency", "frequency", "monetary")}
NESTED = {
    "recency": Method("quantile", 3), "frequency": Method("nested", 3),
    "monetary": Method("nested", 3),
}  # fmt: skip
AS_OF = date(2024, 1, 31)
TIMING = Timing(Windows(), 30.0, 2.0, 4.0, limits_are_fitted=False)
PEER_SPEND = PeerSpend(Decimal("0.8"), Peers((), (0, 0, 0), ((),)), (0,), (0,), (0,))
WITHIN = FitRules(within="country")
BUYERS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(-99, 99)), min_size=1, max_size=40
)


def people(recency=None, frequency=None, monetary=None):
    """A frame of customers; what is not given is the same for all."""
    count = len(recency or frequency or monetary)
    return pd.DataFrame(
        {
            "recency_days": recency or [0] * count,
            "frequency": frequency or [1] * count,
            "monetary": monetary or [10_000] * count,
        }
    )


def in_countries(**values):
    """Six customers, of two countries in turn."""
    return people(**values).assign(country=["DE", "FR"] * 3)


def fitted(frame, methods, rules=None):
    """The scales of a frame of customers."""
    return fit_scales(frame, methods, TIMING, PEER_SPEND, AS_OF, rules=rules)
