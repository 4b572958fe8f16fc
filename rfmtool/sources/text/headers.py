"""Where the header of a text file is: below titles and notes, on one row or more, or nowhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rfmtool.sources.text.records import Record

Names = tuple[str, ...]
RoleFinder = Callable[[Names], Mapping[str, int] | None]
"""The place of each role that names play; None where a needed one is missing."""

_MOST_ABOVE: Final = 60
_MOST_ROWS: Final = 3
_DATA: Final = re.compile(r"\d|@")
_RULER: Final = re.compile(r"[-+=|:_ \t]*[-=_]{3}[-+=|:_ \t]*$")


@dataclass(frozen=True)
class Heading:
    """The names of the columns, and the records that they stand in."""

    names: Names
    rows_above: int
    """How many records stand above."""
    header_rows: int
    has_roles: bool


def find_heading(records: Sequence[Record], roles_of: RoleFinder) -> Heading:
    """Find the first record, or few records together, whose names play the needed roles.

    Where none does, the first record as wide as most is taken for the header, so that a message
    can name the columns.
    """
    width = most_common_width(records)
    for first in range(min(len(records), _MOST_ABOVE)):
        if _width(records[first]) == 1 < width:
            continue  # a title
        found = _heading_at(records, first, roles_of)
        if found:
            return found
    first = next((place for place, one in enumerate(records) if _width(one) == width), 0)
    return Heading(_cells(records[first]), first, 1, has_roles=False)


def numbered_heading(records: Sequence[Record], roles_of: RoleFinder) -> Heading:
    """Name the columns by their places, 1, 2, 3 …; only empty records stand above the first."""
    above = next((place for place, one in enumerate(records) if not one.is_blank), 0)
    names = tuple(str(place + 1) for place in range(most_common_width(records)))
    return Heading(names, above, 0, roles_of(names) is not None)


def most_common_width(records: Sequence[Record]) -> int:
    """How many cells most records have."""
    whole = (record for record in records if record.cells and not record.is_blank)
    widths = Counter(_width(record) for record in whole)
    return max(widths, key=widths.__getitem__, default=1)  # of equals, the first


def _heading_at(records: Sequence[Record], first: int, roles_of: RoleFinder) -> Heading | None:
    names = _cells(records[first])
    places = roles_of(names)
    for rows in range(2, _MOST_ROWS + 1):
        group = records[first : first + rows]
        if len(group) < rows or not all(_is_wordy(one, len(names)) for one in group):
            break
        joined = _joined([_cells(one) for one in group])
        # A group's name above several columns is part of theirs: "Order" over "id" and "date".
        below = roles_of(_cells(group[-1]))
        if places is None and roles_of(joined) is not None:
            return Heading(joined, first, rows + _ruler(records, first + rows), has_roles=True)
        if places is None and below is not None:
            return None  # the names are those of the last row alone
    if places is None:
        return None
    rows = 1 + _ruler(records, first + 1)
    rows += _is_second_row(records[first + rows :], places, len(names))
    return Heading(names, first, rows, has_roles=True)


def _ruler(records: Sequence[Record], place: int) -> int:
    """1 where the record there underlines the names, as SQL clients do, else 0."""
    if place >= len(records):
        return 0
    return int(bool(_RULER.match(" ".join(_cells(records[place])))))


def _is_second_row(records: Sequence[Record], places: Mapping[str, int], width: int) -> bool:
    """Whether units or types stand below the names: no digit anywhere, and data comes below."""
    if len(records) < 2 or not _is_wordy(records[0], width):  # noqa: PLR2004 - it and the next
        return False
    deciding = [places[role] for role in ("ordered_at", "amount", "unit_price") if role in places]
    above, below = _cells(records[0]), _cells(records[1])
    if len(below) != width or not deciding:
        return False
    return all(above[place].strip() and _DATA.search(below[place]) for place in deciding)


def _joined(rows: Sequence[Names]) -> Names:
    """Names above each other; in a merged header one spans the empty cells to its right."""
    spread = [list(row) for row in rows[:-1]]
    for names in spread:
        for place in range(1, len(names)):
            names[place] = names[place] if names[place].strip() else names[place - 1]
    columns = zip(*spread, rows[-1], strict=True)
    return tuple(" ".join(part.strip() for part in parts if part.strip()) for parts in columns)


def _is_wordy(record: Record, width: int) -> bool:
    """Whether a record could be one of names: as wide as the header, and no number in it."""
    cells = _cells(record)
    words = [cell for cell in cells if cell.strip()]
    return len(cells) == width > 1 < len(words) and not any(map(_DATA.search, words))


def _cells(record: Record) -> Names:
    return record.cells or ("",)


def _width(record: Record) -> int:
    return len(_cells(record))
