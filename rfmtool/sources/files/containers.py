"""What a file is by its first bytes, and how it is unpacked; endings of names decide nothing."""

from __future__ import annotations

import bz2
import gzip
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast

import pyarrow as pa

from rfmtool.errors import InputError
from rfmtool.sources.files.streams import ByteStream, zstd

_MAGIC: Final = {
    b"PAR1": "parquet",
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # with nothing in it
    b"\xd0\xcf\x11\xe0": "workbook",  # .xls
    b"SQLite format 3": "SQLite",
    b"%PDF": "PDF",
    b"ARROW1": "Arrow",
    b"FEA1": "Feather",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"{\\rtf": "RTF",
    b"\x7fELF": "program",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF89a": "GIF",
}
SUPPORTED_KINDS: Final = ("parquet", "gzip", "bz2", "zstd", "zip", "workbook", "text")
MAGIC_BYTES: Final = 512
"""How many bytes tell what a file is."""
_TAR: Final = slice(257, 262)
"""Where a tar archive says that it is one; it begins with the name of its first file."""
_WORKBOOK_PARTS: Final = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
DAMAGE_ERRORS: Final = (
    EOFError,
    OSError,
    zlib.error,
    pa.ArrowInvalid,
    zipfile.BadZipFile,
    NotImplementedError,  # a zip packed in a way that Python does not know
)
_MOST_NAMED: Final = 12


def kind_of(start: bytes) -> str:
    """Name the kind of file that begins so: one of READ, or another that is known but not read."""
    if start[_TAR] == b"ustar":
        return "tar"
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "text")


def is_workbook(raw: BinaryIO) -> bool:
    """Whether a zip file is an Excel or OpenDocument workbook."""
    try:
        with zipfile.ZipFile(raw) as archive:
            return not {*_WORKBOOK_PARTS}.isdisjoint(archive.namelist())
    except DAMAGE_ERRORS:
        return False


def open_unpacked(raw: BinaryIO, kind: str, name: str, part: str) -> ByteStream:
    """Open the bytes in a container, or the file itself where it is none.

    Raises:
        InputError: a zip file has no such member, or several and none is asked for.
    """
    if kind == "zip":
        return _member(raw, name, part)
    if kind == "gzip":
        return cast("ByteStream", gzip.GzipFile(fileobj=raw))
    if kind == "bz2":
        return cast("ByteStream", bz2.BZ2File(raw))
    if kind == "zstd":
        return zstd(raw)
    return cast("ByteStream", raw)


def _member(raw: BinaryIO, name: str, part: str) -> ByteStream:
    archive = zipfile.ZipFile(raw)
    every = [member for member in archive.infolist() if not member.is_dir()]
    # Not what a Mac or a folder leaves behind.
    members = [
        member
        for member in every
        if not any(part == "__MACOSX" or part.startswith(".")
                   for part in PurePosixPath(member.filename).parts)
    ]  # fmt: skip
    if every and not members:
        raise InputError(
            f"{name}: what is in this zip begins with a dot or leads out of it, as no data does:"
            f" {_listed(every)}",
            "Unpack it, and name the file that you want.",
        )
    member = _chosen(members, name, part)
    if member.flag_bits & 1:
        raise InputError(
            f"{name}: {_shown(member.filename)} is locked with a password",
            "Unpack it, and name what comes out.",
        )
    return cast("ByteStream", archive.open(member))


def _chosen(members: list[zipfile.ZipInfo], name: str, part: str) -> zipfile.ZipInfo:
    found = [member for member in members if part in ("", member.filename)]
    if len(found) == 1:
        return found[0]
    shown = _listed(members)
    if not members:
        raise InputError(f"{name}: there is no file in this zip", "Pack it again.")
    if not found:
        raise InputError(f"{name}: there is no {part} in this zip", f"It holds {shown}.")
    if len({member.filename for member in found}) < len(found):
        raise InputError(
            f"{name}: {_listed(found)}: two of one name are in this zip",
            "Unpack it with a program that keeps both, and name the one that you want.",
        )
    example = f"{name}/{_shown(members[0].filename)}"
    raise InputError(
        f"{name}: there are {len(members):,} files in this zip: {shown}",
        f"Name one as if the zip were a folder: {example}; or unpack it, and name the folder.",
    )


def _listed(members: list[zipfile.ZipInfo]) -> str:
    shown = ", ".join(_shown(member.filename) for member in members[:_MOST_NAMED])
    more = f" and {len(members) - _MOST_NAMED:,} more" if len(members) > _MOST_NAMED else ""
    return shown + more


def _shown(member: str) -> str:
    """A member's name as text that can be written."""
    return member.encode("utf-8", "replace").decode()
