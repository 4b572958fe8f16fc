"""What each customer buys most, bought last, and is likely to buy next, in categories."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.analyses.affinity import suggested_rules
from rfmtool.arrays import Ints


def category_preferences(spends: pd.DataFrame, people: int) -> pd.DataFrame:
    """Each customer's categories, as far as they kept what they bought.

    A category counts for who spent more than nothing in it, refunds taken off. Of several that were
    bought last on one day the one with most spend is told, and of equals the first by name.

    Args:
        spends: `engines.CATEGORIES` as a frame: owner, category (categorical), net, last_day.
        people: how many customers there are.

    Returns:
        One row for each: favourite_category, last_category, next_category (`analyses.affinity`) and
        next_category_lift (times as many as of everybody); missing where there is none.
    """
    bought = spends[(spends["net"] > 0).to_numpy() & spends["category"].notna().to_numpy()]
    owner = bought["owner"].to_numpy(dtype=np.int64)
    codes = bought["category"].cat.codes.to_numpy(dtype=np.int64)
    net, day = (bought[name].to_numpy(dtype=np.int64) for name in ("net", "last_day"))
    names = bought["category"].cat.categories

    def first(*keys: Ints) -> pd.Categorical:
        """The category of each owner that comes first by these keys, the last one first."""
        order = np.lexsort((codes, *keys, owner))
        at = order[np.flatnonzero(np.diff(owner[order], prepend=-1))]
        chosen = np.full(people, -1)
        chosen[owner[at]] = codes[at]
        return pd.Categorical.from_codes(chosen, names)

    best, rules = suggested_rules(spends, people)
    lifts = np.array([*(round(rule.lift, 6) for rule in rules), np.nan])
    following = names.get_indexer(pd.Index([rule.next for rule in rules], dtype=names.dtype))
    return pd.DataFrame(
        {
            "favourite_category": first(np.negative(net)),
            "last_category": first(np.negative(net), np.negative(day)),
            "next_category": pd.Categorical.from_codes(np.append(following, -1)[best], names),
            "next_category_lift": lifts[best],
        }
    )
