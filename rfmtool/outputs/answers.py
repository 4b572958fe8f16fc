"""Write the folders of `compare` and `demo`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from rfmtool.documents import Data
from rfmtool.manifest import MANIFEST, TOOL
from rfmtool.outputs.files import write_bytes, write_json
from rfmtool.outputs.lists import write_rows
from rfmtool.outputs.publish import published_folder
from rfmtool.outputs.system_errors import system_failures
from rfmtool.outputs.text import TextOptions
from rfmtool.version import __version__


def write_frames(
    frames: Mapping[str, pd.DataFrame], texts: Mapping[str, str], folder: Path, *, shared: bool
) -> None:
    """Write frames of text as NAME.csv into a demo folder, and texts under their names.

    Raises as `publish.published_folder` does.
    """
    with published_folder(folder, "demo", shared=shared) as target, system_failures(str(folder)):
        outputs = []
        for name, frame in frames.items():
            csv = frame.to_csv(index=False, lineterminator="\n")
            outputs.append({**write_bytes(target, f"{name}.csv", csv.encode()), "rows": len(frame)})
        outputs += [write_bytes(target, name, text.encode()) for name, text in texts.items()]
        manifest = {"tool": TOOL, "kind": "demo", "version": __version__, "outputs": outputs}
        write_json(target, MANIFEST, manifest)


def publish_comparison(  # noqa: PLR0913 - each is part of the folder
    folder: Path, tables: Mapping[str, pa.Table], data: Data, about: Data, text: TextOptions, *,
    shared: bool,
) -> None:  # fmt: skip
    """Write a comparison: tables as NAME.csv, data as compare.json, `about` into the manifest.

    Only another comparison is replaced. Raises as `publish.published_folder` does.
    """
    with published_folder(folder, "compare", shared=shared) as target, system_failures(str(folder)):
        outputs = [
            write_rows(target, name, table.to_reader(), "csv", text).manifest_entry
            for name, table in tables.items()
        ]
        outputs.append(write_json(target, "compare.json", data))
        head = {"tool": TOOL, "kind": "compare", "version": __version__}
        write_json(target, MANIFEST, {**head, **about, "outputs": outputs})
