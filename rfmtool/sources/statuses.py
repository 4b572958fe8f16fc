"""The meanings of words in status and type columns, from `statuses.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any, Final, Literal

from rfmtool.documents import packaged_toml
from rfmtool.errors import UsageError
from rfmtool.sources.names import normalized

Meaning = Literal["sale", "open", "not_a_sale", "credit", "unknown"]
_SURE_GROUPS: Final = ("cancelled", "refunded", "voided", "failed")
_AMBIGUOUS_CREDITS: Final = ("credit", "abono", "retour", "retur")
"""Words that as often say how an order was paid, or why it was sent."""
_DAY: Final = re.compile(
    r"^\[[\d.]+\]\s*"
    r"|\s*(?<!\d)(?:\d{4}([-/.])\d\d?\1\d\d?|\d\d?([-/.])\d\d?\2\d{4}|\d\d? de [^\W\d]+)"
    r"(?: \d\d?:\d\d)?(?!\d)"
)
"""A day in a status, such as the last on which goods can be returned; or its number in brackets."""


def _shipped() -> Any:  # noqa: ANN401 - tomllib's type
    return packaged_toml(__package__, "statuses.toml")


@cache
def _meanings(*, of_types: bool) -> Mapping[str, Meaning]:
    """Meaning by normalized word, of type columns or of status columns."""
    data = _shipped()["type"] if of_types else _shipped()
    meanings: Sequence[Meaning] = ("sale", "credit" if of_types else "open", "not_a_sale")
    by_meaning = {meaning: chain.from_iterable(data[meaning].values()) for meaning in meanings}
    return {normalized(word): meaning for meaning in meanings for word in by_meaning[meaning]}


def words(name: str) -> frozenset[str]:
    """Normalized words of a group such as `yes` or `nobody`."""
    return _group("words", name)


def without_day(word: str) -> str:
    """The word without a day or number in it, which changes nothing about what it means."""
    return _DAY.sub("", word)


def _key(word: str) -> str:
    return normalized(without_day(word))


@dataclass(frozen=True)
class Statuses:
    """Meanings of status words: normalized words that the user has settled precede shipped ones."""

    sale: frozenset[str] = frozenset()
    not_a_sale: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()

    def with_settled(self, sale: Iterable[str], not_a_sale: Iterable[str]) -> Statuses:
        """The same with further words settled, which override earlier ones."""
        yes, no = {_key(word) for word in sale}, {_key(word) for word in not_a_sale}
        yes -= no
        return replace(self, sale=self.sale - no | yes, not_a_sale=self.not_a_sale - yes | no)

    def meaning(
        self, word: str, *, of_type: bool = False, has_payment_status: bool = False
    ) -> Meaning:
        """The meaning of a cell.

        `of_type`: it is in a type column, which says of what kind its row is. `has_payment_status`:
        payments have a column of their own; then `pending` and `unpaid` are open.
        """
        key = _key(word)
        if key in self.not_a_sale:
            return "not_a_sale"
        if key in self.sale:
            return "sale"
        is_unpaid = has_payment_status and is_in_group(word, "not_a_sale", "unpaid")
        if key in self.open or is_unpaid:
            return "open"
        return _meanings(of_types=of_type).get(key, "unknown")

    def is_settled(self, word: str) -> bool:
        """Whether the user has settled its meaning."""
        return _key(word) in self.sale | self.not_a_sale


def credits_as_payments(keys: Iterable[str]) -> frozenset[str]:
    """The words of credit that, beside cash or cards among normalized words, are ways to pay."""
    return frozenset() if words("ways_to_pay").isdisjoint(keys) else words("on_credit")


def role_from_words(column_words: Iterable[str]) -> tuple[str, str] | None:
    """The role, `status` or `type`, that the words of a column suggest, and the decisive word.

    One word for cancelled, refunded or failed orders is enough; others, such as `pending`, have
    many uses, and count only if half the column's words are known.
    """
    by_key = {_key(word): word for word in column_words}
    statuses, types = _meanings(of_types=False), _meanings(of_types=True)
    known = by_key.keys() & types.keys() - _type_codes() - credits_as_payments(by_key)
    types = {key: types[key] for key in known}
    credit = next((key for key in by_key if types.get(key) == "credit"), None)
    if any(types.get(key) == "sale" for key in by_key):
        others = {key for key in by_key if types.get(key) == "not_a_sale"}
        if words("invoices") & by_key.keys():
            others |= words("payments") & by_key.keys()
        if decisive := min(others, default=credit):
            return "type", by_key[decisive]
    sure = {key for group in _SURE_GROUPS for key in _group("not_a_sale", group)}
    status = next((key for key in by_key if key in sure), None)
    if status is None and 2 * sum(key in statuses for key in by_key) >= len(by_key):
        status = next((key for key in by_key if statuses.get(key) in ("open", "not_a_sale")), None)
    if status is not None:
        return "status", by_key[status]
    return None if credit is None or credit in _AMBIGUOUS_CREDITS else ("type", by_key[credit])


def is_known(word: str) -> bool:
    """Whether it is a shipped word, so that messages may show it."""
    shipped = (_meanings(of_types=False), _meanings(of_types=True), words("own_meanings"))
    return any(_key(word) in known for known in shipped)


def is_in_group(word: str, meaning: Meaning, group: str) -> bool:
    """Whether a status is in a group of `statuses.toml`, such as `part_refunded` sales."""
    return _key(word) in _group(meaning, group)


def is_type_code(word: str) -> bool:
    """Whether it is a short word of type columns, such as RE, which often means something else."""
    return _key(word) in _type_codes()


@cache
def _type_codes() -> frozenset[str]:
    types = _shipped()["type"].values()
    return frozenset(normalized(code) for groups in types for code in groups.get("codes", ()))


@cache
def _group(section: str, name: str) -> frozenset[str]:
    return frozenset(map(normalized, _shipped()[section][name]))


def parse_statuses(texts: Iterable[str]) -> dict[str, bool]:
    """Parse `WORD=sale` and `WORD=not_a_sale`: word to whether it is a sale."""
    settled: dict[str, bool] = {}
    for text in texts:
        word, _, meaning = text.rpartition("=")
        if not word.strip() or meaning not in ("sale", "not_a_sale"):
            hint = "For example 'Shipped late=sale'."
            raise UsageError(f"--status {text!r} is not WORD=sale or WORD=not_a_sale", hint)
        if settled.setdefault(word, meaning == "sale") != (meaning == "sale"):
            raise UsageError(f"--status: {word!r} is said to be both", "Say which it is.")
    return settled
