"""Share of wallet: what customers spend here, of what they spend on such things anywhere.

Own spend / all the customer's spend in the category, same period (Cooil et al. 2007). What is known
of the whole differs from customer to customer; the best basis wins and is named, and bases are
never mixed in one statistic.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.columns import MILLION
from rfmtool.rules import WalletRules
from rfmtool.scoring.cuts import quantile_cuts
from rfmtool.scoring.peer_spend import PeerSpend, estimated_wallets
from rfmtool.scoring.told_wallets import TOLD_SHARE, Period, known_wallets, ranked_wallets

BASES: Final = ("known", "stated_rank", "peer_estimate")
TOLD: Final = BASES[:2]
"""The bases that rest on what somebody said; only these may move anybody to act."""
TIERS: Final = ("low", "mid", "high", "unknown")
PLANS: Final = ("develop", "defend", "maintain", "automate")
SOW_CUTS: Final = (0.2, 0.4, 0.6, 0.8)

Floats = npt.NDArray[np.float64]


def add_wallets(
    people: pd.DataFrame,
    wallets: pd.DataFrame | None,
    peer_spend: PeerSpend | None,
    rules: WalletRules,
    period: Period,
) -> pd.DataFrame:
    """Add what is known of each person's wallet, by the best basis there is.

    Args:
        people: frame with frequency, monetary (1/10,000), first_order_on and the peers' attributes.
        wallets: frame with owner (place in people), wallet (Int64, 1/10,000) with from_day and
            until_day (Int64) and spend_inside (net spend in those days), or rank and brands; None
            where there is no such table.
        peer_spend: what peers spend; None leaves those without a better basis without a wallet.
        rules: when a share is low or high.
        period: the days that the lines cover.

    Returns:
        A new frame with wallet (Int64, 1/10,000), share_of_wallet (0-1, six decimals), wallet_basis
        and wallet_tier (categories), headroom (Int64); and, for reports and the playbook:
        wallet_spend (Int64: the spend that is compared, from 0 to the wallet), wallet_understated
        (somebody spends more here than they said to spend at all), wallet_plan, share_is_low and
        headroom_is_high (never by an estimate).
    """
    basis, wallet, spend, told = _best(people, wallets, peer_spend, period)
    counted, nobody = np.clip(spend, 0, wallet), basis < 0
    # A share that was told is not told again by a wallet that had to be rounded.
    share = np.round(counted / np.where(nobody, np.nan, wallet), 6)
    share = np.where(np.isnan(told), share, told)
    added = people.assign(
        wallet=pd.arrays.IntegerArray(wallet, nobody),
        share_of_wallet=share,
        wallet_basis=_labels(basis, BASES),
        wallet_tier=_labels(_tiers(share, rules), TIERS),
        headroom=pd.arrays.IntegerArray(wallet - counted, nobody),
        wallet_spend=pd.arrays.IntegerArray(counted, nobody),
        wallet_understated=spend > wallet,
    )
    return _with_plans(added, wallet, basis, rules)


def _with_plans(
    people: pd.DataFrame, wallet: Ints, basis: Ints, rules: WalletRules
) -> pd.DataFrame:
    """Add wallet_plan, share_is_low and headroom_is_high."""
    share = people["share_of_wallet"].to_numpy()
    headroom = people["headroom"].to_numpy(dtype=np.int64, na_value=0)
    is_high = share >= float(rules.low + rules.high) / 2
    is_large = wallet > _medians(wallet, basis)
    # Large: develop, defend; small: automate, maintain.
    plan = np.where(is_large, 0 + is_high, 3 - is_high)
    told = np.isin(basis, range(len(TOLD)))
    return people.assign(
        wallet_plan=_labels(np.where(basis < 0, -1, plan), PLANS),
        share_is_low=told & (share < float(rules.low)),
        headroom_is_high=told & (headroom > _medians(headroom, basis)),
    )


def _tiers(share: Floats, rules: WalletRules) -> Ints:
    """The place of each share in TIERS."""
    known = [share < float(rules.low), share < float(rules.high), ~np.isnan(share)]
    tiers: Ints = np.select(known, [0, 1, 2], default=3)
    return tiers


def _best(
    people: pd.DataFrame,
    wallets: pd.DataFrame | None,
    peer_spend: PeerSpend | None,
    period: Period,
) -> tuple[Ints, Ints, Ints, Floats]:
    """Each one's place of the best basis (-1: none), wallet, spend, and share where it was told."""
    count = len(people)
    basis = np.full(count, -1)
    wallet, spend = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    told = np.full(count, np.nan)
    found = []
    if wallets is not None:  # the best comes last, and takes the place of what is there
        found = [(1, ranked_wallets(wallets, people, period)), (0, known_wallets(wallets, period))]
    if peer_spend is not None:
        found.insert(0, (2, estimated_wallets(people, peer_spend, period.as_of_day)))
    for place, rows in found:
        owner = rows["owner"].to_numpy(dtype=np.int64)
        basis[owner] = place
        wallet[owner] = rows["wallet"].to_numpy(dtype=np.int64)
        spend[owner] = rows["spend"].to_numpy(dtype=np.int64)
        told[owner] = rows[TOLD_SHARE].to_numpy() / MILLION if TOLD_SHARE in rows else np.nan
    return basis, wallet, spend, told


def _medians(values: Ints, basis: Ints) -> Ints:
    """For each person the median of those with the same basis, floored to whole units."""
    middles = [quantile_cuts(values[basis == code], 2)[0] for code in range(len(BASES))]
    medians: Ints = np.array([*middles, 0], dtype=np.int64)[basis]
    return medians


def _labels(codes: Ints, labels: tuple[str, ...]) -> pd.Categorical:
    dtype = pd.CategoricalDtype(pd.Index(labels, dtype="str"))
    return pd.Categorical.from_codes(codes, dtype=dtype)


def add_wallet_scores(people: pd.DataFrame) -> pd.DataFrame:
    """Add sow_score, 1 to 5 by fixed cuts, and rfm_sow: the rfm code with that digit behind it.

    Reads share_of_wallet and rfm; both are missing where either is. A share on a cut is below it.
    """
    share = people["share_of_wallet"].to_numpy()
    score = np.searchsorted(np.array(SOW_CUTS), share) + 1
    unknown = np.isnan(share)
    code = people["rfm"].astype("str")
    joint = np.where(code.str.contains("-").fillna(value=False), "-", "")
    sow = pd.Series(score.astype(np.str_), people.index, dtype="str")
    return people.assign(
        sow_score=pd.arrays.IntegerArray(score, unknown),
        rfm_sow=(code + joint + sow).mask(unknown),
    )
