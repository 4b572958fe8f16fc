"""Numbers of a workbook that are shown with leading zeros, which are only in their format."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO, Final

from rfmtool.sources.files.containers import DAMAGE_ERRORS

_FORMAT: Final = re.compile(rb"""<(?:\w+:)?numFmt\s[^>]*>""")
_FORMAT_ID: Final = re.compile(rb"""numFmtId\s*=\s*["'](\d{1,9})["']""")
_ZEROS: Final = re.compile(rb"""formatCode\s*=\s*["']00[-0 /]*(?:;[^"']*)?["']""")
_STYLES: Final = re.compile(rb"<(?:\w+:)?cellXfs.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE: Final = re.compile(rb"<(?:\w+:)?xf\s[^>]*>")
_CELL: Final = re.compile(rb"""<(?:\w+:)?c\s[^>]*>""")
_NOT_NUMBER: Final = re.compile(rb"""\st=["'](?:s|str|inlineStr|b|e)["']|/>$""")
_COLUMN: Final = re.compile(rb"""\sr=["']([A-Z]{1,3})\d""")
_SHEET_PART: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_SAMPLE_BYTES: Final = 1 << 20  # enough for the styles, and for the first rows of a sheet


def columns_with_zeros(raw: BinaryIO) -> list[str]:
    """The columns, by letter, in which the only sheet shows numbers such as 00123."""
    raw.seek(0)
    try:
        with zipfile.ZipFile(raw) as book:
            styles = _styles_with_zeros(book.open("xl/styles.xml").read(_SAMPLE_BYTES))
            if not styles:
                return []
            wanted = re.compile(rb"""\ss=["'](?:%s)["']""" % b"|".join(styles))
            sheets = [name for name in book.namelist() if _SHEET_PART.fullmatch(name)]
            if len(sheets) != 1:  # as it is unknown here which of them is read
                return []
            cells = _CELL.findall(book.open(sheets[0]).read(_SAMPLE_BYTES))
            columns = {
                match[1].decode()
                for cell in cells
                if wanted.search(cell)
                and not _NOT_NUMBER.search(cell)
                and (match := _COLUMN.search(cell))
            }
    except (*DAMAGE_ERRORS, KeyError, ValueError):
        return []
    return sorted(columns, key=lambda letters: (len(letters), letters))


def _styles_with_zeros(text: bytes) -> list[bytes]:
    formats = {match[1] for element in _FORMAT.findall(text)
               if _ZEROS.search(element) and (match := _FORMAT_ID.search(element))}  # fmt: skip
    styles = _STYLES.search(text)
    if not formats or styles is None:
        return []
    ids = (_FORMAT_ID.search(style) for style in _STYLE.findall(styles[0]))
    return [b"%d" % index for index, match in enumerate(ids) if match and match[1] in formats]
