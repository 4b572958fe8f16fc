"""Money that is counted once though lines repeat it, and the orders that recur in another file."""

from __future__ import annotations

import duckdb

from rfmtool.engines import Request
from rfmtool.engines.aggregate_sql import quoted
from rfmtool.engines.exact_sums import sql_statement
from rfmtool.sources.ledger import Overlap
from rfmtool.sources.rows.lines import FILE
from rfmtool.sources.rows.sales import STATUS_ROLES

_MONEY = ("sales", "refunds", "cost")


def register_lines(connection: duckdb.DuckDBPyConnection, request: Request, stream: object) -> None:
    """Make a stream of lines known as `lines`, without the money that is to be counted once."""
    names = request.lines.schema.names
    # Of one file, or where each row is an order, nothing recurs.
    steps = ["copies"] * (request.deduplicates_orders and FILE in names)
    steps += ["repeats"] * request.amount_per_order
    source = "stream" if steps else "lines"
    connection.register(source, stream)
    others = ", ".join(quoted(name) for name in names if name not in _MONEY)
    money = ", ".join(
        f"case when copy = 1 then {name} else 0 end as {name}" for name in _MONEY if name in names
    )
    for place, step in enumerate(steps, 1):
        target = "lines" if place == len(steps) else "apart"
        if step == "copies":  # which looks at them twice
            connection.execute(f"create temp table kept as select * from {source}")  # noqa: S608
            source = "kept"
        numbered = sql_statement("numbered", source=source)
        parts = {"target": target, "source": source, "others": others, "money": money}
        connection.execute(sql_statement(step, **parts, numbered=numbered))
        source = target


def count_overlap(connection: duckdb.DuckDBPyConnection, stream: object) -> Overlap:
    """Count the orders that recur with the same rows in another file."""
    connection.register("lines", stream)
    overlapping = sql_statement("overlap", numbered=sql_statement("numbered", source="lines"))
    (found,) = connection.sql(overlapping).fetchall()
    return Overlap(*map(int, found))


def anonymous_units(connection: duckdb.DuckDBPyConnection, request: Request) -> int:
    """The money of the lines without a customer, what they repeat counted once."""
    register_lines(connection, request, request.lines.read())
    money = "sum(cast(sales as decimal(38, 0)) - cast(refunds as decimal(38, 0)))"
    query = f"select coalesce({money}, 0) from lines where customer_id is null"  # noqa: S608
    (found,) = connection.sql(query).fetchall()
    return int(found[0])


def status_money(
    connection: duckdb.DuckDBPyConnection, request: Request
) -> dict[tuple[str, str], tuple[int, int]]:
    """The money of each status word, what lines repeat counted once: its sum, and what moved."""
    register_lines(connection, request, request.lines.read())
    roles = [role for role in STATUS_ROLES if role in request.lines.schema.names]
    net, moved = (
        f"sum(cast(sales as decimal(38, 0)) {sign} cast(refunds as decimal(38, 0)))"
        for sign in "-+"
    )
    words = ", ".join(f"coalesce({role}, '')" for role in roles)
    # The lines are a stream, which is read once.
    query = f"select {words}, {net}, {moved} from lines group by all"  # noqa: S608
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for *told, net_units, moved_units in connection.sql(query).fetchall():
        for key in zip(roles, told, strict=True):
            before = found.get(key, (0, 0))
            found[key] = before[0] + int(net_units), before[1] + int(moved_units)
    return found
