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

_RELATIONSHIP_STREAM = 2
"""The random stream of the relationship tables, which leaves the other tables as they are."""


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
    sold = sales.record_sales(persons, days, rng)
    order_days, today = sold.order_days(), sold.last_day()
    known = contacts.contacts(persons, today, rng)
    tables = {
        "orders": sales.orders_table(sold, persons),
        "contacts": known,
        "referrals": referrals.referrals(persons, order_days, today, rng),
        "feedback": feedback.feedback(persons, order_days, today, rng),
        "partners": contacts.partners(persons, order_days, today),
        "wallets": wallets.wallets(persons, sold, rng),
    }
    suppress = contacts.suppress(persons, rng)
    relationship_rng = np.random.default_rng([seed, _RELATIONSHIP_STREAM])
    for table_of in (relationship.contacted, relationship.introductions, relationship.memberships,
                 relationship.needs, relationship.contact_steps):  # fmt: skip
        tables[table_of.__name__] = table_of(persons, order_days, today, relationship_rng)
    return {
        **tables,
        "contacts": relationship.extend_contacts(known, persons, relationship_rng),
        "suppress": suppress,
    }
