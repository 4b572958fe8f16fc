"""The first-time buyer's way: steps, losses, days, who asks, and what leads to a second order."""

import json

import numpy as np
import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import rfmtool as command

import rfmtool
from rfmtool.analyses.journey import journey
from rfmtool.days import date_from_day
from rfmtool.pages.journey import page
from rfmtool.scoring.timing import OrderDays


def table(header, *rows):
    frame = pd.DataFrame([row.split(",") for row in rows], columns=header.split(","))
    return frame.astype("str")


SHOP = table(
    "customer_id,ordered_at,amount,category",
    "ann,2025-01-10,10,tea", "ann,2025-01-10,5,cups", "ann,2025-02-09,10,tea",
    "ann,2025-03-01,10,tea", "bob,2025-01-20,10,tea", "bob,2025-02-20,10,cups",
    "cyd,2025-02-01,10,cups", "dan,2025-02-02,-4,tea",
)  # fmt: skip
CONTACTS = table(
    "customer_id,status,since_on,answered_on,source",
    "ann,lead,2025-01-01,2025-01-03,fair", "ann,trial,2025-01-05,,", "bob,,2025-01-20,,web",
    "eve,quote,2025-01-07,,fair", "fay,contacted,2025-01-08,,web",
)  # fmt: skip
LOG = table(
    "customer_id,action,contacted_on",
    "ann,follow_up,2025-01-12", "bob,welcome,2025-01-30", "cyd,put_it_right,2025-02-03",
    "cyd,follow_up,2025-02-05", "ann,club,2025-01-01",
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return rfmtool.journey(
        SHOP, evidence={"contacts": CONTACTS, "contacted": LOG}, as_of="2025-03-31"
    )


def test_everybody_begins_and_who_got_further_has_passed_each_step(found):
    names = ("people", "recorded", "median_days")
    steps = {step["step"]: tuple(step[name] for name in names) for step in found.steps}

    assert steps == {
        "first_contact": (6, 5, None),  # dan is known by a refund alone
        "answer": (4, 1, 2.0),  # of ann
        "quote_or_trial": (4, 2, 1.0),  # ann after 2 days, eve with the first contact
        "first_order": (3, 3, 2.5),  # ann 5 days after her trial, bob with the contact
        "follow_up": (3, 2, 3.0),
        "second_order": (2, 2, 29.5),  # ann 28 days after the follow-up, bob 31
        "third_order": (1, 1, 20.0),
    }
    assert [step["share_of_before"] for step in found.steps][:2] == [None, 4 / 6]


def test_people_are_told_apart_by_where_they_came_from_and_when(found):
    assert found.by_source == {"fair": (2, 2, 2, 1, 1, 1, 1), "web": (2, 1, 1, 1, 1, 1, 0)}
    assert list(found.by_month) == ["2025-01", "2025-02"]
    assert sum(people[0] for people in found.by_month.values()) == 5


def test_asked_is_who_hears_from_us_between_first_and_second_order(found):
    # Not by a follow-up, nor by a service such as put_it_right, nor before the first order.
    assert (found.asking["asked"]["of"], found.asking["asked"]["people"]) == (3, 1)
    assert found.asking["median_day"] == 10


def test_who_began_with_several_things_counts_for_each(found):
    assert found.table[["name", "first_buyers"]].to_numpy().tolist() == [["cups", 2], ["tea", 2]]
    assert found.table["came_back"].isna().all()
    assert found.gateway.empty
    assert found.as_data()["gateway_too_few"] == 2


def test_a_cancelled_order_is_no_first_purchase():
    lines = [
        "ann,1,2025-01-01,10,cups", "ann,1,2025-01-02,-10,cups", "ann,2,2025-01-05,10,tea",
        "ann,2,2025-01-05,-1,cups",
    ]  # fmt: skip
    shop = table("customer_id,order_id,ordered_at,amount,category", *lines)

    assert rfmtool.journey(shop).table["name"].tolist() == ["tea"]


def buyers(back, alone, name):
    """People who began with one thing; so many of them came back after 30 days."""
    rows = [f"{name}{n},2025-01-01,10,{name}" for n in range(back + alone)]
    return rows + [f"{name}{n},2025-01-31,10,{name}" for n in range(back)]


def test_what_leads_to_a_second_order_has_its_interval():
    shop = table("customer_id,ordered_at,amount,category",
                 *buyers(30, 10, "tea"), *buyers(10, 30, "cups"))  # fmt: skip
    found = rfmtool.journey(shop, as_of="2025-12-31")

    best, worst = found.gateway.itertuples()
    assert (best.name, best.first_buyers, best.came_back) == ("tea", 40, 0.75)
    assert (worst.name, worst.came_back) == ("cups", 0.25)
    # 1 - .25^exp(±1.96 · .0685 ÷ (.25 · ln .25)), where .0685 = √(.25 · .75 ÷ 40).
    assert (best.low, best.high) == pytest.approx((0.6099, 0.8702), abs=1e-4)
    data = found.as_data()
    assert [set(row) for row in data["gateway"]] == [
        {"category", "first_buyers", "came_back", "low", "high"}
    ] * 2
    assert data["opens"].keys() == {"contacts", "contacted"}
    assert [step["step"] for step in data["steps"]] == [
        "first_contact", "first_order", "second_order", "third_order",
    ]  # fmt: skip


def test_who_was_in_touch_before_is_held_against_who_was_not():
    people = 80
    owner = np.concatenate([np.arange(people), np.arange(30)])
    day = np.concatenate([np.full(people, 100), np.full(30, 130)])
    order = np.lexsort((day, owner))
    since = np.where(np.arange(people) < 40, 90, 100)
    contacts = pd.DataFrame({"owner": np.arange(people), "since_on": pd.array(since, "Int64")})

    found = journey(
        people,
        {"contacts": contacts},
        OrderDays(owner[order], day[order]),
        None,
        date_from_day(400),
    )

    assert (
        found.contact_before_order["before"]["came_back"],
        found.contact_before_order["after"]["came_back"],
    ) == (0.75, 0.0)
    assert found.contact_before_order["difference"]["difference"] == 0.75
    assert found.contact_before_order["difference"]["low"] > 0.5


@settings(max_examples=SLOW)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 300)), max_size=20),
       st.lists(st.tuples(st.integers(0, 5), st.integers(0, 300)), max_size=10))  # fmt: skip
def test_people_never_grow_from_step_to_step(orders, contacts):
    days = sorted(set(orders))
    owner, day = (np.array([row[at] for row in days], dtype=np.int64) for at in (0, 1))
    known = pd.DataFrame(contacts, columns=["owner", "since_on"]).astype("Int64")
    known = known.drop_duplicates("owner").assign(status="quote", answered_on=known["since_on"])

    found = journey(6, {"contacts": known.astype({"owner": "int64"})}, OrderDays(owner, day), None,
                    date_from_day(300))  # fmt: skip

    people = [step["people"] for step in found.steps]
    assert people == sorted(people, reverse=True)
    assert people[0] == 6
    for of in found.by_month.values():
        assert list(of) == sorted(of, reverse=True)
    assert page(found.as_data(), 80)


@pytest.mark.long
def test_the_command_prints_what_the_library_finds(tmp_path, found):
    names = {"orders": SHOP, "contacts": CONTACTS, "log": LOG}
    paths = {name: tmp_path / f"{name}.csv" for name in names}
    for name, frame in names.items():
        frame.to_csv(paths[name], index=False)
    words = ["journey", paths["orders"], "--contacts", paths["contacts"], "--contacted",
             paths["log"], "--as-of", "2025-03-31"]  # fmt: skip

    told = command(*words, "--format", "json")
    shown = command(*words, "-o", tmp_path / "gateway.csv")

    assert json.loads(told.stdout) == found.as_data()
    assert "Are you asking for a second order? 1 of 3" in shown.stdout
    assert (tmp_path / "gateway.csv").read_text().startswith("name,first_buyers,came_back")
    assert command(*words, "--by", "category", "--format", "html").exit_code == 0
    refused = command(*words, "--by", "product")
    assert refused.exit_code == 2
    assert "no column was read as product" in refused.output


def test_where_there_are_no_categories_a_first_purchase_is_a_product():
    shop = SHOP.rename(columns={"category": "product"})

    data = rfmtool.journey(shop).as_data()

    assert (data["by"], data["gateway_too_few"]) == ("product", 2)
