"""By what each person can be reached, and what they have refused."""

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
"""The column that a channel cannot do without; others need none."""
_CLOSED_BY_NO: Final = ("email", "sms", "whatsapp")
CONTACT_COLUMNS: Final = ("email", "phone")
"""The two ways to reach customers that have lists of their own."""
CALL_CHANNELS: Final = ("phone", "call")


def consent_masks(customers: pd.DataFrame) -> tuple[Mask, Mask]:
    """Who said yes, and who said no; who is in neither never said, or nobody knows."""
    if "consent" not in customers:
        nobody = np.zeros(len(customers), dtype=bool)
        return nobody, nobody
    cells = pa.array(customers["consent"].astype("str"), from_pandas=True)
    return matches_any(cells, CONSENTS), matches_any(cells, REFUSALS)


def contacts_known(columns: Container[str]) -> bool:
    """Whether anything is known of how to reach customers, by the columns there are."""
    return any(route in columns for route in CONTACT_COLUMNS)


def is_filled(customers: pd.DataFrame, column: str) -> Mask:
    """Who has something in a column that there may not be."""
    if column not in customers:
        return np.zeros(len(customers), dtype=bool)
    return np.asarray(customers[column].fillna("").str.strip().ne("").to_numpy(dtype=bool))


def first_open_channels(
    customers: pd.DataFrame, places: Ints, playbook: Sequence[Action], closed: Mapping[str, Mask]
) -> pd.Categorical[Any]:
    """The first channel of everybody's row that reaches them and that they have not refused.

    Where no address and no number is known at all, whether it reaches them is left open. Reads
    email, phone and consent where there are such columns; `closed` says by channel who is no longer
    to be reached by it.
    """
    ways = list(dict.fromkeys(one for row in playbook for one in row.channels))
    is_marketing = np.array([row.is_marketing for row in playbook])[places]
    refused, known = consent_masks(customers)[1], contacts_known(customers)
    open_to = []
    for way in ways:
        shut = closed.get(way, np.zeros(len(customers), dtype=bool))
        shut = (shut | refused if way in _CLOSED_BY_NO else shut) & is_marketing
        open_to.append(
            ~shut
            & (
                is_filled(customers, ADDRESS_COLUMNS[way])
                if known and way in ADDRESS_COLUMNS
                else True
            )
        )
    chosen = np.full(len(customers), len(ways))
    for step in reversed(range(max(len(row.channels) for row in playbook))):
        offered = [
            ways.index(row.channels[step]) if step < len(row.channels) else -1 for row in playbook
        ]
        for at, is_open in enumerate(open_to):
            chosen[(np.array(offered)[places] == at) & is_open] = at
    return labels_at(chosen, [*ways, ""])
