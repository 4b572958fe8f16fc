"""RFM as an analyst would write it in Polars, streaming: polars_usual.py SOURCE OUT.

Types are guessed from the file, nothing is netted or counted out, and ties are split by row.
"""

import sys

import polars as pl

# The recency and the frequency score, as two digits.
CELLS = {
    "hibernating": [11, 12, 21, 22],
    "at_risk": [13, 14, 23, 24],
    "cant_lose": [15, 25],
    "about_to_sleep": [31, 32],
    "need_attention": [33],
    "loyal": [34, 35, 44, 45],
    "promising": [41],
    "new": [51],
    "potential_loyalist": [42, 43, 52, 53],
    "champions": [54, 55],
}
SEGMENTS = {cell: segment for segment, cells in CELLS.items() for cell in cells}


def fifth(column: str) -> pl.Expr:
    """Number the customers' fifths by a column, 1 = lowest."""
    place = pl.col(column).rank("ordinal").cast(pl.Int64) - 1
    return (place * 5 // pl.len() + 1).cast(pl.Int64)


source, out = sys.argv[1:3]
if source.endswith(".csv"):
    text = {"InvoiceNo": pl.String, "CustomerID": pl.String}
    lines = pl.scan_csv(source, schema_overrides=text, try_parse_dates=True)
else:
    lines = pl.scan_parquet(source)

customers = (
    lines.filter(pl.col("CustomerID").is_not_null())
    .group_by("CustomerID")
    .agg(
        first_order_on=pl.col("InvoiceDate").min().dt.date(),
        last_order_on=pl.col("InvoiceDate").max().dt.date(),
        frequency=pl.col("InvoiceNo").n_unique(),
        monetary=(pl.col("Quantity") * pl.col("UnitPrice")).sum(),
    )
    .collect(engine="streaming")
)
last_order_on = pl.col("last_order_on")
(
    customers.with_columns(recency_days=(last_order_on.max() - last_order_on).dt.total_days() + 1)
    .with_columns(r=6 - fifth("recency_days"), f=fifth("frequency"), m=fifth("monetary"))
    .with_columns(
        rfm=pl.concat_str("r", "f", "m"),
        segment=(pl.col("r") * 10 + pl.col("f")).replace_strict(SEGMENTS),
    )
    .sort("CustomerID")
    .write_csv(out)
)
