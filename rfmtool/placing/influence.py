"""How influential customers are: their referrals, reviews and followers.

It is shown with complaints but does not order them: little influence makes nobody wait.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.frames import Frames
from rfmtool.placing.matching import column_equals

FOLLOWERS = "followers"
"""The optional column of the contacts with the number of followers."""


def describe_influence(evidence: Frames, places: Ints) -> list[str]:
    """The influence of the customers at these places as text; empty where none is known.

    Reads referrals, feedback and contacts, as far as they are supplied.
    """
    referrals = reviews = followers = pd.Series(dtype="int64")
    if "referrals" in evidence:
        rows = evidence["referrals"]
        rows = rows[rows["owner"] != rows["referred"]].drop_duplicates(["owner", "referred"])
        referrals = rows["owner"].value_counts()
    if "feedback" in evidence:
        rows = evidence["feedback"]
        reviews = rows.loc[column_equals(rows, "kind", "review"), "owner"].value_counts()
    if FOLLOWERS in evidence.get("contacts", ()):
        rows = evidence["contacts"]
        numbers = pd.to_numeric(rows[FOLLOWERS], errors="coerce").fillna(0).clip(0, 10**10)
        followers = numbers.set_axis(rows["owner"])
    known = {"named {:,}": referrals, "reviews {:,}": reviews, "followers {:,}": followers}
    counts = [
        (template, np.asarray(count.reindex(places).fillna(0), dtype=np.int64))
        for template, count in known.items()
    ]
    return [
        ", ".join(template.format(count[row]) for template, count in counts if count[row])
        for row in range(len(places))
    ]
