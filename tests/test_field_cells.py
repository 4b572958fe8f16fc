"""Cells as the field writes them: months in words, far-off times, yen, lakhs, encodings."""

# ruff: noqa: RUF001 - letters of many alphabets

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rfmtool
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.rules import load_rules, to_toml
from rfmtool.sources.cells.date_formats import ISO
from rfmtool.sources.cells.dates import month_names, read_days
from rfmtool.sources.cells.numbers import NumberFormat, read_numbers

HEADER = "customer_id,order_id,ordered_at,amount\n"


@pytest.mark.parametrize(
    "written",
    ["3. März 2026", "3 mars 2026", "3 de marzo de 2026", "3 marzo 2026", "3 de março de 2026",
     "3 mrt. 2026", "3 marca 2026", "3 marts 2026", "3. března 2026", "3 Mart 2026", "3 марта 2026",
     "2026年3月3日", "2026年03月03日 10:11", "3. ožujka 2026.", "3. marec 2026", "3. mart 2026.",
     "3 март 2026 г., 10:11", "3 березня 2026 р.", "2026 m. kovo 3 d.", "3. martā 2026",
     "3. märts 2026", "2026. március 3.", "2026. márc. 3. 10:11", "3 martie 2026", "3 Μαρτίου 2026",
     "3. maaliskuuta 2026", "3 Maret 2026", "3 Mac 2026", "3 tháng 3, 2026", "3 de març de 2026",
     "3 مارس 2026", "2026-Mar-03", "3. 3. 2026", "03.03.2026.", "2026. 03. 03.", "2026.3.3. 10:11"],
)  # fmt: skip
def test_months_are_known_by_their_names_in_many_languages(tmp_path, written):
    path = tmp_path / "shop.csv"
    path.write_text(HEADER + f'ann,1,"{written}",10\n', encoding="utf-8")

    assert str(rfmtool.run(path).customers["last_order_on"][0].date()) == "2026-03-03"


def test_no_name_is_that_of_two_months():
    assert sorted(set(month_names().values())) == list(range(1, 13))
    assert month_names()["listopad"] == 11
    assert month_names()["cervenec"] == 7
    both = {*month_names()} & {*month_names("croatian")}
    differ = {name for name in both if month_names()[name] != month_names("croatian")[name]}
    assert differ == {"lip", "srp", "lis", "listopad", "listopada"}


@pytest.mark.parametrize(
    ("days", "month"),
    [(["1 lis 2026", "3 ruj 2026"], 10), (["1 lis 2026", "3 wrz 2026"], 11),
     (["1. listopada 2026."] * 5000 + ["3. siječnja 2026."], 10),
     (["1 lis 2026", "3 Sep 2026"], 11)],
)  # fmt: skip
def test_a_month_of_two_languages_is_that_of_the_rest_of_the_column(tmp_path, days, month):
    path = tmp_path / "shop.csv"
    rows = (f"c{place},{place},{day},10\n" for place, day in enumerate(days))
    path.write_text(HEADER + "".join(rows), encoding="utf-8")

    assert rfmtool.run(path).customers["last_order_on"].max().month == month


def test_a_month_of_two_languages_alone_is_asked_about(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(f"{HEADER}ann,1,1 lis 2026,10\nann,2,3 pro 2025,10\n", encoding="utf-8")

    with pytest.raises(AmbiguousInputError, match="others in Croatian") as raised:
        rfmtool.run(path)
    assert "--date-format croatian or polish" in raised.value.hint
    for language, month in (("croatian", 10), ("polish", 11)):
        found = rfmtool.run(path, asked=rfmtool.Asked(date_format=language))
        assert found.customers["last_order_on"][0].month == month


@pytest.mark.parametrize(
    "header", ["ID klienta,Numer zamówienia,Data zamówienia,Kwota", "Zákazník,Faktura,Datum,Celkem"]
)
def test_letters_of_the_header_tell_the_language_too(write, header):
    path = write([header, "ann,1,5 listopada 2026,10"])

    assert rfmtool.run(path).customers["last_order_on"][0].month == 11


def test_a_month_in_december_is_the_same_in_both_languages(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(f"{HEADER}ann,1,1 pro 2026,10\n", encoding="utf-8")

    assert rfmtool.run(path).customers["last_order_on"][0].month == 12


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_a_time_beyond_all_days_is_no_date_and_never_wraps(unit):
    far = pa.array([2**62, -(2**62), 0], pa.int64()).cast(pa.timestamp(unit))

    days, undated = read_days(far, ISO)

    assert undated.tolist() == [True, True, False]
    assert days[2] == 0


def test_int96_days_beyond_nanoseconds_are_read_as_they_are(tmp_path):
    times = pa.array(np.array(["1500-01-01", "2500-06-01"], "datetime64[us]"))
    table = pa.table({"customer_id": ["a", "b"], "order_id": ["1", "2"], "ordered_at": times,
                      "amount": [1, 2]})  # fmt: skip
    path = tmp_path / "shop.parquet"
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)

    days = rfmtool.run(path).ledger

    assert days["used"] == 2


@pytest.mark.parametrize(
    ("written", "amount"),
    [("1,234円", 1234), ("￥1,234", 1234), ("₩12,000", 12000), ("1,50,000.00", 150000),
     ("'-70", -70), ("１２３４", 1234), ("¥ 5", 5)],
)  # fmt: skip
def test_money_is_read_as_the_field_writes_it(written, amount):
    assert read_numbers(pa.array([written]), NumberFormat()).values.tolist() == [amount]


def test_a_comma_in_yen_divides_thousands_and_nobody_is_asked(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(HEADER + 'ann,1,2026-01-03,"￥1,234"\n', encoding="utf-8")

    assert rfmtool.run(path).customers["monetary"][0] == 1234


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("cp932", "注文番号,お名前\nキャンセル,東京\n"), ("euc_kr", "주문번호,고객\n취소,서울\n"),
     ("gb18030", "订单号,客户\n已取消,北京市\n"), ("big5", "訂單編號,客戶\n已取消,臺北市\n"),
     ("cp1251", "заказ,клиент\nотменён,Москва\n")],
)  # fmt: skip
def test_an_encoding_is_named_by_its_alphabet(tmp_path, encoding, text):
    path = tmp_path / "shop.csv"
    path.write_bytes(text.encode(encoding))

    with pytest.raises(InputError) as caught:
        rfmtool.run(path)

    assert f"--encoding {encoding}" in caught.value.hint


# Rules files on top of each other ----------------------------------------------------------------


def test_rules_files_add_up_and_nothing_that_is_not_named_is_dropped(tmp_path):
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text(
        "[reading]\nnot_a_sale = ['parked']\n[evidence]\nsuppress = 'one.csv'\n"
        "[scoring.weights]\nrecency = 2\n"
    )
    second.write_text(
        "[reading]\nsale = ['pending']\n[evidence]\nsuppress = 'two.csv'\npartners = 'p.csv'\n"
    )

    both = load_rules([first, second])

    assert (both.not_a_sale, both.sale) == ({"parked"}, {"pending"})
    assert both.evidence["suppress"] == [str(tmp_path / "one.csv"), str(tmp_path / "two.csv")]
    assert both.weights["recency"] == 2
    assert both.origins["scoring.weights"] == str(first)
    shown = tmp_path / "shown.toml"
    shown.write_text(to_toml(both.data, both.origins))
    assert load_rules(shown).evidence == both.evidence


def test_rows_of_the_playbook_go_before_after_or_instead_of_others(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        "[[playbook]]\naction = 'phone_home'\nbefore = 'win_back'\nwhen.stage = 'client'\n"
        "[[playbook]]\naction = 'write'\nafter = 'win_back'\nwhen.stage = 'client'\n"
        "[[playbook]]\naction = 'greet'\ninstead = 'trial'\nwhen.stage = 'prospect'\n"
    )

    shipped = [row.label for row in load_rules().playbook]
    labels = [row.label for row in load_rules(path).playbook]

    place = labels.index("win_back")
    assert labels[place - 1 : place + 2] == ["phone_home", "win_back", "write"]
    assert "trial" not in labels
    assert len(labels) == len(shipped) + 2
