"""Share of wallet: spend here / all the customer's spend in the category, in the same period.

The definition is that of Cooil et al. (2007). The basis of the wallet differs from customer to
customer: the best one wins and is named, and bases are never mixed in one statistic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Floats, Ints
from rfmtool.columns import MILLION
from rfmtool.frames import categorical_from_codes, with_columns
from rfmtool.rules import WalletRules
from rfmtool.rules.vocabulary import BASES, TIERS
from rfmtool.scoring.cuts import quantile_cuts
from rfmtool.scoring.declared_wallets import STATED_SHARE, Period, known_wallets, ranked_wallets
from rfmtool.scoring.peer_spend import PeerSpend, estimated_wallets

DECLARED_BASES: Final = BASES[:2]
"""The bases that are declared by customers; only these may lead to an action."""
PLANS: Final = ("develop", "defend", "maintain", "automate")
SOW_CUTS: Final = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Wallets:
    """The best wallet of each customer, and the place of its basis in BASES (-1: none).

    Money is in 1/10,000; an estimate lies between `low` and `high`, a declared wallet is both;
    `stated_share` is the share of wallet by a stated rank, NaN elsewhere.
    """

    basis: Ints
    wallet: Ints
    low: Ints
    high: Ints
    spend: Ints
    stated_share: Floats

    @property
    def capped_spend(self) -> Ints:
        """The spend limited to the range from 0 to the wallet."""
        return np.clip(self.spend, 0, self.wallet)


@dataclass(frozen=True)
class WalletLimits:
    """The medians of wallet and headroom by basis, floored to 1/10,000."""

    wallet: tuple[int, ...]
    headroom: tuple[int, ...]


def wallet_limits(parts: Iterable[Wallets]) -> WalletLimits:
    """The medians over all customers, who are given in parts."""
    columns = ((part.basis, part.wallet, part.wallet - part.capped_spend) for part in parts)
    basis, wallet, headroom = map(np.concatenate, zip(*columns, strict=True))
    masks = [basis == place for place in range(len(BASES))]
    medians = (
        tuple(quantile_cuts(values[mask], 2)[0] for mask in masks) for values in (wallet, headroom)
    )
    return WalletLimits(*medians)


def best_wallets(
    customers: pd.DataFrame,
    wallets: pd.DataFrame | None,
    peer_spend: PeerSpend | None,
    period: Period,
) -> Wallets:
    """The wallet of each customer by their best basis; arguments as for `add_wallets`."""
    wallet, low, high, spend = np.zeros((4, len(customers)), dtype=np.int64)
    no_basis, no_share = np.full(len(customers), -1), np.full(len(customers), np.nan)
    best = Wallets(no_basis, wallet, low, high, spend, no_share)
    by_basis = []
    if peer_spend is not None:
        by_basis.append((2, estimated_wallets(customers, peer_spend, period.as_of_day)))
    if wallets is not None:
        by_basis.append((1, ranked_wallets(wallets, customers, period)))
        by_basis.append((0, known_wallets(wallets, period)))
    for basis, rows in by_basis:  # better ones overwrite worse ones
        owner = rows["owner"].to_numpy(dtype=np.int64)
        best.basis[owner] = basis
        wallet = rows["wallet"].to_numpy(dtype=np.int64)
        best.wallet[owner] = wallet
        best.low[owner] = rows.get("low", wallet)
        best.high[owner] = rows.get("high", wallet)
        best.spend[owner] = rows["spend"].to_numpy(dtype=np.int64)
        best.stated_share[owner] = rows[STATED_SHARE] / MILLION if STATED_SHARE in rows else np.nan
    return best


def add_wallets(  # noqa: PLR0913, PLR0917
    customers: pd.DataFrame,
    wallets: pd.DataFrame | None,
    peer_spend: PeerSpend | None,
    rules: WalletRules,
    period: Period,
    limits: WalletLimits | None = None,
    *,
    plan_by_estimate: bool = False,
) -> pd.DataFrame:
    """Add each customer's wallet and share of wallet, by the best basis there is.

    Reads frequency, monetary (1/10,000), first_order_on and the attributes of peers. `wallets` has
    owner (place in customers) and wallet (Int64, 1/10,000) with from_day, until_day (Int64) and
    spend_inside (net spend in those days), or rank and brands; None if there is no such table.
    Without `peer_spend`, customers without a better basis have no wallet; with `plan_by_estimate`,
    estimates have headroom and a plan too. `limits` are the medians over all customers, None if
    these are all.

    Returns:
        A new frame with wallet, wallet_low, wallet_high (Int64, 1/10,000), share_of_wallet (0-1,
        six decimals), wallet_basis and wallet_tier (categories), headroom (Int64); and, for reports
        and the playbook:
        wallet_spend (Int64: the spend limited to the wallet), wallet_understated (the spend here is
        above the declared wallet), wallet_plan, share_is_low and headroom_is_high (never by an
        estimate).
    """
    best = best_wallets(customers, wallets, peer_spend, period)
    spend, is_missing = best.capped_spend, best.basis < 0
    is_declared = np.isin(best.basis, range(len(DECLARED_BASES)))
    is_unplanned = is_missing | (~is_declared & (not plan_by_estimate))
    # A stated share is kept as it is, since its wallet is rounded.
    share = np.round(spend / np.where(is_missing, np.nan, best.wallet), 6)
    share = np.where(np.isnan(best.stated_share), share, best.stated_share)
    below = [share < float(rules.low), share < float(rules.high), ~np.isnan(share)]
    tiers = np.select(below, [0, 1, 2], default=3)
    headroom, limits = best.wallet - spend, limits or wallet_limits([best])
    # A missing basis, -1, takes the last element.
    is_large = best.wallet > np.array([*limits.wallet, 0])[best.basis]
    has_headroom = headroom > np.array([*limits.headroom, 0])[best.basis]
    # Large: develop, defend; small: automate, maintain.
    is_high = share >= float(rules.low + rules.high) / 2
    plans = np.where(is_large, 0 + is_high, 3 - is_high)
    added = {
        "wallet": pd.arrays.IntegerArray(best.wallet, is_missing),
        "wallet_low": pd.arrays.IntegerArray(best.low, is_missing),
        "wallet_high": pd.arrays.IntegerArray(best.high, is_missing),
        "share_of_wallet": share,
        "wallet_basis": categorical_from_codes(best.basis, BASES),
        "wallet_tier": categorical_from_codes(tiers, TIERS),
        "headroom": pd.arrays.IntegerArray(headroom, is_unplanned),
        "wallet_spend": pd.arrays.IntegerArray(spend, is_missing),
        "wallet_understated": best.spend > best.wallet,
        "wallet_plan": categorical_from_codes(np.where(is_unplanned, -1, plans), PLANS),
        "share_is_low": is_declared & (share < float(rules.low)),
        "headroom_is_high": is_declared & has_headroom,
    }
    return with_columns(customers, added)


def add_wallet_scores(customers: pd.DataFrame) -> pd.DataFrame:
    """Add sow_score, 1 to 5 by fixed cuts, and rfm_sow: the rfm code with that digit appended.

    Reads share_of_wallet and rfm; both are missing where either is. A share on a cut is below it.
    """
    share = customers["share_of_wallet"].to_numpy()
    score = np.searchsorted(np.array(SOW_CUTS), share) + 1
    unknown = np.isnan(share)
    code = customers["rfm"].astype("str")
    separator = np.where(code.str.contains("-").fillna(value=False), "-", "")
    digit = pd.Series(score.astype(np.str_), customers.index, dtype="str")
    return customers.assign(
        sow_score=pd.arrays.IntegerArray(score, unknown),
        rfm_sow=(code + separator + digit).mask(unknown),
    )
