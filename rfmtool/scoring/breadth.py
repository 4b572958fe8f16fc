"""Category breadth: how many of the shop's categories a customer buys, and what the next is worth.

It complements the share of wallet, which is about money, while breadth is about needs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.scoring.peers import Peers, most_specific_groups


def add_breadth(
    customers: pd.DataFrame, spends: pd.DataFrame, peers: Peers, as_of_day: int
) -> pd.DataFrame:
    """Add the category breadth of each buyer, and the most valuable category they do not buy.

    A customer buys a category if their net spend in it is above 0; it is offered if anybody does.

    Reads frequency, first_order_on and the attributes of peers, who are fitted on these customers.
    `spends` has owner (place in customers), category (text, may be missing) and spend (net,
    1/10,000), one row for each pair.

    Returns:
        A new frame with category_breadth (bought / offered, six decimals), missing_category (text)
        and missing_category_value (Int64, 1/10,000: the share of peers who buy it x the median
        spend in it of all who do). All are missing for customers without orders, and the last two
        for those who buy all that their peers do.
    """
    owner = np.flatnonzero(customers["frequency"].to_numpy() > 0)
    memberships = peers.memberships(customers.iloc[owner], as_of_day)
    is_of_buyer = spends["owner"].isin(owner) & spends["category"].notna()
    kept = spends[is_of_buyer & (spends["spend"] > 0)]
    categories = pd.Categorical(kept["category"]).remove_unused_categories()
    names = categories.categories
    buyer, spend = np.searchsorted(owner, kept["owner"]), kept["spend"].to_numpy()
    bought = pd.DataFrame({"buyer": buyer, "category": categories.codes, "spend": spend})
    values = _category_values(bought, memberships)
    missing = _most_valuable_missing(bought, values, most_specific_groups(memberships))
    count = np.bincount(bought["buyer"], minlength=len(owner))
    category = missing["category"].to_numpy(dtype=np.int64, na_value=-1)
    added = {
        "category_breadth": np.round(count / (len(names) or np.nan), 6),
        "missing_category": pd.Series(names.astype("str")).reindex(category).array,
        "missing_category_value": missing["value"].array,
    }
    columns = pd.DataFrame(added, index=owner).reindex(np.arange(len(customers)))
    return customers.assign(**{str(name): column.array for name, column in columns.items()})


def _category_values(bought: pd.DataFrame, memberships: Ints) -> pd.DataFrame:
    """The expected spend of a group's member in each category that others of the group buy.

    Returns:
        group, category, value (1/10,000) and rank: 0 for the most valuable of its group.
    """
    sizes = np.bincount(memberships[memberships >= 0])
    groups = memberships[:, bought["buyer"].to_numpy()]
    category = np.broadcast_to(bought["category"].to_numpy(), groups.shape)
    pairs = pd.DataFrame({"group": groups.ravel(), "category": category.ravel()})
    pairs = pairs[pairs["group"] >= 0]
    values = pairs.groupby(["group", "category"]).size().rename("buyers").reset_index()
    median = bought.groupby("category")["spend"].median()
    share = values["buyers"] / sizes[values["group"]]
    value = np.rint(share * values["category"].map(median)).astype("int64")
    values = values.assign(value=value).sort_values(
        ["group", "value", "category"], ascending=[True, False, True], ignore_index=True
    )
    return values.assign(rank=values.groupby("group").cumcount())


def _most_valuable_missing(bought: pd.DataFrame, values: pd.DataFrame, group: Ints) -> pd.DataFrame:
    """For each buyer the category of the lowest rank that they do not buy, and its value."""
    owned = bought.assign(group=group[bought["buyer"]]).merge(values, on=["group", "category"])
    owned = owned.sort_values(["buyer", "rank"], ignore_index=True)
    # Ranks start at 0: while a buyer's go 0, 1, 2, ..., none is missing.
    is_unbroken = owned["rank"] == owned.groupby("buyer").cumcount()
    first_missing = np.bincount(owned["buyer"][is_unbroken], minlength=len(group))
    missing = pd.DataFrame({"group": group, "rank": first_missing})
    missing = missing.merge(values, on=["group", "rank"], how="left")
    return missing[["category", "value"]].astype("Int64")
