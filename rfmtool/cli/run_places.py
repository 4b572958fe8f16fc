"""Where a run is written: a folder, stores and databases, each whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from rfmtool.cli.arguments import Params
from rfmtool.cli.destination import check_apart, is_shared, output_path
from rfmtool.errors import UsageError
from rfmtool.places import check_known, is_database, is_store
from rfmtool.scratch import scratch_folder

if TYPE_CHECKING:
    from rfmtool.databases.names import Target
    from rfmtool.databases.writing import Edition
    from rfmtool.stores.places import Store

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
        check_known(folder, "written")
    if len(folders) > 1:
        raise UsageError(
            f"-o {folders[1]}: a run is written into one folder", "Run again for another."
        )
    found = Outputs(next(iter(folders), None), [], [])
    for url in urls:
        if is_database(url):
            from rfmtool.databases.names import target_of

            found.databases.append(target_of(url))
        else:
            from rfmtool.stores.places import store_of

            found.stores.append(store_of(url))
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
        check_apart(target, *exports)
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
    to: Outputs, place: Path | None, tables: Callable[[], Edition], params: Params
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
            from rfmtool.stores.writing import published

            for store in to.stores:
                stack.enter_context(published(store, place))
        if to.databases:
            from rfmtool.databases.writing import written

            if_exists, view = params["if_exists"], params["current_view"]
            for database in to.databases:
                stack.enter_context(written(database, tables(), if_exists, view=view))
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
    from rfmtool.databases.writing import CURRENT, check_target
    from rfmtool.runs.tables import NAMES

    names = (*NAMES, CURRENT) if params["current_view"] else NAMES
    check_target(database, names, params["if_exists"])
