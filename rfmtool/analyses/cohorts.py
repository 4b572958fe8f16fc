"""Customers by the month of their first order: who still comes, and for how much."""

from __future__ import annotations

import numpy as np
import pandas as pd


def first_months(people: pd.DataFrame) -> pd.Series[str]:
    """The month of each customer's first order, as 2010-12; missing where no order counts."""
    months = people["first_order_on"].to_numpy().astype("datetime64[M]")
    distinct, places = np.unique(months, return_inverse=True)
    names = pd.Series(np.datetime_as_string(distinct), dtype="str").mask(np.isnat(distinct))
    return names.iloc[places].set_axis(people.index)
