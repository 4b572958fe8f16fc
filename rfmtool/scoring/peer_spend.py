"""What the best of each group of peers spend, and the wallet that this makes likely."""

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
"""The quantiles between which a wallet may well lie: half of the peers spend more than the one, one
in twenty more than the other."""

T = TypeVar("T", str, int)


@dataclass(frozen=True)
class PeerSpend:
    """What the best customers of each group of peers spend: the tau quantile, in 1/10,000."""

    tau: Decimal
    peers: Peers
    spend: tuple[int, ...]
    """One for each of the groups of peers."""
    low: tuple[int, ...]
    high: tuple[int, ...]
    """The same at the ends of the range."""

    def as_data(self) -> dict[str, Any]:
        """The estimate as scales.json has it; money is decimal text."""
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
        """Read back what `as_data` gave.

        Raises:
            LookupError, TypeError, ValueError, ArithmeticError: it is anything else.
        """
        attributes, cuts = _listed(data["attributes"], str), _listed(data["tenure_cuts"], int)
        groups = tuple(_listed(row["peers"], str) for row in data["groups"])
        # Scales of earlier versions tell no range.
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
        descending = lengths == sorted(lengths, reverse=True)
        if not descending or len(set(groups)) < len(groups) or lengths[0] > len(attributes) + 1:
            raise ValueError("groups are distinct, the most specific first")
        if groups[-1] != ():
            raise ValueError("the last group is everyone")
        told = (tuple(map(int, units)) for units in (spend, low, high))
        return cls(tau, Peers(attributes, cuts, groups), *told)


def _listed(data: Any, kind: type[T]) -> tuple[T, ...]:  # noqa: ANN401 - unchecked input
    # By `type`, because True is an int too.
    if type(data) is not list or not all(type(one) is kind for one in data):
        raise TypeError("a list of another kind")
    return tuple(data)


def fit_peer_spend(customers: pd.DataFrame, rules: WalletRules, as_of_day: int) -> PeerSpend:
    """Fit the realistic wallet of each group of peers (Rosset et al. 2005).

    Never on own frequency or spend: those would find everyone's wallet equal to their own spend.

    Args:
        customers: frame with frequency, monetary (1/10,000), where anybody bought first_order_on, and
            the attributes that the rules name and contacts have.
        rules: tau, the attributes, and how many buyers make a group.
        as_of_day: the day that tenure is counted to, in days since 1970-01-01.
    """
    known = customers.columns.intersection(["first_order_on", "monetary", *rules.peers])
    buyers = customers.loc[customers["frequency"] > 0, known]
    peers = fit_peers(buyers, rules.peers, rules.min_peers, as_of_day)
    if not len(buyers):
        return PeerSpend(rules.tau, peers, (0,), (0,), (0,))
    groups = peers.memberships(buyers, as_of_day)
    monetary, shares = buyers["monetary"].to_numpy(), (Fraction(rules.tau), *_RANGE)
    spend = [(0, 0, 0)] * len(peers.groups)
    for places in groups:
        inside = places >= 0
        if not inside.any():
            continue
        by_place = np.argsort(places[inside], kind="stable")
        ordered, found = monetary[inside][by_place], places[inside][by_place]
        starts = group_starts(found)
        for place, members in zip(
            found[starts].tolist(), np.split(ordered, starts[1:]), strict=True
        ):
            at, low, high = (quantile(members, share) for share in shares)
            spend[place] = at, low, high
    return PeerSpend(rules.tau, peers, *zip(*spend, strict=True))


def estimated_wallets(
    customers: pd.DataFrame, peer_spend: PeerSpend, as_of_day: int
) -> pd.DataFrame:
    """The wallets of buyers by an estimate: the larger of own spend and the peers' quantile.

    Returns:
        A frame with owner (place in customers), wallet, low and high (the range it may well lie in),
        and spend (1/10,000).
    """
    owner = np.flatnonzero(customers["frequency"].to_numpy() > 0)
    asked = ["first_order_on", "monetary", *peer_spend.peers.attributes]
    buyers = customers[customers.columns.intersection(asked)].iloc[owner]
    groups = most_specific_groups(peer_spend.peers.memberships(buyers, as_of_day))
    spend = buyers["monetary"].to_numpy()
    wallet, low, high = (
        np.maximum(spend, np.array(of_peers, dtype=np.int64)[groups])
        for of_peers in (peer_spend.spend, peer_spend.low, peer_spend.high)
    )
    found = pd.DataFrame(
        {"owner": owner, "wallet": wallet, "low": low, "high": high, "spend": spend}
    )
    return found[found["wallet"] > 0]
