"""Lines grouped in one DuckDB connection.

Where customers alone are requested, one query groups the lines. Where more is, the daily amounts
of each order are kept in a table, `level`, which spills to disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import PART_SIZE, Ints, Mask
from rfmtool.engines import (
    CATEGORIES_SCHEMA,
    CUSTOMERS_SCHEMA,
    Grouping,
    OrderCounts,
    OrderEntries,
    Request,
)
from rfmtool.engines.aggregate_sql import LineAggregates
from rfmtool.engines.category_spend import CategorySpend
from rfmtool.engines.exact_sums import (
    DECIMAL,
    customers_from_sums,
    integer_array_from_sums,
    sql_statement,
)
from rfmtool.engines.partitioning import query_in_partitions
from rfmtool.engines.repeated_amounts import register_lines
from rfmtool.memory import allocate_column, in_memory_bytes, release_file_pages
from rfmtool.memory_budget import GROUPING_BYTES
from rfmtool.sources.cells.ids import matching_key
from rfmtool.sources.layout import KEPT_PREFIX

_COUNT_COLUMNS: Final = tuple(item.name for item in fields(OrderCounts))
_MERGED_IDS: Final = pa.schema({"customer_id": pa.string(), "person_id": pa.string()})


class SameEmailError(Exception):
    """Some ids are spellings of one e-mail address, which only a level can merge."""


def group_lines(
    connection: duckdb.DuckDBPyConnection,
    request: Request,
    money: str,
    *,
    merges: bool,
    threads: int,
) -> Grouping:
    """Read lines once, and group them as requested with a connection to an empty database.

    `money` is the type of sums of sales and refunds, `exact_sums.DOUBLE` or `exact_sums.DECIMAL`.
    `merges` makes spellings of one e-mail address one customer.

    Raises:
        MoneyOverflowError: a customer's sales or refunds reach 2^53, and `money` is DOUBLE.
        SameEmailError: two ids are spellings of one address, and `merges` is False.
        InputError: a customer's money reaches 2^63.
    """
    stream, category_spend = request.lines.read(), None
    # Category spend is added up while lines pass unless it depends on whole orders.
    needs_orders = request.depends_on_order or request.first_categories
    if "category" in stream.schema.names and not needs_orders:
        category_spend = CategorySpend()
        stream = category_spend.strip_category(stream)
    columns = LineAggregates(stream.schema.names, money)
    if merges or request.entries or columns.text_columns or "category" in columns.names:
        register_lines(connection, request, stream)
        grouping = _Queries(connection, request, columns).group_via_level()
    else:
        needs_rows = request.excludes_voided_orders or "cost" in columns.names or category_spend
        columns = replace(columns, counts_rows=bool(needs_rows))
        grouping = _Queries(connection, request, columns).group_to_customers(stream, threads)
    if category_spend is None:
        return grouping
    categories = category_spend.take_table(grouping.customers["customer_id"])
    return replace(grouping, categories=categories)


def customers_query(request: Request, columns: LineAggregates, source: str = "lines") -> str:
    """The SQL that groups a table by customer, and where it is `lines` counts orders too."""
    excludes_voided = request.excludes_voided_orders and source == "lines"
    order_sums = [columns.sums()]
    sums = [columns.sums(" filter (where is_sale)" * excludes_voided)]
    if excludes_voided:
        order_sums.append("bool_and(is_sale) as is_sale")
    if source == "lines" and columns.has_order_counts:
        order_sums.append(columns.order_count_sums())
        sums.append(columns.order_counts())
    return sql_statement(
        "customers",
        source=source,
        order_sums=", ".join(order_sums),
        counts="sales > refunds" + " and is_sale" * excludes_voided,
        sums=", ".join(sums),
    )


def grouping_from_customers(table: pa.Table, request: Request, columns: LineAggregates) -> Grouping:
    """The rows of `customers_query`, in any order, as a Grouping; raises as `group_lines`."""
    ids = table["customer_id"]
    addresses = ids.filter(pc.match_substring(ids, "@"))
    if len(pc.unique(matching_key(addresses))) < len(addresses):
        raise SameEmailError
    names = [name for name in _COUNT_COLUMNS if name in table.column_names]
    order_counts = OrderCounts(**{name: pc.sum(table[name]).as_py() or 0 for name in names})
    table = table.drop_columns(names)
    if request.excludes_voided_orders:
        table = table.filter(pc.is_valid(table["rows"]))
    return Grouping(_sorted_customers(table, columns), order_counts=order_counts)


def _sorted_customers(table: pa.Table, columns: LineAggregates) -> pa.Table:
    by_id = pc.sort_indices(table["customer_id"])
    return customers_from_sums(table.take(by_id), wide=columns.money_type == DECIMAL)


@dataclass(frozen=True)
class _Queries:
    connection: duckdb.DuckDBPyConnection
    request: Request
    columns: LineAggregates

    def group_to_customers(self, stream: pa.RecordBatchReader, threads: int) -> Grouping:
        query = customers_query(self.request, self.columns)
        if self.request.amount_per_order or self.request.deduplicates_orders or threads == 1:
            register_lines(self.connection, self.request, stream)
            table = self.connection.sql(query).to_arrow_table()
        else:
            table = query_in_partitions(self.connection, stream, query, threads)
        return grouping_from_customers(table, self.request, self.columns)

    def group_via_level(self) -> Grouping:
        category = ", category" if "category" in self.columns.names else ""
        keys = f"customer_id, order_id, day{category}"
        level = sql_statement("level", keys=keys, sums=self.columns.level_sums())
        self.connection.execute(f"create table level as {level}")
        order_counts, merged_ids = self._order_counts(), self._merge_emails()
        if self.request.excludes_voided_orders:
            self._execute("void")
        self._execute("people", sums=self.columns.sums())
        if self.request.entries:
            entries = self._entries(is_finest=not (merged_ids or category))
            people = self.connection.sql("from people order by owner").to_arrow_table()
            no_dates = pa.nulls(len(people), CUSTOMERS_SCHEMA.field("order_dates").type)
            people = people.set_column(1, "order_dates", no_dates)
            customers = customers_from_sums(people, wide=self.columns.money_type == DECIMAL)
        else:
            query = customers_query(self.request, self.columns, "level")
            customers = self.connection.sql(query).to_arrow_table()
            entries, customers = None, _sorted_customers(customers, self.columns)
        categories = first = None
        if category and self.request.first_categories:
            first = self._select("first")
        elif category:
            categories = self._categories()
        latest = None
        if self.columns.text_columns:
            latest = self._select("latest", words=self.columns.latest_texts()).drop_columns("owner")
            names = [name.removeprefix(KEPT_PREFIX) for name in self.columns.text_columns]
            latest = latest.rename_columns(names)
        return Grouping(customers, entries, categories, first, latest, order_counts, merged_ids)

    def _entries(self, *, is_finest: bool) -> OrderEntries:
        """The daily amounts of each order; `is_finest` where the level has a row for each."""
        sums = ["sales", "refunds", *(["cost", "uncosted"] if "cost" in self.columns.names else [])]
        group_by = ""
        if not is_finest:
            sums = [f"sum({name}) as {name}" for name in sums]
            group_by = "group by owner, order_id, day"
        query = sql_statement("entries", sums=", ".join(sums), group_by=group_by)
        [(max_rows,)] = self.connection.sql("select count(*) from level").fetchall()
        types: list[type[np.generic]] = [*[np.int32] * 3, *[np.int64] * len(sums)]
        columns = [allocate_column(max_rows, dtype) for dtype in types]
        self._reduce_memory_limit(sum(map(in_memory_bytes, columns)))
        with self.connection.sql(query).to_arrow_reader(PART_SIZE) as batches:
            return _entries_from_batches(batches, columns)

    def _reduce_memory_limit(self, size_bytes: int) -> None:
        """Take the size of new arrays off DuckDB's memory limit, so that it spills."""
        query = "select parse_formatted_bytes(current_setting('memory_limit'))"
        [(limit,)] = self.connection.execute(query).fetchall()
        least = min(int(limit), GROUPING_BYTES)
        self.connection.execute(f"set memory_limit = '{max(int(limit) - size_bytes, least)}B'")

    def _categories(self) -> pa.Table:
        table = self._select("categories")
        cells = table["category"].combine_chunks()
        names = pc.unique(cells).sort()
        coded = pa.DictionaryArray.from_arrays(pc.index_in(cells, names), names)
        return table.set_column(1, "category", coded).cast(CATEGORIES_SCHEMA)

    def _order_counts(self) -> OrderCounts:
        if not self.columns.has_order_counts:
            return OrderCounts()
        sums = [self.columns.sums(), self.columns.order_count_sums("first_file", "last_file")]
        counts = self.columns.order_counts()
        table = self._select("order_counts", order_sums=", ".join(sums), counts=counts)
        return OrderCounts(**table.to_pylist()[0])

    def _merge_emails(self) -> int:
        """Give customers the smallest spelling of their e-mail; return how many ids changed."""
        query = "select distinct customer_id from level where contains(customer_id, '@')"
        ids = self.connection.sql(query).to_arrow_table()["customer_id"].combine_chunks()
        table = pa.table({"customer_id": ids, "key": matching_key(ids)})
        smallest = table.group_by("key").aggregate([("customer_id", "min")])
        person_ids = smallest["customer_id_min"].take(pc.index_in(table["key"], smallest["key"]))
        merged = pa.table({"customer_id": ids, "person_id": person_ids}, schema=_MERGED_IDS)
        merged = merged.filter(pc.not_equal(merged["customer_id"], merged["person_id"]))
        if len(merged):
            self.connection.register("same", merged)
            self._execute("merge")
        return len(merged)

    def _execute(self, name: str, **parts: str) -> None:
        self.connection.execute(sql_statement(name, **parts))

    def _select(self, name: str, **parts: str) -> pa.Table:
        return self.connection.sql(sql_statement(name, **parts)).to_arrow_table()


def _entries_from_batches(batches: pa.RecordBatchReader, columns: Sequence[Ints]) -> OrderEntries:
    """Entries from rows of owner, order_id, day and sums, with the rows of an order adjacent.

    Written to `columns` by batch, as the ids of all orders would take more memory than entries.
    """
    start, orders, last = 0, 0, None
    for batch in filter(len, batches):
        owner, order_id, day, *sums = batch.columns
        is_new = np.ones(len(batch), dtype=bool)
        is_new[1:] = _differs_from_previous(owner) | _differs_from_previous(order_id)
        is_new[0] = (owner[0], order_id[0]) != last
        order = np.cumsum(is_new, dtype=np.int32) + np.int32(orders - 1)
        orders, last = int(order[-1]) + 1, (owner[-1], order_id[-1])
        money = (integer_array_from_sums(column, wide=True).to_numpy() for column in sums)
        for column, part in zip(columns, (owner, order, day, *money), strict=True):
            column[start : start + len(batch)] = part
        start += len(batch)
        release_file_pages()
    return OrderEntries(*(column[:start] for column in columns))


def _differs_from_previous(column: pa.Array) -> Mask:
    """Which cells, without the first, differ from the previous one."""
    is_different: Mask = pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    return is_different
