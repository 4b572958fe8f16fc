"""Where time goes and where it pays, partners' rewards, and what hangs on advocates."""

import csv
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from shell import rfmtool as command

import rfmtool
from rfmtool.analyses.profitability import (
    partner_rewards,
    referred_by,
    returns_by_stage,
    revenue_at_stake,
    year_totals,
)
from rfmtool.days import day_number
from rfmtool.engines import OrderEntries
from rfmtool.rules import load_rules
from rfmtool.runs.export import export

AS_OF = day_number(date(2025, 12, 31))
UNIT = 10_000


def entries(*rows):
    """Of owner, day, sales, refunds and cost in currency units; each an order of its own."""
    table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 5)
    owner, day, sales, refunds, cost = table.T
    order, uncosted = np.arange(len(table)), np.zeros(len(table), dtype=np.int64)
    return OrderEntries(owner, order, day, sales * UNIT, refunds * UNIT, cost * UNIT, uncosted)


def log(*rows):
    names = ["owner", "action", "contacted_on", "minutes", "cost"]
    kinds = {"contacted_on": "Int64", "minutes": "float64", "cost": "Int64"}
    return pd.DataFrame(rows, columns=names).astype(kinds).assign(direction="out")


def test_contribution_is_a_years_margin_less_refunds_and_contacts():
    orders = entries((0, AS_OF, 100, 0, 60), (0, AS_OF - 10, 0, 30, 0), (0, AS_OF - 365, 500, 0, 1),
                     (1, AS_OF, 50, 0, 20))  # fmt: skip
    told = log((0, "club", AS_OF - 3, 10, None), (0, "club", AS_OF - 4, 99, 2 * UNIT),
               (0, "club", AS_OF - 365, 600, None))  # fmt: skip

    year = year_totals(orders, told, 2, Decimal("0.5"), AS_OF)

    # 100 - 30 given back - 60 paid - 10 minutes at .5 - a contact that cost 2.
    assert year.contribution.tolist() == [3 * UNIT, 30 * UNIT]
    assert year.minutes.tolist() == [109, 0]
    assert year.contacts.tolist() == [2, 0]


def test_what_a_contact_earned_is_the_mean_over_measured_contacts():
    people = pd.DataFrame({"stage": pd.Categorical(["client", "customer"])})
    told = log(*((0, "Club ", AS_OF - n, 1, None) for n in range(20)),
               *((0, "welcome", AS_OF - n, 1, None) for n in range(20)),
               *((1, "club", AS_OF - n, 1, None) for n in range(29)),
               (1, "other", AS_OF, 1, None))  # fmt: skip
    year = year_totals(entries((0, AS_OF, 10, 0, 4)), told, 2, Decimal(0), AS_OF)
    results = {"club": {"difference": 1.0, "low": 0.5, "high": 1.5},
               "welcome": {"difference": -2.0, "low": -3.0, "high": -1.0},
               "all": {"difference": None}}  # fmt: skip

    client, customer = returns_by_stage(people, year, told, results, AS_OF)

    assert client["earned_per_contact"] == {
        "difference": -0.5, "low": -1.25, "high": 0.25, "kind": "randomised",
    }  # fmt: skip
    assert (client["contacts"], client["margin"]) == (40, 6 * UNIT)
    assert customer["earned_per_contact"] is None  # 29 are too few
    assert customer["measured_contacts"] == 29


REFERRALS = pd.DataFrame(
    {"owner": [0, 1, 0, 0], "referred": [2, 2, 3, 0],
     "referred_on": pd.array([AS_OF - 90, AS_OF - 80, AS_OF - 70, 5], "Int64")}
)  # fmt: skip


def test_a_person_named_by_several_was_brought_by_the_first():
    found = referred_by(REFERRALS, np.ones(4, dtype=bool))

    assert found[["owner", "referred"]].to_numpy().tolist() == [[0, 2], [0, 3]]
    assert not len(referred_by(REFERRALS, np.array([False, True, True, True])))


def due(**terms):
    """What partner 0 is due, in currency units, by month."""
    rules = replace(load_rules().relationship, **terms)
    partners = pd.DataFrame({"owner": [0], "from_on": pd.array([AS_OF - 85], "Int64"),
                             "until_on": pd.array([None], "Int64")})  # fmt: skip
    orders = entries((2, AS_OF - 88, 999, 0, 1), (2, AS_OF - 40, 300, 0, 100),
                     (2, AS_OF - 5, 200, 50, 100), (3, AS_OF - 6, 600, 0, 400),
                     (1, AS_OF, 77, 0, 0))  # fmt: skip
    first = np.array([AS_OF, AS_OF, AS_OF - 88, AS_OF - 6])
    who = np.array([True, False, False, False])
    table = partner_rewards(partners, referred_by(REFERRALS, who), first, orders, rules)
    return [tuple(row) for row in (table[["bought", "revenue", "margin", "reward"]]
            .assign(**{name: table[name] // UNIT for name in ("revenue", "margin", "reward")})
            .to_numpy().tolist())]  # fmt: skip


def test_a_share_of_what_was_brought_is_due_while_the_partner_is_one():
    # November: 300 at 5 %; December: 150 and 600. What was bought before the contract is not of it.
    assert due(reward_tiers=((0, 50_000),)) == [(0, 300, 200, 15), (1, 750, 250, 37)]


def test_the_share_is_that_of_the_highest_tier_that_the_month_reaches():
    tiers = ((0, 50_000), (750 * UNIT, 100_000), (751 * UNIT, 900_000))

    assert [row[3] for row in due(reward_tiers=tiers)] == [15, 75]


def test_a_sum_is_due_for_each_new_buyer_once():
    assert [row[3] for row in due(reward_sum=20 * UNIT)] == [0, 20]


def test_whoever_was_named_on_no_day_and_never_bought_is_no_new_buyer():
    """Nor is the begin of a partnership that nobody knows the day of an order."""
    partners = pd.DataFrame({"owner": [0], "until_on": pd.array([None], "Int64")})
    brought = pd.DataFrame({"owner": [0], "referred": [1], "since": [-(2**31)]})
    never = np.array([AS_OF, -(2**31)])

    assert not len(partner_rewards(partners, brought, never, entries(), load_rules().relationship))


def test_a_reward_of_very_much_money_is_exact():
    orders = entries((1, AS_OF, 10**11, 0, 0))
    partners = pd.DataFrame({"owner": [0], "from_on": pd.array([0], "Int64"),
                             "until_on": pd.array([None], "Int64")})  # fmt: skip
    brought = pd.DataFrame({"owner": [0], "referred": [1], "since": [0]})
    rules = replace(load_rules().relationship, reward_tiers=((0, 100_000),))

    table = partner_rewards(partners, brought, np.array([AS_OF, AS_OF]), orders, rules)

    assert table["reward"].tolist() == [10**10 * UNIT]


def test_what_hangs_on_advocates_is_theirs_and_whom_they_brought_with_its_range():
    orders = entries((0, AS_OF, 40, 0, 0), (0, AS_OF - 90, 80, 0, 0), (2, AS_OF - 180, 20, 0, 0),
                     (3, AS_OF - 270, 12, 8, 0), (2, AS_OF - 400, 999, 0, 0))  # fmt: skip
    table, windows = revenue_at_stake(
        np.array([True, False, False, False]), REFERRALS, orders, AS_OF
    )

    assert windows.tolist() == [40 * UNIT, 80 * UNIT, 20 * UNIT, 4 * UNIT]
    assert table.to_dict("records") == [
        {"owner": 0, "brought": 2, "own": 30 * UNIT, "others": 6 * UNIT, "low": 4 * UNIT,
         "high": 80 * UNIT}
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A regular whom service costs more than they leave, one who takes none, and an advocate."""
    place = tmp_path_factory.mktemp("shop")
    lines = ["customer_id,order_id,ordered_at,amount,cost"]
    for name in ("dear", "cheap", "ann"):
        lines += [f"{name},{name}{month},2025-{month:02}-10,20,18" for month in range(1, 13)]
    tables = {
        "orders": [*lines, "bob,b,2025-12-20,30,10"],
        "contacts": ["customer_id,email,consent"]
        + [f"{name},{name}@example.org,yes" for name in ("dear", "cheap", "ann", "bob")],
        "contacted": ["customer_id,action,contacted_on,minutes"]
        + [f"dear,question,2025-{month:02}-15,10" for month in range(1, 8)],
        "referrals": ["referrer_id,referred_id,referred_on,solicited", "ann,bob,2025-12-01,no"],
        "partners": ["customer_id,from_on", "ann,2025-01-01"],
    }
    words = []
    for name, rows in tables.items():
        (place / f"{name}.csv").write_text("\n".join(rows) + "\n")
        words += [f"--{name}"] * (name != "orders") + [place / f"{name}.csv"]
    (place / "own.toml").write_text(
        "[contacting]\nminute_cost = 1\n[relationship]\nreward_share = 0.1\nreward_sum = 5\n"
    )
    result = command("run", *words, "--rules", place / "own.toml", "-o", place / "out",
                     "--as-of", "2025-12-31")  # fmt: skip
    assert result.exit_code == 0, result.output
    return place / "out", " ".join(result.stdout.split())


def test_only_who_costs_more_than_they_leave_and_takes_much_service_is_for_a_manager(folder):
    with (folder[0] / "customers.csv").open() as file:
        people = {row["customer_id"]: row for row in csv.DictReader(file)}

    assert {name: row["contribution"] for name, row in people.items()} == {
        "dear": "-46", "cheap": "24", "ann": "24", "bob": "20",
    }  # fmt: skip
    assert [name for name, row in people.items() if row["action"] == "manager_review"] == ["dear"]
    assert people["dear"]["channel"] == "manager"
    assert "A manager reviews the 1" in folder[1]
    assert "never automatic" in folder[1]


def test_nobody_for_a_manager_is_ever_on_a_marketing_export(folder):
    found = export(folder[0], "klaviyo")

    assert "manager_review" not in found.lists
    assert not found.combined.astype("str").eq("dear@example.org").any(axis=None)


def test_rewards_and_what_is_at_stake_are_tables_beside_the_report(folder):
    out, words = folder

    assert (out / "rewards.csv").read_text().splitlines() == [
        "month,customer_id,bought,revenue,margin,reward", "2025-12,ann,1,30,20,8",
    ]  # fmt: skip
    stakes = (out / "advocates.csv").read_text().splitlines()
    assert stakes[1].startswith("ann,partner,1,")
    assert "1 partner brought people who spent 30.00 in all, margin 20.00; due 8.00" in words
    summary = json.loads((out / "summary.json").read_text())
    assert summary["returns"][0].keys() >= {"stage", "revenue", "margin", "contacts", "minutes"}
    again = " ".join(command("report", out).stdout.split())
    assert "PARTNERS' REWARDS" in again


def test_orders_alone_open_no_page_and_name_the_tables_that_would():
    shop = pd.DataFrame({"customer_id": ["a", "b"], "ordered_at": "2025-01-01", "amount": [1, 2]})
    summary = rfmtool.run(shop).summary

    for page in ("follow_up", "equality", "needs", "introductions", "memberships", "returns",
                 "rewards", "at_stake"):  # fmt: skip
        assert summary[page] is None
    assert summary["tasks"] == []
    assert set(summary["opens"]) == {
        "needs", "introductions", "memberships", "contacted", "referrals", "partners",
    }  # fmt: skip
