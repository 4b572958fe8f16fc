"""A synthetic coffee and tea shop, with every table that rfmtool can read.

The same customers and seed give the same shop, to the last byte, on the same numpy. Nothing here
reads the clock: the export ends on 31 December 2025.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rfmtool.demo import contacts, feedback, ledger, people, referrals, visits, wallets
from rfmtool.demo.shapes import shaped

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["generate", "shaped"]


def generate(customers: int = 2000, seed: int = 7) -> dict[str, pd.DataFrame]:
    """Make up a shop.

    Args:
        customers: How many distinct persons the shop knows, at least one; all are contacts,
            and four in five have ordered.
        seed: Other seeds give other shops of the same kind.

    Returns:
        File stem to table, every cell printable as it is: `orders`, and the evidence
        `contacts`, `referrals`, `feedback`, `partners`, `wallets`, `suppress`.

    Raises:
        ValueError: `customers` is below one, or `seed` below zero.
    """
    if customers < 1:
        raise ValueError(f"a shop needs at least one customer, not {customers}")
    rng = np.random.default_rng(seed)
    persons = people.meet(customers, rng)
    days = visits.order_days(persons, rng)
    persons = people.acquaintance(persons, days, rng)
    books = ledger.keep(persons, days, rng)
    occasions, today = books.occasions(), books.last_day()
    return {
        "orders": ledger.print_orders(books, persons),
        "contacts": contacts.contacts(persons, today, rng),
        "referrals": referrals.referrals(persons, occasions, today, rng),
        "feedback": feedback.feedback(persons, occasions, today, rng),
        "partners": contacts.partners(persons, occasions, today),
        "wallets": wallets.wallets(persons, books, rng),
        "suppress": contacts.suppress(persons, rng),
    }
