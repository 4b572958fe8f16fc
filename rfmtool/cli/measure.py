"""rfmtool measure: did lists earn more than leaving people alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.arguments import run_arguments
from rfmtool.cli.asking import answer, answer_path
from rfmtool.cli.sections import SectionedCommand
from rfmtool.errors import UsageError
from rfmtool.interrupts import uninterrupted


@click.command(cls=SectionedCommand)
@click.argument("names", metavar="DIR... EXPORT", nargs=-1, required=True)
@options.table_output("what was found", " Use .csv or .json for run --results.")
@click.option("--days", type=click.IntRange(min=1), default=90, show_default=True, metavar="N",
              help="How many days each person is followed.")  # fmt: skip
@click.option("--holdout-salt", metavar="TEXT",
              help="The salt of the round to measure (default: the newest).")  # fmt: skip
@options.contacted
@options.min_matched
@options.analysis
def command(names: tuple[str, ...], output: str | None, **params: Any) -> None:
    """Compare the people of earlier runs' lists with those who were held out at random.

    DIR is a folder that rfmtool run -o wrote with --holdout; of several, each person counts from
    their earliest day. EXPORT is a later export that reaches back as far.
    """
    if len(names) < 2:  # noqa: PLR2004 - a folder and an export
        raise UsageError(
            "measure: needs the folder of a run, and a later export",
            "Write rfmtool measure DIR EXPORT.",
        )
    folders, exports = names[:-1], names[-1:]
    path = answer_path(output, names, params)
    with uninterrupted():
        from rfmtool.runs.measure import measure

    arguments = run_arguments(params, exports)
    if not params["rules_file"]:
        del arguments["rules"]
    arguments |= {"days": params["days"], "salt": params["holdout_salt"]}
    runs = [Path(folder) for folder in folders]
    answer(path, params, lambda: measure(runs, list(exports), **arguments))
