"""The conditions of a row, and rows that can never be reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rfmtool.columns import FLAGS, MILLION, RATIOS
from rfmtool.errors import RulesError
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.rules.checking import check_keys, to_integer_units
from rfmtool.rules.values import Condition, Rule
from rfmtool.rules.vocabulary import MONEY, WORD_COLUMNS


def parse_conditions(data: Any, known: frozenset[str], where: str) -> tuple[Condition, ...]:  # noqa: ANN401 - unchecked input
    """Read `when`: for each column bounds, a yes or no, or words."""
    check_keys(data, set(known), where)
    found = []
    for column, value in data.items():
        place = f"{where}.{column}"
        if column in WORD_COLUMNS:
            found.append(_words(column, value, place))
        elif column not in FLAGS:
            found.append(_range(column, value, place))
        elif isinstance(value, bool):
            found.append(Condition(column, int(value), int(value)))
        else:
            raise RulesError(f"{place}: true or false")
    return tuple(found)


def _words(column: str, value: Any, where: str) -> Condition:  # noqa: ANN401 - unchecked input
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words) or not words:
        raise RulesError(f"{where}: a word, or a list of words of which one must hold")
    strangers = sorted(set(words) - set(WORD_COLUMNS[column])) if WORD_COLUMNS[column] else []
    if strangers:
        raise RulesError(
            f"{where}: there is no {column} {strangers[0]!r}",
            f"Known are {', '.join(WORD_COLUMNS[column])}.",
        )
    return Condition(column, words=frozenset(words))


def _range(column: str, value: Any, where: str) -> Condition:  # noqa: ANN401 - unchecked input
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
    """Warnings of rows that an earlier one covers, each named once."""
    warnings = []
    for place, row in enumerate(rows):
        earlier = next((one for one in rows[:place] if one.covers(row)), None)
        if earlier is not None:
            warnings.append(
                f"{where}[{place + 1}] ({row.label}) can never be reached: {earlier.label}"
                " covers it"
            )
    return warnings
