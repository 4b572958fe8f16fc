"""The demo shop: reproducible, consistent, believable."""

import io

import numpy as np
import pandas as pd
import pytest
from effort import THOROUGH

from rfmtool import demo

CUSTOMERS = 2000
COLUMNS = {
    "orders": "order_id ordered_at customer_id product category quantity unit_price cost country",
    "contacts": "customer_id name email phone consent country status since_on scheme_member "
    "paused_until answered_on source business",
    "referrals": "referrer_id referred_id referred_on solicited",
    "feedback": "customer_id given_on nps kind sentiment solicited resolved_on",
    "partners": "customer_id from_on until_on",
    "wallets": "customer_id wallet from_on until_on rank brands",
    "contacted": "customer_id action contacted_on channel direction answered_on outcome minutes",
    "introductions": "from_id to_id introduced_on outcome",
    "memberships": "customer_id community joined_on left_on attended_on invited_by",
    "needs": "customer_id need asked_on met_on",
    "contact_steps": "customer_id status since_on",
    "suppress": "customer_id",
}


@pytest.fixture(scope="module")
def shop():
    return demo.generate(CUSTOMERS, seed=7)


@pytest.fixture(scope="module", params=[7, 8, 9])
def any_shop(request):
    """Shares are promises for every seed, not for a lucky one."""
    return demo.generate(CUSTOMERS, seed=request.param)


def with_amounts(shop):
    orders = shop["orders"]
    return orders.assign(
        day=orders["ordered_at"].str[:10],
        amount=orders["quantity"] * orders["unit_price"].astype(float),
        margin=orders["quantity"]
        * (orders["unit_price"].astype(float) - orders["cost"].astype(float)),
    )


def counting_orders(shop):
    """Orders of known customers that net above zero, with their day."""
    lines = with_amounts(shop)
    named = lines[lines["customer_id"] != ""]
    orders = named.groupby(["customer_id", "order_id"], as_index=False).agg(
        day=("day", "min"), amount=("amount", "sum")
    )
    return orders[orders["amount"] > 0.005]


def order_days(shop):
    return counting_orders(shop).groupby("customer_id")["day"].nunique()


def test_the_same_seed_gives_the_same_shop():
    one, other = demo.generate(300, seed=5), demo.generate(300, seed=5)
    for stem in COLUMNS:
        pd.testing.assert_frame_equal(one[stem], other[stem])


def test_another_seed_gives_another_shop():
    one, other = demo.generate(300, seed=5), demo.generate(300, seed=6)
    assert not one["orders"].equals(other["orders"])
    assert not one["contacts"].equals(other["contacts"])


def test_every_table_is_there_with_its_columns(shop):
    assert {stem: " ".join(table.columns) for stem, table in shop.items()} == COLUMNS
    assert all(len(table) for table in shop.values())


def test_every_cell_is_written_and_read_back_as_it_is(shop):
    for table in shop.values():
        assert not table.isna().any(axis=None)
        text = table.to_csv(index=False)
        back = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
        pd.testing.assert_frame_equal(back, table.astype("str"))


def test_customers_is_the_number_of_persons_the_shop_knows(any_shop):
    ids = any_shop["contacts"]["customer_id"]
    assert len(ids) == ids.nunique() == CUSTOMERS
    assert ids.str.fullmatch(r"00\d{4}").all()


def test_every_id_is_a_contact(any_shop):
    known = set(any_shop["contacts"]["customer_id"])
    for stem, table in any_shop.items():
        for column in table.columns.intersection(
            ["customer_id", "referrer_id", "referred_id", "from_id", "to_id", "invited_by"]
        ):
            assert set(table[column]) - {"", "us"} <= known, (stem, column)


def test_no_event_is_later_than_the_last_order(any_shop):
    last = counting_orders(any_shop)["day"].max()
    assert last == "2025-12-31"
    assert with_amounts(any_shop)["day"].between("2023-01-01", last).all()
    for stem, column in [
        ("contacts", "since_on"),
        ("referrals", "referred_on"),
        ("feedback", "given_on"),
        ("feedback", "resolved_on"),
        ("partners", "from_on"),
        ("contacts", "answered_on"),
        ("contact_steps", "since_on"),
        ("contacted", "contacted_on"),
        ("introductions", "introduced_on"),
        ("memberships", "attended_on"),
        ("needs", "met_on"),
    ]:
        assert any_shop[stem][column].max() <= last, (stem, column)


def test_people_are_known_no_later_than_they_order(any_shop):
    first = counting_orders(any_shop).groupby("customer_id")["day"].min()
    since = any_shop["contacts"].set_index("customer_id")["since_on"].reindex(first.index)
    assert (since <= first).all()


def test_lines_stand_by_time_and_the_lines_of_an_order_together(any_shop):
    orders = any_shop["orders"]
    assert orders["ordered_at"].is_monotonic_increasing
    changes = (orders["order_id"] != orders["order_id"].shift()).sum()
    assert changes == orders["order_id"].nunique()
    heads = orders[["order_id", "ordered_at", "customer_id"]].drop_duplicates()
    assert heads["order_id"].is_unique


def test_about_half_of_the_buyers_come_back(any_shop):
    days = order_days(any_shop)
    assert 0.45 <= (days == 1).mean() <= 0.55
    assert 0.75 <= len(days) / CUSTOMERS <= 0.85


def test_the_top_fifth_brings_most_of_the_money(any_shop):
    lines = with_amounts(any_shop)
    buyers = order_days(any_shop).index
    spent = lines.groupby("customer_id")["amount"].sum().reindex(buyers).sort_values()
    assert 0.65 <= spent.iloc[-len(spent) // 5 :].sum() / spent.sum() <= 0.78


def test_orders_have_one_to_six_products_at_a_fixed_price(any_shop):
    bought = any_shop["orders"].query("quantity > 0")
    products = bought.groupby("order_id")["product"].nunique()
    assert (products.min(), products.max()) == (1, 6)
    assert 2 <= products.mean() <= 3
    shelf = bought[["product", "category", "unit_price", "cost"]].drop_duplicates()
    assert shelf["product"].is_unique
    assert (shelf["unit_price"].astype(float) <= shelf["cost"].astype(float)).sum() >= 3
    assert bought["unit_price"].str.fullmatch(r"\d+\.\d\d").all()
    assert bought["category"].nunique() == 8


def test_the_shop_grows_and_lives_for_christmas(any_shop):
    lines = with_amounts(any_shop)
    by_year = lines.groupby(lines["day"].str[:4])["amount"].sum()
    assert by_year.is_monotonic_increasing
    by_month = lines.groupby(lines["day"].str[5:7])["amount"].sum()
    assert by_month.idxmax() == "12"
    assert by_month["12"] > 2 * by_month["07"]
    weekdays = pd.to_datetime(lines["day"]).dt.day_of_week.value_counts()
    assert weekdays.idxmax() == 0
    assert weekdays.idxmin() == 5


def test_some_lines_name_nobody(any_shop):
    assert 0.02 <= (any_shop["orders"]["customer_id"] == "").mean() <= 0.045


def test_money_goes_back_in_every_way_it_can(any_shop):
    lines = with_amounts(any_shop)
    back = lines["quantity"] < 0
    note = lines["order_id"].str.startswith("C")
    assert back[note].all()
    assert 0.01 <= back.mean() <= 0.08
    net = lines[~note].groupby("order_id")["amount"].sum().round(2)
    short = lines[back & ~note].groupby("order_id").size().index
    assert (net[short] > 0).any()  # a unit was missing
    assert (net == 0).sum() >= 10  # called off as a whole
    assert (net >= 0).all()
    assert lines.loc[note, "order_id"].nunique() > len(short)


def test_some_have_lines_but_no_order_that_counts(any_shop):
    lines = with_amounts(any_shop)
    others = set(lines["customer_id"]) - {""} - set(order_days(any_shop).index)
    theirs = lines[lines["customer_id"].isin(others)]
    only_credit = theirs.groupby("customer_id")["quantity"].max() < 0
    assert only_credit.sum() >= 5
    assert (~only_credit).sum() >= 10


def test_some_customers_cost_more_than_they_bring(any_shop):
    margin = with_amounts(any_shop).groupby("customer_id")["margin"].sum()
    frequent = order_days(any_shop).loc[lambda days: days >= 2].index
    complaints = any_shop["feedback"].query("kind == 'complaint'").groupby("customer_id").size()
    annoyed = complaints[complaints >= 2].index
    assert (margin.reindex(frequent.intersection(annoyed)) < 0).sum() >= 3


def test_referrers_had_ordered_and_the_referred_had_not(any_shop):
    first = counting_orders(any_shop).groupby("customer_id")["day"].min()
    table = any_shop["referrals"]
    assert table["referred_id"].is_unique
    assert (table["referrer_id"].map(first) <= table["referred_on"]).all()
    bought = table["referred_id"].map(first)
    assert (bought.isna() | (bought >= table["referred_on"])).all()
    assert 0.4 <= bought.notna().mean() <= 0.95
    assert set(table["solicited"]) == {"yes", "no", ""}


def test_a_row_of_feedback_is_an_answer_a_review_or_a_complaint(any_shop):
    table = any_shop["feedback"]
    assert set(table["kind"]) == {"survey", "review", "complaint"}
    assert ((table["nps"] != "") == (table["kind"] == "survey")).all()
    assert table.loc[table["nps"] != "", "nps"].astype(int).between(0, 10).all()
    assert ((table["sentiment"] != "") == (table["kind"] != "survey")).all()
    praise = table[(table["kind"] == "review") & (table["sentiment"] == "positive")]
    assert set(praise["solicited"]) == {"yes", "no"}
    complaints = table[table["kind"] == "complaint"]
    settled = complaints[complaints["resolved_on"] != ""]
    assert 0 < len(settled) < len(complaints)
    assert (settled["resolved_on"] >= settled["given_on"]).all()
    assert (table.loc[table["kind"] != "complaint", "resolved_on"] == "").all()


def test_wallets_are_a_total_or_a_rank(any_shop):
    table = any_shop["wallets"]
    total, rank = table["wallet"] != "", table["rank"] != ""
    assert (total ^ rank).all()
    assert total.sum() >= 100
    assert rank.sum() >= 80
    assert (table.loc[total, "from_on"] < table.loc[total, "until_on"]).all()
    ranks = table.loc[rank, ["rank", "brands"]].astype(int)
    assert (ranks["rank"] >= 1).all()
    assert (ranks["rank"] <= ranks["brands"]).all()


def test_most_wallets_hold_what_was_spent_here(any_shop):
    lines = with_amounts(any_shop).query("day >= '2025-01-01'")
    told = any_shop["wallets"].query("wallet != ''").set_index("customer_id")["wallet"]
    spent = lines.groupby("customer_id")["amount"].sum().reindex(told.index)
    share = spent / told.astype(float)
    assert share.min() > 0
    assert 0.9 <= (share <= 1.05).mean() < 1  # wallets are named in round tens
    assert 0.2 <= (share < 0.33).mean() <= 0.6


def test_a_few_asked_to_be_forgotten(any_shop):
    ids = any_shop["suppress"]["customer_id"]
    assert ids.is_unique
    assert 3 <= len(ids) <= 10


def test_one_partnership_has_ended_and_the_others_run(any_shop):
    table = any_shop["partners"]
    ended = table["until_on"] != ""
    assert ended.sum() == 1
    assert 3 <= len(table) <= 12
    assert (table.loc[ended, "until_on"] < "2025-12-01").all()
    assert table["customer_id"].isin(order_days(any_shop).index).all()


def test_nobody_can_be_reached(any_shop):
    contacts = any_shop["contacts"]
    assert contacts["email"].str.fullmatch(r"([a-z.]+\.\d+@example\.(com|org))?").all()
    assert contacts.loc[contacts["email"] != "", "email"].is_unique
    fictional = r"(\+44 1632 960\d{3}|\+353 20 910 0\d{3}|\+49 30 23125 \d{3}|\+33 1 99 00 0\d{3})?"
    assert contacts["phone"].str.fullmatch(fictional).all()


def test_contacts_say_yes_or_no_and_how_they_are_known(any_shop):
    contacts = any_shop["contacts"]
    assert set(contacts["consent"]) == set(contacts["scheme_member"]) == {"yes", "no"}
    statuses = {"", "known", "lead", "quote", "trial", "replied", "disqualified"}
    assert set(contacts["status"]) == statuses
    buyers = contacts["customer_id"].isin(order_days(any_shop).index)
    assert (contacts.loc[buyers, "status"] == "").all()
    assert (contacts["paused_until"] > "2025-12-31").sum() >= 5


@pytest.mark.parametrize("customers", [*range(1, 13), 50])
def test_a_tiny_shop_stands(customers):
    for seed in range(4 if THOROUGH else 1):
        shop = demo.generate(customers, seed)
        assert len(shop["contacts"]) == customers
        assert len(shop["orders"])
        assert {stem: " ".join(table.columns) for stem, table in shop.items()} == COLUMNS


@pytest.mark.parametrize("customers", [0, -1])
def test_a_shop_without_customers_is_refused(customers):
    with pytest.raises(ValueError, match="at least one customer"):
        demo.generate(customers)


def test_it_leaves_the_global_source_of_chance_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # the very thing under test
    demo.generate(50)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
