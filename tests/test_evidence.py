"""Evidence tables are read like any export: every cell typed, every row accounted for."""

from __future__ import annotations

import codecs
import gzip
import itertools
from datetime import date
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st

from rfmtool.cli.arguments import evidence_sources
from rfmtool.errors import AmbiguousInputError, InputError, LimitError, UsageError
from rfmtool.pipeline import run
from rfmtool.sources.evidence.ledger import check_matched
from rfmtool.sources.evidence.roles import evidence_tables
from rfmtool.sources.evidence.tables import read_evidence
from rfmtool.sources.layout import Asked
from rfmtool.sources.roles import parse_asked

SHOP = Path(__file__).parents[1] / "examples" / "shop"
CANARY = "CANARY-4711"


def read(name, source, **asked):
    """The rows of one table, and its ledger."""
    evidence = read_evidence({name: source}, Asked(**asked))
    return evidence.tables[name].to_pylist(), evidence.ledgers[name]


def column(name, source, role, **asked):
    return [row[role] for row in read(name, source, **asked)[0]]


def bins(ledger):
    return {name: number for name, number in ledger.rows.as_data()["rejected"].items() if number}


# The tables --------------------------------------------------------------------------------------


def test_a_contact_log_in_which_nobody_stands_yet_is_read():
    log = pd.DataFrame(columns=["customer_id", "action", "contacted_on"], dtype=str)
    orders = pd.DataFrame({"customer_id": ["a"], "date": ["2024-01-05"], "amount": [5]})

    assert run(orders, evidence={"contacted": log}).customers["resting"].isna().all()


def test_the_demo_shop_is_read_without_a_reject():
    there = [name for name in evidence_tables() if (SHOP / f"{name}.csv").exists()]
    evidence = read_evidence({name: SHOP / f"{name}.csv" for name in there})

    assert set(evidence_tables()) - set(there) == {
        "contacted", "introductions", "memberships", "needs",
    }  # fmt: skip
    assert list(evidence.tables) == there
    for name, ledger in evidence.ledgers.items():
        assert ledger.rows.rejected == 0, name
        assert ledger.rows["used"] == ledger.rows.rows == len(evidence.tables[name])


def test_contacts_are_typed_and_keep_their_other_columns(write):
    path = write(
        [
            "Customer ID,Status,Since,Scheme member,Paused until,E-mail,Country,Tea or coffee",
            "7,LEAD,2024-01-31,Yes,2024-06-01, ann@x.org ,GB,tea",
            "8,,,,,,, ",
        ]
    )
    (ann, bob), _ = read("contacts", path)

    assert ann == {
        "customer_id": "7",
        "status": "lead",
        "since_on": date(2024, 1, 31),
        "answered_on": None,
        "scheme_member": True,
        "paused_until": date(2024, 6, 1),
        "email": " ann@x.org ",
        "Country": "GB",
        "Tea or coffee": "tea",
    }
    assert bob == dict.fromkeys(ann) | {"customer_id": "8", "status": "known"}


def test_the_mark_of_a_file_joined_to_another_is_no_part_of_an_id(write):
    one, more = b"customer_id\r\nann\r\n", b"bob\r\n"
    path = write(codecs.BOM_UTF8 + one + codecs.BOM_UTF8 + more)

    assert column("suppress", path, "customer_id") == ["ann", "bob"]


def test_columns_that_a_file_lacks_are_there_and_empty(write):
    assert read("contacts", write(["customer_id", "7"]))[0] == [
        {
            "customer_id": "7",
            "status": "known",
            "since_on": None,
            "answered_on": None,
            "scheme_member": None,
            "paused_until": None,
        }
    ]
    assert read("partners", write(["client", "7"]))[0] == [
        {"customer_id": "7", "from_on": None, "until_on": None}
    ]


def test_people_who_go_by_their_address_can_be_written_to(write):
    (ann,), _ = read("contacts", write(["Email,country", "Ann@X.org,GB"]))

    assert (ann["customer_id"], ann["email"]) == ("ann@x.org", "Ann@X.org")


def test_referrals_name_two_people(write):
    path = write(["Referred by,Customer ID,Date,Solicited", "1,2,2024-01-31,no", "1,3,,"])

    assert read("referrals", path)[0] == [
        {"referrer_id": "1", "referred_id": "2", "referred_on": date(2024, 1, 31),
         "solicited": False},
        {"referrer_id": "1", "referred_id": "3", "referred_on": None, "solicited": None},
    ]  # fmt: skip


def test_feedback_needs_a_score_or_a_kind(write):
    assert column("feedback", write(["customer,date,nps", "1,2024-01-31,9"]), "nps") == [9]
    path = write(["customer,date,type", "1,2024-01-31,Complaint"])
    assert column("feedback", path, "kind") == ["complaint"]

    with pytest.raises(InputError, match="no column was recognised as nps or kind") as raised:
        read("feedback", write(["customer,date,stars", "1,2024-01-31,9"]))
    assert "--column feedback.ROLE=NAME" in raised.value.hint


def test_wallets_hold_exact_money_or_a_rank(write):
    path = write(
        [
            "customer,wallet,rank,brands",
            '1,"£1,234.56789",,',
            "2,,1.5,3",
            "3,0,,",
            "4,,,",
            "5,-3,2,2",
        ]
    )
    rows, ledger = read("wallets", path)

    assert [(row["wallet"], row["rank"], row["brands"]) for row in rows] == [
        (12_345_679, None, None),
        (None, 1.5, 3),
        (0, None, None),
        (None, None, None),
        (-30_000, 2.0, 2),
    ]
    assert ledger.rows["used"] == 5


@pytest.mark.parametrize("rank", [1, 9])
def test_a_rank_beside_a_known_wallet_says_nothing(write, rank):
    (row,), _ = read("wallets", write(["customer,wallet,rank,brands", f"1,100,{rank},2"]))

    assert (row["wallet"], row["rank"], row["brands"]) == (1_000_000, None, None)


# Cells that cannot be read -----------------------------------------------------------------------

REJECTS = {
    "contacts": {
        "customer_id,status,since_on,scheme_member,paused_until": None,
        "1,friend,,,": "bad_kind",
        "1,,soon,,": "bad_date",
        "1,,,perhaps,": "bad_kind",
        "1,,,,2024-02-30": "bad_date",
        "1,lead": "wrong_cell_count",
    },
    "referrals": {
        "referrer_id,referred_id,referred_on,solicited": None,
        "1,2,yesterday,": "bad_date",
        "1,2,2024-01-31,maybe": "bad_kind",
    },
    "feedback": {
        "customer_id,given_on,nps,kind,sentiment,solicited,resolved_on": None,
        "1,31st,,,,,": "bad_date",
        "1,2024-01-31,11,,,,": "bad_nps",
        "1,2024-01-31,-1,,,,": "bad_nps",
        "1,2024-01-31,7.5,,,,": "bad_nps",
        "1,2024-01-31,ten,,,,": "bad_nps",
        "1,2024-01-31,NaN,,,,": "bad_nps",
        "1,2024-01-31,,praise,,,": "bad_kind",
        "1,2024-01-31,,review,great,,": "bad_kind",
        "1,2024-01-31,,review,,2,": "bad_kind",
        "1,2024-01-31,,complaint,,,soon": "bad_date",
        "1,never,11,praise,,,": "bad_date",
    },
    "partners": {"customer_id,from_on,until_on": None, "1,first,": "bad_date", "1,,32": "bad_date"},
    "wallets": {
        "customer_id,wallet,from_on,until_on,rank,brands": None,
        "1,lots,,,,": "bad_wallet",
        "1,100,when,,,": "bad_date",
        "1,,,,0,3": "bad_rank",
        "1,,,,0.5,3": "bad_rank",
        "1,,,,4,3": "bad_rank",
        "1,,,,,3": "bad_rank",
        "1,,,,2,": "bad_rank",
        "1,,,,first,3": "bad_rank",
        "1,,,,1,2.5": "bad_rank",
        "1,,,,1,0": "bad_rank",
    },
}  # fmt: skip
CASES = [
    (name, next(iter(rows)), row, reason)
    for name, rows in REJECTS.items()
    for row, reason in rows.items()
    if reason
]


@pytest.mark.parametrize(("name", "header", "row", "reason"), CASES)
def test_a_cell_that_cannot_be_read_rejects_its_row(write, name, header, row, reason):
    """Between two good rows, so that the number of the row shows."""
    good = "7," + ",".join({"referrals": ["8"]}.get(name, [""]) + [""] * (header.count(",") - 1))
    rows, ledger = read(name, write([header, good, row, good]))

    assert bins(ledger) == {reason: 1}
    assert [(reject.row, reject.reason) for reject in ledger.rows.rejects] == [(2, reason)]
    assert len(rows) == (1 if name == "contacts" else 2)


def test_rows_without_an_id_and_rows_without_anything_are_counted(write):
    path = write(
        ["referrer_id,referred_id,referred_on,note", "1,,,", ",2,,", ",,,x", ", ,,", "1,2,,"]
    )
    rows, ledger = read("referrals", path)

    assert len(rows) == 1
    assert (ledger.rows["anonymous"], ledger.rows["blank"], ledger.rows["used"]) == (3, 1, 1)


def test_a_suppress_list_is_read_whole_or_not_at_all(write):
    with pytest.raises(InputError, match=r"suppress: 1 of 3 rows.* row 2 of gone\.csv") as raised:
        read("suppress", write(["customer_id", "1", f"{CANARY},2", "3"], "gone.csv"))
    assert CANARY not in str(raised.value)


def test_a_table_of_no_rows_is_no_error(write):
    for name, table in evidence_tables().items():
        header = ",".join(table.roles)
        rows, ledger = read(name, write([header]))
        assert rows == []
        assert ledger.rows.rows == 0


# How it is written -------------------------------------------------------------------------------


def test_yes_and_no_are_known_in_many_spellings(write):
    yes, no = ["yes", "YES", "true", "TRUE", "1", " y ", "1.0"], ["no", "False", "0", "N", "0.0"]
    path = write(["client,scheme_member", *(f"{n},{word}" for n, word in enumerate(yes + no))])

    assert column("contacts", path, "scheme_member") == [True] * len(yes) + [False] * len(no)


def test_each_date_column_decides_over_all_its_files(tmp_path):
    (tmp_path / "a.csv").write_text(
        "customer,given_on,resolved_on,nps\n1,01/02/2024,03/13/2024,9\n"
    )
    (tmp_path / "b.csv").write_text(
        "customer,given_on,resolved_on,nps\n1,13/02/2024,03/04/2024,9\n"
    )
    rows, _ = read("feedback", tmp_path)

    assert [row["given_on"] for row in rows] == [date(2024, 2, 1), date(2024, 2, 13)]
    assert [row["resolved_on"] for row in rows] == [date(2024, 3, 13), date(2024, 3, 4)]


def test_dates_that_can_be_read_in_two_ways_are_refused_until_one_is_said(write):
    path = write(["customer,Given on,nps", "1,01/02/2024,9"])
    with pytest.raises(AmbiguousInputError, match="feedback: column 'Given on' reads as day/month"):
        read("feedback", path)

    assert column("feedback", path, "given_on", date_format="%m/%d/%Y") == [date(2024, 1, 2)]


def test_what_was_said_of_the_export_is_followed_only_where_a_table_does_not_tell(write):
    """An export with semicolons, decimal commas and German dates; wallets from elsewhere."""
    said = {"date_format": "%d.%m.%Y", "decimal": ",", "delimiter": ";", "encoding": "cp1252"}
    plain = write(["customer,wallet,from_on,rank,brands", "Zoë,390.00,2025-01-31,,"])
    german = write("customer;wallet;from_on\nZoë;1.234;31.01.2025\n".encode("cp1252"), "g.csv")
    (row,), _ = read("wallets", plain, **said)
    assert (row["customer_id"], row["wallet"]) == ("Zoë", 3_900_000)
    assert row["from_on"] == date(2025, 1, 31)

    (row,), _ = read("wallets", german, **said)
    assert (row["customer_id"], row["wallet"]) == ("Zoë", 12_340_000)
    assert row["from_on"] == date(2025, 1, 31)


def test_a_date_format_of_the_export_is_not_followed_where_fewer_dates_fit_it(write):
    path = write(["customer,Given on,nps", "1,2024-01-31,9", "2,2024-02-01,9", "3,05/06/2024,9"])

    rows, ledger = read("feedback", path, date_format="%d/%m/%Y")

    assert [row["given_on"] for row in rows] == [date(2024, 1, 31), date(2024, 2, 1)]
    assert bins(ledger) == {"bad_date": 1}


def test_an_encoding_is_believed_where_a_later_row_needs_it(write):
    path = write(b"customer_id\n" + b"ann\n" * 90_000 + "Zoë\n".encode("cp1252"))

    assert column("suppress", path, "customer_id", encoding="cp1252")[-1] == "Zoë"
    with pytest.raises(InputError, match="bad_encoding"):
        read("suppress", path)


def test_numbers_that_can_be_read_in_two_ways_are_refused(write):
    with pytest.raises(AmbiguousInputError, match="wallets: numbers like"):
        read("wallets", write(["customer,wallet", '1,"1,234"']))


def test_columns_are_named_by_table(write):
    path = write(["who,customer_id,when,stars", "1,x,2024-01-31,9"])
    asked = {"feedback.customer_id": "who", "feedback.given_on": "when", "feedback.nps": "stars",
             "customer_id": "nowhere", "contacts.status": "nowhere"}  # fmt: skip

    assert column("feedback", path, "customer_id", columns=asked) == ["1"]


def test_a_column_asked_for_is_not_overlaid_by_one_that_has_its_roles_name(write):
    path = write(["customer_id,email,mail box", "1,old@x.org,new@x.org"])

    assert column("contacts", path, "email", columns={"contacts.email": "mail box"}) == [
        "new@x.org"
    ]


def test_the_columns_of_a_table_are_asked_for_on_the_command_line():
    roles = {name: table.roles for name, table in evidence_tables().items()}

    assert parse_asked(["contacts.status=A.b=c", "status=S"], roles) == {
        "contacts.status": "A.b=c",
        "status": "S",
    }
    for text, words in (("contacts.nps=x", "no role"), ("orders.status=x", "no table"),
                        ("contacts.=x", "no role"), (".status=x", "no table")):  # fmt: skip
        with pytest.raises(UsageError, match=words):
            parse_asked([text], roles)


def test_dates_that_are_numbers_are_read_when_told(write):
    path = write(["client,since_on", "1,45322"])
    with pytest.raises(
        AmbiguousInputError, match="contacts: column 'since_on' holds plain numbers"
    ):
        read("contacts", path)

    assert column("contacts", path, "since_on", date_format="excel") == [date(2024, 1, 31)]


def test_days_are_taken_in_the_time_zone_asked_for(write):
    path = write(["customer,given_on,nps", "1,2024-01-31T23:30:00Z,9"])

    assert column("feedback", path, "given_on") == [date(2024, 1, 31)]
    assert column("feedback", path, "given_on", timezone="Europe/Berlin") == [date(2024, 2, 1)]
    with pytest.raises(UsageError, match="--timezone"):
        read("feedback", path, timezone="Mars/Base")


def test_a_list_of_files_is_read_in_the_order_of_their_names(write):
    files = [write(["customer_id,phone", f"ann,{n}"], f"{n}.csv") for n in (2, 1)]

    assert column("contacts", files, "phone") == ["2"]
    with pytest.raises(InputError, match="contacts: no file is named"):
        read("contacts", [])


def test_every_kind_of_file_is_read(write):
    text = "customer_id\tName\n1\tZo\xeb\n"
    for content, name in ((text.encode("utf-16"), "a.tsv"), (gzip.compress(text.encode()), "b.gz"),
                          (codecs.BOM_UTF8 + text.encode(), "c.txt")):  # fmt: skip
        assert column("contacts", write(content, name), "name") == ["Zo\xeb"]


def test_tables_are_named_by_options():
    given = dict.fromkeys(evidence_tables()) | {"contacts": "c.csv", "suppress": "-"}
    assert evidence_sources(given, ["x.csv"]) == {"contacts": "c.csv", "suppress": "-"}

    for bad, exports in (({"feedback": ""}, ["x.csv"]), ({}, ["-"])):
        with pytest.raises(UsageError):
            evidence_sources(given | bad, exports)


def test_an_unknown_table_is_refused():
    with pytest.raises(UsageError, match="there is no evidence table 'contract'"):
        read_evidence({"contract": "x.csv"})


def typed_feedback():
    """Two rows as a database holds them; the second lacks everything it may."""
    return pa.table(
        {
            "customer_id": pa.array([17850, 13047]),
            "given_on": pa.array([date(2024, 1, 31), None]),
            "nps": pa.array([9.0, None]),
            "kind": pa.array(["survey", None]).dictionary_encode(),
            "sentiment": pa.nulls(2),
            "solicited": pa.array([True, None]),
            "resolved_on": pa.array([None, pd.Timestamp("2024-02-03 23:59")], pa.timestamp("us")),
        }
    )


@pytest.mark.parametrize("kind", ["arrow", "pandas", "polars", "parquet", "csv"])
def test_typed_sources_say_the_same_as_text(tmp_path, kind):
    table = typed_feedback()
    if kind == "parquet":
        pq.write_table(table, tmp_path / "feedback.parquet")
    if kind == "csv":
        table.to_pandas().to_csv(tmp_path / "feedback.csv", index=False)
    source = {
        "arrow": lambda: table,
        "pandas": table.to_pandas,
        "polars": lambda: pl.from_arrow(table),
    }
    rows, ledger = read("feedback", source.get(kind, lambda: tmp_path)())

    assert rows == [
        {"customer_id": "17850", "given_on": date(2024, 1, 31), "nps": 9, "kind": "survey",
         "sentiment": None, "solicited": True, "resolved_on": None},
        {"customer_id": "13047", "given_on": None, "nps": None, "kind": None, "sentiment": None,
         "solicited": None, "resolved_on": date(2024, 2, 3)},
    ]  # fmt: skip
    assert ledger.rows["used"] == 2


def test_typed_numbers_are_read_exactly():
    frame = pl.DataFrame({"customer": [1, 2, 3], "wallet": [0.1, float("nan"), 12.5],
                          "rank": [None, 1, None], "brands": [None, 2, None]})  # fmt: skip

    assert column("wallets", frame, "wallet") == [1_000, None, 125_000]
    assert column("wallets", frame, "rank") == [None, 1.0, None]


def test_attributes_of_any_type_become_text():
    table = pa.table({"customer_id": ["1"], "on": [date(2024, 1, 31)], "vip": [True],
                      "size": [2.5], "tags": [["a"]], "": ["x"], "group": ["b"]})  # fmt: skip
    (row,), _ = read("contacts", table)

    attributes = {"on": "2024-01-31", "vip": "true", "size": "2.5", "tags": None, "group": "b"}
    assert attributes.items() <= row.items()
    assert "" not in row


def test_attributes_in_another_encoding_are_marked_not_lost(write):
    text = "customer_id,town\n" + "1,York\n" * 40_000 + "2,Orl\xe9ans\n"
    rows, _ = read("contacts", write(text.encode("latin-1")))

    assert [row["town"] for row in rows] == ["York", "Orl\ufffdans"]


# Ids ---------------------------------------------------------------------------------------------


def test_addresses_are_matched_trimmed_and_case_blind_and_merges_are_counted(write):
    path = write(
        ["customer_id,nps,given_on", "Ann@x.org,1,", " ann@X.ORG ,2,", "ann@x.org,3,", "ANN,4,"]
    )
    rows, ledger = read("feedback", path)

    assert [row["customer_id"] for row in rows] == ["ann@x.org"] * 3 + ["ANN"]
    assert ledger.ids.to_pylist() == ["ann@x.org", "ANN"]
    assert ledger.merged == 2


def test_other_ids_are_text_exactly(write):
    ids = ["007", "7", " 7", "Ann", "ANN", "NA"]

    assert (
        column("partners", write(["customer_id,x", *(f"{i},1" for i in ids)]), "customer_id") == ids
    )


def test_a_point_zero_is_dropped_where_every_id_of_every_file_has_it(tmp_path):
    (tmp_path / "a.csv").write_text("customer_id,status\n17850.0,\n,lead\n")
    (tmp_path / "b.csv").write_text("customer_id,status\n13047.0,\n")
    rows, ledger = read("contacts", tmp_path)
    assert [row["customer_id"] for row in rows] == ["17850", "13047"]
    assert ledger.dropped_point_zero

    (tmp_path / "c.csv").write_text("customer_id,status\nA1,\n")
    rows, ledger = read("contacts", tmp_path)
    assert [row["customer_id"] for row in rows] == ["17850.0", "13047.0", "A1"]
    assert not ledger.dropped_point_zero


def test_contacts_of_one_person_become_one_row_with_the_latest_cell_given(write):
    path = write(
        [
            "customer_id,status,phone,country,since_on",
            "ann@x.org,trial,,,2024-03-01",
            "Ann@x.org,lead,1,GB,2024-01-01",
            "bob,,,,",
            "ann@x.org,,2,,2024-02-01",
        ]
    )
    rows, ledger = read("contacts", path)

    assert [(r["customer_id"], r["status"], r["phone"], r["country"]) for r in rows] == [
        ("ann@x.org", "trial", "2", "GB"),
        ("bob", "known", None, None),
    ]
    assert (ledger.repeated, ledger.merged, ledger.rows["used"]) == (2, 1, 4)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "1", "2"])), max_size=12))
def test_merging_contacts_agrees_with_a_dictionary(cells):
    table = pa.table({"customer_id": pa.array([who for who, _ in cells], pa.string()),
                      "phone": pa.array([phone for _, phone in cells], pa.string())})  # fmt: skip
    expected = {}
    for who, phone in cells:
        expected[who] = max(phone, expected.get(who) or "") or None

    rows, _ = read("contacts", table)

    assert {row["customer_id"]: row.get("phone") for row in rows} == expected


# Matching ----------------------------------------------------------------------------------------


def partners_and_contacts(partners, contacts):
    table = pa.table({"customer_id": pa.array(partners, pa.string())})
    names = pa.table({"customer_id": pa.array(contacts, pa.string())})
    return read_evidence({"partners": table, "contacts": names})


def test_people_are_known_from_the_export_or_from_the_tables_that_join_the_run():
    evidence = partners_and_contacts(["a", "b@x.org", "c", "a"], ["c", "d"])
    assert evidence.ledgers["partners"].matched is None

    ledgers = evidence.with_matches(pa.array(["a", "B@x.org "])).ledgers

    assert (ledgers["partners"].matched, ledgers["partners"].unmatched) == (3, 0)
    assert (ledgers["contacts"].matched, ledgers["contacts"].unmatched) == (0, 2)
    assert ledgers["partners"].as_data() == {
        "rows": 4, "used": 4, "anonymous": 0, "excluded": {}, "rejected": {}, "blank": 0,
        "people": 3, "merged": 0, "matched": 3, "unmatched": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("people", "known", "limit", "passes"), [
    (20, 10, "50%", True), (20, 9, "50%", False), (19, 0, "50%", True), (20, 9, "45%", True),
    (20, 19, "100%", False), (100, 7, "7%", True), (100, 6, "7%", False), (100, 7, "8%", False),
])  # fmt: skip
def test_a_table_that_matches_too_few_is_a_limit(people, known, limit, passes):
    evidence = partners_and_contacts([str(n) for n in range(people)], ["x"] * 30)
    ledgers = evidence.with_matches(
        pa.array([str(n) for n in range(known)], pa.string())
    ).ledgers.values()
    if passes:
        check_matched(ledgers, limit)
        return
    with pytest.raises(
        LimitError, match=f"partners: of {people} ids, only {known} match"
    ) as raised:
        check_matched(ledgers, limit)
    accepted = raised.value.hint.split()[-1].rstrip(".")
    check_matched(ledgers, accepted)


@pytest.mark.parametrize("share", ["half", "50", "-1%", "101%", "nan%", ""])
def test_a_limit_that_is_no_share_is_refused(share):
    with pytest.raises(UsageError, match="--min-matched"):
        check_matched([], share)


CELLS = st.sampled_from(
    ("", " ", "1", "7.0", "11", "2024-01-31", "31/01/2024", "yes", "review", "x", "a@b.org", "1.5")
)


@settings(max_examples=SLOW)
@given(st.sampled_from(sorted(evidence_tables())), st.data())
def test_every_row_is_in_one_bin_and_every_used_row_in_the_table(name, data):
    roles = list(evidence_tables()[name].roles)
    rows = data.draw(st.lists(st.tuples(*[CELLS] * len(roles)), max_size=6))
    columns = zip(*rows, strict=True) if rows else [[]] * len(roles)
    source = pa.table({role: pa.array(cells, pa.string())
                       for role, cells in zip(roles, columns, strict=True)})  # fmt: skip

    found, ledger = read(name, source)

    counts = ledger.rows
    assert counts.rows == len(rows)
    assert counts["used"] + counts["anonymous"] + counts["blank"] + counts.rejected == len(rows)
    assert len(found) == counts["used"] - ledger.repeated
    assert len({row["customer_id"] for row in found} if name == "contacts" else found) == len(found)


# Words -------------------------------------------------------------------------------------------


def test_what_is_read_shows_no_cell(write):
    path = write(f"customer_id,name\n{CANARY},{CANARY}\n{CANARY}\n")

    assert CANARY not in repr(read_evidence({"contacts": path}))


@pytest.mark.parametrize(("name", "text"), [
    ("contacts", f"who,status\n{CANARY},\n"),
    ("contacts", f"{CANARY}@x.org,2024-01-31\nb@x.org,2024-01-31\n"),
    ("feedback", f"customer_id,given_on\n{CANARY},2024-01-31\n"),
    ("feedback", f"customer_id,given_on,nps\n{CANARY},01/02/2024,9\n"),
    ("feedback", f"customer_id,given_on,date,date,nps,nps\n{CANARY},01/02/2024,,,,\n"),
    ("suppress", f"customer_id\n{CANARY},{CANARY}\n"),
    ("suppress", ""),
    ("wallets", f'customer_id,wallet\n{CANARY},"1,234"\n'),
    ("wallets", f"customer_id,rank\n{CANARY},1\n"),
])  # fmt: skip
def test_errors_name_the_table_and_the_file_or_column_and_quote_no_cell(write, name, text):
    with pytest.raises(InputError) as raised:
        read(name, write(text, "table.csv"))

    assert raised.value.args[0].startswith(f"{name}: ")
    assert raised.value.hint
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_the_rows_of_one_contact_decides_nothing(write, order):
    rows = ["a,lead,2024-01-02,no,ann", "a,trial,2024-03-01,,", "a,,,yes,bob"]
    listed = [rows[place] for place in order]
    path = write(["customer_id,status,since_on,scheme_member,name", *listed], "contacts.csv")

    table = read_evidence({"contacts": path}).tables["contacts"]

    (contact,) = table.to_pylist()
    assert (contact["status"], str(contact["since_on"])) == ("trial", "2024-03-01")
    assert (contact["scheme_member"], contact["name"]) == (False, "ann")


@pytest.mark.parametrize("table", ["partners", "wallets"])
def test_a_period_that_ends_before_it_begins_is_no_period(write, table):
    rows = ["a,1,2024-12-31,2024-01-01", "b,1,2024-01-01,2024-01-01", "c,1,,2024-01-01"]
    path = write("\n".join(["customer_id,wallet,from_on,until_on", *rows]), "periods.csv")
    found, ledger = read(table, path)

    assert [row["customer_id"] for row in found] == ["b", "c"]
    assert bins(ledger) == {"bad_date": 1}
