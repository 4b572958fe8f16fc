"""Wallets from declared spend, and from how customers rank the shop among brands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Floats, Ints
from rfmtool.columns import MILLION
from rfmtool.money import round_half_even

_RANK_COLUMNS: Final = ("rank", "brands")
_LARGEST: Final = 2**62
STATED_SHARE: Final = "stated_share_millionths"
"""The column of shares of wallet by stated ranks, in 1 / `MILLION`."""


@dataclass(frozen=True)
class Period:
    """The days that the lines cover, since 1970-01-01; None: from the beginning."""

    since_day: int | None
    as_of_day: int


def prorated(wallets: pd.DataFrame, period: Period) -> Ints:
    """The wallet of each row for the days of its period that the lines cover, rounded half-even.

    A row without a first day begins where the lines do, one without a last day ends where they end;
    if neither the row nor `since` gives a beginning, the wallet is not changed. The wallet of a
    period outside of the lines is 0. Reads wallet (1/10,000), from_day and until_day (Int64, days
    since 1970-01-01).
    """
    first_day = pd.NA if period.since_day is None else period.since_day
    since = pd.Series(first_day, wallets.index, dtype="Int64")
    begin = wallets["from_day"].fillna(since)
    end = wallets["until_day"].fillna(period.as_of_day)
    covered_from = begin.mask((begin < since).fillna(value=False), since)
    covered = (end.clip(upper=period.as_of_day) - covered_from + 1).clip(lower=0).fillna(1)
    days = (end - begin + 1).clip(lower=1).fillna(1).to_numpy(dtype=np.int64)
    days_inside = covered.to_numpy(dtype=np.int64)
    # Divided first: a large wallet times its days would overflow.
    daily, remainder = np.divmod(wallets["wallet"].to_numpy(dtype=np.int64, na_value=0), days)
    extra, remainder = np.divmod(remainder * days_inside, days)
    return round_half_even(daily * days_inside + extra, remainder, days)


def wallet_allocation_share(rank: Floats, brands: Floats) -> Floats:
    """The Wallet Allocation Rule (Keiningham et al. 2011): (1 - rank / (N + 1)) * 2 / N.

    The shop's rank is among the N brands used, from 1; brands that tie share the average.
    """
    return (1 - rank / (brands + 1)) * 2 / brands


def known_wallets(wallets: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The known wallets, and the spend in their periods: owner, wallet and spend (1/10,000).

    Reads owner, wallet, from_day, until_day and spend_inside (see `add_wallets`).
    """
    rows = wallets.assign(wallet=prorated(wallets, period), spend=wallets["spend_inside"])
    return _latest(rows[rows["wallet"] > 0], period)


def ranked_wallets(wallets: pd.DataFrame, customers: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The wallets implied by stated ranks: spend / share, for customers with spend above 0.

    Reads owner, rank, brands, from_day and until_day (see `add_wallets`), and monetary (1/10,000);
    gives owner, wallet and spend (1/10,000) and STATED_SHARE, one row for each customer.
    """
    spend = customers["monetary"].to_numpy()[wallets["owner"].to_numpy(dtype=np.int64)]
    rank, brands = (wallets[name].to_numpy(np.float64, na_value=np.nan) for name in _RANK_COLUMNS)
    share = wallet_allocation_share(rank, brands)
    # Rounded twice, so that floats close to a half are rounded as a half.
    wallet = np.rint(np.round(spend / share, 3))
    is_usable = (spend > 0) & (wallet < _LARGEST)  # False for NaN of a missing rank
    millionths = np.where(is_usable, np.rint(share * MILLION), 0)
    rows = wallets.assign(
        wallet=np.where(is_usable, wallet, 0).astype(np.int64),
        spend=spend,
        **{STATED_SHARE: millionths.astype(np.int64)},
    )
    return _latest(rows[is_usable], period)


def _latest(rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    """One row for each customer: the one that ends last; then begins last; then the largest wallet.

    A period without an end, or that ends after as_of, ends there.
    """
    until = rows["until_day"].fillna(period.as_of_day).clip(upper=period.as_of_day)
    ordered = rows.assign(until_day=until).sort_values(
        ["owner", "until_day", "from_day", "wallet"], na_position="first", kind="stable"
    )
    columns = [name for name in ("owner", "wallet", "spend", STATED_SHARE) if name in ordered]
    return ordered.drop_duplicates("owner", keep="last")[columns]
