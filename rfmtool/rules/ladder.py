"""The ladder section: rungs from the top, the last of which takes everybody."""

from __future__ import annotations

import re
from typing import Any, Final

from rfmtool.errors import RulesError
from rfmtool.rules.checking import only_known, whole_units
from rfmtool.rules.values import Condition, Rung

_COLUMNS: Final = frozenset({"order_days", "frequency", "monetary", "refunds", "sales"})
_MONEY_COLUMNS: Final = frozenset({"monetary", "refunds", "sales"})
_FILLED_IN: Final = frozenset(
    {"order_days", "frequency", "recency_days", "first_order_on", "last_order_on"}
)
"""What a reason may quote in braces."""


def ladder_of(data: Any, where: str) -> tuple[tuple[Rung, ...], list[str]]:  # noqa: ANN401
    """Read the rungs, and warnings of those that can never be reached.

    Raises:
        RulesError: a rung has an error, or the last one leaves somebody out.
    """
    if not isinstance(data, list) or not data:
        raise RulesError(f"{where}: needs at least one [[ladder]] rung")
    rungs = tuple(_rung(row, f"{where}[{place}]") for place, row in enumerate(data, start=1))
    if rungs[-1].conditions:
        raise RulesError(
            f"{where}: the last rung must have no condition, so that nobody is left out"
        )
    warnings = [
        f"{where}[{place + 1}] ({rung.label}) can never be reached: {earlier.label} covers it"
        for place, rung in enumerate(rungs)
        for earlier in rungs[:place]
        if earlier.covers(rung)
    ]
    return rungs, warnings


def _rung(row: Any, where: str) -> Rung:  # noqa: ANN401 - unchecked input
    only_known(row, {"stage", "proof", "evidence", "because", "when"}, where)
    texts = {key: row.get(key, "") for key in ("stage", "proof", "evidence", "because")}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.isprintable():
            raise RulesError(f"{where}.{key}: must be a text of printable characters")
    if not texts["stage"].strip():
        raise RulesError(f"{where}: a rung needs a stage")
    unknown = sorted(set(re.findall(r"\{(\w+)\}", texts["because"])) - _FILLED_IN)
    if unknown:
        raise RulesError(
            f"{where}.because: there is nothing to fill in for {{{unknown[0]}}}",
            f"Known are {', '.join(sorted(_FILLED_IN))}.",
        )
    conditions = _conditions(row.get("when", {}), f"{where}.when")
    stage = texts.pop("stage")
    return Rung(stage, conditions, **texts)


def _conditions(data: Any, where: str) -> tuple[Condition, ...]:  # noqa: ANN401
    only_known(data, set(_COLUMNS), where)
    conditions = []
    for column, bounds in data.items():
        only_known(bounds, {"min", "max"}, f"{where}.{column}")
        money = column in _MONEY_COLUMNS
        low, high = (
            None
            if key not in bounds
            else whole_units(bounds[key], money, rounding, f"{where}.{column}.{key}")
            for key, rounding in (("min", "at_least"), ("max", "fixed"))
        )
        if low is not None and high is not None and low > high:
            raise RulesError(f"{where}.{column}: min is above max, so this can never hold")
        conditions.append(Condition(column, low, high))
    return tuple(conditions)
