"""Rules files laid on top of each other: a later one adds and overrides, and drops nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from rfmtool.errors import RulesError
from rfmtool.rules.sections import parse_evidence_paths

Data = dict[str, Any]
SHIPPED: Final = "shipped"
_ANCHORS: Final = ("before", "after", "instead")


def merge_rules(data: Data, own: Mapping[str, Any], origins: dict[str, str], where: str) -> Data:
    """Rules data with a further file on top of it; adds to `origins` which parts it gives.

    Scoring dimensions, segments and ladder are replaced where the file has them; weights, limits of
    the fit, shares of wallet, contacting, relationship and evidence by their keys; words add up;
    presets of other names stay; rows of the playbook that say `before`, `after` or `instead` of
    which action go there.

    Raises:
        RulesError: a row of the playbook names no action that is there, or only some rows do.
    """
    merged: Data = dict(data)
    for section, value in own.items():
        lay = _LAID.get(section)
        if lay and isinstance(value, list if section in _ROWS else Mapping):
            merged[section] = lay(data.get(section, {}), value, origins, where)
        else:
            merged[section], origins[section] = value, where
    return merged


def _scoring(below: Data, own: Mapping[str, Any], origins: dict[str, str], where: str) -> Data:
    merged = dict(below)
    for name, value in own.items():
        by_key = name in ("weights", "fit") and isinstance(value, Mapping)
        merged[name] = {**below[name], **value} if by_key else value
        origins[f"scoring.{name}"] = where
    return merged


def _reading(below: Data, own: Mapping[str, Any], origins: dict[str, str], where: str) -> Data:
    """Words that are sales and that are not; a later file turns a word by naming it."""
    origins["reading"] = where
    if not all(isinstance(words, list) for words in own.values()):
        return dict(own)
    merged = {**below, **own}
    for name, other in (("sale", "not_a_sale"), ("not_a_sale", "sale")):
        turned = [str(word).strip().lower() for word in own.get(other, [])]
        kept = [word for word in below.get(name, []) if word.strip().lower() not in turned]
        merged[name] = [*kept, *(word for word in own.get(name, []) if word not in kept)]
    return merged


def _by_keys(
    section: str, below: Data, own: Mapping[str, Any], origins: dict[str, str], where: str
) -> Data:
    origins[section] = where
    return {**below, **own}


def _evidence(below: Data, own: Mapping[str, Any], origins: dict[str, str], where: str) -> Data:
    """Where tables are, as seen from where the command runs; who is left out adds up."""
    named = dict(parse_evidence_paths(own, Path(where).parent, f"{where}: evidence"))
    origins |= {f"evidence.{name}": where for name in named}
    if "suppress" in below and "suppress" in named:
        named["suppress"] = [*_listed(below["suppress"]), *_listed(named["suppress"])]
    return {**below, **named}


def _listed(paths: str | list[str]) -> list[str]:
    return [paths] if isinstance(paths, str) else paths


def _presets(below: Any, own: list[Any], origins: dict[str, str], where: str) -> list[Any]:  # noqa: ANN401
    names = {row.get("name") for row in own if isinstance(row, Mapping)}
    origins |= {f"preset.{name}": where for name in names}
    return [*own, *(row for row in below or [] if row.get("name") not in names)]


def _playbook(below: list[Any], own: list[Any], origins: dict[str, str], where: str) -> list[Any]:
    placed = [isinstance(row, Mapping) and not {*_ANCHORS}.isdisjoint(row) for row in own]
    if not any(placed):
        origins["playbook"] = where
        return own
    rows = list(below)
    last: dict[str, Any] = {}
    for number, row in enumerate(own, 1):
        place = f"{where}: playbook[{number}]"
        anchors = [key for key in _ANCHORS if isinstance(row, Mapping) and key in row]
        if len(anchors) != 1:
            raise RulesError(
                f"{place}: some rows say where they go, so each must: before, after or instead",
                "Give every row one of them, or write the whole playbook.",
            )
        _place(rows, row, anchors[0], last, place)
        origins[f"playbook.{row.get('action')}"] = where
    return rows


def _place(
    rows: list[Any], row: Mapping[str, Any], key: str, last: dict[str, Any], where: str
) -> None:
    """Put one row before the first, after the last or instead of all rows of an action."""
    name = row[key]
    found = [place for place, other in enumerate(rows) if other.get("action") == name]
    if not found:
        known = dict.fromkeys(str(other.get("action")) for other in rows)
        raise RulesError(
            f"{where}.{key}: there is no action {name!r}", f"Known: {', '.join(known)}."
        )
    anchor = rows[found[-1 if key == "after" else 0]]
    new = {"priority": anchor.get("priority"), **{k: v for k, v in row.items() if k != key}}
    if key == "instead":
        rows[found[0]] = new
        for place in reversed(found[1:]):
            del rows[place]
    elif key == "before":
        rows.insert(found[0], new)
    else:
        behind = last.get(str(name), anchor)
        rows.insert(next(p for p, other in enumerate(rows) if other is behind) + 1, new)
        last[str(name)] = new


_ROWS: Final = ("playbook", "preset")
_LAID: Final[Mapping[str, Any]] = {
    "scoring": _scoring,
    "reading": _reading,
    "wallet": partial(_by_keys, "wallet"),
    "contacting": partial(_by_keys, "contacting"),
    "relationship": partial(_by_keys, "relationship"),
    "evidence": _evidence,
    "preset": _presets,
    "playbook": _playbook,
}
"""How sections are laid on those below; others replace them."""
