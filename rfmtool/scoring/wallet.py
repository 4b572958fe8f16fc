"""Share of wallet: what customers spend here, of what they spend on such things anywhere.

Own spend / all the customer's spend in the category, same period (Cooil et al. 2007). What is known
of the whole differs from customer to customer; the best basis wins and is named, and bases are
never mixed in one statistic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.columns import UNITS_PER_CURRENCY
from rfmtool.rules import WalletRules
from rfmtool.scoring.customers import money_text
from rfmtool.scoring.cuts import quantile_cuts, quantile_of
from rfmtool.scoring.peers import Peers, closest, fit_peers

BASES: Final = ("known", "stated_rank", "peer_estimate")
TOLD: Final = BASES[:2]
"""The bases that rest on what somebody said; only these may move anybody to act."""
TIERS: Final = ("low", "mid", "high", "unknown")
PLANS: Final = ("develop", "defend", "maintain", "automate")
SOW_CUTS: Final = (0.2, 0.4, 0.6, 0.8)
_RANKED: Final = ("rank", "brands")
_LARGEST: Final = 2**62
_MILLION: Final = 1_000_000
_TOLD_SHARE: Final = "told_millionths"

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
T = TypeVar("T", str, int)


@dataclass(frozen=True)
class Period:
    """The days that the lines cover, counted from 1970-01-01; None: from the beginning."""

    since_day: int | None
    as_of_day: int


@dataclass(frozen=True)
class PeerSpend:
    """What the best customers of each group of peers spend: the tau quantile, in 1/10,000."""

    tau: Decimal
    peers: Peers
    spend: tuple[int, ...]
    """One for each of the groups of peers."""

    def as_data(self) -> dict[str, Any]:
        """The estimate as scales.json has it; money is decimal text."""
        pairs = zip(self.peers.groups, self.spend, strict=True)
        return {
            "tau": str(self.tau),
            "attributes": list(self.peers.attributes),
            "tenure_cuts": list(self.peers.tenure_cuts),
            "groups": [{"peers": list(group), "spend": money_text(q)} for group, q in pairs],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> PeerSpend:
        """Read back what `as_data` gave.

        Raises:
            LookupError, TypeError, ValueError, ArithmeticError: it is anything else.
        """
        attributes, cuts = _listed(data["attributes"], str), _listed(data["tenure_cuts"], int)
        groups = tuple(_listed(row["peers"], str) for row in data["groups"])
        spend = tuple(Decimal(row["spend"]) * UNITS_PER_CURRENCY for row in data["groups"])
        tau = Decimal(data["tau"])
        lengths = [len(group) for group in groups]
        if any(
            abs(units) > _LARGEST or units != int(units) for units in (*map(Decimal, cuts), *spend)
        ):
            raise ValueError("a number of days or an amount")
        if list(cuts) != sorted(cuts) or not 0 < tau < 1:
            raise ValueError("tenure or tau")
        descending = lengths == sorted(lengths, reverse=True)
        if not descending or len(set(groups)) < len(groups) or lengths[0] > len(attributes) + 1:
            raise ValueError("groups are distinct, the most specific first")
        if groups[-1] != ():
            raise ValueError("the last group is everyone")
        return cls(tau, Peers(attributes, cuts, groups), tuple(map(int, spend)))


def _listed(data: Any, kind: type[T]) -> tuple[T, ...]:  # noqa: ANN401 - unchecked input
    # By `type`, because True is an int too.
    if type(data) is not list or not all(type(one) is kind for one in data):
        raise TypeError("a list of another kind")
    return tuple(data)


# Estimating --------------------------------------------------------------------------------------


def fit_peer_spend(people: pd.DataFrame, rules: WalletRules, as_of_day: int) -> PeerSpend:
    """Fit the realistic wallet of each group of peers (Rosset et al. 2005).

    Never on own frequency or spend: those would find everyone's wallet equal to their own spend.

    Args:
        people: frame with frequency, monetary (1/10,000), first_order_on, and the attributes that
            the rules name and contacts have.
        rules: tau, the attributes, and how many buyers make a group.
        as_of_day: the day that tenure is counted to, in days since 1970-01-01.
    """
    known = ["first_order_on", "monetary", *(name for name in rules.peers if name in people)]
    buyers = people.loc[people["frequency"] > 0, known]
    peers = fit_peers(buyers, rules.peers, rules.min_peers, as_of_day)
    groups = peers.memberships(buyers, as_of_day)
    inside = groups >= 0
    spend = np.broadcast_to(buyers["monetary"].to_numpy(), groups.shape)[inside]
    order = np.lexsort((spend, groups[inside]))
    sizes = np.bincount(groups[inside], minlength=len(peers.groups))
    parts = np.split(spend[order], np.cumsum(sizes)[:-1])
    tau = Fraction(rules.tau)
    return PeerSpend(rules.tau, peers, tuple(quantile_of(p, tau) if len(p) else 0 for p in parts))


# What is told ------------------------------------------------------------------------------------


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
    part = daily * inside + more
    rounded: Ints = part + ((2 * rest > days) | ((2 * rest == days) & (part % 2 == 1)))
    return rounded


def rank_share(rank: Floats, brands: Floats) -> Floats:
    """The Wallet Allocation Rule (Keiningham et al. 2011): (1 - rank / (N + 1)) * 2 / N.

    Args:
        rank: the shop's rank among the brands used, from 1; brands that tie share the average.
        brands: N, how many brands the customer uses.
    """
    return (1 - rank / (brands + 1)) * 2 / brands


def _known(wallets: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The known wallet of each person it is known of, and the spend in its period."""
    rows = wallets.assign(wallet=prorated(wallets, period), spend=wallets["spend_inside"])
    return _latest(rows[rows["wallet"] > 0], period)


def _ranked(wallets: pd.DataFrame, people: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The wallets that stated ranks imply: spend / share.

    Without spend above zero there is none, because a share of nothing tells nothing of the whole.
    """
    spend = people["monetary"].to_numpy()[wallets["owner"].to_numpy(dtype=np.int64)]
    rank, brands = (wallets[name].to_numpy(np.float64, na_value=np.nan) for name in _RANKED)
    # Rounded twice, so that what is a half but for the last bits of a double is one.
    wallet = np.rint(np.round(spend / rank_share(rank, brands), 3))
    usable = (spend > 0) & (wallet < _LARGEST)  # a missing rank makes NaN, which is not below
    told = np.where(usable, np.rint(rank_share(rank, brands) * _MILLION), 0)
    rows = wallets.assign(
        wallet=np.where(usable, wallet, 0).astype(np.int64),
        spend=spend,
        **{_TOLD_SHARE: told.astype(np.int64)},
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
    columns = [name for name in ("owner", "wallet", "spend", _TOLD_SHARE) if name in ordered]
    return ordered.drop_duplicates("owner", keep="last")[columns]


def _estimated(
    people: pd.DataFrame, untold: Mask, peer_spend: PeerSpend, period: Period
) -> pd.DataFrame:
    """The wallets of buyers nobody told us of: the larger of own spend and the peers' quantile."""
    owner = np.flatnonzero(untold & (people["frequency"].to_numpy() > 0))
    buyers = people.iloc[owner]
    groups = closest(peer_spend.peers.memberships(buyers, period.as_of_day))
    spend = buyers["monetary"].to_numpy()
    wallet = np.maximum(spend, np.array(peer_spend.spend, dtype=np.int64)[groups])
    found = pd.DataFrame({"owner": owner, "wallet": wallet, "spend": spend})
    return found[found["wallet"] > 0]


# One row per person ------------------------------------------------------------------------------


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
    best = _best(people, wallets, peer_spend, period).astype("Int64").set_index("owner")
    best = best.reindex(np.arange(len(people)))
    basis = best["basis"].to_numpy(dtype=np.int64, na_value=-1)
    wallet = best["wallet"].to_numpy(dtype=np.int64, na_value=0)
    spend = best["spend"].to_numpy(dtype=np.int64, na_value=0)
    counted, nobody = np.clip(spend, 0, wallet), basis < 0
    # A share that was told is not told again by a wallet that had to be rounded.
    told = best[_TOLD_SHARE].to_numpy(dtype=np.float64, na_value=np.nan) / _MILLION
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
) -> pd.DataFrame:
    """The owner, wallet and spend of everyone with a wallet, and the place of its basis."""
    columns = ["owner", "wallet", "spend", "basis", _TOLD_SHARE]
    found = [pd.DataFrame(columns=columns, dtype="Int64")]
    if wallets is not None:
        found.append(_known(wallets, period).assign(basis=0))
        found.append(_ranked(wallets, people, period).assign(basis=1))
    told = pd.concat(found).drop_duplicates("owner", keep="first")
    if peer_spend is None:
        return told
    untold = ~np.isin(np.arange(len(people)), told["owner"])
    return pd.concat([told, _estimated(people, untold, peer_spend, period).assign(basis=2)])


def _medians(values: Ints, basis: Ints) -> Ints:
    """For each person the median of those with the same basis, floored to whole units."""
    middles = [quantile_cuts(values[basis == code], 2)[0] for code in range(len(BASES))]
    medians: Ints = np.array([*middles, 0], dtype=np.int64)[basis]
    return medians


def _labels(codes: Ints, labels: tuple[str, ...]) -> pd.Categorical:
    dtype = pd.CategoricalDtype(pd.Index(labels, dtype="str"))
    return pd.Categorical.from_codes(codes, dtype=dtype)


# Statistics, each of one basis -------------------------------------------------------------------


def group_shares(people: pd.DataFrame, by: str) -> pd.DataFrame:
    """The share of wallet of groups as a ratio of sums, for each basis on its own.

    Args:
        people: what `add_wallets` returned.
        by: the column that groups.

    Returns:
        One row for each group and basis with members: the group, wallet_basis, customers, spend and
        wallet (1/10,000), share_of_wallet (0-1, six decimals).
    """
    having = people.loc[people["wallet"].notna(), [by, "wallet_basis", "wallet_spend", "wallet"]]
    groups = having.groupby([by, "wallet_basis"], observed=True, sort=True)
    # As numbers of any size: the wallets of many may be more than 64 bits hold.
    rows = [
        (*labels, len(part), sum(part["wallet_spend"].tolist()), sum(part["wallet"].tolist()))
        for labels, part in groups
    ]
    names = [by, "wallet_basis", "customers", "spend", "wallet"]
    sums = pd.DataFrame(rows, columns=names, dtype=object)
    share = [round(spend / wallet, 6) for *_, spend, wallet in rows]
    return sums.assign(share_of_wallet=np.array(share, dtype=np.float64))


def estimate_rank_correlation(people: pd.DataFrame) -> float | None:
    """Spearman's correlation of estimated shares with own spend; ties take the average rank.

    Close to 1 it says that the estimate mostly restates spend.

    Returns:
        From -1 to 1, to three decimals; None where there are no two different shares or spends.
    """
    estimated = people["wallet_basis"] == "peer_estimate"
    own = people.loc[estimated, ["share_of_wallet", "monetary"]]
    middle = (len(own) + 1) / 2
    share, spend = (
        own[name].rank().to_numpy() - middle for name in ("share_of_wallet", "monetary")
    )
    spread = float(np.sqrt((share @ share) * (spend @ spend)))
    return round(float(share @ spend) / spread, 3) if spread else None


# Scores, for those who want them -----------------------------------------------------------------


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
