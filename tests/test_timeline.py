"""Where everybody stood over time: each point is a run of its own, and one pass gives them all."""

import io
import json
from datetime import date

import pytest
from rich.console import Console
from shell import QUIETLY, SHOP, assert_snapshot, rfmtool, written

import rfmtool as library
from rfmtool.analyses.timeline import Timeline, TimelinePoint, period_ends
from rfmtool.errors import UsageError
from rfmtool.pages.terminal import draw
from rfmtool.pages.timeline import page
from rfmtool.settings import Settings
from rfmtool.summaries.answers import timeline_data

HEADER = "customer_id,order_id,ordered_at,amount\n"
ONE = HEADER + "ann,1,2024-01-05,20\n"
REFUNDS = HEADER + "ann,1,2024-01-05,-20\nann,2,2024-03-05,-20\n"
TAKEN_BACK = HEADER + "ann,1,2024-01-05,20\nbob,2,2024-02-05,20\nann,1,2024-03-09,-20\n"
COUNTS = ("stages", "segments", "activity")


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("month", ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-10"]),
        ("quarter", ["2024-03-31", "2024-04-10"]),
    ],
)
def test_the_ends_of_months_and_quarters_and_the_last_day(every, days):
    found = period_ends(date(2024, 1, 31), date(2024, 4, 10), every)
    assert [f"{day}" for day in found] == days


def test_weeks_end_on_sundays():
    found = period_ends(date(2024, 1, 3), date(2024, 1, 14), "week")
    assert found == (date(2024, 1, 7), date(2024, 1, 14))


@pytest.mark.long
def test_each_point_of_online_retail_is_a_run_of_its_own(online_retail, online_retail_file):
    points = library.timeline(online_retail, every="quarter").as_data()

    assert len(points) == 5
    assert points[-1]["revenue"] == "8300065.814"
    assert points[-1]["stages"] == {
        **dict.fromkeys(points[-1]["stages"], 0), "client": 2_790, "customer": 1_548, "prospect": 34
    }  # fmt: skip
    june = next(point for point in points if point["as_of"] == "2011-06-30")
    alone = library.run(online_retail_file, as_of="2011-06-30").summary
    assert (june["customers"], june["revenue"]) == (alone["customers"], alone["revenue"])
    for counts in COUNTS:
        present = {name: many for name, many in june[counts].items() if many}
        assert present == {group["name"]: group["customers"] for group in alone[counts]}


def test_an_order_taken_back_later_counts_until_then(tmp_path):
    points = library.timeline(written(tmp_path / "shop.csv", TAKEN_BACK), as_of="2024-03-31")
    buyers = [(point.as_of.month, point.buyers, point.revenue) for point in points.points]

    assert buyers == [(1, 1, 200_000), (2, 2, 400_000), (3, 1, 200_000)]


@pytest.mark.long
def test_scales_that_are_given_hold_for_all_days(tmp_path):
    shop = written(tmp_path / "shop.csv", SHOP)
    rfmtool("run", shop, "-o", tmp_path / "out", *QUIETLY)
    scales = tmp_path / "out" / "scales.json"
    march = library.run(shop, scales=scales, as_of="2024-03-31").summary
    found = library.timeline(shop, scales=scales)
    point = next(each for each in found.points if each.as_of == date(2024, 3, 31))

    assert not found.fitted
    present = {name: many for name, many in point.segments.items() if many}
    assert present == {group["name"]: group["customers"] for group in march["segments"]}


def test_evidence_counts_from_its_day(tmp_path):
    shop = written(tmp_path / "shop.csv", SHOP)
    text = "referrer_id,referred_id,referred_on,solicited\nann,dan,2024-02-01,no\n"
    referrals = written(tmp_path / "referrals.csv", text)
    result = rfmtool("timeline", shop, "--referrals", referrals, "--format", "json")
    points = json.loads(result.stdout)

    assert result.exit_code == 0, result.stderr
    assert [point["stages"]["advocate"] for point in points] == [0, 1, 1, 1, 1]
    refused = rfmtool("timeline", shop, "--referrals", referrals, "-o", referrals)
    assert refused.exit_code == 2


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_rows_of_a_contact_those_of_the_day_are_in_force(tmp_path, order):
    shop = written(tmp_path / "shop.csv", HEADER + "ann,1,2024-01-05,20\nann,2,2024-05-20,20\n")
    rows = ["bob,known,2024-01-01", "bob,replied,2024-05-02", "dan,known,2024-03-04"]
    text = "".join(f"{row}\n" for row in ["customer_id,status,since_on", *rows[::order]])
    contacts = written(tmp_path / "contacts.csv", text)
    told = rfmtool("timeline", shop, "--contacts", contacts, "--format", "json")
    points = json.loads(told.stdout)

    assert [(one["stages"]["suspect"], one["stages"]["prospect"]) for one in points] == [
        (1, 0), (1, 0), (2, 0), (2, 0), (1, 1)
    ]  # fmt: skip
    for one in points:
        day = one["as_of"]
        alone = library.run(shop, evidence={"contacts": contacts}, as_of=day).summary["stages"]
        present = {name: many for name, many in one["stages"].items() if many}
        assert present == {group["name"]: group["customers"] for group in alone}


def test_within_a_window_there_is_the_last_day_alone(tmp_path):
    rows = "".join(f"c{n % 7},2024-{n % 12 + 1:02}-15,{n + 1}\n" for n in range(60))
    (tmp_path / "a.csv").write_text(f"customer_id,date,amount\n{rows}")
    settings = Settings(window_days=90)

    found = library.timeline(tmp_path / "a.csv", settings=settings)
    result = library.run(tmp_path / "a.csv", settings=settings)

    assert [one.as_of for one in found.points] == [result.as_of]
    assert found.points[0].buyers == (result.customers["frequency"] > 0).sum()
    assert "has a full window of 90 days" in found.notes[0]


def test_the_order_of_rows_changes_nothing(tmp_path):
    header, *rows = SHOP.splitlines(keepends=True)
    found, again = (
        library.timeline(written(tmp_path / "shop.csv", text)).as_data()
        for text in (SHOP, header + "".join(rows[::-1]))
    )
    assert found == again


def test_the_table_has_a_row_for_each_day(tmp_path):
    shop, target = written(tmp_path / "shop.csv"), tmp_path / "line.csv"
    rfmtool("timeline", shop, "--quiet", "--every", "quarter", "-o", target)
    header, *rows = target.read_text().splitlines()

    assert header.startswith("as_of,customers,buyers,revenue,stage_partner,")
    assert [row.split(",")[:4] for row in rows] == [
        ["2024-03-31", "4", "4", "79.49"],
        ["2024-05-20", "4", "4", "1142"],
    ]


def test_a_result_of_some_columns_alone_says_how_to_get_all(tmp_path):
    result = library.run(written(tmp_path / "shop.csv"), settings=Settings(select=("monetary",)))
    with pytest.raises(UsageError, match="was not asked for the column activity"):
        library.timeline(result)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(ONE, "there is one day only"), (REFUNDS, "under 180 days")],
    ids=["one", "refunds"],
)
def test_too_little_data_is_said_in_a_sentence(tmp_path, text, sentence):
    shop = written(tmp_path / "shop.csv", text)
    page = rfmtool("timeline", shop, COLUMNS="200")
    data = rfmtool("timeline", shop, "--format", "json")

    assert (page.exit_code, data.exit_code) == (0, 0)
    assert sentence in page.stdout
    assert "nan" not in page.stdout.lower()
    assert json.loads(data.stdout)[-1]["customers"] == 1


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_page(tmp_path, width):
    result = rfmtool("timeline", written(tmp_path / "shop.csv"), COLUMNS=width)
    assert result.exit_code == 0
    assert_snapshot(f"timeline-{width}", result.stdout)


@pytest.mark.parametrize("width", [40, 100])
def test_no_line_is_wider_than_the_terminal(tmp_path, width):
    shop = written(tmp_path / "shop.csv")
    page = rfmtool("timeline", shop, COLUMNS=str(width)).stdout
    assert max(map(len, page.splitlines())) <= width


def test_advocates_are_told_for_each_year_of_the_books():
    def standing(day, **stages):
        return TimelinePoint(day, 10, 10, 0, stages, {}, {})

    first, last = standing(date(2024, 1, 1), advocate=0), standing(date(2026, 1, 1), advocate=4)
    other = standing(date(2026, 1, 1), friend=4)
    found = Timeline("month", date(2024, 1, 1), fitted=True, points=(first, last, other))

    assert found.growth(first) == {"age_days": 0, "advocates_per_year": None}
    assert found.growth(last) == {"age_days": 731, "advocates_per_year": 1.9986}
    assert found.growth(other)["advocates_per_year"] is None


def seen(day, lapsed, active, client=0):
    activity = {"newcomer": 1, "active": active, "overdue": 2, "lapsed": lapsed}
    return TimelinePoint(day, 50, lapsed + active + 3, 0, {"client": client}, {}, activity)


GROWING = [
    seen(date(2023, 12, 31), 0, 4, 1),
    seen(date(2024, 12, 31), 3, 9, 2),
    seen(date(2025, 1, 31), 3, 30, 5),
    seen(date(2025, 12, 31), 6, 11, 4),
]


def test_the_last_day_is_held_against_one_a_year_before_or_the_first_that_is_old_enough():
    def before(*points, begins=date(2023, 1, 1)):
        return Timeline("month", begins, fitted=True, points=points).baseline

    assert before(*GROWING) == GROWING[1]
    assert before(*GROWING[2:]) == GROWING[2]
    assert before(*GROWING[1:], begins=date(2024, 8, 4)) == GROWING[2]
    assert before(*GROWING[1:], begins=date(2024, 12, 1)) == GROWING[1]
    assert before(GROWING[0]) is None


def said(points, begins=date(2023, 1, 1)):
    console = Console(width=60, file=io.StringIO())
    found = Timeline("month", begins, fitted=True, points=tuple(points))
    draw(page(timeline_data(found), 60), console)
    return " ".join(console.file.getvalue().split())


def test_whether_the_base_grows_is_told_by_activity():
    page = said(GROWING)
    assert "The active base grows: 14 are newcomers, active or overdue, 12" in page
    assert (
        "2024-12-31. Since then buyers went from 15 to 20, lapsed from 3 to 6, client from 2 to"
        in page
    )
    assert "says little" not in page
    assert "The active base shrinks: 14" in said(GROWING[2:])
    assert "The active base stands still" in said([GROWING[0], GROWING[0]])
    assert "base" not in said(GROWING[:1])


def test_of_young_books_growth_says_little():
    assert "History was 30 days then, so that says little." in said(GROWING[1:], date(2024, 12, 1))


def test_curves_say_that_they_leave_days_out():
    assert "There is room for 6 of the 12 days in it." in said(GROWING * 3)
    assert "There is room" not in said(GROWING)


def test_an_export_that_names_nobody_has_one_day_and_nobody_in_it(tmp_path):
    shop = written(tmp_path / "shop.csv", HEADER + ",1,2024-01-05,20\n,2,2024-03-05,20\n")
    page = rfmtool("timeline", shop)
    points = json.loads(rfmtool("timeline", shop, "--format", "json").stdout)

    assert page.exit_code == 0, page.stderr
    assert [(point["as_of"], point["customers"]) for point in points] == [("2024-03-05", 0)]


WALLETS = "customer_id,wallet\nann,2000\nbob,1000\n"
BY_WALLET = """
[[ladder]]
stage = "devoted"
proof = "spends half of it here"
evidence = "stated"
because = "half of all"
when.share_of_wallet.min = {share}
when.wallet_basis = {bases}

[[ladder]]
stage = "known"
proof = "known"
evidence = "contact"
because = "known"
"""


@pytest.mark.long
@pytest.mark.parametrize("bases", [["known"], ["known", "peer_estimate"]])
@pytest.mark.parametrize("estimate", [True, False])
def test_a_rung_may_rest_on_wallets_told_or_estimated(tmp_path, bases, estimate):
    shop = written(tmp_path / "shop.csv", SHOP)
    more = {
        "rules": written(tmp_path / "rules.toml", BY_WALLET.format(share=0.5, bases=bases)),
        "evidence": {"wallets": written(tmp_path / "wallets.csv", WALLETS)},
        "settings": Settings(estimate=estimate),
    }
    run = library.run(shop, **more)
    then = library.run(shop, as_of="2024-04-30", **more)
    points = {each.as_of: each for each in library.timeline(shop, **more).points}

    for result in (run, then):
        counts = result.frame["stage"].value_counts(sort=False)
        assert points[result.as_of].stages == {str(name): many for name, many in counts.items()}
    assert points[run.as_of].stages["devoted"] > 0


def test_a_proxy_makes_supporters_on_every_day(tmp_path):
    rows = [f"ann,{day},2024-01-{day:02},20\n" for day in range(1, 31, 3)]
    shop = written(tmp_path / "shop.csv", HEADER + "".join(rows) + "bob,b,2024-01-20,5\n")
    points = library.timeline(shop, every="week", settings=Settings(allow_proxy=True)).points
    supporters = {
        each.as_of: library.run(
            shop, as_of=each.as_of, settings=Settings(allow_proxy=True)
        ).frame["stage"].eq("supporter").sum()
        for each in points
    }  # fmt: skip

    assert [each.stages["supporter"] for each in points] == list(supporters.values())
    assert max(supporters.values()) == 1
