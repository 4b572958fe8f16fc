"""Exports of further shops, tills and ledgers: small bodies of our own under their headers.

Each says by hand what its customers paid and kept, and how many of their orders count.
"""

# ruff: noqa: E501 - as wide as such exports are

from decimal import Decimal

import pytest

import rfmtool
from rfmtool.errors import InputError

BODIES = {
    "squarespace": (
        """\
Order ID,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Amount Refunded,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Cancelled at
00101,ann@x.org,PAID,2026-03-01,FULFILLED,EUR,20,2,0,0.00,22.00,2026-03-01 09:00:00 +0000,1,Tea,10,
00101,,,,,,,,,,,,1,Cup,10,
00102,bob@x.org,PARTIALLY_REFUNDED,2026-03-02,FULFILLED,EUR,30,0,0,12.50,30.00,2026-03-02 09:00:00 +0000,1,Pot,30,
00103,bob@x.org,PAID,2026-03-03,CANCELED,EUR,9,0,0,0.00,9.00,2026-03-03 09:00:00 +0000,1,Tea,9,2026-03-04
00104,ann@x.org,REFUNDED,2026-03-04,FULFILLED,EUR,9,0,0,9.00,9.00,2026-03-04 09:00:00 +0000,1,Tea,9,
""",
        {"ann@x.org": ("22", 1), "bob@x.org": ("17.5", 1)},
    ),
    "wix_items": (
        """\
Order #,Date,Qty,Quantity Refunded,Price,Customer Email,Total,Currency,Payment,Fulfillment,Refunded Amount
1,"Mar 1, 2026",1,0,10,ann@x.org,22,EUR,Paid,Fulfilled,2
1,"Mar 1, 2026",1,0,12,ann@x.org,22,EUR,Paid,Fulfilled,2
2,"Mar 2, 2026",1,0,9,ann@x.org,9,EUR,Not Paid,Not Fulfilled,0
3,"Mar 3, 2026",1,0,9,ann@x.org,9,EUR,Paid,Canceled,0
""",
        {"ann@x.org": ("20", 1)},
    ),
    "bigcommerce": (
        """\
Order ID,Customer ID,Customer Name,Customer Email,Order Date,Order Status,Order Total (inc tax),Refund Amount,Order Currency Code
1,31,Ann,ann@x.org,25/03/2026,Completed,44.00,4.00,EUR
2,0,Guest,g1@x.org,26/03/2026,Shipped,12.00,0.00,EUR
3,0,Guest,g2@x.org,27/03/2026,Shipped,13.00,0.00,EUR
4,32,Bob,bob@x.org,28/03/2026,Awaiting Payment,9.00,0.00,EUR
5,32,Bob,bob@x.org,29/03/2026,Awaiting Fulfillment,8.00,0.00,EUR
""",
        {"31": ("40", 1), "32": ("8", 1)},
    ),
    "magento": (
        """\
ID,Purchase Point,Purchase Date,Bill-to Name,Ship-to Name,Grand Total (Base),Grand Total (Purchased),Status,Customer Email,Total Refunded
000000001,Main,2026-03-01 10:00:00,Ann A,Ann A,20.00,20.00,Complete,ann@x.org,5.00
000000002,Main,2026-03-02 10:00:00,Bob B,Bob B,30.00,30.00,Closed,bob@x.org,30.00
000000003,Main,2026-03-03 10:00:00,Bob B,Bob B,11.00,11.00,Processing,bob@x.org,0.00
000000004,Main,2026-03-04 10:00:00,Bob B,Bob B,12.00,12.00,Pending Payment,bob@x.org,0.00
""",
        {"ann@x.org": ("15", 1), "bob@x.org": ("11", 1)},
    ),
    "prestashop": (
        """\
"ID";"Référence";"Nouveau client";"Livraison";"Client";"Total";"Paiement";"État";"Date"
1;"ABCDEFGHI";1;"France";"A. Archer";"1 061,80 €";"Chèque";"Paiement accepté";"2026-03-04 15:11:22"
2;"BBCDEFGHI";0;"France";"B. Baker";"69,90 €";"Virement";"Annulé";"2026-03-05 09:10:00"
3;"CBCDEFGHI";0;"France";"B. Baker";"20,10 €";"Chèque";"Livré";"2026-03-06 10:00:00"
""",
        {"A. Archer": ("1061.8", 1), "B. Baker": ("20.1", 1)},
    ),
    "shopware": (
        """\
order_number,customer_number,order_date_time,amount_total,order_state,transaction_state,currency
10001,C1,2026-03-01 10:00:00,20.00,Open,Paid,EUR
10002,C1,2026-03-02 10:00:00,30.00,Cancelled,Cancelled,EUR
10003,C2,2026-03-03 10:00:00,40.00,Open,Open,EUR
10004,C2,2026-03-04 10:00:00,5.00,Done,Paid,EUR
""",
        {"C1": ("20", 1), "C2": ("5", 1)},
    ),
    "wix": (
        """\
Order number,Date created,Time,Total order quantity,Contact email,Item,Qty,Price,Currency,Total,Total refunded amount,Payment status
1,2026-03-01,10:00,2,ann@x.org,Tea,1,10,EUR,25.00,5.00,Paid
1,2026-03-01,10:00,2,ann@x.org,Cup,1,15,EUR,25.00,5.00,Paid
2,2026-03-02,10:00,1,bob@x.org,Tea,1,10,EUR,10.00,,Not Paid
3,2026-03-03,10:00,1,bob@x.org,Tea,1,10,EUR,10.00,,Paid
""",
        {"ann@x.org": ("20", 1), "bob@x.org": ("10", 1)},
    ),
    "ebay": (
        """\
Sales Record Number,Order Number,Buyer Username,Buyer Name,Item Title,Quantity,Sold For,Total Price,Sale Date,Paid On Date
11,10-1-1,ann7,Ann,Tea,1,£10.00,£12.00,Mar-01-26,Mar-01-26
12,10-1-2,bob8,Bob,Tea,1,£10.00,£12.00,Mar-02-26,
13,10-1-3,bob8,Bob,Cup,2,"£1,005.00","£1,007.00",Mar-13-26,Mar-14-26
""",
        {"ann7": ("12", 1), "bob8": ("1007", 1)},
    ),
    "etsy_buyers": (
        """\
Sale Date,Order ID,Buyer User ID,Full Name,Number of Items,Currency,Order Value,Shipping,Order Total,Status,Card Processing Fees,Order Net
03/01/26,1,ann7,Ann,1,EUR,10.00,2.00,12.00,Paid,0.5,11.5
03/14/26,2,bob8,Bob,1,EUR,20.00,2.00,22.00,Canceled,0.5,21.5
""",
        {"ann7": ("12", 1)},
    ),
    "xero": (
        """\
ContactName,EmailAddress,InvoiceNumber,InvoiceDate,Total,Quantity,UnitAmount,LineAmount,Currency,Type,Sent,Status
Ann Ltd,ann@x.org,I-1,14/03/2026,24.00,1,20,20.00,GBP,Sales invoice,Sent,Paid
Ann Ltd,ann@x.org,I-2,15/03/2026,12.00,1,10,10.00,GBP,Sales invoice,Sent,Awaiting Payment
Bob Ltd,bob@x.org,I-3,16/03/2026,60.00,1,50,50.00,GBP,Sales invoice,Sent,Paid
Bob Ltd,bob@x.org,C-1,17/03/2026,18.00,1,15,15.00,GBP,Sales credit note,Sent,Paid
Bob Ltd,bob@x.org,I-4,18/03/2026,60.00,1,50,50.00,GBP,Sales invoice,,Draft
""",
        {"ann@x.org": ("30", 2), "bob@x.org": ("35", 1)},
    ),
    "quickbooks": (
        """\
,,Type,Date,Num,Memo,Name,Item,Qty,Sales Price,Amount,Balance
Ann Ltd,,,,,,,,,,,
,,Invoice,03/13/2026,1,,Ann Ltd,Tea,2,10.00,20.00,20.00
,,Invoice,03/14/2026,2,,Ann Ltd,Cup,1,5.00,5.00,25.00
Total Ann Ltd,,,,,,,,3,,25.00,25.00
Bob Ltd,,,,,,,,,,,
,,Invoice,03/15/2026,3,,Bob Ltd,Tea,1,10.00,10.00,10.00
,,Credit Memo,03/16/2026,4,,Bob Ltd,Tea,-1,4.00,-4.00,6.00
TOTAL,,,,,,,,3,,31.00,31.00
""",
        {"Ann Ltd": ("25", 2), "Bob Ltd": ("6", 1)},
    ),
    "odoo": (
        """\
Number,Invoice Partner Display Name,Invoice/Bill Date,Total Signed,Currency,Status
INV/1,Ann,2026-03-01,20.00,EUR,Posted
INV/2,Bob,2026-03-02,30.00,EUR,Draft
RINV/1,Ann,2026-03-03,-5.00,EUR,Posted
INV/3,Bob,2026-03-04,8.00,EUR,Posted
""",
        {"Ann": ("15", 1), "Bob": ("8", 1)},
    ),
    "stripe_invoices": (
        """\
id,Customer,Number,Date (UTC),Amount Due,Amount Paid,Total,Currency,Status
in_1,cus_a,N-1,2026-03-01 10:00,20.00,20.00,20.00,eur,paid
in_2,cus_b,N-2,2026-03-02 10:00,30.00,0.00,30.00,eur,void
in_3,cus_b,N-3,2026-03-03 10:00,12.00,12.00,12.00,eur,paid
in_4,cus_b,N-4,2026-03-04 10:00,12.00,0.00,12.00,eur,uncollectible
""",
        {"cus_a": ("20", 1), "cus_b": ("12", 1)},
    ),
    "toast": (
        """\
Location,Order Id,Order #,Check Id,Check #,Opened,Customer,Customer Id,Total,Tip,Tax,Amount,Voided
Main,1,1,11,1,3/13/26 6:02 PM,Ann,c-1,12.00,1.00,1.00,10.00,false
Main,2,2,12,2,3/14/26 6:02 PM,Bob,c-2,22.00,1.00,1.00,20.00,true
Main,3,3,13,3,3/15/26 12:02 AM,Bob,c-2,6.00,0.00,1.00,5.00,false
""",
        {"c-1": ("10", 1), "c-2": ("5", 1)},
    ),
    "lightspeed": (
        """\
Receipt Number,Sale Date,Customer Code,Sale Total,Status
1,2026-03-01 10:00:00,ANN-1,20.00,CLOSED
2,2026-03-02 10:00:00,BOB-2,30.00,PARKED
3,2026-03-03 10:00:00,BOB-2,-3.00,CLOSED
4,2026-03-04 10:00:00,BOB-2,9.00,CLOSED
""",
        {"ANN-1": ("20", 1), "BOB-2": ("6", 1)},
    ),
    "ec_cube": (
        """\
注文ID,注文番号,会員ID,メールアドレス,小計,合計,お支払い合計,対応状況(ID),対応状況(名称),注文日時
1,1,21,ann@x.org,1000,1500,1500,5,発送済み,2026-03-01 10:00:00
2,2,22,bob@x.org,2000,2500,2500,3,注文取消し,2026-03-02 10:00:00
3,3,,guest@x.org,700,1200,1200,5,発送済み,2026-03-03 10:00:00
4,4,22,bob@x.org,3000,3500,3400,1,新規受付,2026-03-04 10:00:00
""",
        {"21": ("1500", 1), "22": ("3400", 1)},
    ),
    "tiendanube": (
        """\
"Número de orden";Email;Fecha;"Estado de la orden";"Estado del pago";"Estado del envío";Moneda;Total;"Nombre del comprador";"Nombre del producto";"Precio del producto";"Cantidad del producto";"Fecha y hora de cancelación";"Motivo de cancelación"
71;ann@x.org;"06/10/2025 23:50:38";Abierta;Recibido;"No está empaquetado";ARS;30.50;"Ann";Tea;10;1;;
71;ann@x.org;;;;;;;;Cup;10;2;;
72;bob@x.org;"07/10/2025 10:00:00";Abierta;Pendiente;"No está empaquetado";ARS;9.00;"Bob";Tea;9;1;;
73;bob@x.org;"08/10/2025 10:00:00";Cerrada;Recibido;Enviado;ARS;8.00;"Bob";Tea;8;1;;
74;bob@x.org;"09/10/2025 10:00:00";Cancelada;Recibido;Enviado;ARS;7.00;"Bob";Tea;7;1;"09/10/2025 12:00:00";Stock
75;cy@x.org;"09/10/2025 10:00:00";Abierta;Anulado;Enviado;ARS;7.00;"Cy";Tea;7;1;;
""",
        {"ann@x.org": ("30.5", 1), "bob@x.org": ("8", 1)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_an_export_is_known_by_its_header_and_its_money_is_right(name, tmp_path):
    body, expected = BODIES[name]
    path = tmp_path / "export.csv"
    path.write_text(body, encoding="utf-8")

    result = rfmtool.run(path)

    people = result.customers[["customer_id", "monetary", "frequency"]].itertuples(index=False)
    assert result.grouped.export.preset.name == name
    assert {who: (Decimal(str(money)), count) for who, money, count in people if count} == {
        who: (Decimal(money), count) for who, (money, count) in expected.items()
    }


def test_orders_of_nuvemshop_are_known_and_nothing_of_them_is_doubted(tmp_path):
    path = tmp_path / "vendas.csv"
    path.write_text(
        "Número do Pedido;E-mail;Data;Status do Pedido;Status do Pagamento;Status do Envio;Subtotal;Desconto;Valor do Frete;Total;Nome do comprador;Nome do Produto;Valor do Produto;Quantidade Comprada\n"
        "81;ann@x.org;06/10/2025;Aberto;Confirmado;Entregue;20.00;0.00;3.00;23.00;Ann;Tea;10.00;1\n"
        "81;ann@x.org;;;;;;;;;;Cup;10.00;1\n"
        "82;bob@x.org;07/10/2025;Arquivado;Pendente;Não enviado;9.00;0.00;0.00;9.00;Bob;Tea;9.00;1\n",
        encoding="utf-8",
    )

    result = rfmtool.run(path)

    assert result.grouped.export.preset.name == "tiendanube"
    assert str(result.summary["revenue"]) == "23"
    assert result.summary["as_of"] == "2025-10-06"


def test_clover_orders_name_no_customer_and_are_refused(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "Order Date,Order ID,Order Number,Order Total,Payments Total,Refunds Total,"
        "Order Payment State\n16-Dec-2025 02:44 AM EST,X1,,33.56,33.56,0.00,Paid\n"
    )

    with pytest.raises(InputError, match="no customer"):
        rfmtool.run(path)
