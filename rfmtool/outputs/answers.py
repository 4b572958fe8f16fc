"""Folders of ours that are no run: what two of them differ in, and the made-up shop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from rfmtool.manifest import MANIFEST, TOOL
from rfmtool.outputs.files import write_json, write_text
from rfmtool.outputs.lists import write_rows
from rfmtool.outputs.publish import published_folder
from rfmtool.outputs.system_errors import system_failures
from rfmtool.outputs.text import TextOptions
from rfmtool.version import __version__


def write_frames(
    frames: Mapping[str, pd.DataFrame],
    texts: Mapping[str, str],
    folder: Path,
    *,
    shared: bool = False,
) -> None:
    """Write frames of text as NAME.csv into a folder of ours, and texts as they are.

    Raises:
        ForeignFolderError: the folder holds something that we did not write.
        SystemFailureError: the system refuses.
    """
    with published_folder(folder, "demo", shared=shared) as place, system_failures(str(folder)):
        outputs = []
        for name, frame in frames.items():
            text = frame.to_csv(index=False, lineterminator="\n")
            outputs.append({**write_text(place, f"{name}.csv", text), "rows": len(frame)})
        outputs += [write_text(place, name, words) for name, words in texts.items()]
        manifest = {"tool": TOOL, "kind": "demo", "version": __version__, "outputs": outputs}
        write_json(place, MANIFEST, manifest)


def publish_comparison(  # noqa: PLR0913 - each is a part of the folder
    folder: Path,
    *,
    tables: Mapping[str, pa.Table],
    data: Mapping[str, Any],
    about: Mapping[str, Any],
    text: TextOptions,
    shared: bool = False,
) -> None:
    """Write a comparison into a folder of ours: tables as NAME.csv, and data as compare.json.

    Only another comparison is replaced; `about` is what the manifest says beside its outputs.

    Raises:
        ForeignFolderError: the folder holds something that we did not write.
        SystemFailureError: the system refuses.
    """
    with published_folder(folder, "compare", shared=shared) as place, system_failures(str(folder)):
        outputs = [
            write_rows(place, name, table.to_reader(), "csv", text).manifest_entry
            for name, table in tables.items()
        ]
        outputs.append(write_json(place, "compare.json", data))
        head = {"tool": TOOL, "kind": "compare", "version": __version__}
        write_json(place, MANIFEST, {**head, **about, "outputs": outputs})
