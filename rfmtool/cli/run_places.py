"""The outputs of a run: a folder, stores and databases, each written atomically."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from rfmtool.cli.arguments import Params
from rfmtool.cli.destination import check_not_an_input, is_shared, output_path
from rfmtool.errors import UsageError
from rfmtool.locations import check_is_path, is_database, is_store
from rfmtool.scratch import scratch_folder

if TYPE_CHECKING:
    from rfmtool.databases.urls import Target
    from rfmtool.databases.writing import RunTables
    from rfmtool.stores.urls import Store

_FOLDER_OPTIONS = ("tables", "calls", "keep_rejects", "keep_runs", "no_page")
_DATABASE_OPTIONS = ("if_exists", "current_view")


class Outputs(NamedTuple):
    """The destinations of a run."""

    folder: str | None
    databases: list[Target]
    stores: list[Store]

    @property
    def shown(self) -> str | None:
        """The folder or store that a report names for its lists."""
        return self.folder or next((store.name for store in self.stores), None)


def run_outputs(names: Sequence[str]) -> Outputs:
    """Sort the values of `-o` into at most one folder, databases and stores."""
    urls = [name for name in names if is_database(name) or is_store(name)]
    folders = [name for name in names if name not in urls]
    for folder in folders:
        check_is_path(folder, "written")
    if len(folders) > 1:
        problem = f"-o {folders[1]}: a run is written into one folder"
        raise UsageError(problem, "Run again for another.")
    outputs = Outputs(next(iter(folders), None), [], [])
    for url in urls:
        if is_database(url):
            from rfmtool.databases.urls import parse_target_url

            outputs.databases.append(parse_target_url(url))
        else:
            from rfmtool.stores.urls import parse_store_url

            outputs.stores.append(parse_store_url(url))
    return outputs


def check_output_options(outputs: Outputs) -> None:
    """Check that no options are given for outputs that are not written."""
    if not (outputs.folder or outputs.stores):
        names = _FOLDER_OPTIONS if outputs.databases else (*_FOLDER_OPTIONS, "lists")
        _check_not_given(names, "the folder of a run", "Name the folder with -o DIR.")
    if not outputs.databases:
        hint = "Name one with -o duckdb:FILE, for example."
        _check_not_given(_DATABASE_OPTIONS, "a database", hint)


@contextmanager
def run_folders(
    outputs: Outputs, exports: tuple[str, ...], params: Params
) -> Iterator[tuple[Path | None, Path | None]]:
    """The folder of the previous run, and an empty one for this run.

    With stores only, both are temporary; with databases only, both are None.
    """
    from rfmtool.outputs.publish import published_folder

    target = output_path(outputs.folder)
    if target:
        check_not_an_input(target, *exports)
        with published_folder(target, shared=is_shared(params)) as new_folder:
            yield target, new_folder
    elif outputs.stores:
        from rfmtool.stores.writing import fetch_latest

        with scratch_folder("rfmtool-") as scratch:
            fetch_latest(outputs.stores[0], scratch / "before")
            (scratch / "new").mkdir()
            yield scratch / "before", scratch / "new"
    else:
        yield None, None


@contextmanager
def writing_stores_and_databases(
    outputs: Outputs, folder: Path | None, tables: Callable[[], RunTables], params: Params
) -> Iterator[None]:
    """Write stores and databases, which become visible when the block ends.

    `folder` is the new one of the run; `tables` makes the tables for one database.
    """
    with ExitStack() as stack:
        if outputs.stores and folder:
            from rfmtool.stores.writing import publishing_run

            for store in outputs.stores:
                stack.enter_context(publishing_run(store, folder))
        if outputs.databases:
            from rfmtool.databases.writing import writing_tables

            if_exists, view = params["if_exists"], params["current_view"]
            for database in outputs.databases:
                stack.enter_context(writing_tables(database, tables(), if_exists, view=view))
        yield


def _check_not_given(names: Sequence[str], where: str, hint: str) -> None:
    source_of = click.get_current_context().get_parameter_source
    for name in names:
        if source_of(name) is ParameterSource.COMMANDLINE:
            problem = f"says what lies in {where}, and there is none without -o"
            raise UsageError(f"--{name.replace('_', '-')}: {problem}", hint)


def check_database(database: Target, params: Params) -> None:
    """Check that tables can be written to a database, before the export is read."""
    from rfmtool.databases.writing import CURRENT_VIEW, check_target
    from rfmtool.runs.tables import NAMES

    names = (*NAMES, CURRENT_VIEW) if params["current_view"] else NAMES
    check_target(database, names, params["if_exists"])
