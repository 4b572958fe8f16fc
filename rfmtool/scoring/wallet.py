"""Share of wallet: what customers spend here, of what they spend on such things anywhere.

Own spend / all the customer's spend in the category, same period (Cooil et al. 2007). What is known
of the whole differs from customer to customer; the best basis wins and is named, and bases are
never mixed in one statistic.
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
from rfmtool.scoring.cuts import quantile_cuts
from rfmtool.scoring.declared_wallets import STATED_SHARE, Period, known_wallets, ranked_wallets
from rfmtool.scoring.peer_spend import PeerSpend, estimated_wallets

BASES: Final = ("known", "stated_rank", "peer_estimate")
DECLARED_BASES: Final = BASES[:2]
"""The bases that rest on what somebody said; only these may move anybody to act."""
TIERS: Final = ("low", "mid", "high", "unknown")
PLANS: Final = ("develop", "defend", "maintain", "automate")
SOW_CUTS: Final = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Wallets:
    """The best known wallet of each of some customers: the place of its basis in BASES, -1 for none.

    Money is in 1/10,000; an estimate lies between `low` and `high`, what was told is both;
    `told` is the share that a stated rank tells, NaN elsewhere.
    """

    basis: Ints
    wallet: Ints
    low: Ints
    high: Ints
    spend: Ints
    stated_share: Floats

    @property
    def capped_spend(self) -> Ints:
        """The spend that is compared: from 0 to the wallet."""
        return np.clip(self.spend, 0, self.wallet)


@dataclass(frozen=True)
class WalletLimits:
    """What is large among wallets of one basis, by its place: medians floored to 1/10,000."""

    wallet: tuple[int, ...]
    headroom: tuple[int, ...]


def wallet_limits(parts: Iterable[Wallets]) -> WalletLimits:
    """The medians over all customers, who may come some at a time."""
    basis, wallet, headroom = (
        np.concatenate(column)
        for column in zip(
            *((one.basis, one.wallet, one.wallet - one.capped_spend) for one in parts), strict=True
        )
    )
    of_basis = [basis == place for place in range(len(BASES))]
    wallets, headrooms = (
        tuple(quantile_cuts(values[rows], 2)[0] for rows in of_basis)
        for values in (wallet, headroom)
    )
    return WalletLimits(wallets, headrooms)


def best_wallets(
    customers: pd.DataFrame,
    wallets: pd.DataFrame | None,
    peer_spend: PeerSpend | None,
    period: Period,
) -> Wallets:
    """The wallet of everyone by the best basis there is; arguments as `add_wallets` has them."""
    wallet, low, high, spend = np.zeros((4, len(customers)), dtype=np.int64)
    nobodys, untold = np.full(len(customers), -1), np.full(len(customers), np.nan)
    found = Wallets(nobodys, wallet, low, high, spend, untold)
    by_basis = []
    if peer_spend is not None:
        by_basis.append((2, estimated_wallets(customers, peer_spend, period.as_of_day)))
    if wallets is not None:
        by_basis.append((1, ranked_wallets(wallets, customers, period)))
        by_basis.append((0, known_wallets(wallets, period)))
    for basis, rows in by_basis:  # a better one takes the place of a worse
        owner = rows["owner"].to_numpy(dtype=np.int64)
        found.basis[owner] = basis
        wallet = rows["wallet"].to_numpy(dtype=np.int64)
        found.wallet[owner] = wallet
        found.low[owner] = rows.get("low", wallet)
        found.high[owner] = rows.get("high", wallet)
        found.spend[owner] = rows["spend"].to_numpy(dtype=np.int64)
        found.stated_share[owner] = rows[STATED_SHARE] / MILLION if STATED_SHARE in rows else np.nan
    return found


def add_wallets(  # noqa: PLR0913, PLR0917 - all that a wallet is told by
    customers: pd.DataFrame,
    wallets: pd.DataFrame | None,
    peer_spend: PeerSpend | None,
    rules: WalletRules,
    period: Period,
    limits: WalletLimits | None = None,
    *,
    plan_by_estimate: bool = False,
) -> pd.DataFrame:
    """Add what is known of each person's wallet, by the best basis there is.

    Args:
        customers: frame with frequency, monetary (1/10,000), first_order_on and the peers' attributes.
        wallets: frame with owner (place in customers), wallet (Int64, 1/10,000) with from_day and
            until_day (Int64) and spend_inside (net spend in those days), or rank and brands; None
            where there is no such table.
        peer_spend: what peers spend; None leaves those without a better basis without a wallet.
        rules: when a share is low or high.
        period: the days that the lines cover.
        limits: what is large among everybody's; None where these customers are everybody.
        plan_by_estimate: whether headroom and a plan are told of an estimate too.

    Returns:
        A new frame with wallet, wallet_low, wallet_high (Int64, 1/10,000), share_of_wallet (0-1,
        six decimals), wallet_basis and wallet_tier (categories), headroom (Int64); and, for reports
        and the playbook:
        wallet_spend (Int64: the spend that is compared, from 0 to the wallet), wallet_understated
        (somebody spends more here than they said to spend at all), wallet_plan, share_is_low and
        headroom_is_high (never by an estimate).
    """
    best = best_wallets(customers, wallets, peer_spend, period)
    counted, nobody = best.capped_spend, best.basis < 0
    told = np.isin(best.basis, range(len(DECLARED_BASES)))
    unplanned = nobody | (~told & (not plan_by_estimate))
    # A share that was told is not told again by a wallet that had to be rounded.
    share = np.round(counted / np.where(nobody, np.nan, best.wallet), 6)
    share = np.where(np.isnan(best.stated_share), share, best.stated_share)
    below = [share < float(rules.low), share < float(rules.high), ~np.isnan(share)]
    tiers = np.select(below, [0, 1, 2], default=3)
    headroom, limits = best.wallet - counted, limits or wallet_limits([best])
    # Nobody's basis, -1, takes the last.
    is_large = best.wallet > np.array([*limits.wallet, 0])[best.basis]
    has_room = headroom > np.array([*limits.headroom, 0])[best.basis]
    # Large: develop, defend; small: automate, maintain.
    is_high = share >= float(rules.low + rules.high) / 2
    plans = np.where(is_large, 0 + is_high, 3 - is_high)
    added = {
        "wallet": pd.arrays.IntegerArray(best.wallet, nobody),
        "wallet_low": pd.arrays.IntegerArray(best.low, nobody),
        "wallet_high": pd.arrays.IntegerArray(best.high, nobody),
        "share_of_wallet": share,
        "wallet_basis": categorical_from_codes(best.basis, BASES),
        "wallet_tier": categorical_from_codes(tiers, TIERS),
        "headroom": pd.arrays.IntegerArray(headroom, unplanned),
        "wallet_spend": pd.arrays.IntegerArray(counted, nobody),
        "wallet_understated": best.spend > best.wallet,
        "wallet_plan": categorical_from_codes(np.where(unplanned, -1, plans), PLANS),
        "share_is_low": told & (share < float(rules.low)),
        "headroom_is_high": told & has_room,
    }
    return with_columns(customers, added)


def add_wallet_scores(customers: pd.DataFrame) -> pd.DataFrame:
    """Add sow_score, 1 to 5 by fixed cuts, and rfm_sow: the rfm code with that digit behind it.

    Reads share_of_wallet and rfm; both are missing where either is. A share on a cut is below it.
    """
    share = customers["share_of_wallet"].to_numpy()
    score = np.searchsorted(np.array(SOW_CUTS), share) + 1
    unknown = np.isnan(share)
    code = customers["rfm"].astype("str")
    joint = np.where(code.str.contains("-").fillna(value=False), "-", "")
    sow = pd.Series(score.astype(np.str_), customers.index, dtype="str")
    return customers.assign(
        sow_score=pd.arrays.IntegerArray(score, unknown), rfm_sow=(code + joint + sow).mask(unknown)
    )
