"""Peer groups: buyers with equal attributes from the contacts and similar tenure.

A group is identified by a prefix of (attribute, ..., tenure band): as long a one as enough buyers
share. The empty prefix is everyone.
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
    """The peer groups, the most specific first; the last one, (), is everyone.

    `tenure_cuts` separate the tenure bands "1" (the newest) to "4", in days since the first order.
    A missing attribute is "", a value like any other.
    """

    attributes: tuple[str, ...]
    tenure_cuts: tuple[int, ...]
    groups: tuple[Group, ...]

    def memberships(self, buyers: pd.DataFrame, as_of_day: int) -> Ints:
        """All groups of each buyer, as places in `groups`.

        Reads first_order_on and the attributes, some of which may be missing. Tenure is counted to
        as_of_day, in days since 1970-01-01.

        Returns:
            One row for each length of prefix, the longest first, and one column for each buyer; -1
            where there is no such group.
        """
        rows = []
        for codes, groups in _prefixes(buyers, self.attributes, self.tenure_cuts, as_of_day):
            length = len(groups[0]) if groups else -1
            known = {
                group: place for place, group in enumerate(self.groups) if len(group) == length
            }
            places = np.array([known.get(group, -1) for group in groups], dtype=np.int32)
            rows.append(places[codes])
        return np.stack(rows[::-1])


def fit_peers(
    buyers: pd.DataFrame, attributes: Sequence[str], min_peers: int, as_of_day: int
) -> Peers:
    """Find the groups with at least `min_peers` buyers; everyone is a group whatever its size.

    `attributes` are what peers have in common, the most important first; some may be missing.
    Reads first_order_on; tenure is counted to as_of_day, in days since 1970-01-01.
    """
    present = tuple(name for name in attributes if name in buyers)
    if not len(buyers):
        return Peers(present, quantile_cuts(np.empty(0, dtype=np.int64), TENURE_BANDS), ((),))
    cuts = quantile_cuts(tenure_days(buyers, as_of_day), TENURE_BANDS)
    kept: list[Group] = []
    for codes, groups in _prefixes(buyers, present, cuts, as_of_day):
        sizes = np.bincount(codes, minlength=len(groups)).tolist()
        large = (group for group, size in zip(groups, sizes, strict=True) if size >= min_peers)
        kept = [*sorted(filter(None, large)), *kept]  # without (), which comes last
    return Peers(present, cuts, (*kept, ()))


def most_specific_groups(memberships: Ints) -> Ints:
    """The most specific group of each buyer."""
    rows = (memberships >= 0).argmax(axis=0)
    return np.asarray(memberships[rows, np.arange(memberships.shape[1])])


def tenure_days(buyers: pd.DataFrame, as_of_day: int) -> Ints:
    """Days since the first counting order."""
    first = buyers["first_order_on"].to_numpy(dtype="datetime64[D]")
    return as_of_day - first.astype(np.int64)


def _prefixes(
    buyers: pd.DataFrame, attributes: Sequence[str], tenure_cuts: Sequence[int], as_of_day: int
) -> Iterator[tuple[Ints, list[Group]]]:
    """The prefixes of buyers' (attribute, ..., tenure band), the shortest first.

    Yields:
        For each length from 0 on: the code of each buyer's prefix, and the prefixes by code.
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
        split = zip(*np.divmod(pairs, len(labels)), strict=True)
        groups = [(*groups[prefix], str(labels[label])) for prefix, label in split]
        yield codes, groups
