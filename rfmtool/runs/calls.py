"""The call sheet: what whoever picks up the telephone needs to know of each person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.days import dated
from rfmtool.placing.matching import holds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rfmtool.standing import Standing

_OF_PEOPLE: Final = (
    "last_order_on", "last_category", "favourite_category", "next_category", "usual_gap_days",
    "missing_category", "monetary", "expected_spend",
)  # fmt: skip
_FIRST: Final = ("customer_id", "name", "phone", "action", "what", "stage")
_LOWEST: Final = np.iinfo(np.int64).min


def call_sheet(result: Standing, places: Ints) -> pd.DataFrame:
    """A row for each of some people, in the order given; money in whole 1/10,000.

    Args:
        result: where everybody stands.
        places: of the people in its frame.
    """
    people, evidence = result.frame, result.grouped.evidence
    says = {row.label: row.say for row in reversed(result.rules.playbook)}
    rows = people.iloc[places]
    columns: dict[str, Any] = {name: rows[name] for name in _FIRST if name in rows}
    columns["what"] = rows["action"].astype("str").map(says).astype("str")
    columns |= {name: rows[name] for name in _OF_PEOPLE if name in rows}
    told = {
        **_complaints(people, evidence),
        **_referrals(people, evidence),
        **_contacts(people, evidence),
    }
    columns |= {name: pd.Series(column).iloc[places].array for name, column in told.items()}
    order = [name for name in (*_FIRST, *columns) if name in columns]
    return pd.DataFrame(columns, index=rows.index)[list(dict.fromkeys(order))]


def _complaints(
    people: pd.DataFrame, evidence: Mapping[str, pd.DataFrame]
) -> dict[str, pd.Series[Any]]:
    """The oldest open complaint of each: its day, and what it is about where that is known."""
    if "feedback" not in evidence:
        return {}
    found = {"open_complaint_on": people["open_complaint_on"]}
    table = evidence["feedback"]
    if "cause" in table:
        mine = table[holds(table, "kind", "complaint")]
        day = mine["given_on"].to_numpy(dtype=np.int64, na_value=_LOWEST)
        oldest = people["open_complaint_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
        owner = mine["owner"].to_numpy(dtype=np.int64)
        found["open_complaint_about"] = _texts(people, owner[day == oldest[owner]],
                                               mine["cause"][day == oldest[owner]])  # fmt: skip
    return found


def _referrals(
    people: pd.DataFrame, evidence: Mapping[str, pd.DataFrame]
) -> dict[str, pd.Series[Any]]:
    """Who recommended each of them, and whom they brought."""
    if "referrals" not in evidence:
        return {}
    table = evidence["referrals"]
    by, who = (table[name].to_numpy(dtype=np.int64) for name in ("owner", "referred"))
    other = by != who
    by, who = by[other], who[other]
    named = people["name"] if "name" in people else people["customer_id"]
    named = named.astype("str").where(named.notna(), people["customer_id"].astype("str"))
    return {
        "recommended_by": _texts(people, who, named.iloc[by]),
        "brought": _texts(people, by, named.iloc[who]),
    }


def _contacts(
    people: pd.DataFrame, evidence: Mapping[str, pd.DataFrame]
) -> dict[str, pd.Series[Any]]:
    """When each was last contacted, and what came of it."""
    if "contacted" not in evidence:
        return {}
    log = evidence["contacted"]
    owner = log["owner"].to_numpy(dtype=np.int64)
    day = log["contacted_on"].to_numpy(dtype=np.int64, na_value=_LOWEST)
    last = np.full(len(people), _LOWEST)
    np.maximum.at(last, owner, day)
    found = {"last_contacted_on": pd.Series(dated(last, last != _LOWEST), people.index)}
    if "outcome" in log:
        latest = day == last[owner]
        found["last_outcome"] = _texts(people, owner[latest], log["outcome"][latest])
    return found


def _texts(people: pd.DataFrame, owner: Ints, texts: pd.Series[Any]) -> pd.Series[Any]:
    """Each person's texts, sorted, each once, joined by a comma; missing where there is none."""
    rows = pd.DataFrame({"owner": owner, "text": texts.astype("str").to_numpy()}).dropna()
    rows = rows.drop_duplicates().sort_values(["owner", "text"], kind="stable")
    joined = rows.groupby("owner")["text"].agg(", ".join)
    return joined.reindex(np.arange(len(people))).astype("str").set_axis(people.index)
