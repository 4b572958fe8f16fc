"""The option --fail-if of runs and comparisons."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rfmtool.cli.arguments import Params
from rfmtool.documents import Data
from rfmtool.errors import InputError, UsageError
from rfmtool.manifest import read_manifest

if TYPE_CHECKING:
    from rfmtool.runs.fail_if import Limit

fail_if = click.option("--fail-if", metavar="LIMIT", multiple=True,
                       help="End with 1 and publish nothing if 'NAME < VALUE' or 'NAME > VALUE',"
                            " e.g. 'champions < -10%'. Repeatable.")  # fmt: skip


def parse_run_limits(texts: tuple[str, ...], target: Path | None) -> list[Limit]:
    """Parse the limits of a run; those on changes need the previous run in `target`."""
    from rfmtool.runs.fail_if import parse_limits

    limits = parse_limits(texts)
    change = next((limit for limit in limits if limit.kind == "change"), None)
    if change and not target:
        raise UsageError(
            f"--fail-if {change.text!r}: is against the earlier run, and there is none without -o",
            "Name its folder with -o DIR, or leave the sign out.",
        )
    return limits


def previous_summary(limits: list[Limit], target: Path | None, params: Params) -> Data | None:
    """Check the names in limits, and read the summary of the previous run in `target`.

    None where no limit is on changes, and, with a message, on the first run.
    """
    from rfmtool.runs.fail_if import check_names

    if limits:
        check_names(limits, _group_names_of(params["rules_file"]))
    if not target or not any(limit.kind == "change" for limit in limits):
        return None
    if not read_manifest(target):
        if sys.stderr.isatty() and not params["quiet"]:
            click.echo(f"{target}: no earlier run, so nothing can have changed", err=True)
        return None
    from rfmtool.runs.fail_if import count_of
    from rfmtool.runs.finished import read_errors, read_summary

    try:
        summary = read_summary(target)
        with read_errors(target):  # fails before the export is read
            for limit in (limit for limit in limits if limit.kind == "change"):
                count_of(summary, limit.name)
    except InputError as error:
        raise InputError(error.args[0], "Run once without --fail-if to write it anew.") from None
    return summary


def check_between(limits: list[Limit], old: Data, new: Data) -> None:
    """Check limits on the changes between two finished runs."""
    from rfmtool.runs.fail_if import FIGURES, check_limits, check_names, group_names

    if not limits:
        return
    names = group_names(old, new)
    known = {*FIGURES, *(name for groups in names.values() for name in groups)}
    check_names([limit for limit in limits if limit.name in known], names)
    # Groups without members in either run are in neither summary.
    check_names([limit for limit in limits if limit.name not in known], _group_names_of(None))
    check_limits(limits, new, old)


def _group_names_of(rules_file: Sequence[str] | None) -> dict[str, list[str]]:
    """The names that groups can have by the rules."""
    from rfmtool.rules import NO_ORDERS, load_rules
    from rfmtool.rules.vocabulary import ACTIVITIES

    rules = load_rules(rules_file)
    return {
        "stages": [rung.label for rung in rules.ladder],
        "segments": [*(rule.label for rule in rules.segments.rows), NO_ORDERS],
        "activity": list(ACTIVITIES),
    }
