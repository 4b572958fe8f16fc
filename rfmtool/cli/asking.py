"""Run a function of `rfmtool.questions` for a command: write the table, print the answer."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rfmtool.cli.arguments import Params, run_arguments, text_options
from rfmtool.cli.destination import is_shared, json_bytes, output_file, show
from rfmtool.cli.reading_messages import reading_reporter
from rfmtool.interrupts import uninterrupted

if TYPE_CHECKING:
    from rfmtool.analyses import Answer

JSON = ".json"
"""The extension of files with the whole answer."""


def ask(
    name: str, exports: tuple[str, ...], output: str | None, params: Params,
    **more: object,
) -> None:  # fmt: skip
    """Run the function `name` of `rfmtool.questions`, and write and print its answer."""
    path = output_file(output, exports, params)
    with uninterrupted():
        from rfmtool import questions
        from rfmtool.outputs import writers
        from rfmtool.outputs.publish import published_file

    if path and path.suffix.lower() != JSON:
        writers.format_of(path)  # checks the extension before the export is read
    arguments = {**run_arguments(params, exports), "on_read": reading_reporter(params)}
    shared = is_shared(params)
    with published_file(path, shared=shared) if path else nullcontext() as target:
        answer: Answer = getattr(questions, name)(list(exports), **arguments, **more)
        if path and target:
            write_answer(answer, path, target, params)
    if not params["quiet"]:
        show_answer(name, answer, params)


def show_answer(name: str, answer: Answer, params: Params) -> None:
    """Print an answer in the format of the options."""
    from rfmtool.summaries.answers import DATA_OF

    is_json = params["output_format"] == "json"
    data = answer.as_data() if is_json else DATA_OF[name](answer)
    pages = import_module(f"rfmtool.pages.{name}")
    show(data, lambda width: pages.page(data, width), params, name)


def write_answer(answer: Answer, path: Path, target: IO[bytes], params: Params) -> None:
    """Write the table of an answer, or all of it to a file with extension .json."""
    from rfmtool.analyses import MONEY
    from rfmtool.outputs.system_errors import system_failures
    from rfmtool.outputs.tables import to_table
    from rfmtool.outputs.writers import format_of, write_table

    with system_failures(str(path)):
        if path.suffix.lower() == JSON:
            target.write(json_bytes(answer.as_data()))
        else:
            table = to_table(answer.table, tuple(answer.table.columns), MONEY)
            write_table(table.to_reader(), target, format_of(path), text_options(params))
        target.flush()
