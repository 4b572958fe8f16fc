"""Frames as Arrow tables with the types that are written: decimals, dates, labels as text."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

import rfmtool.columns as names
from rfmtool.money import UNITS_PER_CURRENCY

MONEY_TYPE: Final = pa.decimal128(19, 4)
"""Of the columns of money that are written."""


def to_table(
    frame: pd.DataFrame,
    columns: tuple[str, ...] = names.ALWAYS_WRITTEN,
    money: Collection[str] = names.MONEY,
) -> pa.Table:
    """Columns of a result frame in the types that are written: decimals, dates, text.

    The columns of `money` are in whole 1/10,000. The table has one chunk, and labels in it are
    dictionaries of text.
    """
    return pa.table({name: _typed(frame[name], money) for name in columns})


def to_rows(frames: Iterator[pd.DataFrame], columns: tuple[str, ...]) -> pa.RecordBatchReader:
    """The parts of a result frame as a stream, in the types of `to_table`."""
    waiting = [to_table(next(frames), columns)]

    def batches() -> Iterator[pa.RecordBatch]:
        while waiting:
            yield from waiting.pop().to_batches()
            # The batches are released before the next part is computed.
            waiting.extend(to_table(frame, columns) for frame in islice(frames, 1))

    return pa.RecordBatchReader.from_batches(waiting[0].schema, batches())


def in_units(frame: pd.DataFrame, money: Collection[str]) -> pd.DataFrame:
    """A frame with money, given in whole 1/10,000, in currency units, and with usual types.

    Text and labels are `str` (missing ones take `fillna("")`), integers `int64`, or `Int64` where
    some are missing, money and ratios `float64`, days `datetime64[s]`, yes and no `bool`.
    """
    columns: dict[Any, pd.Series[Any]] = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == object:
            columns[name] = column.astype("str")
        elif name in money:
            units = column.to_numpy(dtype=np.float64, na_value=np.nan)
            columns[name] = pd.Series(units / UNITS_PER_CURRENCY, frame.index)
        elif pd.api.types.is_float_dtype(column.dtype):
            columns[name] = column.astype("float64")
        elif pd.api.types.is_datetime64_dtype(column.dtype):
            columns[name] = column.astype("datetime64[s]")
        else:
            columns[name] = column
    return pd.DataFrame(columns, frame.index, copy=False)


def labels_as_text(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The same rows with labels as plain text instead of dictionaries."""
    fields = [
        field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field
        for field in rows.schema
    ]
    schema = pa.schema(fields)
    return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in rows))


def _typed(column: pd.Series[Any], money: Collection[str]) -> pa.Array:
    if column.name in money:
        # Integers of 1/10,000 are decimals of scale 4 with the same 128 bits.
        units = column.to_numpy(dtype=np.int64, na_value=0)
        wide = np.stack([units, units >> 63], axis=1)
        decimals = pa.Array.from_buffers(MONEY_TYPE, len(units), [None, pa.py_buffer(wide)])
        known = column.notna().to_numpy()
        return decimals if known.all() else pc.if_else(pa.array(known), decimals, None)
    array = pa.array(column, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_timestamp(array.type):
        return pc.cast(array, pa.date32())
    if pa.types.is_dictionary(array.type):
        words = array.dictionary.cast(pa.string())
        return pa.DictionaryArray.from_arrays(array.indices, words)
    if pa.types.is_large_string(array.type):
        return pc.cast(array, pa.string())
    return array
