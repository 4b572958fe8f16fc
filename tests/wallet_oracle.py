"""Share of wallet as a plain loop over exact numbers; shares no code with the program it checks.

Money is whole units, days are whole numbers, and a person is a dictionary with `frequency`,
`monetary`, `first_day` and whatever attributes the contacts have.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from oracle import quantile, quantile_cuts, score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = dict[str, Any]


def prorated(row: Row, since: int | None, as_of: int) -> int:
    """The wallet for the days of its period that are covered; whole where these are not known."""
    begin = since if row["from_day"] is None else row["from_day"]
    end = as_of if row["until_day"] is None else row["until_day"]
    if begin is None:
        return row["wallet"]
    days = range(begin, end + 1)
    covered = [day for day in days if (since is None or day >= since) and day <= as_of]
    return round(Fraction(row["wallet"] * len(covered), len(days))) if covered else 0


def best_known(rows: Sequence[Row], since: int | None, as_of: int) -> tuple[int, int] | None:
    """The wallet and the spend in its period: ends last, begins last, largest."""
    usable = []
    for row in rows:
        wallet = prorated(row, since, as_of)
        end = as_of if row["until_day"] is None else min(row["until_day"], as_of)
        begin = -math.inf if row["from_day"] is None else row["from_day"]
        if wallet > 0:
            usable.append((end, begin, wallet, row["spend_inside"]))
    return max(usable, key=lambda each: each[:3])[2:] if usable else None


def rank_share(rank: Fraction, brands: int) -> Fraction:
    """The Wallet Allocation Rule."""
    return (1 - Fraction(rank) / (brands + 1)) * Fraction(2, brands)


def peer_spend(
    person: Row, people: Sequence[Row], attributes: Sequence[str], fewest: int, as_of: int
) -> int:
    """The .8 quantile of spend among the closest peers that are enough, in whole units."""
    buyers = [each for each in people if each["frequency"] > 0]
    cuts = quantile_cuts([as_of - each["first_day"] for each in buyers], 4)
    names = [*attributes, "tenure band"]

    def traits(each: Row) -> list[Any]:
        band = score(as_of - each["first_day"], cuts, "higher")
        return [each[name] or "" for name in attributes] + [band]

    for length in range(len(names), -1, -1):
        alike = [each for each in buyers if traits(each)[:length] == traits(person)[:length]]
        if len(alike) >= fewest or not length:
            return math.floor(quantile([each["monetary"] for each in alike], Fraction(8, 10)))
    raise AssertionError


def share(
    person: Row, wallets: Sequence[Row], estimate: int | None, since: int | None, as_of: int
) -> tuple[str | None, int | None, Fraction | None]:
    """The basis, the wallet and the share of one person, by the best basis there is."""
    totals = [row for row in wallets if row["wallet"] is not None]
    ranks = [row for row in wallets if row["rank"] is not None]
    known = best_known(totals, since, as_of)
    if known:
        return _divided("known", *known)
    if ranks and person["monetary"] > 0:
        [row] = ranks
        share_told = rank_share(row["rank"], row["brands"])
        return "stated_rank", round(person["monetary"] / share_told), share_told
    if estimate is not None and person["frequency"] > 0:
        wallet = max(person["monetary"], estimate)
        if wallet > 0:
            return _divided("peer_estimate", wallet, person["monetary"])
    return None, None, None


def _divided(basis: str, wallet: int, spend: int) -> tuple[str, int, Fraction]:
    return basis, wallet, Fraction(min(max(spend, 0), wallet), wallet)


def group_share(members: Sequence[Mapping[str, int]]) -> Fraction:
    """A group's share as the ratio of its sums."""
    return Fraction(sum(each["spend"] for each in members), sum(each["wallet"] for each in members))


def rank_correlation(ones: Sequence[Any], others: Sequence[Any]) -> float:
    """Spearman's: Pearson's correlation of average ranks."""
    ranks = [_average_ranks(ones), _average_ranks(others)]
    x, y = ([rank - sum(each) / len(each) for rank in each] for each in ranks)
    return sum(a * b for a, b in zip(x, y, strict=True)) / math.sqrt(
        sum(a * a for a in x) * sum(b * b for b in y)
    )


def _average_ranks(values: Sequence[Any]) -> list[float]:
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) + 1) / 2 for value in values]
