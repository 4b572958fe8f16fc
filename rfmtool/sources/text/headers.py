"""Find the header of a text file: below titles and notes, in one row or more, or none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rfmtool.sources.text.records import Record

Names = tuple[str, ...]
RoleFinder = Callable[[Names], Mapping[str, int] | None]
"""The column index of each role in a header; None if a required role is missing."""

_MOST_ABOVE: Final = 60
_MOST_HEADER_ROWS: Final = 3
_DATA: Final = re.compile(r"\d|@")
_UNDERLINE: Final = re.compile(r"[-+=|:_ \t]*[-=_]{3}[-+=|:_ \t]*$")


@dataclass(frozen=True)
class Heading:
    """The names of the columns, and the records that hold them."""

    names: Names
    rows_above: int
    header_rows: int
    has_roles: bool
    """Whether the names include all required roles."""


def find_heading(records: Sequence[Record], roles_of: RoleFinder) -> Heading:
    """Find the first record, or group of records, whose names include the required roles.

    If there is none, it is the first record of the most common width, so that a message can name
    the columns.
    """
    width = most_common_width(records)
    for first in range(min(len(records), _MOST_ABOVE)):
        if len(records[first].names) == 1 < width:
            continue  # a title
        if heading := _heading_at(records, first, roles_of):
            return heading
    alike = [place for place, record in enumerate(records) if len(record.names) == width]
    # Spreadsheets write a title with empty cells behind it.
    several = (place for place in alike if sum(map(bool, records[place].names)) > 1)
    first = next(several, alike[0] if alike else 0)
    return Heading(records[first].names, first, 1, has_roles=False)


def numbered_heading(records: Sequence[Record], roles_of: RoleFinder) -> Heading:
    """Name the columns 1, 2, 3 … in a file without a header."""
    above = next((place for place, record in enumerate(records) if not record.is_blank), 0)
    names = tuple(str(place + 1) for place in range(most_common_width(records)))
    return Heading(names, above, 0, roles_of(names) is not None)


def most_common_width(records: Sequence[Record]) -> int:
    """How many cells most records have."""
    filled = (record for record in records if record.cells and not record.is_blank)
    widths = Counter(len(record.names) for record in filled)
    return max(widths, key=widths.__getitem__, default=1)  # of equals, the first


def _heading_at(records: Sequence[Record], first: int, roles_of: RoleFinder) -> Heading | None:
    names = records[first].names
    places = roles_of(names)
    for rows in range(2, _MOST_HEADER_ROWS + 1):
        group = records[first : first + rows]
        if len(group) < rows or not all(_may_be_names(record, len(names)) for record in group):
            break
        # A group's name above several columns is part of theirs: "Order" over "id" and "date".
        joined = _joined_names([record.names for record in group])
        if places is None and roles_of(joined) is not None:
            underline = _underline_rows(records, first + rows)
            return Heading(joined, first, rows + underline, has_roles=True)
        if places is None and roles_of(group[-1].names) is not None:
            return None  # the last row alone is the header
    if places is None:
        return None
    rows = 1 + _underline_rows(records, first + 1)
    rows += _has_units_row(records[first + rows :], places, len(names))
    return Heading(names, first, rows, has_roles=True)


def _underline_rows(records: Sequence[Record], place: int) -> int:
    """1 if a record underlines the names, as SQL clients write, else 0."""
    if place >= len(records):
        return 0
    return int(bool(_UNDERLINE.match(" ".join(records[place].names))))


def _has_units_row(records: Sequence[Record], places: Mapping[str, int], width: int) -> bool:
    """Whether the first record has units or types, without any digit, and the second has data."""
    if len(records) < 2 or not _may_be_names(records[0], width):  # noqa: PLR2004 - it and the next
        return False
    columns = [places[role] for role in ("ordered_at", "amount", "unit_price") if role in places]
    units, data = records[0].names, records[1].names
    if len(data) != width or not columns:
        return False
    return all(units[column].strip() and _DATA.search(data[column]) for column in columns)


def _joined_names(rows: Sequence[Names]) -> Names:
    """Header rows joined by column; but for the last row, names extend over empty cells behind."""
    spread = [list(row) for row in rows[:-1]]
    for names in spread:
        for place in range(1, len(names)):
            names[place] = names[place] if names[place].strip() else names[place - 1]
    columns = zip(*spread, rows[-1], strict=True)
    return tuple(" ".join(part.strip() for part in parts if part.strip()) for parts in columns)


def _may_be_names(record: Record, width: int) -> bool:
    """Whether a record could hold names: it is as wide as the header and has no number."""
    cells = record.names
    filled = [cell for cell in cells if cell.strip()]
    return len(cells) == width > 1 < len(filled) and not any(map(_DATA.search, filled))
