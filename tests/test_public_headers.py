"""Exports of tills, payments, ledgers and gifts under the headers of files that are public.

Each body is ours, and says by hand what its customers paid and kept, and how many orders count.
"""

# ruff: noqa: E501, RUF001 - as wide as such exports are, and in their letters

from decimal import Decimal

import pytest

import rfmtool
from rfmtool.errors import InputError

EXPORTS = {
    "freshbooks": (
        "freshbooks",
        """\
Client Name,Invoice #,Date Issued,Date Due,Invoice Status,Date Paid,Item Name,Rate,Quantity,Line Subtotal,Tax 1 Amount,Line Total,Currency
Ann,INV-1,03/13/2026,04/13/2026,paid,03/20/2026,Tea,10.00,2,20.00,4.00,24.00,USD
Ann,INV-1,03/13/2026,04/13/2026,paid,03/20/2026,Cup,5.00,1,5.00,1.00,6.00,USD
Bob,INV-2,03/14/2026,04/14/2026,draft,,Tea,9.00,1,9.00,0.00,9.00,USD
Bob,INV-3,03/15/2026,04/15/2026,viewed,,Tea,8.00,1,8.00,0.00,8.00,USD
Bob,INV-4,03/16/2026,04/16/2026,overdue,,Tea,7.00,1,7.00,0.00,7.00,USD
""",
        {"Ann": ("30", 1), "Bob": ("15", 2)},
    ),
    "zoho, open": (
        "zoho",
        """\
Invoice Date,Invoice ID,Invoice Number,Invoice Status,Customer ID,Customer Name,Currency Code,Item Name,Item Total,SubTotal,Total,Balance
2026-03-01,88,INV-1,Open,71,Ann,EUR,Tea,10.00,20.00,22.00,22.00
2026-03-01,88,INV-1,Open,71,Ann,EUR,Cup,10.00,20.00,22.00,22.00
""",
        {"71": ("22", 1)},
    ),
    "toast checks": (
        "toast",
        """\
Customer Id,Customer,Customer Phone,Customer Email,Location Code,Opened Date,Opened Time,Item Description,Server,Tax,Tender,Check Id,Check #,Total,Customer Family,Table Size,Discount,Reason of Discount,Link
60,Ann,,ann@x.org,1,03/13/26,05:10 PM,"Tea, Cup",Mia,2.00,Visa,9001,4,22.00,,2,0.00,,
60,Ann,,ann@x.org,1,03/13/26,07:10 PM,Tea,Mia,1.00,Visa,9002,5,11.00,,2,0.00,,
,,,,1,03/14/26,05:10 PM,Tea,Mia,1.00,Cash,9003,4,9.00,,1,0.00,,
""",
        {"60": ("33", 2)},
    ),
    "quickbooks": (
        "quickbooks",
        """\
Customer full name,Transaction date,Transaction type,Num,Product/Service full name,Quantity,Sales price,Amount,Balance
Ann,03/13/2026,Invoice,1001,Tea,2,10.00,20.00,20.00
Ann,03/13/2026,Invoice,1002,Cup,1,5.00,5.00,25.00
Ann,03/14/2026,Credit Memo,1003,Tea,-1,10.00,-10.00,15.00
Bob,03/15/2026,Sales Receipt,1004,Tea,1,8.00,8.00,8.00
""",
        {"Ann": ("15", 2), "Bob": ("8", 1)},
    ),
    "quickbooks, under headings": (
        "quickbooks_headings",
        """\
Sales by Customer Detail,,,,,,,,,
Ridgeline Tree Co,,,,,,,,,
All Dates,,,,,,,,,
,,,,,,,,,
,Date,Transaction Type,Num,Product/Service,Memo/Description,Qty,Sales Price,Amount,Balance
Ann,,,,,,,,,
,03/13/2026,Invoice,2001,Tea,Tea,1,"2,000.00","2,000.00","2,000.00"
,03/13/2026,Invoice,2001,Cup,Cup,1,5.00,5.00,"2,005.00"
,03/14/2026,Credit Memo,2002,Tea,Tea,-1,10.00,-10.00,"1,995.00"
Total for Ann,,,,,,,,"$1,995.00",
Bob,,,,,,,,,
,03/15/2026,Sales Receipt,2003,Tea,Tea,1,8.00,8.00,8.00
Total for Bob,,,,,,,,$8.00,
TOTAL,,,,,,,,"$2,003.00",
""",
        {"Ann": ("1995", 1), "Bob": ("8", 1)},
    ),
    "razorpay": (  # a failed attempt does not take the payment of the same order with it
        "razorpay",
        """\
id,amount,currency,status,order_id,invoice_id,international,method,amount_refunded,amount_transferred,refund_status,captured,description,email,contact,notes,fee,tax,error_code,created_at
pay_1,20.00,INR,failed,order_1,,0,card,0.00,0.00,,0,Tea,ann@x.org,+91900,[],0,0,BAD_REQUEST_ERROR,13/03/2026 10:00:00
pay_2,20.00,INR,captured,order_1,,0,upi,5.00,0.00,partial,1,Tea,ann@x.org,+91900,[],0.4,0.1,,13/03/2026 10:02:00
pay_3,9.00,INR,refunded,order_2,,0,upi,9.00,0.00,full,1,Tea,bob@x.org,+91901,[],0.2,0.1,,14/03/2026 10:00:00
pay_4,8.00,INR,captured,order_3,,0,upi,0.00,0.00,,1,Tea,bob@x.org,+91901,[],0.2,0.1,,15/03/2026 10:00:00
""",
        {"ann@x.org": ("15", 1), "bob@x.org": ("8", 1)},
    ),
    "mercado pago": (
        "mercado_pago",
        """\
Fecha de compra (date_created);Nombre de la contraparte (counterpart_name);E-mail de la contraparte (counterpart_email);Número de operación de Mercado Pago (operation_id);Estado de la operación (status);Tipo de operación (operation_type);Valor del producto (transaction_amount);Tarifa de Mercado Pago (mercadopago_fee);Monto recibido (net_received_amount);Monto devuelto (amount_refunded)
13/03/2026 10:00:00;Ann;ann@x.org;11;approved;regular_payment;20,00;-1,00;19,00;5,00
14/03/2026 10:00:00;Bob;bob@x.org;12;rejected;regular_payment;9,00;0,00;0,00;0,00
15/03/2026 10:00:00;Bob;bob@x.org;13;in_process;regular_payment;7,00;0,00;0,00;0,00
16/03/2026 10:00:00;Bob;bob@x.org;14;approved;regular_payment;8,00;-0,40;7,60;0,00
""",
        {"ann@x.org": ("15", 1), "bob@x.org": ("8", 1)},
    ),
    "raiser's edge": (  # a pledge, and what was paid of it
        "raisers_edge",
        """\
Constituent ID,Gift Date,Gift Amount,Gift Type,Fund,Email
88,2026-01-10,"$1,200.00",Pledge,Annual Fund,ann@x.org
88,2026-02-10,$100.00,Pay-Cash,Annual Fund,ann@x.org
88,2026-03-10,$100.00,Pay-Cash,Annual Fund,ann@x.org
91,2026-03-11,$50.00,Recurring Gift,Research,bob@x.org
91,2026-03-12,$50.00,Recurring Gift Pay-Cash,Research,bob@x.org
91,2026-03-13,$8.00,Cash,Research,bob@x.org
""",
        {"88": ("200", 2), "91": ("58", 2)},
    ),
    "civicrm": (
        "generic",
        """\
Contact ID,Contribution ID,Contribution Date,Total Amount,Contribution Status,Test Mode
7,1,2026-03-01,20.00,Completed,No
8,2,2026-03-02,9.00,Failed,No
8,3,2026-03-03,7.00,Completed,Yes
8,4,2026-03-04,8.00,Completed,No
""",
        {"7": ("20", 1), "8": ("8", 1)},
    ),
    "clicks of a shop": (
        "generic",
        """\
event_time,event_type,product_id,category_code,brand,price,user_id,user_session
2026-03-01 10:00:00 UTC,view,1,tea,x,20.00,7,s1
2026-03-01 10:01:00 UTC,cart,1,tea,x,20.00,7,s1
2026-03-01 10:02:00 UTC,purchase,1,tea,x,20.00,7,s1
2026-03-02 10:00:00 UTC,view,2,cup,x,9.00,8,s2
2026-03-02 10:01:00 UTC,remove_from_cart,2,cup,x,9.00,8,s2
""",
        {"7": ("20", 1)},
    ),
    "Olist": (  # each order has another customer_id
        "generic",
        """\
order_id,customer_id,customer_unique_id,order_status,order_purchase_timestamp,order_item_id,price,freight_value
o1,c1,u1,delivered,2026-03-01 10:00:00,1,20.00,3.00
o2,c2,u1,delivered,2026-03-02 10:00:00,1,5.00,3.00
o3,c3,u2,canceled,2026-03-03 10:00:00,1,9.00,3.00
o4,c4,u2,delivered,2026-03-04 10:00:00,1,8.00,3.00
""",
        {"u1": ("25", 2), "u2": ("8", 1)},
    ),
    "a format behind the name of a day": (
        "generic",
        "Customer Id,Order Id,order date (DateOrders),Sales\na,1,1/13/2018 22:56,20.00\nb,2,1/14/2018 0:00,8.00\n",
        {"a": ("20", 1), "b": ("8", 1)},
    ),
    "a sample for lessons": (
        "generic",
        "customer_id,trans_date,tran_amount\nCS5295,11-Feb-13,35\nCS5295,15-Mar-15,39\nCS1865,26-Feb-13,52\n",
        {"CS5295": ("74", 2), "CS1865": ("52", 1)},
    ),
    "a warehouse's table of facts": (
        "generic",
        """\
ProductKey,OrderDateKey,CustomerKey,CurrencyKey,SalesOrderNumber,SalesOrderLineNumber,OrderQuantity,UnitPrice,SalesAmount,OrderDate,DueDate
310,20110101,11003,19,SO1,1,1,20.00,20.00,2011-01-01,2011-01-13
311,20110101,11003,19,SO1,2,1,5.00,5.00,2011-01-01,2011-01-13
310,20110102,11004,19,SO2,1,1,8.00,8.00,2011-01-02,2011-01-14
""",
        {"11003": ("25", 1), "11004": ("8", 1)},
    ),
    "units behind names": (
        "generic",
        """\
Belegdatum;Belegnummer;Kunde;Umsatz_Brutto_EUR;MwSt_19_EUR;Netto_EUR;Zahlungsstatus
13.03.2026;1;Ann;23,80;3,80;20,00;Bezahlt
14.03.2026;2;Ann;5,95;0,95;5,00;Storniert
15.03.2026;3;Bob;8,00;1,28;6,72;Bezahlt
""",
        {"Ann": ("23.8", 1), "Bob": ("8", 1)},
    ),
    "a Dutch ledger": (
        "generic",
        """\
Debiteur;Factuurnummer;Factuurdatum;Omschrijving;Bedrag excl. BTW;BTW-bedrag;Bedrag incl. BTW
Ann;1;13-03-2026;Thee;20,00;4,20;24,20
Bob;2;14-03-2026;Thee;8,00;1,68;9,68
""",
        {"Ann": ("24.2", 1), "Bob": ("9.68", 1)},
    ),
    "Exact": (
        "generic",
        """\
Factuurnummer;Factuurdatum;Debiteur: Code;Debiteur: Naam;Bedrag excl. BTW;Bedrag incl. BTW;Valuta
1;13-03-2026;K1;Ann;20,00;24,20;EUR
2;14-03-2026;K2;Bob;8,00;9,68;EUR
""",
        {"K1": ("24.2", 1), "K2": ("9.68", 1)},
    ),
    "NetSuite": (  # an account of the books is no customer
        "generic",
        """\
Internal ID,Date,Type,Document Number,Name,Account,Memo,Amount
1,03/13/2026,Invoice,1,Ann,1100 Receivable,Tea,20.00
2,03/14/2026,Credit Memo,2,Ann,1100 Receivable,Tea,-5.00
3,03/15/2026,Invoice,3,Bob,1200 Receivable,Tea,8.00
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "a Portuguese tax office's list": (
        "generic",
        """\
Referência;Tipo Documento;ATCUD;Situação;Data da Transação;Data de Emissão;NIF Adquirente;Nome do Adquirente;Valor Tributável (em euros);Valor do IVA (em euros);Total do Documento (em euros)
FT 1;Fatura;J-1;Emitido;2026-03-13;2026-03-13;5;Ann;20;4,6;24,6
FT 2;Fatura;J-2;Anulado;2026-03-14;2026-03-14;6;Bob;9;2,07;11,07
NC 1;Nota de crédito;J-3;Emitido;2026-03-15;2026-03-15;5;Ann;5;1,15;6,15
FT 3;Fatura;J-4;Emitido;2026-03-16;2026-03-16;6;Bob;8;1,84;9,84
""",
        {"Ann": ("18.45", 1), "Bob": ("9.84", 1)},
    ),
    "Bling": (
        "generic",
        """\
N° do Pedido;Data;ID contato;Nome do contato;Produto;Quantidade;Valor Unitário;Valor Total;Situação
1;13/03/2026;K1;Ann;Chá;2;10,00;20,00;Atendido
2;13/03/2026;K1;Ann;Chá;1;5,00;5,00;Atendido
3;14/03/2026;K2;Bob;Chá;1;9,00;9,00;Cancelado
4;15/03/2026;K2;Bob;Chá;1;8,00;8,00;Atendido
""",
        {"K1": ("25", 2), "K2": ("8", 1)},
    ),
    "freee": (
        "generic",
        """\
収支区分,管理番号,発生日,決済期日,取引先コード,取引先,勘定科目,金額,税額
収入,1,2026/03/13,,,Ann,売上高,2200,200
支出,2,2026/03/14,,,Landlord,地代家賃,900,0
収入,3,2026/03/15,,,Bob,売上高,880,80
""",
        {"Ann": ("2200", 1), "Bob": ("880", 1)},
    ),
    "Yayoi": (
        "generic",
        """\
売上日付,伝票No,得意先コード,得意先名称,商品名,数量,単価,金額,伝票区分
2026/03/13,1,K1,Ann,茶,2,1000,2000,掛売
2026/03/14,2,K1,Ann,茶,1,500,500,返品
2026/03/15,3,K2,Bob,茶,1,800,800,掛売
""",
        {"K1": ("1500", 1), "K2": ("800", 1)},
    ),
    "a Korean ledger": (
        "generic",
        """\
전표번호,일자,거래처코드,거래처명,품목명,수량,단가,공급가액,부가세,합계
1,2026-03-13,K1,Ann,차,2,1000,2000,200,2200
2,2026-03-14,K2,Bob,차,1,800,800,80,880
""",
        {"K1": ("2000", 1), "K2": ("800", 1)},
    ),
    "Kingdee, red and blue": (
        "generic",
        """\
日期,单据编号,购货单位,产品名称,数量,单价,金额,红蓝字
2026-03-13,1,Ann,茶,2,10,20,蓝字
2026-03-14,2,Ann,茶,1,5,5,红字
2026-03-15,3,Bob,茶,1,8,8,蓝字
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "Dolibarr": (
        "generic",
        """\
Réf. facture,Réf. client,Date facturation,Date échéance,Tiers,Ville,Montant HT,Montant TVA,Montant TTC,État
FA1,,13/03/2026,,Ann,Paris,"20,00","4,00","24,00",Payée
FA2,,14/03/2026,,Bob,Paris,"9,00","1,80","10,80",Brouillon
FA3,,15/03/2026,,Bob,Paris,"8,00","1,60","9,60",Payée
""",
        {"Ann": ("24", 1), "Bob": ("9.6", 1)},
    ),
    "a Korean shop": (
        "generic",
        """\
주문번호,주문일시,주문상태,결제상태,주문자,이메일,수량,단가,상품금액,최종금액
1,2026-03-13 10:00,완료,결제완료,Ann,ann@x.org,2,1000,2000,2000
2,2026-03-14 10:00,취소,결제완료,Bob,bob@x.org,1,900,900,900
3,2026-03-15 10:00,완료,결제완료,Bob,bob@x.org,1,800,800,800
""",
        {"ann@x.org": ("2000", 1), "bob@x.org": ("800", 1)},
    ),
    "a Russian list": (
        "generic",
        "Дата;Клиент;Сумма;Тип\n13.03.2026;Ann;20,00;Продажа\n14.03.2026;Ann;5,00;Возврат\n15.03.2026;Bob;8,00;Продажа\n",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "a list of tickets": (
        "generic",
        "Art;Datum;Kunde;Bestellnummer;Betrag (EUR)\nVerkauf;13.03.2026;Ann;1;20,00\nStornierung;14.03.2026;Ann;2;5,00\nVerkauf;15.03.2026;Bob;3;8,00\n",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "short names": (
        "generic",
        "RE_NR;RE_DATUM;KUNDE;BRUTTO_EUR;STATUS\n1;13.03.2026;Ann;20,00;PAID\n2;14.03.2026;Bob;9,00;DRAFT\n3;15.03.2026;Bob;8,00;gesendet\n",
        {"Ann": ("20", 1), "Bob": ("8", 1)},
    ),
    "an Indian register": (
        "generic",
        "Bill No,Bill Date,Party Name,Gross Amt,Doc Type\n1,13-03-2026,Ann,20.00,Invoice\n2,14-03-2026,Ann,5.00,Sales Return\n3,15-03-2026,Bob,8.00,Invoice\n",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "a Turkish register": (
        "generic",
        "Evrak No;Evrak Tarihi;Cari Hesap Adı;Tutar;Evrak Tipi\n1;13.03.2026;Ann;20,00;Satış Faturası\n2;14.03.2026;Ann;5,00;İade Faturası\n3;15.03.2026;Bob;8,00;Satış Faturası\n",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "a Hungarian register": (
        "generic",
        "Bizonylatszám;Kelt;Vevő;Nettó;Bruttó;Állapot\n1;2026.03.13.;Ann;20,00;25,40;Kiállítva\n2;2026.03.14.;Bob;9,00;11,43;Sztornó\n3;2026.03.15.;Bob;8,00;10,16;Fizetve\n",
        {"Ann": ("25.4", 1), "Bob": ("10.16", 1)},
    ),
    "a Romanian register": (
        "generic",
        "Nr. factura;Data;Client;Total;Stare\n1;13.03.2026;Ann;20,00;Incasata\n2;14.03.2026;Bob;9,00;Anulata\n3;15.03.2026;Bob;8,00;Emisa\n",
        {"Ann": ("20", 1), "Bob": ("8", 1)},
    ),
    "a Vietnamese register": (
        "generic",
        "Số hóa đơn,Ngày,Khách hàng,Tổng tiền,Trạng thái\n1,13/03/2026,Ann,20.00,Đã thanh toán\n2,14/03/2026,Bob,9.00,Đã hủy\n3,15/03/2026,Bob,8.00,Hoàn thành\n",
        {"Ann": ("20", 1), "Bob": ("8", 1)},
    ),
    "a Thai register": (
        "generic",
        "เลขที่ใบแจ้งหนี้,วันที่,ลูกค้า,ยอดรวม\n1,13/03/2026,Ann,20.00\n2,14/03/2026,Bob,8.00\n",
        {"Ann": ("20", 1), "Bob": ("8", 1)},
    ),
    "an Arabic register": (
        "generic",
        "رقم الفاتورة,التاريخ,العميل,المبلغ\n1,13/03/2026,Ann,20.00\n2,14/03/2026,Bob,8.00\n",
        {"Ann": ("20", 1), "Bob": ("8", 1)},
    ),
    "a Japanese register": (
        "generic",
        """\
請求書番号,発行日,顧客コード,顧客名,請求金額(税抜),消費税,税込金額,支払期日
1,2026/03/13,K1,Ann,2000,200,2200,2026/04/30
2,2026/03/14,K2,Ann,800,80,880,2026/04/30
""",
        {"K1": ("2200", 1), "K2": ("880", 1)},
    ),
    "Wolvox": (
        "generic",
        """\
Fatura Türü;İptal;Cari Kodu;Ticari Unvanı;Fatura No;Fatura Tarihi;Genel Toplam;Simge
Satış Faturası;Hayır;C1;Ann;S1;13.03.2026;₺1.000,00;
Satıştan İadeler;Hayır;C1;Ann;S2;14.03.2026;₺100,00;
Alıştan İadeler;Hayır;C1;Ann;A1;14.03.2026;₺70,00;
Satış Faturası;Evet;C2;Bob;S3;15.03.2026;₺9,00;
Satış Faturası;Hayır;C2;Bob;S4;16.03.2026;₺8,00;
""",
        {"C1": ("900", 1), "C2": ("8", 1)},
    ),
}
REFUSED = {
    "QuickBooks report in groups": """\
Expenses by Vendor Detail,,,,,,,
Ridgeline Tree Co,,,,,,,
,Date,Transaction Type,Num,Memo/Description,Account,Amount,Balance
Landlord,,,,,,,
,03/13/2026,Bill,2001,Rent,6000 Rent,"2,000.00","2,000.00"
Total for Landlord,,,,,,"$2,000.00",
""",
    "QuickBooks transactions": """\
Our Company,,,,,,,,
General Ledger,,,,,,,,
,Date,Transaction Type,Num,Name,Memo/Description,Split,Amount,Balance
4000 Sales,,,,,,,,
,03/13/2026,Invoice,1,Ann,Tea,Accounts Receivable (A/R),"4,250.00","4,250.00"
""",
    "Toast orders": """\
Location,Order Id,Order #,Checks,Opened,# of Guests,Tab Names,Server,Table,Amount,Tax,Tip,Total,Voided,Paid
Main,1,1,1,03/13/26 5:10 PM,2,Ann,Mia,4,20.00,2.00,3.00,25.00,false,03/13/26 6:10 PM
""",
    "PayPal activity": """\
"Date","Time","Time Zone","Description","Currency","Gross","Fee","Net","Balance","Transaction ID","From Email Address","Name"
"13.03.2026","10:00:00","Europe/Berlin","Express Checkout Payment","EUR","20,00","-0,50","19,50","19,50","T1","ann@x.org","Ann"
""",
    "PayPal": """\
"日付","時間","タイムゾーン","名前","タイプ","ステータス","通貨","合計","手数料","正味"
"2026/03/13","10:00:00","JST","Ann","ウェブペイメント","完了","JPY","2,000","-75","1,925"
""",
}


def run(body, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(body, encoding="utf-8")
    return rfmtool.run(path)


@pytest.mark.parametrize("name", EXPORTS)
def test_money_and_orders_are_right(name, tmp_path):
    preset, body, expected = EXPORTS[name]

    result = run(body, tmp_path)

    people = result.customers[["customer_id", "monetary", "frequency"]].itertuples(index=False)
    assert result.grouped.export.preset.name == preset
    assert {who: (Decimal(str(money)), count) for who, money, count in people if count} == {
        who: (Decimal(money), count) for who, (money, count) in expected.items()
    }


@pytest.mark.parametrize("title", REFUSED)
def test_what_cannot_be_read_is_refused_by_name_also_below_titles(title, tmp_path):
    with pytest.raises(InputError, match=title):
        run(REFUSED[title], tmp_path)
