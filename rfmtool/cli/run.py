"""rfmtool run: the main job."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from rfmtool.cli import options


@click.command()
@options.exports
@click.option("-o", "--output", metavar="DIR", help="Write tables, lists and scales into DIR.")
@click.option(
    "--tables",
    default="csv",
    show_default=True,
    metavar="KIND,...",
    help="Kinds of table files: csv, parquet.",
)
@click.option(
    "--lists",
    default="segments,stages",
    show_default=True,
    metavar="NAME,...",
    help="Lists to write beside customers.csv; '' for none.",
)
@options.output_format
@options.reading
@options.question
@options.text_tables
@options.engine
@options.talk
def command(exports: tuple[str, ...], output: str | None, **settings: Any) -> None:  # noqa: ANN401
    """Score, stage and segment the customers in EXPORTS, and print a report.

    EXPORT is a CSV, TSV or text file (plain, gz, bz2, zst), a Parquet file, a folder or glob of
    such files read as one export, or - for stdin.
    """
    from rfmtool import pipeline
    from rfmtool.outputs import folder
    from rfmtool.outputs.publish import published_folder
    from rfmtool.report.terminal import print_report

    wanted = folder.FolderOptions(
        options.choices(settings["tables"], folder.TABLES, "--tables"),
        options.choices(settings["lists"], folder.LISTS, "--lists"),
        options.text_options(settings),
    )
    arguments = options.run_arguments(settings)
    with published_folder(Path(output)) if output else nullcontext() as place:
        result = pipeline.run(list(exports), **arguments)
        if place:
            folder.write_files(result, place, options.command_line(), wanted)
    if settings["quiet"]:
        return
    if settings["output_format"] == "json":
        click.echo(json.dumps(result.summary, ensure_ascii=False, indent=1))
    else:
        print_report(result.summary, options.console(settings), output)
