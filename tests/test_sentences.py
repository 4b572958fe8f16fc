"""Each sentence of a report stands there where it is true of the data, and only there."""

import textwrap
from datetime import date, timedelta

import pytest

from rfmtool.analyses.backtest import SHORT_HISTORY_NOTE
from rfmtool.pages.affinity import page as affinity_page
from rfmtool.pages.blocks import Paragraph, Table
from rfmtool.pages.evidence import candidates_in_words, complaints_in_words, wallets
from rfmtool.pages.forecast import baseline_rates, forecast_blocks, lookback_blocks
from rfmtool.pages.funnel import ladder_funnel
from rfmtool.pages.grid import recency_frequency_grid
from rfmtool.pages.groups import ladder
from rfmtool.pages.holdouts import holdout_blocks
from rfmtool.pages.run import missing_contact_details, segment_versus_activity, to_do
from rfmtool.pages.run import page as run_page
from rfmtool.pipeline import run
from rfmtool.rules import load_rules
from rfmtool.summaries.formatting import label_text


def said(blocks):
    """All sentences of some blocks, in one."""
    return " ".join(block.words for block in blocks if isinstance(block, Paragraph))


def test_names_are_words():
    assert [label_text(name) for name in ("cant_lose", "at_risk", "loyal")] == [
        "can't lose", "at risk", "loyal",
    ]  # fmt: skip


# Growth and the ladder ---------------------------------------------------------------------------

FUNNEL = {
    "steps": [{"stage": "suspect", "reached": 5}], "growth_can_be_told": True,
    "growth_needs_days": 820, "history_days": 900, "new_buyers": 5, "newly_lapsed": 5,
    "is_pyramid": True, "top_share": None, "top_revenue": "0", "referred_revenue": "0",
}  # fmt: skip


def climbed(*, buyers=9, margins=None, **funnel):
    return said(
        ladder_funnel(
            {"customers": 9, "buyers": buyers, "funnel": FUNNEL | funnel, "margins": margins}
        )
    )


@pytest.mark.parametrize(
    ("new", "lapsed", "words"),
    [(7, 5, "the base grows"), (4, 5, "the base shrinks"), (5, 5, "the base stands still")],
)
def test_the_base_grows_where_more_came_than_lapsed(new, lapsed, words):
    told = climbed(new_buyers=new, newly_lapsed=lapsed)

    assert words in told
    assert sum(one in told for one in ("grows", "shrinks", "stands still")) == 1
    assert "cannot be said" not in told


def test_a_short_history_says_nothing_of_growth():
    told = climbed(growth_can_be_told=False, history_days=100, new_buyers=2_573, newly_lapsed=166)

    assert "cannot be said yet" in told
    assert "820 days of history, and there are 100" in told
    assert "In the last 90 days" not in told


def test_nobody_who_bought_is_no_base():
    assert climbed(buyers=0) == ""


@pytest.mark.parametrize(("narrows", "there"), [(True, False), (None, False), (False, True)])
def test_a_ladder_that_does_not_narrow_is_named(narrows, there):
    assert ("does not narrow" in climbed(is_pyramid=narrows)) is there


def test_what_hangs_on_those_at_the_top_is_told_where_they_are():
    told = climbed(top_share=0.25, top_revenue="40", referred_revenue="10")

    assert "spent 40.00, and those they brought 10.00: together 25.0% of revenue." in told
    assert "Advocates and partners" not in climbed()


def test_what_is_left_after_costs_is_told_where_costs_are_known():
    margins = {"stages": [{"name": "client", "share": 0.5}, {"name": "customer", "share": None}],
               "orders": [{"name": "1", "average": "7"}]}  # fmt: skip

    assert "Margin after costs, by rung: client 50.0%." in climbed(margins=margins)
    assert "nth order: 1: 7.00" in climbed(margins=margins)
    assert "argin" not in climbed()


def test_rungs_that_nobody_can_stand_on_say_which_table_they_need():
    rungs = [{"stage": "partner", "proof": "x", "needs": ["partners"]},
             {"stage": "client", "proof": "y", "needs": []}]  # fmt: skip

    assert said(ladder({"stages": [], "ladder": rungs, "backtest": None})) == (
        "More rungs: partner with --partners."
    )
    assert said(ladder({"stages": [], "ladder": rungs[1:], "backtest": None})) == ""


# Reach, clocks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contacts", "consent", "words"),
    [
        (False, False, "channels are the playbook's"),
        (True, False, "No consent is known"),
        (True, True, ""),
    ],
)
def test_what_is_not_known_of_how_to_reach_people_is_said_once(contacts, consent, words):
    told = said(missing_contact_details({"contacts_known": contacts, "consent_known": consent}))

    assert words in told
    assert bool(told) is bool(words)


def test_two_clocks_are_explained_where_they_differ():
    assert "1 client in a cooling segment still orders as often" in said(
        segment_versus_activity({"cooling_but_active": 1})
    )
    assert "2 clients in a cooling segment still order as often" in said(
        segment_versus_activity({"cooling_but_active": 2})
    )
    assert segment_versus_activity({"cooling_but_active": 0}) == []


def test_what_is_to_be_done_first_takes_two_lines_at_most():
    """As narrow as the column is on 80 characters beside the longest name of a list."""
    for row in load_rules().playbook:
        assert len(textwrap.wrap(row.say, 38)) <= 2, row.label


# Base rates and forecasts ------------------------------------------------------------------------

SPAN = {"from": "2024-01-01", "until": "2024-03-31", "customers": 100, "returned": 40}
TESTED = {
    "buyers": SPAN, "looked_back": [SPAN], "days": 90, "year_before": None,
    "segments_differ": True, "groups": [],
}  # fmt: skip


def test_the_season_looked_back_to_is_named():
    told = said(lookback_blocks({"backtest": TESTED}))

    assert "on 1 earlier day:" in told
    assert "Jan 2024–Mar 2024 40%" in told
    assert "a year ago" not in told
    year = said(lookback_blocks({"backtest": TESTED | {"year_before": SPAN | {"returned": 25}}}))
    assert "The coming season a year ago: Jan 2024–Mar 2024 25%" in year


def test_of_a_window_earlier_days_are_said_to_know_a_part():
    assert "--window" not in said(lookback_blocks({"backtest": TESTED}))
    told = said(lookback_blocks({"backtest": TESTED | {"window_days": 365}}))
    assert "Of the 365 days of --window an earlier day has those before it alone" in told


@pytest.mark.parametrize(("differ", "there"), [(True, False), (None, False), (False, True)])
def test_segments_that_come_back_alike_tell_nothing(differ, there):
    told = said(lookback_blocks({"backtest": TESTED | {"segments_differ": differ}}))

    assert ("they tell nothing here" in told) is there


def anyway(returned, *, of=90, low=0.1, action="last_try"):
    group = {"by": "action", "name": action, "customers": of, "returned": returned, "low": low}
    tested = TESTED | {"groups": [group]}
    return said(baseline_rates({"backtest": tested, "actions": [{"name": action}]}))


def test_how_many_came_anyway_is_told_of_enough_people():
    assert "last try 33%" in anyway(30)
    assert anyway(3, of=9, low=None) == ""
    assert baseline_rates({"backtest": None, "actions": []}) == []


def test_a_last_try_to_people_of_whom_a_third_come_anyway_is_said():
    assert "largely given away" in anyway(30)
    assert "largely given away" not in anyway(29)
    assert "largely given away" not in anyway(80, action="welcome")


CHECKED = {
    "from": "2024-01-01", "foretold_buyers": 90.0, "buyers": 100, "foretold_spend": "900",
    "spend": "1000", "best_fifth": 0.7, "best_fifth_by_monetary": 0.6, "misses": False,
    "beats_monetary": True,
}  # fmt: skip


def foretold(**checked):
    check = None if checked.pop("unchecked", False) else CHECKED | checked
    forecast = {"days": 90, "buyers": 80.4, "spend": "800", "check": check}
    return said(forecast_blocks({"forecast": forecast}))


def test_a_forecast_is_told_with_how_the_last_one_went_and_its_doubts_first():
    assert "about 80 of today's buyers and 800.00" in foretold()
    assert "actual 100 and 1,000.00" in foretold()
    assert foretold(misses=True).startswith("The last forecast of spend was off")
    assert "was off" not in foretold()
    assert foretold(beats_monetary=False).startswith("Forecast spend found the best customers no")
    assert "no better" not in foretold()
    assert "cannot be checked yet" in foretold(unchecked=True)
    assert "cannot be checked yet" not in foretold()
    assert forecast_blocks({"forecast": None}) == []


# Wallets and voices ------------------------------------------------------------------------------


def basis(name, **more):
    return {"basis": name, "customers": 4, "spend": "90", "wallet": "100", "share": 0.9,
            "wallet_low": "100", "wallet_high": "300", "share_low": 0.3, "share_high": 0.9,
            **more}  # fmt: skip


def test_an_estimate_is_a_range_and_what_was_told_is_not():
    known = wallets({"wallet": {"bases": [basis("known", wallet_high="100")]}})
    guess = wallets({"wallet": {"bases": [basis("peer_estimate")]}})

    assert known[0].rows[0][-2:] == ("100.00", "90.0%")
    assert said(known) == ""
    assert guess[0].rows[0][-2:] == ("100.00 to 300.00", "30% to 90%")
    assert said(guess) == "No action rests on an estimate."


def test_where_nobody_alike_spends_more_nothing_is_said_of_other_shops():
    top = basis("peer_estimate", wallet_high="100", share_low=0.9)

    assert wallets({"wallet": {"bases": [top]}})[0].rows[0][-2:] == ("–", "–")


@pytest.mark.parametrize(
    ("kind", "head", "name"),
    [
        ("csv", "list in actions/", "put_it_right"),
        ("xlsx", "sheet in report.xlsx", "action put_it_right"),
        (None, "action", "put it right"),
    ],
)
def test_lists_are_said_to_be_where_they_lie(kind, head, name):
    action = {"name": "put_it_right", "say": "Complaints still open", "channel": "phone",
              "customers": 1, "revenue": "5"}  # fmt: skip
    summary = {"actions": [action], "contacts_known": False, "backtest": None, "lists_as": kind}
    table = to_do(summary, "out")[0]

    assert (table.columns[-1].title, table.rows[0][-1]) == (head, name)


def test_where_all_stand_in_one_cell_there_is_no_grid():
    bands = {name: ["0 days", "> 0 days"] for name in ("recency", "frequency")}
    summary = {"grid": [[0, 0], [0, 3]], "bands": bands}
    [line] = recency_frequency_grid(summary, 80)

    assert line.words == "All 3 buyers stand in one cell of recency × orders: > 0 days, 0 days."


def part(people, of):
    return {"people": people, "of": of, "share": people / of if of else None, "too_few": of < 30}


QUIET = {"complaints": None, "delight": None, "candidates": None}


def test_complaints_are_told_where_there_is_a_table_of_them():
    complaints = {"open": 1, "resolved": 2, "median_days_to_resolve": None,
                  "came_back_after": part(0, 0), "came_back_without": part(9, 40)}  # fmt: skip
    told = " ".join(complaints_in_words(QUIET | {"complaints": complaints}))

    assert told == "1 complaint open, 2 resolved."
    more = complaints | {"median_days_to_resolve": 3.0, "came_back_after": part(5, 10)}
    told = " ".join(complaints_in_words(QUIET | {"complaints": more}))
    assert "2 resolved in 3 days (median)" in told
    assert "5 of 10 (too few to tell) after a resolved complaint, 22.5% of 40" in told
    assert list(complaints_in_words(QUIET)) == []


def test_delight_is_told_where_there_are_answers():
    delight = {"ecstatic": part(20, 40), "satisfied": part(10, 40), "unhappy": part(0, 0)}

    [words] = complaints_in_words(QUIET | {"delight": delight})
    assert "50.0% of 40 of those who gave 9 or 10, 25.0% of 40 of those who gave 7 or 8" in words


@pytest.mark.parametrize(
    ("tell", "end"),
    [
        (True, ": orders predict it."),
        (False, ": orders are not seen to predict it."),
        (None, "back."),
    ],
)
def test_how_well_candidates_foretell_is_told_as_far_as_it_is_known(tell, end):
    found = {"suggested": part(30, 40), "others": part(10, 40), "orders_tell": tell}

    [words] = candidates_in_words({"candidates": found})
    assert words.startswith("Would recommend us: 75.0% of 40 of those whose orders suggest it")
    assert words.endswith(end)


def test_without_an_answer_of_a_candidate_nothing_is_told_of_them():
    none = {"suggested": part(0, 0), "others": part(10, 40), "orders_tell": None}

    assert list(candidates_in_words({"candidates": none})) == []
    assert list(candidates_in_words(QUIET)) == []


# Lots and results --------------------------------------------------------------------------------

LOTS = {
    "lists": [{"words": "welcome: 540 to mail; 60 of 600 held out", "smallest_rise": 0.1,
               "weeks": {"0.10": 0, "0.05": None}}],
    "round_began_on": "2024-01-01", "is_old": False,
}  # fmt: skip
NOTHING = {"lots": None, "resting": None, "results": {}, "last_times": {}}


def test_who_is_left_out_is_told_and_a_new_round_proposed_when_it_is_old():
    [table, note] = holdout_blocks(NOTHING | {"lots": LOTS})

    assert isinstance(table, Table)
    assert table.rows == (("welcome: 540 to mail; 60 of 600 held out", "+10.0", "0 w", "–"),)
    assert "This round began on 2024-01-01" in note.words
    assert "--holdout-salt" not in note.words
    assert "--holdout-salt" in said(holdout_blocks(NOTHING | {"lots": LOTS | {"is_old": True}}))
    assert holdout_blocks(NOTHING) == []


def test_who_rests_is_told_and_why():
    resting = {"contacted": 1_200, "often": 0, "snoozed": 1}

    assert said(holdout_blocks(NOTHING | {"resting": resting})) == (
        "1,201 resting: 1,200 recently contacted for the same thing, 1 asked to wait."
    )
    assert holdout_blocks(NOTHING | {"resting": {"contacted": 0, "snoozed": 0}}) == []


@pytest.mark.parametrize(
    ("verdict", "advice"),
    [
        ("earned_more", "Keep doing: win back, last time +3.10 a person [1.20, 5.00]."),
        ("costly", "Sells more, but perhaps not more than it costs: win back"),
        ("earned_less", "Stop, or change it: win back"),
        ("no_difference", "Makes little difference: win back"),
        ("too_few", "Too early to tell: win back"),
    ],
)
def test_each_result_is_advice_of_one_kind(verdict, advice):
    results = {"win_back": {"verdict": verdict, "earned_low": 0.5}}
    if verdict == "costly":
        results["win_back"] = {"verdict": "earned_more", "earned_low": -0.5}
    last = {"win_back": "+3.10 a person [1.20, 5.00]"}

    blocks = holdout_blocks(NOTHING | {"results": results, "last_times": last})

    assert len(blocks) == 1
    assert said(blocks).startswith(advice)


# The grid and affinity ---------------------------------------------------------------------------


def test_the_shades_of_the_grid_have_a_key_of_even_steps():
    summary = {
        "grid": [[100, 25], [26, 0]],
        "bands": {"recency": ["≤ 9 days", "> 9 days"], "frequency": ["2+ orders", "1 order"],
                  "monetary": ["> 5", "≤ 5"]},
        "scales": {"monetary": {}},
    }  # fmt: skip
    fitting, key = recency_frequency_grid(summary, 80)

    rows = fitting.ways[0][0].rows
    assert [[cell.words.strip() for cell in row.cells] for row in rows] == [
        ["100█", "25░"], ["26▒", "·"],
    ]  # fmt: skip
    assert key.words == "People in a cell: ░ 1–25, ▒ 26–50, ▓ 51–75, █ 76–100."


def test_a_pair_is_shown_once():
    def rule(has, then):
        return {"has": has, "next": then, "customers": 30, "support": 0.3, "confidence": 0.5,
                "lift": 2.0}  # fmt: skip

    rules = [rule(["tea"], "pots"), rule(["pots"], "tea"), rule(["tea", "pots"], "cups")]
    found = {"rules": rules, "customers": 99, "by": "category", "names": 3, "as_of": "2024-01-01",
             "suggestions": 4, "notes": []}  # fmt: skip
    blocks = affinity_page(found, 80)

    [table] = [block for block in blocks if isinstance(block, Table)]
    assert [row[:2] for row in table.rows] == [("tea", "pots"), ("tea + pots", "cups")]
    assert "the strongest is shown" in said(blocks)
    assert "the strongest is shown" not in said(affinity_page(found | {"rules": rules[:1]}, 80))


# A whole run -------------------------------------------------------------------------------------


def test_a_short_history_foretells_nothing_and_a_currency_that_was_read_is_shown(tmp_path):
    lines = [
        f"c{number % 40},{date(2024, 1, 1) + timedelta(number)},5,EUR\n" for number in range(120)
    ]
    path = tmp_path / "a.csv"
    path.write_text("customer_id,ordered_at,amount,currency\n" + "".join(lines))
    summary = run(path).summary

    assert SHORT_HISTORY_NOTE in said(run_page(summary, 80))
    headline = "".join(words for words, _ in run_page(summary, 80)[0].parts)
    assert "revenue 600.00 EUR" in headline
