"""What a column could be as well is said before anybody trusts a sum."""

from io import StringIO

import pandas as pd
import pytest

import rfmtool
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.grouping.read import read_export
from rfmtool.settings import Settings
from rfmtool.sources.layout import Asked
from rfmtool.summaries.export_warnings import reading_notices

START = "Order ID,Order Date,Customer ID,"


def told(text, **asked):
    """What to look at in how it is read."""
    return reading_notices(read_export(frame(text), asked=Asked(**asked)))


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
            (
                f"{START}Total,Invoice Type\n1,2024-01-05,a,5,Cash Invoice\n"
                "2,2024-01-06,a,7,Credit Invoice\n3,2024-01-07,a,1,Return\n"
            ),
            "--status 'Credit Invoice=sale'",
        ),
        (
            f"{START}AMOUNT,SALES_PRICE\n1,2024-01-05,a,1,46\n2,2024-01-06,b,3,390\n",
            "'AMOUNT', small whole numbers, and 'SALES_PRICE' is not used",
        ),
        (
            f"{START}Quantity,Price\n"
            + "".join(
                f"{n},2024-01-05,a,{n % 5 + 1},{300.08 * (n % 5 + 1):.2f}\n" for n in range(20)
            ),
            "--column amount='Price'",
        ),
        (
            (
                "Invoice No,Date,Customer,Total,Status\n1,2024-01-05,a,5,Paid\n"
                "2,2024-01-06,b,7,Overdue\n3,2024-01-07,b,8,Open\n"
            ),
            "not paid: 2 rows of 15, with 'Open', 'Overdue'",
        ),
        (
            (
                "Num,Fecha,Vencimiento,Cliente,Total,Estado\n1,2024-01-05,2024-02-05,a,5,Pagada\n"
                "2,2024-01-06,2024-02-06,b,7,Pendiente\n"
            ),
            "not paid: 1 row of 7, with 'Pendiente'",
        ),
        (
            (
                "Factuurnummer,Datum,Klant,Totaal,Debet / credit\n1,2024-01-05,a,5,D\n"
                "2,2024-01-06,a,7,C\n"
            ),
            "'Debet / credit' looks like which rows are refunds",
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
            "2 of 2 with 2+ rows",
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
            f"{START}Amount,Status\n1,2024-01-05,a,50,failed\n1,2024-01-05,a,50,paid\n",
            "or --order-per-row where each row is a payment",
        ),
        (
            (
                f"{START}Type,Amount,Status\n1,2024-01-05,a,Sale,80,Refunded\n2,2024-01-06,a,Refund,80,Settled\n"
                "3,2024-01-07,b,Sale,5,Settled\n"
            ),
            "--status 'Refunded=sale' takes each off once",
        ),
        (
            f"{START}Item,Boxes,Price\n1,2024-01-05,a,Tea,3,12.50\n2,2024-01-06,b,Mug,1,9.90\n",
            "if 'Boxes' counts pieces, take --column quantity='Boxes'",
        ),
        (
            "Slip no,Date,Customer,Item,Total\n"
            + "".join(
                f"{bon},2024-01-{day:02},{who},{item},{total}\n"
                for bon, day, who, total in ((1, 5, "a", 30), (2, 6, "b", 8), (3, 7, "a", 9))
                for item in ("Tea", "Mug")
            ),
            "take --column order_id='Slip no' --amount-per order",
        ),
        (
            f"{START}Amount,Line Type\n"
            + "".join(
                f"{order},2024-01-05,a,{amount},{kind}\n"
                for order in (1, 2)
                for amount, kind in (
                    (12 * order, "Product"),
                    (5, "Shipping"),
                    (12 * order + 5, "Payment"),
                )
            ),
            "2 of the 2 orders with three rows and more",
        ),
        (
            f"{START}Amount,Line Type\n1,2024-01-05,a,12,Product\n1,2024-01-05,a,12,Payment\n",
            "'Line Type' may say which rows are credit notes",
        ),
        (
            "Receipt,Date,User,Buyer,Total\n"
            + "".join(
                f"{n},2024-01-05,{'Ann' if n % 2 else 'Ben'},X{n % 8},5\n" for n in range(16)
            ),
            "Column 'User' is taken for customers, 2 in the first rows, in which 'Buyer' has 8",
        ),
        (
            "Order,Date,Account,Buyer Email,Total\n"
            + "".join(f"{n},2024-01-05,Shop {n % 2},p{n % 10}@x.org,5\n" for n in range(20)),
            "Column 'Account' is taken for customers, 2 in the first rows, in which 'Buyer Email'",
        ),
        (
            "Order,Date,Customer,Email,Total\n"
            + "".join(f"{n},2024-01-05,{0 if n < 5 else n},p{n}@x.org,5\n" for n in range(9)),
            "name it with --anonymous, or take --column customer_id='Email'",
        ),
        (
            f"{START}Total,Estado\n1,2024-01-05,a,5,Por revisar\n2,2024-01-06,b,7,Tramitado\n",
            "'Estado' may say how orders stand",
        ),
        (
            (
                "Datum;Kunde;Buchungstext;Betrag\n01.01.2024;a;Saldovortrag;250\n02.01.2024;a;Rechnung;7\n"
                "31.01.2024;b;Gutschrift;-5\n"
            ).replace(";", ","),
            "'Buchungstext' says 'Saldovortrag', as of orders that are no sales",
        ),
        (
            "Date,Client,Label,Total\n2024-01-05,a,Facture,50\n2024-01-25,a,Règlement,-50\n",
            "'Label' says 'Règlement', as of orders that are no sales",
        ),
        (
            "Date,Customer,Total\n"
            + "".join(f"2024-01-{day},a,{day}\n2024-02-{day},a,-{day}\n" for day in range(10, 29)),
            "Money given back comes to 100% of what was sold: if rows below zero are payments",
        ),
        (
            f"{START}Total,Tipo\n1,2024-01-05,a,5,FAC\n2,2024-01-06,b,7,NCT\n",
            "Column 'Tipo' says 'FAC' of some rows and is not used",
        ),
        (
            (
                f"{START}Record Type,Total\n1,2024-01-05,a,Authorised,5\n1,2024-01-05,a,Settled,5\n"
                "2,2024-01-06,a,Refunded,-5\n"
            ),
            "'Record Type' says 'Authorised'",
        ),
        (
            f"{START}Umsatz,Haben\n1,2024-01-05,a,5,0.00\n2,2024-01-06,b,0,7.00\n",
            "'Haben' looks like refunds",
        ),
        (
            "Receipt,Date,Customer,Total\n"
            + "".join(
                f"{('Yes', 'No')[day % 2]},2024-01-{day},c{day % 5},{day}\n"
                for day in range(10, 30)
            ),
            "Column 'Receipt' is taken for numbers of orders, and 2 of its 2",
        ),
        (
            f"{START}Item,Price,Grand sum total\n1,2024-01-05,a,Tea,3.50,10.50\n",
            "'Grand sum total' could be it too",
        ),
        (
            f"{START}단가,결제합계\n1,2024-01-05,a,3.50,10.50\n",
            "'결제합계' could be it too",
        ),
        (
            f"{START}Total,État\n1,2024-01-05,a,5,2\n2,2024-01-06,b,7,3\n",
            "'État' may say how orders stand",
        ),
        (
            "Date,Account,Amount\n" + "2024-01-05,me@x.org,5\n" * 20,
            "Column 'Account' names one customer in all of the first rows",
        ),
        (
            "Datum,Login,Firma,Betrag\n"
            + "".join(f"2024-01-0{day},u{day},{'' if day % 4 else 'X'},5\n" for day in range(1, 9)),
            "Column 'Firma', taken for customers, is empty in most of the first rows",
        ),
        (
            (
                f"{START}Document Type,Total\n1,2024-01-05,a,,250\n2,2024-01-06,a,Invoice,7\n"
                "3,2024-01-07,b,Credit Note,5\n4,2024-01-07,b,Invoice,5\n"
            ),
            "as nothing stands in 'Document Type': 1.",
        ),
        (
            f"{START}Total,order_status_id\n1,2024-01-05,a,5,3\n2,2024-01-06,b,7,7\n",
            "'order_status_id' looks like how orders stand",
        ),
        (
            f"{START}Total,Bezahlt\n1,2024-01-05,a,5,5.00\n2,2024-01-06,b,7,0.00\n",
            "'Bezahlt' by its name says what is paid, and is 0 in rows that count.",
        ),
        (
            f"{START}Sale Price ($),Commission ($),Net Total ($)\n1,2024-01-05,a,5.00,0.50,4.50\n",
            "Money is read from 'Net Total ($)', perhaps less 'Commission ($)'",
        ),
        (
            f"{START}Total (USD),Subtotal\n1,2024-01-05,a,5.00,4.50\n",
            "Money is read from 'Subtotal'; 'Total (USD)' could be it too",
        ),
        (
            f"{START}Gesamtsumme brutto,Brutto\n1,2024-01-05,a,5.00,4.50\n",
            "Money is read from 'Gesamtsumme brutto'; 'Brutto' could be it too",
        ),
        (
            f"{START}Total,Amount Paid\n1,2024-01-05,a,5,5.00\n2,2024-01-06,b,7,0.00\n",
            "'Amount Paid' looks like what was paid and is not used. It is 0 in rows that count",
        ),
        (
            f"{START}Total,Returned Qty\n1,2024-01-05,a,5,0\n2,2024-01-06,b,7,1\n",
            "If it counts pieces given back, take their money off in the export.",
        ),
        (
            f"{START}Total,Qty cancelled\n1,2024-01-05,a,5,0\n2,2024-01-06,b,7,1\n",
            "If it counts pieces given back, take their money off in the export.",
        ),
        (
            f"{START}Total,Montant avoir\n1,2024-01-05,a,5,0.00\n2,2024-01-06,b,7,7.00\n",
            "'Montant avoir' looks like refunds",
        ),
        (
            "Date,Customer,Orders,Total\n2024-01-05,a,3,50\n2024-01-06,b,1,9\n",
            "Each row counts as one order",
        ),
    ],
)
def test_what_a_sum_may_hold_wrongly_is_said(text, sentence):
    assert any(sentence in warning for warning in told(text)), told(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{START}Total,Country\n1,2024-01-05,a,5,DEU\n2,2024-01-06,b,700,FRA\n",
        f"{START}Total,Amount Paid\n1,2024-01-05,a,5,5.00\n2,2024-01-06,b,7,7.00\n",
        f"{START}Total,Refunded Amount\n" + "".join(f"{n},2024-01-05,{n},5,4\n" for n in range(40)),
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
        "Date,Customer,Total\n2024-01-05,a,3\n2024-01-05,a,3\n2024-01-06,b,4\n2024-01-06,b,5\n",
        f"{START}Total,Estado,Ciudad\n1,2024-01-05,a,5,Jalisco\n2,2024-01-06,b,7,Sonora\n",
        f"{START}Total,Estado\n1,2024-01-05,a,5,SP\n2,2024-01-06,b,7,RJ\n",
        f"{START}Amount\n" + "".join(f"1,2024-01-05,a,{n}\n" for n in (5, 6, 7)) * 2,
        "Order,Date,Account,Email,Total\n1,2024-01-05,C1,a@x.org,5\n2,2024-01-06,C2,b@y.org,7\n",
        "Customer,Date,Price,Store\na,2024-01-05,10.50,1\nb,2024-01-06,20.50,3\n",
        f"{START}Total,Type\n1,2024-01-05,a,5,AV\n2,2024-01-06,b,700,KOR\n",
        "Date,Email,Event,Price\n"
        + "2024-01-05,a@x.org,Gala,25\n" * 2
        + "2024-01-06,b@x.org,Gala,25\n" * 2,
        f"{START}Amount\n"
        + "".join(f"{o},2024-01-05,a,{n}\n" for o in (1, 2, 3) for n in (20, 10, 10)),
        f"{START}Total,Paid\n1,2024-01-05,a,5,5.00\n2,2024-01-06,b,7,7.00\n",
        f"{START}Total,Test\n1,2024-01-05,a,5,A\n2,2024-01-06,b,7,B\n",
    ],
)
def test_of_what_is_as_it_seems_nothing_is_said(text):
    assert told(text) == []


def test_a_column_of_any_types_is_used_only_if_all_words_are_known_and_is_told_of_once():
    rows = "1,2024-01-05,a,5,판매\n2,2024-01-06,b,7,반품\n3,2024-01-07,b,7,도매\n"

    (notice,) = told(f"{START}Total,구분\n{rows}")

    assert notice.startswith("Column '구분' says '반품', as of orders that are no sales")


def test_one_account_beside_many_addresses_is_told_of_once():
    rows = "".join(f"{n},2024-01-05,Shop,p{n % 7}@x.org,5\n" for n in range(20))

    (notice,) = told(f"Order,Date,Account,Buyer Email,Total\n{rows}")

    assert notice.endswith("take --column customer_id='Buyer Email'.")


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

    assert any("names 2 currencies" in one for one in reading_notices(read_export(tmp_path)))


@pytest.mark.parametrize("units", [("USD", "EUR"), ("incl. VAT", "excl. VAT")])
def test_files_whose_names_of_money_have_other_units_are_not_added_up(units, tmp_path):
    for unit in units:
        text = f"{START}Total ({unit})\n{unit},2024-01-05,a,5\n"
        (tmp_path / f"{unit}.csv").write_text(text)

    with pytest.raises(AmbiguousInputError, match=r"differ: money in E[UX].* and "):
        read_export(tmp_path)


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
    assert reading_notices(read_export(table)) == []


@pytest.mark.parametrize(
    ("header", "rows", "revenue"),
    [
        ("Data;Cliente;Numero ordine;Q.tà;Prezzo", ["13/01/2024;101;1;3;12,50"], "37.5"),
        ("Rechnungsnummer;Belegdatum;Kunde;Betrag;Belegart",
         ["R1;13.01.2024;A;100,00;RE", "G2;25.01.2024;A;40,00;GS"], "60"),
        ("Bestellnummer;Datum;Kunde;Gesamtbetrag;Bezahlt",
         ["1;13.01.2024;K1;20,00;J", "2;14.01.2024;K2;30,00;N"], "20"),
        ("Bestellnummer;Datum;Kunde;Gesamtbetrag;Bezahlt",
         ["1;13.01.2024;K1;20,00;15.01.2024", "2;14.01.2024;K2;30,00;"], "20"),
        ("주문번호;주문일시;구매자ID;주문상태;결제금액",
         ["1;2024-01-13;kim;배송완료;10000", "2;2024-01-20;lee;취소완료;20000"], "10000"),
    ],
)  # fmt: skip
def test_columns_of_other_languages_play_their_roles(tmp_path, header, rows, revenue):
    (tmp_path / "a.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    result = rfmtool.run(tmp_path / "a.csv")

    assert result.summary["revenue"] == revenue
    assert result.customers["frequency"].sum() == 1


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Order,Date,First name,Name,Total", "may be a surname alone"),
        ("Receipt,Date,Name,Variant,Total", "may be the name of an article"),
        (
            "Date,Transaction Type,Num,Name,Memo/Description,Account,Amount",
            "an account of the books",
        ),
        (
            "E-Mail,Datum,Transaktions-ID,Zahlungsart,Status,Kartentyp,Betrag",
            "who took the payment",
        ),
        (
            "Datum,Uhrzeit,Zeitzone,Name,Typ,Status,Brutto,Netto,Transaktionscode",
            "holds, withdrawals",
        ),
    ],
)
def test_what_names_no_customer_is_refused(header, said):
    row = ",".join("1" for _ in header.split(","))

    with pytest.raises(InputError, match=said):
        read_export(frame(f"{header}\n{row}\n"))


def test_the_name_of_an_article_is_nobodys():
    text = "order_number,date,email,sku,name,quantity,total\n1,2024-01-05,a@x.org,S1,Red mug,1,5\n"

    assert read_export(frame(text)).latest_cells.column_names == ["email"]


@pytest.mark.parametrize(
    ("text", "orders", "revenue"),
    [
        (f"{START}Type,Total\n1,2024-01-05,a,AV,500\n2,2024-01-06,b,,80\n", 2, "580"),
        ("N° commande,Date,Client,Référence,Total\n1,2024-01-05,a,MUG,10\n2,2024-02-05,a,MUG,9\n",
         2, "19"),
        (("Invoice Number,Order Number,Date,Customer,Amount\nI1,VERBAL,2024-01-05,a,10\n"
         "I2,VERBAL,2024-02-05,a,20\n"), 2, "30"),
        (f"{START}Quantity,Price,Amount Paid\n1,2024-01-05,a,1,10,30\n1,2024-01-05,a,2,10,30\n",
         1, "30"),
        ((f"{START}Status,Total,Paid\n1,2024-01-05,a,Completed,10,2024-01-07\n"
         "2,2024-02-05,b,Completed,20,\n"), 2, "30"),
        (("Order ID,Date,Клиент,Email,Total\n1,2024-01-05,Анна,a@x.org,10\n"
         "2,2024-01-06,Анна,b@x.org,20\n"), 2, "30"),
        ("Date,Name,Quantity,Total\n2024-01-05,Ann Lee,2,10\n", 1, "10"),
    ],
)  # fmt: skip
def test_what_was_read_rightly_by_other_names_still_is(text, orders, revenue):
    result = rfmtool.run(frame(text))

    assert (result.customers["frequency"].sum(), result.summary["revenue"]) == (orders, revenue)


def test_a_parcel_that_waits_says_nothing_of_a_payment():
    shop = "Name,Email,Financial Status,Created at,Total,Lineitem name,Fulfillment Status\n"
    rows = (
        "#1,ann@x.org,paid,2024-01-05,5,Tea,pending\n#2,bob@x.org,paid,2024-01-06,7,Tea,fulfilled\n"
    )

    assert not any("Fulfillment" in one for one in told(shop + rows))
    # Where nothing else says how an order stands it may be all that does.
    alone = f"{START}Total,Delivery\n1,2024-01-05,a,5,pending\n2,2024-01-06,b,7,shipped\n"
    assert any("'Delivery' says 'pending'" in one for one in told(alone))


@pytest.mark.parametrize(
    ("cell", "is_told"), [("0", False), ("", False), ("0.00", False), ("4", True)]
)
def test_totals_after_refunds_are_told_of_where_there_are_any(cell, is_told):
    text = f"{START}Total,Adjusted Order Total\n1,2024-01-05,a,5,0\n2,2024-01-06,b,7,{cell}\n"

    assert any("after refunds" in one for one in told(text)) is is_told


def test_rows_given_back_with_a_minus_ask_for_no_status():
    text = f"{START}Valor,Tipo\n1,2024-01-05,a,5,compra\n2,2024-01-06,b,-7,{{}}\n"

    assert not any("'Tipo'" in one for one in told(text.format("reembolso")))
    assert any("'Tipo' says 'reembolso'" in one
               for one in told(text.replace("-7", "7").format("reembolso")))  # fmt: skip


def test_customers_whom_white_space_alone_tells_apart_are_told_of():
    text = f"{START}Total\n1,2024-01-05,Ann Lee,5\n2,2024-01-06,{{}},7\n3,2024-01-07,Cy ,7\n"

    assert any("count apart: 1." in one for one in told(text.format("Ann Lee ")))
    assert not any("white space" in one for one in told(text.format("Bob Ray ")))
    assert not any(
        "white space" in one for one in told(text.format(" a@x.org\n4,2024-01-06,a@x.org"))
    )


def test_money_of_another_name_beside_a_total_is_told_of():
    text = f"{START}total,total_amt_usd\n1,2024-01-05,a,12,78.50\n2,2024-01-06,b,7,44.10\n"

    assert any("'total_amt_usd' could be it too" in one for one in told(text))


@pytest.mark.parametrize("name", ["Receipt Number", "Bon-Nr", "Cart ID"])
def test_numbers_of_rows_beside_those_of_orders_are_told_of(name):
    header = f"Transaction ID,Date,Customer,Total,{name}\n"
    rows = [f"{n},2024-01-{n // 2 + 1:02},c{n // 2 % 9},{n},R{n // 2}" for n in range(30)]
    own = [f"{row.rpartition(',')[0]},R{n}" for n, row in enumerate(rows)]

    assert any(f"order_id={name!r}" in one for one in told(header + "\n".join(rows)))
    assert not any(f"order_id={name!r}" in one for one in told(header + "\n".join(own)))


@pytest.mark.parametrize(
    ("amount", "total"),
    [("Subtotaal", "Te betalen"), ("Price", "Paid"), ("Sales", "Total sales"), ("Umsatz", "A")],
)
def test_a_column_of_the_amount_and_what_is_added_to_it_is_told_of(amount, total):
    header = f"{START}{amount},Frais,Porto,{total},Remise\n"
    rows = [(10 * n, n % 3, n % 2 * 4.5, 10 * n + n % 3 + n % 2 * 4.5, "") for n in range(1, 31)]
    rows = [f"{n},2024-01-{n:02},c{n % 7},{row[0]},{row[1] or ''},{row[2]},{row[3]},{row[4]}"
            for n, row in enumerate(rows, 1)]  # fmt: skip
    other = [f"{row.rpartition(',')[0]}1," for row in rows]

    hint = f"{total!r} could be it too"
    assert any(hint in text for text in told(header + "\n".join(rows)))
    assert not any(hint in text for text in told(header + "\n".join(other)))
    assert not any(hint in text for text in told(header.replace("Porto", "Discount") + rows[0]))


@pytest.mark.parametrize(("shipping", "sentence"), [(0, "of the others:"), (4, "others or more:")])
def test_orders_listed_together_with_their_rows_are_told_of(shipping, sentence):
    rows = [f"{n},2024-01-{n:02},c{n % 5},{amount}" for n in range(1, 25)
            for amount in (5 + n, 7, 12 + n + shipping * (n % 2))]  # fmt: skip
    other = [row.replace(",7", ",70") for row in rows]

    told_of = [text for text in told(f"{START}Total\n" + "\n".join(rows)) if "one row" in text]
    assert len(told_of) == 1
    assert sentence in told_of[0]
    assert not any("one row" in text for text in told(f"{START}Total\n" + "\n".join(other)))


@pytest.mark.parametrize(
    "name", ["ZOË RAY", "Zoë  Ray", "Zoe\u0308 Ray", "Zoë\u00a0Ray", "\u200bZoë Ray"]
)
def test_customers_whom_capitals_or_spaces_alone_tell_apart_are_told_of(name):
    text = f"{START}Total\n1,2024-01-05,Zoë Ray,5\n2,2024-01-06,{{}},7\n"

    assert any("capitals or" in one for one in told(text.format(name)))
    assert not any("capitals or" in one for one in told(text.format("Zoë Roy")))
    assert any(
        "zeros in front" in one for one in told(text.replace("Zoë Ray", "17").format("0017"))
    )


@pytest.mark.parametrize("other", ["Customer Name", "Buyer Login", "Customer"])
def test_customers_made_up_for_each_order_are_told_of(other):
    names = "Customer ID" if other == "Customer" else "Buyer Email"
    rows = [f"{n},2024-01-{n + 1:02},m{n}@market.example,p{n % 9},5" for n in range(24)]
    export = f"Order ID,Order Date,{names},{other},Total\n" + "\n".join(rows)
    known = "\n".join(row.replace(f"m{n}@", f"p{n % 20}@") for n, row in enumerate(rows))

    hint = f"--column customer_id={other!r}"
    assert any("made up for each order" in one and hint in one for one in told(export))
    assert not any("made up" in one for one in told(export.partition("\n")[0] + "\n" + known))


def test_an_export_whose_customers_stand_in_another_column_says_so():
    text = "Email,Phone,Order,Date,Total\n{},0171 1,1,2024-01-05,5\n,0171 2,2,2024-01-06,7\n"

    assert "Column 'Email' names nobody: --column customer_id=NAME takes another." in told(
        text.format("")
    )
    assert not any("names nobody" in one for one in told(text.format("a@x.org")))


def test_prices_of_articles_do_not_grow_with_the_quantity():
    rows = [f"{n},2024-01-05,a,{n % 5 + 1},{(2.5, 3.99, 12)[n % 3]:.2f}" for n in range(40)]

    assert not any("grows" in text for text in told(f"{START}Quantity,Price\n" + "\n".join(rows)))


@pytest.mark.parametrize(
    "kinds",
    [
        ("Cash", "Credit", "Card"),
        ("Cash", "Credit", "Credit"),
        ("Cash Sale", "Credit", "Cash Sale"),
    ],
)
def test_credit_beside_cash_is_a_way_to_pay(kinds):
    rows = [f"{n},2024-01-0{n},{kind},5" for n, kind in enumerate(kinds, 1)]
    export = frame("Order ID,Date,Type,Amount,Customer\n" + "\n".join(f"{row},a" for row in rows))
    summary = rfmtool.run(export).summary

    assert summary["revenue"] == "15"
    assert "as of orders that are no sales" not in " ".join(summary["warnings"])
