"""One customer's card: every boundary on it is one, and every promise comes true."""

import csv
import json
import os
import random
import re
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import QUIETLY, SHOP, assert_snapshot, made, rfmtool, written

import rfmtool as library
from rfmtool.analyses.explain import explanation
from rfmtool.rules import load_rules
from rfmtool.scoring.peer_spend import PeerSpend
from rfmtool.scoring.peers import Peers
from rfmtool.scoring.scales import BETTER, SCORED_COLUMNS, Scale, Scales
from rfmtool.scoring.timing import Timing, Windows

RULES = load_rules()
HEADER = "customer_id,order_id,ordered_at,amount\n"
EVIDENCE = ("contacts", "referrals", "feedback", "partners", "wallets", "suppress")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(text, *words, folder="out"):
    if not words:
        return os.fspath(made(folder, text=text))
    run = rfmtool("run", written(Path("shop.csv"), text), "-o", folder, *QUIETLY, *words)
    assert run.exit_code == 0, run.stderr
    return folder


def card_of(folder, customer_id):
    shown = rfmtool("explain", folder, customer_id, "--format", "json")
    assert shown.exit_code == 0, shown.stderr
    return json.loads(shown.stdout)


# The command -------------------------------------------------------------------------------------


def test_the_card_of_a_regular_as_people_see_it():
    ran(SHOP)
    shown = rfmtool("explain", "out", "ann")
    assert shown.exit_code == 0
    assert_snapshot("explain-80", shown.stdout)


def test_whole_totals_are_whole_numbers():
    ran(HEADER + "ann,1,2024-01-05,20\n")
    assert repr(card_of("out", "ann")["rfm_total"]) == "7"


def test_the_card_as_data_has_what_is_promised():
    card = card_of(ran(SHOP), "ann")

    assert card["customer_id"] == "ann"
    assert (card["stage"], card["segment"], card["action"]) == ("client", "loyal", "club")
    assert card["stage_reason"].startswith("client: 5 order days 2024-01-05 to 2024-05-09; no")
    assert list(card["scores"]) == ["recency", "frequency", "monetary"]
    for score in card["scores"].values():
        assert list(score) == ["score", "bins", "value", "next_better", "next_worse"]
    assert card["scores"]["frequency"] == {
        "score": 4, "bins": 5, "value": 5, "next_better": 10, "next_worse": 4,
    }  # fmt: skip
    assert card["next_step"].endswith(".")


def test_somebody_without_orders_has_no_scores_and_is_told_of_a_first_order():
    written(Path("contacts.csv"), "customer_id,status\nzoe,\nyan,lead\n")
    ran(f"{SHOP}dee,C9,2024-03-05,-6\n", "--contacts", "contacts.csv")

    suspect, prospect, refunded = (card_of("out", name) for name in ("zoe", "yan", "dee"))

    assert suspect["scores"] == prospect["scores"] == refunded["scores"] == {}
    assert suspect["next_step"] == (
        "A first order that counts would make them a customer of ours. The next rung, prospect:"
        " in touch, no order that counts."
    )
    assert "The next rung, customer: ordered on 1 day." in prospect["next_step"]
    assert rfmtool("explain", "out", "zoe").stdout.count("none that counts") == 1


ODD_IDS = (
    "O'Brien, Ann", 'Bob "Bo" Lee', "two\nlines", "=1+1", "@home", "-dash", "'quoted", " padded ",
    "007", "Zo\u00eb", "\u65e5\u672c", "a;b|c", "C:\\x",
)  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("words", [(), ("--raw-text",), ("--excel",), ("--tables", "parquet"),
                                   ("--tables", "parquet,csv")], ids="-".join)  # fmt: skip
def test_any_id_finds_its_own_card(words):
    with Path("odd.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_id", "ordered_at", "amount"])
        rows.writerows([name, "2024-01-05", place] for place, name in enumerate(ODD_IDS, 1))
    assert rfmtool("run", "odd.csv", "-o", "out", *QUIETLY, *words).exit_code == 0

    for place, name in enumerate(ODD_IDS, 1):
        shown = rfmtool("explain", "out", "--format", "json", "--", name)
        assert shown.exit_code == 0, (name, shown.stderr)
        assert json.loads(shown.stdout)["monetary"] == str(place)


def test_of_an_address_neither_case_nor_spaces_matter():
    ran(HEADER + "Ann@X.org,1,2024-01-05,20\nbob@x.org,2,2024-01-06,5\n")
    assert card_of("out", " ann@x.ORG ")["customer_id"] == "Ann@X.org"


@pytest.mark.parametrize("name", ["nobody", "", "Ann", "\udcff", "%", "a.n"])
def test_somebody_who_is_not_there_is_said_to_be_unknown_without_a_name(name):
    ran(SHOP)
    shown = rfmtool("explain", "out", name)
    assert shown.exit_code == 2
    assert "there is no such customer" in shown.stderr
    assert "ann" not in shown.stderr
    assert "Traceback" not in shown.stderr


def test_zeros_in_front_are_hinted_at():
    ran(HEADER + "007,1,2024-01-05,20\n")
    shown = rfmtool("explain", "out", "7")
    assert shown.exit_code == 2
    assert "more or fewer zeros" in shown.stderr


@pytest.mark.parametrize("name", ["customers.csv", "rules.toml", "scales.json", "summary.json"])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_folder_that_is_not_what_the_run_wrote_explains_nobody(name, how):
    ran(SHOP)
    path = Path("out", name)
    path.write_bytes(path.read_bytes().replace(b"5", b"6")) if how == "changed" else path.unlink()
    shown = rfmtool("explain", "out", "ann")
    assert shown.exit_code == 2
    assert f"{name} is not what the run wrote" in shown.stderr


@pytest.mark.parametrize("folder", [".", "nowhere", "shop.csv"])
def test_what_is_no_folder_of_a_run_explains_nobody(folder):
    written(Path("shop.csv"))
    shown = rfmtool("explain", folder, "ann")
    assert shown.exit_code == 2
    assert "is not the folder of a finished run" in shown.stderr


def test_kept_columns_of_any_name_are_on_the_card():
    text = (
        'customer_id,ordered_at,amount,"a, b","say ""x""",=sum,=cell\n'
        'ann,2024-01-05,20,"1,5","two\nlines",3,=1+1\nbob,2024-01-06,5,,x,y,z\n'
    )
    keep = [word for name in ("a, b", 'say "x"', "=cell") for word in ("--keep", name)]

    card = card_of(ran(text, *keep), "ann")

    assert card["a, b"] == "1,5"
    assert card['say "x"'] == "two\nlines"
    assert "=1+1" in card.values()


def test_rungs_and_segments_named_like_formulas_are_explained():
    rules = rfmtool("rules", "show").stdout
    for name in ("client", "customer", "loyal", "champions"):
        rules = rules.replace(f'"{name}"', f'"={name}"')
    written(Path("own.toml"), rules)

    card = card_of(ran(SHOP, "--rules", "own.toml"), "dan")

    assert card["stage"] == "=customer"
    assert "the rung =client" in card["next_step"]


def test_the_rules_of_the_run_explain_and_not_the_shipped_ones():
    shipped = rfmtool("rules", "show").stdout
    ladder = shipped[shipped.index("[[ladder]]") : shipped.index("[[playbook]]")]
    written(Path("own.toml"), ladder.replace("order_days.min = 2", "order_days.min = 6"))
    ran(SHOP, "--rules", "own.toml", "--cuts", "frequency=1,5,6,7")
    Path("own.toml").unlink()

    card = card_of("out", "ann")

    assert card["stage"] == "customer"
    assert "would bring the rung client" in card["next_step"]
    assert card["scores"]["frequency"]["next_better"] == 6


# Boundaries --------------------------------------------------------------------------------------

CUTS = {
    "recency": st.integers(-2, 400),
    "frequency": st.integers(-1, 12),
    "monetary": st.integers(-100_000, 5_000_000),
}


@st.composite
def scales(draw):
    """Ascending cuts, equal ones among them, passed above or on."""
    made = {}
    for name, cut in CUTS.items():
        cuts = tuple(sorted(draw(st.lists(cut, min_size=4, max_size=4))))
        made[name] = Scale(draw(st.sampled_from(("quantile", "at_least"))), cuts, BETTER[name])
    timing = Timing(
        Windows(30, 60, 180, 365, is_fitted=False), None, 2.0, 4.0, limits_are_fitted=False
    )
    spend = PeerSpend(Decimal("0.8"), Peers((), (), ((),)), (0,), (0,), (0,))
    return Scales(date(2024, 1, 1), made, timing, spend)


@st.composite
def persons(draw):
    """Somebody with orders, as the written columns have them."""
    orders, refunds = draw(st.integers(1, 15)), draw(st.integers(0, 400_000))
    sales = draw(st.integers(1, 6_000_000))
    net = sales - refunds
    return {
        "customer_id": "ann", "stage": "customer", "segment": "new", "activity": "active",
        "action": "welcome", "stage_reason": "customer: 1 order day", "rfm": "111",
        "recency_days": draw(st.integers(0, 500)), "frequency": orders, "order_days": 1,
        "monetary": net, "refunds": refunds, "average_order": round(net / orders),
    }  # fmt: skip


def scored(scale, value):
    """The score of one value by counting the cuts it passes."""
    passed = sum(value > cut or (scale.method == "at_least" and value == cut) for cut in scale.cuts)
    return 1 + passed if scale.better == "higher" else scale.bins - passed


def in_units(name, value):
    return int(Decimal(value) * 10_000) if name == "monetary" else value


@settings(max_examples=settings.default.max_examples // 2)
@given(scales=scales(), person=persons())
def test_the_next_better_value_scores_better_and_one_unit_less_does_not(scales, person):
    values = {name: person[SCORED_COLUMNS[name]] for name in CUTS}
    own = {f"{name}_score": scored(scales[name], value) for name, value in values.items()}

    card = explanation(pd.DataFrame([person | own]), scales, RULES)

    for name, score in card["scores"].items():
        toward = -1 if BETTER[name] == "lower" else 1
        assert score["score"] == scored(scales[name], values[name])
        assert in_units(name, score["value"]) == values[name]
        for limit, step, passes in (
            (score["next_better"], toward, int.__gt__),
            (score["next_worse"], -toward, int.__lt__),
        ):
            if limit is None:
                end = {("recency", -1): 0, ("frequency", -1): 1}.get((name, step), step * 10**9)
                assert scored(scales[name], end) == score["score"]
                continue
            units = in_units(name, limit)
            assert passes(scored(scales[name], units), score["score"])
            assert scored(scales[name], units - step) == score["score"]


def test_what_the_page_shows_as_better_really_is_better():
    """The cut is 10.00 sharp, and more than that is better: 10.01, not 10.00."""
    ran(SHOP, "--cuts", "monetary=5,10,15,20")
    assert card_of("out", "dan")["scores"]["monetary"] == {
        "score": 3, "bins": 5, "value": "12", "next_better": "15.0001", "next_worse": "10",
    }  # fmt: skip
    [line] = [
        row for row in rfmtool("explain", "out", "dan").stdout.splitlines() if "monetary" in row
    ]
    assert line.split()[-2:] == ["15.01", "10.00"]


# Promises ----------------------------------------------------------------------------------------

PROMISE = re.compile(
    r"One more order \((?P<amount>[\d,.]+), (?:as usual|if it is kept|as the shop's average)\)"
    r" would bring "
    r"(?:the rung (?P<stage>\w+)(?P<higher> or higher)? \(now \w+\)(?:, |\.))?"
    r"(?:the segment (?P<segment>\w+) \(now \w+\)(?:, |\.))?"
    r"(?:scores (?P<rfm>[\d-]+) \(now [\d-]+\)\.)?"
)


def promised(card):
    """Where the card says that one more order would put the customer."""
    found = PROMISE.match(card["next_step"])
    if found is None:
        assert card["next_step"].startswith("One more order would change neither")
        return "", {name: card[name] for name in ("stage", "segment", "rfm")}
    said = {name: found[name] or card[name] for name in ("stage", "segment", "rfm")}
    return found["higher"] or "", said | {"amount": found["amount"].replace(",", "")}


def kept_promises(text, cards, words=()):
    """Append to an export what each card promises of, run again, and see that it came true."""
    as_of = max(card["as_of"] for card in cards)
    next_day = date.fromisoformat(as_of) + timedelta(1)
    more, hoped = [], {}
    for place, card in enumerate(cards):
        higher, said = promised(card)
        amount = said.pop("amount", card["average_order"])
        hoped[card["customer_id"]] = (higher, said)
        more.append(f"{card['customer_id']},more-{place},{next_day},{amount}\n")
    written(Path("more.csv"), text + "".join(more))
    again = rfmtool("run", "more.csv", "-o", "again", "--scales", "out/scales.json", "--as-of",
                    str(next_day), *QUIETLY, *words)  # fmt: skip
    assert again.exit_code == 0, again.stderr
    with Path("again/customers.csv").open(newline="") as file:
        rows = {row["customer_id"]: row for row in csv.DictReader(file)}
    order = [rung.label for rung in reversed(RULES.ladder)]
    for name, (higher, said) in hoped.items():
        stage = said.pop("stage")
        if higher:
            assert order.index(rows[name]["stage"]) >= order.index(stage)
        else:
            assert rows[name]["stage"] == stage, name
        assert {column: rows[name][column] for column in said} == said, name


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_more_order_brings_what_the_card_says(seed):
    draw = random.Random(seed)  # noqa: S311 - the same shops every time
    rows = [
        f"{draw.choice('abcdefgh')},{number},{date(2024, 1, 1) + timedelta(draw.randrange(80))},"
        f"{draw.randrange(-3_000, 12_000) / 100:.2f}\n"
        for number in range(10 * seed)
    ]
    text = HEADER + "".join(rows)
    ran(text)
    with Path("out/customers.csv").open(newline="") as file:
        buyers = [row["customer_id"] for row in csv.DictReader(file) if row["frequency"] != "0"]
    kept_promises(text, [card_of("out", name) for name in buyers])


@pytest.mark.long
def test_who_ordered_today_needs_another_day_and_who_gave_much_back_is_promised_a_real_order():
    text = HEADER + (
        "today,1,2024-05-09,20\nheavy,2,2024-01-05,10\nheavy,C3,2024-01-08,-30\n"
        "thirds,4,2024-01-05,10\nthirds,5,2024-02-05,10\nthirds,6,2024-02-07,0.01\n"
    )
    ran(text)
    cards = [card_of("out", name) for name in ("today", "heavy", "thirds")]

    assert "(20.00, as usual) would bring the rung client (now customer)" in cards[0]["next_step"]
    # 20.01 of 5 orders: what was given back in full foretells nothing.
    assert "One more order (4.00, as the shop's average)" in cards[1]["next_step"]
    assert "One more order (6.67, as usual)" in cards[2]["next_step"]
    kept_promises(text, cards)


@pytest.mark.long
def test_with_evidence_an_order_may_lift_further_than_orders_alone():
    """Dan would recommend us, but came once; who comes twice and says so is a supporter."""
    written(Path("feedback.csv"), "customer_id,given_on,nps\ndan,2024-05-01,10\n")
    words = ("--feedback", "feedback.csv")
    ran(SHOP, *words)

    card = card_of("out", "dan")

    assert "the rung client or higher (now customer)" in card["next_step"]
    kept_promises(SHOP, [card], words)
    assert card_of("again", "dan")["stage"] == "supporter"


# A whole shop ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The finished run of a made-up shop with all evidence."""
    folder = tmp_path_factory.mktemp("demo")
    assert rfmtool("demo", folder / "shop", "--customers", "120", "--seed", "3").exit_code == 0
    tables = [word for name in EVIDENCE for word in (f"--{name}", folder / "shop" / f"{name}.csv")]
    run = rfmtool(
        "run", folder / "shop" / "orders.csv", "-o", folder / "out", "--quiet", "--no-page", *tables
    )
    assert run.exit_code == 0, run.stderr
    return folder / "out"


@pytest.mark.long
def test_everybody_in_a_shop_can_be_explained(demo):
    with (demo / "customers.csv").open(newline="", encoding="utf-8") as file:
        people = list(csv.DictReader(file))
    for person in people[::12]:
        card = library.explain(demo, person["customer_id"])
        assert card["say"]
        for column, text in person.items():
            assert text == ("" if card[column] is None else text)
        assert {card[name] or "" for name in ("stage", "segment", "action", "rfm")} == {
            person[name] for name in ("stage", "segment", "action", "rfm")
        }
        assert str(card["frequency"]) == person["frequency"]
        assert card["monetary"] == person["monetary"]


@pytest.mark.long
def test_csv_and_parquet_give_the_same_card(demo):
    shop = demo.parent / "shop" / "orders.csv"
    for kind in ("csv", "parquet"):
        rfmtool(
            "run", shop, "-o", kind, "--tables", kind, "--keep", "country", "--quiet", "--no-page"
        )
    with Path("csv/customers.csv").open(newline="", encoding="utf-8") as file:
        names = [row["customer_id"] for row in csv.DictReader(file)]
    for name in names[::60]:
        assert library.explain("csv", name) == library.explain("parquet", name)


def test_every_card_fits_the_terminal(demo):
    with (demo / "customers.csv").open(newline="", encoding="utf-8") as file:
        names = [row["customer_id"] for row in csv.DictReader(file)]
    for name in names[:: len(names) // 8]:
        shown = rfmtool("explain", demo, name)
        assert shown.exit_code == 0
        assert max(map(len, shown.stdout.splitlines())) <= 80
        assert "None" not in shown.stdout
        assert "nan" not in shown.stdout.lower().replace("finance", "")


@pytest.mark.long
def test_scores_within_a_group_are_explained_by_the_scales_of_the_group(demo):
    shop = demo.parent / "shop" / "orders.csv"
    run = rfmtool(
        "run", shop, "-o", "out", "--within", "country", "--keep", "country", "--quiet", "--no-page"
    )
    assert run.exit_code == 0, run.stderr
    with Path("out/customers.csv").open(newline="", encoding="utf-8") as file:
        people = [row for row in csv.DictReader(file) if row["rfm"]]
    for person in people[:: len(people) // 5]:
        for dimension, score in library.explain("out", person["customer_id"])["scores"].items():
            assert score["score"] == int(person[f"{dimension}_score"])


def test_a_copied_folder_explains_too(demo, tmp_path):
    shutil.copytree(demo, tmp_path / "copy")
    with (demo / "customers.csv").open(newline="", encoding="utf-8") as file:
        name = next(csv.DictReader(file))["customer_id"]
    assert library.explain("copy", name) == library.explain(demo, name)
