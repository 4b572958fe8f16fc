"""Numbers as people write them, exact to 1/10,000, and one decimal mark for the whole export."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import rfmtool
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.grouping.read import read_export
from rfmtool.sources.cells.number_texts import (
    normalized_number_text,
    parse_number_text,
    read_number_texts,
)
from rfmtool.sources.cells.numbers import NumberFormat, read_numbers, to_units
from rfmtool.sources.layout import Asked
from rfmtool.sources.text import dialect
from rfmtool.summaries.export_warnings import reading_notices

LARGEST = 2**63 - 1
MINUS = "\N{MINUS SIGN}"
NO_BREAK, NARROW, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{THIN SPACE}"

PLAIN_NUMBERS = st.one_of(
    st.decimals(-(10**6), 10**6, places=2),
    st.decimals(-100, 100, places=6),
    st.decimals(-(10**12), 10**12, places=5),
    st.decimals(-9 * 10**14, 9 * 10**14, places=4),
    # exact halves of 1/10,000, large and small
    st.integers(-(10**15), 10**15).map(lambda whole: (2 * whole + 1) * Decimal("0.00005")),
).map("{:f}".format)


def exact_units(*factors):
    with localcontext(prec=200):
        product = Decimal(10_000)
        for factor in factors:
            product *= Decimal(factor)
        return int(product.to_integral_value(ROUND_HALF_EVEN))


def units_of(*columns, decimal="."):
    """Units of the product of text columns; None where it is no number or beyond int64."""
    reading = NumberFormat(decimal)
    columns = [pa.array(column, pa.string()) for column in columns]
    units, unread = to_units([read_numbers(column, reading) for column in columns])
    return [None if row in unread else int(unit) for row, unit in enumerate(units)]


def plain(text, decimal="."):
    return parse_number_text(pa.array([text]), decimal)[0][0].as_py()


# Exactness ---------------------------------------------------------------------------------------


@given(st.lists(PLAIN_NUMBERS, min_size=1, max_size=8))
@example(["0.00005", "0.00015", "0.00025", "-0.00005", "-0.00015"])
@example(["219902325.5552", "219902325.55515", "900719925474.0993", "922337203685477.5807"])
def test_amounts_are_exact_and_round_half_to_even(texts):
    assert units_of(texts) == [exact_units(text) for text in texts]


@given(
    st.lists(
        st.tuples(
            st.decimals(-1000, 1000, places=3).map("{:f}".format),
            st.decimals(-(10**9), 10**9, places=4).map("{:f}".format),
        ),
        min_size=1,
        max_size=8,
    )
)
@example([("3", "0.00005"), ("0.5", "0.0001"), ("1.5", "0.0001"), ("2.5", "0.0001")])
@example([("1001", "0.0045"), ("0.07", "0.075")])
def test_products_are_exact_and_round_half_to_even(rows):
    quantities, prices = zip(*rows, strict=True)

    assert units_of(quantities, prices) == [exact_units(*row) for row in rows]


@given(st.lists(PLAIN_NUMBERS.map(Decimal), min_size=1, max_size=8))
def test_typed_decimals_are_exact(numbers):
    column = pa.array(numbers, pa.decimal128(38, 6))

    units, unread = to_units([read_numbers(column, NumberFormat())])

    assert units.tolist() == [exact_units(number) for number in numbers]
    assert not len(unread)


@pytest.mark.parametrize("whole", [2**41, 2**53 + 1, 2**63 // 10_000, -(2**53) - 1])
def test_typed_whole_numbers_are_exact_beyond_what_doubles_hold(whole):
    units, unread = to_units([read_numbers(pa.array([whole]), NumberFormat())])

    assert units.tolist() == [whole * 10_000] if abs(whole) * 10_000 <= LARGEST else [0]
    assert unread.tolist() == ([] if abs(whole) * 10_000 <= LARGEST else [0])


def test_a_double_means_the_shortest_text_that_gives_it():
    tie = 1.00005  # as a double a little below, as text exactly half

    units, _ = to_units([read_numbers(pa.array([tie, 0.1 + 0.2]), NumberFormat())])

    assert units.tolist() == [exact_units("1.00005"), 3000]


def test_what_int64_cannot_hold_is_unread_and_what_it_just_can_is_exact():
    texts = ["922337203685477.5807", "922337203685477.5808", "-922337203685477.5807", "1e300"]

    assert units_of(texts) == [LARGEST, None, -LARGEST, None]


def test_an_unread_cell_has_no_money_and_hides_no_neighbour():
    assert units_of(["1", "x", "", None, "2"]) == [10_000, None, None, None, 20_000]
    assert units_of(["1", "x", "3"], ["2", "2", ""]) == [20_000, None, None]


def test_an_empty_cell_is_told_from_one_that_is_no_number():
    for texts in (["1", None, "2"], ["1", "  ", "x", None]):
        column = read_numbers(pa.array(texts), NumberFormat())
        empty = [text is None or not text.strip() for text in texts]
        assert column.missing.tolist() == empty


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "NaN", "infinity", "1e999"])
def test_nan_and_infinity_are_no_money(text):
    assert units_of([text]) == [None]
    assert units_of([text, "1,000"]) == [None, 10_000_000]


@pytest.mark.parametrize(
    "cells", [["x", "1", None, "2.5"], [9.0, 1.0, None, 2.5], [9.0, 1.0, 4.0, 2.5]]
)
def test_a_slice_of_a_column_reads_like_the_slice(cells):
    whole = read_numbers(pa.array(cells).slice(1), NumberFormat())
    alone = read_numbers(pa.array(cells[1:]), NumberFormat())

    assert np.array_equal(whole.values, alone.values, equal_nan=True)
    assert np.array_equal(whole.missing, alone.missing)
    assert len(whole.values) == 3


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("odd", [[], ["x", None, " "], ["1.234,5", "1,234.5"], ["Rs.5", "7 €"]])
@pytest.mark.parametrize("distinct", [40, 4_000])
def test_numbers_of_many_rows_are_read_as_those_of_few(distinct, odd, decimal):
    def read(texts):
        found = read_numbers(pa.array(texts, pa.string()), NumberFormat(decimal))
        missing = np.zeros(len(texts), dtype=bool) if found.missing is None else found.missing
        said = [None] * len(texts) if found.currencies is None else found.currencies.to_pylist()
        values = np.nan_to_num(found.values, nan=-0.5)
        return list(zip(values.tolist(), said, missing.tolist(), strict=True))

    luck = random.Random(distinct)  # noqa: S311 - any order will do
    prices = [
        f"{luck.randrange(100_000)}{decimal}{luck.randrange(100):02}" for _ in range(distinct)
    ]
    texts = [luck.choice(prices) for _ in range(3_000)] + odd * 5

    some = [read(texts[start : start + 500]) for start in range(0, len(texts), 500)]
    assert read(texts) == [row for rows in some for row in rows]


# As people write them ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("1 234.5", "1234.5"),
        (f"1{NO_BREAK}234{NO_BREAK}567.5", "1234567.5"),
        (f"1{NARROW}234.5", "1234.5"),
        (f"1{THIN}234.5", "1234.5"),
        ("1'234.50", "1234.50"),
        ("1\N{RIGHT SINGLE QUOTATION MARK}234", "1234"),
        ("$5", "5"),
        ("\N{POUND SIGN}1,234.00", "1234.00"),
        ("5 \N{EURO SIGN}", "5"),
        (f"5{NO_BREAK}\N{EURO SIGN}", "5"),
        (f"\N{EURO SIGN}{NO_BREAK}5", "5"),
        ("USD 5.5", "5.5"),
        ("5.5 USD", "5.5"),
        ("-5", "-5"),
        (f"{MINUS}5", "-5"),
        ("5-", "-5"),
        (f"5{MINUS}", "-5"),
        ("(5.5)", "-5.5"),
        ("($5.5)", "-5.5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("+5", "5"),
        ("  5 ", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("0005", "0005"),
        ("1e3", "1e3"),
    ],
)
def test_marks_around_the_digits_are_understood(text, number):
    assert plain(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Rs.500", "500"),
        ("Rs. 1,500.50", "1500.50"),
        ("-rs.500", "-500"),
        ("(Rs.500)", "-500"),
        ("500 kr.", "500"),
        ("(500 kr.)", "-500"),
        ("1 500.50 zł.", "1500.50"),
        ("$.50", ".50"),
        ("R$.50", ".50"),
        ("S/.500", "500"),
        ("S/. 1,500.50", "1500.50"),
        ("руб.500", "500"),  # noqa: RUF001 - in its own letters
        ("500.", "500"),
        ("Fr. 12.50", "12.50"),
        ("12.50 Fr.", "12.50"),
        ("500.50 р.", "500.50"),  # noqa: RUF001 - in its own letters
        ("12.50 лв.", "12.50"),
        ("12.50 ر.س", "12.50"),
        ("1,012.50 ج.م.\u200f", "1012.50"),
        ("د.إ 12.50", "12.50"),
        ("Bs. 1,500", "1500"),
        ("Rs. 500/-", "500"),
        ("(1,500.50/-)", "-1500.50"),
        ("US $12.50", "12.50"),
        ("12.50 CAD $", "12.50"),
        ("Euro 12.50", "12.50"),
        ("R 12.50", "12.50"),
        ("12.50 R", None),
        ("12.50 US US", None),
        ("Nr.500", None),
    ],
)
def test_a_shortened_name_ends_with_a_point_that_is_no_decimal(text, number):
    assert units_of([text, "1,000.5"]) == [number and exact_units(number), 10_005_000]


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize(
    "text",
    ["INR{}500", "Rs {}500", "RM{}50", "€ -{}50", "¥5000-", "5000¥-",
     "49⁹⁹ €", "1200¹"],
)  # fmt: skip
def test_what_may_be_another_number_is_none(text, decimal):
    assert (
        plain(normalized_number_text(pa.array([text.format(decimal)]))[0].as_py(), decimal) is None
    )
    assert units_of([text.format(decimal), "1"], decimal=decimal) == [None, 10_000]


@pytest.mark.parametrize(("decimal", "other"), [(".", ","), (",", ".")])
def test_a_group_of_thousands_begins_with_no_zero(decimal, other):
    texts = [f"0{other}500", f"00{other}500", f"10{other}500", f"0{decimal}500"]

    assert units_of(texts, decimal=decimal) == [None, None, 105_000_000, 5_000]


@pytest.mark.parametrize("odd_first", [True, False])
def test_an_amount_with_the_other_mark_is_refused_wherever_it_stands(write, odd_first):
    rows = [
        f"c,{n},2024-01-05,{price}" for n, price in enumerate(['"12,50"'] * 300 + ["0.500"] * 9)
    ]
    rows = sorted(rows, key=lambda row: "0.500" in row, reverse=odd_first)
    ledger = read_export(write(["customer_id,order_id,ordered_at,amount", *rows])).ledger

    assert (ledger["used"], ledger["bad_amount"]) == (300, 9)


@pytest.mark.parametrize(
    ("quantities", "prices", "units", "differ"),
    [
        (("1.000", "2.500"), ("12,50", "1.203,20"), 12_50 + 3008_00, True),
        (("1,000", "2,500"), ("12.50", "1,203.20"), 12_500_00 + 3_008_000_00, False),
        (("1,000", "0,500"), ("12.50", "3.20"), 12_50 + 1_60, True),
        (("1.0000", "2.0000"), ("12,50", "3,20"), 12_50 + 6_40, True),
        (("1,5", "2"), ("12.50", "3.20"), 18_75 + 6_40, True),
        # 12 has no decimals
        (("1.000", "12"), ("12,50", "3,20"), 12_500_00 + 38_40, False),
        (("1.000", "2.000"), ("12.50", "3.20"), 12_50 + 6_40, False),
    ],
)
def test_quantities_are_read_by_their_own_marks(write, quantities, prices, units, differ):
    rows = [
        f"c;{place};2024-01-05;{quantity};{price}"
        for place, (quantity, price) in enumerate(zip(quantities, prices, strict=True))
    ]
    path = write(["customer_id;order_id;ordered_at;quantity;unit_price", *rows])

    found = read_export(path)

    assert found.ledger.used_units == units * 100
    assert any("is read as one piece" in one for one in reading_notices(found)) is differ


@pytest.mark.parametrize("text", ["▲1,234", "△1,234", "▲¥1,234", "¥▲1,234", "▲1,234円"])
def test_triangles_are_minus_signs_of_japan(text):
    assert plain(text, ".") == "-1234"
    assert plain(f"-{text}", ".") is None


def test_thousands_of_pieces_may_be_said_to_be_such(write):
    path = write(["customer_id;order_id;ordered_at;quantity;unit_price",
                  "c;1;2024-01-05;1.000;12,50"])  # fmt: skip

    assert read_export(path, asked=Asked(decimal=",")).ledger.used_units == 12_500 * 10_000


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500,-", "500"),
        ("500,--", "500"),
        ("1.500,– €", "1500"),
        ("kr. 500,-", "500"),
        ("500,- kr.", "500"),
        ("-500,-", "-500"),
        ("(500,-)", "-500"),
        ("500,00-", "-500.00"),
        ("500-", "-500"),
    ],
)
def test_a_dash_in_place_of_decimals_is_no_minus(text, number):
    assert plain(text.replace(" kr.", " kr").replace("kr. ", "kr "), ",") == number
    assert units_of([text, "1,5"], decimal=",") == [exact_units(number), 15_000]
    swiss = text.translate(str.maketrans(".,", "',"[0] + "."))
    assert units_of([swiss.replace("kr'", "kr.")]) == [exact_units(number)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,50", "1234.50"),
        ("1.234.567", "1234567"),
        ("1,5", "1.5"),
        ("1.234", "1234"),
        ("1,234", "1.234"),
        (f"1{NO_BREAK}234,50 \N{EURO SIGN}", "1234.50"),
        (",5", "0.5"),
        ("-1.234,5", "-1234.5"),
        ("5", "5"),
    ],
)
def test_with_a_decimal_comma_points_group_thousands(text, number):
    assert plain(text, ",") == number


@pytest.mark.parametrize(
    "text",
    [
        "", "-", ".", "$", "()", "--5", "-5-", "(-5)", "(5", "5)", "1,23", "1,2345", "12,345,67",
        "1.2.3", "1,234.5.6", "5 6", "5%", "0x10", "five", "1e", "e5", "5 USD EUR", "$$5", "1 2345",
        "1_000", "\N{ARABIC-INDIC DIGIT FIVE}", "1,234 567",
    ],
)  # fmt: skip
def test_what_is_not_one_number_is_none(text):
    assert plain(text) is None
    assert units_of([text]) == [None]


@pytest.mark.parametrize("text", ["1.5", "1.23", "1,234.5", "1.2345"])
def test_with_a_decimal_comma_a_point_never_becomes_a_decimal(text):
    assert units_of([text], decimal=",") == [None]


@given(st.decimals(-(10**12), 10**12, places=3), st.sampled_from((",", " ", NO_BREAK, "'")))
def test_grouped_numbers_mean_what_they_mean_ungrouped(number, group):
    text = f"{number:,.3f}".replace(",", group)

    assert units_of([text, "no number"]) == [exact_units(number), None]


@given(st.decimals(-(10**12), 10**12, places=2), st.sampled_from((".", " ", NARROW, "'")))
def test_grouped_numbers_with_a_decimal_comma_mean_the_same(number, group):
    text = f"{number:,.2f}".replace(",", "_").replace(".", ",").replace("_", group)

    assert units_of([text], decimal=",") == [exact_units(number)]


# The whole export decides ------------------------------------------------------------------------


def export(write, amounts, name="export.csv"):
    rows = [f"c{place};o{place};2024-01-31;{amount}" for place, amount in enumerate(amounts)]
    return write(["customer_id;order_id;ordered_at;amount", *rows], name)


def revenue(path, **asked):
    return rfmtool.run(path, asked=Asked(**asked), max_rejects="50%").ledger.used_units


@pytest.mark.parametrize(
    ("amounts", "units"),
    [
        (["1.234", "1.5"], 27_340),
        (["1.234", "1,5"], 12_355_000),
        (["1,234", "1.5"], 12_355_000),
        (["1,234", "1,5"], 27_340),
        (["1,234", "0.123"], 12_341_230),
        (["1,234", "1,234,567"], 12_358_010_000),
        (["1.234", "1.234.567"], 12_358_010_000),
        (["1.234", "1.234,5"], 24_685_000),
        (["1,234", "1234.567"], 24_685_670),
        (["1", "20"], 210_000),
    ],
)
def test_one_telling_number_decides_for_all(write, amounts, units):
    assert revenue(export(write, amounts)) == units
    assert revenue(export(write, amounts[::-1])) == units


@pytest.mark.parametrize("amounts", [["1.234"], ["1,234", "5"], ["1.234", "56,789"], ["-1,234"]])
def test_numbers_that_can_be_read_both_ways_are_refused(write, amounts):
    with pytest.raises(AmbiguousInputError, match=r"1\.234 or 1,234"):
        revenue(export(write, amounts))


@pytest.mark.parametrize("name", ["合計", "合计金额", "총금액"])
def test_decimals_follow_a_point_where_the_header_is_of_east_asia(write, name):
    lines = (f"c{place},2024-01-05,{cell}" for place, cell in enumerate(('"1,234"', '"56,789"')))
    path = write([f"customer,date,{name}", *lines])

    assert revenue(path, columns={"amount": name}) == 580_230_000


def test_as_many_points_as_commas_are_refused(write):
    with pytest.raises(AmbiguousInputError, match="prove both"):
        revenue(export(write, ["1.5", "1,5"]))


def test_what_the_user_says_settles_the_mark(write):
    path = export(write, ["1.234"])

    assert revenue(path, decimal=".") == 12_340
    assert revenue(path, decimal=",") == 12_340_000


@pytest.mark.parametrize(("late", "mark"), [("1,5", ","), ("1.5", ".")])
def test_evidence_far_behind_the_sample_decides(write, late, mark):
    rows = dialect.SAMPLE_BYTES // 15

    path = export(write, ["7"] * rows + ["1.234", late])

    assert read_export(path).export.formats.numbers.decimal == mark


def test_two_readings_far_behind_the_sample_are_refused_too(write):
    rows = dialect.SAMPLE_BYTES // 15

    with pytest.raises(AmbiguousInputError):
        revenue(export(write, ["7"] * rows + ["1.234"]))


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_rows_decides_nothing(write, seed, in_blocks):
    in_blocks(100)
    amounts = ["1.234"] * 20 + ["2,5"] * 3 + ["1.5"] * 2 + ["5"] * 20
    random.Random(seed).shuffle(amounts)  # noqa: S311 - any order will do

    ledger = read_export(export(write, amounts)).ledger

    assert ledger["bad_amount"] == 2
    assert ledger.used_units == 20 * 12_340_000 + 3 * 25_000 + 20 * 50_000


def test_typed_quantities_prove_nothing_about_prices_in_text():
    shop = pd.DataFrame(
        {
            "customer_id": ["ann", "bob"],
            "ordered_at": ["2024-01-31"] * 2,
            "quantity": [1, 2],
            "unit_price": ["1,50", "2,25"],
        }
    )

    assert rfmtool.run(shop).frame["monetary"].tolist() == [15_000, 45_000]
    with pytest.raises(AmbiguousInputError):
        rfmtool.run(shop.assign(unit_price=["1,234", "2,345"]))


def test_a_row_beyond_461_trillion_is_no_amount_and_the_others_are_read(write):
    rows = ["ann,1,2024-01-31,500000000000000", "bob,2,2024-01-31,-500000000000000",
            "cleo,3,2024-01-31,7"]  # fmt: skip

    result = rfmtool.run(write(["customer_id,order_id,ordered_at,amount", *rows]), max_rejects=2)

    assert [(one.row, one.reason) for one in result.ledger.rejects] == [
        (1, "bad_amount"), (2, "bad_amount"),
    ]  # fmt: skip
    assert result.frame["monetary"].tolist() == [70_000]


def test_an_order_beyond_461_trillion_is_refused_and_not_wrapped(write):
    rows = ["ann,1,2024-01-31,400000000000000.00"] * 12

    with pytest.raises(InputError, match="beyond 461 trillion"):
        rfmtool.run(write(["customer_id,order_id,ordered_at,amount", *rows]))


@st.composite
def columns_of_one_shape(draw):
    decimal, group = draw(st.sampled_from([(",", "."), (",", "\u202f"), (".", ","), (".", "'")]))
    marks = [
        "",
        "€",
        " €",
        "$",
        "kr.",
        " kr.",
        "Rs. ",
        "CHF ",
        "+",
        "-",
        "x",
        ",-",
        "/-",
        "(",
        "e5",
    ]
    front, back = draw(st.sampled_from(marks)), draw(st.sampled_from(marks))
    whole = draw(st.lists(st.integers(0, 10**7), min_size=1))
    odd = draw(st.lists(st.sampled_from(
        [None, "", " ", "1.5", "1,5", "-", "n/a", "€", "1,50,000", "1.2.3", "0,123.4", "5 USD", "٣"]
    )))  # fmt: skip
    grouped = [f"{number:,}".replace(",", group) for number in whole]
    texts = [
        draw(st.sampled_from(["", "-", "+"]))
        + f"{front}{number}"
        + draw(st.sampled_from(["", f"{decimal}5", f"{decimal}00", decimal]))
        + back
        for number in grouped
    ]
    return draw(st.permutations(texts + odd)), decimal


@given(columns_of_one_shape())
def test_numbers_of_the_usual_shape_are_read_as_any_other(column):
    texts, decimal = column
    cells = pa.array(texts, pa.string())
    trimmed = normalized_number_text(cells)
    plain, currencies = parse_number_text(trimmed, decimal)
    read = read_number_texts(cells, decimal)
    assert read.plain.equals(plain)
    assert read.currencies.equals(currencies)
    assert read.is_empty.equals(pc.equal(trimmed, ""))
