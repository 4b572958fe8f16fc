"""Exports of marketplaces and of shop systems' tables: small bodies of our own under their headers.

Each says by hand what its customers paid and kept, and how many of their orders count.
"""

# ruff: noqa: E501, RUF001 - as wide as such exports are, in their languages

from decimal import Decimal

import pytest

import rfmtool

BODIES = {
    "shopify_matrixify": (
        """\
ID,Name,Created At,Cancelled At,Currency,Price: Total Refund,Price: Total,Price: Total Outstanding,Payment: Status,Customer: ID,Customer: Email,Top Row,Line: Type,Line: Quantity,Line: Total
91,#1,2026-03-01 10:00:00 +0100,,EUR,5.00,25.00,0.00,partially_refunded,7,ann@x.org,TRUE,Line Item,1,15.00
91,#1,2026-03-01 10:00:00 +0100,,EUR,5.00,25.00,0.00,partially_refunded,7,ann@x.org,,Line Item,1,6.00
91,#1,2026-03-01 10:00:00 +0100,,EUR,5.00,25.00,0.00,partially_refunded,7,ann@x.org,,Shipping Line,,4.00
92,#2,2026-03-01 12:00:00 +0100,,EUR,0.00,9.00,0.00,paid,7,ann@x.org,TRUE,Line Item,1,9.00
93,#3,2026-03-02 10:00:00 +0100,2026-03-03,EUR,0.00,8.00,0.00,voided,8,bob@x.org,TRUE,Line Item,1,8.00
""",
        {"7": ("29", 2)},
    ),
    "magento_table": (
        """\
entity_id,state,status,increment_id,customer_id,base_grand_total,grand_total,total_refunded,order_currency_code,customer_email,created_at
1,complete,complete,000000001,5,20.00,20.00,,EUR,ann@x.org,2026-03-01 10:00:00
2,closed,closed,000000002,,30.00,30.00,30.00,EUR,bob@x.org,2026-03-02 10:00:00
3,processing,processing,000000003,,11.00,11.00,1.00,EUR,bob@x.org,2026-03-03 10:00:00
""",
        {"ann@x.org": ("20", 1), "bob@x.org": ("10", 1)},
    ),
    "prestashop_table": (
        """\
id_order;reference;id_customer;payment;current_state;total_paid;total_paid_tax_excl;total_paid_real;date_add
1;XKB;5;Bank wire;5;20.00;16.81;20.00;2026-03-01 10:00:00
2;XKC;6;Bank wire;6;30.00;25.21;0.00;2026-03-02 10:00:00
3;XKD;6;PayPal;4;11.00;9.24;11.00;2026-03-03 10:00:00
""",
        {"5": ("20", 1), "6": ("11", 1)},
    ),
    "shopware": (
        """\
number;customerId;invoiceAmount;orderTime;orderStatusId;paymentStatusId;currency
1;31;20.00;2026-03-01 10:00:00;0;12;EUR
2;31;30.00;2026-03-02 10:00:00;4;17;EUR
3;32;40.00;2026-03-03 10:00:00;0;17;EUR
4;32;5.00;2026-03-04 10:00:00;7;17;EUR
5;32;6.00;2026-03-05 10:00:00;2;20;EUR
""",
        {"31": ("20", 1), "32": ("5", 1)},
    ),
    "opencart": (
        """\
order_id,customer_id,firstname,email,total,order_status_id,order_status,currency_code,currency_value,date_added
1,0,Ann,ann@x.org,20.0000,5,Complete,EUR,1.0,2026-03-01 10:00:00
2,0,Bob,bob@x.org,30.0000,7,Canceled,USD,1.1,2026-03-02 10:00:00
3,0,Bob,bob@x.org,11.0000,3,Shipped,USD,1.1,2026-03-03 10:00:00
""",
        {"ann@x.org": ("20", 1), "bob@x.org": ("11", 1)},
    ),
    "oxid": (
        """\
OXID;OXUSERID;OXORDERDATE;OXORDERNR;OXBILLEMAIL;OXPAID;OXTOTALNETSUM;OXTOTALBRUTSUM;OXTOTALORDERSUM;OXCURRENCY;OXTRANSSTATUS;OXSTORNO
a;u1;2026-03-01 10:00:00;1;ann@x.org;0000-00-00 00:00:00;16.8;18;20;EUR;OK;0
b;u2;2026-03-02 10:00:00;2;bob@x.org;2026-03-02 10:00:00;25;28;30;EUR;OK;1
c;u2;2026-03-03 10:00:00;3;bob@x.org;2026-03-03 10:00:00;9;10;11;EUR;NOT_FINISHED;0
d;u2;2026-03-04 10:00:00;4;bob@x.org;2026-03-04 10:00:00;9;10;12;EUR;OK;0
""",
        {"ann@x.org": ("20", 1), "bob@x.org": ("12", 1)},
    ),
    "shoptet": (
        """\
code;date;statusName;currency;email;billFullName;totalPriceWithVat;totalPriceWithoutVat;paid;orderItemType;orderItemName;orderItemAmount;orderItemUnitPriceWithVat
2026001;2026-03-01 10:00:00;Vyřízena;CZK;ann@x.org;Ann;299,00;247,11;1;product;Čaj;1;200,00
2026001;2026-03-01 10:00:00;Vyřízena;CZK;ann@x.org;Ann;299,00;247,11;1;shipping;Pošta;1;99,00
2026002;2026-03-02 10:00:00;Stornována;CZK;bob@x.org;Bob;99,00;81,82;0;product;Čaj;1;99,00
2026003;2026-03-03 10:00:00;Vyřizuje se;CZK;bob@x.org;Bob;1 150,50;950,83;0;product;Konvice;1;1 150,50
""",
        {"ann@x.org": ("299", 1), "bob@x.org": ("1150.5", 1)},
    ),
    "vtex": (
        """\
Origin;Order;Creation Date;Client Name;Client Document;Email;Status;Payment Value;Quantity_SKU;SKU Value;SKU Selling Price;SKU Total Price;Shipping Value;Total Value
Marketplace;v1-01;2026-03-01 10:00:00Z;Ann;111;a1@ct.vtex.com.br;Faturado;130.00;2;50.00;50.00;100.00;10.00;130.00
Marketplace;v1-01;2026-03-01 10:00:00Z;Ann;111;a1@ct.vtex.com.br;Faturado;130.00;1;20.00;20.00;20.00;10.00;130.00
Marketplace;v2-01;2026-03-02 10:00:00Z;Ann;111;a2@ct.vtex.com.br;Preparando Entrega;9.00;1;9.00;9.00;9.00;0.00;9.00
Marketplace;v3-01;2026-03-03 10:00:00Z;Bob;222;b3@ct.vtex.com.br;Cancelado;8.00;1;8.00;8.00;8.00;0.00;8.00
""",
        {"111": ("139", 2)},
    ),
    "tiktok_shop": (
        """\
Order ID,Order Status,Order Substatus,SKU ID,Quantity,SKU Subtotal After Discount,Order Amount,Order Refund Amount,Created Time,Cancelled Time,Buyer Username
5761\t,Completed,Completed,1,1,20.00,35.00,5.00,01/03/2026 10:00:00\t,,ann7
5761\t,Completed,Completed,2,1,12.00,35.00,5.00,01/03/2026 10:00:00\t,,ann7
5762\t,Canceled,Canceled,1,1,20.00,20.00,0.00,22/03/2026 10:00:00\t,23/03/2026 10:00:00\t,bob8
5763\t,Shipped,In transit,1,1,8.00,9.00,0.00,23/03/2026 10:00:00\t,,bob8
""",
        {"ann7": ("30", 1), "bob8": ("9", 1)},
    ),
    "rakuten": (
        """\
注文番号,ステータス,注文日時,商品合計金額,送料合計,請求金額,合計金額,ポイント利用額,注文者姓,注文者名,注文者メールアドレス,商品名,単価,個数
1-20260301-01,700,2026-03-01 10:00:00,3000,500,3400,3500,100,A,Ann,ann@x.org,茶,1000,1
1-20260301-01,700,2026-03-01 10:00:00,3000,500,3400,3500,100,A,Ann,ann@x.org,皿,2000,1
1-20260302-01,900,2026-03-02 10:00:00,700,0,700,700,0,B,Bob,bob@x.org,茶,700,1
1-20260303-01,100,2026-03-03 10:00:00,800,0,800,800,0,B,Bob,bob@x.org,茶,800,1
1-20260304-01,500,2026-03-04 10:00:00,900,0,900,900,0,B,Bob,bob@x.org,茶,900,1
""",
        {"ann@x.org": ("3500", 1), "bob@x.org": ("900", 1)},
    ),
    "yahoo_shopping": (
        """\
OrderId,OrderTime,OrderStatus,PayStatus,BillMailAddress,ShipCharge,TotalPrice
s-1,2026/03/01 10:00:00,5,1,ann@x.org,500,3500
s-2,2026/03/22 10:00:00,4,0,bob@x.org,0,700
s-3,2026/03/23 10:00:00,2,1,bob@x.org,0,900
""",
        {"ann@x.org": ("3500", 1), "bob@x.org": ("900", 1)},
    ),
    "gumroad": (
        """\
Purchase ID,Item Name,Buyer Name,Purchase Email,Purchase Date,Subtotal ($),Taxes ($),Sale Price ($),Fees ($),Net Total ($),Refunded?,Partial Refund ($),Fully Refunded?
1,Book,Ann,ann@x.org,2026-03-01,20.0,0.0,20.0,2.5,17.5,1,5.0,0
2,Book,Bob,bob@x.org,2026-03-02,20.0,0.0,20.0,2.5,17.5,1,0.0,1
3,Song,Bob,bob@x.org,2026-03-03,8.0,0.0,8.0,1.3,6.7,0,0.0,0
""",
        {"ann@x.org": ("15", 1), "bob@x.org": ("8", 1)},
    ),
    "ebay": (
        """\
Verkaufsprotokollnummer;Bestellnummer;Nutzername des Käufers;Angebotstitel;Anzahl;Verkauft für;Verpackung und Versand;Gesamtpreis;Verkauft am;Bezahlt am
11;10-1;ann7;;2;EUR 30,00;EUR 4,90;EUR 34,90;01.03.26;01.03.26
12;10-1;;Tee;1;EUR 10,00;;;;
13;10-1;;Tasse;1;EUR 20,00;;;;
14;10-2;bob8;Tee;1;EUR 10,00;EUR 0,00;EUR 10,00;22.03.26;
15;10-3;bob8;Tee;1;EUR 1.010,00;EUR 0,00;EUR 1.010,00;23.03.26;23.03.26
""",
        {"ann7": ("34.9", 1), "bob8": ("1010", 1)},
    ),
    "trendyol": (
        """\
Paket No;Sipariş Tarihi;Sipariş Numarası;Alıcı;Ürün Adı;Sipariş Statüsü;Adet;Birim Fiyatı;Satış Tutarı;İndirim Tutarı;Faturalanacak Tutar
1;01.03.2026 10:00;11;Ann A;Çay;Teslim Edildi;2;50,00;100,00;10,00;90,00
1;01.03.2026 10:00;11;Ann A;Fincan;Teslim Edildi;1;20,00;20,00;0,00;20,00
2;22.03.2026 10:00;12;Bob B;Çay;İptal Edildi;1;50,00;50,00;0,00;50,00
3;23.03.2026 10:00;13;Bob B;Çay;Kargoya Verildi;1;50,00;50,00;5,50;44,50
""",
        {"Ann A": ("110", 1), "Bob B": ("44.5", 1)},
    ),
}  # fmt: skip

SHOPEE = {
    "Indonesian": ("No. Pesanan,Status Pesanan,Waktu Pesanan Dibuat,Harga Awal,Jumlah,Total Harga Produk,Total Pembayaran,Username (Pembeli)",
                   "Selesai", "Batal"),
    "Taiwanese": ("訂單編號,訂單狀態,訂單成立日期,商品原價,數量,商品總價,買家總支付金額,買家帳號", "已完成", "不成立"),
    "English": ("Order ID,Order Status,Order Creation Date,Original Price,Quantity,Product Subtotal,Grand Total,Username (Buyer)",
                "To ship", "Cancelled"),
    "Portuguese": ("ID do pedido,Status do pedido,Data de criação do pedido,Preço original,Quantidade,Subtotal do produto,Total global,Nome de usuário (comprador)",
                   "Concluído", "Cancelado"),
    "Vietnamese": ("Mã đơn hàng,Trạng Thái Đơn Hàng,Ngày đặt hàng,Giá gốc,Số lượng,Tổng giá bán (sản phẩm),Tổng giá trị đơn hàng (VND),Người Mua",
                   "Đang giao", "Đã hủy"),
    "Thai": ("หมายเลขคำสั่งซื้อ,สถานะการสั่งซื้อ,วันที่ทำการสั่งซื้อ,ราคาตั้งต้น,จำนวน,ราคาขายสุทธิ,จำนวนเงินทั้งหมด,ชื่อผู้ใช้ (ผู้ซื้อ)",
             "สำเร็จแล้ว", "ยกเลิกแล้ว"),
}  # fmt: skip


def counted(tmp_path, body):
    """The result of a run, and the money and the orders of each customer with any."""
    path = tmp_path / "export.csv"
    path.write_text(body, encoding="utf-8")
    result = rfmtool.run(path)
    people = result.customers[["customer_id", "monetary", "frequency"]].itertuples(index=False)
    return result, {who: (Decimal(str(money)), count) for who, money, count in people if count}


@pytest.mark.parametrize("name", BODIES)
def test_an_export_is_known_by_its_header_and_its_money_is_right(name, tmp_path):
    body, expected = BODIES[name]

    result, found = counted(tmp_path, body)

    assert result.grouped.export.preset.name == name
    assert found == {who: (Decimal(money), count) for who, (money, count) in expected.items()}


@pytest.mark.parametrize("language", SHOPEE)
def test_shopee_counts_each_order_once_in_every_language(language, tmp_path):
    header, done, cancelled = SHOPEE[language]
    rows = (
        f"24A,{done},2026-03-01 10:00,1000,1,1000,3500,ann7",
        f"24A,{done},2026-03-01 10:00,2000,1,2000,3500,ann7",
        f"24B,{cancelled},2026-03-22 10:00,700,1,700,700,bob8",
        f"24C,{done},2026-03-23 10:00,900,1,900,900,bob8",
    )

    result, found = counted(tmp_path, "\n".join((header, *rows, "")))

    assert result.grouped.export.preset.name == "shopee"
    assert found == {"ann7": (3500, 1), "bob8": (900, 1)}


REPORTS = {  # of WooCommerce
    "German": "Datum,Bestellung #,Status,Kunde,Kundentyp,Produkt(e),Verkaufte Artikel,Gutschein(e),Nettoumsatz",
    "French": "Date,Commande #,État,Client,Type de client,Produit(s),Articles vendus,Code(s) promo,Revenu net",
    "Spanish": "Fecha,Pedido nº,Estado,Cliente,Tipo de cliente,Producto(s),Artículos vendidos,Cupón(es),Ingresos netos",
    "Italian": "Data,Ordine n.,Stato,Cliente,Tipo di cliente,Prodotto/i,Articoli venduti,Codice/i,Ricavi netti",
    "Dutch": "Datum,Bestelling #,Status,Klant,Klanttype,Product(en),Artikelen verkocht,Kortingscode(s),Netto-omzet",
    "Polish": "Data,Zamówienie #,Status,Klient,Typ klienta,Produkt(y),Sprzedane produkty,Kupon(y),Przychód netto",
    "Portuguese": "Data,Pedido nº,Status,Cliente,Tipo de cliente,Produto(s),Itens vendidos,Cupom(ns),Receita líquida",
    "Swedish": "Datum,Order #,Status,Kund,Kundtyp,Produkt(er),Sålda artiklar,Rabattkod(er),Nettointäkter",
    "Czech": "Datum,Objednávka č.,Stav,Zákazník,Typ zákazníka,Produkt(y),Prodané položky,Kupón(y),Čisté tržby",
}  # fmt: skip


@pytest.mark.parametrize("language", REPORTS)
def test_reports_of_woocommerce_are_read_in_other_languages(language, tmp_path):
    rows = (
        "2026-03-01 10:00:00,1,completed,Ann A,new,Tea,1,,20.5",
        "2026-03-01 12:00:00,2,completed,Ann A,returning,Tea,1,,9",
        "2026-03-04 10:00:00,2,completed,Ann A,returning,Tea,-1,,-4",
        "2026-03-05 10:00:00,3,cancelled,Bob B,new,Tea,1,,8",
    )

    _, found = counted(tmp_path, "\n".join((REPORTS[language], *rows, "")))

    assert found == {"Ann A": (Decimal("25.5"), 2)}
