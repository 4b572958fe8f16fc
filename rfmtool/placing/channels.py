"""The channels by which each customer can be reached, and their consent."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool.arrays import Ints, Mask
from rfmtool.placing.matching import labels_at
from rfmtool.rules import Action
from rfmtool.sources.consents import CONSENTS, REFUSALS, matches_any

ADDRESS_COLUMNS: Final[Mapping[str, str]] = {
    "email": "email", "phone": "phone", "call": "phone", "sms": "phone", "whatsapp": "phone",
}  # fmt: skip
"""The address column that a channel needs; other channels need none."""
_NEEDING_CONSENT: Final = ("email", "sms", "whatsapp")
ADDRESS_KINDS: Final = ("email", "phone")
"""The contact columns that have lists of their own."""
_ADDRESS_PATTERNS: Final = {"email": r"\S@\S", "phone": r"(?:\d\D*){5}"}
"""What addresses hold at least, where other cells, such as `-` or `n/a`, say that there is none."""
CALL_CHANNELS: Final = ("phone", "call")


def consent_masks(customers: pd.DataFrame) -> tuple[Mask, Mask]:
    """Which customers gave consent, and which refused it; neither where it is unknown."""
    if "consent" not in customers:
        nobody = np.zeros(len(customers), dtype=bool)
        return nobody, nobody
    cells = pa.array(customers["consent"].astype("str"), from_pandas=True)
    return matches_any(cells, CONSENTS), matches_any(cells, REFUSALS)


def contacts_known(columns: Container[str]) -> bool:
    """Whether any contact column is among the columns."""
    return any(name in columns for name in ADDRESS_KINDS)


def has_address(customers: pd.DataFrame, column: str) -> Mask:
    """Which cells of a column of ADDRESS_KINDS are addresses; False where it is missing."""
    if column not in customers:
        return np.zeros(len(customers), dtype=bool)
    found = customers[column].astype("str").str.contains(_ADDRESS_PATTERNS[column], na=False)
    return np.asarray(found.to_numpy(dtype=bool))


def first_open_channels(
    customers: pd.DataFrame, places: Ints, playbook: Sequence[Action], closed: Mapping[str, Mask]
) -> pd.Categorical[Any]:
    """The first channel of each customer's playbook row that reaches them and is not refused.

    Without any contact columns, customers count as reachable. Reads email, phone and consent if
    present; `places` are rows of the playbook, `closed` has by channel who opted out.
    """
    channels = list(dict.fromkeys(channel for row in playbook for channel in row.channels))
    is_marketing = np.array([row.is_marketing for row in playbook])[places]
    refused, known = consent_masks(customers)[1], contacts_known(customers)
    open_masks = []
    for channel in channels:
        barred = closed.get(channel, np.zeros(len(customers), dtype=bool))
        barred = (barred | refused if channel in _NEEDING_CONSENT else barred) & is_marketing
        is_open = ~barred
        if known and channel in ADDRESS_COLUMNS:
            is_open &= has_address(customers, ADDRESS_COLUMNS[channel])
        open_masks.append(is_open)
    chosen = np.full(len(customers), len(channels))
    for rank in reversed(range(max(len(row.channels) for row in playbook))):
        offered = [
            channels.index(row.channels[rank]) if rank < len(row.channels) else -1
            for row in playbook
        ]
        for code, is_open in enumerate(open_masks):
            chosen[(np.array(offered)[places] == code) & is_open] = code
    return labels_at(chosen, [*channels, ""])
