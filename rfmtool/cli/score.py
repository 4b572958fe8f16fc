"""rfmtool score: one row per customer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.arguments import run_arguments, text_options
from rfmtool.cli.destination import is_shared, output_file
from rfmtool.cli.reading_messages import tell_of_tables, teller
from rfmtool.cli.sections import SectionedCommand
from rfmtool.errors import UsageError
from rfmtool.interrupts import uninterrupted


@click.command(cls=SectionedCommand)
@options.exports
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write FILE instead of stdout: .csv, .tsv, .jsonl, .parquet or .xlsx.",
)
@click.option("--format", "output_format", type=click.Choice(["csv", "tsv", "jsonl"]),
              help="What stdout gets.  [default: csv]")  # fmt: skip
@click.option("--select", metavar="COLUMN,...", help="Only these columns, in this order.")
@click.option("--sort", metavar="COLUMN", help="Order by a column; -COLUMN descends.")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the first N rows.")
@options.reading
@options.evidence
@options.question
@options.scoring
@options.placing
@options.text_tables
@options.engine
@options.talk
def command(exports: tuple[str, ...], output: str | None, **params: Any) -> None:
    """Write one row per customer in EXPORTS, on stdout as CSV unless told otherwise.

    Rows are ordered by customer_id, byte by byte, unless --sort says otherwise.
    """
    with uninterrupted():
        from rfmtool import pipeline
        from rfmtool.outputs import ordering, writers
        from rfmtool.outputs.publish import published_file
        from rfmtool.outputs.system_errors import system_failures
        from rfmtool.outputs.tables import to_rows

    path = output_file(output, exports, params)
    asked = params["output_format"]
    kind = writers.format_of(path) if path else asked or "csv"
    if asked not in (None, kind):
        raise UsageError(
            f"--format {asked}: is what stdout gets, and {output} is written as {kind}",
            f"Leave one out, or name a file that ends in .{asked}.",
        )
    arguments = {**run_arguments(params, exports), "on_read": teller(params)}
    _check_sort(params["sort"], params["keep"])
    select = _selected(params["select"])
    if select is not None:
        computed = (*select, *filter(None, [(params["sort"] or "").removeprefix("-")]))
        arguments["settings"] = replace(arguments["settings"], select=computed)
    shared = is_shared(params)
    # The table is the answer, not a message, so even --quiet prints it.
    stdout = nullcontext(sys.stdout.buffer)
    with published_file(path, shared=shared) if path else stdout as target:
        result = pipeline.run(list(exports), **arguments)
        tell_of_tables(result.evidence, params)
        frames = result.parts()
        if params["sort"] or params["top"]:
            order = params["sort"], params["top"]
            frames = iter([ordering.sort_and_limit(result.frame, result.columns, *order)])
        text = text_options(params)
        with system_failures(output) if output else nullcontext():
            writers.write_table(to_rows(frames, select or result.columns), target, kind, text)
            target.flush()


def _selected(text: str | None) -> tuple[str, ...] | None:
    """The columns that `--select` names, each once; None where it is not given."""
    if text is None:
        return None
    chosen = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if not chosen:
        raise UsageError("--select: names no column", "Name some, or leave it out.")
    return chosen


def _check_sort(sort: str | None, keep: Sequence[str]) -> None:
    """Sort nobody: a typo should not wait until the whole export is read."""
    import pandas as pd

    from rfmtool import columns
    from rfmtool.outputs import ordering

    known = [*columns.WRITTEN, *keep]
    ordering.sort_and_limit(pd.DataFrame(columns=known), known, sort, None)
