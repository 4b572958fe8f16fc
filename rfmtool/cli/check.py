"""rfmtool check: how an export is read, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options


@click.command()
@options.exports
@options.output_format
@options.reading
@options.question
@options.engine
@options.talk
def command(exports: tuple[str, ...], **settings: Any) -> None:  # noqa: ANN401
    """Say how EXPORTS are read and what is wrong with them; write nothing.

    Ends with 1 when a row cannot be read.
    """
    from rfmtool import pipeline
    from rfmtool.report.doctor import diagnosis, print_diagnosis

    found = diagnosis(pipeline.look(list(exports), **options.look_arguments(settings)))
    if not settings["quiet"]:
        if settings["output_format"] == "json":
            options.show_json(found)
        else:
            print_diagnosis(found, options.console(settings))
    click.get_current_context().exit(1 if found["ledger"]["rejected"] else 0)
