"""Score a frame you already have: who spent most, and the cut points in force."""

import pandas as pd

import rfmtool

orders = pd.read_csv("examples/shop/orders.csv", dtype={"customer_id": "str"})
result = rfmtool.run(orders, as_of="2025-12-31")
best = result.customers.nlargest(5, "monetary")
print(best[["customer_id", "stage", "segment", "rfm", "monetary"]].to_string(index=False))
print("spend bands end at", result.scales.as_data()["monetary"]["cuts"])
