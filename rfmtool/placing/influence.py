"""To whom others listen: whom they named, the reviews they wrote, and who follows them.

It says something of a complaint and orders none: nobody waits because few listen to them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.placing.matching import column_equals

FOLLOWERS = "followers"
"""The column of the contacts that counts them, where there is one."""


def describe_influence(evidence: Mapping[str, pd.DataFrame], places: Ints) -> list[str]:
    """The reach of the customers at some places in words, empty of whom none is known.

    It is told by referrals, feedback and contacts, as far as they are supplied.
    """
    named = reviews = followers = _of(pd.Series(dtype="int64"), places)
    if "referrals" in evidence:
        rows = evidence["referrals"]
        rows = rows[rows["owner"] != rows["referred"]].drop_duplicates(["owner", "referred"])
        named = _of(rows["owner"].value_counts(), places)
    if "feedback" in evidence:
        rows = evidence["feedback"]
        reviews = _of(
            rows.loc[column_equals(rows, "kind", "review"), "owner"].value_counts(), places
        )
    if FOLLOWERS in evidence.get("contacts", ()):
        rows = evidence["contacts"]
        many = pd.to_numeric(rows[FOLLOWERS], errors="coerce").fillna(0).clip(0, 10**10)
        followers = _of(many.set_axis(rows["owner"]), places)
    told = [(named, "named {:,}"), (reviews, "reviews {:,}"), (followers, "followers {:,}")]
    return [
        ", ".join(words.format(count[at]) for count, words in told if count[at])
        for at in range(len(places))
    ]


def _of(counts: pd.Series[int], places: Ints) -> Ints:
    return np.asarray(counts.reindex(places).fillna(0), dtype=np.int64)
