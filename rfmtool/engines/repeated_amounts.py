"""Amounts that lines repeat and that count once, and orders that recur in another file."""

from __future__ import annotations

import duckdb

from rfmtool.engines import Grouping, Request
from rfmtool.engines.aggregate_sql import quoted
from rfmtool.engines.exact_sums import sql_statement
from rfmtool.sources.ledger import Overlap
from rfmtool.sources.rows.lines import FILE
from rfmtool.sources.rows.sales import STATUS_ROLES

_MONEY = ("sales", "refunds", "cost")
_GROUPED_BY = ("is_sale", FILE, "category", *STATUS_ROLES)
"""The columns of lines, beside order and day, that money is grouped by."""


def register_lines(connection: duckdb.DuckDBPyConnection, request: Request, stream: object) -> None:
    """Register a stream as `lines`, where money that is to count once stands in one line only."""
    names = request.lines.schema.names
    # In one file, or where each row is an order, no order recurs.
    steps = ["copies"] * (request.deduplicates_orders and FILE in names)
    steps += ["repeats"] * request.amount_per_order
    source = "stream" if steps else "lines"
    connection.register(source, stream)
    others = ", ".join(quoted(name) for name in names if name not in _MONEY)
    amounts = [name for name in _MONEY if name in names]
    money = ", ".join(f"case when copy = 1 then {name} else 0 end as {name}" for name in amounts)
    for number, step in enumerate(steps, 1):
        target = "lines" if number == len(steps) else "deduplicated"
        if step == "copies":  # which reads its source twice
            connection.execute(f"create temp table kept as select * from {source}")  # noqa: S608
            source = "kept"
        numbered = sql_statement("numbered", source=source)
        parts = {"target": target, "source": source, "others": others, "money": money}
        parts["cost"] = "cost," if "cost" in names else ""
        parts["ties"] = ", ".join(name for name in names if name in _GROUPED_BY)
        connection.execute(sql_statement(step, **parts, numbered=numbered))
        source = target


def overlap(connection: duckdb.DuckDBPyConnection, request: Request) -> Grouping:
    """The number of orders that recur with the same rows in another file."""
    connection.register("lines", request.lines.read())
    overlapping = sql_statement("overlap", numbered=sql_statement("numbered", source="lines"))
    (counts,) = connection.sql(overlapping).fetchall()
    return Grouping(overlap=Overlap(*map(int, counts)))


def anonymous_money(connection: duckdb.DuckDBPyConnection, request: Request) -> Grouping:
    """The money of the lines without a customer, repeated amounts counted once."""
    register_lines(connection, request, request.lines.read())
    money = "sum(cast(sales as decimal(38, 0)) - cast(refunds as decimal(38, 0)))"
    query = f"select coalesce({money}, 0) from lines where customer_id is null"  # noqa: S608
    [(net_units,)] = connection.sql(query).fetchall()
    return Grouping(anonymous_units=int(net_units))


def status_money(connection: duckdb.DuckDBPyConnection, request: Request) -> Grouping:
    """Net money and turnover by role and status word, repeated amounts counted once."""
    register_lines(connection, request, request.lines.read())
    roles = [role for role in STATUS_ROLES if role in request.lines.schema.names]
    net, turnover = (
        f"sum(cast(sales as decimal(38, 0)) {sign} cast(refunds as decimal(38, 0)))"
        for sign in "-+"
    )
    words = ", ".join(f"coalesce({role}, '')" for role in roles)
    # One query for all roles, because the stream of lines can be read only once.
    query = f"select {words}, {net}, {turnover} from lines group by all"  # noqa: S608
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for *row_words, net_units, turnover_units in connection.sql(query).fetchall():
        for key in zip(roles, row_words, strict=True):
            before = sums.get(key, (0, 0))
            sums[key] = before[0] + int(net_units), before[1] + int(turnover_units)
    return Grouping(by_status=sums)
