"""rfmtool check: how an export is read, and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from rfmtool.cli import options
from rfmtool.cli.arguments import Params, evidence_sources, look_arguments
from rfmtool.cli.destination import show
from rfmtool.cli.sections import SectionedCommand
from rfmtool.errors import LimitError, RfmtoolError
from rfmtool.interrupts import uninterrupted
from rfmtool.locations import without_secrets


@click.command(cls=SectionedCommand)
@options.exports
@options.output_format
@options.reading
@options.evidence
@options.question
@options.engine
@options.talk
def command(exports: tuple[str, ...], **params: Any) -> None:
    """Say how EXPORTS are read and what is wrong with them; write nothing.

    Ends with 1 when a row cannot be read.
    """
    with uninterrupted():
        from rfmtool import pipeline
        from rfmtool.summaries.check import check_data

    try:
        looked_at = pipeline.check(
            list(exports), evidence=evidence_sources(params, exports), **look_arguments(params)
        )
        found = check_data(*looked_at)
    except RfmtoolError as error:
        _show_seen(error, params)
        raise
    if not params["quiet"]:
        _show(found, params)
    _end(found, params)


def _show(found: Mapping[str, Any], params: Params) -> None:
    from rfmtool.pages import check

    show(found, lambda _: check.page(found), params)


def _show_seen(error: RfmtoolError, params: Params) -> None:
    """Show what was understood before an error, as far as it goes."""
    from rfmtool.summaries.check import partial_check_data

    seen = partial_check_data(error)
    if not params["quiet"] and (seen or params["output_format"] == "json"):
        words = {"said": _said(), "error": error.args[0], "hint": error.hint}
        _show({**(seen or {}), **words}, params)
        sys.stdout.flush()  # what was seen stands above the message


def _end(found: Mapping[str, Any], params: Params) -> NoReturn:
    """End with 1 when a row cannot be read.

    Raises:
        LimitError: it cannot, and nobody was shown which.
    """
    ledgers = [found["ledger"], *found["evidence"].values()]
    rejected = sum(sum(ledger["rejected"].values()) for ledger in ledgers)
    if rejected and params["quiet"]:
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
        option if value is True else without_secrets(f"{option} {one}")
        for option, value in given
        for one in (value if isinstance(value, tuple) else (value,))
    ]
