"""rfmtool run: the main job."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rfmtool.cli import limits, monitoring, options, run_places
from rfmtool.cli.arguments import Params, choices, command_line, run_arguments, text_options
from rfmtool.cli.destination import check_not_an_input, inputs_of, show_run
from rfmtool.cli.monitoring import RunRecord
from rfmtool.cli.sections import SectionedCommand
from rfmtool.errors import UsageError
from rfmtool.interrupts import uninterrupted
from rfmtool.locations import without_secrets

if TYPE_CHECKING:
    from rfmtool.pipeline import Result
    from rfmtool.runs.folder import FolderOptions


_written = options.combine_options(
    click.option("-o", "--output", "outputs", metavar="DIR|URL", multiple=True,
                 help="Write tables, lists and scales into DIR or a store (s3://BUCKET/FOLDER), or"
                      " tables into a database: postgresql://HOST/DB/SCHEMA, duckdb:FILE or"
                      " sqlite:FILE. Repeatable."),
    click.option("--if-exists", type=click.Choice(["replace", "append", "fail"]),
                 default="replace", metavar="WORD", show_default=True,
                 help="What becomes of earlier rows in a database: replace, append (a day is still"
                      " written once) or fail."),
    click.option("--current-view", is_flag=True,
                 help="Also make the view customers_current, the customers of the latest day."),
    click.option("--tables", default="csv", show_default=True, metavar="KIND,...",
                 help="Kinds of table files: csv, parquet, xlsx. All of xlsx is one workbook,"
                      " report.xlsx."),
    click.option("--lists", default="segments,stages,actions", show_default=True,
                 metavar="NAME,...", help="Lists to write beside customers.csv; '' for none."),
    click.option("--calls", type=click.IntRange(min=1), metavar="N",
                 help="Also write calls.csv: the N people to call first."),
    click.option("--keep-rejects", is_flag=True,
                 help="Also write rejects.csv: file, row and reason of each row that cannot be"
                      " read, and its raw cells as cell_1, cell_2, ...; a record that cannot be"
                      " taken apart stands whole in cell_1."),
    click.option("--keep-runs", type=click.IntRange(min=0), default=1, show_default=True,
                 metavar="N", help="How many runs of other days DIR keeps, in previous/."),
)  # fmt: skip
"""The options for the outputs of a run."""


@click.command(cls=SectionedCommand)
@options.exports
@_written
@limits.fail_if
@click.option("--no-page", is_flag=True, help="Write no report.html.")
@options.page_format
@options.reading
@options.evidence
@options.question
@options.scoring
@options.refit_every
@options.placing
@options.holdouts
@options.text_tables
@options.engine
@options.talk
@monitoring.log
@monitoring.metrics
def command(exports: tuple[str, ...], outputs: tuple[str, ...], **params: Any) -> None:
    """Score, stage and segment the customers in EXPORTS, and print a report.

    EXPORT is a CSV, TSV or text file (plain, gz, bz2, zst, zip), a Parquet file, a folder or glob
    of such files read as one export, or - for stdin; or a URL: postgresql://HOST/DB, sqlite:FILE or
    duckdb:FILE with --table, --query or #TABLE, or s3://, gs://, az:// or https:// of such files.
    """
    notify = (click.get_current_context().obj or {}).get("notify", ())
    for option, file in (("--log", params["log_file"]), ("--metrics", params["metrics_file"])):
        if file not in (None, "", "-"):
            check_not_an_input(Path(file), *inputs_of(exports, params), option=option)
    with monitoring.monitored(params["log_file"], params["metrics_file"], notify) as record:
        record.expect(exports)
        _run(exports, outputs, params, record)


def _run(
    exports: tuple[str, ...], output_names: tuple[str, ...], params: Params, record: RunRecord
) -> None:
    from rfmtool.outputs.system_errors import system_failures

    outputs = run_places.run_outputs(output_names)
    run_places.check_output_options(outputs)
    with ExitStack() as stack:
        folders = run_places.run_folders(outputs, exports, params)
        previous_folder, new_folder = stack.enter_context(folders)
        # Heavy imports come after locking the folder, which fails at once if another run has it.
        with uninterrupted():
            from rfmtool.runs import folder
            from rfmtool.runs.fail_if import check_limits
            from rfmtool.runs.previous import link_previous_runs
            from rfmtool.runs.tables import run_tables

        fail_if = limits.parse_run_limits(params["fail_if"], previous_folder)
        folder_options = _folder_options(params)
        for database in outputs.databases:
            run_places.check_database(database, params)
        previous_summary = limits.previous_summary(fail_if, previous_folder, params)
        result, linked_run = _result(exports, params, previous_folder), None
        if previous_folder and new_folder:
            linked_run = link_previous_runs(previous_folder, result, params["keep_runs"])
            result = linked_run.result
            with system_failures(str(previous_folder)):
                summary = folder.write_files(linked_run, new_folder, command_line(), folder_options)
        else:
            summary = result.summary
        record.as_of, record.summary = summary["as_of"], summary
        record.inputs = folder.inputs(result, hashed=record.wanted)
        if fail_if:
            check_limits(fail_if, result.summary, previous_summary)
        tables = partial(run_tables, result, summary, folder_options, linked_run)
        writing = run_places.writing_stores_and_databases(outputs, new_folder, tables, params)
        stack.enter_context(writing)
    record.published = [*map(without_secrets, output_names)]
    if not params["quiet"]:
        show_run(summary, outputs.shown, params)


def _result(exports: tuple[str, ...], params: Params, previous_folder: Path | None) -> Result:
    """The result of the run, with the holdouts of the previous run and measured results."""
    from rfmtool import pipeline
    from rfmtool.rules import parse_holdouts
    from rfmtool.runs import holdouts
    from rfmtool.sources.layout import Detail

    arguments, results = run_arguments(params, exports), params["results_file"]
    # Lookbacks need order entries.
    settings = replace(arguments.pop("settings"), detail=Detail(entries=True), reported=True)
    return pipeline.run(
        list(exports),
        **arguments,
        settings=settings,
        refit_days=params["refit_days"],
        lots=parse_holdouts(params["holdout"], params["holdout_salt"]),
        entered=holdouts.read_holdouts(previous_folder) if previous_folder else None,
        results=holdouts.read_results(results) if results is not None else None,
    )


def _folder_options(params: Params) -> FolderOptions:
    from rfmtool.outputs.lists import KINDS
    from rfmtool.outputs.writers import check_writable
    from rfmtool.runs import folder

    tables = choices(params["tables"], KINDS, "--tables")
    if not tables:
        raise UsageError("--tables: none is named", f"Take any of {', '.join(KINDS)}.")
    for kind in tables:
        check_writable(kind, f"--tables {kind}")
    return folder.FolderOptions(
        tables,
        choices(params["lists"], folder.LISTS, "--lists"),
        text_options(params),
        params["calls"],
        params["keep_rejects"],
        None if params["no_page"] else folder.PageOptions(params["locale"], params["title"]),
    )
