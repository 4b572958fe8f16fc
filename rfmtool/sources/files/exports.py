"""A file of an export: its kind, and its bytes, decompressed and as UTF-8."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from urllib.parse import unquote

from rfmtool.errors import InputError
from rfmtool.sources.files.containers import (
    DAMAGE_ERRORS,
    MAGIC_BYTES,
    SUPPORTED_KINDS,
    is_workbook,
    kind_of,
    open_unpacked,
)
from rfmtool.sources.files.spools import open_spool, too_large_error
from rfmtool.sources.files.streams import Bounded, ByteRange, ByteStream, transcoded
from rfmtool.sources.files.workbooks import sheet_as_csv
from rfmtool.sources.files.zero_formats import columns_with_zeros

if TYPE_CHECKING:
    from rfmtool.stores.listing import StoreObject

_NULL_VALUE: Final = "__HIVE_DEFAULT_PARTITION__"
_TRUSTED_BYTES: Final = 1 << 30
_ARCHIVES: Final = ("tar", "xz", "7z", "RAR")
_TRUSTED_RATIO: Final = 200
"""Real exports are compressed 5 to 50 times; beyond this ratio it is a decompression bomb."""


def unreadable_error(name: str, error: OSError) -> InputError:
    """The error for a file or folder that the system does not let us read."""
    reason = (error.strerror or "not readable").lower()
    return InputError(f"{name}: cannot be read: {reason}", "See to that, or name another file.")


@dataclass(frozen=True)
class ExportFile:
    """One file of an export."""

    name: str
    path: Path | None = None
    spool: BinaryIO | None = None
    """A copy of what came from stdin or another pipe."""
    member: str = ""
    """The member of a zip file or the sheet of a workbook to read; empty for the only one."""
    max_bytes: int | None = None
    store_object: StoreObject | None = None
    """The object in a store; then `path` is only for its name."""
    span: tuple[int, int] | None = None
    """The range of row groups of a Parquet file, or of bytes of a text, to read; None for all."""

    @property
    def full_name(self) -> str:
        """The path, with the member or sheet."""
        path = os.fspath(self.path or self.name)
        return f"{path}/{self.member}" if self.member else path

    @cached_property
    def partition_values(self) -> Mapping[str, str | None]:
        """Hive partition columns from the names of the folders above, such as `status=paid`."""
        values: dict[str, str | None] = {}
        for folder in (self.path or Path()).parents:
            name, equals, value = folder.name.partition("=")
            if not (equals and name):
                break
            values[unquote(name)] = None if value == _NULL_VALUE else unquote(value) or None
        return dict(reversed(values.items()))

    def open(self) -> BinaryIO:
        """Open the bytes as they are stored."""
        if self.spool is not None:
            return open_spool(self.spool)
        if self.store_object is not None:
            from rfmtool.stores.remote import open_object

            return open_object(self.store_object)
        try:
            return Path(self.path or self.name).open("rb", buffering=0)
        except OSError as error:
            raise unreadable_error(self.name, error) from None

    @cached_property
    def kind(self) -> str:
        """The kind of file by its first bytes, one of `containers.SUPPORTED_KINDS`."""
        with self.open() as raw:
            kind = kind_of(raw.read(MAGIC_BYTES) or b"")
            if kind == "zip" and is_workbook(raw):
                kind = "workbook"
        if kind not in SUPPORTED_KINDS:
            raise InputError(
                f"{self.name}: this holds {kind} data, which rfmtool does not read",
                "Unpack it, and name what comes out."
                if kind in _ARCHIVES
                else "Export it as CSV or Parquet.",
            )
        if self.member and kind not in ("zip", "workbook"):
            raise InputError(
                f"{self.name}: the file is no folder, zip or workbook that holds {self.member}",
                "Name the file itself.",
            )
        return kind

    @property
    def notices(self) -> tuple[str, ...]:
        """Notices on numbers that a workbook shows differently from their values."""
        if self.kind != "workbook":
            return ()
        with self.open() as raw:
            columns = ", ".join(columns_with_zeros(raw))
        notice = (
            f"{self.name}: the sheet shows numbers of column {columns} with leading zeros, as in"
            " 00123, and holds none: they are read as 123."
        )
        return (notice,) if columns else ()

    @cached_property
    def stored_bytes(self) -> int:
        """The size of the file as stored."""
        with self.open() as raw:
            return raw.seek(0, os.SEEK_END)

    def sha256(self) -> str:
        """The SHA-256 of the bytes as stored; reads the file again."""
        with self.open() as raw:
            return hashlib.file_digest(cast("io.RawIOBase", raw), "sha256").hexdigest()

    @contextmanager
    def utf8(self, encoding: str) -> Iterator[tuple[ByteStream, BinaryIO]]:
        """Yield the text as UTF-8 bytes, and the raw file, whose position shows the progress."""
        raw = self.open()
        try:
            stream = self._open_unpacked(raw)
            if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig", "ascii"):
                stream = transcoded(stream, encoding)
            yield stream, raw
        except UnicodeError:
            raise InputError(
                f"{self.name}: this is no {encoding} text", "Say another with --encoding."
            ) from None
        except DAMAGE_ERRORS as error:
            if self.kind in ("text", "workbook") and not isinstance(error, OSError):
                raise
            raise InputError(
                f"{self.name}: the {self.kind} data is damaged or cut off",
                "Export or download it again.",
            ) from None
        finally:
            raw.close()

    def _open_unpacked(self, raw: BinaryIO) -> ByteStream:
        if self.kind == "workbook":
            return cast("ByteStream", io.BytesIO(self._sheet))
        stream = open_unpacked(raw, self.kind, self.name, self.member)
        if self.span is not None:
            return ByteRange(raw, *self.span)
        if self.kind == "text" and self.max_bytes is None:
            return stream
        return Bounded(stream, self._byte_limit, too_large_error(self.name, self._byte_limit))

    @cached_property
    def _sheet(self) -> bytes:
        with self.open() as raw:
            return sheet_as_csv(raw, self.name, self.member, self._byte_limit)

    @cached_property
    def _byte_limit(self) -> int:
        if self.max_bytes is not None:
            return self.max_bytes
        return max(_TRUSTED_BYTES, _TRUSTED_RATIO * self.stored_bytes)
