"""The destination of a command's answer: the path of `-o`, or stdout."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rfmtool.cli.arguments import Params, evidence_sources
from rfmtool.errors import UsageError
from rfmtool.locations import check_is_local_path, scheme_of

if TYPE_CHECKING:
    from rfmtool.pages.blocks import Block


def output_path(output: str | None) -> Path | None:
    """The path of `-o`; None where it is not given."""
    if output == "":
        raise UsageError("-o: the name is empty", "Name where to write, or leave -o out.")
    if output == "-":
        hint = "Name /dev/stdout to pipe it, or leave -o out."
        raise UsageError("-o -: would be a file of that name", hint)
    if output:
        check_is_local_path(output)
    return Path(output) if output else None


def output_file(output: str | None, exports: Sequence[str], params: Params) -> Path | None:
    """The path of `-o`, which must be none of the inputs; None where it is not given."""
    path = output_path(output)
    if path:
        check_not_an_input(path, *inputs_of(exports, params))
    return path


def inputs_of(exports: Sequence[str], params: Params) -> list[str | None]:
    """All inputs of a command: exports, evidence, rules, scales and rates."""
    files = (params.get(name) for name in ("scales_file", "rates_file"))
    rules = params.get("rules_file") or ()
    return [*exports, *files, *rules, *evidence_sources(params, exports).values()]


def is_shared(params: Params) -> bool:
    """Whether other users may read the output: by `--shared`, or `shared = true` in the rules."""
    if params["shared"] or not params.get("rules_file"):
        return bool(params["shared"])
    from rfmtool.rules import load_rules

    return load_rules(params["rules_file"]).shared


def check_not_an_input(target: Path, *inputs: str | None, option: str = "-o") -> None:
    """Check that no input is `target`, is in it, or is a folder that would read it next time."""
    from rfmtool.sources.files.listing import has_data_name

    output = Path(os.path.realpath(target))  # without errors for circular links
    for name in filter(None, inputs):
        if scheme_of(name):
            continue
        for path in map(Path, [name, *glob.glob(name, recursive=True)]):  # noqa: PTH207 - absolute
            source = Path(os.path.realpath(path))
            if source.is_relative_to(output):
                problem = f"{path} is read, and would be replaced"
                raise UsageError(f"{option} {target}: {problem}", "Name another place.")
            if path.is_dir() and output.is_relative_to(source) and has_data_name(output, source):
                problem = f"lies in {path}, and would be read as input the next time"
                raise UsageError(f"{option} {target}: {problem}", "Name a place outside of it.")


def show_run(summary: Mapping[str, Any], folder: str | None, params: Params) -> None:
    """Print the report of a run in the format of `--format`."""
    from rfmtool.pages.run import page

    show(summary, lambda width: page(summary, width, folder), params, "run")


def show(data: Any, page: Callable[[int], Sequence[Block]], params: Params, name: str = "") -> None:
    """Print an answer in the format of `--format`; JSON and HTML are always UTF-8.

    `page` makes the blocks of a text page for a width in characters; `name` is that of the
    analysis, or `run`, where there is an HTML page.
    """
    if params["output_format"] == "json":
        click.echo(json_bytes(data), nl=False)
    elif params["output_format"] == "html":
        from rfmtool.pages.html import answer_page, run_page

        shop = params["locale"], params["title"]
        text = run_page(data, *shop) if name == "run" else answer_page(name, data, *shop)
        click.echo(text.encode("utf-8", "replace"), nl=False)
    else:
        from rfmtool.pages.terminal import as_console, draw

        screen = as_console(color=not params["no_color"])
        draw(page(screen.width), screen)


def json_bytes(data: object) -> bytes:
    """Data as JSON."""
    import json

    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")
