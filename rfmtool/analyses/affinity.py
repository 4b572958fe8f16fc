"""What those who buy one thing tend to buy as well, and whom to suggest it to.

Association rules over customers instead of baskets (Agrawal, Imielinski & Swami, 1993): what a
customer has bought at any time counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Ints, mask_of_places

MIN_CUSTOMERS: Final = 20
MIN_SUPPORT_PERCENT: Final = 1
_MOST_NAMES: Final = 400
"""More names than this are not compared; the most bought stay."""
_MOST_NAMES_IN_PAIRS: Final = 40
"""Up to so many names, what is bought along with two others is looked at too."""
_MOST_PER_BASKET: Final = 10
"""How many rules are kept that begin with the same names."""
_WORD: Final = 64
_PERCENT: Final = 100

BitMatrix = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class AssociationRule:
    """Of those who buy `has`, the share `confidence` buys `next` too.

    `support` is the share of all customers who buy all of it; `lift` is the confidence against the
    share of all customers who buy `next`.
    """

    has: tuple[str, ...]
    next: str
    customers: int
    support: float
    confidence: float
    lift: float


@dataclass(frozen=True)
class Affinity:
    """The answer: rules, the strongest first, and the best of them for each customer."""

    as_of: date
    by: str
    customers: int
    """Who has bought anything that has a name."""
    names: int
    compared: int
    """How many names enough customers buy for them to be compared."""
    rules: tuple[AssociationRule, ...]
    table: pd.DataFrame
    """A suggestion for each customer for whom there is one."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What to bear in mind."""
        if not self.customers:
            return (f"Nobody has bought anything with a {self.by}.",)
        least = f"{MIN_CUSTOMERS} customers and {MIN_SUPPORT_PERCENT}% of all"
        if not self.rules:
            none = f"No two of {self.names:,} are bought together more than by chance by {least}."
            return (none,)
        if self.compared == _MOST_NAMES:
            return (f"Of {self.names:,} only the {_MOST_NAMES} most bought are compared.",)
        return ()

    def as_data(self) -> list[dict[str, Any]]:
        """Plain data; shares are from 0 to 1."""
        return [{**vars(rule), "has": list(rule.has)} for rule in self.rules]


@dataclass(frozen=True)
class _Bought:
    """Who bought which of the names that are compared: a row of bits for each name."""

    bits: BitMatrix
    """A bit for each place in customer_ids, in whole words; all that is counted is counted in them,
    64 customers at a time."""
    names: Sequence[str]
    customers: int
    all_names: int
    least: int
    """How many customers a rule must rest on."""


def affinity(spends: pd.DataFrame, customer_ids: pd.Series[str], as_of: date, by: str) -> Affinity:
    """Find what is bought along with what.

    Args:
        spends: owner (place in customer_ids), category (text), net (1/10,000): a row for each pair.
            A category is bought by who spent more than nothing in it, refunds taken off.
        customer_ids: the id of each owner.
        as_of: the day of the answer.
        by: what the categories are, in a word.
    """
    bought = _bought(spends, len(customer_ids))
    places = _ranked([*_single_rules(bought), *_double_rules(bought)])
    rules = tuple(_rule(place, bought) for place in places)
    best = _best_rules(bought, places, len(customer_ids))
    found = np.flatnonzero(best >= 0)
    chosen = [rules[number] for number in best[found].tolist()]
    table = {
        "customer_id": pd.Series(customer_ids.to_numpy()[found], dtype="str"),
        "next": pd.Series([rule.next for rule in chosen], dtype="str"),
        "has": pd.Series([" + ".join(rule.has) for rule in chosen], dtype="str"),
        "confidence": pd.Series([round(rule.confidence, 6) for rule in chosen], dtype="float64"),
        "lift": pd.Series([round(rule.lift, 6) for rule in chosen], dtype="float64"),
    }
    return Affinity(
        as_of=as_of,
        by=by,
        customers=bought.customers,
        names=bought.all_names,
        compared=len(bought.names),
        rules=rules,
        table=pd.DataFrame(table),
    )


def suggested_rules(spends: pd.DataFrame, people: int) -> tuple[Ints, tuple[AssociationRule, ...]]:
    """The place of the rule that says what to suggest to each of so many people, -1 for none."""
    bought = _bought(spends, people)
    places = _ranked([*_single_rules(bought), *_double_rules(bought)])
    return _best_rules(bought, places, people), tuple(_rule(place, bought) for place in places)


def _bought(spends: pd.DataFrame, people: int) -> _Bought:
    is_bought = spends["net"].to_numpy() > 0
    owner = spends["owner"].to_numpy(dtype=np.int64)[is_bought]
    customers = int(np.count_nonzero(np.bincount(owner)))
    least = max(MIN_CUSTOMERS, -(-customers * MIN_SUPPORT_PERCENT // _PERCENT))
    category = pd.Categorical(spends["category"])
    codes, names = category.codes[is_bought], category.categories
    counts = np.bincount(codes, minlength=len(names))
    most = np.argsort(-counts, kind="stable")[:_MOST_NAMES]
    kept = np.sort(most[counts[most] >= least])
    place = np.full(len(names), -1, dtype=np.int16)  # which sorts fastest
    place[kept] = np.arange(len(kept))
    row = place[codes]
    by_row = owner[row >= 0][np.argsort(row[row >= 0], kind="stable")]
    bits = np.zeros((len(kept), -(-people // _WORD)), dtype=np.uint64)
    for number, places in enumerate(np.split(by_row, np.cumsum(counts[kept]))[:-1]):
        bits[number] = np.packbits(mask_of_places(places, bits.shape[1] * _WORD)).view(np.uint64)
    named = [str(name) for name in names[kept]]
    return _Bought(bits, named, customers, int((counts > 0).sum()), least)


@dataclass(frozen=True)
class _Place:
    """A rule by the places of its names, and its counts of customers."""

    has: tuple[int, ...]
    next: int
    with_has: int
    with_next: int
    with_all: int


def _together(bits: BitMatrix) -> Ints:
    """How many customers have each two names; on the diagonal, each one."""
    counts = np.zeros((len(bits), len(bits)), dtype=np.int64)
    for place, one in enumerate(bits):
        both = np.bitwise_count(bits[place:] & one)
        counts[place, place:] = both.sum(axis=1, dtype=np.int64)
    return np.maximum(counts, counts.T)


def _single_rules(bought: _Bought) -> list[_Place]:
    both = _together(bought.bits)
    single = np.diagonal(both)
    is_rule = (both >= bought.least) & (both * bought.customers > np.outer(single, single))
    np.fill_diagonal(is_rule, val=False)
    return [
        _Place((has,), then, int(single[has]), int(single[then]), int(both[has, then]))
        for has, then in np.argwhere(is_rule).tolist()
    ]


def _double_rules(bought: _Bought) -> list[_Place]:
    """Rules from two names, where both together say more than either alone."""
    if len(bought.names) > _MOST_NAMES_IN_PAIRS:
        return []
    both = _together(bought.bits)
    single = np.diagonal(both)
    alone = both / np.maximum(single[:, None], 1)
    rules = []
    for first in range(len(bought.names)):
        all_three = _together(bought.bits & bought.bits[first])
        confidence = all_three / np.maximum(both[first][:, None], 1)
        is_rule = (
            (all_three >= bought.least)
            & (all_three * bought.customers > np.outer(both[first], single))
            & (confidence > np.maximum(alone, alone[first]))
        )
        np.fill_diagonal(is_rule, val=False)
        is_rule[: first + 1] = False
        is_rule[:, first] = False
        rules += [
            _Place((first, second), then, int(both[first, second]), int(single[then]),
                   int(all_three[second, then]))
            for second, then in np.argwhere(is_rule).tolist()
        ]  # fmt: skip
    return rules


def _ranked(places: list[_Place]) -> list[_Place]:
    """The strongest first, and not too many that begin alike."""

    def rank(one: _Place) -> tuple[object, ...]:
        # By confidence times lift, but for the number of all customers.
        strength = one.with_all**2 / (one.with_has**2 * one.with_next)
        return -strength, -one.with_all, one.has, one.next

    seen: dict[tuple[int, ...], int] = {}
    kept = []
    for each in sorted(places, key=rank):
        seen[each.has] = seen.get(each.has, 0) + 1
        if seen[each.has] <= _MOST_PER_BASKET:
            kept.append(each)
    return kept


def _rule(place: _Place, bought: _Bought) -> AssociationRule:
    confidence = place.with_all / place.with_has
    return AssociationRule(
        has=tuple(bought.names[name] for name in place.has),
        next=bought.names[place.next],
        customers=place.with_all,
        support=place.with_all / bought.customers,
        confidence=confidence,
        lift=confidence * bought.customers / place.with_next,
    )


def _best_rules(bought: _Bought, places: Sequence[_Place], people: int) -> Ints:
    """For each customer the place of the first rule that holds and says something new; else -1."""
    best = np.full(people, -1)
    waiting = np.bitwise_or.reduce(bought.bits, axis=0)
    for number, place in enumerate(places):
        holds = waiting & ~bought.bits[place.next]
        for name in place.has:
            holds &= bought.bits[name]
        theirs = np.unpackbits(holds.view(np.uint8)).view(np.bool_)
        best[np.flatnonzero(theirs)] = number
        waiting &= ~holds
    return best
