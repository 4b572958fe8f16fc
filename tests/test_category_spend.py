"""What is spent in each category, noted beside the lines, is what the lines add up to."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.engines import CATEGORIES_SCHEMA, NO_DAY
from rfmtool.engines.category_spend import CategorySpend
from rfmtool.sources.rows.clean import lines_schema

SCHEMA = lines_schema(["category"])
NOTES = st.tuples(
    st.sampled_from(["ann", "bob", "zoë", "0"]),
    st.sampled_from(["tea", "pots", "Ömer", "", None]),
    st.integers(0, 2**55),
    st.integers(0, 2**55),
)


def stream(notes, batch_rows=3):
    """Lines of (customer, category, sales, refunds), a day each."""
    rows = [
        {"customer_id": who, "order_id": "1", "day": day, "sales": sales, "refunds": refunds,
         "rows": 1, "is_sale": True, "category": category}
        for day, (who, category, sales, refunds) in enumerate(notes)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, SCHEMA).to_reader(batch_rows)


def spent(lines, **how):
    """The spends in words, and the lines without them."""
    spends = CategorySpend(**how)
    others = spends.strip_category(lines).read_all()
    ids = pa.chunked_array([sorted(set(others["customer_id"].to_pylist()), key=str.encode)])
    table = spends.take_table(ids.cast(pa.string()))
    assert table.schema == CATEGORIES_SCHEMA
    return [(ids[row.pop("owner")].as_py(), *row.values()) for row in table.to_pylist()], others


@given(notes=st.lists(NOTES, max_size=30), many=st.integers(0, 20), batch_rows=st.integers(1, 8))
def test_any_lines_in_any_batches_add_up_sorted_by_bytes(notes, many, batch_rows):
    sums, days = Counter(), {}
    for day, (who, category, sales, refunds) in enumerate(notes):
        if category is not None:
            sums[who, category] += sales - refunds
            days[who, category] = day if sales else days.get((who, category), NO_DAY)

    found, _ = spent(stream(notes, batch_rows), max_rows=many)

    keys = sorted(sums, key=lambda key: [word.encode() for word in key])
    assert found == [(*key, sums[key], days[key]) for key in keys]


def test_lines_pass_as_they_are_but_for_their_category():
    notes = [("ann", "tea", 5, 0), ("bob", None, 7, 2)]
    lines = stream(notes).read_all()

    found, others = spent(stream(notes))

    assert found == [("ann", "tea", 5, 0)]
    assert others.equals(lines.drop_columns(["category"]))


@pytest.mark.long
@pytest.mark.parametrize("many", [100, 1 << 24])
def test_more_names_and_customers_than_sixteen_bits_hold(many):
    count = 70_000
    words = pa.array(np.arange(count)).cast(pa.string())
    ids = pa.array(np.arange(count) // 2 * 2).cast(pa.string())
    numbers = pa.array(np.arange(count))
    columns = {
        "customer_id": ids, "order_id": ids, "day": numbers.cast(pa.int32()), "sales": numbers,
        "refunds": pa.array(np.zeros(count, np.int64)), "rows": numbers.cast(pa.int32()),
        "is_sale": pa.array(np.ones(count, bool)), "category": words,
    }  # fmt: skip
    lines = pa.table(columns, SCHEMA)

    found, _ = spent(pa.concat_tables([lines, lines]).to_reader(30_000), max_rows=many)

    pairs = zip(ids.to_pylist(), words.to_pylist(), strict=True)
    expected = [(who, name, 2 * int(name), int(name) or NO_DAY) for who, name in pairs]
    assert found == sorted(expected)


def test_lines_without_any_category_are_no_spends():
    assert spent(stream([("ann", None, 5, 0)]))[0] == []
