"""Shares of wallet by group and basis, and how far estimates only restate spend."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.money import exact_total


def group_shares(customers: pd.DataFrame, by: str) -> pd.DataFrame:
    """The share of wallet of each group as a ratio of sums, separately for each basis.

    Returns:
        One row for each group and basis with members: the group, wallet_basis, customers, spend and
        wallet (1/10,000), share_of_wallet (0-1, six decimals).
    """
    columns = [by, "wallet_basis", "wallet_spend", "wallet"]
    with_wallet = customers.loc[customers["wallet"].notna(), columns]
    groups = with_wallet.groupby([by, "wallet_basis"], observed=True, sort=True)
    rows = [
        (*labels, len(part), exact_total(part["wallet_spend"]), exact_total(part["wallet"]))
        for labels, part in groups
    ]
    names = [by, "wallet_basis", "customers", "spend", "wallet"]
    sums = pd.DataFrame(rows, columns=names, dtype=object)
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
