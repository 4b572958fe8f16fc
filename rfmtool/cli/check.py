"""rfmtool check: how an export is read, and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from rfmtool.cli import options
from rfmtool.cli.arguments import Params, check_arguments, evidence_sources
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
        evidence = evidence_sources(params, exports)
        checked = pipeline.check(list(exports), evidence=evidence, **check_arguments(params))
        data = check_data(*checked)
    except RfmtoolError as error:
        _show_partial(error, params)
        raise
    if not params["quiet"]:
        _show(data, params)
    ledgers = [data["ledger"], *data["evidence"].values()]
    rejected = sum(sum(ledger["rejected"].values()) for ledger in ledgers)
    if rejected and params["quiet"]:
        rows = sum(ledger["rows"] for ledger in ledgers)
        raise LimitError(
            f"{rejected:,} of {rows:,} rows cannot be read", "Leave --quiet out to see which."
        )
    click.get_current_context().exit(1 if rejected else 0)


def _show(data: Mapping[str, Any], params: Params) -> None:
    from rfmtool.pages import check

    show(data, lambda _: check.page(data), params)


def _show_partial(error: RfmtoolError, params: Params) -> None:
    """Show what was read before an error."""
    from rfmtool.summaries.check import partial_check_data

    data = partial_check_data(error)
    if not params["quiet"] and (data or params["output_format"] == "json"):
        failure = {"said": _options_given(), "error": error.args[0], "hint": error.hint}
        _show({**(data or {}), **failure}, params)
        sys.stdout.flush()  # before the message on stderr


def _options_given() -> list[str]:
    """The options given on the command line, which may have caused the error."""
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
        option if value is True else without_secrets(f"{option} {value}")
        for option, values in given
        for value in (values if isinstance(values, tuple) else (values,))
    ]
