"""A synthetic coffee and tea shop, with every table that rfmtool can read.

The same customers and seed give the same shop, to the last byte, on the same numpy. Nothing here
reads the clock: the export ends on 31 December 2025.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.demo import contacts, feedback, people, referrals, relationship, sales, visits, wallets
from rfmtool.demo.export_formats import to_export_format

__all__ = ["generate", "to_export_format"]

_OF_RELATIONS = 2
"""Sets the chance of what is beside the orders apart from theirs."""


def generate(customers: int = 2000, seed: int = 7) -> dict[str, pd.DataFrame]:
    """Make up a shop.

    Args:
        customers: How many distinct persons the shop knows, at least one; all are contacts,
            and four in five have ordered.
        seed: Other seeds give other shops of the same kind.

    Returns:
        File stem to table, every cell printable as it is: `orders`, and the evidence
        `contacts`, `referrals`, `feedback`, `partners`, `wallets`, `contacted`, `introductions`,
        `memberships`, `needs`, `suppress`; and `contact_steps`, which are more rows of contacts.

    Raises:
        ValueError: `customers` is below one, or `seed` below zero.
    """
    if customers < 1:
        raise ValueError(f"a shop needs at least one customer, not {customers}")
    rng = np.random.default_rng(seed)
    persons = people.draw_people(customers, rng)
    days = visits.order_days(persons, rng)
    persons = people.add_first_contact(persons, days, rng)
    books = sales.record_sales(persons, days, rng)
    occasions, today = books.order_days(), books.last_day()
    known = contacts.contacts(persons, today, rng)
    tables = {
        "orders": sales.orders_table(books, persons),
        "contacts": known,
        "referrals": referrals.referrals(persons, occasions, today, rng),
        "feedback": feedback.feedback(persons, occasions, today, rng),
        "partners": contacts.partners(persons, occasions, today),
        "wallets": wallets.wallets(persons, books, rng),
    }
    suppress = contacts.suppress(persons, rng)
    own = np.random.default_rng([seed, _OF_RELATIONS])
    for make in (relationship.contacted, relationship.introductions, relationship.memberships,
                 relationship.needs, relationship.contact_steps):  # fmt: skip
        tables[make.__name__] = make(persons, occasions, today, own)
    return {
        **tables,
        "contacts": relationship.extend_contacts(known, persons, own),
        "suppress": suppress,
    }
