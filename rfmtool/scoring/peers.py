"""Who is compared with whom: buyers alike in what contacts say and in how long they have bought.

A group of peers is named by the beginning of (attribute, ..., tenure band): the whole of it where
enough buyers share it, less of it otherwise, and nothing at all for everyone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        rows = []
        for codes, groups in _prefixes(buyers, self.attributes, self.tenure_cuts, as_of_day):
            length = len(groups[0]) if groups else -1
            named = {one: place for place, one in enumerate(self.groups) if len(one) == length}
            places = np.array([named.get(group, -1) for group in groups], dtype=np.int32)
            rows.append(places[codes])
        return np.stack(rows[::-1])


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
    if not len(buyers):
        return Peers(present, quantile_cuts(np.empty(0, dtype=np.int64), TENURE_BANDS), ((),))
    cuts = quantile_cuts(tenure_days(buyers, as_of_day), TENURE_BANDS)
    found: list[Group] = []
    for codes, groups in _prefixes(buyers, present, cuts, as_of_day):
        sizes = np.bincount(codes, minlength=len(groups)).tolist()
        enough = (group for group, size in zip(groups, sizes, strict=True) if size >= min_peers)
        found = [*sorted(filter(None, enough)), *found]  # but for everyone, who come last
    return Peers(present, cuts, (*found, ()))


def most_specific_groups(memberships: Ints) -> Ints:
    """The most specific group of each buyer."""
    rows = (memberships >= 0).argmax(axis=0)
    nearest: Ints = memberships[rows, np.arange(memberships.shape[1])]
    return nearest


def tenure_days(buyers: pd.DataFrame, as_of_day: int) -> Ints:
    """Days since the first order that counts."""
    first = buyers["first_order_on"].to_numpy(dtype="datetime64[D]")
    return as_of_day - first.astype(np.int64)


def _prefixes(
    buyers: pd.DataFrame, attributes: Sequence[str], tenure_cuts: Sequence[int], as_of_day: int
) -> Iterator[tuple[Ints, list[Group]]]:
    """What buyers share by the beginnings of (attribute, ..., tenure band), the shortest first.

    Yields:
        For each length from 0 on: the place of each buyer's group, and the groups that occur.
    """
    codes: Ints = np.zeros(len(buyers), dtype=np.int64)
    groups: list[Group] = [()] if len(buyers) else []
    yield codes, groups
    for name in (*attributes, None):
        own: Ints = np.zeros(1, dtype=np.int64)
        labels: Sequence[str] = [""]
        if name is None:
            own = np.searchsorted(np.array(tenure_cuts), tenure_days(buyers, as_of_day))
            labels = [str(band) for band in range(1, len(tenure_cuts) + 2)]
        elif name in buyers:
            own, texts = pd.factorize(buyers[name].astype("str").fillna(""))
            labels = texts.to_list()
        codes *= len(labels)
        codes += own
        codes, pairs = pd.factorize(codes)
        begun = np.divmod(pairs, len(labels))
        groups = [(*groups[place], str(labels[label])) for place, label in zip(*begun, strict=True)]
        yield codes, groups
