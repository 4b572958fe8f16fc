"""RFM as the usual notebook does it in pandas: pandas_usual.py SOURCE OUT.

The whole export is held in memory, nothing is netted or counted out, and ties are split by row.
"""

import sys

import pandas as pd

COLUMNS = ["CustomerID", "InvoiceNo", "InvoiceDate", "Quantity", "UnitPrice"]
SEGMENTS = {
    r"[12][12]": "hibernating",
    r"[12][34]": "at_risk",
    r"[12]5": "cant_lose",
    r"3[12]": "about_to_sleep",
    r"33": "need_attention",
    r"[34][45]": "loyal",
    r"41": "promising",
    r"51": "new",
    r"[45][23]": "potential_loyalist",
    r"5[45]": "champions",
}

source, out = sys.argv[1:3]
if source.endswith(".csv"):
    text = {"InvoiceNo": "str", "CustomerID": "str"}
    lines = pd.read_csv(source, usecols=COLUMNS, engine="pyarrow", dtype=text)
    lines["InvoiceDate"] = pd.to_datetime(lines["InvoiceDate"])
else:
    lines = pd.read_parquet(source, columns=COLUMNS)

lines = lines[lines["CustomerID"].notna()]
customers = (
    lines.assign(amount=lines["Quantity"] * lines["UnitPrice"])
    .groupby("CustomerID")
    .agg(
        first_order_on=("InvoiceDate", "min"),
        last_order_on=("InvoiceDate", "max"),
        frequency=("InvoiceNo", "nunique"),
        monetary=("amount", "sum"),
    )
)
last_day = customers["last_order_on"].dt.normalize()
customers["recency_days"] = (last_day.max() - last_day).dt.days + 1
for score, column, labels in (
    ("r", "recency_days", [5, 4, 3, 2, 1]),
    ("f", "frequency", [1, 2, 3, 4, 5]),
    ("m", "monetary", [1, 2, 3, 4, 5]),
):
    places = customers[column].rank(method="first")
    customers[score] = pd.qcut(places, 5, labels=labels).astype(int)
cell = customers["r"].astype(str) + customers["f"].astype(str)
customers["rfm"] = cell + customers["m"].astype(str)
customers["segment"] = cell.replace(SEGMENTS, regex=True)
customers.to_csv(out)
