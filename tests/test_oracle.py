"""The oracle gives every worked and published number that it covers."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import median

import oracle
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import ledgers
from oracle import Customer, Line

pytestmark = pytest.mark.long

SHARED = Path(__file__).parents[2] / "shared" / "data"
RUNGS = ("client", "customer", "prospect")


def real(name):
    if not (SHARED / name).exists():
        pytest.skip(f"the real data {name} is not in ../shared/data")
    return SHARED / name


@pytest.fixture(scope="module")
def online_retail():
    roles = {
        "customer_id": "CustomerID",
        "order_id": "InvoiceNo",
        "ordered_at": "InvoiceDate",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
    }
    return oracle.read_lines(sorted(real("online_retail").glob("*.csv")), roles)


@pytest.fixture(scope="module")
def online_retail_customers(online_retail):
    return oracle.customers(online_retail)


@pytest.fixture(scope="module")
def online_retail_days(online_retail):
    return oracle.order_days(online_retail)


@pytest.fixture(scope="module")
def cdnow():
    records = real("cdnow/CDNOW_master.txt").read_text("ascii").splitlines()[1:]
    return [
        Line(customer_id, None, date.fromisoformat(day), oracle.money(dollars))
        for customer_id, day, _, dollars in map(str.split, records)
    ]


@pytest.fixture(scope="module")
def cdnow_days(cdnow):
    return oracle.order_days(cdnow)


def buyers(people):
    return [person for person in people.values() if person.frequency]


def line(day, amount, order_id=None, customer_id="ann"):
    return Line(customer_id, order_id, date.fromisoformat(day), Decimal(amount))


def person(frequency=1, order_days=1, recency_days=0, monetary=1):
    return Customer(
        customer_id=f"{frequency} {recency_days} {monetary}",
        frequency=frequency,
        order_days=order_days,
        first_order_on=None,
        last_order_on=None,
        recency_days=recency_days,
        monetary=Decimal(monetary),
        refunds=Decimal(0),
        average_order=None,
    )


# Lines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factors", "amount"),
    [
        (("10",), "10"),
        (("0.00005",), "0"),
        (("0.00015",), "0.0002"),
        (("-0.00025",), "-0.0002"),
        (("-0.000251",), "-0.0003"),
        (("3", "0.00005"), "0.0002"),
        (("0.333333", "0.333333"), "0.1111"),
        (("-6", "2.55"), "-15.30"),
        (("999999999999999999999999.99995",), "1000000000000000000000000.0000"),
    ],
)
def test_money_is_exact_and_rounds_half_to_even(factors, amount):
    assert oracle.money(*factors) == Decimal(amount)


def test_lines_are_read_from_plain_and_gzipped_csv(tmp_path):
    plain = tmp_path / "a.csv"
    plain.write_text('who,when,paid\n"O\'Brien, Ann",2024-02-29 23:59:59,1.5\n,2024-03-01,2\n')
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(b"paid,who,when\n-1,007,2024-03-02\n"))
    roles = {"customer_id": "who", "ordered_at": "when", "amount": "paid"}
    assert oracle.read_lines([plain, packed], roles) == [
        line("2024-02-29", "1.5", customer_id="O'Brien, Ann"),
        line("2024-03-01", "2", customer_id=""),
        line("2024-03-02", "-1", customer_id="007"),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["17850.0", "", "7.0"], ["17850", "", "7"]),
        (["17850.0", "7"], ["17850.0", "7"]),
        (["v1.0"], ["v1.0"]),
    ],
)
def test_customer_ids_lose_a_float_tail_that_all_of_them_have(written, read):
    rows = [{"customer_id": each, "ordered_at": "2024-01-01", "amount": "1"} for each in written]
    assert [each.customer_id for each in oracle.lines_of(rows)] == read


@settings(max_examples=SLOW)
@given(ledger=ledgers())
def test_a_random_ledger_is_read_back_from_its_csv(tmp_path_factory, ledger):
    path = tmp_path_factory.mktemp("ledger") / "export.csv"
    path.write_text(ledger.csv(), "utf-8", newline="")
    assert oracle.read_lines([path], {role: role for role in ledger.rows[0]}) == ledger.lines


# Orders and customers ---------------------------------------------------------------------------


def test_an_order_that_nets_to_zero_does_not_count_but_its_money_does():
    found = oracle.customers(
        [
            line("2024-01-01", "10", "A"),
            line("2024-02-01", "20", "B"),
            line("2024-03-01", "-20", "B"),
            line("2024-03-02", "-3", "C"),
        ]
    )["ann"]
    assert (found.frequency, found.order_days) == (1, 1)
    assert found.last_order_on == date(2024, 1, 1)
    assert (found.recency_days, found.monetary, found.refunds) == (0, 7, 23)


def test_an_order_stands_on_its_earliest_day_with_a_positive_amount():
    found = oracle.customers(
        [
            line("2024-01-01", "-1", "A"),
            line("2024-01-02", "0", "A"),
            line("2024-01-03", "5", "A"),
            line("2024-01-09", "5", "A"),
        ]
    )["ann"]
    assert found.first_order_on == found.last_order_on == date(2024, 1, 3)


def test_an_order_refunded_in_july_still_counts_at_the_end_of_june():
    lines = [line("2024-06-01", "10", "A"), line("2024-07-01", "-10", "A")]
    assert oracle.customers(lines, as_of=date(2024, 6, 30))["ann"].frequency == 1
    assert oracle.customers(lines, as_of=date(2024, 7, 1))["ann"].frequency == 0


def test_a_split_shipment_is_two_orders_on_one_day():
    found = oracle.customers([line("2024-01-01", "1", "A"), line("2024-01-01", "1", "B")])["ann"]
    assert (found.frequency, found.order_days, oracle.stage(found)) == (2, 1, "customer")


def test_without_an_order_id_a_day_is_an_order_unless_every_row_is():
    lines = [line("2024-01-01", "1"), line("2024-01-01", "2"), line("2024-01-02", "4")]
    by_day = oracle.customers(lines)["ann"]
    by_row = oracle.customers(lines, order_per_row=True)["ann"]
    assert (by_day.frequency, by_day.average_order) == (2, Decimal("3.5"))
    assert (by_row.frequency, by_row.average_order) == (3, Decimal("2.3333"))


def test_one_order_id_of_two_customers_is_two_orders():
    found = oracle.customers(
        [line("2024-01-01", "5", "A"), line("2024-01-01", "-5", "A", customer_id="bob")]
    )
    assert {name: each.frequency for name, each in found.items()} == {"ann": 1, "bob": 0}


def test_as_of_is_the_latest_counting_order_and_else_the_last_line():
    refund_only = [line("2024-01-05", "-1"), line("2024-01-03", "-1")]
    bought = [line("2024-01-01", "1"), *refund_only]
    assert oracle.as_of_day(bought) == date(2024, 1, 1)
    assert oracle.as_of_day(refund_only) == date(2024, 1, 5)
    assert oracle.as_of_day(bought, as_of=date(2024, 1, 4)) == date(2024, 1, 4)
    assert oracle.customers(bought)["ann"].refunds == 2
    assert oracle.customers(bought, as_of=date(2024, 1, 4))["ann"].refunds == 1


def test_a_day_a_year_ahead_is_named_as_stray():
    days = [date(2024, 1, 1) + timedelta(each) for each in range(99)]
    mistyped = date(2025, 1, 1)
    assert oracle.stray_days([*days, mistyped]) == [mistyped]
    assert oracle.stray_days([*days[1:], mistyped]) == []  # fewer than 100
    assert oracle.stray_days([*days, mistyped, mistyped]) == []  # two are more than one
    assert oracle.stray_days([*days * 20, mistyped]) == [mistyped]
    assert oracle.stray_days([*days * 21, mistyped, mistyped]) == [mistyped]  # 2 of 2,081
    assert oracle.stray_days([*days, days[-1] + timedelta(60)]) == []
    assert oracle.stray_days([*days, days[-1] + timedelta(61)]) == [days[-1] + timedelta(61)]


@settings(max_examples=SLOW)
@given(ledger=ledgers(), data=st.data())
def test_customers_do_not_depend_on_the_order_of_rows(ledger, data):
    shuffled = data.draw(st.permutations(ledger.lines))
    assert oracle.customers(shuffled) == oracle.customers(ledger.lines)


@settings(max_examples=SLOW)
@given(ledger=ledgers())
def test_no_named_money_is_lost(ledger):
    named = [each.amount for each in ledger.lines if each.customer_id]
    assert sum(each.monetary for each in oracle.customers(ledger.lines).values()) == sum(named)


# Scores -----------------------------------------------------------------------------------------

TOY_FREQUENCY = [1, 1, 1, 1, 1, 1, 2, 2, 3, 10]
TOY_MONETARY = [10, 20, 30, 40, 50, 60, 70, 80, 90, 550]


def test_quantiles_are_interpolated_exactly():
    fifths = [Fraction(k, 5) for k in range(1, 5)]
    found = [oracle.quantile(TOY_FREQUENCY, fifth) for fifth in fifths]
    assert found == [1, 1, Fraction("1.4"), Fraction("2.2")]
    assert oracle.quantile(range(100, 1001, 100), Fraction("0.8")) == 820
    assert oracle.quantile(range(100, 1001, 100), Fraction("0.9")) == 910


def test_cuts_are_floored_to_whole_units():
    assert oracle.quantile_cuts(TOY_FREQUENCY, 5) == [1, 1, 1, 2]
    assert oracle.quantile_cuts([-1, -2], 2) == [-2]
    money = [Decimal("1.0001"), Decimal("1.0002")]
    assert oracle.quantile_cuts(money, 2, oracle.CENT_OF_A_CENT) == [Decimal("1.0001")]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (("quantile", 5), [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]),
        (("cumulative", 5), [1, 1, 1, 1, 1, 1, 2, 2, 3, 4]),
        (oracle.FREQUENCY_BANDS, [1, 1, 1, 1, 1, 1, 2, 2, 3, 5]),
    ],
)
def test_the_toy_frequencies_are_scored_as_published(method, expected):
    assert oracle.band(TOY_FREQUENCY, method, "higher") == expected


def test_the_toy_spends_are_scored_as_published():
    found = oracle.band(TOY_MONETARY, oracle.QUINTILES, "higher")
    assert found == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_value_on_a_cut_passes_it_only_where_the_rule_says_at_least():
    assert oracle.score(10, [10, 20], "higher") == 1
    assert oracle.score(10, [10, 20], "higher", at_least=True) == 2
    assert oracle.score(10, [10, 20], "lower") == 3
    assert oracle.score(10, [10, 20], "lower", at_least=True) == 2


@pytest.mark.parametrize("values", [[0, 0], [1, -1, 2]])
def test_cumulative_bands_refuse_what_has_no_shares(values):
    with pytest.raises(ValueError, match="values >= 0"):
        oracle.cumulative_scores(values, 5, "higher")


@pytest.mark.parametrize("how_many", [1, 7])
def test_equal_customers_are_recent_and_small(how_many):
    people = {str(each): person() for each in range(how_many)}
    assert set(oracle.scores(people).values()) == {(5, 1, 1)}
    assert set(oracle.nested_scores(people).values()) == {(5, 1, 1)}


def test_a_customer_without_a_counting_order_has_no_scores():
    assert oracle.scores({"a": person(frequency=0)}) == {}
    assert oracle.nested_scores({"a": person(frequency=0)}) == {}


def test_nested_bands_are_fitted_within_their_group():
    recent = [person(recency_days=0, frequency=each, monetary=9) for each in (1, 2, 3, 4)]
    old = [person(recency_days=9, frequency=1, monetary=each) for each in (1, 2, 3)]
    people = {each.customer_id: each for each in [*recent, *old]}
    assert oracle.nested_scores(people, bins=2) == {
        "1 0 9": (2, 1, 1),
        "2 0 9": (2, 1, 1),
        "3 0 9": (2, 2, 1),
        "4 0 9": (2, 2, 1),
        "1 9 1": (1, 1, 1),
        "1 9 2": (1, 1, 1),
        "1 9 3": (1, 1, 2),
    }


@given(
    values=st.lists(st.integers(-20, 20), min_size=1),
    bins=st.integers(2, 10),
    better=st.sampled_from(("higher", "lower")),
)
def test_floored_cuts_give_the_scores_of_exact_ones(values, bins, better):
    exact = [oracle.quantile(values, Fraction(k, bins)) for k in range(1, bins)]
    expected = [oracle.score(value, exact, better) for value in values]
    assert oracle.band(values, ("quantile", bins), better) == expected


# Places -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        ("11 12 21 22", "hibernating"),
        ("13 14 23 24", "at_risk"),
        ("15 25", "cant_lose"),
        ("31 32", "about_to_sleep"),
        ("33", "need_attention"),
        ("34 35 44 45", "loyal"),
        ("41", "promising"),
        ("51", "new"),
        ("42 43 52 53", "potential_loyalist"),
        ("54 55", "champions"),
    ],
)
def test_the_shipped_grid(cells, name):
    assert {oracle.segment(int(cell[0]), int(cell[1])) for cell in cells.split()} == {name}


def test_no_scores_is_a_segment_of_its_own():
    assert oracle.segment(None, None) == "no_orders"


def test_transactions_alone_reach_three_rungs():
    found = [oracle.stage(person(order_days=days)) for days in (0, 1, 2, 50)]
    assert found == ["prospect", "customer", "client", "client"]


# Timing -----------------------------------------------------------------------------------------


def test_the_toy_survival_curve_and_its_errors():
    steps = oracle.kaplan_meier([5, 8, 8, 12, 15, 20, 20, 30], [1, 1, 0, 1, 0, 1, 0, 0])
    assert [(step.day, float(step.survival)) for step in steps] == [
        (5, 0.875),
        (8, 0.75),
        (12, 0.6),
        (20, 0.4),
    ]
    assert [round(step.se, 4) for step in steps] == [0.1169, 0.1531, 0.1817, 0.2033]


def test_a_curve_that_reaches_zero_has_no_error_there():
    assert oracle.kaplan_meier([3, 3], [True, True]) == [(3, 0, None)]


def test_few_second_orders_give_the_windows_of_habit():
    assert oracle.windows([5] * 29, [True] * 29) == {"w25": 30, "w50": 60, "w80": 180, "w95": 365}
    assert set(oracle.windows([5] * 30, [True] * 30).values()) == {5}


def test_the_worked_usual_gap():
    gap = oracle.usual_gap([20, 30, 28], 34)
    assert round(gap, 2) == 29.51
    assert round(80 / gap, 3) == 2.711


def test_few_gaps_give_the_limits_of_habit():
    days = [date(2024, 1, 1) + timedelta(30 * each) for each in range(100)]
    assert oracle.overdue_limits({"99 gaps": days}) == (2, 4)
    longer = [*days, days[-1] + timedelta(30)]
    assert oracle.overdue_limits({"100 gaps": longer}) == pytest.approx((1, 1))


# Online Retail ----------------------------------------------------------------------------------


def test_online_retail_counts(online_retail, online_retail_customers):
    people = online_retail_customers
    assert oracle.ledger(online_retail) == {
        "rows": 541_909,
        "used": 406_829,
        "anonymous": 135_080,
        "after_as_of": 0,
    }
    assert len(people) == 4_372
    assert sum(each.monetary for each in people.values()) == Decimal("8300065.814")
    assert sum(each.refunds for each in people.values()) == Decimal("611342.09")
    anonymous = [each.amount for each in online_retail if not each.customer_id]
    assert sum(anonymous) == Decimal("1447682.12")
    assert len({each.order_id for each in online_retail}) == 25_900
    assert len({each.order_id for each in oracle.used(online_retail)}) == 22_190
    assert oracle.as_of_day(online_retail) == date(2011, 12, 9)


def test_online_retail_lines_of_positive_worth(online_retail):
    # No line with a customer has both quantity and price below zero: the sign of the amount tells.
    positive = [each for each in oracle.used(online_retail) if each.amount > 0]
    assert len(positive) == 397_884
    assert len({each.customer_id for each in positive}) == 4_338
    assert len({each.order_id for each in positive}) == 18_532
    assert sum(each.amount for each in positive) == Decimal("8911407.904")


def test_online_retail_buyers_and_rungs(online_retail_customers):
    people = online_retail_customers
    assert len(buyers(people)) == 4_338
    assert sum(each.frequency for each in people.values()) == 18_532
    rungs = {
        rung: [each for each in people.values() if oracle.stage(each) == rung] for rung in RUNGS
    }
    assert [len(rungs[rung]) for rung in RUNGS] == [2_790, 1_548, 34]
    revenue = [round(sum(each.monetary for each in rungs[rung]), 2) for rung in RUNGS]
    assert revenue == [Decimal("7740895.22"), Decimal("569581.83"), Decimal("-10411.24")]
    medians = [median(each.monetary for each in rungs[rung]) for rung in RUNGS[:2]]
    assert medians == [Decimal("1147.165"), Decimal("252.33")]


def test_online_retail_cut_points_and_grid(online_retail_customers):
    ours = buyers(online_retail_customers)
    days = oracle.quantile_cuts([each.recency_days for each in ours], 5)
    assert days == [12, 32, 71, 179]
    spends = oracle.quantile_cuts([each.monetary for each in ours], 5, oracle.CENT_OF_A_CENT)
    assert spends == [Decimal(cut) for cut in ("243.244", "474.986", "915.004", "2016.214")]
    cells = Counter((r, f) for r, f, _ in oracle.scores(online_retail_customers).values())
    assert [[cells[r, f] for f in range(1, 6)] for r in (5, 4, 3, 2, 1)] == [
        [67, 120, 174, 256, 251],
        [169, 159, 228, 219, 105],
        [295, 183, 208, 154, 23],
        [343, 217, 220, 76, 10],
        [619, 156, 66, 18, 2],
    ]


def test_online_retail_segments(online_retail_customers):
    people = online_retail_customers
    spends = {}
    for customer_id, (r, f, _) in oracle.scores(people).items():
        spends.setdefault(oracle.segment(r, f), []).append(people[customer_id].monetary)
    assert {name: (len(each), str(round(sum(each), 2))) for name, each in spends.items()} == {
        "champions": (507, "4056596.67"),
        "loyal": (501, "1823071.80"),
        "potential_loyalist": (681, "684871.77"),
        "hibernating": (1_335, "586467.96"),
        "about_to_sleep": (478, "241725.26"),
        "at_risk": (380, "533080.06"),
        "need_attention": (208, "259660.95"),
        "promising": (169, "53051.06"),
        "new": (67, "23026.11"),
        "cant_lose": (12, "48925.41"),
    }


def test_online_retail_transitions(online_retail):
    old = oracle.customers(online_retail, as_of=date(2011, 6, 9))
    new = oracle.customers(online_retail, as_of=date(2011, 12, 9))
    moves = Counter(
        (oracle.stage(old[each]) if each in old else "(new)", oracle.stage(new[each]))
        for each in new
    )
    assert moves == {
        ("(new)", "client"): 618,
        ("(new)", "customer"): 903,
        ("(new)", "prospect"): 7,
        ("client", "client"): 1_412,
        ("customer", "client"): 753,
        ("customer", "customer"): 635,
        ("prospect", "client"): 7,
        ("prospect", "customer"): 10,
        ("prospect", "prospect"): 27,
    }


def test_online_retail_second_orders(online_retail_days):
    times, events = oracle.second_order_times(online_retail_days, date(2011, 12, 9))
    steps = oracle.kaplan_meier(times, events)
    shares = [round(float(oracle.share_by(steps, day)), 4) for day in (30, 60, 90, 180, 365)]
    assert shares == [0.1916, 0.3551, 0.4599, 0.6576, 0.8481]
    assert next(step.day for step in steps if step.survival <= Fraction(1, 2)) == 104
    returned = [time for time, event in zip(times, events, strict=True) if event]
    assert median(returned) == 57
    assert oracle.windows(times, events) == {"w25": 34, "w50": 79, "w80": 197, "w95": 335}
    rates = oracle.weekly_hazard(times, events, weeks=28)
    assert [round(each, 2) for each in rates[:7]] == [7.82, 7.47, 6.32, 6.23, 8.14, 8.63, 7.27]
    assert oracle.best_weeks(rates) == [5, 6]


def test_online_retail_gaps(online_retail_days):
    every = [oracle.gaps(days) for days in online_retail_days.values()]
    assert sum(len(each) for each in every) == 12_425
    assert sum(len(each) for each in every if len(each) >= 2) == 11_551
    assert median(gap for each in every for gap in each) == 28
    assert [oracle.latency(online_retail_days, each) for each in range(1, 6)] == [
        57,
        45,
        39,
        33,
        27,
    ]
    limits = oracle.overdue_limits(online_retail_days)
    assert [round(each, 2) for each in limits] == [2.25, 4.38]


# CDNOW ------------------------------------------------------------------------------------------


def test_cdnow_counts(cdnow):
    people = oracle.customers(cdnow)
    assert (len(cdnow), len(people)) == (69_659, 23_570)
    assert sum(each.monetary for each in people.values()) == Decimal("2500315.63")
    assert sum(1 for each in cdnow if each.amount == 0) == 80
    days = {(each.customer_id, each.day) for each in cdnow}
    assert len(days) == 67_591
    days_of_each = Counter(customer_id for customer_id, _ in days)
    assert sum(1 for count in days_of_each.values() if count == 1) == 12_054
    assert len(buyers(people)) == 23_502
    rungs = Counter(oracle.stage(each) for each in people.values())
    assert rungs == {"client": 11_513, "customer": 11_989, "prospect": 68}


def test_cdnow_second_orders(cdnow, cdnow_days):
    times, events = oracle.second_order_times(cdnow_days, oracle.as_of_day(cdnow))
    steps = oracle.kaplan_meier(times, events)
    shares = [round(float(oracle.share_by(steps, day)), 4) for day in (30, 60, 90, 180, 365)]
    assert shares == [0.1750, 0.2522, 0.2930, 0.3755, 0.4598]
    assert oracle.windows(times, events) == {"w25": 18, "w50": 58, "w80": 212, "w95": 398}
    rates = oracle.weekly_hazard(times, events, weeks=30)
    assert [round(each, 2) for each in rates[:4]] == [8.65, 6.89, 6.09, 4.61]
    assert oracle.best_weeks(rates) == [1, 1]


def test_cdnow_gaps(cdnow_days):
    every = [oracle.gaps(days) for days in cdnow_days.values()]
    assert sum(len(each) for each in every) == 44_009
    assert sum(len(each) for each in every if len(each) >= 2) == 39_969
    assert median(gap for each in every for gap in each) == 34
    assert [oracle.latency(cdnow_days, each) for each in range(1, 6)] == [57, 52, 44, 37, 32]
    assert [round(each, 2) for each in oracle.overdue_limits(cdnow_days)] == [3.19, 7.84]


# R rfm ------------------------------------------------------------------------------------------

PUBLISHED_MAP = """
    champions           5-5 5-5 5-5  35
    potential_loyalist  3-5 3-5 2-5  342
    loyal               2-4 2-4 2-4  170
    promising           3-4 1-3 3-5  9
    new                 4-5 1-3 1-5  104
    cant_lose           1-2 3-4 4-5  47
    at_risk             1-2 2-5 4-5  28
    need_attention      1-3 3-5 3-5  10
    about_to_sleep      2-3 1-3 1-4  102
    lost                1-1 1-5 1-5  148
"""


@pytest.fixture(scope="module")
def rfm_people():
    roles = {"customer_id": "customer_id", "ordered_at": "order_date", "amount": "revenue"}
    lines = oracle.read_lines([real("rfm_r/rfm_data_orders.csv")], roles)
    return oracle.customers(lines, as_of=date(2006, 12, 31), order_per_row=True)


@pytest.fixture(scope="module")
def rfm_scores(rfm_people):
    return oracle.scores(
        rfm_people,
        recency=("at_least", [115, 181, Decimal("297.4"), 482]),
        frequency=("at_least", [4, 5, 6, 8]),
        monetary=("at_least", [Decimal("255.8"), 382, Decimal("506.4"), 666]),
    )


def test_rfm_counts_and_first_rows(rfm_people, rfm_scores):
    assert sum(each.frequency for each in rfm_people.values()) == 4_906
    assert len(rfm_people) == 995
    first = [rfm_scores[name] for name in sorted(rfm_scores)[:5]]
    assert first == [(3, 4, 3), (4, 1, 2), (3, 2, 3), (5, 4, 4), (4, 3, 3)]


def test_rfm_cuts_are_quantiles_plus_one(rfm_people):
    fifths = [Fraction(k, 5) for k in range(1, 5)]
    found = {
        column: [
            float(
                oracle.quantile([getattr(each, column) for each in buyers(rfm_people)], fifth) + 1
            )
            for fifth in fifths
        ]
        for column in ("recency_days", "frequency", "monetary")
    }
    assert found == {
        "recency_days": [115, 181, 297.4, 482],
        "frequency": [4, 5, 6, 8],
        "monetary": [255.8, 382, 506.4, 666],
    }


def test_rfm_first_match_fills_the_published_segments(rfm_scores):
    names, ranges, expected = [], [], {}
    for row in PUBLISHED_MAP.split("\n")[1:-1]:
        name, *spans, count = row.split()
        names.append(name)
        ranges.append([range(int(span[0]), int(span[2]) + 1) for span in spans])
        expected[name] = int(count)

    def matches(scores):
        return [
            name
            for name, spans in zip(names, ranges, strict=True)
            if all(each in span for each, span in zip(scores, spans, strict=True))
        ]

    assert Counter(matches(each)[0] for each in rfm_scores.values()) == expected
    five = range(1, 6)
    cells = [len(matches((r, f, m))) for r in five for f in five for m in five]
    assert (cells.count(0), sum(1 for each in cells if each > 1)) == (10, 58)
