"""Explanation of one customer's scores, segment and rung, and what the next order would change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.columns import DIMENSIONS, MONEY
from rfmtool.money import UNITS_PER_CURRENCY, money_text
from rfmtool.placing.matching import first_match
from rfmtool.placing.segments import assign_segments
from rfmtool.rules import Rules, Rung
from rfmtool.scoring.scales import SCORED_COLUMNS, Scales
from rfmtool.scoring.scores import apply_scales, scales_for_customer

_ORDER_COLUMNS: Final = frozenset({"order_days", "frequency", "monetary", "sales", "refunds"})
"""Columns that an order changes; a rung with other conditions is not reached by ordering alone."""
_PROMOTING_TABLES: Final = frozenset({"contacts", "referrals", "feedback", "partners"})
"""The evidence tables that may put people on a rung that orders alone do not reach."""
_MIN_VALUES: Final = {"recency": 0, "frequency": 1}
"""The least value of a customer with scores."""
_CENT: Final = UNITS_PER_CURRENCY // 100


def explanation(
    person: pd.DataFrame,
    scales: Scales,
    rules: Rules,
    supplied: Collection[str] = (),
    shop_average: int = 0,
) -> dict[str, Any]:
    """Explain one customer.

    `person` is a frame of one row with the written columns, money in whole 1/10,000; `supplied` are
    the names of the evidence tables; `shop_average` is the average order, 0 where it is unknown.

    Returns:
        The written columns as plain values, money and dates as text, None where missing; by
        dimension the scores, the value each stands for, and the values at which it changes (None:
        it cannot), in days, orders or money as text; and the next step up, in words.
    """
    scales = scales_for_customer(person, scales)
    row = {name: _plain_value(name, person[name].iloc[0]) for name in person.columns}
    scores, climbs = {}, False
    step = "A first order that counts would make them a customer of ours"
    if row["frequency"]:
        scores = {name: _score(name, person, scales) for name in DIMENSIONS}
        after = _next_order(person, scales, rules, shop_average)
        climbs = after["stage"] != row["stage"]
        end = "" if _PROMOTING_TABLES.isdisjoint(supplied) else " or higher"
        step = _changes_text(row, after, f"{after['stage']}{end}" if climbs else None)
    stages = _stages(rules.ladder)
    above = stages[: stages.index(row["stage"])]
    if above and not climbs:
        proof = next(rung.proof for rung in rules.ladder if rung.label == above[-1])
        step += f". The next rung, {above[-1]}: {proof}"
    return {**row, "scores": scores, "next_step": f"{step}."}


def _changes_text(row: Mapping[str, Any], after: Mapping[str, Any], stage: str | None) -> str:
    """What one more order would change; `stage` is None where the rung stays the same."""
    pairs = (
        ("the rung", row["stage"], stage),
        ("the segment", row["segment"], after["segment"]),
        ("scores", row["rfm"], after["rfm"]),
    )
    gains = [f"{what} {new} (now {old})" for what, old, new in pairs if new not in (old, None)]
    if not gains:
        return "One more order would change neither rung, segment nor scores"
    amount = f"{Decimal(after['amount']) / UNITS_PER_CURRENCY:,.2f}"
    if after["amount"] % _CENT:
        amount = money_text(after["amount"])
    return f"One more order ({amount}, {after['size']}) would bring {', '.join(gains)}"


def _plain_value(column: str, value: Any) -> Any:  # noqa: ANN401 - any cell
    if pd.isna(value):
        return None
    if column in MONEY:
        return money_text(int(value))
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if column == "rfm_total" and float(value).is_integer():
        return int(value)  # a file does not say whether its weights were integers
    return value.item() if isinstance(value, np.generic) else value


def _score(name: str, person: pd.DataFrame, scales: Scales) -> dict[str, Any]:
    before = DIMENSIONS[: DIMENSIONS.index(name)]
    scale = scales[name].for_scores(tuple(int(person[f"{one}_score"].iloc[0]) for one in before))
    score = int(person[f"{name}_score"].iloc[0])
    low, high = scale.value_range(score, score)
    is_lower_better = scale.better == "lower"
    better, worse = (low, high) if is_lower_better else (high, low)
    step = -1 if is_lower_better else 1

    def shown(value: int | None) -> int | str | None:
        """Money as text; None where there is no such value."""
        if value is None or value < _MIN_VALUES.get(name, value):
            return None
        return money_text(value) if name == "monetary" else value

    return {
        "score": score,
        "bins": scale.bins,
        "value": shown(int(person[SCORED_COLUMNS[name]].iloc[0])),
        "next_better": shown(None if better is None else better + step),
        "next_worse": shown(None if worse is None else worse - step),
    }


def _next_order(
    person: pd.DataFrame, scales: Scales, rules: Rules, shop_average: int
) -> dict[str, Any]:
    """Stage (at least), segment and scores after one more order on another day.

    Its usual amount is in 1/10,000; the size is what that is taken from, in words.
    """
    refunds = int(person["refunds"].iloc[0])
    amount, size = _usual_amount(person, refunds, shop_average)
    monetary = int(person["monetary"].iloc[0]) + amount
    after = person[["customer_id"]].assign(
        frequency=int(person["frequency"].iloc[0]) + 1,
        order_days=int(person["order_days"].iloc[0]) + 1,
        recency_days=pd.array([0], dtype="Int64"),
        monetary=monetary,
        sales=monetary + refunds,
        refunds=refunds,
    )
    placed = apply_scales(after, scales, rules.weights).pipe(assign_segments, rules.segments)
    # The rung that orders alone reach, if it is above the customer's.
    by_orders = [
        rung
        for rung in rules.ladder
        if {condition.column for condition in rung.conditions} <= _ORDER_COLUMNS
    ]
    reached = by_orders[int(first_match(after, by_orders)[0])].label
    stage = min(str(person["stage"].iloc[0]), reached, key=_stages(rules.ladder).index)
    labels = {name: str(placed[name].iloc[0]) for name in ("segment", "rfm")}
    return {"amount": amount, "size": size, "stage": stage, **labels}


def _usual_amount(person: pd.DataFrame, refunds: int, shop_average: int) -> tuple[int, str]:
    """The average order in whole cents, and what it is taken from, in words.

    Where it is not above 0 after refunds: the shop's average, or else the average before refunds.
    """
    average, size = int(person["average_order"].iloc[0]), "as usual"
    if average <= 0 < shop_average:
        average, size = shop_average, "as the shop's average"
    elif average <= 0:
        bought = int(person["monetary"].iloc[0]) + refunds
        average, size = bought // int(person["frequency"].iloc[0]), "if it is kept"
    return (average + _CENT // 2) // _CENT * _CENT or max(average, 1), size


def _stages(ladder: Sequence[Rung]) -> list[str]:
    return list(dict.fromkeys(rung.label for rung in ladder))
