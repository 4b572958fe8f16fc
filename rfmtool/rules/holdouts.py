"""Holdouts: the share of all marketing, and of single actions, that gets nothing as a control."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from rfmtool.errors import RulesError, UsageError
from rfmtool.rules.checking import Unchecked
from rfmtool.rules.values import Action, HoldoutRules, Rules

ALL_MARKETING: Final = "all"
"""The name of the holdout from all marketing; others are named after their action."""
_SHARE: Final = re.compile(r"\s*(\d{1,2}(?:\.\d{1,4})?)\s*%\s*")


def with_holdouts(rules: Rules, asked: HoldoutRules) -> Rules:
    """The rules with the holdouts asked for, and those that rows of the playbook set.

    Raises UsageError where an action is unknown, or a service, which has no holdout.
    """
    rows = {row.label: row for row in rules.playbook}
    for name in sorted(asked.shares.keys() - {ALL_MARKETING}):
        if name not in rows:
            known = ", ".join(sorted(marketing_actions(rules.playbook)))
            raise UsageError(f"--holdout: there is no action {name!r}", f"Actions are {known}.")
        if name not in marketing_actions(rules.playbook):
            raise UsageError(
                f"--holdout {name}: is a service, which has no holdout",
                "Only marketing can have a holdout.",
            )
    by_rows = {name: row.hold_out for name, row in rows.items() if row.hold_out}
    return replace(rules, holdout=replace(asked, shares={**by_rows, **asked.shares}))


def with_results(rules: Rules, results: Mapping[str, Mapping[str, Any]]) -> Rules:
    """The rules without the rows that the `verdict` on their action's last result disables."""
    verdicts = {name: result.get("verdict") for name, result in results.items()}
    rows = tuple(row for row in rules.playbook if row.allows_verdict(verdicts.get(row.label)))
    return replace(rules, playbook=rows, results=results)


def marketing_actions(playbook: Iterable[Action]) -> frozenset[str]:
    """The actions that may have a holdout: those without a row of service."""
    rows = list(playbook)
    services = {row.label for row in rows if not row.is_marketing}
    return frozenset(row.label for row in rows) - services


def parse_holdouts(texts: Sequence[str], salt: str | None = None) -> HoldoutRules:
    """Parse `10%` and `ACTION=10%` of the command line.

    Raises UsageError where one is not a share, or a holdout is given twice.
    """
    shares: dict[str, Decimal] = {}
    for text in texts:
        name, _, part = text.rpartition("=")
        lot = name.strip() if "=" in text else ALL_MARKETING
        share = parse_share(part)
        if share is None or not lot:
            raise UsageError(
                f"--holdout {text}: is no share", "Write it as 10%, or as welcome=10%."
            )
        if lot in shares:
            raise UsageError(f"--holdout: {lot} is given twice", "Give each lot once.")
        shares[lot] = share
    if salt is not None and not (salt and salt.isprintable()):
        raise UsageError("--holdout-salt: says nothing", "Give it a word, or leave it out.")
    return HoldoutRules(shares) if salt is None else HoldoutRules(shares, salt)


def parse_share(text: str) -> Decimal | None:
    """A percentage above 0 and below 100 as a share; None for any other text."""
    match = _SHARE.fullmatch(text)
    share = Decimal(match[1]) / 100 if match else Decimal()
    return share.normalize() if share else None


def parse_hold_out(value: Unchecked, where: str) -> tuple[bool, Decimal | None]:
    """Parse `hold_out` of a row: whether it may have a holdout, and the share it always has."""
    if value is None or value is False:
        return value is None, None
    share = parse_share(value) if isinstance(value, str) else None
    if share is None:
        raise RulesError(f'{where}: false, or a share such as "10%"')
    return True, share
