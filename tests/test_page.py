"""The page of a run: what stands on it is what the summary says, and it needs nothing else."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from shell import SHOP, rfmtool, written

import rfmtool as library
from rfmtool.errors import InputError, UsageError
from rfmtool.pages.cards import day_in_words
from rfmtool.pages.html import MAX_PAGE_BYTES, run_page
from rfmtool.pages.locales import Locale
from rfmtool.pages.sections.distributions import histograms
from rfmtool.pages.sections.wallet_and_feedback import wallet
from rfmtool.pages.svg import Axis, as_percent, nice_ticks
from rfmtool.runs.history import timeline_from_history

pytestmark = pytest.mark.long

EXAMPLE = Path(__file__).parents[1] / "examples" / "shop"
TEMPLATES = Path(__file__).parents[1] / "rfmtool" / "pages" / "templates"
HEADER = "customer_id,order_id,ordered_at,amount\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of the example shop, with its page."""
    place_ = tmp_path_factory.mktemp("page") / "out"
    rfmtool("run", EXAMPLE / "orders.csv", "--rules", EXAMPLE / "shop.toml", "-o", place_,
            "--title", "A corner shop", "--quiet")  # fmt: skip
    return place_


@pytest.fixture(scope="module")
def summary(folder):
    return json.loads((folder / "summary.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "report.html").read_text("utf-8")


class Reader(HTMLParser):
    """The elements of a page, the values of its numbers, and its texts, by section."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.values, self.section = {}, ""
        self.rects = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "section":
            self.section = given.get("aria-labelledby", "")
        if tag == "data":
            self.values.setdefault(self.section, []).append(given["value"])
        if tag == "rect":
            self.rects.setdefault(self.section, []).append(given)

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def read(page):
    return Reader(page)


def test_the_segments_on_the_page_are_those_of_the_summary(summary, read):
    groups = sorted(summary["segments"], key=lambda one: -float(one["revenue"]))

    shown = read.values["segments"]
    for group in groups:
        for name in ("share", "revenue_share"):
            assert repr(group[name]) in shown, (group["name"], name)
    widths = [rect["width"] for rect in read.rects["segments"]]
    largest = max(max(one["share"], one["revenue_share"]) for one in groups)
    for group, (people, money) in zip(
        groups, zip(widths[::2], widths[1::2], strict=True), strict=True
    ):
        assert people == as_percent(100 * group["share"] / largest)
        assert money == as_percent(100 * max(group["revenue_share"], 0) / largest)


def test_the_cohorts_on_the_page_are_those_of_the_summary(summary, read):
    shares = [repr(share) for row in summary["cohorts"]["rows"] for share in row["shares"]
              if share is not None]  # fmt: skip

    assert read.values["cohorts"] == shares


def test_the_curve_of_the_second_order_is_that_of_the_summary(summary, read):
    curve = summary["repeat"]["curve"]
    told = [repr(point[name]) for point in [*curve[:-1:2], curve[-1]]
            for name in ("share", "low", "high") if point[name] is not None]  # fmt: skip

    assert read.values["second"] == told


def test_the_revenue_of_months_is_that_of_the_summary(summary, read):
    money = {each for row in summary["months"]["rows"] for each in (row["first"], row["earlier"])}

    assert set(read.values["months"]) <= money


def test_months_and_cohorts_add_up_to_the_revenue_of_buyers(summary):
    rows = summary["months"]["rows"]
    together = sum(float(row["first"]) + float(row["earlier"]) for row in rows)
    buyers = sum(float(one["revenue"]) for one in summary["segments"] if one["name"] != "no_orders")

    assert together == pytest.approx(buyers)


def test_months_have_english_names_whatever_the_locale_of_the_process():
    formats = re.compile(r":%[aAbBcxX]|strftime|month_(?:abbr|name)|day_(?:abbr|name)")
    named = [path.name for path in TEMPLATES.parent.rglob("*.py")
             if formats.search(path.read_text("utf-8"))]  # fmt: skip

    assert not named
    assert day_in_words("2025-03-31") == "31 March 2025"


def test_ticks_of_days_are_whole_days(tmp_path):
    rows = [f"c{who},o{who}-{order},2025-01-0{1 + (who + order) % 8},5"
            for who in range(12) for order in range(2)]  # fmt: skip
    path = written(tmp_path / "week.csv", HEADER + "\n".join(rows) + "\n")
    card = histograms(library.run(path).summary, Locale.from_locale("en"))
    _title, recency = card.marks[0].plots[0]
    assert [text for _place, text, _minor in recency.x_ticks] == ["0", "5"]


def test_distributions_and_cells_count_every_buyer_once(summary):
    found, buyers = summary["distributions"], summary["buyers"]

    assert sum(found["recency"]["counts"]) == sum(found["frequency"]["counts"]) == buyers
    assert sum(found["monetary"]["counts"]) + found["monetary"]["zero_or_less"] == buyers
    assert sum(many for row in summary["cells"]["bands"] for cell in row for many in cell) == buyers


def test_nothing_on_the_page_is_asked_of_the_network(page, read):
    assert "http:" not in page
    assert "https:" not in page
    assert not {"img", "iframe", "object", "embed", "audio", "video"} & set(read.tags)
    links = [value for name, value in read.attributes if name in ("href", "src")]
    assert all(link.startswith(("#", "data:,")) for link in links)


def test_the_policy_knows_exactly_the_style_and_the_script(page, read):
    policy = next(value for name, value in read.attributes
                  if name == "content" and value.startswith("default-src"))  # fmt: skip
    for tag in ("style", "script"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert not [name for name, _ in read.attributes if name == "style" or name.startswith("on")]


def test_every_link_of_the_contents_leads_to_a_card(read):
    places = {value[1:] for name, value in read.attributes if name == "href" and value[0] == "#"}
    ids = [value for name, value in read.attributes if name == "id"]

    assert places <= set(ids)
    assert len(ids) == len(set(ids))


def test_bars_are_not_told_apart_by_tones_that_a_dark_page_swaps(page):
    assert not re.search(r"\b(?:dark|light)(?: bar)?: ", page, re.IGNORECASE)


def test_nobody_is_named_on_the_page(folder, page):
    rows = (folder / "customers.csv").read_text("utf-8").splitlines()[1:]
    ids = [row.split(",")[0] for row in rows]

    assert not [one for one in ids if re.search(rf"\b{re.escape(one)}\b", page)]


def test_the_page_is_small_and_the_script_is_tiny(page):
    assert len(page.encode()) < MAX_PAGE_BYTES - 50_000
    assert len((TEMPLATES / "script.js").read_bytes()) <= 4_096


def test_the_summary_alone_draws_the_page_again(folder, page):
    again = rfmtool("report", folder, "--format", "html")

    assert again.exit_code == 0
    assert again.stdout == page


def test_the_same_summary_gives_the_same_bytes_anywhere(folder, page):
    code = (
        "import json, sys; from rfmtool.pages.html import run_page;"
        f"sys.stdout.write(run_page(json.load(open({str(folder / 'summary.json')!r}))))"
    )
    drawn = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8",
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PYTHONUTF8": "1"},
    )  # fmt: skip

    assert drawn.stdout == page


HOSTILE = "<script>alert(1)</script>\"'&\u202egnp.exe\u2066"


def test_hostile_names_are_only_ever_text(summary):
    foreign = json.loads(json.dumps(summary))
    for group in foreign["segments"]:
        group["name"] = HOSTILE
    foreign["cells"]["segment"] = [[HOSTILE for _ in row] for row in foreign["cells"]["segment"]]
    foreign["actions"][0] |= {"say": HOSTILE, "name": HOSTILE, "channel": HOSTILE}
    foreign["columns"]["amount"] = HOSTILE
    foreign["warnings"] = [HOSTILE + " of all money", HOSTILE]
    foreign["title"] = HOSTILE

    page = run_page(foreign)
    read = Reader(page)

    assert read.tags.count("script") == 1
    assert "<script>alert" not in page
    assert not {"\u202e", "\u2066"} & set(page)
    assert any("alert(1)" in text for text in read.texts)
    assert not [value for name, value in read.attributes
                if "alert" in (value or "") and name != "title"]  # fmt: skip


@pytest.mark.parametrize("segments", [1, 12, 13, 25])
def test_many_segments_are_folded_and_few_have_no_table(summary, segments):
    several = json.loads(json.dumps(summary))
    first = several["segments"][0]
    several["segments"] = [{**first, "name": f"segment {n:02}"} for n in range(segments)]

    page = run_page(several)

    assert ("more, " in page) == (segments > 12)
    assert len(page.encode()) < MAX_PAGE_BYTES


LEDGERS = {
    "one customer": "ann,1,2024-01-05,20\n",
    "nothing but refunds": "ann,1,2024-01-05,-20\nbob,2,2024-03-05,-5\n",
    "all given back": "ann,1,2024-01-05,20\nann,2,2024-03-05,-20\n"
    "bob,3,2024-03-06,1\nbob,4,2024-03-07,-5\n",
}


@pytest.mark.parametrize("rows", LEDGERS.values(), ids=LEDGERS.keys())
def test_the_smallest_shops_have_a_page(tmp_path, rows):
    shop = written(tmp_path / "shop.csv", HEADER + rows)

    result = rfmtool("run", shop, "--format", "html")

    assert result.exit_code == 0, result.stderr
    assert "accounted for" in result.stdout
    assert "nan" not in "".join(Reader(result.stdout).texts).lower().split()


NIGHTS = ("2025-10-31", "2025-11-30", "2025-12-31")


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    """The summary and the page of the third run in a folder."""
    place_ = tmp_path_factory.mktemp("nights") / "out"
    for day in NIGHTS:
        ran = rfmtool("run", EXAMPLE / "orders.csv", "--as-of", day, "-o", place_, "--quiet")
        assert ran.exit_code == 0, ran.stderr
    summary = json.loads((place_ / "summary.json").read_text("utf-8"))
    return place_, summary, Reader((place_ / "report.html").read_text("utf-8"))


def test_what_moved_since_the_run_before_adds_up_and_stands_on_the_page(third):
    folder, summary, read = third
    since = summary["since"]

    assert since["as_of"] == NIGHTS[1]
    flow = [Decimal(part["change"]) for part in since["revenue"]["flow"].values()]
    old, new = (Decimal(since["revenue"][name]) for name in ("old", "new"))
    assert old + sum(flow) == new == Decimal(summary["revenue"])
    before = json.loads((folder / "previous" / "summary.json").read_text("utf-8"))
    assert (str(old), since["customers"]) == (before["revenue"], before["customers"])
    moved = [many for row in since["stages"].values() for many in row.values()]
    assert sum(moved) == summary["customers"] + since["moved"]["gone"]
    changes = (folder / "changes.csv").read_text("utf-8").splitlines()[1:]
    assert sum(since["causes"].values()) == len(changes)
    assert {since["revenue"]["old"], since["revenue"]["new"]} <= {*read.values["changes"]}


def test_three_runs_in_a_folder_are_the_dates_of_the_ladder(third):
    _, summary, read = third
    points = summary["timeline"]["points"]

    assert [point["as_of"] for point in points] == [*NIGHTS]
    assert points[-1]["stages"] == {one["name"]: one["customers"] for one in summary["stages"]}
    assert "Each date is as its own run saw it." in " ".join(read.texts)


def test_a_history_of_years_is_thinned_to_what_a_curve_shows():
    days = [date(2020, 1, 1) + timedelta(day) for day in range(1_000)]
    told = timeline_from_history([{"as_of": day.isoformat(), "stages": {}} for day in days])

    shown = [date.fromisoformat(point["as_of"]) for point in told["points"]]
    assert (shown[0], shown[-1], len(shown)) == (days[0], days[-1], 60)
    assert max(late - early for early, late in pairwise(shown)).days == 17
    assert date.fromisoformat(told["before"]["as_of"]) == days[-1] - timedelta(365)
    assert timeline_from_history([{"as_of": "2020-01-01"}] * 2) is None


def test_the_marks_of_a_language_stand_in_sentences_too(third):
    _, summary, _ = third
    large = {**summary, "customers": 1_234_567, "buyers": 1_200_000}
    large["distributions"] = None
    text = " ".join(Reader(run_page(large, "de")).texts)

    assert "of 1.200.000 buyers" in text
    assert "1,23 M" in text
    assert not [one for one in ("1,234,567", "1,200,000", "1.23 M") if one in text]


def test_no_number_of_the_page_keeps_the_marks_of_another_language(summary):
    """Warnings, bands and what is taken over from the page for a terminal too."""
    english = re.compile(r"[1-9]\d{0,2},\d{3}\b|\d\.\d(?!\d\d\b)")
    text = [one for one in Reader(run_page(summary, "de")).texts if "Made by rfmtool" not in one]

    assert not [one for one in text[text.index("To the content") :] if english.search(one)]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (
            "1,086 rows (3.0% of all, -1,688.22), half.",
            "1.086 rows (3,0% of all, −1.688,22), half.",
        ),
        ("bands 1.58–2.47 and > 325.30", "bands 1,58–2,47 and > 325,30"),
        (
            "row 3 of shop-1.5.csv, 2025-10-02, rfmtool 0.1.0",
            "row 3 of shop-1.5.csv, 2025-10-02, rfmtool 0.1.0",
        ),
        (
            "id was written like 17850.0; the .0 is dropped",
            "id was written like 17850.0; the .0 is dropped",
        ),
        ("column 'net 1.5' --top -5d", "column 'net 1.5' --top -5d"),
    ],
)
def test_our_words_get_the_marks_of_the_reader_and_names_keep_theirs(words, shown):
    assert Locale.from_locale("de").localized(words) == shown


def test_a_number_in_a_cell_can_be_sorted_by():
    say = Locale.from_locale("de")
    assert (say.cell("+1,090.5").shown, say.cell("+1,090.5").exact) == ("+1.090,5", "1090.5")
    assert say.cell("too few") == "too few"


def test_no_page_is_written_where_none_is_wanted(tmp_path):
    shop = written(tmp_path / "shop.csv")

    rfmtool("run", shop, "-o", tmp_path / "out", "--no-page", "--quiet")

    assert not (tmp_path / "out" / "report.html").exists()
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["timeline"] is None
    refused = rfmtool("run", shop, "--no-page")
    assert refused.exit_code == 2


def test_a_summary_of_an_earlier_version_is_refused(summary):
    old = {name: part for name, part in summary.items() if name != "distributions"}
    with pytest.raises(InputError, match="earlier version"):
        run_page(old)


@pytest.mark.parametrize("question", ["affinity", "cadence", "cohorts", "concentration", "repeat",
                                      "timeline"])  # fmt: skip
def test_every_question_has_a_page(question):
    result = rfmtool(question, EXAMPLE / "orders.csv", "--format", "html", "--title", "A & B")

    assert result.exit_code == 0, result.stderr
    assert "<h1><bdi>A &amp; B</bdi></h1>" in result.stdout
    assert len(result.stdout) < MAX_PAGE_BYTES
    # A page names nobody, and still says how many there are.
    if question == "cadence":
        data = json.loads(rfmtool(question, EXAMPLE / "orders.csv", "--format", "json").stdout)
        assert f"{len(data['overdue'])} of them overdue" in result.stdout
    if question == "affinity":
        assert re.search(r"<h2[^>]*>Of [\d,]+ people who buy <bdi>", result.stdout)


def test_a_comparison_has_a_page(folder, tmp_path):
    old = tmp_path / "old"
    rfmtool("run", EXAMPLE / "orders.csv", "--as-of", "2025-06-30", "-o", old, "--quiet")

    result = rfmtool("compare", old, folder, "--format", "html")

    assert result.exit_code == 0, result.stderr
    assert "Stage before" in result.stdout
    assert re.search(r"<h2[^>]*>[\d,]+ people went up the ladder and", result.stdout)


# Colours -----------------------------------------------------------------------------------------


def themes():
    """The colours of the light and the dark theme by their names."""
    style = (TEMPLATES / "style.css").read_text("utf-8")
    light, dark = re.findall(r"\.rfmtool\{(--ground[^}]*)\}", style)
    both = [dict(re.findall(r"--(\w+):(#\w+)", text)) for text in (light, dark)]
    return {"light": both[0], "dark": {**both[0], **both[1]}}


def luminance(color):
    digits = color[1:] if len(color) == 7 else "".join(2 * each for each in color[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_and_mark_stands_out_from_what_is_behind_it(theme):
    color = themes()[theme]
    for text in ("ink", "muted", "faint", "link", "amber"):
        assert contrast(color[text], color["card"]) >= 4.5, text
    for text in ("ink", "muted"):
        assert contrast(color[text], color["ground"]) >= 4.5, text
    assert contrast(color["amber"], color["zone"]) >= 4.5
    for mark in ("suspect", "prospect", "customer", "client", "supporter", "advocate", "partner",
                 "main", "second", "look"):  # fmt: skip
        assert contrast(color[mark], color["card"]) >= 3, mark
    for shade in range(8):
        text = "lowtext" if shade <= 4 else "hightext"
        assert contrast(color[text], color[f"h{shade}"]) >= 4.5, shade


# Numbers and scales ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en", "−1,234,567.5"),
        ("de", "−1.234.567,5"),
        ("fr_FR", "−1\u202f234\u202f567,5"),
        ("en-IN", "−12,34,567.5"),
        ("de-CH", "−1’234’567.5"),
    ],
)
def test_numbers_have_the_marks_of_the_language(locale, shown):
    assert Locale.from_locale(locale).text("-1234567.5") == shown


def test_short_numbers_of_some_languages_are_not_divided():
    assert Locale.from_locale("es").text("1234") == "1234"
    assert Locale.from_locale("de").text("1234") == "1.234"


def test_an_unknown_language_is_refused_with_those_that_are_known():
    with pytest.raises(UsageError, match="tlh") as error:
        Locale.from_locale("tlh")
    assert "de" in error.value.hint


@pytest.mark.parametrize(
    ("text", "shown"),
    [("99999", "99,999"), ("366000", "366 k"), ("8300065.81", "8.30 M"), ("1234567890", "1.23 bn"),
     ("40.5", "40.50"), ("-250000", "−250 k")],
)  # fmt: skip
def test_large_figures_have_three_digits_and_a_unit(text, shown):
    assert Locale().headline(text).shown == shown


def test_a_share_that_rounds_to_nothing_says_so():
    assert Locale().share(0.0001).shown == "<0.1%"
    assert Locale().share(0.0).shown == "0.0%"


def test_scales_have_round_ticks_and_places_two_decimals():
    assert nice_ticks(97) == [0, 25, 50, 75, 100]
    assert nice_ticks(0) == [0, 1]
    assert Axis(1, 1_000, log=True).position(10) == pytest.approx(100 / 3)
    assert as_percent(100 / 3) == "33.33%"
    assert as_percent(-0.001) == "0%"


def test_the_shop_of_the_tests_has_a_page(tmp_path):
    assert "<!doctype html>" in run_page(library.run(written(tmp_path / "s.csv", SHOP)).summary)


def basis(name, spend, total):
    """The wallets known in one way, as summary.json has them."""
    sums = {"spend": spend, "wallet": total, "wallet_low": total, "wallet_high": total}
    share = {"share": spend / total, "share_low": None, "share_high": None}
    return {
        "basis": name,
        "customers": 3,
        **{key: str(each) for key, each in sums.items()},
        **share,
    }


@pytest.mark.parametrize(
    ("bases", "finding"),
    [
        ([("known", 300, 500), ("stated_rank", 50, 1_000), ("peer_estimate", 1, 9)],
         "Where people told us, we get 60 of 100"),
        ([("stated_rank", 50, 1_000)], "Where people ranked us, we get 5 of 100"),
    ],
)  # fmt: skip
def test_the_share_of_wallet_is_of_the_best_basis_alone(bases, finding):
    card = wallet({"wallet": {"bases": [basis(*one) for one in bases]}}, Locale())

    assert card.finding == finding
