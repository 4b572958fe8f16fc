"""Where a command's answer goes: to the place that `-o` names, or to stdout."""

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
    """Where `-o` points; None where it was not given."""
    if output == "":
        raise UsageError("-o: the name is empty", "Name where to write, or leave -o out.")
    if output == "-":
        raise UsageError(
            "-o -: would be a file of that name", "Name /dev/stdout to pipe it, or leave -o out."
        )
    if output:
        check_is_local_path(output)
    return Path(output) if output else None


def output_file(output: str | None, exports: Sequence[str], params: Params) -> Path | None:
    """The file that `-o` names, apart from all that is read; None where it was not given."""
    path = output_path(output)
    if path:
        check_not_an_input(path, *inputs_of(exports, params))
    return path


def inputs_of(exports: Sequence[str], params: Params) -> list[str | None]:
    """All that a command reads: exports, evidence, rules, scales and rates."""
    files = (params.get(name) for name in ("scales_file", "rates_file"))
    rules = params.get("rules_file") or ()
    return [*exports, *files, *rules, *evidence_sources(params, exports).values()]


def is_shared(params: Params) -> bool:
    """Whether others may read what is written: by `--shared`, or `shared = true` in the rules."""
    if params["shared"] or not params.get("rules_file"):
        return bool(params["shared"])
    from rfmtool.rules import load_rules

    return load_rules(params["rules_file"]).shared


def check_not_an_input(target: Path, *inputs: str | None, option: str = "-o") -> None:
    """Check that no input is `target`, lies in it, or is a folder that would then read it."""
    from rfmtool.sources.files.listing import has_data_name

    place = Path(os.path.realpath(target))  # which lets links in a circle be told by who reads
    for name in filter(None, inputs):
        if scheme_of(name):
            continue
        for path in map(Path, [name, *glob.glob(name, recursive=True)]):  # noqa: PTH207 - absolute
            folder = Path(os.path.realpath(path))
            if folder.is_relative_to(place):
                raise UsageError(
                    f"{option} {target}: {path} is read, and would be replaced",
                    "Name another place.",
                )
            if path.is_dir() and place.is_relative_to(folder) and has_data_name(place, folder):
                raise UsageError(
                    f"{option} {target}: lies in {path}, and would be read as input the next time",
                    "Name a place outside of it.",
                )


def show_run(summary: Mapping[str, Any], folder: str | None, params: Params) -> None:
    """Show a run on stdout, in the format that is asked for."""
    from rfmtool.pages.run import page

    show(summary, lambda width: page(summary, width, folder), params, "run")


def show(data: Any, page: Callable[[int], Sequence[Block]], params: Params, name: str = "") -> None:
    """Print what was found in the format that is asked for; all but text is always UTF-8.

    Args:
        data: what was found, plain.
        page: what is drawn of it, told how many characters there is room for.
        params: the options of the command.
        name: of the question, or `run`, where there is a page of it in HTML.
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
