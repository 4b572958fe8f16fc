"""Cancelled orders, units out of stock, and credit notes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

OUT_OF_STOCK = 0.02  # share of lines of several units with one missing at dispatch
CREDITED = 0.6  # share of lines on a credit note, beyond the first
NOTE_AFTER_DAYS = (2, 22)


def lines_taken_back(orders: pd.DataFrame, lines: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """Negative lines of their order, with its id and time.

    All lines of a cancelled order are taken back; of other orders single units are out of stock,
    never the last of a line, so that the order still counts.
    """
    cancelled = orders["cancelled"].to_numpy()[lines["order"]]
    short = (lines["quantity"] > 1) & (rng.random(len(lines)) < OUT_OF_STOCK)
    back = lines.assign(quantity=np.where(cancelled, -lines["quantity"], -1))
    return back[cancelled | short]


def credit_notes(
    people: pd.DataFrame, orders: pd.DataFrame, lines: pd.DataFrame, rng: Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Credit notes: separate documents, days or weeks after the order.

    The notes have the columns of `orders` and continue its index; beside them are their lines.
    """
    asked = rng.random(len(orders)) < people["credits"].to_numpy()[orders["person"]]
    after = rng.integers(*NOTE_AFTER_DAYS, len(orders))
    day = orders["day"] + after
    # A note due after the last order has not been written yet.
    written = asked & ~orders["cancelled"] & (day <= orders["day"].max())
    note = np.where(written, len(orders) + np.cumsum(written) - 1, -1)
    notes = orders.assign(day=day)[written].set_axis(note[written], axis="index")
    on_note = note[lines["order"]] >= 0
    chosen = ~lines["order"].duplicated() | (rng.random(len(lines)) < CREDITED)
    back = lines.assign(order=note[lines["order"]], quantity=-lines["quantity"])
    return notes, back[on_note & chosen]
