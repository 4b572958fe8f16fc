"""Declared wallets and brand ranks of some clients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from rfmtool.demo import catalogue, sampling, shop_calendar
from rfmtool.demo.sales import Sales
from rfmtool.demo.tables import PRODUCTS

YEAR = ("2025-01-01", "2025-12-31")
DECLARED_SHARE, RANKED_SHARE = 0.2, 0.15  # of those who ordered on several days
BRANDS = (1, 2, 3, 4, 5)
BRAND_SHARES = (0.15, 0.4, 0.25, 0.13, 0.07)
UNDERSTATED_SHARE = 0.04  # who declare less than they spent here
COLUMNS = ["customer_id", "wallet", "from_on", "until_on", "rank", "brands"]


def wallets(people: pd.DataFrame, sales: Sales, rng: Generator) -> pd.DataFrame:
    """One row per client asked: a year's total, or the rank of the shop among the brands used."""
    clients = sales.order_days().groupby("person").size().loc[lambda days: days >= 2].index  # noqa: PLR2004  # a client has come back
    asked = people.loc[clients, ["customer_id"]].assign(draw=rng.random(len(clients)))
    spent = _spent(sales).reindex(clients, fill_value=0)
    totals = _totals(asked[asked["draw"] < DECLARED_SHARE], spent, rng)
    # Ranks from 1 to the number of brands; the shop is more often near the top.
    end = DECLARED_SHARE + RANKED_SHARE
    ranked = asked[asked["draw"].between(DECLARED_SHARE, end, inclusive="left")]
    brands = rng.choice(BRANDS, len(ranked), p=BRAND_SHARES)
    rank = 1 + np.floor(brands * rng.random(len(ranked)) ** 1.5).astype(np.int64)
    ranks = ranked.assign(rank=rank.astype(np.str_), brands=brands.astype(np.str_))
    table = pd.concat([totals, ranks]).reindex(columns=COLUMNS).fillna("")
    return table.sort_values("customer_id", ignore_index=True)


def _spent(sales: Sales) -> pd.Series[int]:
    """Net pence per person over the year."""
    begin, end = map(shop_calendar.day_number, YEAR)
    documents = sales.documents
    named = documents[documents["named"] & documents["day"].between(begin, end)]
    lines = sales.lines[sales.lines["order"].isin(named.index)]
    price = PRODUCTS["price"].to_numpy()[lines["product"]]
    person = named["person"].loc[lines["order"]].to_numpy()
    return pd.Series(lines["quantity"].to_numpy() * price).groupby(person).sum()


def _totals(asked: pd.DataFrame, spent: pd.Series[int], rng: Generator) -> pd.DataFrame:
    """Wallets in round tens; none for those who bought nothing here this year."""
    pence = spent.reindex(asked.index)
    asked, pence = asked[pence > 0], pence[pence > 0]
    share = np.clip(rng.beta(1.6, 2.0, len(asked)), 0.05, 1)
    share = np.where(sampling.bernoulli(UNDERSTATED_SHARE, len(asked), rng), 1.25, share)
    tens = (pence / share / 1000).round().clip(lower=1).astype("int64")
    return asked.assign(wallet=catalogue.money(tens * 1000), from_on=YEAR[0], until_on=YEAR[1])
