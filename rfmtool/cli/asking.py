"""Run a function of `rfmtool.questions` for a command: write the table, print the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rfmtool.cli.arguments import Params, run_arguments, text_options
from rfmtool.cli.destination import is_shared, json_bytes, output_file, show
from rfmtool.cli.reading_messages import reading_reporter
from rfmtool.interrupts import uninterrupted

if TYPE_CHECKING:
    from rfmtool.notebook import Answer

JSON = ".json"
"""The extension of files with the whole answer."""


def ask(
    name: str, exports: tuple[str, ...], output: str | None, params: Params,
    **more: object,
) -> None:  # fmt: skip
    """Run the function `name` of `rfmtool.questions`, and write and print its answer."""
    path = answer_path(output, exports, params)
    with uninterrupted():
        from rfmtool import questions

    arguments = {**run_arguments(params, exports), "on_read": reading_reporter(params)}
    question = getattr(questions, name)
    answer(path, params, lambda: question(list(exports), **arguments, **more))


def answer_path(output: str | None, inputs: Sequence[str], params: Params) -> Path | None:
    """The path of `-o`, its extension checked before the export is read; None without one."""
    path = output_file(output, inputs, params)
    with uninterrupted():
        from rfmtool.outputs.writers import format_of

    if path and path.suffix.lower() != JSON:
        format_of(path)
    return path


def answer(path: Path | None, params: Params, compute: Callable[[], Answer]) -> None:
    """Compute an answer, write it to a path if there is one, and print it."""
    with uninterrupted():
        from rfmtool.outputs.publish import published_file

    with published_file(path, shared=is_shared(params)) if path else nullcontext() as target:
        found = compute()
        if path and target:
            _write(found, path, target, params)
    if not params["quiet"]:
        data = found.as_data() if params["output_format"] == "json" else found.page_data()
        pages = import_module(f"rfmtool.pages.{found.name}")
        show(data, lambda width: pages.page(data, width), params, found.name)


def _write(answer: Answer, path: Path, target: IO[bytes], params: Params) -> None:
    """Write the table of an answer, or all of it to a file with extension .json."""
    from rfmtool.outputs.system_errors import system_failures
    from rfmtool.outputs.writers import format_of, write_table

    with system_failures(str(path)):
        if path.suffix.lower() == JSON:
            target.write(json_bytes(answer.as_data()))
        else:
            rows = answer.to_arrow().to_reader()
            write_table(rows, target, format_of(path), text_options(params))
        target.flush()
