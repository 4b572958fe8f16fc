"""The sections that are no rows: contacting, evidence, relationship and wallet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rfmtool.columns import ALWAYS_WRITTEN, EVIDENCE, MILLION
from rfmtool.errors import RulesError
from rfmtool.locations import is_database
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.rules.checking import check_keys, is_number, to_integer_units
from rfmtool.rules.values import ContactRules, RelationshipRules, WalletRules

_MOST_DAYS: Final = 3_650


def parse_contacting(data: Any, where: str) -> ContactRules:  # noqa: ANN401 - unchecked input
    """Read how often anybody is contacted, and what a minute of it costs."""
    check_keys(data, {one.name for one in fields(ContactRules)}, where)
    most = _from_one_on(data, "most_in_30_days", where)
    cost = data.get("minute_cost")
    if not is_number(cost) or not 0 <= cost < 10**6:
        raise RulesError(f"{where}.minute_cost: a number from 0 on")
    return ContactRules(
        parse_days(data.get("rest_days"), f"{where}.rest_days"), most, Decimal(cost)
    )


def parse_evidence_paths(
    data: Any,  # noqa: ANN401 - unchecked input
    folder: str | os.PathLike[str],
    where: str,
) -> Mapping[str, str | list[str]]:
    """Read where the evidence tables are; paths that are not absolute start in `folder`."""
    check_keys(data, {*EVIDENCE}, where)
    for name, path in data.items():
        paths = path if isinstance(path, list) and path else [path]
        if not all(isinstance(one, str) and one for one in paths):
            raise RulesError(f'{where}.{name}: a path, such as "{name}.csv"')
    return {
        name: [_seen_from(folder, one) for one in path]
        if isinstance(path, list)
        else _seen_from(folder, path)
        for name, path in data.items()
    }


def parse_relationship(data: Any, where: str) -> RelationshipRules:  # noqa: ANN401 - unchecked input
    """Read the section on following up, finding work, businesses, and partners' rewards."""
    check_keys(data, {*(one.name for one in fields(RelationshipRules)), "reward_share"}, where)
    months = parse_days(data.get("find_work_months"), f"{where}.find_work_months")
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
        check_keys(tier, {"from", "share"}, place)
        begin = _money(tier.get("from"), f"{place}.from")
        steps.append((begin, _share(tier.get("share"), f"{place}.share")))
    return RelationshipRules(
        follow_up_days=parse_days(data.get("follow_up_days"), f"{where}.follow_up_days"),
        find_work_months=months,
        business_column=column,
        business_words=frozenset(word.strip().lower() for word in words),
        reward_sum=_money(data.get("reward_sum"), f"{where}.reward_sum"),
        reward_tiers=((0, _share(data.get("reward_share"), f"{where}.reward_share")),
                      *sorted(steps)),
    )  # fmt: skip


def parse_wallet(data: Any, where: str) -> WalletRules:  # noqa: ANN401 - unchecked input
    """Read when a share of wallet is low or high, and who is compared with whom."""
    check_keys(data, {one.name for one in fields(WalletRules)}, where)
    shares = {key: data.get(key) for key in ("low", "high", "tau")}
    for key, share in shares.items():
        if not is_number(share) or not 0 < share < 1:
            raise RulesError(f"{where}.{key}: a number between 0 and 1")
    if shares["low"] >= shares["high"]:
        raise RulesError(f"{where}: low must be below high")
    fewest, names = _from_one_on(data, "min_peers", where), data.get("peers")
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise RulesError(f"{where}.peers: a list of columns of the contacts")
    if len(set(names)) < len(names):
        raise RulesError(f"{where}.peers: a column is named twice")
    if ours := sorted(set(names) & set(ALWAYS_WRITTEN)):
        # Peers by own orders or spend would find everyone's wallet equal to their own spend.
        raise RulesError(
            f"{where}.peers: {ours[0]} is what rfmtool measures, not what contacts say",
            "Name columns of the contacts table, such as country.",
        )
    return WalletRules(**shares, peers=tuple(names), min_peers=fewest)


def parse_days(value: Any, where: str) -> int:  # noqa: ANN401 - unchecked input
    """Read a number of days; 0 lets nobody rest."""
    if type(value) is not int or not 0 <= value <= _MOST_DAYS:
        raise RulesError(f"{where}: a whole number of days from 0 on")
    return value


def _from_one_on(data: Mapping[str, Any], key: str, where: str) -> int:
    number = data.get(key)
    if type(number) is not int or number < 1:
        raise RulesError(f"{where}.{key}: a whole number from 1 on")
    return number


def _money(value: Any, where: str) -> int:  # noqa: ANN401 - unchecked input
    units = to_integer_units(value, UNITS_PER_CURRENCY, "", where)
    if units < 0:
        raise RulesError(f"{where}: a sum of money from 0 on")
    return units


def _share(value: Any, where: str) -> int:  # noqa: ANN401 - unchecked input
    if not is_number(value) or not 0 <= value <= 1:
        raise RulesError(f"{where}: a number from 0 to 1")
    return to_integer_units(value, MILLION, "", where)


def _seen_from(folder: str | os.PathLike[str], path: str) -> str:
    if path == "-" or "://" in path:
        return path
    if not is_database(path):
        return os.fspath(Path(folder) / path)
    file, mark, asked = path.partition("#")
    scheme, _, name = file.partition(":")
    return f"{scheme}:{Path(folder) / name}{mark}{asked}"
