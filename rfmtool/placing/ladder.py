"""The rung of each customer on the loyalty ladder, and the reason for it as text.

The ladder is Payne & Christopher's, in Griffin's form. Orders alone prove no more than a client: a
supporter or an advocate recommends the shop, which orders do not show. They can only suggest a
supporter: a candidate, promoted where proxies are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.frames import with_columns
from rfmtool.placing.evidence_columns import tables_for
from rfmtool.placing.matching import RuleIndices, first_match, flag_mask, labels_at
from rfmtool.rules import Rung

CANDIDATE: Final = "supporter"
_PROVEN_BY_ORDERS: Final = "behaviour"
_BY_PROXY: Final = "proxy"
_PROMOTING_TABLES: Final = ("referrals", "feedback")


def assign_stages(
    customers: pd.DataFrame,
    rungs: Sequence[Rung],
    supplied: Collection[str] = (),
    *,
    allow_proxy: bool = False,
    in_words: bool = True,
) -> pd.DataFrame:
    """Add `stage`, `stage_evidence`, `stage_reason` and `candidate`.

    Reads the columns that the rungs name: order_days, first_order_on, sales, refunds, those of
    `add_evidence_columns`, and `looks_like_supporter` of `add_candidates`. `candidate` is missing
    for customers whose rung is proven by more than orders. `supplied` are the names of the evidence
    tables. With `allow_proxy` orders alone can make a supporter; `stage_reason`, which takes time,
    is added only `in_words`.
    """
    suggested = flag_mask(customers, "looks_like_supporter")
    by_orders = np.array([rung.evidence in (_PROVEN_BY_ORDERS, _BY_PROXY) for rung in rungs])
    places = first_match(customers.assign(by_proxy=suggested) if allow_proxy else customers, rungs)
    is_candidate = pa.array(suggested & by_orders[places])
    candidates = pc.if_else(is_candidate, CANDIDATE, None)
    added = {
        "stage": labels_at(places, [rung.label for rung in rungs]),
        "stage_evidence": labels_at(places, [rung.evidence for rung in rungs]),
        **({"stage_reason": _reasons(customers, rungs, places, supplied)} if in_words else {}),
        "candidate": candidates.to_pandas().array,
    }
    return with_columns(customers, added)


def missing_evidence_note(above: Sequence[Rung], supplied: Collection[str]) -> str:
    """What to add to a reason by orders if tables that the rungs above use are missing."""
    used = set().union(*(tables_for(rung) for rung in above))
    promoting = [name for name in _PROMOTING_TABLES if name in used]
    missing = [name for name in promoting if name not in supplied]
    if not missing:
        return ""
    end = "so not assessed higher" if missing == promoting else "so assessed without"
    return f"; no {' or '.join(missing)} supplied, {end}"


def _reasons(
    customers: pd.DataFrame, rungs: Sequence[Rung], places: RuleIndices, supplied: Collection[str]
) -> pd.Series[str]:
    places_by_rung = [np.flatnonzero(places == place) for place in range(len(rungs))]
    templates = " ".join(rung.because for rung in rungs)
    quoted = customers[[name for name in customers.columns if f"{{{name}}}" in templates]]
    texts = [
        _reason_texts(quoted.iloc[rows], rung, missing_evidence_note(rungs[:place], supplied))
        for place, (rung, rows) in enumerate(zip(rungs, places_by_rung, strict=True))
        if len(rows)
    ]
    if not texts:
        return pd.Series(index=customers.index, dtype="str")
    order = np.argsort(np.concatenate(places_by_rung), kind="stable")
    reasons: pd.Series[str] = pa.concat_arrays(texts).take(pa.array(order)).to_pandas()
    return reasons.set_axis(customers.index)


def _reason_texts(customers: pd.DataFrame, rung: Rung, note: str) -> pa.Array:
    """`stage: because` for each customer, with the columns in braces filled in."""
    template = f"{rung.label}: {rung.because}"
    if rung.evidence == _PROVEN_BY_ORDERS:
        template += note
    known = re.sub(r"\{(\w+)\}", lambda name: name[0] if name[1] in customers else "", template)
    first, *parts = re.split(r"\{(\w+)\}", known)
    if not parts:
        return pa.repeat(pa.scalar(first, pa.large_string()), len(customers))
    texts = [
        _column_texts(customers[name], first * (place == 0), words)
        for place, (name, words) in enumerate(zip(parts[::2], parts[1::2], strict=True))
    ]
    return pc.binary_join_element_wise(*texts, pa.scalar("", pa.large_string()))


def _column_texts(column: pd.Series[Any], before: str, after: str) -> pa.Array:
    """The cells of a column between two texts; each distinct cell is formatted once."""
    values, missing = pa.array(column, from_pandas=True), ""
    if pa.types.is_timestamp(values.type):
        values, missing = pc.cast(values, pa.date32()), "an unknown day"
    encoded = pc.dictionary_encode(values, null_encoding="encode")
    distinct = pc.cast(encoded.dictionary, pa.string()).fill_null(missing).to_pylist()
    texts = pa.array([f"{before}{text}{after}" for text in distinct], pa.large_string())
    return texts.take(encoded.indices)
