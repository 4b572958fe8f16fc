"""In the made-up shop somebody stands on every rung by every rule, and every action is for someone.

Evidence that is read and joined in the plainest way; how the program does so is tested elsewhere.
"""

import numpy as np
import pandas as pd
import pytest

import rfmtool
from rfmtool import demo
from rfmtool.placing.activity import assign_activity
from rfmtool.placing.candidates import add_candidates
from rfmtool.placing.evidence_columns import add_evidence_columns
from rfmtool.placing.ladder import assign_stages
from rfmtool.placing.matching import first_match
from rfmtool.placing.playbook import assign_actions
from rfmtool.placing.segments import assign_segments
from rfmtool.rules import load_rules

EPOCH = pd.Timestamp("1970-01-01")
RULES = load_rules()
LOW_SHARE = 0.33
MEASURED = [
    *("customer_id", "frequency", "order_days", "first_order_on", "last_order_on"),
    *("recency_days", "monetary", "sales", "refunds", "usual_gap_days", "overdue_ratio"),
    *("recency_score", "frequency_score", "monetary_score"),
]


def frame_of(table, places):
    """Ids as places, days as whole numbers, yes and no as truths."""
    columns = {}
    for name, cells in table.replace("", None).items():
        if name in ("customer_id", "referrer_id"):
            columns["owner"] = places[cells].to_numpy()
        elif name == "referred_id":
            columns["referred"] = places[cells].to_numpy()
        elif name.endswith("_on") or name == "paused_until":
            columns[name] = (pd.to_datetime(cells) - EPOCH).dt.days.astype("Int64")
        elif name in ("solicited", "scheme_member"):
            columns[name] = cells.map({"yes": True, "no": False}).astype("boolean")
        elif name == "nps":
            columns[name] = pd.to_numeric(cells).astype("Int64")
        else:
            columns[name] = cells
    return pd.DataFrame(columns)


def everyone(result, shop):
    """The people of a run and those whom only the contacts know, with what wallets tell."""
    known = shop["contacts"][["customer_id"]]
    people = known.merge(result.frame[MEASURED], on="customer_id", how="left")
    counts = ["frequency", "order_days", "monetary", "sales", "refunds"]
    lines = people["monetary"].notna().astype("int64")
    people = people.assign(lines=lines).fillna(dict.fromkeys(counts, 0))
    people = people.astype(dict.fromkeys(counts, "int64"))
    orders = shop["orders"]
    cost = (orders["quantity"] * orders["cost"].astype(float) * 10_000).round()
    spent = cost.groupby(orders["customer_id"]).sum()
    wallets = shop["wallets"].set_index("customer_id")["wallet"].replace("", None).dropna()
    wallet = people["customer_id"].map(wallets).astype(float) * 10_000
    share = people["monetary"] / wallet
    headroom = wallet - people["monetary"]
    kinds = orders[orders["quantity"] > 0].groupby("customer_id")["category"].nunique()
    return assign_segments(people, RULES.segments).assign(
        cost=people["customer_id"].map(spent).round().astype("Int64"),
        categories=people["customer_id"].map(kinds).astype("Int64"),
        wallet_basis=np.where(wallet.notna(), "known", "peer_estimate"),
        share_is_low=share < LOW_SHARE,
        headroom_is_high=headroom > headroom.median(),
    )


@pytest.fixture(scope="module", params=[7, 8])
def placed(request):
    shop = demo.generate(seed=request.param)
    result = rfmtool.run(shop["orders"], as_of="last")
    people = everyone(result, shop)
    places = pd.Series(range(len(people)), index=people["customer_id"])
    tables = ("contacts", "referrals", "feedback", "partners")
    evidence = {name: frame_of(shop[name], places) for name in tables}
    as_of_day = (pd.Timestamp(result.as_of) - EPOCH).days
    timing = result.scales.timing
    proven = add_evidence_columns(people, evidence, as_of_day).pipe(assign_activity, timing)
    staged = proven.pipe(add_candidates).pipe(assign_stages, RULES.ladder, evidence)
    return assign_actions(staged, RULES.playbook, timing)


@pytest.mark.long
def test_every_rule_of_the_ladder_holds_for_somebody(placed):
    with_proxies = placed.assign(by_proxy=placed["looks_like_supporter"])
    reached = set(first_match(with_proxies, RULES.ladder).tolist())

    assert [rung for place, rung in enumerate(RULES.ladder) if place not in reached] == []


def test_every_action_is_for_somebody(placed):
    assert set(placed["action"]) == {row.label for row in RULES.playbook}


def test_the_ladder_is_a_pyramid(placed):
    counts = placed["stage"].value_counts()

    assert 0 < counts["partner"] < counts["advocate"] < counts["supporter"] < counts["client"]
    assert counts["supporter"] < counts["prospect"] < counts["customer"]


def test_reasons_name_nobody(placed):
    ids = set(placed["customer_id"])

    assert not any(ids & set(reason.split()) for reason in placed["stage_reason"])
