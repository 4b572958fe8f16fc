"""What the words of status and type columns mean, as `statuses.toml` says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from rfmtool.documents import packaged_toml
from rfmtool.errors import UsageError
from rfmtool.sources.names import normalized

Meaning = Literal["sale", "open", "not_a_sale", "credit", "unknown"]
_SURE: Final = ("cancelled", "refunded", "voided", "failed")
_PAYMENTS: Final = ("credit", "abono", "retour", "retur")
"""Words that are as often of how an order was paid, or why it was sent."""
_OF_STATUSES: Final[Sequence[Meaning]] = ("sale", "open", "not_a_sale")


def _shipped() -> Any:  # noqa: ANN401 - as tomllib says
    return packaged_toml(__package__, "statuses.toml")


@cache
def _meanings(*, of_types: bool) -> Mapping[str, Meaning]:
    """Meaning by word, as `normal` writes words."""
    data = _shipped()["type"] if of_types else _shipped()
    meanings: Sequence[Meaning] = ("sale", "credit", "not_a_sale") if of_types else _OF_STATUSES
    return {
        normalized(word): meaning
        for meaning in meanings
        for words in data[meaning].values()
        for word in words
    }


@cache
def words(name: str) -> frozenset[str]:
    """Other words that are known by what they say, such as `yes` and `nobody`, normal ones."""
    return frozenset(normalized(word) for word in _shipped()["words"][name])


@dataclass(frozen=True)
class Statuses:
    """What status words mean: those that somebody has settled, then the shipped ones."""

    sale: frozenset[str] = frozenset()
    not_a_sale: frozenset[str] = frozenset()

    def with_settled(self, sale: Iterable[str], not_a_sale: Iterable[str]) -> Statuses:
        """The same with further words settled, whatever they meant before."""
        yes, no = {normalized(word) for word in sale}, {normalized(word) for word in not_a_sale}
        yes -= no
        return Statuses(self.sale - no | yes, self.not_a_sale - yes | no)

    def meaning(
        self, word: str, *, of_type: bool = False, has_payment_status: bool = False
    ) -> Meaning:
        """What a cell says of its order; a cell of a type column says of what kind its row is.

        Args:
            word: the cell.
            of_type: whether its column is one of types.
            has_payment_status: whether a column apart says if the order is paid: what `pending` or
                `unpaid` say of that is open then.
        """
        key = normalized(word)
        if key in self.not_a_sale:
            return "not_a_sale"
        if key in self.sale:
            return "sale"
        if has_payment_status and is_in_group(word, "not_a_sale", "unpaid"):
            return "open"
        return _meanings(of_types=of_type).get(key, "unknown")

    def is_settled(self, word: str) -> bool:
        """Whether somebody has said what it means."""
        return normalized(word) in self.sale | self.not_a_sale


def role_from_words(found: Iterable[str]) -> tuple[str, str] | None:
    """The role, status or type, that the words of a column call for, and the word that says so.

    One is enough that is of orders called off, given back or failed; others, such as `pending`, are
    words of much else, and tell only where half the column's words are known.
    """
    by_key = {normalized(word): word for word in found}
    plain, types = _meanings(of_types=False), _meanings(of_types=True)
    types = {key: types[key] for key in by_key.keys() & types.keys() - _type_codes()}
    given_back = next((key for key in by_key if types.get(key) == "credit"), None)
    if given_back is not None and any(types.get(key) == "sale" for key in by_key):
        return "type", by_key[given_back]
    sure = frozenset[str]().union(*(_group("not_a_sale", kind) for kind in _SURE))
    told = next((key for key in by_key if key in sure), None)
    if told is None and 2 * sum(key in plain for key in by_key) >= len(by_key):
        told = next((key for key in by_key if plain.get(key) in ("open", "not_a_sale")), None)
    if told is not None:
        return "status", by_key[told]
    is_payment = given_back in _PAYMENTS
    return None if given_back is None or is_payment else ("type", by_key[given_back])


def is_known(word: str) -> bool:
    """Whether it is a word of ours, so that messages may show it."""
    key = normalized(word)
    return key in _meanings(of_types=False) or key in _meanings(of_types=True)


def is_in_group(word: str, meaning: Meaning, group: str) -> bool:
    """Whether a status is of a group of words in `statuses.toml`, such as `part_refunded` sales."""
    return normalized(word) in _group(meaning, group)


def is_type_code(word: str) -> bool:
    """Whether it is a short word of types, such as RE, which is as often of something else."""
    return normalized(word) in _type_codes()


@cache
def _type_codes() -> frozenset[str]:
    """Short words of types, which are as often of countries and much else."""
    types = _shipped()["type"]
    return frozenset(normalized(word) for one in types.values() for word in one.get("codes", ()))


@cache
def _group(meaning: Meaning, group: str) -> frozenset[str]:
    return frozenset(normalized(word) for word in _shipped()[meaning][group])


def parse_statuses(texts: Iterable[str]) -> dict[str, bool]:
    """Read `WORD=sale` and `WORD=not_a_sale`: whether each word is a sale.

    Raises:
        UsageError: a text is neither, or one word is said to be both.
    """
    settled: dict[str, bool] = {}
    for text in texts:
        word, _, meaning = text.rpartition("=")
        if not word.strip() or meaning not in ("sale", "not_a_sale"):
            raise UsageError(
                f"--status {text!r} is not WORD=sale or WORD=not_a_sale",
                "For example 'Shipped late=sale'.",
            )
        if settled.setdefault(word, meaning == "sale") != (meaning == "sale"):
            raise UsageError(f"--status: {word!r} is said to be both", "Say which it is.")
    return settled
