"""Numbers of a workbook that are shown with zeros in front, which stand only in their format."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO, Final

from rfmtool.sources.files.containers import DAMAGE_ERRORS

_FORMAT: Final = re.compile(rb"""<(?:\w+:)?numFmt\s[^>]*>""")
_ID: Final = re.compile(rb"""numFmtId\s*=\s*["'](\d{1,9})["']""")
_ZEROS: Final = re.compile(rb"""formatCode\s*=\s*["']00[-0 /]*(?:;[^"']*)?["']""")
_STYLES: Final = re.compile(rb"<(?:\w+:)?cellXfs.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE: Final = re.compile(rb"<(?:\w+:)?xf\s[^>]*>")
_CELL: Final = re.compile(rb"""<(?:\w+:)?c\s[^>]*>""")
_NO_NUMBER: Final = re.compile(rb"""\st=["'](?:s|str|inlineStr|b|e)["']|/>$""")
_COLUMN: Final = re.compile(rb"""\sr=["']([A-Z]{1,3})\d""")
_PART: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_LOOKED_AT: Final = 1 << 20
"""The first rows of a sheet tell how its columns are formatted."""


def columns_with_zeros(raw: BinaryIO) -> list[str]:
    """The columns, by letter, in which the only sheet shows numbers such as 00123."""
    raw.seek(0)
    try:
        with zipfile.ZipFile(raw) as book:
            styles = _styles_with_zeros(book.open("xl/styles.xml").read(_LOOKED_AT))
            if not styles:
                return []
            wanted = re.compile(rb"""\ss=["'](?:%s)["']""" % b"|".join(styles))
            sheets = [name for name in book.namelist() if _PART.fullmatch(name)]
            if len(sheets) != 1:  # which of them is read stands elsewhere
                return []
            cells = _CELL.findall(book.open(sheets[0]).read(_LOOKED_AT))
            found = {
                place[1].decode()
                for cell in cells
                if wanted.search(cell)
                and not _NO_NUMBER.search(cell)
                and (place := _COLUMN.search(cell))
            }
    except (*DAMAGE_ERRORS, KeyError, ValueError):
        return []
    return sorted(found, key=lambda letters: (len(letters), letters))


def _styles_with_zeros(text: bytes) -> list[bytes]:
    formats = {found[1] for one in _FORMAT.findall(text)
               if _ZEROS.search(one) and (found := _ID.search(one))}  # fmt: skip
    styles = _STYLES.search(text)
    if not formats or styles is None:
        return []
    ids = (_ID.search(one) for one in _STYLE.findall(styles[0]))
    return [b"%d" % place for place, found in enumerate(ids) if found and found[1] in formats]
