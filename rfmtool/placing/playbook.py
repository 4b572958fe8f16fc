"""What to do for each person, by which channel, and who comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Mask
from rfmtool.placing.matching import first_match, labelled
from rfmtool.rules import Action
from rfmtool.scoring.timing import Timing

REFUSALS: Final = ("no", "false", "0")
"""A consent that says no, in small letters."""
_EMAIL: Final = "email"
_BY_VOICE: Final = ("phone", "call")
_REFUNDED_ONE_IN: Final = 4


def place_actions(
    people: pd.DataFrame,
    playbook: Sequence[Action],
    timing: Timing,
    closed: Mapping[str, Mask] | None = None,
) -> pd.DataFrame:
    """Add `action`, `priority` (1 = first) and `channel` (several joined by ", ", or empty).

    Reads the columns that the playbook names, and `consent` where there is one: who said no gets
    no e-mail.

    Args:
        people: one row per person.
        playbook: the rows in force.
        timing: what is usual.
        closed: by channel, who is no longer to be reached by it but for a service.
    """
    places = first_match(_with_signs(people, timing), playbook)
    return people.assign(
        action=labelled(places, [row.label for row in playbook]).set_axis(people.index),
        priority=np.array([row.priority for row in playbook])[places],
        channel=_channels(people, places, playbook, closed or {}),
    )


def _channels(
    people: pd.DataFrame,
    places: npt.NDArray[np.intp],
    playbook: Sequence[Action],
    closed: Mapping[str, Mask],
) -> pd.Series[str]:
    """The channels of everybody's row that are open to them."""
    ways = {name: mask for name, mask in closed.items() if name != _EMAIL}
    shut = {_EMAIL: _refused(people), "": closed.get(_EMAIL, _nobody(people)), **ways}
    bits = sum(mask.astype(np.int64) << at for at, mask in enumerate(shut.values()))
    kinds, codes = np.unique(places + len(playbook) * bits, return_inverse=True)
    texts = [
        _open(playbook[kind % len(playbook)], kind // len(playbook), [*shut]) for kind in kinds
    ]
    return labelled(codes, texts).set_axis(people.index)


def _open(row: Action, bits: int, names: Sequence[str]) -> str:
    """A row's channels but for those whose bits are set; a service minds consent alone."""
    refused = {name or _EMAIL for at, name in enumerate(names) if bits >> at & 1}
    if not row.is_marketing:
        refused = {_EMAIL} if bits & 1 else set()
    return ", ".join(one for one in row.channels if one not in refused)


def _nobody(people: pd.DataFrame) -> Mask:
    return np.zeros(len(people), dtype=bool)


def by_urgency(people: pd.DataFrame) -> pd.DataFrame:
    """Order people by priority, then by value at stake, the most first; equals stay as they are."""
    return people.sort_values(["priority", "monetary"], ascending=[True, False], kind="stable")


def call_queue(people: pd.DataFrame, calls: int) -> pd.DataFrame:
    """The most urgent people to ring up, as many as there is time for.

    Where telephone numbers are known, those without one are passed over.

    Args:
        people: one row per person; reads channel, priority, monetary, and phone where
            there is such a column.
        calls: how many at most.
    """
    spoken = [
        name for name in people["channel"].cat.categories if set(name.split(", ")) & set(_BY_VOICE)
    ]
    asked_for = people[people["channel"].isin(spoken)]
    if "phone" in people:
        asked_for = asked_for[asked_for["phone"].notna()]
    return by_urgency(asked_for).head(calls)


def _with_signs(people: pd.DataFrame, timing: Timing) -> pd.DataFrame:
    """Add what only the playbook asks: how long ago, and whether they cost more than they bring."""
    recency = people["recency_days"].to_numpy(dtype=np.int64, na_value=-1)
    sales, refunds = people["sales"].to_numpy(), people["refunds"].to_numpy()
    windows = timing.windows
    return people.assign(
        within_w50=(recency >= 0) & (recency <= windows.w50),
        past_w95=recency > windows.w95,
        loses_money=_loses_money(people),
        refund_heavy=(refunds > 0) & (_REFUNDED_ONE_IN * refunds >= sales),
    )


def _loses_money(people: pd.DataFrame) -> Mask:
    """Whether a known cost is above what they spent; never so where no cost is known."""
    if "cost" not in people:
        return _nobody(people)
    return people["cost"].gt(people["monetary"]).fillna(value=False).to_numpy(dtype=bool)


def _refused(people: pd.DataFrame) -> Mask:
    if "consent" not in people:
        return _nobody(people)
    return people["consent"].str.strip().str.lower().isin(REFUSALS).to_numpy()
