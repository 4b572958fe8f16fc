"""The ladder section: rungs from the top; the last one matches all remaining customers."""

from __future__ import annotations

import re

from rfmtool.errors import RulesError
from rfmtool.rules.checking import Unchecked, check_keys, printable_texts
from rfmtool.rules.conditions import parse_conditions, unreachable
from rfmtool.rules.values import Rung
from rfmtool.rules.vocabulary import LADDER_COLUMNS, QUOTABLE_COLUMNS


def parse_ladder(data: Unchecked, where: str) -> tuple[tuple[Rung, ...], list[str]]:
    """Parse the rungs, with warnings about those that can never match."""
    if not isinstance(data, list) or not data:
        raise RulesError(f"{where}: needs at least one [[ladder]] rung")
    rungs = tuple(_rung(row, f"{where}[{place}]") for place, row in enumerate(data, start=1))
    if rungs[-1].conditions:
        raise RulesError(
            f"{where}: the last rung must have no condition, so that nobody is left out"
        )
    return rungs, unreachable(rungs, where)


def _rung(row: Unchecked, where: str) -> Rung:
    keys = ("stage", "proof", "evidence", "because")
    check_keys(row, {*keys, "when"}, where)
    texts = printable_texts(row, keys, where)
    if not texts["stage"].strip():
        raise RulesError(f"{where}: a rung needs a stage")
    unknown = sorted(set(re.findall(r"\{(\w+)\}", texts["because"])) - QUOTABLE_COLUMNS)
    if unknown:
        raise RulesError(
            f"{where}.because: there is nothing to fill in for {{{unknown[0]}}}",
            f"Known are {', '.join(sorted(QUOTABLE_COLUMNS))}.",
        )
    conditions = parse_conditions(row.get("when", {}), LADDER_COLUMNS, f"{where}.when")
    stage = texts.pop("stage")
    return Rung(stage, conditions, **texts)
