"""However a ledger is written, it is read exactly, or its bad rows are itemised, or it is refused.

About two hundred in the suite; HYPOTHESIS_PROFILE=thorough makes it ten thousand.
"""

import csv
from dataclasses import replace

import pytest
from effort import THOROUGH
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ledgers import ledgers
from oracle import lines_of, orders
from renderings import BOMS, Rendering, renderings

from rfmtool.errors import InputError
from rfmtool.grouping.read import group_export
from rfmtool.rules import load_rules
from rfmtool.settings import Settings
from rfmtool.sources import open_export
from rfmtool.sources.layout import Asked

pytestmark = pytest.mark.long

EFFORT = settings(
    max_examples=3_500 if THOROUGH else 60,
    suppress_health_check=[HealthCheck.too_slow],
)
RULES = load_rules()
TEAR = "\x0b"
"""Stands for a line end until all else is written, so that nothing quotes it."""
WIDE = {"utf-16": 2, "utf-16-le": 2}
SHOWN = 20
"""So many rejected rows are listed."""
BAD_NUMBERS = ("x", "5%", "NaN", "inf", "1,2,3.4.5", "12:30", "€5 USD", "5 PCS", "1e", "--5")
BAD_DATES = ("x", "2024-02-30", "99/99/2024", "soon", "0", "2024-13-01T00:00")


def expected(rows):
    """Customer to (sales less refunds, days of counting orders), by the oracle."""
    lines = [line for line in lines_of(rows) if line.customer_id]
    found = {}
    for line in lines:
        money, _ = found.setdefault(line.customer_id, [0, []])
        found[line.customer_id][0] = money + line.amount
    for order in orders(lines):
        if order.day is not None:
            found[order.customer_id][1].append(order.day)
    return {who: (money, sorted(days)) for who, (money, days) in found.items()}


def read(path, **asked):
    grouped = group_export(open_export(path, Asked(**asked)), RULES, Settings(threads=1))
    table = grouped.table.to_pylist()
    days = {row["customer_id"]: sorted(row["order_dates"] or []) for row in table}
    money = {row["customer_id"]: row["sales"] - row["refunds"] for row in table}
    return grouped.ledger, {who: (money[who], days[who]) for who in money}


def end_in_point_zero(rows):
    return all(row["customer_id"].endswith(".0") for row in rows if row["customer_id"])


def as_units(found):
    """The oracle's answer in whole 1/10,000 and days since 1970-01-01."""
    return {
        who: (int(money * 10_000), [day.toordinal() - 719_163 for day in days])
        for who, (money, days) in found.items()
    }


def write(path, rendering, rows, *, is_rendered=False):
    cells = rows if is_rendered else [rendering.row(row) for row in rows]
    try:
        path.write_bytes(rendering.file(cells))
    except UnicodeEncodeError:
        assume(False)  # noqa: FBT003 - this encoding has no such letters
    return path


@EFFORT
@given(ledgers(max_orders=5), renderings())
def test_what_is_read_unasked_is_exact(scratch, ledger, rendering):
    path = write(scratch / "export.csv", rendering, ledger.rows)
    try:
        found, customers = read(path)
    except InputError:
        return  # refused: a person will say what it is
    assert not found.rejected
    assert customers == as_units(expected(ledger.rows))


@EFFORT
@given(ledgers(max_orders=5), renderings())
def test_what_is_told_is_read_exactly(scratch, ledger, rendering):
    path = write(scratch / "export.csv", rendering, ledger.rows)
    encoding = None if rendering.encoding in BOMS else rendering.encoding
    date_format = rendering.dates.removesuffix("Z").replace("+0200", "%z")
    date_format = date_format if date_format == rendering.dates else None

    found, customers = read(path, delimiter=rendering.delimiter, decimal=rendering.decimal,
                            encoding=encoding, date_format=date_format)  # fmt: skip

    assert not found.rejected
    assert customers == as_units(expected(ledger.rows))


@EFFORT
@given(ledgers(max_orders=5), renderings(), st.data())
def test_bad_cells_cost_their_rows_and_no_others(scratch, ledger, rendering, data):
    places = data.draw(st.sets(st.integers(0, len(ledger.rows) - 1), max_size=3))
    role = "amount" if "amount" in ledger.rows[0] else "unit_price"
    spoilt = [rendering.row(row) for row in ledger.rows]
    for place in places:
        cell, words = data.draw(st.sampled_from(((role, BAD_NUMBERS), ("ordered_at", BAD_DATES))))
        spoilt[place][cell] = data.draw(st.sampled_from(words))
    path = write(scratch / "export.csv", rendering, spoilt, is_rendered=True)
    try:
        found, customers = read(path)
    except InputError:
        return
    good = [row for place, row in enumerate(ledger.rows) if place not in places]
    # Whether every id ends in .0 is asked of the rejected rows too.
    assume(end_in_point_zero(good) == end_in_point_zero(ledger.rows))
    assert found.rejected == len(places)
    assert customers == as_units(expected(good))


@EFFORT
@given(ledgers(max_orders=5), renderings(), st.data())
def test_a_line_end_that_nothing_quotes_costs_rows_and_never_half_a_cell(
    scratch, ledger, rendering, data
):
    rows = [rendering.row(row) for row in ledger.rows]
    torn = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(sorted(rows[torn])))
    cell = rows[torn][column]
    place = data.draw(st.integers(0, len(cell)))
    rows[torn][column] = cell[:place] + TEAR + cell[place:]
    path = write(scratch / "export.csv", replace(rendering, quoting=csv.QUOTE_MINIMAL), rows,
                 is_rendered=True)  # fmt: skip
    text = path.read_bytes()
    assume('"'.encode(rendering.encoding)[-1:] not in text)
    tear, end = (mark.encode(rendering.encoding.removesuffix("-sig"))[-WIDE.get(
        rendering.encoding, 1):] for mark in (TEAR, rendering.line_end[-1]))  # fmt: skip
    path.write_bytes(text.replace(tear, end))
    try:
        found, customers = read(path)
    except InputError:
        return
    assume(found.rejected <= SHOWN)
    bad = {reject.row - 1 for reject in found.rejects}
    records = [*range(torn + 1), *range(torn + 2, len(rows) + 1)]  # the first of each row
    good = [row for row, record in zip(ledger.rows, records, strict=True) if record not in bad]
    assume(end_in_point_zero(good) == end_in_point_zero(ledger.rows))
    assert customers == as_units(expected(good))


@pytest.mark.parametrize("mark", ["{}", "${}", "{} €"])
def test_the_renderings_are_what_they_are_meant_to_be(mark):
    one = Rendering("%d.%m.%Y", ",", ".", mark, "({})", ";", "utf-8", "\n", 0)

    assert one.number("-1234567.50", mark=True) == f"({mark.format('1.234.567,50')})"
    assert one.row({"ordered_at": "2024-01-31"}) == {"ordered_at": "31.01.2024"}
