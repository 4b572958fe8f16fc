"""Everyone a run knows: ids from the export and from the evidence, each once."""

import pyarrow as pa

from rfmtool.engines import CUSTOMERS_SCHEMA
from rfmtool.grouping.people import all_people, events_until, evidence_frame
from rfmtool.sources.cells.ids import places_in


def ordered(*ids):
    """The engine's answer for customers who each ordered once, on day 1."""
    rows = [{"customer_id": i, "order_dates": [1], "sales": 10, "refunds": 0} for i in sorted(ids)]
    return pa.Table.from_pylist(rows, schema=CUSTOMERS_SCHEMA)


def contacts(*ids):
    return {"contacts": pa.table({"customer_id": pa.array(ids, pa.string())})}


def ids_of(people):
    return people.table["customer_id"].to_pylist()


def test_contacts_who_never_ordered_join_in_the_order_of_bytes():
    people = all_people(ordered("b", "d"), contacts("é", "c", "a", "b"))

    assert ids_of(people) == ["a", "b", "c", "d", "é"]
    assert people.table["order_dates"].to_pylist() == [None, [1], None, [1], None]
    assert people.table["sales"].to_pylist() == [0, 10, 0, 10, 0]
    assert people.table.schema == CUSTOMERS_SCHEMA


def test_without_evidence_the_customers_stay_as_they_are():
    customers = ordered("a", "b")

    assert all_people(customers, {}).table.equals(customers)
    assert all_people(customers, contacts("b", "a")).table.equals(customers)


def test_both_sides_of_a_referral_join():
    referrals = {"referrer_id": ["a", "x"], "referred_id": ["y", "a"]}

    people = all_people(ordered("a"), {"referrals": pa.table(referrals)})

    assert ids_of(people) == ["a", "x", "y"]


def test_partners_and_wallets_make_nobody_known():
    named = pa.table({"customer_id": ["ghost"]})

    assert ids_of(all_people(ordered("a"), {"partners": named, "wallets": named})) == ["a"]


def test_an_address_is_the_same_in_any_case_and_keeps_the_spelling_of_the_export():
    people = all_people(ordered("Ann@X.com ", "B"), contacts("ann@x.com", "b"))

    assert ids_of(people) == ["Ann@X.com ", "B", "b"]
    ids = pa.array(["ann@x.com", "b", "nobody"])
    assert places_in(ids, people.keys).tolist() == [0, 2, -1]


def test_later_events_have_not_happened_yet_and_undated_ones_have():
    day = pa.array([10, 11, None], pa.int32()).cast(pa.date32())
    feedback = pa.table({"customer_id": ["a", "b", "c"], "given_on": day})

    found = events_until({"feedback": feedback, **contacts("z")}, as_of_day=10)

    assert found["feedback"]["customer_id"].to_pylist() == ["a", "c"]
    assert found["contacts"]["customer_id"].to_pylist() == ["z"]


def test_a_table_is_told_by_places_days_and_what_is_missing():
    people = all_people(ordered("a", "b"), {})
    table = pa.table(
        {
            "referrer_id": ["b", "ghost", "a"],
            "referred_id": ["a", "a", "b"],
            "referred_on": pa.array([5, 6, None], pa.int32()).cast(pa.date32()),
            "solicited": pa.array([True, False, None]),
        }
    )

    frame = evidence_frame(table, people)

    assert frame["owner"].tolist() == [1, 0]
    assert frame["referred"].tolist() == [0, 1]
    assert frame["referred_on"].dtype == "Int64"
    assert frame["referred_on"].fillna(-1).tolist() == [5, -1]
    assert frame["solicited"].fillna(value=False).tolist() == [True, False]
