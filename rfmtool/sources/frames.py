"""Frames and lists of records in memory as Arrow tables, with error messages that quote no cell."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any

import pyarrow as pa

from rfmtool.errors import AmbiguousInputError, InputError


def is_frame(source: Any) -> bool:  # noqa: ANN401 - anything may be asked
    """Whether an object is a table in memory: it has an Arrow stream, or is a list of records."""
    return is_arrow_stream(source) or _is_records(source)


def is_arrow_stream(source: Any) -> bool:  # noqa: ANN401 - anything may be asked
    """Whether an object has the Arrow C stream interface."""
    return hasattr(source, "__arrow_c_stream__")


def _is_records(source: Any) -> bool:  # noqa: ANN401
    if isinstance(source, (str, bytes)) or not isinstance(source, Sequence) or not source:
        return False
    return all(isinstance(row, Mapping) for row in source)


def table_of(frame: Any) -> pa.Table:  # noqa: ANN401 - any library's frame, or records
    """A frame, a stream or a list of dicts as a table with text for column names."""
    if _is_records(frame):
        names = dict.fromkeys(str(name) for row in frame for name in row)
        rows = [{str(name): cell for name, cell in row.items()} for row in frame]
        return pa.table({name: _column(name, [row.get(name) for row in rows]) for name in names})
    is_pandas = hasattr(frame, "set_axis")
    if is_pandas and not hasattr(frame, "columns"):
        raise InputError("a source is a table, and this is one column", "Pass the whole frame.")
    if is_pandas:
        frame = _normalized_frame(frame)
        if not len(frame.columns):
            raise InputError("the frame has no columns", "Pass the one that the orders are in.")
    try:
        return pa.RecordBatchReader.from_stream(frame).read_all()
    # Sparse columns raise TypeError.
    except (pa.ArrowException, TypeError, UnicodeEncodeError):
        for name in frame.columns if is_pandas else ():
            _column(name, frame[name])
        raise mixed_types_error() from None


def _normalized_frame(frame: Any) -> Any:  # noqa: ANN401
    """A pandas frame with text for column names, levels joined, and for objects read as it."""
    levels = [name if isinstance(name, tuple) else (name,) for name in frame.columns]
    names = [" ".join(str(level) for level in name if str(level)) for name in levels]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        what = f"the frame has {Counter(names)[twice[0]]} columns called {twice[0]!r}"
        raise AmbiguousInputError(what, "Rename them apart, or drop all but one.")
    frame = frame.set_axis(names, axis=1)
    texts = {
        name: [None if _is_missing(cell) else str(cell) for cell in frame[name]]
        for name in names
        if frame[name].dtype == object and _is_read_as_text(frame[name])
    }
    return frame.assign(**texts) if texts else frame


def _is_missing(cell: Any) -> bool:  # noqa: ANN401 - any object that a frame holds
    is_nan = isinstance(cell, float) and math.isnan(cell)
    return is_nan or cell is None or type(cell).__name__ in ("NaTType", "NAType")


def _is_read_as_text(cells: Iterable[Any]) -> bool:
    """Whether objects are dates or times, or texts and whole numbers, as articles in worksheets."""
    from pandas.api.types import infer_dtype

    if infer_dtype(cells) == "string":  # which is quick, and holds for most long columns
        return False
    # Arrow would convert differing offsets to one zone.
    types = {type(cell) for cell in cells if not _is_missing(cell)}
    if str in types and bool not in types:
        return all(issubclass(kind, (str, Integral)) for kind in types)
    return bool(types) and all(hasattr(kind, "isoformat") for kind in types)


def _column(name: str, cells: Any) -> pa.Array:  # noqa: ANN401 - a list, or a column of pandas
    if isinstance(cells, list) and _is_read_as_text(cells):
        return pa.array([None if _is_missing(cell) else str(cell) for cell in cells], pa.string())
    try:
        return pa.array(cells, from_pandas=True)
    except (pa.ArrowException, TypeError, OverflowError, UnicodeEncodeError):
        raise mixed_types_error(name) from None


def mixed_types_error(name: str = "") -> InputError:
    """The error for a column of mixed types; Arrow's own message would quote a cell."""
    column = f"its column {name!r}" if name else "one of its columns"
    return InputError(
        f"the frame cannot be read: {column} mixes types, or holds objects that are no cells",
        f"Make it text first, for example frame.astype({{{name or 'customer_id'!r}: str}}).",
    )
