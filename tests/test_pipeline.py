"""The whole way from an export to customers gives what the oracle gives."""

from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import oracle
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from effort import SLOW
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ledgers import ledgers

import rfmtool
from rfmtool.errors import InputError, UsageError
from rfmtool.money import money_text
from rfmtool.outputs.ordering import sort_and_limit
from rfmtool.rules import Method, load_rules, parse_rules
from rfmtool.settings import Settings
from rfmtool.sources.layout import Asked, Detail

EXAMPLES = Path(__file__).parents[1] / "examples"
POINT = Asked(decimal=".")  # a small ledger may hold nothing but numbers like 1.234
COLUMNS = [
    "customer_id", "frequency", "order_days", "first_order_on", "last_order_on", "recency_days",
    "monetary", "refunds", "average_order", "recency_score", "frequency_score", "monetary_score",
    "rfm", "rfm_total", "segment", "stage",
]  # fmt: skip


def given_rows(frame):
    """The rows of a result in COLUMNS, missing cells as None, days as dates."""
    plain = frame[COLUMNS].astype({"rfm": object, "segment": object, "stage": object})
    for day in ("first_order_on", "last_order_on"):
        plain[day] = plain[day].dt.date
    rows = plain.astype(object).where(plain.notna(), None)
    return list(rows.itertuples(index=False, name=None))


def expected_rows(lines, *, as_of=None, order_per_row=False, segment=oracle.segment, **methods):
    """The oracle's answer in the same form."""
    people = oracle.customers(lines, as_of=as_of, order_per_row=order_per_row)
    scores = oracle.scores(people, **methods)
    return [
        expected_row(people[name], scores.get(name, (None,) * 3), segment)
        for name in sorted(people, key=str.encode)
    ]


def expected_row(person, scores, segment):
    r, f, m = scores
    return (
        *(person.customer_id, person.frequency, person.order_days),
        *(person.first_order_on, person.last_order_on, person.recency_days),
        *(units(person.monetary), units(person.refunds), units(person.average_order)),
        *(r, f, m),
        *((None, None) if r is None else (f"{r}{f}{m}", r + f + m)),
        *(segment(r, f), oracle.stage(person)),
    )


def units(amount):
    return None if amount is None else int(amount * 10_000)


# Any small shop ----------------------------------------------------------------------------------


def sources(ledger, scratch):
    """The same export in every form there is."""
    path = scratch / "shop.csv"
    path.write_bytes(ledger.csv().encode())
    yield path
    frame = pd.DataFrame(ledger.rows)
    yield frame
    typed = scratch / "shop.parquet"
    pq.write_table(pa.Table.from_pylist(ledger.rows), typed)
    yield typed


@pytest.mark.long
@settings(max_examples=SLOW // 3)  # each is run in every form
@given(ledger=ledgers())
def test_any_ledger_in_any_form_gives_what_the_oracle_gives(scratch, ledger):
    expected = expected_rows(ledger.lines)
    bins = oracle.ledger(ledger.lines)

    for source in sources(ledger, scratch):
        result = rfmtool.run(source, asked=POINT)

        assert given_rows(result.frame) == expected
        assert result.as_of == oracle.as_of_day(ledger.lines)  # a line of nobody is a line too
        assert (result.ledger.rows, result.ledger["used"], result.ledger["anonymous"]) == (
            bins["rows"],
            bins["used"],
            bins["anonymous"],
        )
        assert result.ledger.rejected == result.ledger.excluded == result.ledger["blank"] == 0


@pytest.mark.long
@settings(max_examples=SLOW // 2)
@given(ledger=ledgers(), day=st.integers(0, 100))
def test_any_ledger_as_of_any_of_its_days(scratch, ledger, day):
    as_of = sorted(line.day for line in ledger.lines)[day % len(ledger.lines)]
    bins = oracle.ledger(ledger.lines, as_of=as_of)
    assume(bins["used"] or not bins["after_as_of"])  # a question that leaves nothing is refused

    result = rfmtool.run(
        next(sources(ledger, scratch)), asked=POINT, as_of=as_of, settings=Settings()
    )

    assert given_rows(result.frame) == expected_rows(ledger.lines, as_of=as_of)
    assert result.ledger["after_as_of"] == bins["after_as_of"]


@pytest.mark.long
@settings(max_examples=SLOW)
@given(ledger=ledgers())
def test_any_ledger_with_an_order_for_each_row(scratch, ledger):
    result = rfmtool.run(
        next(sources(ledger, scratch)), asked=POINT, settings=Settings(order_per_row=True)
    )

    assert given_rows(result.frame) == expected_rows(ledger.lines, order_per_row=True)


def methods(largest):
    """A method of scoring, as the rules and as the oracle have it; cuts in whole units."""
    cuts = st.lists(st.integers(0, largest), min_size=1, max_size=8, unique=True).map(sorted)
    return st.one_of(
        st.integers(2, 9).map(lambda bins: (Method("quantile", bins), ("quantile", bins))),
        st.tuples(st.sampled_from(("fixed", "at_least")), cuts.map(tuple)).map(
            lambda made: (Method(made[0], len(made[1]) + 1, made[1]), made)
        ),
    )


@pytest.mark.long
@settings(max_examples=SLOW // 2)
@given(ledgers(), methods(60), methods(6), methods(10_000_000))
def test_any_ledger_by_any_method(scratch, ledger, recency, frequency, monetary):
    everyone = {**load_rules().data, "segments": {"map": "list", "rows": [{"name": "all"}]}}
    cuts = {"recency": recency[0], "frequency": frequency[0], "monetary": monetary[0]}
    rules = parse_rules(everyone, "everyone", cuts)
    kind, setting = monetary[1]
    in_money = setting if kind == "quantile" else [oracle.money(cut, "0.0001") for cut in setting]

    result = rfmtool.run(
        next(sources(ledger, scratch)), asked=POINT, rules=rules, settings=Settings()
    )

    assert given_rows(result.frame) == expected_rows(
        ledger.lines,
        recency=recency[1],
        frequency=frequency[1],
        monetary=(kind, in_money),
        segment=lambda r, _: "all" if r else "no_orders",
    )


# The steps around it -----------------------------------------------------------------------------

SHOP = [
    "customer_id,ordered_at,amount",
    "ann,2024-01-31,30",
    "bob,2024-01-01,10",
    "cy,2024-01-10,-5",
    "di,2024-01-10,10",
]


def test_customers_are_a_frame_with_money_in_currency_units(write):
    people = rfmtool.run(write(SHOP)).customers

    assert people["customer_id"].tolist() == ["ann", "bob", "cy", "di"]
    assert people["monetary"].tolist() == [30, 10, -5, 10]
    assert people["refunds"].tolist() == [0, 0, 5, 0]
    assert pd.isna(people["average_order"].iloc[2])


def test_columns_can_be_named(write):
    path = write(["a,b,c", "ann,2024-01-31,5"])

    result = rfmtool.run(path, columns={"customer_id": "a", "ordered_at": "b", "amount": "c"})

    assert result.frame["monetary"].tolist() == [50_000]


@pytest.mark.parametrize("role", ["ammount", "contcts.email", "contacts.emial"])
def test_a_column_named_for_a_role_that_is_none_is_refused(write, role):
    with pytest.raises(UsageError, match="there is no"):
        rfmtool.run(write(SHOP), columns={role: "amount"})


@pytest.mark.parametrize(
    ("sort", "top", "names"),
    [
        (None, None, ["ann", "bob", "cy", "di"]),
        ("monetary", None, ["cy", "bob", "di", "ann"]),
        ("-monetary", None, ["ann", "bob", "di", "cy"]),
        ("-recency_days", 2, ["bob", "di"]),
        ("recency_days", None, ["ann", "di", "bob", "cy"]),  # who never ordered is last either way
        (None, 0, []),
    ],
)
def test_equal_customers_stay_in_the_order_of_their_ids_when_sorted(write, sort, top, names):
    answer = rfmtool.run(write(SHOP))

    frame = sort_and_limit(answer.frame, answer.columns, sort, top)

    assert frame["customer_id"].tolist() == names


def test_sorting_by_a_column_that_is_not_there_is_refused(write):
    answer = rfmtool.run(write(SHOP))

    with pytest.raises(UsageError, match="no column 'money'"):
        sort_and_limit(answer.frame, answer.columns, "-money", None)


@pytest.mark.parametrize("day", ["soon", "2024-02-30", "", 1.5, ["2024-01-31"], pd.NaT])
def test_an_as_of_that_is_no_day_is_refused(write, day):
    with pytest.raises(UsageError, match="is not a day"):
        rfmtool.run(write(SHOP), as_of=day)


@pytest.mark.parametrize(
    "day", [date(2024, 1, 31), pd.Timestamp("2024-01-31 10:11"), np.datetime64("2024-01-31"),
            "2024-01-31", 20240131],
)  # fmt: skip
def test_an_as_of_is_a_day_of_any_kind(write, day):
    assert rfmtool.run(write(SHOP), as_of=day).as_of == date(2024, 1, 31)


@pytest.mark.parametrize(
    ("name", "value"),
    [("columns", ["amount"]), ("columns", "amount"), ("rules", 7), ("rules", [7]), ("scales", 7),
     ("evidence", ["contacts.csv"]), ("cuts", "recency"), ("cuts", {"recency": [30, 60]}),
     ("fit_on", 5), ("asked", {"decimal": ","}), ("settings", "today"), ("min_matched", 0.5)],
)  # fmt: skip
def test_what_an_argument_cannot_be_is_refused_by_its_name(write, name, value):
    with pytest.raises(UsageError, match=name.replace("_", "[-_]")) as raised:
        rfmtool.run(write(SHOP), **{name: value})
    assert raised.value.hint


@pytest.mark.parametrize(
    "call",
    [lambda: rfmtool.compare(None, None), lambda: rfmtool.explain(5, "ann"),
     lambda: rfmtool.measure(None, "shop.csv"), lambda: rfmtool.measure([], "shop.csv"),
     lambda: rfmtool.measure("out", "shop.csv", days="90"),
     lambda: rfmtool.timeline("shop.csv", every="day")],
)  # fmt: skip
def test_what_is_no_run_and_no_span_is_refused(call):
    with pytest.raises(UsageError):
        call()


def test_a_frame_without_columns_is_said_to_have_none():
    with pytest.raises(InputError, match="no columns"):
        rfmtool.run(pd.DataFrame())


# Online Retail -----------------------------------------------------------------------------------

ROLES = {
    "customer_id": "CustomerID",
    "order_id": "InvoiceNo",
    "ordered_at": "InvoiceDate",
    "quantity": "Quantity",
    "unit_price": "UnitPrice",
}


@pytest.fixture(scope="module")
def online_retail(real_data):
    """As it comes, a file for each day."""
    return rfmtool.run(real_data("online_retail"))


@pytest.mark.long
def test_every_online_retail_customer_is_as_the_oracle_has_it(online_retail, real_data):
    paths = sorted(real_data("online_retail").glob("*.csv"))

    expected = expected_rows(oracle.read_lines(paths, ROLES))

    assert len(expected) == 4_372
    assert given_rows(online_retail.frame) == expected


@pytest.mark.long
def test_online_retail_gives_the_published_figures(online_retail):
    frame = online_retail.frame

    assert online_retail.ledger.as_data() == {
        "rows": 541_909,
        "used": 406_829,
        "anonymous": 135_080,
        "excluded": {},
        "rejected": {},
        "blank": 0,
    }
    assert online_retail.as_of == date(2011, 12, 9)
    assert online_retail.grouped.dropped_point_zero
    assert money_text(int(frame["monetary"].sum())) == "8300065.814"
    assert money_text(online_retail.ledger.used_units) == "8300065.814"
    assert money_text(int(frame["refunds"].sum())) == "611342.09"
    assert money_text(online_retail.ledger.anonymous_units) == "1447682.12"
    assert frame["frequency"].sum() == 18_532
    assert (frame["frequency"] > 0).sum() == 4_338


@pytest.mark.long
def test_online_retail_gives_the_ladder_of_the_report(online_retail):
    stages = online_retail.frame.groupby("stage", observed=True)["monetary"].agg(["size", "sum"])

    assert stages["size"].to_dict() == {"client": 2_790, "customer": 1_548, "prospect": 34}
    assert (stages["sum"] / 10_000).round(2).to_dict() == {
        "client": 7_740_895.22,
        "customer": 569_581.83,
        "prospect": -10_411.24,
    }


@pytest.mark.long
def test_online_retail_gives_the_grid_and_the_cut_points_of_the_report(online_retail):
    frame = online_retail.frame.dropna(subset="rfm")
    grid = pd.crosstab(frame["recency_score"], frame["frequency_score"])

    assert grid.sort_index(ascending=False).to_numpy().tolist() == [
        [67, 120, 174, 256, 251],
        [169, 159, 228, 219, 105],
        [295, 183, 208, 154, 23],
        [343, 217, 220, 76, 10],
        [619, 156, 66, 18, 2],
    ]
    assert online_retail.scales["recency"].cuts == (12, 32, 71, 179)
    assert online_retail.scales["frequency"].cuts == (1, 2, 4, 9)
    in_whole_cents = [cut // 100 for cut in online_retail.scales["monetary"].cuts]
    assert in_whole_cents == [24_324, 47_498, 91_500, 201_621]


@pytest.mark.long
def test_online_retail_gives_the_segments_of_the_report(online_retail):
    segments = online_retail.frame["segment"].value_counts()

    assert segments[["champions", "loyal", "potential_loyalist", "hibernating"]].tolist() == [
        507,
        501,
        681,
        1_335,
    ]
    assert segments["no_orders"] == 34


@pytest.mark.long
def test_online_retail_without_returns_gives_the_figures_of_the_papers(online_retail_file):
    lines = pd.read_csv(online_retail_file, dtype=str)
    sold = lines[(lines["Quantity"].astype(int) > 0) & (lines["UnitPrice"].astype(float) > 0)]

    result = rfmtool.run(sold)

    assert result.ledger["used"] == 397_884
    assert len(result.frame) == 4_338
    assert result.frame["frequency"].sum() == 18_532
    assert money_text(result.ledger.used_units) == "8911407.904"


# The other shops ---------------------------------------------------------------------------------


@pytest.mark.long
def test_cdnow_gives_the_published_figures(real_data):
    """Aligned by spaces, which only a frame can be handed over from."""
    frame = pd.read_fwf(
        real_data("cdnow/CDNOW_master.txt"), colspecs=[(0, 6), (6, 15), (15, 18), (18, 27)],
        dtype=str, skiprows=1, names=["customer_id", "date", "cds", "amount"], encoding="ascii",
    )  # fmt: skip

    result = rfmtool.run(frame)

    assert result.ledger["used"] == 69_659
    assert len(result.frame) == 23_570
    assert result.frame["customer_id"].iloc[0] == "00001"
    assert money_text(result.ledger.used_units) == "2500315.63"
    assert (result.frame["frequency"] > 0).sum() == 23_502
    assert Counter(result.frame["stage"]) == {"client": 11_513, "customer": 11_989, "prospect": 68}


@pytest.fixture(scope="module")
def rfm_r(real_data):
    return rfmtool.run(
        real_data("rfm_r/rfm_data_orders.csv"),
        as_of="2006-12-31",
        rules=EXAMPLES / "rfm_r_rules.toml",
        settings=Settings(order_per_row=True),
    )


def test_the_example_rules_load_and_warn_of_their_overlaps_and_of_nothing_else():
    warnings = load_rules(EXAMPLES / "rfm_r_rules.toml").warnings

    assert len(warnings) == 1
    assert "58 of 125 score cells fit several rows" in warnings[0]


def test_the_published_table_of_r_rfm_comes_out_row_by_row(rfm_r):
    head = rfm_r.frame.head(5)

    assert len(rfm_r.frame) == 995
    assert rfm_r.frame["frequency"].sum() == 4_906
    assert head["rfm"].tolist() == ["343", "412", "323", "544", "433"]


def test_the_published_segments_of_r_rfm_come_out_by_their_first_match(rfm_r):
    counts = rfm_r.frame["segment"].value_counts(sort=False).to_dict()

    assert counts == {
        "champions": 35,
        "potential_loyalist": 342,
        "loyal": 170,
        "promising": 9,
        "new": 104,
        "cant_lose": 47,
        "at_risk": 28,
        "need_attention": 10,
        "about_to_sleep": 102,
        "lost": 148,
        "others": 0,
        "no_orders": 0,
    }


def test_every_customer_of_r_rfm_is_as_the_oracle_has_it(rfm_r, real_data):
    roles = {"customer_id": "customer_id", "ordered_at": "order_date", "amount": "revenue"}
    lines = oracle.read_lines([real_data("rfm_r/rfm_data_orders.csv")], roles)
    people = oracle.customers(lines, as_of=date(2006, 12, 31), order_per_row=True)
    cuts = {
        "recency": (115, 181, oracle.Decimal("297.4"), 482),
        "frequency": (4, 5, 6, 8),
        "monetary": tuple(map(oracle.Decimal, ("255.8", "382", "506.4", "666"))),
    }

    scores = oracle.scores(people, **{name: ("at_least", cut) for name, cut in cuts.items()})

    assert dict(zip(rfm_r.frame["customer_id"], rfm_r.frame["rfm"], strict=True)) == {
        name: "".join(map(str, digits)) for name, digits in scores.items()
    }


@pytest.mark.parametrize(("estimate", "actions"), [(True, {"spare"}), (False, {"rest"})])
def test_a_look_back_estimates_wallets_only_where_the_run_does(tmp_path, estimate, actions):
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[playbook]]\naction = "spare"\npriority = 1\nwhen.wallet_tier = "high"\n'
        '[[playbook]]\naction = "rest"\npriority = 2\n'
    )
    rows = [("ann", "2024-01-05", 20.0), ("bob", "2024-01-09", 20.0), ("ann", "2024-12-05", 20.0)]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    asked = Settings(detail=Detail(entries=True), estimate=estimate)

    found = rfmtool.run(orders, rules=rules, settings=asked).summary["backtest"]

    assert {row["name"] for row in found["groups"] if row["by"] == "action"} == actions
