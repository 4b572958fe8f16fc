"""rfmtool score: one row per customer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from rfmtool.cli import options


@click.command()
@options.exports
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write FILE instead of stdout: .csv, .tsv, .jsonl or .parquet.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["csv", "tsv", "jsonl"]),
    help="What stdout gets.  [default: csv]",
)
@click.option("--sort", metavar="COLUMN", help="Order by a column; -COLUMN descends.")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the first N rows.")
@options.reading
@options.question
@options.text_tables
@options.engine
@options.talk
def command(exports: tuple[str, ...], output: str | None, **settings: Any) -> None:  # noqa: ANN401
    """Write one row per customer in EXPORTS, on stdout as CSV unless told otherwise.

    Rows are ordered by customer_id, byte by byte, unless --sort says otherwise.
    """
    from rfmtool import pipeline
    from rfmtool.outputs import tables
    from rfmtool.outputs.publish import published_file

    kind = settings["output_format"] or (tables.format_of(Path(output)) if output else "csv")
    result = pipeline.run(list(exports), **options.run_arguments(settings))
    frame = pipeline.ordered(result.frame, settings["sort"], settings["top"])
    table = tables.to_table(frame)
    text = options.text_options(settings)
    if output:
        with published_file(Path(output)) as target:
            tables.write_table(table, target, kind, text)
    else:  # the table is the answer, so even --quiet prints it
        stdout = sys.stdout.buffer
        tables.write_table(table, stdout, kind, text)
        stdout.flush()
