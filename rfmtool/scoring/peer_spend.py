"""High quantiles of spend in each peer group, and wallets estimated from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from rfmtool.arrays import group_starts
from rfmtool.money import UNITS_PER_CURRENCY, money_text
from rfmtool.rules import WalletRules
from rfmtool.scoring.cuts import quantile
from rfmtool.scoring.peers import Peers, fit_peers, most_specific_groups

_LARGEST: Final = 2**62
_RANGE: Final = (Fraction(1, 2), Fraction(19, 20))
"""The quantiles of peers' spend that are given as the range of an estimated wallet."""

T = TypeVar("T", str, int)


@dataclass(frozen=True)
class PeerSpend:
    """The tau quantile of spend in each peer group, and the range of estimates, in 1/10,000."""

    tau: Decimal
    peers: Peers
    spend: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]

    def as_data(self) -> dict[str, Any]:
        """Plain data for scales.json; money is decimal text."""
        rows = zip(self.peers.groups, self.spend, self.low, self.high, strict=True)
        return {
            "tau": str(self.tau),
            "attributes": list(self.peers.attributes),
            "tenure_cuts": list(self.peers.tenure_cuts),
            "groups": [
                {
                    "peers": list(group),
                    "spend": money_text(spend),
                    "low": money_text(low),
                    "high": money_text(high),
                }
                for group, spend, low, high in rows
            ],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> PeerSpend:
        """Parse the data of `as_data`.

        Raises LookupError, TypeError, ValueError or ArithmeticError where it is anything else.
        """
        attributes = _typed_list(data["attributes"], str)
        cuts = _typed_list(data["tenure_cuts"], int)
        groups = tuple(_typed_list(row["peers"], str) for row in data["groups"])
        # Scales of earlier versions have no range.
        spend, low, high = (
            tuple(Decimal(row.get(name, row["spend"])) * UNITS_PER_CURRENCY
                  for row in data["groups"])
            for name in ("spend", "low", "high")
        )  # fmt: skip
        tau = Decimal(data["tau"])
        lengths = [len(group) for group in groups]
        if any(
            abs(units) > _LARGEST or units != int(units)
            for units in (*map(Decimal, cuts), *spend, *low, *high)
        ):
            raise ValueError("a number of days or an amount")
        if list(cuts) != sorted(cuts) or not 0 < tau < 1:
            raise ValueError("tenure or tau")
        is_sorted = lengths == sorted(lengths, reverse=True)
        if not is_sorted or len(set(groups)) < len(groups) or lengths[0] > len(attributes) + 1:
            raise ValueError("groups are distinct, the most specific first")
        if groups[-1] != ():
            raise ValueError("the last group is everyone")
        amounts = (tuple(map(int, units)) for units in (spend, low, high))
        return cls(tau, Peers(attributes, cuts, groups), *amounts)


def _typed_list(data: Any, kind: type[T]) -> tuple[T, ...]:  # noqa: ANN401 - unchecked input
    # `type`, because isinstance(True, int).
    if type(data) is not list or not all(type(item) is kind for item in data):
        raise TypeError("a list of another kind")
    return tuple(data)


def fit_peer_spend(customers: pd.DataFrame, rules: WalletRules, as_of_day: int) -> PeerSpend:
    """Fit the realistic wallet of each peer group (Rosset et al. 2005).

    Reads frequency, monetary (1/10,000), first_order_on if there are buyers, and those attributes
    of the rules that contacts have. Tenure is counted to as_of_day, in days since 1970-01-01.
    """
    known = customers.columns.intersection(["first_order_on", "monetary", *rules.peers])
    buyers = customers.loc[customers["frequency"] > 0, known]
    peers = fit_peers(buyers, rules.peers, rules.min_peers, as_of_day)
    if not len(buyers):
        return PeerSpend(rules.tau, peers, (0,), (0,), (0,))
    monetary, shares = buyers["monetary"].to_numpy(), (Fraction(rules.tau), *_RANGE)
    quantiles = [(0, 0, 0)] * len(peers.groups)
    for places in peers.memberships(buyers, as_of_day):
        is_member = places >= 0
        if not is_member.any():
            continue
        order = np.argsort(places[is_member], kind="stable")
        spend, groups = monetary[is_member][order], places[is_member][order]
        starts = group_starts(groups)
        by_group = np.split(spend, starts[1:])
        for group, members in zip(groups[starts].tolist(), by_group, strict=True):
            tau, low, high = (quantile(members, share) for share in shares)
            quantiles[group] = tau, low, high
    return PeerSpend(rules.tau, peers, *zip(*quantiles, strict=True))


def estimated_wallets(
    customers: pd.DataFrame, peer_spend: PeerSpend, as_of_day: int
) -> pd.DataFrame:
    """The estimated wallets of buyers: the larger of own spend and the peers' quantile.

    The columns are owner (place in customers), wallet, low and high (its range) and spend.
    """
    owner = np.flatnonzero(customers["frequency"].to_numpy() > 0)
    columns = ["first_order_on", "monetary", *peer_spend.peers.attributes]
    buyers = customers[customers.columns.intersection(columns)].iloc[owner]
    groups = most_specific_groups(peer_spend.peers.memberships(buyers, as_of_day))
    spend = buyers["monetary"].to_numpy()
    wallet, low, high = (
        np.maximum(spend, np.array(of_peers, dtype=np.int64)[groups])
        for of_peers in (peer_spend.spend, peer_spend.low, peer_spend.high)
    )
    amounts = {"wallet": wallet, "low": low, "high": high, "spend": spend}
    wallets = pd.DataFrame({"owner": owner, **amounts})
    return wallets[wallets["wallet"] > 0]
