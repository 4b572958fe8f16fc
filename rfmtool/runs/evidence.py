"""Evidence rows kept in the folder of a run, for `explain`, call sheets and `export`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.days import date_from_day
from rfmtool.grouping.people import PLACE_COLUMNS
from rfmtool.outputs.tables import to_table
from rfmtool.placing.contact_limits import opt_outs
from rfmtool.placing.matching import column_equals
from rfmtool.runs.finished import RunFolder
from rfmtool.summaries.profitability import revenue_at_stake_table, rewards_table

if TYPE_CHECKING:
    import pandas as pd

    from rfmtool.standing import Standing

KEPT_EVIDENCE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "needs": ("customer_id", "need", "asked_on", "met_on"),
    "introductions": ("from_id", "to_id", "introduced_on", "outcome"),
    "memberships": (
        "customer_id", "community", "joined_on", "left_on", "attended_on", "invited_by",
    ),
    "complaints": ("customer_id", "given_on", "resolved_on"),
    "refusals": ("customer_id", "contacted_on", "channel", "outcome"),
}  # fmt: skip
"""The tables that are kept, and their columns. `from_id` is empty where the shop introduced."""
_REWARDS: Final = ("month", "customer_id", "bought", "revenue", "margin", "reward")
_ADVOCATES: Final = ("customer_id", "stage", "brought", "own", "others", "low", "high")


def evidence_kept(result: Standing) -> dict[str, pa.Table]:
    """The kept rows by file name, sorted; only of tables that were supplied."""
    evidence, ids = result.grouped.evidence, result.grouped.table["customer_id"].combine_chunks()
    tables = {name: evidence[name] for name in KEPT_EVIDENCE_COLUMNS if name in evidence}
    if "feedback" in evidence:
        feedback = evidence["feedback"]
        tables["complaints"] = feedback[column_equals(feedback, "kind", "complaint")]
    if result.log is not None and len(refusals := opt_outs(result.log)):
        tables["refusals"] = refusals.reindex(columns=["owner", *KEPT_EVIDENCE_COLUMNS["refusals"]])
    return {
        f"evidence/{name}": pa.table(
            {column: _column(rows, column, ids) for column in KEPT_EVIDENCE_COLUMNS[name]}
        ).sort_by([(column, "ascending") for column in KEPT_EVIDENCE_COLUMNS[name]])
        for name, rows in tables.items()
    }


def money_tables(result: Standing) -> dict[str, pa.Table]:
    """The reward of each partner by month, and the revenue at stake with each advocate."""
    ids, tables = result.grouped.table["customer_id"].combine_chunks(), {}
    rewards, at_stake = rewards_table(result), revenue_at_stake_table(result)
    if rewards is not None:
        months = rewards["month"].map(lambda day: date_from_day(day).isoformat()[:7])
        owners = ids.take(pa.array(rewards["owner"])).to_pylist()
        rows = rewards.assign(month=months, customer_id=owners)
        tables["rewards"] = to_table(rows, _REWARDS, {*_REWARDS[3:]})
    if at_stake is not None:
        owners = ids.take(pa.array(at_stake[0]["owner"])).to_pylist()
        rows = at_stake[0].assign(customer_id=owners)
        tables["advocates"] = to_table(rows, _ADVOCATES, {*_ADVOCATES[3:]})
    return tables


def _column(rows: pd.DataFrame, column: str, ids: pa.Array) -> pa.Array:
    if column in PLACE_COLUMNS:
        places = rows[PLACE_COLUMNS[column]].to_numpy(dtype=np.int64)
        return ids.take(pa.array(places, mask=places < 0))
    if column.endswith("_on"):
        return pa.array(rows[column], pa.int32(), from_pandas=True).cast(pa.date32())
    return pa.array(rows[column], pa.string(), from_pandas=True)


def read_customer_evidence(run: RunFolder, name: str, id_: str) -> list[dict[str, Any]] | None:
    """The rows of a customer in a kept table; None where the folder does not have the table."""
    file = f"evidence/{name}.csv"
    if file not in run.digests:
        return None
    table, columns = run.text_table(file), {*PLACE_COLUMNS} - {"invited_by"}
    matches = [pc.equal(table[name], id_) for name in table.column_names if name in columns]
    keep = matches[0] if len(matches) == 1 else pc.or_kleene(*matches)
    rows: list[dict[str, Any]] = table.filter(keep).to_pylist()
    return rows
