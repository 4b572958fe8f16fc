"""The products: coffee, tea and accessories."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from rfmtool.arrays import Floats, Ints
from rfmtool.demo.tables import PRODUCTS

LEANINGS = ("coffee", "tea", "both", "bargains")
LEANING_SHARES = (0.5, 0.36, 0.14, 0.0)  # the last is left to one archetype

# How much a leaning (row, as in LEANINGS) likes the taste of a product (column, the same).
_LIKING = np.array([
    [1.0, 0.05, 0.45, 0.12],
    [0.05, 1.0, 0.45, 0.12],
    [0.60, 0.60, 1.00, 0.15],
    [0.002, 0.002, 0.002, 1.0],
])  # fmt: skip

# January to December.
_SEASONS = {
    "even": (1,) * 12,
    "summer": (0.1, 0.1, 0.3, 0.6, 1.4, 2.4, 2.6, 2.2, 0.9, 0.3, 0.1, 0.1),
    "winter": (1.8, 1.6, 0.9, 0.4, 0.2, 0.1, 0.1, 0.1, 0.5, 1.4, 1.9, 2.2),
    "gifts": (0.4, 0.7, 0.7, 0.6, 0.7, 0.6, 0.4, 0.4, 0.5, 0.9, 3.0, 4.2),
    "advent": (0, 0, 0, 0, 0, 0, 0, 0, 0.3, 2.0, 6.0, 1.0),
}


def _shelves() -> Floats:
    """Cumulated choice probabilities of products, one unit interval per (leaning, month)."""
    taste = PRODUCTS["taste"].map({name: i for i, name in enumerate(LEANINGS)}).to_numpy()
    season = np.array([_SEASONS[name] for name in PRODUCTS["season"]]).T
    choice = _LIKING[:, None, taste] * season[None] * PRODUCTS["pull"].to_numpy()
    share = np.cumsum(choice, axis=2) / choice.sum(axis=2, keepdims=True)
    flat = share.reshape(-1, len(PRODUCTS))
    return np.asarray(flat + np.arange(len(flat))[:, None], dtype=np.float64).ravel()


_SHELVES = _shelves()


def draw_products(leaning: Ints, month: Ints, rng: Generator) -> Ints:
    """One product (row of `PRODUCTS`) per pair of leaning (place in `LEANINGS`) and month."""
    shelf = leaning * 12 + month
    place = np.searchsorted(_SHELVES, shelf + rng.random(len(shelf)), side="right")
    # A draw just below one may round up to the next shelf.
    return np.minimum(place - shelf * len(PRODUCTS), len(PRODUCTS) - 1).astype(np.int64)


def money(pence: pd.Series[int]) -> pd.Series[str]:
    """Pence as text with two decimals."""
    return (pence // 100).astype("str") + "." + (pence % 100).astype("str").str.zfill(2)
