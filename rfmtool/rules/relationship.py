"""The relationship section: following up, finding work, businesses, and partners' rewards."""

from __future__ import annotations

from typing import Any, Final

from rfmtool.columns import MILLION
from rfmtool.errors import RulesError
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.rules.checking import in_units, is_number, only_known
from rfmtool.rules.contacting import rest_days_of
from rfmtool.rules.values import Relationship

_KEYS: Final = {
    "follow_up_days", "find_work_months", "business_column", "business_words",
    "reward_share", "reward_sum", "reward_tiers",
}  # fmt: skip


def relationship_of(data: Any, where: str) -> Relationship:  # noqa: ANN401 - unchecked input
    """Read the relationship section.

    Raises:
        RulesError: a key is unknown, or its value cannot be meant.
    """
    only_known(data, _KEYS, where)
    months = rest_days_of(data.get("find_work_months"), f"{where}.find_work_months")
    column, words = data.get("business_column"), data.get("business_words")
    if not isinstance(column, str) or not column:
        raise RulesError(f"{where}.business_column: a column of the contacts")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RulesError(f"{where}.business_words: a list of words")
    tiers = data.get("reward_tiers")
    if not isinstance(tiers, list):
        raise RulesError(f"{where}.reward_tiers: a list of {{ from = 1000, share = 0.05 }}")
    steps = []
    for at, tier in enumerate(tiers, start=1):
        place = f"{where}.reward_tiers[{at}]"
        only_known(tier, {"from", "share"}, place)
        begin, share = _money(tier.get("from"), f"{place}.from"), tier.get("share")
        steps.append((begin, _share(share, f"{place}.share")))
    return Relationship(
        follow_up_days=rest_days_of(data.get("follow_up_days"), f"{where}.follow_up_days"),
        find_work_months=months,
        business_column=column,
        business_words=frozenset(word.strip().lower() for word in words),
        reward_sum=_money(data.get("reward_sum"), f"{where}.reward_sum"),
        reward_tiers=((0, _share(data.get("reward_share"), f"{where}.reward_share")),
                      *sorted(steps)),
    )  # fmt: skip


def _money(value: Any, where: str) -> int:  # noqa: ANN401 - unchecked input
    units = in_units(value, UNITS_PER_CURRENCY, "", where)
    if units < 0:
        raise RulesError(f"{where}: a sum of money from 0 on")
    return units


def _share(value: Any, where: str) -> int:  # noqa: ANN401 - unchecked input
    if not is_number(value) or not 0 <= value <= 1:
        raise RulesError(f"{where}: a number from 0 to 1")
    return in_units(value, MILLION, "", where)
