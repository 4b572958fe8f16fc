"""rfmtool check: how an export is read, and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from rfmtool.cli import options
from rfmtool.cli.arguments import evidence_sources, look_arguments
from rfmtool.cli.destination import console, show_json
from rfmtool.cli.loading import uninterrupted
from rfmtool.cli.sections import SectionedCommand
from rfmtool.errors import LimitError, RfmtoolError


@click.command(cls=SectionedCommand, short_help="How an export is read, and what is wrong with it.")
@options.exports
@options.output_format
@options.reading
@options.evidence
@options.question
@options.engine
@options.talk
def command(exports: tuple[str, ...], **settings: Any) -> None:
    """Say how EXPORTS are read and what is wrong with them; write nothing.

    Ends with 1 when a row cannot be read.
    """
    with uninterrupted():
        from rfmtool import pipeline
        from rfmtool.report.checkup import print_diagnosis
        from rfmtool.report.doctor import diagnosis, seen_before

    def show(found: Mapping[str, Any]) -> None:
        if settings["output_format"] == "json":
            show_json(found)
        else:
            print_diagnosis(found, console(settings))

    try:
        looked_at = pipeline.inspect(
            list(exports),
            evidence=evidence_sources(settings, exports),
            **look_arguments(settings),
        )
        found = diagnosis(*looked_at)
    except RfmtoolError as error:
        seen = seen_before(error)
        if not settings["quiet"] and (seen or settings["output_format"] == "json"):
            show({**(seen or {}), "said": _said(), "error": error.args[0], "hint": error.hint})
            sys.stdout.flush()  # what was seen stands above the message
        raise
    if not settings["quiet"]:
        show(found)
    ledgers = [found["ledger"], *found["evidence"].values()]
    rejected = sum(sum(ledger["rejected"].values()) for ledger in ledgers)
    if rejected and settings["quiet"]:
        rows = sum(ledger["rows"] for ledger in ledgers)
        raise LimitError(
            f"{rejected:,} of {rows:,} rows cannot be read", "Leave --quiet out to see which."
        )
    click.get_current_context().exit(1 if rejected else 0)


def _said() -> list[str]:
    """The options given, as given, which may be what is wrong."""
    context = click.get_current_context()
    given = [
        (parameter.opts[-1], context.params[parameter.name])
        for parameter in context.command.params
        if isinstance(parameter, click.Option)
        and parameter.name
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        and parameter.name != "output_format"
    ]
    return [
        option if value is True else f"{option} {one}"
        for option, value in given
        for one in (value if isinstance(value, tuple) else (value,))
    ]
