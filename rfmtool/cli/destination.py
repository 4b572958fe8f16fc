"""Where a command's answer goes: to the place that `-o` names, or to stdout."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rfmtool.cli.arguments import Settings, evidence_sources
from rfmtool.errors import UsageError
from rfmtool.places import check_local, scheme_of

if TYPE_CHECKING:
    from rich.console import Console

    from rfmtool.pages.blocks import Block


def output_path(output: str | None) -> Path | None:
    """Where `-o` points; None where it was not given.

    Raises:
        UsageError: it is empty, as an unset variable of a script makes it, or `-`, or a URL.
    """
    if output == "":
        raise UsageError("-o: the name is empty", "Name where to write, or leave -o out.")
    if output == "-":
        raise UsageError(
            "-o -: would be a file of that name", "Name /dev/stdout to pipe it, or leave -o out."
        )
    if output:
        check_local(output)
    return Path(output) if output else None


def output_file(output: str | None, exports: Sequence[str], settings: Settings) -> Path | None:
    """The file that `-o` names, apart from all that is read; None where it was not given.

    Raises:
        UsageError: it is empty or `-`, or writing it would take away what is read.
    """
    path = output_path(output)
    if path:
        check_apart(path, *inputs_of(exports, settings))
    return path


def inputs_of(exports: Sequence[str], settings: Settings) -> list[str | None]:
    """All that a command reads: exports, evidence, rules, scales and rates."""
    files = (settings.get(name) for name in ("scales_file", "rates_file"))
    rules = settings.get("rules_file") or ()
    return [*exports, *files, *rules, *evidence_sources(settings, exports).values()]


def is_shared(settings: Settings) -> bool:
    """Whether others may read what is written: by `--shared`, or by `shared = true` in the rules.

    Raises:
        RulesError: the rules cannot be read.
    """
    if settings["shared"] or not settings.get("rules_file"):
        return bool(settings["shared"])
    from rfmtool.rules import load_rules

    return load_rules(settings["rules_file"]).shared


def check_apart(target: Path, *inputs: str | None, option: str = "-o") -> None:
    """Check that writing `target` takes away nothing that is read.

    Raises:
        UsageError: an input is `target`, lies in it, or is a folder that would read it.
    """
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


def console(settings: Settings) -> Console:
    """The console that a command prints on."""
    from rfmtool.pages.terminal import as_console

    return as_console(color=not settings["no_color"])


def show_page(blocks: Sequence[Block], screen: Console) -> None:
    """Draw a page on a console."""
    from rfmtool.pages.terminal import draw

    draw(blocks, screen)


def show_html(text: str) -> None:
    """Print a page as HTML, which is UTF-8 whatever the terminal speaks."""
    click.echo(text.encode("utf-8", "replace"), nl=False)


def json_bytes(data: object) -> bytes:
    """Data as JSON, which is UTF-8 whatever the terminal speaks."""
    import json

    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def show_json(data: object) -> None:
    """Print data as JSON."""
    click.echo(json_bytes(data), nl=False)
