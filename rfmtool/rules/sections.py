"""The sections contacting, evidence, relationship and wallet."""

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
from rfmtool.rules.checking import Unchecked, check_keys, is_number, to_integer_units
from rfmtool.rules.values import ContactRules, RelationshipRules, WalletRules

_MAX_DAYS: Final = 3_650


def parse_contacting(data: Unchecked, where: str) -> ContactRules:
    """Parse the contact limits and the cost of a minute of contact."""
    check_keys(data, {field.name for field in fields(ContactRules)}, where)
    most = _positive_integer(data, "most_in_30_days", where)
    cost = data.get("minute_cost")
    if not is_number(cost) or not 0 <= cost < 10**6:
        raise RulesError(f"{where}.minute_cost: a number from 0 on")
    rest_days = parse_days(data.get("rest_days"), f"{where}.rest_days")
    return ContactRules(rest_days, most, Decimal(cost))


def parse_evidence_paths(
    data: Unchecked, folder: str | os.PathLike[str], where: str
) -> Mapping[str, str | list[str]]:
    """Parse the paths of evidence tables; relative ones start in `folder`."""
    check_keys(data, {*EVIDENCE}, where)
    parsed: dict[str, str | list[str]] = {}
    for name, value in data.items():
        paths = value if isinstance(value, list) and value else [value]
        if not all(isinstance(path, str) and path for path in paths):
            raise RulesError(f'{where}.{name}: a path, such as "{name}.csv"')
        resolved = [_relative_to(folder, path) for path in paths]
        parsed[name] = resolved if isinstance(value, list) else resolved[0]
    return parsed


def parse_relationship(data: Unchecked, where: str) -> RelationshipRules:
    """Parse the rules on follow-ups, finding work for businesses, and partners' rewards."""
    check_keys(data, {*(field.name for field in fields(RelationshipRules)), "reward_share"}, where)
    months = parse_days(data.get("find_work_months"), f"{where}.find_work_months")
    column, words = data.get("business_column"), data.get("business_words")
    if not isinstance(column, str) or not column:
        raise RulesError(f"{where}.business_column: a column of the contacts")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RulesError(f"{where}.business_words: a list of words")
    tiers = data.get("reward_tiers")
    if not isinstance(tiers, list):
        raise RulesError(f"{where}.reward_tiers: a list of {{ from = 1000, share = 0.05 }}")
    parsed_tiers = []
    for number, tier in enumerate(tiers, start=1):
        place = f"{where}.reward_tiers[{number}]"
        check_keys(tier, {"from", "share"}, place)
        begin = _money(tier.get("from"), f"{place}.from")
        parsed_tiers.append((begin, _share(tier.get("share"), f"{place}.share")))
    return RelationshipRules(
        follow_up_days=parse_days(data.get("follow_up_days"), f"{where}.follow_up_days"),
        find_work_months=months,
        business_column=column,
        business_words=frozenset(word.strip().lower() for word in words),
        reward_sum=_money(data.get("reward_sum"), f"{where}.reward_sum"),
        reward_tiers=((0, _share(data.get("reward_share"), f"{where}.reward_share")),
                      *sorted(parsed_tiers)),
    )  # fmt: skip


def parse_wallet(data: Unchecked, where: str) -> WalletRules:
    """Parse the limits of low and high shares of wallet, and how peers are defined."""
    check_keys(data, {field.name for field in fields(WalletRules)}, where)
    shares = {key: data.get(key) for key in ("low", "high", "tau")}
    for key, share in shares.items():
        if not is_number(share) or not 0 < share < 1:
            raise RulesError(f"{where}.{key}: a number between 0 and 1")
    if shares["low"] >= shares["high"]:
        raise RulesError(f"{where}: low must be below high")
    min_peers, names = _positive_integer(data, "min_peers", where), data.get("peers")
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise RulesError(f"{where}.peers: a list of columns of the contacts")
    if len(set(names)) < len(names):
        raise RulesError(f"{where}.peers: a column is named twice")
    if computed := sorted(set(names) & set(ALWAYS_WRITTEN)):
        # With peers by own orders or spend, each estimate would equal the customer's own spend.
        raise RulesError(
            f"{where}.peers: {computed[0]} is what rfmtool measures, not what contacts say",
            "Name columns of the contacts table, such as country.",
        )
    return WalletRules(**shares, peers=tuple(names), min_peers=min_peers)


def parse_days(value: Unchecked, where: str) -> int:
    """Check a number of days (or months), from 0 on."""
    if type(value) is not int or not 0 <= value <= _MAX_DAYS:
        raise RulesError(f"{where}: a whole number of days from 0 on")
    return value


def _positive_integer(data: Mapping[str, Any], key: str, where: str) -> int:
    number = data.get(key)
    if type(number) is not int or number < 1:
        raise RulesError(f"{where}.{key}: a whole number from 1 on")
    return number


def _money(value: Unchecked, where: str) -> int:
    units = to_integer_units(value, UNITS_PER_CURRENCY, "", where)
    if units < 0:
        raise RulesError(f"{where}: a sum of money from 0 on")
    return units


def _share(value: Unchecked, where: str) -> int:
    if not is_number(value) or not 0 <= value <= 1:
        raise RulesError(f"{where}: a number from 0 to 1")
    return to_integer_units(value, MILLION, "", where)


def _relative_to(folder: str | os.PathLike[str], path: str) -> str:
    if path == "-" or "://" in path:
        return path
    if not is_database(path):
        return os.fspath(Path(folder) / path)
    file, mark, table = path.partition("#")
    scheme, _, name = file.partition(":")
    return f"{scheme}:{Path(folder) / name}{mark}{table}"
