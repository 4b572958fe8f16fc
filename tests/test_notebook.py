"""What a notebook gets: frames of one convention, Arrow, parts of a page, charts."""

import ast
import json
import re
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import altair as alt
import pandas as pd
import pytest
from shell import SHOP, made

import rfmtool as library
from rfmtool.errors import UsageError
from rfmtool.pages.charts import RUN_CHARTS

EXAMPLES = Path(__file__).parents[1] / "examples"
QUESTIONS = ("cadence", "cohorts", "concentration", "repeat", "timeline")


@pytest.fixture(scope="module")
def shop():
    settings = library.Settings(detail=library.Detail(entries=True))
    return library.run(EXAMPLES / "shop" / "orders.csv", settings=settings)


@pytest.fixture(scope="module")
def answers(shop):
    found = {name: getattr(library, name)(shop) for name in QUESTIONS}
    export = EXAMPLES / "shop" / "orders.csv"
    return {
        **found,
        "affinity": library.affinity(export),
        "journey": library.journey(export, by="category"),
    }


@pytest.mark.long
def test_every_cell_of_the_worked_notebook_runs(tmp_path, monkeypatch):
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    monkeypatch.chdir(tmp_path / "examples")
    cells = json.loads((EXAMPLES / "notebook.ipynb").read_text("utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    known, shown = {}, []
    for code in codes:
        *before, last = ast.parse(code).body
        exec(compile(ast.Module(before, []), "cell", "exec"), known)  # noqa: S102 - ours
        shown.append(eval(compile(ast.Expression(last.value), "cell", "eval"), known))  # noqa: S307

    assert all(len(one) for one in shown if isinstance(one, pd.DataFrame))
    assert sum(hasattr(one, "_repr_html_") for one in shown) > 5
    assert all(not cell.get("outputs") for cell in cells)


def test_text_is_text_money_is_in_units_and_missing_text_can_be_filled(shop):
    people = shop.to_frame()

    texts = ["customer_id", "rfm", "segment", "stage", "candidate", "holdout", "missing_category"]
    assert {str(people[name].dtype) for name in texts} == {"str"}
    assert all(people[name].fillna("").notna().all() for name in texts)
    money = ["monetary", "average_order", "expected_spend", "headroom"]
    assert {str(people[name].dtype) for name in money} == {"float64"}
    assert {str(people[name].dtype) for name in ("first_order_on", "last_order_on")} == {
        "datetime64[s]"
    }
    assert round(people["monetary"].sum(), 2) == float(shop.summary["revenue"])
    assert people.equals(shop.customers)
    assert shop.to_arrow().num_rows == len(people)


@pytest.mark.parametrize("name", [*QUESTIONS, "affinity", "journey"])
def test_the_table_of_an_answer_is_of_the_same_types_and_in_units(name, answers):
    answer = answers[name]
    frame = answer.to_frame()

    kinds = {str(kind) for kind in frame.dtypes}
    assert kinds <= {"str", "int64", "Int64", "float64", "bool", "datetime64[s]"}
    assert len(frame) == len(answer.table) == answer.to_arrow().num_rows
    for money in {"monetary", "revenue", "average_order"} & {*frame}:
        assert frame[money].to_list() == [units / 10_000 for units in answer.table[money]]
    assert repr(answer) == f"<rfmtool.{name.capitalize()}: {len(frame):,} rows>"


def test_parts_of_a_page_stand_beside_each_other_without_script(shop, answers):
    parts = [one._repr_html_() for one in (shop, *answers.values())]

    ids = [re.findall(r'\bid="([^"]+)"', part) for part in parts]
    assert all(len(each) == len({*each}) for each in ids)
    assert len({one for each in ids for one in each}) == sum(map(len, ids))
    for part in parts:
        assert "<script" not in part
        assert " style=" not in part
        style = part.split("<style>")[1].split("</style>")[0]
        rules = re.sub(r"@[^{]+\{", "", style)
        assert all(".rfmtool" in rule for rule in re.findall(r"(?:^|\})([^{}]+)\{", rules))
    assert "Start with" in parts[0]
    assert parts[0] == shop._repr_html_()
    assert all(one not in parts[1] for one in shop.to_frame()["customer_id"])


def test_a_chart_carries_the_numbers_of_the_summary_and_no_customer(shop, answers):
    drawn = {kind: shop.chart(kind).to_dict() for kind in RUN_CHARTS}

    values = drawn["segments"]["data"]["values"]
    assert [(one["name"], one["revenue"]) for one in values] == [
        (one["name"], float(one["revenue"])) for one in shop.summary["segments"]
    ]
    assert sum(one["people"] for one in drawn["grid"]["data"]["values"]) == shop.summary["buyers"]
    assert answers["repeat"].chart().to_dict()["layer"]
    assert isinstance(answers["timeline"].chart(), alt.Chart)
    steps = answers["journey"].chart().to_dict()["data"]["values"]
    orders = {one["name"]: one["people"] for one in steps}
    assert orders["first_order"] == shop.summary["buyers"]
    every = json.dumps([*drawn.values(), answers["cadence"].chart().to_dict()])
    assert all(f'"{one}"' not in every for one in shop.to_frame()["customer_id"])


def test_a_chart_that_there_is_not_or_that_nothing_draws_is_said(shop, answers, monkeypatch):
    with pytest.raises(UsageError, match="chart 'pie': there is none"):
        shop.chart("pie")
    with pytest.raises(UsageError, match="there is none of affinity"):
        answers["affinity"].chart()
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(UsageError, match="what draws charts is not installed") as raised:
        shop.chart()
    assert "rfmtool[plots]" in raised.value.hint


def test_a_comparison_and_a_customer_are_shown_too(shop):
    compared = library.compare(shop, shop)
    assert repr(compared) == "<rfmtool.Compared: 2025-12-31 and 2025-12-31>"
    assert {"by", "from", "to", "customers"} < {*compared.to_frame()}
    assert "From 31 December 2025" in compared._repr_html_()
    counts = {(one["from"], one["to"]): one["people"] for one in _values(compared.chart())}
    assert counts == {
        (name, name): people for name, people in shop.customers["stage"].value_counts().items()
    }
    assert compared.to_arrow().num_rows == len(compared.to_frame())


def test_a_customer_of_a_run_is_a_frame_in_currency_units_and_arrow_exactly(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made("out", text=f"{SHOP}eve,12,2024-03-05,-60\n")
    ann, eve = (library.explain("out", name) for name in ("ann", "eve"))

    assert ann.to_frame().dtypes.astype(str).to_dict() == {
        "dimension": "str", "score": "int64", "bins": "int64", "value": "float64",
        "next_better": "float64", "next_worse": "float64",
    }  # fmt: skip
    assert ann.to_frame()["value"].to_list() == [11, 5, 1117.5]
    assert ann.to_arrow()["value"].to_pylist() == [11, 5, Decimal("1117.5")]
    assert eve.to_arrow().schema == ann.to_arrow().schema
    assert [len(eve.to_frame()), eve.to_arrow().num_rows] == [0, 0]
    assert "ann" in ann._repr_html_()
    with pytest.raises(UsageError, match="there is none of explain"):
        ann.chart()


def _values(chart):
    return chart.to_dict()["data"]["values"]
