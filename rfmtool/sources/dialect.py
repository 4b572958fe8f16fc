"""How a text file is written, found in its first bytes: encoding, delimiter, header."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import Final

from rfmtool.errors import InputError, UsageError
from rfmtool.sources.blocks import record_pattern
from rfmtool.sources.exports import ByteStream, ExportFile
from rfmtool.sources.layout import Asked, Dialect
from rfmtool.sources.roles import EXPORT, Roles

SAMPLE_BYTES: Final = 1 << 18
_DELIMITERS: Final = (",", ";", "\t", "|")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLANK_LINES: Final = b"\r\n"
_DELIMITER_BYTES: Final = 1 << 15
_SAMPLED_RECORDS: Final = 200


@dataclass(frozen=True)
class _Trial:
    """What a delimiter makes of the sample; the largest wins."""

    has_roles: bool
    even: float
    """The share of records with as many cells as the header."""
    width: int

    def rank(self) -> tuple[bool, float, int]:
        return self.has_roles, self.even, self.width


def sniff(file: ExportFile, asked: Asked, roles: Roles = EXPORT) -> tuple[Dialect, tuple[str, ...]]:
    """Find a text file's dialect and header.

    Raises:
        InputError: the file is empty, is not text in the encoding, or has a header only, where
            there must be rows.
        UsageError: the encoding or delimiter asked for is none.
    """
    encoding = asked.encoding or _encoding(file)
    _check_encoding(encoding)
    with file.utf8(encoding) as (stream, _):
        sample = _read(stream, SAMPLE_BYTES)
    bom = len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0
    start = bom + len(sample[bom:]) - len(sample[bom:].lstrip(_BLANK_LINES))
    if start == len(sample):
        raise InputError(f"{file.name}: the file is empty", "Export it again.")
    _check_text(file, sample, encoded=asked.encoding is not None)
    head = sample[start : start + _DELIMITER_BYTES]
    delimiter = _asked_delimiter(asked) or _delimiter(head, asked, roles)
    match = record_pattern(delimiter).match(sample, start)
    if match is None:
        raise InputError(
            f"{file.name}: the quotes of the header row cannot be read",
            "Say how cells are divided with --delimiter.",
        )
    if b"\0" in match.group():
        raise InputError(
            f"{file.name}: the header row holds NUL bytes, so this is no UTF-8 text",
            "It may be UTF-16: say --encoding utf-16-le or utf-16-be.",
        )
    header = next(iter(_records(match.group(), delimiter)))
    if not (roles.may_be_empty or sample[match.end() :].strip(_BLANK_LINES)):
        raise InputError(
            f"{file.name}: there is a header row and nothing below it", "Export it again."
        )
    return Dialect(delimiter, encoding, match.end()), tuple(header)


def _read(stream: ByteStream, size: int) -> bytes:
    data = bytearray(size)
    filled = 0
    while filled < size and (count := stream.readinto(memoryview(data)[filled:])):
        filled += count
    return bytes(data[:filled])


def _encoding(file: ExportFile) -> str:
    with file.utf8("utf-8") as (stream, _):
        start = _read(stream, 4)
    return next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")


def _check_encoding(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
        "a".encode(encoding)
        codecs.getincrementaldecoder(encoding)("surrogateescape").decode(b"", final=True)
    except (LookupError, TypeError, UnicodeError):
        raise UsageError(
            f"--encoding: there is no text encoding {encoding!r}", "For example cp1252."
        ) from None


def _check_text(file: ExportFile, sample: bytes, *, encoded: bool) -> None:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError as error:
        if not encoded:
            line = sample.count(b"\n", 0, error.start) + 1
            raise InputError(
                f"{file.name}: line {line} is not UTF-8 text",
                "Say how it is encoded, for example --encoding cp1252 (Windows, western Europe);"
                " --encoding utf-8 reads it all the same and itemises the bad rows.",
            ) from None


def _asked_delimiter(asked: Asked) -> str | None:
    delimiter = {"\\t": "\t", "tab": "\t"}.get(asked.delimiter or "", asked.delimiter)
    if delimiter is not None and (
        len(delimiter) != 1 or delimiter in '"\r\n' or not delimiter.isascii()
    ):
        raise UsageError(
            f"--delimiter {delimiter!r} is not one plain character", "For example ';' or tab."
        )
    return delimiter


def _delimiter(text: bytes, asked: Asked, roles: Roles) -> str:
    trials = {delimiter: _try(text, delimiter, asked, roles) for delimiter in _DELIMITERS}
    return max(_DELIMITERS, key=lambda delimiter: trials[delimiter].rank())


def _try(text: bytes, delimiter: str, asked: Asked, roles: Roles) -> _Trial:
    header, *records = _records(text, delimiter)
    try:
        roles.find(header, asked.columns, "")
        has_roles = True
    except InputError:
        has_roles = False
    if len(header) == 1:
        return _Trial(has_roles, 0.0, 1)
    same = sum(len(record) == len(header) for record in records)
    return _Trial(has_roles, same / max(1, len(records)), len(header))


def _records(text: bytes, delimiter: str) -> list[list[str]]:
    # Not str.splitlines: only CR and LF end a line here, a form feed or U+2028 is text.
    lines = io.StringIO(text.decode("utf-8", "replace"), newline="")
    records = csv.reader(lines, delimiter=delimiter)
    found = []
    try:
        for record in records:
            found.append(record)
            if len(found) > _SAMPLED_RECORDS:
                break
    except csv.Error:
        pass  # what came before is sample enough
    return found or [[""]]
