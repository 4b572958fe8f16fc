"""The page in a real browser: nothing leaves it, keys work, and axe-core finds no fault.

Needs Chromium and playwright, which `make services` sets up; elsewhere these are skipped.
"""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from shell import rfmtool

from rfmtool.summaries.formatting import label_text

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
EXAMPLE = Path(__file__).parents[1] / "examples" / "shop"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
    pytest.mark.skipif(not find_spec("playwright"), reason="playwright is not installed"),
    pytest.mark.skipif(not find_spec("axe_core_python"), reason="axe-core is not installed"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("browser") / "out"
    rfmtool("run", EXAMPLE / "orders.csv", "--rules", EXAMPLE / "shop.toml", "-o", place, "--quiet")
    return place


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def opened(browser, folder):
    """Open the page at a width in a theme; what it says and asks for is kept."""
    contexts = []

    def open_page(width=1440, scheme="light", **more):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((folder / "report.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1120, 1440])
def test_axe_finds_nothing_and_nothing_leaves_or_overflows(opened, width, scheme):
    import axe_core_python

    page = opened(width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate((Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run()")

    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.said == []
    assert len(page.asked) == 1


def test_numbers_read_back_from_the_page_equal_the_summary(opened, folder):
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    page = opened()

    shown = page.evaluate(
        """[...document.querySelectorAll('[aria-labelledby=segments] tbody tr')].map(row =>
           [row.querySelector('bdi').textContent,
            ...[...row.querySelectorAll('data')].map(each => each.value)])"""
    )

    revenue = {label_text(one["name"]): one for one in summary["segments"]}
    assert len(shown) == len(revenue)
    for name, *values in shown:
        segment = revenue[name[0].lower() + name[1:]]
        assert repr(segment["share"]) in values
        assert repr(segment["revenue_share"]) in values


PLOTS = """[...document.querySelectorAll('details.numbers')].map(one => ({
    card: one.closest('section').getAttribute('aria-labelledby'),
    places: (one.dataset.x ?? '').split(' ').filter(Boolean).length,
    rows: [...one.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell =>
        cell.querySelector('data')?.value ?? cell.textContent.trim()))}))"""


def test_the_numbers_of_every_plot_are_those_of_the_summary(opened, folder):
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    plots = {}
    for plot in opened().evaluate(PLOTS):
        plots.setdefault(plot["card"], []).append(plot["rows"])
        assert plot["places"] in (0, len(plot["rows"]))

    recency, orders, money = plots["distributions"]
    found = summary["distributions"]
    assert [int(row[1]) for row in recency] == found["recency"]["counts"]
    assert [int(row[1]) for row in orders] == found["frequency"]["counts"]
    below = found["monetary"]["zero_or_less"]
    told = [int(row[1]) for row in money]
    assert told == [*([below] if below else []), *found["monetary"]["counts"]]
    [months], [curve] = plots["months"], plots["second"]
    assert [tuple(row) for row in months] == [
        (one["month"], one["earlier"], one["first"]) for one in summary["months"]["rows"]
    ]
    points = {str(one["day"]): one for one in summary["repeat"]["curve"]}
    assert all(row[1] == repr(points[row[0]]["share"]) for row in curve)
    [weeks], [top] = plots["ask"], plots["concentration"]
    assert [float(row[1]) for row in weeks] == summary["repeat"]["weekly_hazard"][: len(weeks)]
    tops = summary["concentration"]["top"]
    assert {float(row[2]) for row in top} <= {*tops.values()}


def test_a_hostile_name_runs_nothing_and_asks_for_nothing(browser, folder, tmp_path):
    from rfmtool.pages.html import run_page

    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    name = "</script><img src=x onerror=alert(1)>\"'\u202e"
    for group in (*summary["segments"], *summary["actions"], *summary["stages"]):
        group["name"] = group["say"] = name
    (tmp_path / "page.html").write_text(run_page({**summary, "title": name}), "utf-8")
    page = browser.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))

    page.goto((tmp_path / "page.html").as_uri())

    assert page.locator("main img").count() == 0
    assert "onerror=alert(1)" in page.locator("h1").inner_text()
    assert (said, len(asked)) == ([], 1)
    page.close()


def test_a_table_is_sorted_by_keys_and_dashes_come_last(opened):
    page = opened()
    column = """[...document.querySelectorAll('[aria-labelledby=segments] tbody tr')].map(row =>
                row.cells[7].querySelector('data')?.value ?? row.cells[7].textContent.trim())"""

    button = page.locator("[aria-labelledby=segments] thead button", has_text="days since").first
    button.focus()
    page.keyboard.press("Enter")

    values = page.evaluate(column)
    numbers = [float(value) for value in values if value != "–"]
    assert numbers == sorted(numbers, reverse=True)
    assert values[len(numbers) :] == ["–"] * (len(values) - len(numbers))
    assert page.locator("[aria-labelledby=segments] [aria-sort=descending]").count() == 1


def test_a_plot_is_one_stop_whose_values_keys_step_through(opened):
    page = opened()
    page.locator("#second1").focus()

    page.keyboard.press("End")
    last = page.locator("#said").inner_text()
    page.keyboard.press("ArrowLeft")
    before = page.locator("#said").inner_text()
    page.keyboard.press("Escape")

    rows = page.locator("[aria-labelledby=second] details tbody tr")
    assert rows.last.locator("th").text_content().strip() in last
    assert before not in ("", last)
    assert page.locator(".tip").count() == 0


def test_without_scripts_nothing_is_lost(opened):
    page = opened(java_script_enabled=False)

    assert page.locator("thead button").count() == 0
    assert page.locator("[aria-labelledby=segments] tbody tr").count() > 0


def test_on_paper_every_measure_and_no_switch_is_printed(opened):
    page = opened(scheme="dark")
    page.emulate_media(media="print")

    assert page.locator(".pane:visible").count() == page.locator(".pane").count()
    assert page.locator(".tabs:visible").count() == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")
