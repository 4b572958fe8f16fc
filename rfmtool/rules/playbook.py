"""The playbook section: actions by urgency; the last row matches all remaining customers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Final

from rfmtool.errors import RulesError
from rfmtool.rules.checking import Unchecked, check_keys, printable_texts
from rfmtool.rules.conditions import parse_conditions, unreachable
from rfmtool.rules.holdouts import parse_hold_out
from rfmtool.rules.sections import parse_days
from rfmtool.rules.values import Action
from rfmtool.rules.vocabulary import PLAYBOOK_COLUMNS, VERDICTS

CHANNELS: Final = (
    "phone", "email", "sms", "whatsapp", "post", "meeting", "invitation", "manager", "call", "mass",
)  # fmt: skip
_RESULT: Final = "last_result"
_MOST_URGENT, _LEAST_URGENT = 1, 1_000_000


def parse_playbook(
    data: Unchecked, labels: Mapping[str, frozenset[str]], where: str
) -> tuple[tuple[Action, ...], list[str]]:
    """Parse the actions, with warnings about rows that can never match."""
    if not isinstance(data, list) or not data:
        raise RulesError(f"{where}: needs at least one [[playbook]] row")
    rows = tuple(_action(row, f"{where}[{place}]") for place, row in enumerate(data, start=1))
    if rows[-1].conditions or rows[-1].unless_result or rows[-1].only_result:
        raise RulesError(
            f"{where}: the last row must have no condition, so that nobody is left out"
        )
    for place, (above, below) in enumerate(itertools.pairwise(rows), start=2):
        if above.priority > below.priority:
            raise RulesError(f"{where}[{place}].priority: must not be less than in the row above")
    return rows, [*unreachable(rows, where), *_unknown_labels(rows, labels, where)]


def _action(row: Unchecked, where: str) -> Action:
    keys = ("action", "channel", "say", "why")
    check_keys(row, {*keys, "priority", "when", "hold_out", "rest_days"}, where)
    name, channel, say, why = printable_texts(row, keys, where).values()
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise RulesError(f"{where}.action: a name of small letters, digits and _")
    priority = row.get("priority")
    if type(priority) is not int or not _MOST_URGENT <= priority <= _LEAST_URGENT:
        raise RulesError(f"{where}.priority: a whole number from 1 on, 1 is the most urgent")
    when = row.get("when", {})
    is_table = isinstance(when, Mapping)
    conditions = {key: when[key] for key in when if key != _RESULT} if is_table else when
    holdout = parse_hold_out(row.get("hold_out"), f"{where}.hold_out")
    results = _results(when, f"{where}.when.{_RESULT}")
    conditions = parse_conditions(conditions, PLAYBOOK_COLUMNS, f"{where}.when")
    channels = tuple(word.strip() for word in channel.split(",")) if channel.strip() else ()
    if not set(channels) <= set(CHANNELS):
        known = f"Known are {', '.join(CHANNELS)}, with commas between."
        raise RulesError(f"{where}.channel: not a channel", known)
    rest_days = row.get("rest_days")
    if rest_days is not None:
        rest_days = parse_days(rest_days, f"{where}.rest_days")
    return Action(name, conditions, priority, channels, say, why, *holdout, rest_days, *results)


def _results(when: Unchecked, where: str) -> tuple[frozenset[str], frozenset[str]]:
    """The verdicts that disable a row, and those of which it requires one."""
    if not isinstance(when, Mapping) or _RESULT not in when:
        return frozenset(), frozenset()
    words = when[_RESULT]
    is_negated = isinstance(words, Mapping)
    if is_negated:
        check_keys(words, {"not"}, where)
        words = words.get("not")
    words = [words] if isinstance(words, str) else words
    if not isinstance(words, list) or not words or not set(words) <= set(VERDICTS):
        raise RulesError(f"{where}: no verdict", f"Verdicts are {', '.join(VERDICTS)}.")
    verdicts = frozenset(words)
    return (verdicts, frozenset()) if is_negated else (frozenset(), verdicts)


def _unknown_labels(
    rows: Sequence[Action], labels: Mapping[str, frozenset[str]], where: str
) -> list[str]:
    """A warning for stages, and one for segments, in conditions that the rules do not have."""
    warnings = []
    for column, known in labels.items():
        unknown = [
            condition.words
            for row in rows
            for condition in row.conditions
            if condition.column == column and condition.words and not condition.words & known
        ]
        if unknown:
            names = ", ".join(sorted(frozenset().union(*unknown)))
            rows_are = "1 row is" if len(unknown) == 1 else f"{len(unknown)} rows are"
            warnings.append(
                f"{where}: {rows_are} for nobody, because no {column} is {names};"
                " a rules file with others needs a playbook of its own"
            )
    return warnings
