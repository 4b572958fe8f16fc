"""Where a run is written: a folder, stores and databases, each whole or not at all."""

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

_OF_FOLDER = ("tables", "calls", "keep_rejects", "keep_runs", "no_page")
"""The options that say what lies in the folder."""
_OF_DATABASE = ("if_exists", "current_view")


class Outputs(NamedTuple):
    """Where a run is written."""

    folder: str | None
    databases: list[Target]
    stores: list[Store]

    @property
    def shown(self) -> str | None:
        """What a report calls the place where its lists are."""
        return self.folder or next((store.name for store in self.stores), None)


def run_outputs(outputs: Sequence[str]) -> Outputs:
    """Tell the places apart that a run is written to: a folder at most, databases and stores."""
    urls = [output for output in outputs if is_database(output) or is_store(output)]
    folders = [output for output in outputs if output not in urls]
    for folder in folders:
        check_is_path(folder, "written")
    if len(folders) > 1:
        raise UsageError(
            f"-o {folders[1]}: a run is written into one folder", "Run again for another."
        )
    found = Outputs(next(iter(folders), None), [], [])
    for url in urls:
        if is_database(url):
            from rfmtool.databases.urls import parse_target_url

            found.databases.append(parse_target_url(url))
        else:
            from rfmtool.stores.urls import parse_store_url

            found.stores.append(parse_store_url(url))
    return found


def check_places(to: Outputs) -> None:
    """Check that nothing is said about places that are not written."""
    if not (to.folder or to.stores):
        of_folder = _OF_FOLDER if to.databases else (*_OF_FOLDER, "lists")
        _check_not_asked(of_folder, "the folder of a run", "Name the folder with -o DIR.")
    if not to.databases:
        _check_not_asked(_OF_DATABASE, "a database", "Name one with -o duckdb:FILE, for example.")


@contextmanager
def folder_of(
    to: Outputs, exports: tuple[str, ...], params: Params
) -> Iterator[tuple[Path | None, Path | None]]:
    """The folder of the run before, and an empty one for this run.

    Where runs stand in a store alone, both are here only meanwhile.
    """
    from rfmtool.outputs.publish import published_folder

    target = output_path(to.folder)
    if target:
        check_not_an_input(target, *exports)
        with published_folder(target, shared=is_shared(params)) as place:
            yield target, place
    elif to.stores:
        from rfmtool.stores.writing import fetch_latest

        with scratch_folder("rfmtool-") as scratch:
            fetch_latest(to.stores[0], scratch / "before")
            (scratch / "new").mkdir()
            yield scratch / "before", scratch / "new"
    else:
        yield None, None


@contextmanager
def written_elsewhere(
    to: Outputs, place: Path | None, tables: Callable[[], RunTables], params: Params
) -> Iterator[None]:
    """Stores and databases written; of it all nothing takes effect before the block ends.

    Args:
        to: where a run is written.
        place: the folder that was made for it, if any.
        tables: makes those of a database; each is read once.
        params: the options of the command.
    """
    with ExitStack() as stack:
        if to.stores and place:
            from rfmtool.stores.writing import publishing_run

            for store in to.stores:
                stack.enter_context(publishing_run(store, place))
        if to.databases:
            from rfmtool.databases.writing import writing_tables

            if_exists, view = params["if_exists"], params["current_view"]
            for database in to.databases:
                stack.enter_context(writing_tables(database, tables(), if_exists, view=view))
        yield


def _check_not_asked(names: Sequence[str], where: str, hint: str) -> None:
    """Check that nothing is said about a place that is not written."""
    given = click.get_current_context().get_parameter_source
    for name in names:
        if given(name) is ParameterSource.COMMANDLINE:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{option}: says what lies in {where}, and there is none without -o", hint
            )


def check_database(database: Target, params: Params) -> None:
    """Check that tables can be written there, sooner than after reading."""
    from rfmtool.databases.writing import CURRENT_VIEW, check_target
    from rfmtool.runs.tables import NAMES

    names = (*NAMES, CURRENT_VIEW) if params["current_view"] else NAMES
    check_target(database, names, params["if_exists"])
