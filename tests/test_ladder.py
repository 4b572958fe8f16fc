"""Everyone stands on the first rung whose conditions hold, and the reason says why."""

import pandas as pd
import pytest

from rfmtool.placing.ladder import place_stages
from rfmtool.rules import Condition, Rung, load_rules

DAY = pd.Timestamp


def person(order_days, first=None, last=None, sales=0, refunds=0):
    return {
        "order_days": order_days,
        "first_order_on": DAY(first) if first else pd.NaT,
        "last_order_on": DAY(last or first) if first else pd.NaT,
        "sales": sales,
        "refunds": refunds,
    }


UNASSESSED = "; no referrals or feedback supplied, so not assessed higher"
# One person for each shipped rung, with the stage, what proves it, and why in words.
PEOPLE = [
    (
        person(7, "2010-12-07", "2011-10-31", sales=70_000),
        "client",
        "behaviour",
        "client: 7 order days 2010-12-07 to 2011-10-31" + UNASSESSED,
    ),
    (
        person(2, "2010-12-07", "2010-12-08", sales=2),
        "client",
        "behaviour",
        "client: 2 order days 2010-12-07 to 2010-12-08" + UNASSESSED,
    ),
    (
        person(1, "2011-02-28", sales=1),
        "customer",
        "behaviour",
        "customer: 1 order day, 2011-02-28" + UNASSESSED,
    ),
    (
        person(0, refunds=1),
        "prospect",
        "contact",
        "prospect: only refunds here, so the purchase was probably before the export begins",
    ),
    (
        person(0, sales=5, refunds=5),
        "prospect",
        "contact",
        "prospect: everything bought was given back",
    ),
    (person(0), "prospect", "contact", "prospect: only lines worth nothing"),
]


def placed(people, rungs=None):
    return place_stages(pd.DataFrame(people), rungs or load_rules().ladder)


@pytest.mark.parametrize(("someone", "stage", "evidence", "reason"), PEOPLE)
def test_a_person_stands_on_a_rung_for_a_reason(someone, stage, evidence, reason):
    answer = placed([someone]).iloc[0]

    assert (answer["stage"], answer["stage_evidence"]) == (stage, evidence)
    assert answer["stage_reason"] == reason


def test_reasons_stay_with_their_people_in_any_order():
    for shift in range(len(PEOPLE)):
        turned = PEOPLE[shift:] + PEOPLE[:shift]
        answer = placed([someone for someone, *_ in turned])
        assert answer["stage_reason"].tolist() == [reason for *_, reason in turned]


def test_an_index_of_any_kind_is_kept():
    frame = pd.DataFrame([someone for someone, *_ in PEOPLE], index=list("fedcba"))

    answer = place_stages(frame, load_rules().ladder)

    assert answer.index.tolist() == list("fedcba")
    assert answer.loc["f", "stage_reason"].startswith("client: 7")


def test_the_order_of_the_stages_is_that_of_the_ladder():
    answer = placed([PEOPLE[-1][0]])

    assert answer["stage"].cat.categories.tolist() == ["client", "customer", "prospect"]


def test_rungs_of_ones_own_are_climbed_from_the_top():
    rungs = (
        Rung("gold", (Condition("order_days", 3), Condition("sales", 100)), because="{order_days}"),
        Rung("silver", (Condition("order_days", 1),), because="since {first_order_on}"),
        Rung("rest", because="just {here"),
    )
    people = [
        person(3, "2024-01-01", sales=100),
        person(3, "2024-01-02", sales=99),
        person(0, sales=100),
    ]

    assert placed(people, rungs)["stage_reason"].tolist() == [
        "gold: 3",
        "silver: since 2024-01-02",
        "rest: just {here",
    ]


def test_nobody_is_no_matter():
    assert placed(pd.DataFrame([person(1)]).iloc[:0])["stage_reason"].tolist() == []
