"""Money that may be counted twice: an order's total on each of its lines, orders in two files.

What raises the doubt is counted on the way, in the statement that groups lines anyway; what takes
the second count away is a view between the lines and that statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.engines import Doubts
from rfmtool.engines.exact import statement
from rfmtool.sources.ledger import Overlap
from rfmtool.sources.rows.clean import LARGEST
from rfmtool.sources.rows.lines import FILE

_MONEY: Final = ("sales", "refunds", "cost")
_COUNTS: Final = ("orders", "of_rows", "alike", "spanning")


@dataclass(frozen=True)
class Once:
    """What is to be counted once."""

    amount_per_order: bool = False
    """An amount that several lines of an order repeat."""
    copies: bool = False
    """An order that recurs in another file."""


def marks(names: list[str], first: str = FILE, last: str = FILE) -> str:
    """What an order's lines are grouped to for the doubts, as SQL to follow other columns.

    Args:
        names: the columns of the lines.
        first: what the first file of an order is taken from.
        last: what the last one is taken from.
    """
    sums = {
        LARGEST: f", max({LARGEST}) as {LARGEST}, sum(rows) as order_rows",
        FILE: f", min({first}) as first_file, max({last}) as last_file",
    }
    return "".join(sql for name, sql in sums.items() if name in names)


def counts(names: list[str]) -> str:
    """The doubts counted over orders, as SQL to follow other columns."""
    alike = f"cast(sales as double) = cast({LARGEST} as double) * order_rows"
    sums = {
        LARGEST: ", count(*) filter (where order_rows > 1) as of_rows,"
        f" count(*) filter (where order_rows > 1 and sales > 0 and refunds = 0 and {alike})"
        " as alike",
        FILE: ", count(*) filter (where first_file < last_file) as spanning",
    }
    found = "".join(sql for name, sql in sums.items() if name in names)
    return f", count(*) as orders{found}" if found else ""


def taken_off(answer: pa.Table) -> tuple[pa.Table, Doubts]:
    """The table without the columns of `counts`, and what they add up to."""
    there = [name for name in _COUNTS if name in answer.column_names]
    sums = {name: pc.sum(answer[name]).as_py() or 0 for name in there}
    return answer.drop_columns(there), Doubts(**sums)


def register(
    connection: duckdb.DuckDBPyConnection, stream: pa.RecordBatchReader, once: Once
) -> None:
    """Make a stream of lines known as `lines`, with what is to be counted once."""
    names = stream.schema.names
    others = ", ".join(quoted(name) for name in names if name not in _MONEY)
    money = ", ".join(
        f"case when copy = 1 then {name} else 0 end as {name}" for name in _MONEY if name in names
    )
    # Of one file, or where each row is an order, nothing recurs.
    steps = [name for name, wanted in (("copies", once.copies and FILE in names),
                                       ("repeats", once.amount_per_order)) if wanted]  # fmt: skip
    source = "read" if steps else "lines"
    connection.register(source, stream)
    for place, step in enumerate(steps):
        target = "lines" if place == len(steps) - 1 else "apart"
        if step == "copies":
            connection.execute(f"create temp table kept as select * from {source}")  # noqa: S608
            source = "kept"
        numbered = statement("numbered", source=source)
        parts = {"target": target, "source": source, "others": others, "money": money}
        connection.execute(statement(step, **parts, numbered=numbered))
        source = target


def overlap(connection: duckdb.DuckDBPyConnection, stream: pa.RecordBatchReader) -> Overlap:
    """Count the orders that recur with the same rows in another file."""
    connection.register("lines", stream)
    overlapping = statement("overlap", numbered=statement("numbered", source="lines"))
    (found,) = connection.sql(overlapping).fetchall()
    return Overlap(*map(int, found))


def quoted(name: str) -> str:
    """A column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'
