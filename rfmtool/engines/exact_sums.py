"""Sums as they come out of SQL, checked to be exact and cast to integers."""

from __future__ import annotations

from importlib import resources
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.engines import CUSTOMERS_SCHEMA
from rfmtool.errors import InputError

DOUBLE: Final = "double"
"""Holds integers below 2^53 exactly and is a quarter faster to add up than DECIMAL."""
DECIMAL: Final = "decimal(38, 0)"
_EXACT_BELOW: Final = 2.0**53
_LARGEST: Final = 2.0**63


class MoneyOverflowError(Exception):
    """A customer's money is beyond what doubles hold exactly: add up as DECIMAL instead."""


def sql_statement(name: str, **parts: str) -> str:
    """The SQL file of that name in this folder with its placeholders filled."""
    return resources.files(__package__).joinpath(f"{name}.sql").read_text("utf-8").format(**parts)


def customers_from_sums(answer: pa.Table, *, wide: bool) -> pa.Table:
    """Cast the sums in a table with the columns of CUSTOMERS_SCHEMA to integers.

    Raises:
        MoneyOverflowError: sales or refunds reach 2^53, and `wide` says they are not DECIMAL.
        InputError: sales, refunds or costs reach 2^63.
    """
    # All addends are positive, so a sum that stayed below the limit never was above it.
    for name in ("sales", "refunds"):
        _check(answer.column(name), wide=wide)
    fields = [pa.field(name, pa.int64()) for name in answer.column_names[len(CUSTOMERS_SCHEMA) :]]
    if "cost" in answer.column_names:
        _check(answer.column("cost"), wide=True)
    return answer.cast(pa.schema([*CUSTOMERS_SCHEMA, *fields])).combine_chunks()


def integer_array_from_sums(sums: pa.Array, *, wide: bool) -> pa.Array:
    """Cast sums to integers; raises as `customers_from_sums`."""
    _check(sums, wide=wide)
    return sums.cast(pa.int64())


def _check(sums: pa.ChunkedArray | pa.Array, *, wide: bool) -> None:
    limits = pc.min_max(sums).as_py().values()
    largest = max((abs(float(limit)) for limit in limits if limit is not None), default=0.0)
    if largest >= _EXACT_BELOW and not wide:
        raise MoneyOverflowError
    if largest >= _LARGEST:
        raise InputError("a customer's money is beyond 922 trillion", "Is the amount money?")
