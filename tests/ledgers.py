"""Small random shops for property tests, as the text cells of their exports.

What real exports do comes up often: ties, refunds on the same order or as credit notes, orders
that span days, several orders on one day, one order id used by two customers, nobody named.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta

import oracle
import pyarrow as pa
from hypothesis import strategies as st

CUSTOMER_IDS = st.sampled_from(
    (
        "7",
        "007",
        "17850.0",  # loses its .0 where every id is written so
        "13047.0",
        "Zo\u00eb",
        "Zoe\u0308",  # looks the same, is another
        "\u65e5\u672c",
        "O'Brien, Ann",
        'Bob "Bo" Lee',
        "two  words",
        "a;b|c",
    )
) | st.text("xyz019\u00e9", min_size=1, max_size=4)
ORDER_IDS = ("1", "01", "A-2", "A-3", "A,4", "")
FIRST_DAY = date(2024, 2, 27)
TIMES = ("00:00:00", "08:26:00", "23:59:59")


@dataclass(frozen=True)
class GivenLines:
    """A table of lines, as an engine reads them: `engines.Lines`."""

    table: pa.Table
    batch_rows: int

    @property
    def schema(self) -> pa.Schema:
        return self.table.schema

    def read(self) -> pa.RecordBatchReader:
        return self.table.to_reader(self.batch_rows)


@dataclass(frozen=True)
class Ledger:
    """An export: its rows as text cells keyed by role, which are its header names too."""

    rows: list[dict[str, str]]

    @property
    def lines(self) -> list[oracle.Line]:
        return oracle.lines_of(self.rows)

    def csv(self) -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=self.rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()


def decimals(low: int, high: int) -> st.SearchStrategy[str]:
    """Decimal text with 0 to 6 decimals, often an exact half of 1/10,000 or a tie."""
    usual = ("0", "1", "1.0", "10", "9.99", "12.5", "0.00005", "0.00015", "2.500250")
    return st.sampled_from(usual) | st.integers(0, 6).flatmap(
        lambda places: st.decimals(low, high, places=places).map("{:f}".format)
    )


AMOUNTS = st.fixed_dictionaries({"amount": decimals(-50, 2000)})
PRICED = st.fixed_dictionaries({"quantity": decimals(-3, 20), "unit_price": decimals(-1, 100)})
DAYS = st.one_of(st.integers(0, 3), st.integers(0, 400)).map(
    lambda days: FIRST_DAY + timedelta(days)
)


def negated(cells: dict[str, str]) -> dict[str, str]:
    """The same cells with the amount, or the quantity, of the opposite sign."""
    role = "amount" if "amount" in cells else "quantity"
    text = cells[role]
    return {**cells, role: text[1:] if text.startswith("-") else "-" + text}


@st.composite
def purchases(draw, customer_ids, money_cells):
    """The (customer, order id, day, money cells) of one order, and of what may come along with it.

    A second delivery is another order on the same day, a neighbour buys the same under the same
    order id, and some or all of it may be given back on that order or on a credit note.
    """
    customer_id, neighbour = draw(st.tuples(*[st.sampled_from(customer_ids)] * 2))
    order_id = draw(st.sampled_from(ORDER_IDS))
    first_day = draw(DAYS)
    bought = []
    for cells in draw(st.lists(money_cells, min_size=1, max_size=3)):
        day = first_day + timedelta(draw(st.sampled_from((0, 0, 1, 35))))
        bought.append((customer_id, order_id, day, cells))

    along = {
        "nothing": [],
        "second delivery": [(who, order_id + "b", day, cells) for who, _, day, cells in bought],
        "neighbour": [(neighbour, order_id, day, cells) for _, _, day, cells in bought],
    }[draw(st.sampled_from(("nothing", "nothing", "second delivery", "neighbour")))]

    given_back = bought[: draw(st.sampled_from((0, 0, 0, 1, len(bought))))]
    back_id = draw(st.sampled_from((order_id, "C" + order_id)))
    later = timedelta(draw(st.sampled_from((0, 1, 40))))
    back = [(who, back_id, day + later, negated(cells)) for who, _, day, cells in given_back]
    return bought + along + back


@st.composite
def ledgers(draw, max_orders=8, known_ids=CUSTOMER_IDS):
    """A `Ledger` with at least one row; rows in any order, all of them readable."""
    customer_ids = draw(st.lists(known_ids, min_size=1, max_size=4, unique=True))
    money_cells = draw(st.sampled_from((AMOUNTS, PRICED)))
    anonymous = [""] if draw(st.booleans()) else []
    orders = purchases([*customer_ids, *anonymous], money_cells)
    bought = draw(st.lists(orders, min_size=1, max_size=max_orders))
    with_order_ids = draw(st.booleans())
    with_times = draw(st.booleans())

    rows = []
    for customer_id, order_id, day, cells in (line for lines in bought for line in lines):
        time = " " + draw(st.sampled_from(TIMES)) if with_times else ""
        row = {"customer_id": customer_id, "ordered_at": day.isoformat() + time, **cells}
        rows.append(row | {"order_id": order_id} if with_order_ids else row)
    return Ledger(draw(st.permutations(rows)))


ADDRESSES = st.sampled_from(("ann@x.org", "ANN@X.org", " ann@x.org", "bo@x.org", "@", "Bo"))
MORE_CELLS = st.fixed_dictionaries(
    {
        "category": st.sampled_from(("tea", "Tea", "", " ", "\u65e5\u672c")),
        "cost": decimals(-5, 50) | st.sampled_from(("", "unknown")),
        "email": st.sampled_from(("", "a@x", "b@x", "B@x", "\u00e9@x")),
        "status": st.sampled_from(("paid", "", "shipped", "paid", "", "cancelled")),
    }
)


@st.composite
def detailed_ledgers(draw):
    """A `Ledger` with category, cost, email and status, and e-mail addresses among its ids."""
    plain = draw(ledgers(known_ids=CUSTOMER_IDS | ADDRESSES))
    return Ledger([row | draw(MORE_CELLS) for row in plain.rows])
