"""Exports of payments, ledgers, bookings, deals and tills: small bodies of our own under their headers.

Each says by hand what its customers paid and kept, and how many of their orders count.
"""

# ruff: noqa: E501, RUF001 - as wide as such exports are, and in their letters

from decimal import Decimal

import pytest

import rfmtool
from rfmtool.errors import InputError

BODIES = {
    "gumroad": (
        """\
Purchase ID,Item Name,Buyer Name,Purchase Email,Buyer Email,Purchase Date,Subtotal ($),Sale Price ($),Fees ($),Net Total ($),Refunded?,Partial Refund ($),Fully Refunded?
g1,Guide,Ann,ann@x.org,ann@x.org,2026-03-01,20.00,20.00,2.50,17.50,0,0.00,0
g2,Guide,Bob,bob@x.org,,2026-03-02,30.00,30.00,3.50,26.50,1,5.00,0
g3,Guide,Bob,bob@x.org,,2026-03-03,9.00,9.00,1.50,7.50,1,0.00,1
Totals,,,,,,59.00,59.00,7.50,51.50,,5.00,
""",
        {"ann@x.org": ("20", 1), "bob@x.org": ("25", 1)},
    ),
    "loyverse": (
        """\
Date,Receipt number,Receipt type,Gross sales,Discounts,Net sales,Taxes,Total collected,Cost of goods,Gross profit,Payment type,Description,Dining option,POS,Store,Cashier name,Customer name,Customer contacts,Status
3/13/26 12:16 PM,1-0003,Sale,20.00,0.00,20.00,2.00,22.00,8.00,12.00,Cash,2 x Tea,,POS 1,Main,Owner,Ann,,Closed
3/14/26 12:16 PM,1-0004,Refund,5.00,0.00,5.00,0.50,5.50,2.00,3.00,Cash,1 x Tea,,POS 1,Main,Owner,Ann,,Closed
3/15/26 12:16 PM,1-0005,Sale,9.00,0.00,9.00,1.00,10.00,2.00,7.00,Cash,1 x Tea,,POS 1,Main,Owner,Bob,,Cancelled
3/16/26 12:16 PM,1-0006,Sale,9.00,0.00,9.00,1.00,10.00,2.00,7.00,Cash,1 x Tea,,POS 1,Main,Owner,Bob,,Closed
""",
        {"Ann": ("16.5", 1), "Bob": ("10", 1)},
    ),
    "braintree": (
        """\
Transaction ID,Transaction Type,Transaction Status,Created Datetime,Amount Authorized,Amount Submitted For Settlement,Order ID,Customer ID,Customer Email,Currency ISO Code
t1,sale,settled,03/01/2026 10:00:00,20.00,20.00,1,C1,ann@x.org,USD
t2,credit,settled,03/02/2026 10:00:00,5.00,5.00,1,C1,ann@x.org,USD
t3,sale,processor_declined,03/03/2026 10:00:00,9.00,,2,C2,bob@x.org,USD
t4,sale,voided,03/04/2026 10:00:00,9.00,,3,C2,bob@x.org,USD
t5,sale,submitted_for_settlement,03/05/2026 10:00:00,8.00,8.00,4,C2,bob@x.org,USD
""",
        {"C1": ("15", 1), "C2": ("8", 1)},
    ),
    "airbnb": (
        """\
Date,Type,Confirmation Code,Start Date,Nights,Guest,Listing,Details,Reference,Currency,Amount,Paid Out,Host Fee,Cleaning Fee
03/13/2026,Payout,,,,,,Transfer to bank,,USD,,97.00,,
03/13/2026,Reservation,HM1,03/12/2026,2,Ann,Hut,,,USD,97.00,,3.00,0
03/14/2026,Payout,,,,,,Transfer to bank,,USD,,40.00,,
03/14/2026,Reservation,HM2,03/13/2026,1,Bob,Hut,,,USD,50.00,,2.00,0
03/14/2026,Resolution Adjustment,HM2,03/13/2026,1,Bob,Hut,,,USD,-10.00,,,0
""",
        {"Ann": ("97", 1), "Bob": ("40", 1)},
    ),
    "booking_com": (
        """\
Book number,Booked by,Guest name(s),Check-in,Check-out,Booked on,Status,Rooms,People,Price,Commission %,Commission amount,Cancellation date
301,"Lee, Ann",Ann Lee,2026-04-01,2026-04-03,2026-03-01 10:00:00,ok,1,2,120.50 EUR,15,18.08 EUR,
302,"Ray, Bob",Bob Ray,2026-04-02,2026-04-03,2026-03-02 10:00:00,cancelled_by_guest,1,2,60 EUR,15,9 EUR,2026-03-05 10:00:00
303,"Ray, Bob",Bob Ray,2026-04-04,2026-04-05,2026-03-03 10:00:00,ok,1,1,70 EUR,15,10.5 EUR,
""",
        {"Lee, Ann": ("120.5", 1), "Ray, Bob": ("70", 1)},
    ),
    "pipedrive": (
        """\
Deal - ID,Deal - Title,Deal - Value,Deal - Currency of Value,Deal - Organization,Deal - Contact person,Deal - Status,Deal - Won time,Deal - Deal created
1,A,2000,EUR,Ann Ltd,Ann,Won,2026-03-01 10:00:00,2026-01-01 10:00:00
2,B,900,EUR,Bob Ltd,Bob,Lost,,2026-01-02 10:00:00
3,C,700,EUR,Bob Ltd,Bob,Open,,2026-01-03 10:00:00
4,D,500,EUR,Bob Ltd,Bob,Won,2026-03-02 10:00:00,2026-01-04 10:00:00
""",
        {"Ann Ltd": ("2000", 1), "Bob Ltd": ("500", 1)},
    ),
    "hubspot": (
        """\
Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Pipeline,Associated Company
1,A,Closed won,2026-03-01 10:00,Mia,2000,Sales,Ann Ltd
2,B,Closed lost,2026-03-02 10:00,Mia,900,Sales,Bob Ltd
3,C,Appointment scheduled,2026-09-02 10:00,Mia,700,Sales,Bob Ltd
4,D,Closed won,2026-03-03 10:00,Mia,500,Sales,Bob Ltd
""",
        {"Ann Ltd": ("2000", 1), "Bob Ltd": ("500", 1)},
    ),
    "salesforce": (
        """\
Opportunity Name,Account Name,Close Date,Stage,Amount,Probability (%),Created Date,Opportunity Owner
A,Ann Ltd,3/13/2026,Closed Won,"2,000.00",100,1/13/2026,Mia
B,Bob Ltd,3/14/2026,Closed Lost,900.00,0,1/14/2026,Mia
C,Bob Ltd,9/15/2026,Proposal/Price Quote,700.00,60,1/15/2026,Mia
D,Bob Ltd,3/16/2026,Closed Won,500.00,100,1/16/2026,Mia
""",
        {"Ann Ltd": ("2000", 1), "Bob Ltd": ("500", 1)},
    ),
    "donorbox": (
        """\
Name,Donating Company,Donor's First Name,Donor's Last Name,Donor Email,Campaign,Amount,Currency,Amount in USD,Processing Fee,Net Amount,Donated At,Donation Id,Status
Ann Lee,,Ann,Lee,ann@x.org,Main,20.00,EUR,22.00,0.80,19.20,2026-03-01 10:00:00,1,paid
Bob Ray,,Bob,Ray,bob@x.org,Main,30.00,EUR,33.00,1.00,29.00,2026-03-02 10:00:00,2,failed
Bob Ray,,Bob,Ray,bob@x.org,Main,9.00,EUR,10.00,0.50,8.50,2026-03-03 10:00:00,3,paid
""",
        {"ann@x.org": ("20", 1), "bob@x.org": ("9", 1)},
    ),
    "erpnext": (
        """\
name,customer,customer_name,posting_date,grand_total,outstanding_amount,status,currency,is_return
SINV-1,C1,Ann Ltd,2026-03-01,20.00,0,Paid,EUR,0
SINV-2,C1,Ann Ltd,2026-03-02,-5.00,0,Return,EUR,1
SINV-3,C2,Bob Ltd,2026-03-03,30.00,0,Cancelled,EUR,0
SINV-4,C2,Bob Ltd,2026-03-04,8.00,8.00,Overdue,EUR,0
SINV-5,C2,Bob Ltd,2026-03-05,9.00,9.00,Draft,EUR,0
""",
        {"C1": ("15", 1), "C2": ("8", 1)},
    ),
    "zoho": (
        """\
Invoice Date,Invoice ID,Invoice Number,Invoice Status,Customer ID,Customer Name,Currency Code,Item Name,Quantity,Item Price,Item Total,SubTotal,Total,Balance
2026-03-01,88,INV-1,Closed,71,Ann Ltd,EUR,Tea,1,10.00,10.00,20.00,22.00,0.00
2026-03-01,88,INV-1,Closed,71,Ann Ltd,EUR,Cup,1,10.00,10.00,20.00,22.00,0.00
2026-03-02,89,INV-2,Void,72,Bob Ltd,EUR,Tea,1,9.00,9.00,9.00,9.00,0.00
2026-03-03,90,INV-3,Overdue,72,Bob Ltd,EUR,Tea,1,8.00,8.00,8.00,8.00,8.00
""",
        {"71": ("22", 1), "72": ("8", 1)},
    ),
    "sage": (
        """\
No,Type,Account,Nominal,Date,Ref,Details,Net Amount,Tax Amount
1,SI,ANN,4000,13/03/2026,1,Tea,20.00,4.00
2,SC,ANN,4000,14/03/2026,2,Tea,5.00,1.00
3,SR,ANN,1200,15/03/2026,BACS,Receipt,18.00,0.00
4,SI,BOB,4000,16/03/2026,3,Tea,8.00,1.60
""",
        {"ANN": ("15", 1), "BOB": ("8", 1)},
    ),
    "sap_b1": (
        """\
DocNum,DocDate,CardCode,CardName,DocTotal,VatSum,CANCELED,DocStatus
1,20260301,C1,Ann Ltd,20.000000,3.19,N,C
2,20260302,C2,Bob Ltd,30.000000,4.79,Y,C
3,20260303,C2,Bob Ltd,8.000000,1.28,N,O
""",
        {"C1": ("20", 1), "C2": ("8", 1)},
    ),
    "amazon_items": (
        """\
order-id	order-item-id	purchase-date	payments-date	buyer-email	buyer-name	sku	product-name	quantity-purchased	currency	item-price	item-tax	shipping-price
1	11	2026-03-01T10:00:00+00:00	2026-03-01T10:00:00+00:00	a@m.com	Ann	S1	Tea	2	EUR	20.00	0.00	0.00
1	12	2026-03-01T10:00:00+00:00	2026-03-01T10:00:00+00:00	a@m.com	Ann	S2	Cup	1	EUR	5.00	0.00	0.00
2	13	2026-03-02T10:00:00+00:00	2026-03-02T10:00:00+00:00	b@m.com	Bob	S1	Tea	1	EUR	10.00	0.00	0.00
""",
        {"a@m.com": ("25", 1), "b@m.com": ("10", 1)},
    ),
    "odoo_pos": (
        """\
Order Ref,Session,Date,Receipt Number,Customer,Employee,Total,Status
Main/1,POS/1,2026-03-01 10:00:00,Order 1,Ann,Mia,20.00,Posted
Main/2,POS/1,2026-03-02 10:00:00,Order 2,Ann,Mia,-5.00,Paid
Main/3,POS/1,2026-03-03 10:00:00,Order 3,Bob,Mia,30.00,New
Main/4,POS/1,2026-03-04 10:00:00,Order 4,Bob,Mia,8.00,Invoiced
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
}
LEDGERS = {
    "sap": (
        """\
Debitor\tName 1\tBelegart\tBelegnr\tBelegdatum\tBetrag in HW\tHWähr
1001\tAnn\tRV\t1\t13.03.2026\t1.020,50 \tEUR
1001\tAnn\tDG\t2\t14.03.2026\t5,50-\tEUR
1001\tAnn\tDZ\t3\t15.03.2026\t1.015,00-\tEUR
1002\tBob\tRV\t4\t16.03.2026\t8,00 \tEUR
""",
        {"1001": ("1015", 1), "1002": ("8", 1)},
    ),
    "tally": (
        """\
Date,Particulars,Buyer,Voucher Type,Voucher No.,Value,Gross Total
13-Mar-26,Ann,Ann,Sales,1,20.00,23.60
14-Mar-26,Ann,Ann,Credit Note,1,5.00,5.90
15-Mar-26,Bob,Bob,Sales,2,8.00,9.44
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "lexoffice": (
        """\
Belegart;Belegnummer;Belegdatum;Kundennummer;Betrag netto;Betrag brutto;Status
Rechnung;R1;13.03.2026;1001;20,00;23,80;Bezahlt
Rechnungskorrektur;R2;14.03.2026;1001;-5,00;-5,95;Bezahlt
Rechnung;R3;15.03.2026;1002;9,00;10,71;Entwurf
Rechnung;R4;16.03.2026;1002;8,00;9,52;Bezahlt
""",
        {"1001": ("17.85", 1), "1002": ("9.52", 1)},
    ),
    "comarch": (
        """\
Lp.;Typ;Numer dokumentu;Data;Kontrahent;Netto;VAT;Brutto
1;FS;FS 1/2026;13.03.2026;Ann;20,00;4,60;24,60
2;KFS;KFS 1/2026;14.03.2026;Ann;5,00;1,15;6,15
3;FS;FS 2/2026;15.03.2026;Bob;8,00;1,84;9,84
""",
        {"Ann": ("18.45", 1), "Bob": ("9.84", 1)},
    ),
    "kingdee": (
        """\
单据编号,单据日期,单据类型,客户,数量,含税单价,价税合计,单据状态
X1,2026-03-01,销售出库单,Ann,2,10.00,20.00,已审核
X2,2026-03-02,销售退货单,Ann,1,5.00,5.00,已审核
X3,2026-03-03,销售出库单,Bob,1,9.00,9.00,作废
X4,2026-03-04,销售出库单,Bob,1,8.00,8.00,已审核
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "logo": (
        """\
Fiş Türü;Fiş No;Tarih;Cari Hesap Kodu;Net Tutar;Genel Toplam
Toptan Satış Faturası;1;13.03.2026;120.01;20,00;24,00
Toptan Satış İade Faturası;2;14.03.2026;120.01;5,00;6,00
Toptan Satış Faturası;3;15.03.2026;120.02;8,00;9,60
""",
        {"120.01": ("18", 1), "120.02": ("9.6", 1)},
    ),
    "a tax office's list": (
        """\
Tipo documento;Data emissione;Denominazione cliente;Imponibile/Importo (totale in euro);Imposta (totale in euro)
TD01 - Fattura;13/03/2026;Ann;20,00;4,40
TD04 - Nota di credito;14/03/2026;Ann;5,00;1,10
TD01 - Fattura;15/03/2026;Bob;8,00;1,76
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "invoicexpress": (
        """\
Tipo;Nº Documento;Data;Cliente;Total Líquido;IVA;Total;Estado
FT;FT 1;13/03/2026;Ann;20,00;4,60;24,60;Paga
NC;NC 1;14/03/2026;Ann;5,00;1,15;6,15;Finalizada
FT;FT 2;15/03/2026;Bob;9,00;2,07;11,07;Anulada
FT;FT 3;16/03/2026;Bob;8,00;1,84;9,84;Paga
""",
        {"Ann": ("18.45", 1), "Bob": ("9.84", 1)},
    ),
    "a French till": (
        """\
Date;Ticket;Client;Article;Qté;Total TTC;Nature
13/03/2026;1;Ann;Thé;2;20,00;Vente
14/03/2026;2;Ann;Thé;1;5,00;Retour
15/03/2026;3;Bob;Tasse;1;8,00;Vente
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "a Russian till": (
        """\
Дата;Номер чека;Клиент;Товар;Сумма;Операция
13.03.2026;1;Ann;Чай;20,00;Продажа
14.03.2026;2;Ann;Чай;5,00;Возврат
15.03.2026;3;Bob;Чай;8,00;Продажа
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "a Chilean book of sales": (
        """\
Tipo Doc;Folio;Fecha;Cliente;Monto Neto;Total
33;1;13-03-2026;Ann;20000;23800
61;2;14-03-2026;Ann;5000;5950
33;3;15-03-2026;Bob;8000;9520
""",
        {"Ann": ("17850", 1), "Bob": ("9520", 1)},
    ),
    "a payment service": (
        """\
Datum;Vorgang;Kunde;Brutto;Gebühr;Netto
13.03.2026;Verkauf;Ann;20,00;-1,00;19,00
14.03.2026;Erstattung;Ann;-5,00;0,00;-5,00
15.03.2026;Auszahlung;Shop;-14,00;0,00;-14,00
16.03.2026;Verkauf;Bob;8,00;-0,50;7,50
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    # Events of a mail tool: the articles of an order once more
    "klaviyo": (
        """\
Event,Timestamp,Email,Value,OrderId
Placed Order,2026-03-01 10:00:00,ann@x.org,20.00,1
Ordered Product,2026-03-01 10:00:00,ann@x.org,12.00,1
Ordered Product,2026-03-01 10:00:00,ann@x.org,8.00,1
Refunded Order,2026-03-02 10:00:00,ann@x.org,5.00,1
Started Checkout,2026-03-03 10:00:00,bob@x.org,9.00,
Placed Order,2026-03-04 10:00:00,bob@x.org,8.00,2
""",
        {"ann@x.org": ("15", 1), "bob@x.org": ("8", 1)},
    ),
    "clover": (
        """\
Payment Date,Payment ID,Order ID,Result,Amount,Refund Amount,Customer ID,Employee Name
05-Jan-2026 11:12 PM EST,P1,O1,SUCCESS,20.00,5.00,C1,Mia
06-Jan-2026 10:12 AM EST,P2,O2,FAIL,9.00,0.00,C2,Mia
07-Jan-2026 10:12 AM EST,P3,O3,SUCCESS,8.00,0.00,C2,Mia
""",
        {"C1": ("15", 1), "C2": ("8", 1)},
    ),
    # Beside a column of fees, a net amount is what was left
    "donations": (
        """\
Donation Reference,Donation Date,Donor User Id,Donation Amount,Transaction Fee,Net Amount,Donation Status
1,2026-03-01,7,20.00,1.00,19.00,Accepted
2,2026-03-02,8,8.00,0.50,7.50,Accepted
3,2026-03-03,8,9.00,0.50,8.50,Failed
""",
        {"7": ("20", 1), "8": ("8", 1)},
    ),
}  # fmt: skip


def run(body, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(body, encoding="utf-8")
    return rfmtool.run(path)


def buyers(result):
    people = result.customers[["customer_id", "monetary", "frequency"]].itertuples(index=False)
    return {who: (Decimal(str(money)), count) for who, money, count in people if count}


@pytest.mark.parametrize(("name", "is_preset"), [*dict.fromkeys(BODIES, True).items(),
                                                 *dict.fromkeys(LEDGERS, False).items()])  # fmt: skip
def test_money_and_orders_of_an_export_are_right(name, is_preset, tmp_path):
    body, expected = (BODIES if is_preset else LEDGERS)[name]

    result = run(body, tmp_path)

    assert result.grouped.export.preset.name == (name if is_preset else "generic")
    assert buyers(result) == {
        who: (Decimal(money), count) for who, (money, count) in expected.items()
    }


@pytest.mark.parametrize(
    ("header", "title"),
    [
        ("Date,Heure,Fuseau horaire,Nom,Type,État,Devise,Avant commission,Net", "PayPal"),
        ("Fecha,Hora,Zona horaria,Nombre,Tipo,Estado,Divisa,Bruto,Tarifa,Neto", "PayPal"),
        ("Data,Orario,Fuso orario,Nome,Tipo,Stato,Valuta,Importo,Saldo", "PayPal"),
        ("Datum,Uhrzeit,Zeitzone,Name,Typ,Status,Währung,Betrag,Guthaben", "PayPal"),
        ("Data,Godzina,Strefa czasowa,Nazwa,Typ,Status,Waluta,Brutto,Opłata,Netto", "PayPal"),
        (
            "Datum der Transaktionserstellung,Typ,Bestellnummer,Nutzername des Käufers,Betrag abzügl. Kosten",
            "eBay",
        ),
        ("id,object,amount,amount_refunded,currency,customer,created,paid,status", "Stripe"),
    ],
)
def test_what_lists_payouts_and_fees_beside_sales_is_refused_by_name(header, title, tmp_path):
    with pytest.raises(InputError, match=title):
        run(f"{header}\n{','.join('1' for _ in header.split(','))}\n", tmp_path)


@pytest.mark.parametrize("fee", ["Fee", "Total fees", "Transaction fees"])
def test_a_net_amount_beside_fees_is_taken_with_a_word_where_there_is_no_other(fee, tmp_path):
    net = f"Customer,Date,{fee},Net amount\na,2026-03-01,1.00,19.00\n"
    paid = f"Customer,Date,Price,{fee},Net amount\na,2026-03-01,20.00,1.00,19.00\n"

    summary = run(net, tmp_path).summary

    assert summary["revenue"] == "19"
    assert any(f"perhaps less {fee!r}" in text for text in summary["warnings"])
    assert run(paid, tmp_path).summary["revenue"] == "20"
