"""The orders in the export formats of Shopify and WooCommerce.

There a refund is no separate document, but an amount taken off its order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.demo.catalogue import money

_SHOPIFY: Final = (
    "Name|Email|Financial Status|Paid at|Fulfillment Status|Fulfilled at|Accepts Marketing"
    "|Currency|Subtotal|Shipping|Taxes|Total|Discount Code|Discount Amount|Shipping Method"
    "|Created at|Lineitem quantity|Lineitem name|Lineitem price|Lineitem compare at price"
    "|Lineitem sku|Lineitem requires shipping|Lineitem taxable|Lineitem fulfillment status"
    "|Billing Name|Billing Country|Billing Phone|Shipping Name|Shipping Country"
    "|Shipping Phone|Notes|Note Attributes|Cancelled at|Payment Method|Payment Reference"
    "|Refunded Amount|Vendor|Outstanding Balance|Employee|Location|Device ID|Id|Tags"
    "|Risk Level|Source|Lineitem discount"
)
_WOOCOMMERCE: Final = (
    "Order Number|Order Status|Order Date|Customer Note|Full Name (Billing)"
    "|Country Code (Billing)|Email (Billing)|Phone (Billing)|Payment Method Title"
    "|Cart Discount Amount|Order Subtotal Amount|Shipping Method Title"
    "|Order Shipping Amount|Order Refund Amount|Order Total Amount|Order Total Tax Amount"
    "|SKU|Item #|Item Name|Quantity|Item Cost|Coupon Code|Discount Amount"
)
_REPEATED: Final = ("Name", "Email", "Created at")
"""Columns of the order that Shopify repeats on all of its rows."""
_ZERO: Final = "0.00"


def _shopify(lines: pd.DataFrame) -> pd.DataFrame:
    """Shopify's format: most columns of an order are filled on its first row alone."""
    refund, total = lines["refund"], money(lines["total"])
    is_refunded = [refund >= lines["total"], refund > 0]
    paid = np.select(is_refunded, ["refunded", "partially_refunded"], "paid")
    moment = lines["ordered_at"] + ":00 +0000"
    # Shopify writes an apostrophe first, so that spreadsheets keep the plus.
    phone = "'" + lines["phone"].str.replace(" ", "", regex=False)
    values = {
        "Name": "#" + lines["order_id"].str.removeprefix("A"),
        "Email": lines["email"],
        "Financial Status": paid,
        "Paid at": moment,
        "Fulfillment Status": "fulfilled",
        "Fulfilled at": moment,
        "Accepts Marketing": lines["consent"],
        "Currency": "GBP",
        **dict.fromkeys(("Subtotal", "Total"), total),
        **dict.fromkeys(("Shipping", "Taxes", "Discount Amount"), _ZERO),
        "Created at": moment,
        "Lineitem quantity": lines["quantity"].astype("str"),
        "Lineitem name": lines["product"],
        "Lineitem price": lines["unit_price"],
        **dict.fromkeys(("Lineitem requires shipping", "Lineitem taxable"), "true"),
        "Lineitem fulfillment status": "fulfilled",
        **dict.fromkeys(("Billing Name", "Shipping Name"), lines["name"]),
        **dict.fromkeys(("Billing Country", "Shipping Country"), lines["country"]),
        "Billing Phone": phone.mask(lines["phone"].eq(""), ""),
        "Refunded Amount": money(refund),
        **dict.fromkeys(("Outstanding Balance", "Lineitem discount"), _ZERO),
        "Risk Level": "Low",
        "Source": "web",
    }
    columns = {name: values.get(name, "") for name in _SHOPIFY.split("|")}
    table = pd.DataFrame(columns, index=lines.index)
    once = [name for name in columns if name not in _REPEATED and "Lineitem" not in name]
    table.loc[lines["order_id"].duplicated().to_numpy(), once] = ""
    return table


def _woocommerce(lines: pd.DataFrame) -> pd.DataFrame:
    """WooCommerce's format: columns of an order are repeated on each of its rows."""
    values = {
        "Order Number": lines["order_id"].str.removeprefix("A"),
        "Order Status": np.where(lines["refund"] >= lines["total"], "Refunded", "Completed"),
        "Order Date": lines["ordered_at"],
        "Full Name (Billing)": lines["name"],
        "Country Code (Billing)": lines["country"],
        "Email (Billing)": lines["email"],
        "Phone (Billing)": lines["phone"].str.replace(" ", "", regex=False),
        "Payment Method Title": "Credit card",
        **dict.fromkeys(("Cart Discount Amount", "Order Shipping Amount"), "0"),
        **dict.fromkeys(("Order Total Tax Amount", "Discount Amount"), "0"),
        **dict.fromkeys(("Order Subtotal Amount", "Order Total Amount"), money(lines["total"])),
        "Order Refund Amount": money(lines["refund"]),
        "Item #": (lines.groupby("order_id").cumcount() + 1).astype("str"),
        "Item Name": lines["product"],
        "Quantity": lines["quantity"].astype("str"),
        "Item Cost": lines["unit_price"],
    }
    columns = {name: values.get(name, "") for name in _WOOCOMMERCE.split("|")}
    return pd.DataFrame(columns, index=lines.index)


EXPORT_FORMATS: Final[Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "shopify": _shopify,
    "woocommerce": _woocommerce,
}
"""Formats by the name that --as takes."""


def to_export_format(shop: Mapping[str, pd.DataFrame], system: str) -> pd.DataFrame:
    """The orders of a shop made by `generate` in a format of `EXPORT_FORMATS`."""
    lines = shop["orders"].assign(
        quantity=shop["orders"]["quantity"].astype("int64"),
        pence=(shop["orders"]["unit_price"].astype(float) * 100).round().astype("int64"),
    )
    lines = lines.assign(amount=lines["quantity"] * lines["pence"])
    sold = lines[lines["quantity"] > 0]
    total, refunds = sold.groupby("order_id")["amount"].sum(), _refunds(lines)
    refunds = refunds.reindex(total.index).fillna(0).astype("int64").clip(upper=total)
    people = shop["contacts"].set_index("customer_id")[["email", "name", "phone", "consent"]]
    rows = sold.join(people, on="customer_id").fillna(dict.fromkeys(people.columns, ""))
    rows = rows.assign(total=rows["order_id"].map(total), refund=rows["order_id"].map(refunds))
    return EXPORT_FORMATS[system](rows.reset_index(drop=True))


def _refunds(lines: pd.DataFrame) -> pd.Series[int]:
    """Refunds by order; a credit note counts for the buyer's latest order before it."""
    negative = lines[lines["quantity"] < 0]
    is_note = negative["order_id"].str.startswith("C")
    orders = lines[lines["quantity"] > 0].drop_duplicates("order_id")
    notes, sorted_orders = (
        rows.assign(moment=pd.to_datetime(rows["ordered_at"]).astype("datetime64[s]"))
        .sort_values("moment", kind="stable")[["customer_id", "moment", column]]
        for rows, column in ((negative[is_note], "amount"), (orders, "order_id"))
    )  # fmt: skip
    matched = pd.merge_asof(notes, sorted_orders, on="moment", by="customer_id")
    refunds = pd.concat([negative[~is_note], matched])[["order_id", "amount"]]
    return -refunds.dropna().groupby("order_id")["amount"].sum()
