"""The wallet section: when a share is low or high, and who is compared with whom."""

from __future__ import annotations

from typing import Any

from rfmtool.columns import CUSTOMERS
from rfmtool.errors import RulesError
from rfmtool.rules.checking import is_number, only_known
from rfmtool.rules.values import WalletRules


def wallet_of(data: Any, where: str) -> WalletRules:  # noqa: ANN401 - unchecked input
    """Read the wallet section.

    Raises:
        RulesError: a key is unknown, or its value cannot be meant.
    """
    only_known(data, {"low", "high", "tau", "peers", "min_peers"}, where)
    shares = {key: data.get(key) for key in ("low", "high", "tau")}
    for key, share in shares.items():
        if not is_number(share) or not 0 < share < 1:
            raise RulesError(f"{where}.{key}: a number between 0 and 1")
    if shares["low"] >= shares["high"]:
        raise RulesError(f"{where}: low must be below high")
    fewest = data.get("min_peers")
    if type(fewest) is not int or fewest < 1:
        raise RulesError(f"{where}.min_peers: a whole number from 1 on")
    peers = _peers(data.get("peers"), f"{where}.peers")
    return WalletRules(**shares, peers=peers, min_peers=fewest)


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
