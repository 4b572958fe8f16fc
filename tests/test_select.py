"""Only what the columns asked for rest on is read and computed, and it comes out the same."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from rfmtool import columns
from rfmtool.cli import program
from rfmtool.errors import UsageError
from rfmtool.pipeline import run
from rfmtool.questions import cadence
from rfmtool.settings import Settings
from rfmtool.standing import Standing

SHOP = Path(__file__).parents[1] / "examples" / "shop"
TABLES = {
    name: SHOP / f"{name}.csv"
    for name in ("contacts", "referrals", "feedback", "wallets", "partners")
}


@pytest.fixture(scope="module")
def whole():
    """The whole answer for the made-up shop, shares of wallet scored too."""
    return run(SHOP / "orders.csv", evidence=TABLES, settings=Settings(wallet_scores=True))


@pytest.mark.long
def test_each_column_alone_is_what_it_is_in_the_whole_answer(whole):
    settings = replace(whole.settings, allow_proxy=True)
    every = Standing.from_grouped(whole.grouped, whole.rules, whole.as_of, settings)

    for name in every.columns:
        alone = Standing.from_grouped(
            whole.grouped, whole.rules, whole.as_of, replace(settings, select=(name,))
        )
        pd.testing.assert_series_equal(alone.frame[name], every.frame[name])


@pytest.mark.parametrize("name", ["email", "margin", "category_breadth", "wallet", "action"])
def test_a_column_alone_is_read_and_computed_as_in_the_whole_answer(whole, name):
    alone = run(SHOP / "orders.csv", evidence=TABLES, settings=Settings(select=(name,)))

    pd.testing.assert_series_equal(alone.frame[name], whole.frame[name])
    assert alone.columns == (name,)


def test_what_no_column_rests_on_is_neither_read_nor_computed():
    result = run(SHOP / "orders.csv", settings=Settings(select=("stage", "rfm")))

    assert (
        not {"cost", "category", "email"}
        & result.grouped.export.with_detail(result.settings.detail).roles.keys()
    )
    assert not {"wallet", "stage_reason", "action", "activity", "category_breadth"} & {
        *result.frame
    }


def test_columns_stand_in_the_order_asked_with_or_without_the_id():
    result = run(SHOP / "orders.csv", settings=Settings(select=("rfm", "monetary", "stage")))

    assert list(result.customers) == ["rfm", "monetary", "stage"]
    assert result.to_arrow().column_names == ["rfm", "monetary", "stage"]


def test_a_column_that_nothing_is_known_of_is_empty():
    names = ["customer_id", "order_id", "date", "amount"]
    orders = pd.DataFrame([["ann", "1", "2024-01-01", "5"]], columns=names)
    asked = Settings(select=("latest_nps", "phone", "missing_category_value"))

    assert run(orders, settings=asked).customers.isna().all(axis=None)


def test_a_summary_needs_all_columns_and_a_question_its_own():
    result = run(SHOP / "orders.csv", settings=Settings(select=("rfm",)))

    with pytest.raises(UsageError, match="all columns"):
        result.summary  # noqa: B018 - it is computed when it is looked at
    with pytest.raises(UsageError, match="activity"):
        cadence(result)


@pytest.mark.long
def test_a_result_is_named_in_short_and_given_as_a_frame_a_table_or_data(whole):
    assert repr(whole).startswith("<rfmtool.Result: ")
    assert repr(whole).endswith(f"{whole.summary['orders']:,} orders, as of {whole.as_of}>")
    assert list(whole.to_frame()) == whole.to_arrow().column_names
    assert whole.as_data() is whole.summary


def scored(*options):
    return CliRunner().invoke(program, ["score", str(SHOP / "orders.csv"), *options])


def test_rows_may_be_sorted_by_a_column_that_is_not_written():
    plain = scored("--select", "customer_id,monetary", "--sort", "-monetary", "--top", "5").stdout
    ids = scored("--select", "customer_id", "--sort", "-monetary", "--top", "5").stdout

    assert [line.split(",")[0] for line in plain.splitlines()] == ids.splitlines()


@pytest.mark.parametrize(
    ("select", "hint"),
    [("monetery", "Is it monetary"), ("ordr_days", "order_days"), ("??", "Columns")],
)
def test_an_unknown_column_is_refused_with_the_nearest_names(select, hint):
    with pytest.raises(UsageError) as refusal:
        run(SHOP / "orders.csv", settings=Settings(select=("rfm", select)))

    assert hint in refusal.value.hint


def test_a_kept_column_may_be_selected():
    header = scored("--keep", "product", "--select", "product,customer_id", "--top", "1")

    assert header.exit_code == 0, header.output
    assert header.stdout.startswith("product,customer_id\n")


def test_every_written_column_may_be_selected():
    result = run(SHOP / "orders.csv", settings=Settings(select=columns.WRITTEN))

    assert result.columns == columns.WRITTEN
