"""The rung of the loyalty ladder each customer stands on, and why, in words.

The ladder is Payne & Christopher's, in Griffin's form. Transactions alone prove no more than a
client: what makes a supporter or an advocate is said and done outside the till.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.placing.matching import first_match, labelled
from rfmtool.rules import Rung
from rfmtool.scoring.customers import date_text

UNASSESSED: Final = "no referrals or feedback supplied, so not assessed higher"
_PROVEN_BY_ORDERS: Final = "behaviour"


def place_stages(people: pd.DataFrame, rungs: Sequence[Rung]) -> pd.DataFrame:
    """Add `stage`, `stage_evidence` and `stage_reason`.

    Reads the columns that the rungs name: order_days, first_order_on, sales, refunds and so on.
    """
    places = first_match(people, rungs)
    return people.assign(
        stage=labelled(places, [rung.label for rung in rungs]),
        stage_evidence=labelled(places, [rung.evidence for rung in rungs]),
        stage_reason=_reasons(people, rungs, places),
    )


def _reasons(
    people: pd.DataFrame, rungs: Sequence[Rung], places: npt.NDArray[np.intp]
) -> pd.Series[str]:
    members = [np.flatnonzero(places == place) for place in range(len(rungs))]
    texts = [_sentences(people.iloc[rows], rung) for rung, rows in zip(rungs, members, strict=True)]
    order = np.argsort(np.concatenate(members), kind="stable")
    reasons: pd.Series[str] = pa.concat_arrays(texts).take(pa.array(order)).to_pandas()
    return reasons.set_axis(people.index)


def _sentences(people: pd.DataFrame, rung: Rung) -> pa.Array:
    """`stage: because`, with the columns named in braces filled in for each customer."""
    because = f"{rung.label}: {rung.because}"
    if rung.evidence == _PROVEN_BY_ORDERS:
        because += f"; {UNASSESSED}"
    parts = re.split(r"\{(\w+)\}", because)
    filled = [
        _text(people[part]) if place % 2 else pa.scalar(part) for place, part in enumerate(parts)
    ]
    first = pa.array([""] * len(people), pa.string())  # so that even fixed words become a column
    return pc.binary_join_element_wise(first, *filled, "", null_handling="replace")


def _text(column: pd.Series[Any]) -> pa.Array:
    values = pa.array(column, from_pandas=True)
    if pa.types.is_timestamp(values.type):
        return date_text(pc.cast(values, pa.date32()))
    return pc.cast(values, pa.string())
