"""rfmtool score: one row per customer."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.arguments import run_arguments, text_options
from rfmtool.cli.destination import is_shared, output_file
from rfmtool.cli.reading_messages import reading_reporter, warn
from rfmtool.cli.sections import SectionedCommand
from rfmtool.errors import UsageError
from rfmtool.interrupts import uninterrupted


@click.command(cls=SectionedCommand)
@options.exports
@click.option("-o", "--output", metavar="FILE",
              help="Write FILE instead of stdout: .csv, .tsv, .jsonl, .parquet or"
                   " .xlsx.")  # fmt: skip
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
        from rfmtool import columns, pipeline
        from rfmtool.outputs import ordering, writers
        from rfmtool.outputs.formulas import counted_rows
        from rfmtool.outputs.publish import published_file
        from rfmtool.outputs.system_errors import system_failures
        from rfmtool.outputs.tables import to_rows
        from rfmtool.summaries.warnings import equal_score_warnings, formula_warnings

    path, stdout_format = output_file(output, exports, params), params["output_format"]
    kind = writers.format_of(path) if path else stdout_format or "csv"
    if stdout_format not in (None, kind):
        raise UsageError(
            f"--format {stdout_format}: is what stdout gets, and {output} is written as {kind}",
            f"Leave one out, or name a file that ends in .{stdout_format}.",
        )
    arguments = {**run_arguments(params, exports), "on_read": reading_reporter(params)}
    ordering.check_sort(params["sort"], [*columns.WRITTEN, *params["keep"]])  # before reading
    select = params["select"]
    if select is not None:
        select = tuple(dict.fromkeys(name.strip() for name in select.split(",") if name.strip()))
        if not select:
            raise UsageError("--select: names no column", "Name some, or leave it out.")
        computed = (*select, *filter(None, [(params["sort"] or "").removeprefix("-")]))
        arguments["settings"] = replace(arguments["settings"], select=computed)
    shared = is_shared(params)
    # The table is no message, so it is printed with --quiet too.
    stdout = nullcontext(sys.stdout.buffer)
    with published_file(path, shared=shared) if path else stdout as target:
        result = pipeline.run(list(exports), **arguments)
        frames, sort, top = result.parts(), params["sort"], params["top"]
        if sort or top:
            frames = iter([ordering.sort_and_limit(result.frame, result.columns, sort, top)])
        rows, text = to_rows(frames, select or result.columns), text_options(params)
        counts: list[int] = []
        if kind in {"csv", "tsv"} and not (text.raw_text or params["quiet"]):
            rows = counted_rows(rows, counts)
        with system_failures(output) if output else nullcontext():
            writers.write_table(rows, target, kind, text)
            target.flush()
    if not params["quiet"]:
        warn([*equal_score_warnings(result), *formula_warnings(sum(counts))])
