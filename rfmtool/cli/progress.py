"""The progress bar on stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from rfmtool.sources.rows.lines import Watcher

_SLOW_BYTES: Final = 8 << 20  # smaller files are read too fast for a bar


def watcher(params: Mapping[str, Any]) -> Watcher | None:
    """A watcher that draws a bar; None with --quiet, or by default where stderr is no terminal."""
    is_shown = params["progress"]
    if is_shown is None:
        is_shown = sys.stderr.isatty()
    return _Bar(color=not params["no_color"]) if is_shown and not params["quiet"] else None


class _Bar:
    """A progress bar for one file at a time."""

    def __init__(self, *, color: bool) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        from rfmtool.pages.terminal import as_console

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self._progress: Progress = Progress(
            *columns, console=as_console(stderr=True, color=color), transient=True
        )
        self._task: TaskID | None = None

    def file(self, name: str, stored_bytes: int) -> None:
        from rfmtool.pages.blocks import printable

        self.done()
        if stored_bytes >= _SLOW_BYTES:
            self._progress.start()
            self._task = self._progress.add_task(f"Reading {printable(name)}", total=stored_bytes)

    def reached(self, stored_bytes: int) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=stored_bytes)

    def done(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._progress.stop()
            self._task = None
