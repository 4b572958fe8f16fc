"""Merging of rules files: a later file adds and overrides, and drops nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from rfmtool.errors import RulesError
from rfmtool.rules.checking import Unchecked
from rfmtool.rules.sections import parse_evidence_paths

Data = dict[str, Any]
Origins = dict[str, str]
SHIPPED: Final = "shipped"
_ANCHORS: Final = ("before", "after", "instead")


def merge_rules(data: Data, own: Mapping[str, Any], origins: Origins, where: str) -> Data:
    """Rules data merged with those of a further file; adds the parts it gives to `origins`.

    Scoring dimensions, segments and ladder are replaced as a whole; weights, limits of the fit,
    shares of wallet, contacting, relationship and evidence key by key; words are added; presets
    with other names are kept; rows of the playbook go `before`, `after` or `instead` of the rows
    of the action that they name.

    Raises:
        RulesError: a row of the playbook names an unknown action, or only some rows name one.
    """
    merged: Data = dict(data)
    for section, value in own.items():
        merge = _MERGERS.get(section)
        if merge and isinstance(value, list if section in _ROWS else Mapping):
            merged[section] = merge(data.get(section, {}), value, origins, where)
        else:
            merged[section], origins[section] = value, where
    return merged


def _merge_scoring(base: Data, own: Mapping[str, Any], origins: Origins, where: str) -> Data:
    merged = dict(base)
    for name, value in own.items():
        by_key = name in ("weights", "fit") and isinstance(value, Mapping)
        merged[name] = {**base[name], **value} if by_key else value
        origins[f"scoring.{name}"] = where
    return merged


def _merge_words(base: Data, own: Mapping[str, Any], origins: Origins, where: str) -> Data:
    """Status words; a word that a later file names moves to the list where that file has it."""
    origins["reading"] = where
    if not all(isinstance(words, list) for words in own.values()):
        return dict(own)
    merged = {**base, **own}
    for name, opposite in (("sale", "not_a_sale"), ("not_a_sale", "sale")):
        moved = [str(word).strip().lower() for word in own.get(opposite, [])]
        kept = [word for word in base.get(name, []) if word.strip().lower() not in moved]
        merged[name] = [*kept, *(word for word in own.get(name, []) if word not in kept)]
    return merged


def _merge_keys(
    section: str, base: Data, own: Mapping[str, Any], origins: Origins, where: str
) -> Data:
    origins[section] = where
    return {**base, **own}


def _merge_evidence(base: Data, own: Mapping[str, Any], origins: Origins, where: str) -> Data:
    """Paths of evidence tables; suppress lists are added, other tables replaced."""
    paths = dict(parse_evidence_paths(own, Path(where).parent, f"{where}: evidence"))
    origins |= {f"evidence.{name}": where for name in paths}
    if "suppress" in base and "suppress" in paths:
        lists = (base["suppress"], paths["suppress"])
        paths["suppress"] = [
            path for each in lists for path in ([each] if isinstance(each, str) else each)
        ]
    return {**base, **paths}


def _merge_presets(base: Unchecked, own: list[Any], origins: Origins, where: str) -> list[Any]:
    names = {row.get("name") for row in own if isinstance(row, Mapping)}
    origins |= {f"preset.{name}": where for name in names}
    return [*own, *(row for row in base or [] if row.get("name") not in names)]


def _merge_playbook(base: list[Any], own: list[Any], origins: Origins, where: str) -> list[Any]:
    anchored = [isinstance(row, Mapping) and not {*_ANCHORS}.isdisjoint(row) for row in own]
    if not any(anchored):
        origins["playbook"] = where
        return own
    rows = list(base)
    last_after: dict[str, Any] = {}
    for number, row in enumerate(own, 1):
        row_name = f"{where}: playbook[{number}]"
        anchors = [key for key in _ANCHORS if isinstance(row, Mapping) and key in row]
        if len(anchors) != 1:
            raise RulesError(
                f"{row_name}: some rows say where they go, so each must: before, after or instead",
                "Give every row one of them, or write the whole playbook.",
            )
        _insert_row(rows, row, anchors[0], last_after, row_name)
        origins[f"playbook.{row.get('action')}"] = where
    return rows


def _insert_row(
    rows: list[Any], row: Mapping[str, Any], key: str, last_after: dict[str, Any], where: str
) -> None:
    """Insert a row before the first, after the last or instead of all rows of an action."""
    action = row[key]
    places = [place for place, old in enumerate(rows) if old.get("action") == action]
    if not places:
        known = dict.fromkeys(str(old.get("action")) for old in rows)
        raise RulesError(
            f"{where}.{key}: there is no action {action!r}", f"Known: {', '.join(known)}."
        )
    anchor = rows[places[-1 if key == "after" else 0]]
    new = {"priority": anchor.get("priority"), **{k: v for k, v in row.items() if k != key}}
    if key == "instead":
        rows[places[0]] = new
        for place in reversed(places[1:]):
            del rows[place]
    elif key == "before":
        rows.insert(places[0], new)
    else:  # behind rows of this file that are already after the same action
        previous = last_after.get(str(action), anchor)
        rows.insert(next(p for p, old in enumerate(rows) if old is previous) + 1, new)
        last_after[str(action)] = new


_ROWS: Final = ("playbook", "preset")
_MERGERS: Final[Mapping[str, Any]] = {
    "scoring": _merge_scoring,
    "reading": _merge_words,
    "wallet": partial(_merge_keys, "wallet"),
    "contacting": partial(_merge_keys, "contacting"),
    "relationship": partial(_merge_keys, "relationship"),
    "evidence": _merge_evidence,
    "preset": _merge_presets,
    "playbook": _merge_playbook,
}
"""How each section is merged; others are replaced."""
