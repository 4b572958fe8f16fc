"""The conditions of a row, and rows that can never match."""

from __future__ import annotations

from collections.abc import Sequence

from rfmtool.columns import FLAGS, MILLION, RATIOS
from rfmtool.errors import RulesError
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.rules.checking import Unchecked, check_keys, to_integer_units
from rfmtool.rules.values import Condition, Rule
from rfmtool.rules.vocabulary import MONEY, WORD_COLUMNS


def parse_conditions(data: Unchecked, known: frozenset[str], where: str) -> tuple[Condition, ...]:
    """Parse `when`: for each column bounds, a boolean, or words."""
    check_keys(data, set(known), where)
    conditions = []
    for column, value in data.items():
        key = f"{where}.{column}"
        if column in WORD_COLUMNS:
            conditions.append(_words(column, value, key))
        elif column not in FLAGS:
            conditions.append(_range(column, value, key))
        elif isinstance(value, bool):
            conditions.append(Condition(column, int(value), int(value)))
        else:
            raise RulesError(f"{key}: true or false")
    return tuple(conditions)


def _words(column: str, value: Unchecked, where: str) -> Condition:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words) or not words:
        raise RulesError(f"{where}: a word, or a list of words of which one must hold")
    known = WORD_COLUMNS[column]
    unknown = sorted(set(words) - set(known)) if known else []
    if unknown:
        raise RulesError(
            f"{where}: there is no {column} {unknown[0]!r}", f"Known are {', '.join(known)}."
        )
    return Condition(column, words=frozenset(words))


def _range(column: str, value: Unchecked, where: str) -> Condition:
    check_keys(value, {"min", "max"}, where)
    unit = UNITS_PER_CURRENCY if column in MONEY else MILLION if column in RATIOS else 1
    low, high = (
        to_integer_units(value[key], unit, rounding, f"{where}.{key}") if key in value else None
        for key, rounding in (("min", "at_least"), ("max", "fixed"))
    )
    if low is not None and high is not None and low > high:
        raise RulesError(f"{where}: min is above max, so this can never hold")
    return Condition(column, low, high)


def unreachable(rows: Sequence[Rule], where: str) -> list[str]:
    """A warning for each row that an earlier one covers."""
    warnings = []
    for place, row in enumerate(rows):
        earlier = next((above for above in rows[:place] if above.covers(row)), None)
        if earlier is not None:
            warnings.append(
                f"{where}[{place + 1}] ({row.label}) can never be reached: {earlier.label}"
                " covers it"
            )
    return warnings
