"""What a column could be as well is said before anybody trusts a sum."""

from io import StringIO

import pandas as pd
import pytest

import rfmtool
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.grouping.read import Settings, look
from rfmtool.sources.layout import Asked
from rfmtool.summaries.warnings import reading_notices

START = "Order ID,Order Date,Customer ID,"


def told(text, **asked):
    """What to look at in how it is read."""
    return reading_notices(look(frame(text), asked=Asked(**asked)))


def frame(text):
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            f"{START}Total,Cur.\n1,2024-01-05,a,5,EUR\n2,2024-01-06,b,700,MXN\n",
            "'Cur.' names 2 currencies",
        ),
        (
            (
                f"{START}Record Type,Total\n1,2024-01-05,a,Order,70\n1,2024-01-05,a,Item,50\n"
                "1,2024-01-05,a,Item,20\n"
            ),
            "'Record Type' says 'Order' of some rows",
        ),
        (
            f"{START}Quantity,Price,Discount (%),Subtotal\n1,2024-01-05,a,2,100.00,10.0,180.00\n",
            "'Subtotal' could be it too",
        ),
        (
            f"{START}Quantity,Price,Discount\n1,2024-01-05,a,2,100.00,10.00\n",
            "without 'Discount' taken off",
        ),
        (
            f"{START}Amount,Price\n1,2024-01-05,a,1,80.00\n2,2024-01-06,b,3,5.50\n",
            "--column quantity='Amount' and --column unit_price='Price'",
        ),
        (
            (
                "Order,Date,Customer,Email,Total\n1,2024-01-05,Ann Lee,ann@x.org,5\n"
                "2,2024-01-06,Ann Lee,lee@y.org,7\n"
            ),
            "--column customer_id='Email' tells them apart",
        ),
        (
            f"{START}Total,Date Paid\n1,2024-01-05,a,5,2024-01-05\n2,2024-01-06,b,7,\n",
            "--column paid_at=NAME leaves out the rows",
        ),
        (
            f"{START}Gross Sales,Refunds,Net Sales\n1,2024-01-05,a,100.00,-40.00,60.00\n",
            "'Net Sales' by its name has it taken off already",
        ),
        (
            f"{START}Total\n1,2024-01-05,0,5\n2,2024-01-06,0,7\n3,2024-01-07,12,7\n",
            "--anonymous=0 leaves them out",
        ),
        (
            (
                f"{START}Total,Method\n1,2024-01-05,a,5,gift card\n1,2024-01-05,a,5,card\n"
                "2,2024-01-06,b,9,gift card\n2,2024-01-06,b,9,card\n"
            ),
            "2 of the 2 with several",
        ),
        (
            f"{START}Line,Total,refunded_amount\n1,2024-01-05,a,Shoes,80,20\n1,2024-01-05,a,Socks,40,20\n",
            "the same refund again on 1 row of an order",
        ),
        (
            (
                f"{START}Amount,Status\n1,2024-01-05,a,50,shipped\n1,2024-01-05,a,20,cancelled\n"
                "2,2024-01-06,b,5,shipped\n"
            ),
            "another row of their order is none: 1 at least",
        ),
        (
            (
                f"{START}Type,Amount,Status\n1,2024-01-05,a,Sale,80,Refunded\n2,2024-01-06,a,Refund,80,Settled\n"
                "3,2024-01-07,b,Sale,5,Settled\n"
            ),
            "--status 'Refunded=sale' takes each off once",
        ),
    ],
)
def test_what_a_sum_may_hold_wrongly_is_said(text, sentence):
    assert any(sentence in warning for warning in told(text)), told(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{START}Total,Country\n1,2024-01-05,a,5,DEU\n2,2024-01-06,b,700,FRA\n",
        f"{START}Total,Type\n1,2024-01-05,a,5,Simple\n2,2024-01-06,b,700,Variable\n",
        f"{START}Quantity,Unit Price,Discount\n1,2024-01-05,a,2,100.00,0.00\n",
        f"{START}Amount,Price\n1,2024-01-05,a,160,80.00\n2,2024-01-06,b,16,5.50\n",
        f"{START}Quantity,Amount,Price\n1,2024-01-05,a,2,10,5.00\n",
        (
            "Order,Date,Customer,Email,Total\n1,2024-01-05,Ann Lee,ann@x.org,5\n"
            "2,2024-01-06,Ann Lee,ANN@x.org,7\n"
        ),
        "Order,Date,Customer,Email,Total\n1,2024-01-05,C1,ann@x.org,5\n2,2024-01-06,C1,b@x.org,7\n",
        f"{START}Total,Date Paid\n1,2024-01-05,a,5,2024-01-05\n2,2024-01-06,b,7,2024-01-06\n",
        f"{START}Total\n1,2024-01-05,0,5\n2,2024-01-06,1,7\n3,2024-01-07,1,7\n",
        f"{START}Total\n1,2024-01-05,a,5\n1,2024-01-05,a,6\n2,2024-01-05,b,5\n2,2024-01-05,b,5\n",
        f"{START}Line,Total,refunded_amount\n1,2024-01-05,a,Tea,5,5\n1,2024-01-05,a,Mug,5,5\n",
    ],
)
def test_of_what_is_as_it_seems_nothing_is_said(text):
    assert told(text) == []


def test_a_column_that_somebody_named_is_not_doubted():
    text = f"{START}Amount,Price\n1,2024-01-05,a,2,80.00\n2,2024-01-06,b,3,5.50\n"

    assert not any("pieces" in one for one in told(text, columns={"amount": "Amount"}))


def test_a_receipt_beside_invoices_is_asked_about():
    text = "Order,Date,Customer,Type,Amount\n1,2024-01-05,a,Invoice,50\n2,2024-02-05,a,Receipt,50\n"

    with pytest.raises(AmbiguousInputError, match="'Receipt'") as caught:
        told(text)

    assert "--status 'Receipt=not_a_sale'" in caught.value.hint
    for is_sale, money in ((True, 100), (False, 50)):
        result = rfmtool.run(frame(text), asked=Asked(statuses={"receipt": is_sale}))
        assert result.customers["monetary"].tolist() == [money]


def test_a_pending_order_whose_payment_is_there_is_a_sale():
    text = (
        f"{START}Total,Order Status,Payment Status\n1,2024-01-05,a,5,Pending,Paid\n"
        "2,2024-01-06,b,7,Pending,Unpaid\n3,2024-01-07,c,9,Cancelled,Paid\n"
    )
    assert rfmtool.run(frame(text)).customers["customer_id"].tolist() == ["a"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Order,Name,Created At,Amount\n1,#1001,2024-01-05,5\n2,#1002,2024-01-06,7\n",
            "names of orders",
        ),
        (
            "Order ID,Date,Name,SKU,Total\n1,2024-01-05,Blue mug,M1,5\n",
            "may be the name of an article",
        ),
    ],
)
def test_a_name_of_something_else_is_no_customer(text, said):
    with pytest.raises(InputError, match=said):
        told(text)


def test_who_served_is_no_customer():
    text = "Receipt,Date,User,Customer Name,Total\n1,2024-01-05,Sue,Ann Lee,5\n"

    assert rfmtool.run(frame(text)).customers["customer_id"].tolist() == ["Ann Lee"]


NOTE = [
    "Order,Date,Customer,Product Category,Type,Amount",
    "1,2024-01-05,a,shoes,Invoice,100", "2,2024-02-05,a,shoes,Credit Note,30",
    "2,2024-02-05,a,other,Credit Note,-10", "3,2024-02-06,a,shoes,Invoice,50",
]  # fmt: skip


@pytest.mark.parametrize("select", [None, ("customer_id", "monetary", "refunds")])
@pytest.mark.parametrize("column", ["Order", "Number"])
def test_each_row_of_a_credit_note_is_given_back_wherever_it_stands(tmp_path, select, column):
    header, *rows = [row.replace("Order", column) for row in NOTE]
    for name, part in (("1", rows[:2]), ("2", rows[2:]), ("all", rows), ("turned", rows[::-1])):
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *part]) + "\n")
    for files in (["1", "2"], ["all"], ["turned"]):
        paths = [tmp_path / f"{name}.csv" for name in files]
        result = rfmtool.run(paths, settings=Settings(select=select))
        assert result.customers[["monetary", "refunds"]].to_numpy().tolist() == [[110, 40]]
    assert any("both signs" in one for one in told("\n".join(NOTE)))
    assert not any("both signs" in one for one in told("\n".join(NOTE[:3])))


def test_currencies_of_several_files_are_taken_together(tmp_path):
    for code in ("EUR", "MXN"):
        row = f"{code},2024-01-05,{code},5,{code}\n"
        (tmp_path / f"{code}.csv").write_text(f"{START}Total,Cur.\n{row}")

    assert any("names 2 currencies" in one for one in reading_notices(look(tmp_path)))


def test_a_user_with_an_address_is_a_customer():
    text = "Order,User,Email,Date,Total\n1,77,a@x.org,2024-01-05,5\n"

    assert rfmtool.run(frame(text)).customers["customer_id"].tolist() == ["77"]


@pytest.mark.parametrize(
    "text",
    [
        f"{START}Total,Status\n1,2024-01-05,a,50,Cancelled\n1,2024-01-05,a,20,\n2,2024-01-06,b,5,\n",
        f"{START}Total,Voided\n1,2024-01-05,a,50,yes\n1,2024-01-05,a,20,no\n2,2024-01-06,b,5,no\n",
    ],
)
def test_rows_that_go_by_their_order_are_not_told_of(text):
    assert told(text) == []


@pytest.mark.parametrize("kind", ["Int64", "float64", "category", "object"])
def test_typed_columns_and_empty_ones_are_looked_at_too(kind):
    table = frame(f"{START}Amount,Price\n1,2024-01-05,a,1,5.00\n").assign(
        Price=pd.Series([None], dtype=kind), Discount=None, Cur=None
    )
    assert reading_notices(look(table)) == []
