"""What is bought along with what: the published rule, the oracle on any shop, suggestions."""

from datetime import date
from itertools import combinations

import oracle
import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import SHOP, assert_snapshot, rfmtool, written

import rfmtool as library
from rfmtool.analyses.affinity import affinity
from rfmtool.errors import UsageError

GROCERIES = {
    "curd yogurt milk": 99,
    "curd yogurt": 71,
    "curd milk": 158,
    "curd": 196,
    "yogurt milk": 452,
    "yogurt": 750,
    "milk": 1_804,
    "else": 6_305,
}
"""The counts behind the rule of arules' Groceries: 9,835 baskets, 2,513 of them with whole milk."""
NAMES = "abcd"
BASKETS = st.lists(st.sets(st.sampled_from(NAMES), max_size=4), min_size=20, max_size=90)
HEADER = "customer_id,order_id,ordered_at,amount,category\n"


def answer(baskets, net=1):
    rows = [(owner, name, net) for owner, basket in enumerate(baskets) for name in sorted(basket)]
    spends = pd.DataFrame(rows, columns=["owner", "category", "net"])
    ids = pd.Series([f"c{owner:04}" for owner in range(len(baskets))], dtype="str")
    return affinity(spends.astype({"category": "str"}), ids, date(2024, 1, 1), "category")


def groceries():
    return [set(names.split()) for names, many in GROCERIES.items() for _ in range(many)]


def shop(*kinds):
    """An export of customers who bought what stands in each word, so many of each."""
    rows = [
        f"c{number}{kind},{number}{kind}{name},2024-01-05,5,{name}\n"
        for kind, many in kinds
        for number in range(many)
        for name in kind
    ]
    return HEADER + "".join(rows)


def test_the_published_rule():
    found = answer(groceries())
    rule = next(each for each in found.rules if each.has == ("curd", "yogurt"))

    assert found.customers == 9_835
    assert rule.next == "milk"
    assert round(rule.support, 8) == 0.01006609
    assert round(rule.confidence, 7) == 0.5823529
    assert round(rule.lift, 6) == 2.279125


def test_rules_are_ranked_by_confidence_times_lift():
    rules = answer(groceries()).rules
    strengths = [rule.confidence * rule.lift for rule in rules]

    assert strengths == sorted(strengths, reverse=True)
    assert all(rule.lift > 1 and rule.customers >= 99 for rule in rules)


@settings(max_examples=SLOW * 2 // 3)
@given(BASKETS)
def test_any_baskets_give_what_the_oracle_gives(baskets):
    found = {(rule.has, rule.next): rule for rule in answer(baskets).rules}

    assert {key: rule.customers for key, rule in found.items()} == oracle.rules(baskets)
    bought = [basket for basket in baskets if basket]
    for (has, then), rule in found.items():
        with_has = sum(1 for basket in bought if basket >= {*has})
        with_next = sum(1 for basket in bought if then in basket)
        assert rule.support == pytest.approx(rule.customers / len(bought))
        assert rule.confidence == pytest.approx(rule.customers / with_has)
        assert rule.lift == pytest.approx(rule.confidence * len(bought) / with_next)


@settings(max_examples=SLOW * 2 // 3)
@given(BASKETS)
def test_who_gets_a_suggestion_has_one_side_and_not_the_other(baskets):
    found = answer(baskets)
    rules = [({*rule.has}, rule.next) for rule in found.rules]
    for row in found.table.itertuples():
        basket = baskets[int(row.customer_id[1:])]
        holding = [rule for rule in rules if basket >= rule[0] and rule[1] not in basket]
        assert (set(row.has.split(" + ")), row.next) == holding[0]
    with_any = {f"c{owner:04}" for owner, basket in enumerate(baskets)
                if any(basket >= has and then not in basket for has, then in rules)}  # fmt: skip
    assert set(found.table["customer_id"]) == with_any


def test_what_was_given_back_was_not_bought():
    assert answer([{"a", "b"}] * 30, net=0).customers == 0


def test_of_many_names_the_most_bought_are_compared():
    pairs = list(combinations(range(30), 2))
    baskets = [{f"n{one:03}", f"n{two:03}"} for one, two in pairs for _ in range(20)]
    found = answer(baskets)

    assert (found.names, found.compared) == (30, 30)
    assert not found.rules  # each pair is as frequent as all others


def test_products_are_compared_when_asked_for(tmp_path):
    text = shop(("ab", 40), ("c", 40), ("a", 5)).replace("category", "product")
    export = written(tmp_path / "shop.csv", text)
    by_product = library.affinity(export, by="product").as_data()

    assert [(rule["has"], rule["next"]) for rule in by_product] == [(["b"], "a"), (["a"], "b")]
    with pytest.raises(UsageError, match="no column was read as category") as raised:
        library.affinity(export)
    assert "--by product" in raised.value.hint


def test_products_are_only_named_where_there_are_some(tmp_path):
    with pytest.raises(UsageError) as raised:
        library.affinity(written(tmp_path / "shop.csv", SHOP))
    assert raised.value.hint == "Name it with --column category=NAME."


@pytest.mark.long
def test_online_retail_has_products_and_no_category(online_retail):
    with pytest.raises(UsageError, match="no column was read as category"):
        library.affinity(online_retail)
    data = library.affinity(online_retail, by="product").as_data()

    assert data[0]["customers"] >= 20
    assert all(rule["lift"] > 1 and rule["support"] >= 0.01 for rule in data)


def test_suggestions_are_written_for_each_customer(tmp_path):
    export = written(tmp_path / "shop.csv", shop(("ab", 40), ("c", 40), ("a", 2)))
    target = tmp_path / "next.csv"
    result = rfmtool("affinity", export, "--quiet", "-o", target)

    assert (result.exit_code, result.stdout) == (0, "")
    assert target.read_text() == (
        "customer_id,next,has,confidence,lift\n"
        "c0a,b,a,0.952381,1.952381\nc1a,b,a,0.952381,1.952381\n"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEADER + "ann,1,2024-01-05,20,tea\n", "together more than by chance"),
        (HEADER + "ann,1,2024-01-05,20,\n", "Nobody has bought anything with a category"),
        (shop(("ab", 40)), "together more than by chance"),
    ],
    ids=["one", "nameless", "all_alike"],
)
def test_too_little_data_is_said_in_a_sentence(tmp_path, text, sentence):
    export = written(tmp_path / "shop.csv", text)
    page = rfmtool("affinity", export, COLUMNS="200")
    data = rfmtool("affinity", export, "--format", "json")

    assert (page.exit_code, data.exit_code) == (0, 0)
    assert sentence in page.stdout
    assert data.stdout == "[]\n"
    assert rfmtool("affinity", export, "--quiet", "-o", tmp_path / "out.csv").exit_code == 0


def test_without_a_category_it_says_what_to_do(tmp_path):
    result = rfmtool("affinity", written(tmp_path / "shop.csv", SHOP))
    assert result.exit_code == 2
    assert "--column category=NAME" in result.stderr


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_page(tmp_path, width):
    export = written(tmp_path / "shop.csv", shop(("ab", 40), ("c", 40), ("a", 2), ("abc", 20)))
    result = rfmtool("affinity", export, COLUMNS=width)
    assert result.exit_code == 0
    assert_snapshot(f"affinity-{width}", result.stdout)


@pytest.mark.parametrize("width", [40, 100])
def test_no_line_is_wider_than_the_terminal(tmp_path, width):
    export = written(tmp_path / "shop.csv", shop(("ab", 40), ("c", 40)))
    page = rfmtool("affinity", export, COLUMNS=str(width)).stdout
    assert max(map(len, page.splitlines())) <= width
