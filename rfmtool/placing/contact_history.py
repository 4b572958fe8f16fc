"""What a caller should know about a customer: complaints, referrals, the last contact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool.arrays import Mask
from rfmtool.days import UNKNOWN_DAY, integer_column, latest_days, to_datetimes
from rfmtool.frames import Frames
from rfmtool.placing.matching import column_equals


def contact_history(ids: pa.Array, evidence: Frames, as_of_day: int) -> dict[str, Any]:
    """The contact history columns of the tables that were supplied, from rows up to as_of_day.

    Returns:
        open_complaint_cause from feedback with causes; recommended_by and brought, which are ids,
        from referrals; last_contacted_on, last_contacted_for and last_outcome from the contact log.
        Several values are joined with commas.
    """
    columns: dict[str, Any] = {}
    if "cause" in (feedback := evidence.get("feedback", pd.DataFrame())):
        given, resolved = (integer_column(feedback, name) for name in ("given_on", "resolved_on"))
        is_open = column_equals(feedback, "kind", "complaint") & (given <= as_of_day)
        is_open &= (resolved == UNKNOWN_DAY) | (resolved > as_of_day)
        columns["open_complaint_cause"] = _joined_texts(feedback, "cause", is_open, len(ids))
    if "referrals" in evidence:
        columns |= referral_names(ids, evidence["referrals"], as_of_day)
    if "contacted" in evidence:
        log, day = evidence["contacted"], integer_column(evidence["contacted"], "contacted_on")
        owner = log["owner"].to_numpy(dtype=np.int64)
        known = (day <= as_of_day) & (day != UNKNOWN_DAY)
        last_day = latest_days(owner[known], day[known], len(ids))
        is_last = known & (day == last_day[owner])
        columns["last_contacted_on"] = to_datetimes(last_day, last_day != UNKNOWN_DAY)
        columns["last_contacted_for"] = _joined_texts(log, "action", is_last, len(ids))
        columns["last_outcome"] = _joined_texts(log, "outcome", is_last, len(ids))
    return columns


def referral_names(labels: pa.Array, referrals: pd.DataFrame, as_of_day: int) -> dict[str, Any]:
    """Who referred each customer, and whom they referred: recommended_by and brought, as labels."""
    not_self = referrals["owner"].ne(referrals["referred"]).to_numpy(dtype=bool)
    known = (integer_column(referrals, "referred_on") <= as_of_day) & not_self
    columns = {}
    sides = (("recommended_by", "referred", "owner"), ("brought", "owner", "referred"))
    for column, owner, named in sides:
        names = labels.take(pa.array(referrals[named].to_numpy(dtype=np.int64))).to_pandas()
        rows = pd.DataFrame({"owner": referrals[owner].to_numpy(), "name": names})
        columns[column] = _joined_texts(rows, "name", known, len(labels))
    return columns


def _joined_texts(table: pd.DataFrame, column: str, rows: Mask, count: int) -> pd.Series[str]:
    """The distinct texts of each customer in these rows, sorted and joined with commas."""
    if column not in table:
        return pd.Series(None, index=range(count), dtype="str")
    texts = table.loc[rows, ["owner", column]].dropna().astype({column: "str"})
    texts = texts[texts[column].ne("")].drop_duplicates().sort_values(["owner", column])
    has_several = texts["owner"].duplicated(keep=False)
    joined = texts[has_several].groupby("owner")[column].agg(", ".join)
    # Most customers have a single text, and joining is slow.
    single = texts[~has_several].set_index("owner")[column]
    result: pd.Series[str] = pd.concat([single, joined]).astype("str").reindex(range(count))
    return result
