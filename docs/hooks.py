"""What the site shows and nobody writes by hand: commands, columns, pages of the demo shop."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

SHOP = Path(__file__).parents[1] / "examples" / "shop"
_WRITTEN = {
    "always": "always",
    "known": "where anything of it is known",
    "feedback": "with `--feedback`",
    "referrals": "with `--referrals`",
}


def on_files(files: Files, config: Any) -> Files:  # noqa: ANN401 - mkdocs'
    """Add the generated files."""
    made = {"reference/columns.md": _columns(), "reference/commands.md": _commands()}
    for name, content in (*made.items(), *_pages()):
        files.append(File.generated(config, name, content=content))
    return files


def _commands() -> str:
    """Every command with its options, from the program itself."""
    import click

    from rfmtool.cli import program

    top = click.Context(program, info_name="rfmtool")
    told = ["# Commands", "", "Every command and option, from the program itself.", ""]
    for name in program.list_commands(top):
        command = program.get_command(top, name)
        within = [(name, command)]
        if isinstance(command, click.Group):
            within = [(f"{name} {one}", each) for one, each in command.commands.items()]
        for words, each in within:
            told += _command(click.Context(each, info_name=words, parent=top), each)
    return "\n".join(told)


def _command(context: Any, command: Any) -> list[str]:  # noqa: ANN401 - click's
    records = [one.get_help_record(context) for one in command.get_params(context)]
    rows = [
        f"| `{names.replace('|', ' or ')}` | {' '.join(words.split()).replace('|', ' or ')} |"
        for names, words in filter(None, records)
    ]
    return [f"## {context.command_path}", "", cleandoc(command.help or ""), "",
            f"`{' '.join(command.get_usage(context).split()).removeprefix('Usage: ')}`", "",
            "| option | meaning |", "|---|---|", *rows, ""]  # fmt: skip


def _columns() -> str:
    from rfmtool.columns import COLUMNS

    rows = [
        f"| `{one.name}` | {one.kind} | {one.unit} | {one.meaning} | {_WRITTEN[one.written]} |"
        for one in COLUMNS
        if one.written in _WRITTEN
    ]
    head = ["# Columns", "", "Of `customers.csv`, of every list, and of `score`.", "",
            "| column | kind | unit | meaning | written |", "|---|---|---|---|---|"]  # fmt: skip
    return "\n".join([*head, *rows, ""])


def _pages() -> Iterator[tuple[str, str]]:
    """The page of the demo shop's run, and of two questions."""
    import rfmtool
    from rfmtool.pages.html import answer_page, run_page
    from rfmtool.runs.folder import FolderOptions, write_files
    from rfmtool.runs.previous import link_previous_runs
    from rfmtool.sources.layout import Detail

    settings = rfmtool.Settings(detail=Detail(entries=True))
    tables = ("contacts", "referrals", "feedback", "partners", "wallets", "suppress")
    evidence = {name: SHOP / f"{name}.csv" for name in tables}
    result = rfmtool.run(SHOP / "orders.csv", evidence=evidence, settings=settings)
    with tempfile.TemporaryDirectory() as place:
        write_files(
            link_previous_runs(Path(place), result), Path(place), (), FolderOptions(lists=())
        )
        summary = json.loads((Path(place) / "summary.json").read_text("utf-8"))
    yield "gallery/run.html", run_page(summary, "en", "Tea and coffee shop")
    yield "gallery/run-de.html", run_page(summary, "de", "Tee und Kaffee")
    for name in ("cohorts", "repeat"):
        found = getattr(rfmtool, name)(result)
        yield f"gallery/{name}.html", answer_page(name, found.page_data(), "en", None)
