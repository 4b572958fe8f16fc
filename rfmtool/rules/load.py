"""Loading the rules in force: the shipped file, the user's files, and options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from rfmtool.columns import DIMENSIONS
from rfmtool.documents import parse_toml, read_toml
from rfmtool.errors import RulesError, check_type
from rfmtool.locations import check_is_local_path
from rfmtool.rules import sections
from rfmtool.rules.checking import Unchecked, check_keys
from rfmtool.rules.holdouts import with_holdouts
from rfmtool.rules.ladder import parse_ladder
from rfmtool.rules.merging import merge_rules
from rfmtool.rules.playbook import parse_playbook
from rfmtool.rules.presets import parse_presets
from rfmtool.rules.scoring import (
    fit_data,
    method_data,
    parse_fit_section,
    parse_method,
    parse_weights,
)
from rfmtool.rules.segments import parse_segments
from rfmtool.rules.values import GONE, NEW, NO_ORDERS, FitRules, HoldoutRules, Method, Rule, Rules

_SHIPPED: Final = "default_rules.toml"
_SECTIONS: Final = {
    "reading", "evidence", "scoring", "segments", "ladder", "playbook", "wallet", "preset",
    "shared", "contacting", "relationship", "job",
}  # fmt: skip


def shipped_text() -> str:
    """The shipped rules file as written, with its comments."""
    return resources.files(__package__).joinpath(_SHIPPED).read_text("utf-8")


Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None


def load_rules(
    path: Paths = None, cuts: Mapping[str, Method] | None = None, fit: FitRules | None = None
) -> Rules:
    """Load the rules in force: the shipped ones, merged with files, overridden by options.

    Later files add to and override earlier ones; they give what is None in `fit`. Raises
    RulesError where a file cannot be read, has an unknown key, or leaves customers out.
    """
    check_type("rules", path or (), (str, os.PathLike, list, tuple), "a rules file, or several")
    check_type("cuts", cuts or {}, Mapping, "a dict of dimension to rfmtool.Method(...)")
    for name, method in (cuts or {}).items():
        check_type(f"cuts[{name!r}]", method, Method, "rfmtool.Method(...)")
    check_type("fit_on", fit or FitRules(), FitRules, "rfmtool.FitRules(...)")
    shipped, origins = _shipped(), dict[str, str]()
    data, rules = {**shipped.data}, None
    for file in [path] if isinstance(path, (str, os.PathLike)) else path or ():
        data = merge_rules({**data}, _read_file(file), origins, os.fspath(file))
        rules = parse_rules(data, os.fspath(file), cuts)  # one by one, so that errors name the file
    if cuts and rules is None:
        shipped = parse_rules(data, _SHIPPED, cuts)
    rules = replace(rules or shipped, origins=origins)
    if fit is None:
        return rules
    fit = fit.with_defaults(rules.fit)
    scoring = {**rules.data["scoring"], "fit": fit_data(fit)}
    return replace(rules, fit=fit, data={**rules.data, "scoring": scoring})


@cache
def _shipped() -> Rules:
    return parse_rules(parse_toml(shipped_text()), _SHIPPED)


def _read_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    check_type("rules", path, (str, os.PathLike), "a rules file")
    where = os.fspath(path)
    if not where:
        raise RulesError("--rules: the name is empty", "Name a rules file, or leave it out.")
    check_is_local_path(where)
    try:
        return read_toml(Path(where))
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        raise RulesError(f"{where}: cannot be read: {reason}", "Name a rules file.") from None
    except ValueError as error:
        raise RulesError(f"{where}: {error}") from None


def parse_rules(
    data: Mapping[str, Any], where: str, cuts: Mapping[str, Method] | None = None
) -> Rules:
    """Parse and check rules data; raises RulesError naming `where` and the key."""
    check_keys(data, _SECTIONS, where)
    check_keys(data["scoring"], {*DIMENSIONS, "weights", "fit"}, f"{where}: scoring")
    scoring = {
        name: parse_method(name, data["scoring"][name], f"{where}: scoring.{name}")
        for name in DIMENSIONS
    }
    check_keys(cuts or {}, {*DIMENSIONS}, "cuts")
    cuts_data = {name: method_data(name, method) for name, method in (cuts or {}).items()}
    scoring |= {name: parse_method(name, cut, f"cuts of {name}") for name, cut in cuts_data.items()}
    segments, warnings = parse_segments(data["segments"], scoring, f"{where}: segments")
    ladder, unreachable = parse_ladder(data["ladder"], f"{where}: ladder")
    labels = {"stage": _labels(ladder), "segment": _labels(segments.rows) | {NO_ORDERS}}
    if reserved := {NEW, GONE} & (labels["stage"] | labels["segment"]):
        raise RulesError(f"{where}: {min(reserved)} is what comparisons call those who come or go")
    playbook, unmatched = parse_playbook(data["playbook"], labels, f"{where}: playbook")
    shared = data.get("shared", False)
    if not isinstance(shared, bool):
        raise RulesError(f"{where}: shared: true or false")
    rules = Rules(
        scoring=scoring,
        fit=parse_fit_section(data["scoring"].get("fit", {}), f"{where}: scoring.fit"),
        weights=parse_weights(data["scoring"]["weights"], f"{where}: scoring.weights"),
        segments=segments,
        ladder=ladder,
        playbook=playbook,
        not_a_sale=_words(data["reading"], "not_a_sale", f"{where}: reading"),
        sale=_words(data["reading"], "sale", f"{where}: reading"),
        wallet=sections.parse_wallet(data["wallet"], f"{where}: wallet"),
        contacting=sections.parse_contacting(data["contacting"], f"{where}: contacting"),
        relationship=sections.parse_relationship(data["relationship"], f"{where}: relationship"),
        evidence=sections.parse_evidence_paths(data.get("evidence", {}), "", f"{where}: evidence"),
        presets=parse_presets(data.get("preset", []), f"{where}: preset"),
        shared=shared,
        warnings=(*warnings, *unreachable, *unmatched),
        data={**data, "scoring": {**data["scoring"], **cuts_data}},
    )
    return with_holdouts(rules, HoldoutRules())


def _labels(rules: Iterable[Rule]) -> frozenset[str]:
    return frozenset(rule.label for rule in rules)


def _words(data: Unchecked, key: str, where: str) -> frozenset[str]:
    check_keys(data, {"not_a_sale", "sale"}, where)
    words = data.get(key, [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RulesError(f"{where}.{key}: a list of words")
    return frozenset(word.strip().lower() for word in words)
