"""What an export has beyond its customers, from its cells to the answer."""

from dataclasses import replace
from datetime import date

import oracle
import pyarrow as pa
import pytest
from effort import SLOW
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ledgers import detailed_ledgers, ledgers

from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.grouping.read import read_export
from rfmtool.pipeline import run
from rfmtool.settings import Settings
from rfmtool.sources.layout import Asked, Detail

HEADER = "customer_id,order_id,ordered_at,amount"
PLAIN = Detail(category=None, cost=False, contacts=False)
CATEGORIES_ALONE = Detail(cost=False, contacts=False)
EVERYTHING = Settings(detail=Detail(entries=True))
POINT = Asked(decimal=".")  # as amounts such as 1.000 alone are asked about
EPOCH = date(1970, 1, 1)


def units(amount):
    return int(amount * 10_000)


def read(source, keep=(), **columns):
    asked = replace(POINT, columns=columns, keep=keep)
    return read_export(source, asked=asked, settings=EVERYTHING)


def people(grouped):
    """What is said of each customer, order dates in order."""
    dates = [[] for _ in range(len(grouped.table))]
    for owner, day in zip(
        grouped.order_dates.owner.tolist(), grouped.order_dates.day.tolist(), strict=True
    ):
        dates[owner].append(day)
    rows = grouped.table.to_pylist()
    return [{**row, "order_dates": mine} for row, mine in zip(rows, dates, strict=True)]


@settings(max_examples=SLOW // 3)
@given(ledger=detailed_ledgers())
def test_every_level_of_a_file_is_what_the_oracle_makes_of_its_cells(scratch, ledger):
    # Where all are empty, the addresses are the customers.
    assume(any(row.get("customer_id", "").strip() for row in ledger.rows))
    path = scratch / "detailed.csv"
    path.write_text(ledger.csv(), "utf-8", newline="")
    levels, categories = oracle.levels(ledger.lines), oracle.categories(ledger.lines)
    entries = oracle.entries(ledger.lines)

    grouped = read(path)

    ids = grouped.table["customer_id"].to_pylist()
    assert [(row["customer_id"], row["cost"], row["uncosted"]) for row in people(grouped)] == [
        (who, units(person.cost), person.uncosted) for who, person in levels.items()
    ]
    assert [
        (ids[row["owner"]], row["category"], row["net"]) for row in grouped.categories.to_pylist()
    ] == [(*key, units(net)) for key, (net, _) in categories.items()]
    assert grouped.latest_cells["email"].to_pylist() == [
        oracle.latest_emails(ledger.lines)[who] for who in ids
    ]
    # Sorted, because an order without an id goes by a name that only the program knows.
    moved = grouped.entries
    names = [ids[owner] for owner in moved.owner]
    columns = (column.tolist() for column in (moved.day, moved.sales, moved.refunds, moved.cost))
    assert sorted(zip(names, *columns, strict=True)) == sorted(
        (who, (day - EPOCH).days, units(each.sales), units(each.refunds), units(each.cost))
        for (who, _, day), each in entries.items()
    )
    assert moved.order.max(initial=-1) + 1 == len({key[:2] for key in entries})
    assert grouped.ledger["used"] == sum(person.rows for person in levels.values())


@pytest.mark.long
@settings(max_examples=SLOW // 3)
@given(ledger=ledgers())
def test_the_fast_way_and_the_detailed_way_say_the_same_of_customers(scratch, ledger):
    path = scratch / "plain.csv"
    path.write_text(ledger.csv(), "utf-8", newline="")

    fast, detailed = read_export(path, asked=POINT), read(path)

    rows = [{key: row[key] for key in fast.table.column_names} for row in people(detailed)]
    assert rows == people(fast)
    assert fast.ledger.as_data() == detailed.ledger.as_data()
    assert fast.dropped_point_zero == detailed.dropped_point_zero


# Costs -------------------------------------------------------------------------------------------


def test_a_cost_beside_a_price_is_that_of_each_piece_and_exact(write):
    path = write(
        [
            "customer_id,order_id,ordered_at,quantity,unit_price,unit_cost",
            "ann,1,2024-01-01,3,5,0.33335",
            "ann,1,2024-01-01,-1,5,0.33335",
        ]
    )

    assert people(read(path))[0]["cost"] == 10_000 - 3_334  # 1.00005 and 0.33335, half to even


def test_a_cost_beside_an_amount_is_that_of_the_line(write):
    path = write([f"{HEADER},quantity,cost", "ann,1,2024-01-01,5,3,2", "ann,1,2024-01-01,-5,-3,-2"])

    assert people(read(path))[0]["cost"] == 0


@pytest.mark.parametrize("cost", ["", "unknown", "1e400", "9e17"])
def test_a_cost_that_cannot_be_read_is_unknown_and_its_row_is_used(write, cost):
    path = write([f"{HEADER},cost", "ann,1,2024-01-01,5,2", f"ann,1,2024-01-01,7,{cost}"])

    grouped = read(path)

    assert grouped.ledger["used"] == 2
    assert people(grouped)[0]["cost"] == 20_000
    assert people(grouped)[0]["uncosted"] == 1


def test_the_cost_of_a_row_that_cannot_be_read_is_nobodys(write):
    path = write([f"{HEADER},cost", "ann,1,2024-01-01,5,2", "ann,1,2024-01-01,five,3"])

    assert people(read(path))[0]["cost"] == 20_000
    assert people(read(path))[0]["uncosted"] == 0


# Columns -----------------------------------------------------------------------------------------


def test_contacts_and_kept_columns_come_from_the_latest_row_that_has_them(write):
    path = write(
        [
            f"{HEADER},e-mail address,Phone,Shop,status",
            "ann,1,2024-01-01,5,old@x,1,North,paid",
            "ann,2,2024-02-01,5, new@x ,,South,paid",
            "ann,3,2024-03-01,5,,,,shipped",
            "bob,4,2024-03-01,5,,,,",
        ]
    )

    grouped = read(path, keep=("Shop", "status"), email="e-mail address")

    assert grouped.latest_cells.to_pylist() == [
        {"email": "new@x", "phone": "1", "Shop": "South", "status": "shipped"},
        {"email": None, "phone": None, "Shop": None, "status": None},
    ]


def test_a_kept_column_may_hold_anything_in_a_frame():
    table = pa.table(
        {
            "customer": ["ann"],
            "date": ["2024-01-31"],
            "amount": [5],
            "born": [date(1980, 1, 31)],
            "member": [True],
            "email": pa.array([b"\xff"]),  # nothing to write to, and nothing to fail for
        }
    )

    grouped = read(table, keep=("born", "member"))

    assert grouped.latest_cells.to_pylist() == [{"born": "1980-01-31", "member": "true"}]


ANYTHING = {
    "bytes": pa.array([b"\xff", b"x"]),
    "two bytes": pa.array([b"\xff\x00"] * 2, pa.binary(2)),
    "list": pa.array([[1], None]),
    "struct": pa.array([{"a": 1}] * 2),
    "map": pa.array([[("a", 1)]] * 2, pa.map_(pa.string(), pa.int64())),
    "bytes by number": pa.array([b"\xff", b"y"]).dictionary_encode(),
    "view of bytes": pa.array([b"\xff", b"y"], pa.binary_view()),
    "interval": pa.array([(1, 2, 3)] * 2, pa.month_day_nano_interval()),
    "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["x"])),
    "wide": pa.array([1, 2], pa.decimal256(40, 2)),
}


@pytest.mark.parametrize("name", ANYTHING)
def test_a_column_without_a_role_may_hold_anything(name):
    orders = {"customer": ["ann", "bob"], "date": ["2024-01-31"] * 2, "amount": [5, 6]}
    for column in (name, f"refunded {name}"):
        grouped = read(pa.table({**orders, column: ANYTHING[name]}))
        assert [one["sales"] for one in people(grouped)] == [50_000, 60_000]


def test_an_optional_column_may_be_missing_in_one_of_several_files(write):
    write([f"{HEADER},category,cost,email", "ann,1,2024-01-01,5,tea,2,a@x"], "shop/1.csv")
    second = write([HEADER, "ann,2,2024-02-01,7", "ann,3,2024-02-01,7"], "shop/2.csv")

    grouped = read(second.parent)

    assert people(grouped)[0]["cost"] == 20_000
    assert people(grouped)[0]["uncosted"] == 2
    assert grouped.categories["net"].to_pylist() == [50_000]
    assert grouped.latest_cells["email"].to_pylist() == ["a@x"]


def test_a_kept_column_that_is_not_there_is_named(write):
    with pytest.raises(InputError, match="there is no column 'Shop'"):
        read(write([HEADER, "ann,1,2024-01-01,5"]), keep=("Shop",))


def test_a_contact_column_that_is_kept_as_well_comes_once(write):
    path = write([f"{HEADER},email,mail", "ann,1,2024-01-01,5,a@x,b@x"])

    assert read(path, keep=("email",)).latest_cells.to_pylist() == [{"email": "a@x"}]
    with pytest.raises(AmbiguousInputError, match="another column plays the role email"):
        read(path, keep=("email",), email="mail")


def test_an_email_that_is_the_id_is_a_contact_too(write):
    grouped = read(write(["email,date,amount", "ann@x,2024-01-01,5"]))

    assert grouped.latest_cells.to_pydict() == {"email": ["ann@x"]}


def test_products_may_take_the_place_of_categories(write):
    path = write([f"{HEADER},category,sku", "ann,1,2024-01-01,5,tea,T-1"])

    for by, word in (("category", "tea"), ("product", "T-1")):
        grouped = read_export(path, settings=Settings(detail=Detail(category=by)))
        assert grouped.categories["category"].to_pylist() == [word]


@pytest.mark.long
@settings(max_examples=SLOW // 3)
@given(ledger=detailed_ledgers(), unread=st.sampled_from(["status", "nothing"]))
def test_categories_alone_are_the_same_as_beside_everything_else(scratch, ledger, unread):
    path = scratch / "categories.csv"
    path.write_text(ledger.csv().replace("status", unread, 1), "utf-8", newline="")
    alone = read_export(path, asked=POINT, settings=Settings(detail=CATEGORIES_ALONE))
    whole = read(path)

    assert alone.categories == whole.categories
    for name in alone.table.column_names:
        if name != "order_dates":
            assert alone.table[name] == whole.table[name]
    assert alone.order_dates.day.tolist() == whole.order_dates.day.tolist()
    assert alone.ledger.rows == whole.ledger.rows


def test_nothing_is_read_that_is_not_wanted(write):
    path = write([f"{HEADER},category,cost,email", "ann,1,2024-01-01,5,tea,2,a@x"])

    grouped = read_export(path, settings=Settings(detail=PLAIN))

    assert grouped.categories is grouped.latest_cells is grouped.entries is None
    assert "cost" not in grouped.table.column_names
    assert grouped.export.columns["category"] == "category"


# People ------------------------------------------------------------------------------------------

SPELLINGS = [
    "ann@x.com,1,2024-01-01,5",
    " Ann@X.com,1,2024-01-02,3",
    "ANN@x.com ,2,2024-01-03,1",
    "Bob,3,2024-01-03,1",
    "bob,3,2024-01-03,1",
]


@pytest.mark.parametrize("detail", [PLAIN, Detail(), Detail(entries=True)])
def test_one_address_in_several_spellings_is_one_customer(write, detail):
    result = run(write([HEADER, *SPELLINGS]), settings=Settings(detail=detail))

    assert result.frame["customer_id"].tolist() == [" Ann@X.com", "Bob", "bob"]
    assert result.frame["frequency"].tolist() == [2, 1, 1]
    assert result.frame["monetary"].tolist() == [90_000, 10_000, 10_000]
    assert result.grouped.merged_ids == 2
    assert result.ledger["used"] == 5


@pytest.mark.parametrize("listed", ["17850", "17850.0", " 17850 "])
@pytest.mark.parametrize("written", ["17850", "17850.0"])
def test_a_suppressed_number_is_found_with_and_without_its_point_zero(write, listed, written):
    path = write(
        [HEADER, f"{written},1,2024-01-01,5", "x178,1,2024-01-01,5", "x1785.0,2,2024-01-01,5"]
    )

    grouped = read_export(path, settings=Settings(suppressed=frozenset({listed})))

    assert grouped.table["customer_id"].to_pylist() == ["x178", "x1785.0"]
    assert grouped.ledger["suppressed"] == 1


def test_a_suppressed_address_is_found_in_any_spelling_and_other_ids_are_not_taken_for_it(write):
    asked = Settings(suppressed=frozenset({"ANN@x.com", "", "BOB"}))

    grouped = read_export(write([HEADER, *SPELLINGS, ",9,2024-01-03,1"]), settings=asked)

    assert grouped.table["customer_id"].to_pylist() == ["Bob", "bob"]
    assert (grouped.ledger["suppressed"], grouped.ledger["anonymous"]) == (3, 1)


def test_suppressed_is_the_first_of_the_exclusions_and_comes_after_what_cannot_be_read(write):
    rows = [
        "ann,1,2024-01-01,5,cancelled",
        "ann,2,2025-01-01,5,",
        "ann,3,soon,5,",
        "bob,4,2024-01-01,5,",
    ]
    asked = Settings(suppressed=frozenset({"ann"}), as_of=date(2024, 6, 1))

    ledger = read_export(write([f"{HEADER},status", *rows]), settings=asked).ledger

    assert ledger.as_data()["excluded"] == {"suppressed": 2}
    assert ledger.as_data()["rejected"] == {"bad_date": 1}
