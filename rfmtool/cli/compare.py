"""rfmtool compare: who moved between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rfmtool.cli import limits, options
from rfmtool.cli.arguments import command_line, text_options
from rfmtool.cli.destination import check_not_an_input, is_shared, output_path, show
from rfmtool.cli.sections import SectionedCommand
from rfmtool.errors import UsageError
from rfmtool.interrupts import uninterrupted


@click.command(cls=SectionedCommand)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("-o", "--output", metavar="DIR", help="Write transitions and lists into DIR.")
@limits.fail_if
@options.page_format
@options.text_tables
@options.quiet
@options.no_color
def command(old: str, new: str, output: str | None, **params: Any) -> None:
    """Show who moved between two runs, OLD and NEW, and what that did to revenue.

    OLD and NEW are folders that rfmtool run -o wrote. Revenue is compared as the runs hold it: all
    of a customer's money up to as-of, unless they were run with --since or --window.
    """
    target = output_path(output)
    if target:
        check_not_an_input(target, old, new)
        for run in (old, new):  # the next run would replace the folder with it
            if target.resolve().is_relative_to(Path(run).resolve()):
                raise UsageError(f"-o {target}: lies in {run}", "Name a place outside of it.")
    with uninterrupted():
        from rfmtool.pages import compare as pages
        from rfmtool.runs.compare import compare
        from rfmtool.runs.fail_if import parse_limits
        from rfmtool.runs.finished import read_errors

    fail_if = parse_limits(params["fail_if"])
    with read_errors(f"{old} or {new}"):
        compared = compare(old, new)
        limits.check_between(fail_if, compared.old.summary, compared.new.summary)
        summary = compared.summary
        if target:
            from rfmtool.outputs.answers import publish_comparison

            inputs = [{"name": run.name, "bytes": None, "rows": len(run.frame)}
                      for run in (compared.old, compared.new)]  # fmt: skip
            about = {"command": command_line(), "as_of": summary["new"]["as_of"], "inputs": inputs}
            text, shared = text_options(params), is_shared(params)
            publish_comparison(target, compared.tables, summary, about, text, shared=shared)
        if not params["quiet"]:
            show(summary, lambda _: pages.page(summary, output), params, "compare")
