"""Write a synthetic shop's order lines as CSV and Parquet.

Two years of orders, skewed over the customers, about 4.5 lines an order, 2 % of the lines returned
and 3 % without a customer. 2,200,000 orders of 500,000 customers are 9.9 M lines, close to 1 GB of
CSV. The same numbers always give the same files. Memory grows with the customers, not the orders:
orders are made, and written, in slices of time.
"""

import argparse
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

SEED = 7
ORDERS_PER_SLICE = 200_000
FIRST_INVOICE = 500_000
FIRST_MINUTE = np.datetime64("2024-01-01T00:00", "s")
MINUTES = 730 * 24 * 60
PRODUCTS = 4_000
RETURNED = 0.02
ANONYMOUS = 0.03
COUNTRIES = pa.array([f"Country {number}" for number in range(38)])
DESCRIPTIONS = pa.array(
    [
        "WHITE HANGING HEART T-LIGHT HOLDER",
        "REGENCY CAKESTAND 3 TIER",
        "JUMBO BAG RED RETROSPOT, LARGE",  # a comma, so that quoting matters
        "ASSORTED COLOUR BIRD ORNAMENT",
    ]
)
SCHEMA = pa.schema(
    {
        "InvoiceNo": pa.string(),
        "StockCode": pa.string(),
        "Description": pa.string(),
        "Quantity": pa.int32(),
        "InvoiceDate": pa.timestamp("s"),
        "UnitPrice": pa.float64(),
        "CustomerID": pa.string(),
        "Country": pa.string(),
    }
)
WRITERS = {"csv": pa_csv.CSVWriter, "parquet": pq.ParquetWriter}


def numbered(prefix: str, numbers: np.ndarray, digits: int = 1) -> pa.Array:
    """Text such as `C0000042`: the prefix and the number, padded with zeros."""
    padded = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), digits, "0")
    return pc.binary_join_element_wise(prefix, padded, "")


def slice_of_lines(first: int, last: int, orders: int, by_rank: np.ndarray) -> pa.Table:
    """The lines of the orders numbered `first` to `last` - 1, of `orders`, in order of time.

    Each slice draws from a generator of its own. `by_rank` lists the customers, keenest first.
    """
    rng = np.random.default_rng((SEED, first))
    count = last - first
    start, end = MINUTES * first // orders, MINUTES * last // orders
    minute = np.sort(rng.integers(start, max(end, start + 1), count))
    who = by_rank[(len(by_rank) * rng.beta(0.6, 2.5, count)).astype(np.int64)]

    of_order = np.repeat(np.arange(count), 1 + rng.poisson(3.5, count))
    lines = len(of_order)
    product = rng.integers(0, PRODUCTS, lines)
    returned = rng.random(lines) < RETURNED
    anonymous = pa.array(rng.random(lines) < ANONYMOUS)
    quantity = rng.integers(1, 13, lines)
    columns = {
        "InvoiceNo": numbered("", FIRST_INVOICE + first + of_order),
        "StockCode": numbered("S", product),
        "Description": DESCRIPTIONS.take(pa.array(product % len(DESCRIPTIONS))),
        "Quantity": np.where(returned, -quantity, quantity).astype(np.int32),
        "InvoiceDate": FIRST_MINUTE + minute[of_order].astype("timedelta64[m]"),
        "UnitPrice": np.round(np.exp(rng.normal(1.2, 0.8, lines)), 2),
        "CustomerID": pc.if_else(anonymous, None, numbered("C", who[of_order], 7)),
        "Country": COUNTRIES.take(pa.array(rng.integers(0, len(COUNTRIES), lines))),
    }
    return pa.table(columns, schema=SCHEMA)


def lines_by_time(orders: int, customers: int) -> Iterator[pa.Table]:
    """All lines, slice by slice; the lines of an order stand together."""
    by_rank = np.random.default_rng(SEED).permutation(customers)
    for first in range(0, orders, ORDERS_PER_SLICE):
        yield slice_of_lines(first, min(first + ORDERS_PER_SLICE, orders), orders, by_rank)


def shuffled(tables: Iterable[pa.Table], piles: int, scratch: Path) -> Iterator[pa.Table]:
    """The same rows in random order: dealt into `piles` files in `scratch`, each then shuffled."""
    rng = np.random.default_rng(SEED)
    paths = [scratch / f"{pile}.arrows" for pile in range(piles)]
    packed = pa.ipc.IpcWriteOptions(compression="lz4")
    with ExitStack() as stack:
        writers = [
            stack.enter_context(pa.ipc.new_stream(path, SCHEMA, options=packed)) for path in paths
        ]
        for table in tables:
            pile = rng.integers(0, piles, len(table))
            dealt = table.take(pa.array(np.argsort(pile, kind="stable")))
            sizes = np.bincount(pile, minlength=piles)
            starts = np.cumsum(sizes) - sizes
            for writer, start, size in zip(writers, starts, sizes, strict=True):
                writer.write_table(dealt.slice(start, size))
    for path in paths:
        with pa.ipc.open_stream(path) as reader:
            rows = reader.read_all()
        path.unlink()
        yield rows.take(pa.array(rng.permutation(len(rows))))


def write(tables: Iterable[pa.Table], stem: Path, formats: Sequence[str]) -> int:
    """Write `stem`.csv and/or `stem`.parquet and return the number of lines.

    The files get their names when they are complete, so an interrupted run leaves nothing that
    looks finished.
    """
    lines = 0
    unfinished = {f"{stem}.{kind}": f"{stem}.{kind}.unfinished" for kind in formats}
    with ExitStack() as stack:
        writers = [
            stack.enter_context(WRITERS[kind](path, SCHEMA))
            for kind, path in zip(formats, unfinished.values(), strict=True)
        ]
        for table in tables:
            lines += len(table)
            for writer in writers:
                writer.write_table(table)
    for path, part in unfinished.items():
        Path(part).replace(path)
    return lines


def main() -> None:
    """Read the arguments and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stem", type=Path, help="where to write, without the ending")
    parser.add_argument("--orders", type=int, default=2_200_000)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--formats", default="csv,parquet", help="csv, parquet or csv,parquet")
    parser.add_argument("--shuffle", action="store_true", help="the same rows in random order")
    options = parser.parse_args()
    formats = options.formats.split(",")
    if unknown := set(formats) - set(WRITERS):
        parser.error(f"unknown format: {', '.join(sorted(unknown))}")
    if min(options.orders, options.customers) < 1:
        parser.error("at least one order and one customer are needed")

    options.stem.parent.mkdir(parents=True, exist_ok=True)
    tables = lines_by_time(options.orders, options.customers)
    with tempfile.TemporaryDirectory(dir=options.stem.parent) as scratch:
        if options.shuffle:
            piles = -(-options.orders // ORDERS_PER_SLICE)
            tables = shuffled(tables, piles, Path(scratch))
        lines = write(tables, options.stem, formats)
    print(f"{options.stem}: {lines:,} lines")


if __name__ == "__main__":
    main()
