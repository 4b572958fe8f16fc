"""The lines of orders."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from rfmtool.demo import catalogue, shop_calendar
from rfmtool.demo.tables import PRODUCTS

LINES = (1, 2, 3, 4, 5, 6)
LINE_SHARES = (0.30, 0.29, 0.20, 0.11, 0.06, 0.04)
EXTRA_UNITS = 0.45  # beyond the first, per line of an ordinary household


def draw_lines(people: pd.DataFrame, orders: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """The lines of orders: `order` (row of `orders`), `product` (of the catalogue), `quantity`."""
    order = np.repeat(np.arange(len(orders)), rng.choice(LINES, len(orders), p=LINE_SHARES))
    person = orders["person"].to_numpy()[order]
    month = shop_calendar.months(orders["day"].to_numpy()[order])
    product = catalogue.draw_products(people["leaning"].to_numpy()[person], month, rng)
    # At least one; more only of products bought by the dozen.
    several = PRODUCTS["by_the_dozen"].to_numpy()[product]
    appetite = people["appetite"].to_numpy()[person]
    quantity = 1 + rng.poisson(EXTRA_UNITS * appetite * several)
    lines = pd.DataFrame({"order": order, "product": product, "quantity": quantity})
    return lines.drop_duplicates(["order", "product"], ignore_index=True)
