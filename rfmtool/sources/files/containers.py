"""Kinds of files by their first bytes, whatever their names end in, and how to unpack them."""

from __future__ import annotations

import bz2
import gzip
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast

import pyarrow as pa

from rfmtool.documents import packaged_toml
from rfmtool.errors import InputError
from rfmtool.sources.files.streams import ByteStream, zstd

_MAGIC: Final = {
    start.encode("latin-1"): kind
    for kind, starts in packaged_toml(__package__, "kinds.toml").items()
    for start in starts
}
SUPPORTED_KINDS: Final = ("parquet", "gzip", "bz2", "zstd", "zip", "workbook", "text")
MAGIC_BYTES: Final = 512
"""How many bytes show what a file is."""
_TAR: Final = slice(257, 262)  # the position of a tar archive's magic bytes
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
    """The kind of file that begins with these bytes: one of SUPPORTED_KINDS or another."""
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


def open_unpacked(raw: BinaryIO, kind: str, name: str, member: str) -> ByteStream:
    """Open the bytes in a container, or the file itself if it is none."""
    if kind == "zip":
        return _open_member(raw, name, member)
    if kind == "gzip":
        return cast("ByteStream", gzip.GzipFile(fileobj=raw))
    if kind == "bz2":
        return cast("ByteStream", bz2.BZ2File(raw))
    if kind == "zstd":
        return zstd(raw)
    return cast("ByteStream", raw)


def _open_member(raw: BinaryIO, name: str, wanted: str) -> ByteStream:
    archive = zipfile.ZipFile(raw)
    files = [member for member in archive.infolist() if not member.is_dir()]
    # Without hidden files, and those that macOS adds.
    members = [
        member
        for member in files
        if not any(folder == "__MACOSX" or folder.startswith(".")
                   for folder in PurePosixPath(member.filename).parts)
    ]  # fmt: skip
    if files and not members:
        raise InputError(
            f"{name}: what is in this zip begins with a dot or leads out of it, as no data does:"
            f" {_names_text(files)}",
            "Unpack it, and name the file that you want.",
        )
    member = _chosen_member(members, name, wanted)
    if member.flag_bits & 1:
        raise InputError(
            f"{name}: {_printable(member.filename)} is locked with a password",
            "Unpack it, and name what comes out.",
        )
    return cast("ByteStream", archive.open(member))


def _chosen_member(members: list[zipfile.ZipInfo], name: str, wanted: str) -> zipfile.ZipInfo:
    matches = [member for member in members if wanted in ("", member.filename)]
    if len(matches) == 1:
        return matches[0]
    names = _names_text(members)
    if not members:
        raise InputError(f"{name}: there is no file in this zip", "Pack it again.")
    if not matches:
        raise InputError(f"{name}: there is no {wanted} in this zip", f"It holds {names}.")
    if len({member.filename for member in matches}) < len(matches):
        raise InputError(
            f"{name}: {_names_text(matches)}: two of one name are in this zip",
            "Unpack it with a program that keeps both, and name the one that you want.",
        )
    example = f"{name}/{_printable(members[0].filename)}"
    raise InputError(
        f"{name}: there are {len(members):,} files in this zip: {names}",
        f"Name one as if the zip were a folder: {example}; or unpack it, and name the folder.",
    )


def _names_text(members: list[zipfile.ZipInfo]) -> str:
    names = ", ".join(_printable(member.filename) for member in members[:_MOST_NAMED])
    more = f" and {len(members) - _MOST_NAMED:,} more" if len(members) > _MOST_NAMED else ""
    return names + more


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
