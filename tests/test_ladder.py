"""Everyone stands on the first rung whose conditions hold, and the reason says why."""

import pandas as pd
import pytest

from rfmtool.placing.evidence_columns import add_evidence_columns
from rfmtool.placing.ladder import assign_stages, missing_evidence_note
from rfmtool.rules import Condition, Rung, load_rules

DAY = pd.Timestamp
AS_OF = 20_000


def person(order_days, first=None, last=None, sales=0, refunds=0, **more):
    return {
        "order_days": order_days,
        "first_order_on": DAY(first) if first else pd.NaT,
        "last_order_on": DAY(last or first) if first else pd.NaT,
        "sales": sales,
        "refunds": refunds,
        **more,
    }


UNASSESSED = "; no referrals or feedback supplied, so not assessed higher"
# One person for each way onto a rung by orders alone: the stage, what proves it, and why in words.
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
        "prospect: everything bought was refunded, or cost nothing",
    ),
    (
        person(0),
        "prospect",
        "contact",
        "prospect: everything bought was refunded, or cost nothing",
    ),
]


def placed(people, rungs=None):
    proven = add_evidence_columns(pd.DataFrame(people), {}, AS_OF)
    return assign_stages(proven, rungs or load_rules().ladder)


@pytest.mark.parametrize(("someone", "stage", "evidence", "reason"), PEOPLE)
def test_a_person_stands_on_a_rung_for_a_reason(someone, stage, evidence, reason):
    answer = placed([someone]).iloc[0]

    assert (answer["stage"], answer["stage_evidence"]) == (stage, evidence)
    assert answer["stage_reason"] == reason


def test_who_has_no_lines_and_was_never_in_touch_is_a_suspect():
    answer = placed([person(0, lines=0)]).iloc[0]

    assert answer["stage"] == "suspect"
    assert answer["stage_reason"] == "suspect: known, but no order and no answer on record"


def test_reasons_stay_with_their_people_in_any_order():
    for shift in range(len(PEOPLE)):
        turned = PEOPLE[shift:] + PEOPLE[:shift]
        answer = placed([someone for someone, *_ in turned])
        assert answer["stage_reason"].tolist() == [reason for *_, reason in turned]


def test_an_index_of_any_kind_is_kept():
    frame = pd.DataFrame([someone for someone, *_ in PEOPLE], index=list("fedcba"))

    answer = assign_stages(frame, load_rules().ladder)

    assert answer.index.tolist() == list("fedcba")
    assert answer.loc["f", "stage_reason"].startswith("client: 7")
    assert answer.loc["f", "stage"] == "client"


def test_the_order_of_the_stages_is_that_of_the_ladder():
    answer = placed([PEOPLE[-1][0]])

    assert answer["stage"].cat.categories.tolist() == [
        *("partner", "advocate", "supporter", "client", "customer", "prospect", "suspect"),
    ]


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


def test_a_day_that_is_not_known_is_called_so_and_an_unknown_number_left_out():
    rungs = (Rung("rest", because="since {first_order_on}, {latest_nps}, {categories}"),)

    [reason] = placed([person(0)], rungs)["stage_reason"]

    assert reason == "rest: since an unknown day, , "


def test_nobody_is_no_matter():
    assert assign_stages(pd.DataFrame([person(1)]).iloc[:0], load_rules().ladder).empty
    assert placed([person(1)])["candidate"].isna().all()


@pytest.mark.parametrize(
    ("supplied", "words"),
    [
        ((), UNASSESSED),
        (("contacts", "partners"), UNASSESSED),
        (("referrals",), "; no feedback supplied, so assessed without"),
        (("feedback",), "; no referrals supplied, so assessed without"),
        (("feedback", "referrals"), ""),
    ],
)
def test_a_reason_says_which_tables_could_have_said_more(supplied, words):
    ladder = load_rules().ladder
    client = next(place for place, rung in enumerate(ladder) if rung.label == "client")

    assert missing_evidence_note(ladder[:client], supplied) == words
    assert missing_evidence_note([], supplied) == ""
