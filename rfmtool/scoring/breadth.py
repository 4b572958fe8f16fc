"""Category breadth: how many of the shop's categories a customer buys, and what the next is worth.

Stands beside the share of wallet, not in its place: the one is about money, the other about needs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.scoring.peers import Peers, most_specific_groups


def add_breadth(
    customers: pd.DataFrame, spends: pd.DataFrame, peers: Peers, as_of_day: int
) -> pd.DataFrame:
    """Add how broadly each buyer buys, and the category they lack that is worth most.

    A category is bought by who spends more than nothing in it, and offered where anybody bought it.

    Args:
        customers: frame with frequency, first_order_on and the peers' attributes.
        spends: frame with owner (place in customers), category (text; missing: none is named) and
            spend (net, 1/10,000), one row for each pair.
        peers: the groups of buyers alike, fitted on these customers.
        as_of_day: the day that tenure is counted to, in days since 1970-01-01.

    Returns:
        A new frame with category_breadth (bought / offered, six decimals), missing_category (text)
        and missing_category_value (Int64, 1/10,000: the share of peers who buy it x the median
        spend in it of all who do). All are missing for who never bought, and the last two for who
        lacks nothing that a peer buys.
    """
    owner = np.flatnonzero(customers["frequency"].to_numpy() > 0)
    memberships = peers.memberships(customers.iloc[owner], as_of_day)
    is_buyers = spends["owner"].isin(owner) & spends["category"].notna()
    kept = spends[is_buyers & (spends["spend"] > 0)]
    categories = pd.Categorical(kept["category"]).remove_unused_categories()
    names = categories.categories
    bought = pd.DataFrame(
        {
            "buyer": np.searchsorted(owner, kept["owner"]),
            "category": categories.codes,
            "spend": kept["spend"].to_numpy(),
        }
    )
    worth = _worth(bought, memberships)
    missing = _most_valuable_missing(bought, worth, most_specific_groups(memberships))
    count = np.bincount(bought["buyer"], minlength=len(owner))
    category = missing["category"].to_numpy(dtype=np.int64, na_value=-1)
    found = pd.DataFrame(
        {
            "category_breadth": np.round(count / (len(names) or np.nan), 6),
            "missing_category": pd.Series(names.astype("str")).reindex(category).array,
            "missing_category_value": missing["value"].array,
        },
        index=owner,
    )
    by_place = found.reindex(np.arange(len(customers)))
    return customers.assign(**{str(name): column.array for name, column in by_place.items()})


def _worth(bought: pd.DataFrame, memberships: Ints) -> pd.DataFrame:
    """What each category that a group's members buy is worth to one who does not yet.

    Returns:
        group, category, value (1/10,000) and rank: 0 for the most valuable of its group.
    """
    sizes = np.bincount(memberships[memberships >= 0])
    groups = memberships[:, bought["buyer"].to_numpy()]
    category = np.broadcast_to(bought["category"].to_numpy(), groups.shape)
    pairs = pd.DataFrame({"group": groups.ravel(), "category": category.ravel()})
    pairs = pairs[pairs["group"] >= 0]
    worth = pairs.groupby(["group", "category"]).size().rename("buyers").reset_index()
    median = bought.groupby("category")["spend"].median()
    share = worth["buyers"] / sizes[worth["group"]]
    value = np.rint(share * worth["category"].map(median)).astype("int64")
    worth = worth.assign(value=value).sort_values(
        ["group", "value", "category"], ascending=[True, False, True], ignore_index=True
    )
    return worth.assign(rank=worth.groupby("group").cumcount())


def _most_valuable_missing(bought: pd.DataFrame, worth: pd.DataFrame, group: Ints) -> pd.DataFrame:
    """The category of the best rank that each buyer lacks, and its value; missing if none is."""
    owned = bought.assign(group=group[bought["buyer"]]).merge(worth, on=["group", "category"])
    owned = owned.sort_values(["buyer", "rank"], ignore_index=True)
    # Ranks begin with 0: as long as they go 0, 1, 2, ... none before is lacking.
    unbroken = owned["rank"] == owned.groupby("buyer").cumcount()
    first_lacking = np.bincount(owned["buyer"][unbroken], minlength=len(group))
    lacking = pd.DataFrame({"group": group, "rank": first_lacking})
    found = lacking.merge(worth, on=["group", "rank"], how="left")
    return found[["category", "value"]].astype("Int64")
