"""Orders, credit notes and their lines, and their export."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator

from rfmtool.demo import baskets, catalogue, returns, shop_calendar, visits
from rfmtool.demo.tables import PRODUCTS

FIRST_ORDER_NUMBER = 10_001
FIRST_NOTE_NUMBER = 1_001


@dataclass(frozen=True)
class Sales:
    """What was sold.

    Attributes:
        documents: One row per order or credit note: `person`, `named`, `day`, `minute`,
            `cancelled`, `note`. Its index is what `lines.order` refers to.
        lines: `order`, `product` (row of the catalogue), `quantity`.
    """

    documents: pd.DataFrame
    lines: pd.DataFrame

    def order_days(self) -> pd.DataFrame:
        """Distinct `person`, `day` with an order that counts; by person, then day."""
        counts = self.documents["named"] & ~self.documents["note"] & ~self.documents["cancelled"]
        days = self.documents.loc[counts, ["person", "day"]].drop_duplicates()
        return days.sort_values(["person", "day"], ignore_index=True)

    def last_day(self) -> int:
        """The last day with an order that counts; the day of the export when there is none."""
        days = self.order_days()["day"]
        return int(days.max()) if len(days) else shop_calendar.EXPORT_ENDS


def record_sales(people: pd.DataFrame, days: pd.DataFrame, rng: Generator) -> Sales:
    """What `people` buy on their order `days`, from the begin of the export on."""
    orders = visits.orders(people, days, rng)
    sold = baskets.draw_lines(people, orders, rng)
    corrections = returns.lines_taken_back(orders, sold, rng)
    notes, credited = returns.credit_notes(people, orders, sold, rng)
    documents = pd.concat([orders.assign(note=False), notes.assign(note=True)])
    documents = documents[documents["day"] >= shop_calendar.EXPORT_BEGINS]
    lines = pd.concat([sold, corrections, credited])
    return Sales(documents, lines[lines["order"].isin(documents.index)])


def orders_table(sales: Sales, people: pd.DataFrame) -> pd.DataFrame:
    """The export: one row per line, by time, the lines of an order together."""
    documents = _numbered(sales.documents.sort_values(["day", "minute"], kind="stable"))
    place = documents.index.get_indexer(pd.Index(sales.lines["order"]))
    by_time = np.argsort(place, kind="stable")
    lines, document = sales.lines.take(by_time), documents.take(place[by_time])
    money = {name: catalogue.money(PRODUCTS[name]) for name in ("price", "cost")}
    product = PRODUCTS.assign(**money).take(lines["product"].to_numpy())
    person = people.take(document["person"].to_numpy())
    named = document["named"].to_numpy()
    columns = {
        "order_id": document["order_id"],
        "ordered_at": document["ordered_at"],
        "customer_id": person["customer_id"].where(named, ""),
        "product": product["product"],
        "category": product["category"],
        "quantity": lines["quantity"],
        "unit_price": product["price"],
        "cost": product["cost"],
        "country": person["country"],
    }
    return pd.DataFrame({name: column.array for name, column in columns.items()})


def _numbered(documents: pd.DataFrame) -> pd.DataFrame:
    """Add `order_id` and `ordered_at` (text) to documents sorted by time."""
    note = documents["note"].to_numpy()
    order_number = (FIRST_ORDER_NUMBER - 1 + np.cumsum(~note)).astype(np.str_)
    note_number = (FIRST_NOTE_NUMBER - 1 + np.cumsum(note)).astype(np.str_)
    ids = np.where(note, np.strings.add("C", note_number), np.strings.add("A", order_number))
    days = np.strings.add(shop_calendar.iso_dates(documents["day"].to_numpy()), " ")
    times = np.array([f"{m // 60:02}:{m % 60:02}" for m in range(24 * 60)])
    moments = np.strings.add(days, times[documents["minute"].to_numpy()])
    return documents.assign(order_id=ids, ordered_at=moments)
