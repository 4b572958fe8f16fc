"""What some clients told the shop about the rest of their spending."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.demo import catalogue, sampling, shop_calendar
from rfmtool.demo.sales import Sales
from rfmtool.demo.tables import PRODUCTS

YEAR = ("2025-01-01", "2025-12-31")
KNOWN, RANKED = 0.2, 0.15  # shares of those who ordered on several days
BRANDS = (1, 2, 3, 4, 5)
BRAND_SHARES = (0.15, 0.4, 0.25, 0.13, 0.07)
UNDERSTATED_SHARE = 0.04  # share who name less than they spent here
COLUMNS = ["customer_id", "wallet", "from_on", "until_on", "rank", "brands"]


def wallets(people: pd.DataFrame, ledger: Sales, rng: np.random.Generator) -> pd.DataFrame:
    """One row per client asked: a year's total, or how the shop ranks among the brands used."""
    clients = ledger.order_days().groupby("person").size().loc[lambda days: days >= 2].index  # noqa: PLR2004  # a client has come back
    told = people.loc[clients, ["customer_id"]].assign(draw=rng.random(len(clients)))
    spent = _spent(ledger).reindex(clients, fill_value=0)
    totals = _totals(told[told["draw"] < KNOWN], spent, rng)
    # Ranks from 1 to the number of brands; the shop is more often near the top.
    ranked = told[told["draw"].between(KNOWN, KNOWN + RANKED, inclusive="left")]
    brands = rng.choice(BRANDS, len(ranked), p=BRAND_SHARES)
    rank = 1 + np.floor(brands * rng.random(len(ranked)) ** 1.5).astype(np.int64)
    ranks = ranked.assign(rank=rank.astype(np.str_), brands=brands.astype(np.str_))
    table = pd.concat([totals, ranks]).reindex(columns=COLUMNS).fillna("")
    return table.sort_values("customer_id", ignore_index=True)


def _spent(ledger: Sales) -> pd.Series[int]:
    """Pence per person over the year, what was taken back deducted."""
    begin, end = map(shop_calendar.day_number, YEAR)
    documents = ledger.documents
    named = documents[documents["named"] & documents["day"].between(begin, end)]
    lines = ledger.lines[ledger.lines["order"].isin(named.index)]
    price = PRODUCTS["price"].to_numpy()[lines["product"]]
    person = named["person"].loc[lines["order"]].to_numpy()
    return pd.Series(lines["quantity"].to_numpy() * price).groupby(person).sum()


def _totals(told: pd.DataFrame, spent: pd.Series[int], rng: np.random.Generator) -> pd.DataFrame:
    """Wallets in round tens; those who bought nothing here this year named no total."""
    pence = spent.reindex(told.index)
    told, pence = told[pence > 0], pence[pence > 0]
    share = np.clip(rng.beta(1.6, 2.0, len(told)), 0.05, 1)
    share = np.where(sampling.bernoulli(UNDERSTATED_SHARE, len(told), rng), 1.25, share)
    tens = (pence / share / 1000).round().clip(lower=1).astype("int64")
    return told.assign(wallet=catalogue.money(tens * 1000), from_on=YEAR[0], until_on=YEAR[1])
