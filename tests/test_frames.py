"""Frames and records: read, or refused in our own words that name the column."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import rfmtool
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.sources.frames import table_of

ROWS = [["007", "1", "2026-01-03", 10.5], ["8", "2", "2026-01-05", 20]]
NAMES = ["customer_id", "order_id", "ordered_at", "amount"]


def frame():
    return pd.DataFrame(ROWS, columns=NAMES)


def money(source, **how):
    people = rfmtool.run(source, **how).customers
    return dict(zip(people["customer_id"], people["monetary"], strict=True))


@pytest.mark.parametrize(
    ("kind", "ids"),
    [("float64", (2.0**53, 7)), ("float32", (2.0**24, 7)), ("float16", (2.0**11, 7))],
)
def test_ids_beyond_what_floats_tell_apart_are_refused(kind, ids):
    frame = pd.DataFrame({"customer_id": ids, "date": ["2026-01-01"] * 2, "amount": 1})

    with pytest.raises(InputError, match="floats tell apart"):
        rfmtool.run(frame.astype({"customer_id": kind}))


def test_columns_may_be_named_by_numbers():
    columns = dict(zip(NAMES, range(4), strict=True))

    assert money(pd.DataFrame(ROWS), columns=columns) == {"007": 10.5, "8": 20}


def test_names_of_several_levels_are_put_together():
    levels = [("customer", "id"), ("order", "id"), ("order", "date"), ("amount", "")]

    assert money(frame().set_axis(pd.MultiIndex.from_tuples(levels), axis=1)) == {
        "007": 10.5, "8": 20,
    }  # fmt: skip


def test_a_list_of_dicts_is_read_with_the_keys_of_all():
    records = [*frame().to_dict("records"), {"ordered_at": "2026-01-06", "amount": 1, "x": 1}]

    result = rfmtool.run(records)

    assert (result.ledger["used"], result.ledger["anonymous"]) == (2, 1)


def test_two_columns_of_one_name_are_refused_by_it():
    twice = pd.concat([frame(), frame()[["amount"]]], axis=1)

    with pytest.raises(AmbiguousInputError, match="2 columns called 'amount'"):
        rfmtool.run(twice)


def test_a_column_of_objects_is_refused_by_its_name_and_quotes_none():
    cells = pd.Series(["CANARY", object()], dtype=object)

    with pytest.raises(InputError, match="its column 'note'") as caught:
        rfmtool.run(frame().assign(note=cells))

    assert "CANARY" not in str(caught.value)


def test_articles_that_are_texts_and_whole_numbers_are_texts():
    articles = ["85123A", np.int64(22423)]
    as_frame = frame().assign(product=pd.Series(articles, dtype=object))
    records = [{**row, "product": articles[i]} for i, row in enumerate(frame().to_dict("records"))]

    for source in (as_frame, records):
        assert table_of(source)["product"].to_pylist() == ["85123A", "22423"]


def test_times_of_different_offsets_keep_the_day_that_is_written():
    east, west = dt.timezone(dt.timedelta(hours=5)), dt.timezone(dt.timedelta(hours=-8))
    times = [dt.datetime(2026, 2, 3, 0, 30, tzinfo=east), dt.datetime(2026, 2, 3, 23, tzinfo=west)]

    people = rfmtool.run(frame().assign(ordered_at=pd.Series(times, dtype=object))).customers

    assert {day.date().isoformat() for day in people["last_order_on"]} == {"2026-02-03"}


def test_days_and_times_may_be_mixed():
    days = pd.Series([dt.datetime(2026, 2, 3, 10), dt.date(2026, 2, 4)], dtype=object)  # noqa: DTZ001

    people = rfmtool.run(frame().assign(ordered_at=days)).customers

    assert [day.day for day in people["last_order_on"]] == [3, 4]


@pytest.mark.parametrize("source", [3, [{"a": 1}, 3], {"a": [1]}])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(InputError, match="a source is a path"):
        rfmtool.run(source)


def test_a_row_of_nothing_but_a_list_is_not_blank():
    table = pa.table({
        "customer_id": ["c", None, None],
        "ordered_at": pa.array([dt.date(2024, 1, 5), None, None]),
        "amount": [5.0, None, None],
        "tags": [["a"], ["b"], None],
    })  # fmt: skip

    ledger = rfmtool.run(table, max_rejects="100%").ledger

    assert (ledger["used"], ledger["missing_date"], ledger["blank"]) == (1, 1, 1)
