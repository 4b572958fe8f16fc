"""What whoever calls a customer should know of them: complaints, friends, the last contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool.arrays import Mask
from rfmtool.days import UNKNOWN_DAY, integer_column, to_datetimes
from rfmtool.placing.matching import column_equals


def contact_history(
    ids: pa.Array, evidence: Mapping[str, pd.DataFrame], as_of_day: int
) -> dict[str, Any]:
    """Columns of everybody, of those tables that were supplied; missing where there is nothing.

    Args:
        ids: the customers, in their order.
        evidence: frames by table name; `owner` and `referred` are places among the customers, days
            count from 1970-01-01 and may be missing.
        as_of_day: in days since 1970-01-01; what is dated later is not known yet.

    Returns:
        open_complaint_cause of feedback that has causes; recommended_by and brought, which are ids,
        of referrals; last_contacted_on, last_contacted_for and last_outcome of the contact log.
        Several of a kind are told by name, with a comma between them.
    """
    found: dict[str, Any] = {}
    if "cause" in (feedback := evidence.get("feedback", pd.DataFrame())):
        given, resolved = (integer_column(feedback, name) for name in ("given_on", "resolved_on"))
        is_open = column_equals(feedback, "kind", "complaint") & (given <= as_of_day)
        is_open &= (resolved == UNKNOWN_DAY) | (resolved > as_of_day)
        found["open_complaint_cause"] = _texts(feedback, "cause", is_open, len(ids))
    if "referrals" in evidence:
        found |= referral_names(ids, evidence["referrals"], as_of_day)
    if "contacted" in evidence:
        log, day = evidence["contacted"], integer_column(evidence["contacted"], "contacted_on")
        owner = log["owner"].to_numpy(dtype=np.int64)
        last = np.full(len(ids), UNKNOWN_DAY)
        known = (day <= as_of_day) & (day != UNKNOWN_DAY)
        np.maximum.at(last, owner[known], day[known])
        latest = known & (day == last[owner])
        found["last_contacted_on"] = to_datetimes(last, last != UNKNOWN_DAY)
        found["last_contacted_for"] = _texts(log, "action", latest, len(ids))
        found["last_outcome"] = _texts(log, "outcome", latest, len(ids))
    return found


def referral_names(labels: pa.Array, referrals: pd.DataFrame, as_of_day: int) -> dict[str, Any]:
    """Who named each person, and whom they named: recommended_by and brought, by their labels."""
    other = referrals["owner"].ne(referrals["referred"]).to_numpy(dtype=bool)
    known = (integer_column(referrals, "referred_on") <= as_of_day) & other
    found = {}
    for column, of, told in (
        ("recommended_by", "referred", "owner"),
        ("brought", "owner", "referred"),
    ):
        names = labels.take(pa.array(referrals[told].to_numpy(dtype=np.int64))).to_pandas()
        rows = pd.DataFrame({"owner": referrals[of].to_numpy(), "name": names})
        found[column] = _texts(rows, "name", known, len(labels))
    return found


def _texts(table: pd.DataFrame, column: str, rows: Mask, count: int) -> pd.Series[str]:
    """The texts of each person in some rows, sorted, each once."""
    if column not in table:
        return pd.Series(None, index=range(count), dtype="str")
    told = table.loc[rows, ["owner", column]].dropna().astype({column: "str"})
    told = told[told[column].ne("")].drop_duplicates().sort_values(["owner", column])
    several = told["owner"].duplicated(keep=False)
    joined = told[several].groupby("owner")[column].agg(", ".join)
    # Most have one text alone, and joining is slow.
    alone = told[~several].set_index("owner")[column]
    texts: pd.Series[str] = pd.concat([alone, joined]).astype("str").reindex(range(count))
    return texts
