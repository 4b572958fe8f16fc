"""The rows of evidence that are kept in a run's folder, for explain, the call sheet and export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.days import date_from_day
from rfmtool.outputs.tables import to_table
from rfmtool.placing.contact_limits import opt_outs
from rfmtool.placing.matching import column_equals
from rfmtool.runs.finished import read_text_rows
from rfmtool.summaries.profitability import revenue_at_stake_table, rewards_table

if TYPE_CHECKING:
    import pandas as pd

    from rfmtool.standing import Standing

KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "needs": ("customer_id", "need", "asked_on", "met_on"),
    "introductions": ("from_id", "to_id", "introduced_on", "outcome"),
    "memberships": (
        "customer_id", "community", "joined_on", "left_on", "attended_on", "invited_by",
    ),
    "complaints": ("customer_id", "given_on", "resolved_on"),
    "refusals": ("customer_id", "contacted_on", "channel", "outcome"),
}  # fmt: skip
"""The tables that are kept, and their columns; what the shop found itself is from nobody."""
_PEOPLE: Final = {
    "customer_id": "owner", "to_id": "owner", "from_id": "giver", "invited_by": "inviter",
}  # fmt: skip
_REWARDS: Final = ("month", "customer_id", "bought", "revenue", "margin", "reward")
_STAKES: Final = ("customer_id", "stage", "brought", "own", "others", "low", "high")


def evidence_kept(result: Standing) -> dict[str, pa.Table]:
    """The rows of those in the run, by table and sorted; each only where it was supplied."""
    evidence, ids = result.grouped.evidence, result.grouped.table["customer_id"].combine_chunks()
    tables = {name: evidence[name] for name in KEPT if name in evidence}
    if "feedback" in evidence:
        said = evidence["feedback"]
        tables["complaints"] = said[column_equals(said, "kind", "complaint")]
    if "contacted" in evidence and len(refusals := opt_outs(evidence["contacted"])):
        tables["refusals"] = refusals.reindex(columns=["owner", *KEPT["refusals"]])
    found = {
        name: pa.table({column: _cells(rows, column, ids) for column in KEPT[name]})
        for name, rows in tables.items()
    }
    return {
        f"evidence/{name}": rows.sort_by([(column, "ascending") for column in KEPT[name]])
        for name, rows in found.items()
    }


def money_tables(result: Standing) -> dict[str, pa.Table]:
    """What each partner is due by month, and what hangs on each advocate and partner."""
    ids, found = result.grouped.table["customer_id"].combine_chunks(), {}
    due, stake = rewards_table(result), revenue_at_stake_table(result)
    if due is not None:
        named = due.assign(month=due["month"].map(lambda day: date_from_day(day).isoformat()[:7]),
                           customer_id=ids.take(pa.array(due["owner"])).to_pylist())  # fmt: skip
        found["rewards"] = to_table(named, _REWARDS, {*_REWARDS[3:]})
    if stake is not None:
        named = stake[0].assign(customer_id=ids.take(pa.array(stake[0]["owner"])).to_pylist())
        found["advocates"] = to_table(named, _STAKES, {*_STAKES[3:]})
    return found


def _cells(rows: pd.DataFrame, column: str, ids: pa.Array) -> pa.Array:
    if column in _PEOPLE:
        place = rows[_PEOPLE[column]].to_numpy(dtype=np.int64)
        return ids.take(pa.array(place, mask=place < 0))
    if column.endswith("_on"):
        return pa.array(rows[column], pa.int32(), from_pandas=True).cast(pa.date32())
    return pa.array(rows[column], pa.string(), from_pandas=True)


def read_customer_evidence(
    folder: Path, name: str, customer_id: str
) -> list[dict[str, Any]] | None:
    """The rows of a customer in a table that a run's folder keeps; None where it does not."""
    if (table := read_text_rows(folder, f"evidence/{name}.csv")) is None:
        return None
    mine = [
        pc.equal(table[column], customer_id)
        for column in table.column_names
        if column in _PEOPLE and column != "invited_by"
    ]
    keep = mine[0] if len(mine) == 1 else pc.or_kleene(*mine)
    rows: list[dict[str, Any]] = table.filter(keep).to_pylist()
    return rows
