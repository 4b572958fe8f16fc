"""The wallets of those of whom somebody said what they spend, or how they rank the shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Floats, Ints
from rfmtool.columns import MILLION
from rfmtool.money import round_half_even

_RANKED: Final = ("rank", "brands")
_LARGEST: Final = 2**62
STATED_SHARE: Final = "told_millionths"
"""The column of shares that ranks tell, in 1 / `MILLION`."""


@dataclass(frozen=True)
class Period:
    """The days that the lines cover, counted from 1970-01-01; None: from the beginning."""

    since_day: int | None
    as_of_day: int


def prorated(wallets: pd.DataFrame, period: Period) -> Ints:
    """The wallet of each row for those days of its period that the lines cover, half-even.

    A row without a first day begins where the lines do, one without a last day ends where they end;
    where neither the row nor `since` says when it begins, the wallet stands as it is. The wallet of
    a period that the lines do not touch is 0.

    Args:
        wallets: frame with wallet (1/10,000), from_day and until_day (Int64, days since 1970).
        period: the days that the lines cover.
    """
    since = pd.Series(pd.NA if period.since_day is None else period.since_day, wallets.index)
    since = since.astype("Int64")
    begin = wallets["from_day"].fillna(since)
    end = wallets["until_day"].fillna(period.as_of_day)
    covered_from = begin.mask((begin < since).fillna(value=False), since)
    covered = (end.clip(upper=period.as_of_day) - covered_from + 1).clip(lower=0).fillna(1)
    days = (end - begin + 1).clip(lower=1).fillna(1).to_numpy(dtype=np.int64)
    inside = covered.to_numpy(dtype=np.int64)
    # The whole days' worth first: a vast wallet times its days would not fit.
    daily, rest = np.divmod(wallets["wallet"].to_numpy(dtype=np.int64, na_value=0), days)
    more, rest = np.divmod(rest * inside, days)
    return round_half_even(daily * inside + more, rest, days)


def wallet_allocation_share(rank: Floats, brands: Floats) -> Floats:
    """The Wallet Allocation Rule (Keiningham et al. 2011): (1 - rank / (N + 1)) * 2 / N.

    Args:
        rank: the shop's rank among the brands used, from 1; brands that tie share the average.
        brands: N, how many brands the customer uses.
    """
    return (1 - rank / (brands + 1)) * 2 / brands


def known_wallets(wallets: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The known wallet of each person it is known of, and the spend in its period.

    Reads owner, wallet, from_day, until_day and spend_inside (see `add_wallets`).

    Returns:
        A frame with owner, wallet and spend (1/10,000), a row for each person.
    """
    rows = wallets.assign(wallet=prorated(wallets, period), spend=wallets["spend_inside"])
    return _latest(rows[rows["wallet"] > 0], period)


def ranked_wallets(wallets: pd.DataFrame, customers: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The wallets that stated ranks imply: spend / share.

    Without spend above zero there is none, because a share of nothing tells nothing of the whole.

    Args:
        wallets: frame with owner, rank, brands, from_day and until_day (see `add_wallets`).
        customers: frame with monetary (1/10,000).
        period: the days that the lines cover.

    Returns:
        A frame with owner, wallet and spend (1/10,000) and told_millionths, a row for each person.
    """
    spend = customers["monetary"].to_numpy()[wallets["owner"].to_numpy(dtype=np.int64)]
    rank, brands = (wallets[name].to_numpy(np.float64, na_value=np.nan) for name in _RANKED)
    # Rounded twice, so that what is a half but for the last bits of a double is one.
    wallet = np.rint(np.round(spend / wallet_allocation_share(rank, brands), 3))
    usable = (spend > 0) & (wallet < _LARGEST)  # a missing rank makes NaN, which is not below
    told = np.where(usable, np.rint(wallet_allocation_share(rank, brands) * MILLION), 0)
    rows = wallets.assign(
        wallet=np.where(usable, wallet, 0).astype(np.int64),
        spend=spend,
        **{STATED_SHARE: told.astype(np.int64)},
    )
    return _latest(rows[usable], period)


def _latest(rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    """One row for each person: the one that ends last; then begins last; then the largest wallet.

    A period that goes on after as_of ends there, as does one without an end.
    """
    until = rows["until_day"].fillna(period.as_of_day).clip(upper=period.as_of_day)
    ordered = rows.assign(until_day=until).sort_values(
        ["owner", "until_day", "from_day", "wallet"], na_position="first", kind="stable"
    )
    columns = [name for name in ("owner", "wallet", "spend", STATED_SHARE) if name in ordered]
    return ordered.drop_duplicates("owner", keep="last")[columns]
