"""Association rules: what buyers of one thing tend to buy as well, and whom to suggest it to.

They are mined over customers instead of baskets (Agrawal, Imielinski & Swami, 1993): whatever a
customer has bought at any time counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Ints, mask_of_places

MIN_CUSTOMERS: Final = 20
MIN_SUPPORT_PERCENT: Final = 1
_MAX_NAMES: Final = 400
"""Of more names than this only those with the most buyers are compared."""
_MAX_NAMES_FOR_PAIRS: Final = 40
"""Up to this many names, rules from two names are mined as well."""
_MAX_RULES_PER_ANTECEDENT: Final = 10
_WORD_BITS: Final = 64
_PERCENT: Final = 100

BitMatrix = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class AssociationRule:
    """Of the buyers of `has`, the share `confidence` buys `next` too.

    `support` is the share of all customers who buy all of these names; `lift` is the confidence
    divided by the share of all customers who buy `next`.
    """

    has: tuple[str, ...]
    next: str
    customers: int
    support: float
    confidence: float
    lift: float


@dataclass(frozen=True)
class Affinity:
    """The answer: rules, the strongest first, and the best one for each customer."""

    as_of: date
    by: str
    customers: int
    """How many customers have bought anything with a name."""
    names: int
    compared: int
    """How many names have enough buyers to be compared."""
    rules: tuple[AssociationRule, ...]
    table: pd.DataFrame
    """One row for each customer with a suggestion."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Caveats in sentences."""
        if not self.customers:
            return (f"Nobody has bought anything with a {self.by}.",)
        least = f"{MIN_CUSTOMERS} customers and {MIN_SUPPORT_PERCENT}% of all"
        if not self.rules:
            text = f"No two of {self.names:,} are bought together more than by chance by {least}."
            return (text,)
        if self.compared == _MAX_NAMES:
            return (f"Of {self.names:,} only the {_MAX_NAMES} most bought are compared.",)
        return ()

    def as_data(self) -> list[dict[str, Any]]:
        """Plain data; shares are from 0 to 1."""
        return [{**vars(rule), "has": list(rule.has)} for rule in self.rules]


@dataclass(frozen=True)
class _Purchases:
    """Who bought which of the compared names: a row of bits for each name."""

    bits: BitMatrix
    """A bit for each place in customer_ids, in words that count 64 customers at a time."""
    names: Sequence[str]
    customers: int
    all_names: int
    min_customers: int
    """How many customers a rule must rest on."""


def affinity(spends: pd.DataFrame, customer_ids: pd.Series[str], as_of: date, by: str) -> Affinity:
    """Find what is bought along with what; `by` is what the categories are, in a word.

    `spends` has owner (place in customer_ids), category (text) and net (1/10,000), one row for
    each pair. A category is bought by customers whose spend in it, less refunds, is above 0.
    """
    purchases = _purchases(spends, len(customer_ids))
    best, rules = _mine_rules(purchases, len(customer_ids))
    owners = np.flatnonzero(best >= 0)
    suggested = [rules[index] for index in best[owners].tolist()]
    table = {
        "customer_id": pd.Series(customer_ids.to_numpy()[owners], dtype="str"),
        "next": pd.Series([rule.next for rule in suggested], dtype="str"),
        "has": pd.Series([" + ".join(rule.has) for rule in suggested], dtype="str"),
        "confidence": pd.Series([round(rule.confidence, 6) for rule in suggested], dtype="float64"),
        "lift": pd.Series([round(rule.lift, 6) for rule in suggested], dtype="float64"),
    }
    return Affinity(
        as_of=as_of,
        by=by,
        customers=purchases.customers,
        names=purchases.all_names,
        compared=len(purchases.names),
        rules=rules,
        table=pd.DataFrame(table),
    )


def suggested_rules(spends: pd.DataFrame, count: int) -> tuple[Ints, tuple[AssociationRule, ...]]:
    """For each of `count` customers the index of the rule to suggest by, or -1; and all rules."""
    return _mine_rules(_purchases(spends, count), count)


def _purchases(spends: pd.DataFrame, count: int) -> _Purchases:
    is_bought = spends["net"].to_numpy() > 0
    owner = spends["owner"].to_numpy(dtype=np.int64)[is_bought]
    customers = int(np.count_nonzero(np.bincount(owner)))
    min_customers = max(MIN_CUSTOMERS, -(-customers * MIN_SUPPORT_PERCENT // _PERCENT))
    category = pd.Categorical(spends["category"])
    codes, names = category.codes[is_bought], category.categories
    counts = np.bincount(codes, minlength=len(names))
    top = np.argsort(-counts, kind="stable")[:_MAX_NAMES]
    kept = np.sort(top[counts[top] >= min_customers])
    row_of_code = np.full(len(names), -1, dtype=np.int16)  # 16 bits sort fastest
    row_of_code[kept] = np.arange(len(kept))
    row = row_of_code[codes]
    by_row = owner[row >= 0][np.argsort(row[row >= 0], kind="stable")]
    bits = np.zeros((len(kept), -(-count // _WORD_BITS)), dtype=np.uint64)
    for index, buyers in enumerate(np.split(by_row, np.cumsum(counts[kept]))[:-1]):
        mask = mask_of_places(buyers, bits.shape[1] * _WORD_BITS)
        bits[index] = np.packbits(mask).view(np.uint64)
    kept_names = [str(name) for name in names[kept]]
    return _Purchases(bits, kept_names, customers, int((counts > 0).sum()), min_customers)


def _mine_rules(purchases: _Purchases, count: int) -> tuple[Ints, tuple[AssociationRule, ...]]:
    """For each customer the index of the best rule, -1 for none; and all rules, strongest first."""
    candidates = _ranked(_candidates(purchases))
    rules = tuple(_association_rule(candidate, purchases) for candidate in candidates)
    return _best_rules(purchases, candidates, count), rules


@dataclass(frozen=True)
class _Candidate:
    """A rule by the places of its names, with its counts of customers."""

    has: tuple[int, ...]
    next: int
    with_has: int
    with_next: int
    with_all: int


def _co_buyers(bits: BitMatrix) -> Ints:
    """How many customers bought both of each two names; on the diagonal, the buyers of each."""
    counts = np.zeros((len(bits), len(bits)), dtype=np.int64)
    for index, row in enumerate(bits):
        both = np.bitwise_count(bits[index:] & row)
        counts[index, index:] = both.sum(axis=1, dtype=np.int64)
    return np.maximum(counts, counts.T)


def _candidates(purchases: _Purchases) -> Iterator[_Candidate]:
    """Rules from each name, and from two names where few are compared."""
    both = _co_buyers(purchases.bits)
    buyers = np.diagonal(both)
    yield from _candidates_from(purchases, (), both, buyers)
    if len(purchases.names) > _MAX_NAMES_FOR_PAIRS:
        return
    single_confidence = both / np.maximum(buyers[:, None], 1)
    for first in range(len(purchases.names)):
        all_three = _co_buyers(purchases.bits & purchases.bits[first])
        confidence = all_three / np.maximum(both[first][:, None], 1)
        # Rules from two names must be surer than those from either alone.
        is_weaker = confidence <= np.maximum(single_confidence, single_confidence[first])
        all_three[is_weaker] = 0
        all_three[: first + 1] = 0
        all_three[:, first] = 0
        yield from _candidates_from(purchases, (first,), all_three, both[first])


def _candidates_from(
    purchases: _Purchases, has: tuple[int, ...], with_all: Ints, with_has: Ints
) -> Iterator[_Candidate]:
    """The rules from the names `has` and another that enough customers make more than chance.

    `with_has` counts the buyers of `has` and each other name, `with_all` those of a third (the
    column) as well.
    """
    buyers = np.bitwise_count(purchases.bits).sum(axis=1, dtype=np.int64)
    is_more_than_chance = with_all * purchases.customers > np.outer(with_has, buyers)
    is_rule = (with_all >= purchases.min_customers) & is_more_than_chance
    np.fill_diagonal(is_rule, val=False)
    for last, then in np.argwhere(is_rule).tolist():
        counts = int(with_has[last]), int(buyers[then]), int(with_all[last, then])
        yield _Candidate((*has, last), then, *counts)


def _ranked(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """The strongest first, and a limited number with the same `has`."""

    def rank(rule: _Candidate) -> tuple[object, ...]:
        # Confidence times lift; the number of all customers, equal for all, is left out.
        strength = rule.with_all**2 / (rule.with_has**2 * rule.with_next)
        return -strength, -rule.with_all, rule.has, rule.next

    counts: dict[tuple[int, ...], int] = {}
    kept = []
    for rule in sorted(candidates, key=rank):
        counts[rule.has] = counts.get(rule.has, 0) + 1
        if counts[rule.has] <= _MAX_RULES_PER_ANTECEDENT:
            kept.append(rule)
    return kept


def _association_rule(candidate: _Candidate, purchases: _Purchases) -> AssociationRule:
    confidence = candidate.with_all / candidate.with_has
    return AssociationRule(
        has=tuple(purchases.names[index] for index in candidate.has),
        next=purchases.names[candidate.next],
        customers=candidate.with_all,
        support=candidate.with_all / purchases.customers,
        confidence=confidence,
        lift=confidence * purchases.customers / candidate.with_next,
    )


def _best_rules(purchases: _Purchases, candidates: Sequence[_Candidate], count: int) -> Ints:
    """For each customer the index of the first rule whose `has`, but not `next`, they bought."""
    best = np.full(count, -1)
    unmatched = np.bitwise_or.reduce(purchases.bits, axis=0)
    for index, rule in enumerate(candidates):
        matches = unmatched & ~purchases.bits[rule.next]
        for name in rule.has:
            matches &= purchases.bits[name]
        is_matched = np.unpackbits(matches.view(np.uint8)).view(np.bool_)
        best[np.flatnonzero(is_matched)] = index
        unmatched &= ~matches
    return best
