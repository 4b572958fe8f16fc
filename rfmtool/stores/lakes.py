"""Lake tables, Delta or Iceberg: folders of Parquet files with a log of the valid ones."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa

from rfmtool.errors import InputError, RfmtoolError, UsageError
from rfmtool.locations import is_store, scheme_of, without_secrets

DELTA_LOG: Final = "_delta_log"
"""The folder that each Delta table contains."""
_ICEBERG_METADATA: Final = "metadata"
_METADATA_FILE: Final = re.compile(r"v?(\d+).*\.metadata\.json")
_PACKAGES: Final = {"delta": "deltalake", "iceberg": "pyiceberg"}


@dataclass(frozen=True)
class Lake:
    """A lake table."""

    kind: Literal["delta", "iceberg"]
    url: str = field(repr=False)
    metadata: str = ""
    """For Iceberg, the latest metadata file."""

    @property
    def name(self) -> str:
        """The name in messages, without secrets."""
        return without_secrets(self.url)


def find_lake_table(name: str) -> Lake | None:
    """The lake table that a path or URL names; None where it is something else."""
    if is_store(name):
        return None if "*" in name else _find_in_store(name)
    if scheme_of(name) or not Path(name).is_dir() or not os.access(name, os.X_OK):
        return None
    if (Path(name) / DELTA_LOG).is_dir():
        return Lake("delta", name)
    metadata = Path(name) / _ICEBERG_METADATA
    files = sorted(metadata.iterdir()) if metadata.is_dir() else []
    latest = _latest_metadata_file([path.name for path in files])
    return Lake("iceberg", name, str(metadata.absolute() / latest)) if latest else None


def _find_in_store(url: str) -> Lake | None:
    # Imported here, because it takes longer than reading a small export.
    from pyarrow import fs

    from rfmtool.stores.urls import parse_store_url, translated_errors

    store = parse_store_url(url)
    with translated_errors(store.name):
        folders = [f"{store.path}/{folder}" for folder in (DELTA_LOG, _ICEBERG_METADATA)]
        log, metadata = store.filesystem.get_file_info(folders)
        if fs.FileType.Directory not in (log.type, metadata.type):
            return None
        if "?" in url:  # the libraries that read tables would ignore parameters
            raise UsageError(
                f"{store.name}: a table of a lake is read without parameters in its URL",
                "Say region and endpoint by AWS_REGION and AWS_ENDPOINT_URL.",
            )
        if log.type == fs.FileType.Directory:
            return Lake("delta", url)
        infos = store.filesystem.get_file_info(fs.FileSelector(metadata.path))
    latest = _latest_metadata_file([info.base_name for info in infos])
    return Lake("iceberg", url, f"{scheme_of(url)}://{metadata.path}/{latest}") if latest else None


def _latest_metadata_file(names: Sequence[str]) -> str:
    """The Iceberg metadata file with the highest number; "" where there is none."""
    files = [(int(match[1]), name) for name in names if (match := _METADATA_FILE.fullmatch(name))]
    return max(files)[1] if files else ""


@contextmanager
def batches(lake: Lake) -> Iterator[pa.RecordBatchReader]:
    """The current rows of a lake table, as they come."""
    with _translated_errors(lake):
        reader = _open_table(lake)
    yield pa.RecordBatchReader.from_batches(reader.schema, _with_translated_errors(reader, lake))


def _with_translated_errors(reader: pa.RecordBatchReader, lake: Lake) -> Iterator[pa.RecordBatch]:
    with _translated_errors(lake):
        yield from reader


@contextmanager
def _translated_errors(lake: Lake) -> Iterator[None]:
    """Replace errors by ours, because those of the libraries may quote cells and keys."""
    package = _PACKAGES[lake.kind]
    from rfmtool.stores.urls import translated_errors

    try:
        with translated_errors(lake.name):
            yield
    except RfmtoolError:
        raise
    except ImportError:
        raise UsageError(
            f"{lake.name}: is a table of {lake.kind}, and {package} is not installed",
            "pip install 'rfmtool[stores]' brings it.",
        ) from None
    except Exception as error:  # noqa: BLE001 - the libraries document no errors
        raise InputError(
            f"{lake.name}: {package} cannot read this table ({type(error).__name__})",
            "See whether its files are all there; or write it anew with what made it.",
        ) from None


def _open_table(lake: Lake) -> pa.RecordBatchReader:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if lake.kind == "iceberg":
        from pyiceberg.table import StaticTable

        options = {"s3.endpoint": endpoint} if endpoint else {}
        return StaticTable.from_metadata(lake.metadata, options).scan().to_arrow_batch_reader()
    from deltalake import DeltaTable

    options = {"AWS_ALLOW_HTTP": "true"} if endpoint.startswith("http:") else {}
    table = DeltaTable(lake.url, storage_options=options)
    return pa.RecordBatchReader.from_stream(table.scan())
