"""What each customer buys most, bought last, and is likely to buy next, in categories."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.analyses.affinity import suggested_rules
from rfmtool.arrays import Ints


def category_preferences(spends: pd.DataFrame, count: int) -> pd.DataFrame:
    """Each customer's favourite, last and next category.

    A category counts where its spend less refunds is above 0. Of several bought last on one day,
    the one with the highest spend is taken, and of equals the first by name. Reads
    `engines.CATEGORIES` as a frame: owner, category (categorical), net, last_day.

    Returns:
        One row per customer: favourite_category, last_category, next_category (`analyses.affinity`)
        and next_category_lift (times as many as of everybody); missing where there is none.
    """
    bought = spends[(spends["net"] > 0).to_numpy() & spends["category"].notna().to_numpy()]
    owner = bought["owner"].to_numpy(dtype=np.int64)
    codes = bought["category"].cat.codes.to_numpy(dtype=np.int64)
    net, day = (bought[name].to_numpy(dtype=np.int64) for name in ("net", "last_day"))
    names = bought["category"].cat.categories

    def first_by(*keys: Ints) -> pd.Categorical:
        """The category of each owner that comes first by these keys, the last key first."""
        order = np.lexsort((codes, *keys, owner))
        rows = order[np.flatnonzero(np.diff(owner[order], prepend=-1))]
        chosen = np.full(count, -1)
        chosen[owner[rows]] = codes[rows]
        return pd.Categorical.from_codes(chosen, names)

    best, rules = suggested_rules(spends, count)
    lifts = np.array([*(round(rule.lift, 6) for rule in rules), np.nan])
    next_codes = names.get_indexer(pd.Index([rule.next for rule in rules], dtype=names.dtype))
    columns = {
        "favourite_category": first_by(np.negative(net)),
        "last_category": first_by(np.negative(net), np.negative(day)),
        "next_category": pd.Categorical.from_codes(np.append(next_codes, -1)[best], names),
        "next_category_lift": lifts[best],
    }
    return pd.DataFrame(columns)
