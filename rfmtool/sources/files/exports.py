"""A file of an export: what kind it is of, and its bytes, decompressed and as UTF-8."""

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
from rfmtool.sources.files.streams import ByteStream, bounded, byte_range, transcoded
from rfmtool.sources.files.workbooks import sheet_as_csv
from rfmtool.sources.files.zero_formats import columns_with_zeros

if TYPE_CHECKING:
    from rfmtool.stores.listing import StoreObject

_NO_KEY: Final = "__HIVE_DEFAULT_PARTITION__"
_TRUSTED_BYTES: Final = 1 << 30
_PACKERS: Final = ("tar", "xz", "7z", "RAR")
_TRUSTED_RATIO: Final = 200
"""Real exports pack to between a fifth and a fiftieth; beyond this it is made to fill a disk."""


def unreadable_error(name: str, error: OSError) -> InputError:
    """Say that the system does not let a file or folder be read."""
    reason = (error.strerror or "not readable").lower()
    return InputError(f"{name}: cannot be read: {reason}", "See to that, or name another file.")


@dataclass(frozen=True)
class ExportFile:
    """One file of an export.

    `spool` holds what came by stdin, which can be read only once; `part` names the member of a
    zip file or the sheet of a workbook that is asked for.
    """

    name: str
    path: Path | None = None
    spool: BinaryIO | None = None
    member: str = ""
    max_bytes: int | None = None
    store_object: StoreObject | None = None
    """The object of a store that it is; `path` only names it then."""
    span: tuple[int, int] | None = None
    """Which row groups of a Parquet file, or bytes of a text, are read; None: all."""

    @property
    def whole_name(self) -> str:
        """The path with what is asked for in it."""
        place = os.fspath(self.path or self.name)
        return f"{place}/{self.member}" if self.member else place

    @cached_property
    def partition_values(self) -> Mapping[str, str | None]:
        """Columns that stand in the names of the folders right above, such as `status=paid`."""
        keys: dict[str, str | None] = {}
        for folder in (self.path or Path()).parents:
            name, equals, value = folder.name.partition("=")
            if not (equals and name):
                break
            keys[unquote(name)] = None if value == _NO_KEY else unquote(value) or None
        return dict(reversed(keys.items()))

    def open(self) -> BinaryIO:
        """Open the bytes as they are stored.

        Raises:
            InputError: the file is not there or may not be read.
            SystemFailureError: the store that it is in cannot be reached.
        """
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
        """What the first bytes say the file is, one of `containers.READ`."""
        with self.open() as raw:
            kind = kind_of(raw.read(MAGIC_BYTES) or b"")
            if kind == "zip" and is_workbook(raw):
                kind = "workbook"
        if kind not in SUPPORTED_KINDS:
            raise InputError(
                f"{self.name}: this holds {kind} data, which rfmtool does not read",
                "Unpack it, and name what comes out."
                if kind in _PACKERS
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
        """What to know of how its cells look where it comes from."""
        if self.kind != "workbook":
            return ()
        with self.open() as raw:
            columns = ", ".join(columns_with_zeros(raw))
        told = (
            f"{self.name}: the sheet shows numbers of column {columns} with zeros in front, as in"
            " 00123, and holds none: they are read as 123."
        )
        return (told,) if columns else ()

    @cached_property
    def stored_bytes(self) -> int:
        """The size of the file as it is stored."""
        with self.open() as raw:
            return raw.seek(0, os.SEEK_END)

    def sha256(self) -> str:
        """The hash of the bytes as they are stored, read once more."""
        with self.open() as raw:
            return hashlib.file_digest(cast("io.RawIOBase", raw), "sha256").hexdigest()

    @contextmanager
    def utf8(self, encoding: str) -> Iterator[tuple[ByteStream, BinaryIO]]:
        """Give the text as UTF-8 bytes, and the raw file to ask how far reading has come."""
        raw = self.open()
        try:
            stream = self._unpacked(raw)
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

    def _unpacked(self, raw: BinaryIO) -> ByteStream:
        if self.kind == "workbook":
            return cast("ByteStream", io.BytesIO(self._sheet))
        stream = open_unpacked(raw, self.kind, self.name, self.member)
        if self.span is not None:
            return byte_range(raw, *self.span)
        if self.kind == "text" and self.max_bytes is None:
            return stream
        return bounded(stream, self._most_bytes, too_large_error(self.name, self._most_bytes))

    @cached_property
    def _sheet(self) -> bytes:
        with self.open() as raw:
            return sheet_as_csv(raw, self.name, self.member, self._most_bytes)

    @cached_property
    def _most_bytes(self) -> int:
        if self.max_bytes is not None:
            return self.max_bytes
        return max(_TRUSTED_BYTES, _TRUSTED_RATIO * self.stored_bytes)
