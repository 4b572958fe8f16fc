"""Footers that reports and SQL clients write below the last row: totals, row counts, notes."""

from __future__ import annotations

import re
from typing import Final

from rfmtool.documents import packaged_toml
from rfmtool.sources.layout import FileLayout
from rfmtool.sources.text.records import Record, parse_records

_MOST_LINES: Final = 12
_TAIL_BYTES: Final = 1 << 12
_DATA: Final = packaged_toml(__package__, "footers.toml")
TOTAL_PATTERN: Final = "|".join(_DATA["totals"])
"""Words for totals, alone in a cell."""
_TOTAL: Final = re.compile(rf"(?:{TOTAL_PATTERN}|\*{{1,4}})\s*:?", re.IGNORECASE)
"""A word for a total, or the asterisks by which SAP marks a row of totals."""
_TRAILER: Final = re.compile("|".join(_DATA["trailers"]), re.IGNORECASE)


def footer_start(data: bytes, layout: FileLayout) -> tuple[int, int]:
    """Find the footer at the end of a file.

    A footer line has another width than the rows and looks like a trailer, is a note of several
    words below an empty line, or has a total in place of a row's date.

    Returns:
        The offset of the footer, and its number of records; the end and 0 if there is none.
    """
    dialect = layout.dialect
    if dialect is None:
        return len(data), 0
    begin = max(0, len(data) - _TAIL_BYTES)
    if begin:
        begin = data.rfind(b"\n", 0, begin) + 1 or begin
    tail = parse_records(data, begin, dialect.marks, _TAIL_BYTES)
    # The first may be the end of a record that began before.
    tail = (tail[1:] if begin else tail)[-_MOST_LINES:]
    start = count = 0
    for from_end, record in enumerate(reversed(tail), 1):
        above = tail[-from_end - 1] if from_end < len(tail) else None
        if record.is_blank:
            continue
        if not _is_footer(record, above, layout):
            break
        start, count = (above.end if above else 0), from_end
    quote = dialect.quote.encode()
    # With an odd number of quotes, these lines may be part of a quoted cell.
    may_be_cell = bool(quote) and data.count(quote, start) % 2
    # A file of nothing but a footer is not taken for one.
    return (start, count) if count and start and not may_be_cell else (len(data), 0)


def _is_footer(record: Record, above: Record | None, layout: FileLayout) -> bool:
    cells = [cell.strip() for cell in record.cells or ()]
    filled = [cell for cell in cells if cell]
    if not filled:
        return False
    is_single = len(filled) == 1
    if len(cells) != len(layout.header):
        if is_single and " " in filled[0] and above is not None and above.is_blank:
            return True
        return bool(_TOTAL.fullmatch(filled[0]) or _TRAILER.fullmatch(" ".join(filled)))
    # A record as wide as the rows must have no date to be a total or a trailer.
    day = layout.places.get("ordered_at")
    if day is None or cells[day] not in ("", filled[0]):
        return False
    return bool((is_single and _TRAILER.fullmatch(filled[0])) or _TOTAL.fullmatch(filled[0]))
