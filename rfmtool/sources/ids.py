"""Ids as they are compared between tables."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_POINT_ZERO: Final = r"^[0-9]+\.0$"


def matching_key(ids: pa.Array) -> pa.Array:
    """Ids as they are compared: as written, but e-mail addresses trimmed and case-blind."""
    is_address = pc.match_substring(ids, "@")
    if not pc.any(is_address).as_py():
        return ids
    return pc.if_else(is_address, pc.utf8_lower(pc.utf8_trim_whitespace(ids)), ids)


def without_point_zero(ids: pa.Array) -> pa.Array | None:
    """Ids without the `.0` that a spreadsheet or a float column left on every one of them.

    Returns:
        The ids, or None where one is written in any other way, or there is none.
    """
    every = pc.all(pc.match_substring_regex(ids, _POINT_ZERO)).as_py()
    return pc.utf8_slice_codeunits(ids, 0, -2) if every and len(ids) > ids.null_count else None
