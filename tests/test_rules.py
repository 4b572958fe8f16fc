"""Rules are data: what loads is checked, and an error names its file and key."""

import itertools
import json
import re
import tomllib
from copy import deepcopy
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import rfmtool

from rfmtool.errors import RulesError
from rfmtool.rules import (
    Condition,
    FitRules,
    Method,
    load_rules,
    parse_cuts,
    parse_fit,
    parse_rules,
    shipped_text,
    to_toml,
)

GRID = [(r, f) for r in range(1, 6) for f in range(1, 6)]


def cell(r, f, name="all"):
    return f'{{ name = "{name}", recency = [{r}, {r}], frequency = [{f}, {f}] }}'


def segments(kind, *rows):
    return f'[segments]\nmap = "{kind}"\nrows = [{", ".join(rows)}]\n'


def playbook(*rows):
    return "".join(f"[[playbook]]\n{row}\n" for row in rows)


def error_of(write, text):
    with pytest.raises(RulesError) as raised:
        load_rules(write(text, "shop.toml"))
    return str(raised.value)


def warnings_of(write, text):
    return load_rules(write(text, "shop.toml")).warnings


# The shipped rules -------------------------------------------------------------------------------


def test_the_shipped_rules_load_without_a_warning():
    rules = load_rules()

    assert rules.warnings == ()
    assert rules.scoring["frequency"] == Method("fixed", 5, (1, 2, 4, 9))
    assert rules.scoring["recency"] == rules.scoring["monetary"] == Method("quantile", 5)
    assert set(rules.weights.values()) == {Decimal(1)}
    assert list(dict.fromkeys(rung.label for rung in rules.ladder)) == [
        *("partner", "advocate", "supporter", "client", "customer", "prospect", "suspect"),
    ]


def test_the_shipped_text_is_a_rules_file_of_its_own(write):
    assert load_rules(write(shipped_text())) == load_rules()


def test_the_rules_in_force_can_be_written_and_loaded_again(write):
    written = to_toml(load_rules().data)

    assert tomllib.loads(written, parse_float=Decimal) == load_rules().data
    assert load_rules(write(written)) == load_rules()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(TEXTS, TEXTS, st.decimals(-(10**9), 10**9, places=4))
def test_any_text_and_number_survives_the_writing(name, because, money):
    data = deepcopy(load_rules().data)
    data["segments"] = {"map": "list", "rows": [{"name": name}]}
    data["ladder"] = [{"stage": name, "because": because, "when": {"sales": {"min": money}}}]

    assert tomllib.loads(to_toml(data), parse_float=Decimal) == data


# Files of one's own ------------------------------------------------------------------------------


def test_what_a_file_leaves_out_stays_as_shipped(write):
    own = load_rules(write("[scoring.recency]\nmethod = 'fixed'\ncuts = [7, 30, 90, 180]\n"))

    assert own.scoring["recency"] == Method("fixed", 5, (7, 30, 90, 180))
    assert own.scoring["monetary"] == load_rules().scoring["monetary"]
    assert own.segments == load_rules().segments
    assert own.not_a_sale == load_rules().not_a_sale


def test_cuts_given_by_the_caller_beat_the_file(write):
    path = write("[scoring.recency]\nmethod = 'fixed'\ncuts = [7, 30, 90, 180]\n")
    mine = Method("fixed", 5, (1, 2, 3, 4))

    assert load_rules(path, {"recency": mine}).scoring["recency"] == mine


@pytest.mark.parametrize(
    ("cuts", "complaint"),
    [
        ({"recencyy": Method("quantile", 5)}, "cuts: unknown key 'recencyy'"),
        ({"recency": Method("fixd", 5)}, "cuts of recency: method must be one of"),
        ({"recency": Method("fixed", 3, (7, 7))}, "cuts of recency: cuts must ascend"),
    ],
)
def test_cuts_given_by_the_caller_are_checked_as_those_of_a_file(cuts, complaint):
    with pytest.raises(RulesError, match=re.escape(complaint)):
        load_rules(None, cuts)


@pytest.mark.parametrize("name", ["(new)", "(gone)"])
def test_no_segment_is_called_as_those_who_come_or_go(write, name):
    rows = [f'{{ name = "{name}", recency = [4, 5] }}', '{ name = "others" }']

    assert f"{name} is what comparisons call" in error_of(write, segments("list", *rows))


def test_money_is_held_in_whole_units(write):
    rules = load_rules(
        write(
            "[scoring.monetary]\nmethod = 'fixed'\ncuts = [0.5, 10, 99.99]\n"
            "[[ladder]]\nstage = 'gold'\nwhen.monetary.min = 100.5\n[[ladder]]\nstage = 'rest'\n"
        )
    )

    assert rules.scoring["monetary"].cuts == (5_000, 100_000, 999_900)
    assert rules.ladder[0].conditions == (Condition("monetary", 1_005_000),)


def test_cuts_between_whole_units_are_rounded_so_that_nobody_moves(write):
    """Above 2.5 orders is above 2; at least 2.5 is at least 3; both below zero too."""
    text = "[scoring.frequency]\nmethod = '{}'\ncuts = [-2.5, 2.5, 4, 9]\n"

    above = load_rules(write(text.format("fixed"))).scoring["frequency"]
    at_least = load_rules(write(text.format("at_least"))).scoring["frequency"]

    assert above.cuts == (-3, 2, 4, 9)
    assert at_least.cuts == (-2, 3, 4, 9)


def test_words_for_what_is_no_sale_are_compared_in_lower_case(write):
    rules = load_rules(write("[reading]\nnot_a_sale = [' Storniert', 'VOID']\n"))

    assert rules.not_a_sale == {"storniert", "void"}


@pytest.mark.parametrize(
    ("text", "key", "complaint"),
    [
        ("[scoring.recency", "", "Expected ']'"),
        ("[scoring.weights]\nrecency = 1e99999999999999999999", "", "a number is too long"),
        (f"[scoring.weights]\nrecency = {'1' * 5000}", "", "a number is too long"),
        ("colour = 1", "", "unknown key 'colour'"),
        ("scoring = 1", "scoring", "must be a table"),
        ("reading = 1", "reading", "must be a table"),
        ("segments = 1", "segments", "must be a table"),
        ("ladder = 1", "ladder", "at least one"),
        ("ladder = []", "ladder", "at least one"),
        ("ladder = [1]", "ladder[1]", "must be a table"),
        ("[scoring.speed]", "scoring", "unknown key 'speed'"),
        ("[scoring]\nrecency = 5", "scoring.recency", "must be a table"),
        ("[scoring.recency]\nmethod = 'magic'", "scoring.recency", "method must be one of"),
        ("[scoring.recency]\nbins = 5", "scoring.recency", "method must be one of"),
        ("[scoring.recency]\nmethod = 'quantile'\nbins = 1", "scoring.recency", "2 to 10"),
        ("[scoring.recency]\nmethod = 'quantile'\nbins = 11", "scoring.recency", "2 to 10"),
        ("[scoring.recency]\nmethod = 'quantile'\nbins = true", "scoring.recency", "2 to 10"),
        ("[scoring.recency]\nmethod = 'quantile'\ncuts = [1]", "scoring.recency", "no cuts"),
        ("[scoring.recency]\nmethod = 'fixed'", "scoring.recency", "1 to 9 cuts"),
        ("[scoring.recency]\nmethod = 'fixed'\ncuts = []", "scoring.recency", "1 to 9 cuts"),
        ("[scoring.recency]\nmethod = 'fixed'\ncuts = [1, 1]", "scoring.recency", "ascend"),
        ("[scoring.recency]\nmethod = 'fixed'\ncuts = [1.2, 1.7]", "scoring.recency", "ascend"),
        ("[scoring.recency]\nmethod = 'fixed'\ncuts = ['1']", "scoring.recency.cuts", "number"),
        ("[scoring.recency]\nmethod = 'fixed'\ncuts = [true]", "scoring.recency.cuts", "number"),
        ("[scoring.recency]\nmethod = 'fixed'\ncuts = [nan]", "scoring.recency.cuts", "usable"),
        ("[scoring.recency]\nmethod = 'fixed'\ncuts = [1e99]", "scoring.recency.cuts", "usable"),
        ("[scoring.recency]\nmethod = 'fixed'\nbins = 5\ncuts = [1]", "scoring.recency", "2 bins"),
        ("[scoring.recency]\nmethod = 'nested'", "scoring.recency", "nothing to nest it in"),
        ("[scoring.monetary]\nmethod = 'nested'\ncuts = [1]", "scoring.monetary", "no cuts"),
        ("[scoring.monetary]\nmethod = 'cumulative'\nbins = 1", "scoring.monetary", "2 to 10"),
        ("[scoring]\nfit = 1", "scoring.fit", "must be a table"),
        ("[scoring.fit]\nspeed = 1", "scoring.fit", "unknown key 'speed'"),
        ("[scoring.fit]\nwithin = ''", "scoring.fit.within", "the name of a column"),
        ("[scoring.fit]\nwithin = 'customer_id'", "scoring.fit.within", "what rfmtool writes"),
        ("[scoring.fit]\nmin_orders = '1'", "scoring.fit.min_orders", "number"),
        ("[scoring.fit]\nmin_spend = 2\nmax_spend = 1", "scoring.fit", "leaves nobody"),
        ("[scoring]\nweights = 1", "scoring.weights", "must be a table"),
        ("[scoring.weights]\nspeed = 1", "scoring.weights", "unknown key 'speed'"),
        ("[scoring.weights]\nrecency = -1", "scoring.weights.recency", "a weight"),
        ("[scoring.weights]\nrecency = nan", "scoring.weights.recency", "a weight"),
        ("[scoring.weights]\nrecency = inf", "scoring.weights.recency", "a weight"),
        ("[scoring.weights]\nrecency = '1'", "scoring.weights.recency", "a weight"),
        ("[reading]\nnot_a_sale = 'void'", "reading.not_a_sale", "a list of words"),
        ("[reading]\nnot_a_sale = [1]", "reading.not_a_sale", "a list of words"),
        ("[reading]\nspeed = 1", "reading", "unknown key 'speed'"),
        (segments("heap", "{ name = 'x' }"), "segments", "grid"),
        (segments("list"), "segments", "and rows"),
        (segments("list", "{ name = ' ' }"), "segments.rows[1]", "a name"),
        (segments("list", r'{ name = "a\nb" }'), "segments.rows[1]", "printable"),
        (segments("list", "{ name = 'no_orders' }"), "segments.rows[1]", "no_orders"),
        (segments("list", "{ name = 'x', speed = 1 }"), "segments.rows[1]", "unknown key"),
        (
            segments("list", "{ name = 'x', recency = [1, 6] }"),
            "segments.rows[1].recency",
            "1 and 5",
        ),
        (
            segments("list", "{ name = 'x', recency = [2, 1] }"),
            "segments.rows[1].recency",
            "1 and 5",
        ),
        (segments("list", "{ name = 'x', recency = 3 }"), "segments.rows[1].recency", "from, to"),
        (segments("list", "{ name = 'x', recency = [1, 2] }"), "segments", "last row"),
        ("[[ladder]]\nproof = 'x'", "ladder[1]", "needs a stage"),
        ("[[ladder]]\nstage = 'x'\nproof = 1", "ladder[1].proof", "must be a text"),
        ('[[ladder]]\nstage = "a\\nb"', "ladder[1].stage", "printable"),
        ("[[ladder]]\nstage = 'x'\nspeed = 1", "ladder[1]", "unknown key 'speed'"),
        ("[[ladder]]\nstage = 'x'\nbecause = '{shoes}'", "ladder[1].because", "{shoes}"),
        ("[[ladder]]\nstage = 'x'\nwhen = 1", "ladder[1].when", "must be a table"),
        ("[[ladder]]\nstage = 'x'\nwhen.shoes.min = 1", "ladder[1].when", "unknown key 'shoes'"),
        ("[[ladder]]\nstage = 'x'\nwhen.sales.least = 1", "ladder[1].when.sales", "'least'"),
        ("[[ladder]]\nstage = 'x'\nwhen.sales.min = 'a'", "ladder[1].when.sales.min", "number"),
        ("[[ladder]]\nstage = 'x'\nwhen.order_days.min = 1", "ladder", "last rung"),
        (
            "[[ladder]]\nstage = 'x'\nwhen.order_days = {min=5, max=3}",
            "ladder[1].when.order_days",
            "min is above max",
        ),
        (
            "[[ladder]]\nstage = 'x'\nwhen.order_days = {min=2.5, max=2.9}",
            "ladder[1].when.order_days",
            "can never hold",
        ),
        ("[[ladder]]\nstage = 'x'\nwhen.paused.min = 1", "ladder[1].when.paused", "true or false"),
        ("[[ladder]]\nstage = 'x'\nwhen.sales = true", "ladder[1].when.sales", "must be a table"),
        ("[[ladder]]\nstage = 'x'\nwhen.stage = 'y'", "ladder[1].when", "unknown key 'stage'"),
        ("[[ladder]]\nstage = 'x'\nwhen.segment = []", "ladder[1].when.segment", "a list of words"),
        ("[[ladder]]\nstage = 'x'\nwhen.segment = [1]", "ladder[1].when.segment", "a list of"),
        (
            "[[ladder]]\nstage = 'x'\nwhen.activity = ['overdu']",
            "ladder[1].when.activity",
            "there is no activity 'overdu'",
        ),
        (
            "[[ladder]]\nstage = 'x'\nwhen.share_of_wallet = {min=0.5, max=0.4}",
            "ladder[1].when.share_of_wallet",
            "min is above max",
        ),
        ("playbook = 1", "playbook", "at least one"),
        ("playbook = [1]", "playbook[1]", "must be a table"),
        (playbook("priority = 1"), "playbook[1].action", "small letters"),
        (playbook("action = 'A b'\npriority = 1"), "playbook[1].action", "small letters"),
        (playbook("action = 'a'"), "playbook[1].priority", "a whole number"),
        (playbook("action = 'a'\npriority = 0"), "playbook[1].priority", "a whole number"),
        (playbook("action = 'a'\npriority = true"), "playbook[1].priority", "a whole number"),
        (playbook("action = 'a'\npriority = 1\nspeed = 1"), "playbook[1]", "'speed'"),
        (playbook("action = 'a'\npriority = 1\nsay = 1"), "playbook[1].say", "must be a text"),
        (
            playbook("action = 'a'\npriority = 1\nchannel = 'pigeon'"),
            "playbook[1].channel",
            "not a channel",
        ),
        (
            playbook("action = 'a'\npriority = 1\nwhen.shoes.min = 1"),
            "playbook[1].when",
            "unknown key 'shoes'",
        ),
        (playbook("action = 'a'\npriority = 1\nwhen.paused = true"), "playbook", "last row"),
        (
            playbook("action = 'a'\npriority = 2", "action = 'b'\npriority = 1"),
            "playbook[2].priority",
            "less than in the row above",
        ),
        (
            segments(
                "grid",
                "{ name = 'x', recency = [1, 5], frequency = [1, 5] }",
                "{ name = 'rich', monetary = [4, 5] }",
            ),
            "segments.rows[2].monetary",
            "a grid is over recency and frequency only",
        ),
    ],
)
def test_an_error_names_the_file_and_the_key(write, text, key, complaint):
    message = error_of(write, text)

    assert re.search(rf"shop\.toml: {re.escape(key)}", message), message
    assert complaint in message


def test_a_rules_file_that_cannot_be_read_is_refused(write, tmp_path):
    with pytest.raises(RulesError, match=r"gone\.toml: cannot be read: no such file"):
        load_rules(tmp_path / "gone.toml")
    with pytest.raises(RulesError, match="not UTF-8"):
        load_rules(write(b"\xff\xfe", "latin.toml"))


# Grids and lists ---------------------------------------------------------------------------------


@pytest.mark.parametrize("hole", GRID)
def test_a_grid_with_a_hole_is_refused_naming_the_cell(write, hole):
    rows = [cell(r, f) for r, f in GRID if (r, f) != hole]

    assert f"leaves out recency {hole[0]}, frequency {hole[1]}" in error_of(
        write, segments("grid", *rows)
    )


@pytest.mark.parametrize("double", GRID)
def test_a_grid_with_an_overlap_is_refused_naming_both(write, double):
    rows = [*(cell(r, f) for r, f in GRID), cell(*double, name="twice")]

    assert f"all and twice both hold at recency {double[0]}, frequency {double[1]}" in error_of(
        write, segments("grid", *rows)
    )


def test_a_full_grid_loads(write):
    path = write(segments("grid", *(cell(r, f) for r, f in GRID)))

    assert len(load_rules(path).segments.rows) == 25


def test_the_shipped_grid_asks_for_five_bins():
    with pytest.raises(RulesError, match=r"between 1 and 4.*five bins"):
        load_rules(None, {"recency": Method("quantile", 4)})
    with pytest.raises(RulesError, match="leaves out recency 6"):
        load_rules(None, {"recency": Method("quantile", 6)})
    assert load_rules(None, {"monetary": Method("quantile", 10)})


def test_overlaps_in_a_list_are_counted_and_warned_of(write):
    """Rich and recent meet in 2 x 5 x 2 of the 125 cells; the last row meets everyone."""
    rows = [
        "{ name = 'rich', monetary = [4, 5] }",
        "{ name = 'recent', recency = [4, 5] }",
        "{ name = 'rest' }",
    ]

    warning, *_ = warnings_of(write, segments("list", *rows))

    assert "shop.toml: segments: 20 of 125 score cells fit several rows" in warning


def test_a_row_of_a_list_that_no_one_can_reach_is_warned_of(write):
    rows = [
        "{ name = 'low', recency = [1, 3] }",
        "{ name = 'high', recency = [4, 5] }",
        "{ name = 'never', recency = [3, 4] }",
        "{ name = 'rest' }",
    ]

    warnings = warnings_of(write, segments("list", *rows))

    assert [re.search(r"rows\[\d\].*", text).group() for text in warnings[1:3]] == [
        "rows[3] (never) can never be reached",
        "rows[4] (rest) can never be reached",
    ]


def test_a_rung_below_one_that_covers_it_is_warned_of(write):
    text = """
        [[ladder]]
        stage = "any buyer"
        when.order_days.min = 1
        [[ladder]]
        stage = "regular"
        when.order_days.min = 5
        when.refunds.max = 10
        [[ladder]]
        stage = "rest"
    """

    warning, aimless = warnings_of(write, text)

    assert "ladder[2] (regular) can never be reached: any buyer covers it" in warning
    assert "rows are for nobody, because no stage is advocate, client, customer" in aimless


def test_a_row_below_one_with_more_words_is_warned_of(write):
    text = """
        [[playbook]]
        action = "talk"
        priority = 1
        when.stage = ["client", "customer"]
        [[playbook]]
        action = "write"
        priority = 1
        channel = "email, call"
        when.stage = "client"
        when.order_days.min = 5
        [[playbook]]
        action = "shout"
        priority = 2
        when.stage = ["client", "prospect"]
        [[playbook]]
        action = "wait"
        priority = 3
    """

    [warning] = warnings_of(write, text)

    assert "playbook[2] (write) can never be reached: talk covers it" in warning


def test_a_yes_and_a_no_cover_only_themselves(write):
    text = """
        [[ladder]]
        stage = "a"
        when.partner_listed = true
        [[ladder]]
        stage = "b"
        when.partner_listed = false
        [[ladder]]
        stage = "c"
    """

    assert not [line for line in warnings_of(write, text) if "never be reached" in line]


def test_conditions_of_every_kind_are_read(write):
    text = """
        [[playbook]]
        action = "all"
        priority = 1
        channel = "email, call"
        say = "Do it"
        when.share_of_wallet.max = 0.3333339
        when.overdue_ratio.min = 2.0000001
        when.headroom.min = 10.5
        when.paused = true
        when.loses_money = false
        when.contact_status = ["lead", "own word"]
        when.activity = "overdue"
        [[playbook]]
        action = "rest"
        priority = 2
    """

    first, rest = load_rules(write(text)).playbook

    assert first.conditions == (
        Condition("share_of_wallet", None, 333_333),
        Condition("overdue_ratio", 2_000_001),
        Condition("headroom", 105_000),
        Condition("paused", 1, 1),
        Condition("loses_money", 0, 0),
        Condition("contact_status", words=frozenset({"lead", "own word"})),
        Condition("activity", words=frozenset({"overdue"})),
    )
    assert (first.label, first.priority, first.channels, first.say) == (
        *("all", 1, ("email", "call")),
        "Do it",
    )
    assert rest.channels == ()


def test_rows_for_segments_that_there_are_not_are_counted(write):
    rows = [*(cell(r, f) for r, f in GRID)]

    [warning] = warnings_of(write, segments("grid", *rows))

    assert (
        "shop.toml: playbook: 1 row is for nobody, because no segment is champions, loyal;"
    ) in warning


# Cuts on the command line ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("recency=30,60,90,180", ("recency", Method("fixed", 5, (30, 60, 90, 180)))),
        ("frequency=quantile:7", ("frequency", Method("quantile", 7))),
        ("frequency=cumulative:5", ("frequency", Method("cumulative", 5))),
        ("monetary=nested:4", ("monetary", Method("nested", 4))),
        ("monetary=9.99", ("monetary", Method("fixed", 2, (99_900,)))),
        ("recency=at_least:115,181", ("recency", Method("at_least", 3, (115, 181)))),
        ("recency=fixed:1,2", ("recency", Method("fixed", 3, (1, 2)))),
    ],
)
def test_cuts_are_read(text, expected):
    assert parse_cuts(text) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("speed=1", "the dimension must be one of"),
        ("recency", "commas between them"),
        ("recency=", "commas between them"),
        ("recency=1;2", "commas between them"),
        ("recency=1,,2", "commas between them"),
        ("recency=quantile:", "bins from 2 to 10"),
        ("recency=quantile:1", "bins from 2 to 10"),
        ("recency=quantile:five", "bins from 2 to 10"),
        ("recency=nested:5", "nothing to nest it in"),
        ("recency=magic:5", "method must be one of"),
        ("recency=2,1", "cuts must ascend"),
        ("recency=nan", "no usable number"),
        ("recency=sNaN", "no usable number"),
        ("recency=-1e999999999999", "no usable number"),
        (f"recency=quantile:{'9' * 5000}", "bins from 2 to 10"),
        ("recency=1,2,3,4,5,6,7,8,9,10", "1 to 9 cuts"),
    ],
)
def test_what_is_no_cuts_is_refused(text, complaint):
    with pytest.raises(RulesError, match=complaint):
        parse_cuts(text)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=9, unique=True).map(sorted))
def test_any_ascending_cuts_are_read_as_they_are(cuts):
    assert parse_cuts(f"recency={','.join(map(str, cuts))}")[1].cuts == tuple(cuts)


def test_no_rule_is_reached_by_nobody_in_the_shipped_grid():
    rows = load_rules().segments.rows
    places = {
        place
        for place, row in enumerate(rows)
        for r, f in itertools.product(range(1, 6), range(1, 6))
        if all(
            one.smallest <= {"recency_score": r, "frequency_score": f}[one.column] <= one.largest
            for one in row.conditions
        )
    }

    assert places == set(range(len(rows)))


def test_data_of_any_origin_can_be_checked():
    with pytest.raises(RulesError, match=r"my rules: scoring\.recency"):
        parse_rules({**load_rules().data, "scoring": {"recency": {}}}, "my rules")


# Whom cut points are fitted on -------------------------------------------------------------------


def test_limits_of_the_fit_are_read_in_whole_units(write):
    text = "[scoring.fit]\nwithin = 'country'\nmin_orders = 2\nmin_spend = 9.99\nmax_spend = 1000\n"

    rules = load_rules(write(text))

    assert rules.fit == FitRules("country", min_orders=2, min_spend=99_900, max_spend=10_000_000)
    assert load_rules(write(to_toml(load_rules(write(text)).data), "again.toml")).fit == rules.fit
    assert load_rules().fit == FitRules()


def test_limits_given_by_the_caller_beat_the_file_one_by_one(write):
    path = write("[scoring.fit]\nwithin = 'country'\nmin_orders = 2\n")

    given = parse_fit(None, {"min_orders": "3", "max_spend": "50.5"})

    assert load_rules(path, None, given).fit == FitRules("country", 3, max_spend=505_000)
    assert load_rules(path, None, parse_fit("kind", {})).fit == FitRules("kind", 2)
    both = load_rules(path, None, given)
    assert load_rules(write(to_toml(both.data), "written.toml")).fit == both.fit


@pytest.mark.parametrize(
    ("limits", "complaint"),
    [
        ({"min_orders": "two"}, "--min-orders: a number is needed"),
        ({"max_spend": "nan"}, "^--max-spend: NaN is no usable number"),
        ({"min_orders": "-1"}, "^--min-orders: nobody has fewer"),
        ({"min_orders": "3", "max_orders": "2"}, "^--min-orders: above the most, which leaves"),
    ],
)
def test_what_is_no_limit_is_refused(limits, complaint):
    with pytest.raises(RulesError, match=complaint):
        parse_fit(None, limits)


def test_the_rules_in_force_are_shown_as_json_too():
    shown = json.loads(rfmtool("rules", "show", "--format", "json").stdout)
    assert shown["playbook"]
    assert shown == json.loads(json.dumps(load_rules().data, default=float))


def test_a_check_of_rules_is_json_too(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[segments]\nrows = []\n")
    good = Path(__file__).parents[1] / "examples/four_bands.toml"

    found = json.loads(rfmtool("rules", "check", good, "--format", "json").stdout)
    refused = rfmtool("rules", "check", path, "--format", "json")

    assert (found["file"], found["rungs"], found["segments"]) == (str(good), 7, 5)
    assert any("fit several rows" in warning for warning in found["warnings"])
    assert (refused.exit_code, refused.stdout) == (2, "")
