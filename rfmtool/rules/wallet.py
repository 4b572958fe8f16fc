"""The wallet section: when a share is low or high, and who is compared with whom."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rfmtool.columns import CUSTOMERS
from rfmtool.errors import RulesError
from rfmtool.rules.checking import only_known
from rfmtool.rules.values import WalletRules


def wallet_of(data: Any, where: str) -> WalletRules:  # noqa: ANN401 - unchecked input
    """Read the wallet section.

    Raises:
        RulesError: a key is unknown, or its value cannot be meant.
    """
    only_known(data, {"low", "high", "tau", "peers", "min_peers"}, where)
    low, high, tau = (_share(data.get(key), f"{where}.{key}") for key in ("low", "high", "tau"))
    if low >= high:
        raise RulesError(f"{where}: low must be below high")
    fewest = data.get("min_peers")
    if type(fewest) is not int or fewest < 1:
        raise RulesError(f"{where}.min_peers: a whole number from 1 on")
    return WalletRules(low, high, tau, _peers(data.get("peers"), f"{where}.peers"), fewest)


def _share(value: Any, where: str) -> Decimal:  # noqa: ANN401 - unchecked input
    # TOML's nan cannot even be compared, so it is asked for first.
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 < value < 1:
        raise RulesError(f"{where}: a number between 0 and 1")
    return value


def _peers(names: Any, where: str) -> tuple[str, ...]:  # noqa: ANN401 - unchecked input
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise RulesError(f"{where}: a list of columns of the contacts")
    if len(set(names)) < len(names):
        raise RulesError(f"{where}: a column is named twice")
    ours = sorted(set(names) & set(CUSTOMERS))
    if ours:
        # Peers by own orders or spend would find everyone's wallet equal to their own spend.
        raise RulesError(
            f"{where}: {ours[0]} is what rfmtool measures, not what contacts say",
            "Name columns of the contacts table, such as country.",
        )
    return tuple(names)
