"""Who is compared with whom: buyers alike in what contacts say and in how long they have bought.

A group of peers is named by the beginning of (attribute, ..., tenure band): the whole of it where
enough buyers share it, less of it otherwise, and nothing at all for everyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.scoring.cuts import quantile_cuts

TENURE_BANDS: Final = 4

Group = tuple[str, ...]


@dataclass(frozen=True)
class Peers:
    """The groups of peers, the most specific first; the last one, (), is everyone.

    `tenure_cuts` part the tenure bands "1" (the newest) to "4", in days since the first order.
    A missing attribute reads as "", a value like any other.
    """

    attributes: tuple[str, ...]
    tenure_cuts: tuple[int, ...]
    groups: tuple[Group, ...]

    def memberships(self, buyers: pd.DataFrame, as_of_day: int) -> Ints:
        """Every group that each buyer is in, as places in `groups`.

        Args:
            buyers: frame with first_order_on and the attributes; one that it lacks is missing.
            as_of_day: the day that tenure is counted to, in days since 1970-01-01.

        Returns:
            One row for each length of a group's name, the longest first, and one column for each
            buyer; -1 where there is no such group.
        """
        keys = _keys(buyers, self.attributes, self.tenure_cuts, as_of_day)
        lengths = range(keys.shape[1], -1, -1)
        return np.stack([self._places(keys.iloc[:, :length]) for length in lengths])

    def _places(self, keys: pd.DataFrame) -> Ints:
        length = keys.shape[1]
        named = {group: place for place, group in enumerate(self.groups) if len(group) == length}
        if not length or not named:
            return np.full(len(keys), named.get((), -1), dtype=np.int64)
        known = pd.DataFrame(list(named), columns=keys.columns, dtype="str")
        found = keys.merge(known.assign(place=list(named.values())), how="left")
        return found["place"].fillna(-1).to_numpy(dtype=np.int64)


def fit_peers(
    buyers: pd.DataFrame, attributes: Sequence[str], min_peers: int, as_of_day: int
) -> Peers:
    """Find the groups with at least `min_peers` buyers; everyone is a group whatever their number.

    Args:
        buyers: frame with first_order_on and those of the attributes that are known.
        attributes: what peers have in common, the most important first.
        min_peers: how many buyers a group needs.
        as_of_day: the day that tenure is counted to, in days since 1970-01-01.
    """
    present = tuple(name for name in attributes if name in buyers)
    cuts = quantile_cuts(tenure_days(buyers, as_of_day), TENURE_BANDS)
    keys = _keys(buyers, present, cuts, as_of_day)
    groups: list[Group] = []
    for length in range(keys.shape[1], 0, -1):
        sizes = keys.iloc[:, :length].value_counts(sort=False).sort_index()
        groups += [tuple(group) for group in sizes.index[sizes.to_numpy() >= min_peers]]
    return Peers(present, cuts, (*groups, ()))


def closest(memberships: Ints) -> Ints:
    """The most specific group of each buyer."""
    rows = (memberships >= 0).argmax(axis=0)
    nearest: Ints = memberships[rows, np.arange(memberships.shape[1])]
    return nearest


def tenure_days(buyers: pd.DataFrame, as_of_day: int) -> Ints:
    """Days since the first order that counts."""
    first = buyers["first_order_on"].to_numpy(dtype="datetime64[D]")
    days: Ints = as_of_day - first.astype(np.int64)
    return days


def _keys(
    buyers: pd.DataFrame, attributes: Sequence[str], tenure_cuts: Sequence[int], as_of_day: int
) -> pd.DataFrame:
    """What peers share, as text, a column for each attribute and the last for the tenure band."""
    texts = [
        buyers[name].astype("str").fillna("").array
        if name in buyers
        else pd.array([""] * len(buyers), "str")
        for name in attributes
    ]
    names = pd.array([str(band) for band in range(1, len(tenure_cuts) + 2)], "str")
    bands = np.searchsorted(np.array(tenure_cuts), tenure_days(buyers, as_of_day))
    return pd.DataFrame(dict(enumerate([*texts, names.take(bands)])))
