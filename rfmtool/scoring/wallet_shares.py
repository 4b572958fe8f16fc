"""Shares of wallet by stage and basis, and how far estimates only restate spend."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.money import exact_total


def shares_by_stage(customers: pd.DataFrame) -> pd.DataFrame:
    """The share of wallet of each stage as a ratio of sums, separately for each basis.

    Returns:
        One row for each stage and basis with members: stage, wallet_basis, customers, spend and
        wallet (1/10,000), share_of_wallet (0-1, six decimals).
    """
    keys = ["stage", "wallet_basis"]
    with_wallet = customers.loc[customers["wallet"].notna(), [*keys, "wallet_spend", "wallet"]]
    rows = [
        (*labels, len(part), exact_total(part["wallet_spend"]), exact_total(part["wallet"]))
        for labels, part in with_wallet.groupby(keys, observed=True, sort=True)
    ]
    sums = pd.DataFrame(rows, columns=[*keys, "customers", "spend", "wallet"], dtype=object)
    pairs = zip(sums["spend"], sums["wallet"], strict=True)
    share = [round(spend / wallet, 6) for spend, wallet in pairs]
    return sums.assign(share_of_wallet=np.array(share, dtype=np.float64))


def estimate_rank_correlation(customers: pd.DataFrame) -> float | None:
    """Spearman's correlation of estimated shares with own spend; ties take the average rank.

    Close to 1, the estimate mostly restates spend. To three decimals; None where there are no two
    different shares or spends.
    """
    estimated = customers["wallet_basis"] == "peer_estimate"
    own = customers.loc[estimated, ["share_of_wallet", "monetary"]]
    mean_rank = (len(own) + 1) / 2
    share, spend = (
        own[name].rank().to_numpy() - mean_rank for name in ("share_of_wallet", "monetary")
    )
    norm = float(np.sqrt((share @ share) * (spend @ spend)))
    return round(float(share @ spend) / norm, 3) if norm else None
