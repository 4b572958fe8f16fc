"""Columns as marketplaces fill them: sentences for statuses, names twice, and some left empty."""

# ruff: noqa: E501, RUF001 - as wide as such exports are, in their languages

from decimal import Decimal

import pytest
from shell import rfmtool

import rfmtool as library
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.sources.roles import find_roles
from rfmtool.sources.statuses import Statuses

MERCADO_LIBRE = """\
Ventas
,,,,,,,,,,,,,
# de venta,Fecha de venta,Estado,Paquete de varios productos,Unidades,Ingresos por productos (ARS),Cargo por venta (ARS),Anulaciones y reembolsos (ARS),Total (ARS),# de publicación,Comprador,Ciudad,Estado,Unidades
1,1 de marzo de 2026 10:00 hs.,Entregado,No,1,100.50,-13,,87.50,MLA1,Ann A,Rosario,Santa Fe,
2,2 de marzo de 2026 10:00 hs.,Cancelada por el comprador,No,1,80.00,-10,-70.00,0,MLA1,Bob B,Rosario,Santa Fe,
3,3 de marzo de 2026 10:00 hs.,Paquete de 2 productos,Sí,,50.00,-5,-20.00,25.00,,Bob B,Salta,Salta,
31,3 de marzo de 2026 10:00 hs.,Entregado,Sí,1,,,,,MLA2,Bob B,Salta,Salta,
32,3 de marzo de 2026 10:00 hs.,Entregado,Sí,2,,,,,MLA3,Bob B,Salta,Salta,1
4,4 de marzo de 2026 10:00 hs.,En camino,No,1,,,,,MLA1,Ann A,Rosario,Santa Fe,
"""


def bought(result):
    """The money and the orders of each customer with any."""
    people = result.customers[["customer_id", "monetary", "frequency"]].itertuples(index=False)
    return {who: (Decimal(str(money)), count) for who, money, count in people if count}


@pytest.fixture
def written(tmp_path):
    def write(body):
        (tmp_path / "export.csv").write_text(body, encoding="utf-8")
        return tmp_path / "export.csv"

    return write


def test_mercado_libre_counts_packages_once_and_reads_the_first_column_of_a_name(written):
    result = library.run(written(MERCADO_LIBRE))

    assert result.grouped.export.preset.name == "mercado_libre"
    assert bought(result) == {"Ann A": (Decimal("100.5"), 1), "Bob B": (30, 1)}
    assert result.summary["ledger"]["blank"] == 3


@pytest.mark.parametrize(
    "status",
    ["Pesanan diterima, namun Pembeli masih dapat mengajukan pengembalian hingga 2026-03-{}.",
     "O comprador pode pedir uma devolução até 2026-03-{}"],
)  # fmt: skip
def test_shopee_statuses_with_a_last_day_in_them_are_sales_and_shown_once(written, status):
    header = "No. Pesanan,Status Pesanan,Waktu Pesanan Dibuat,Total Pembayaran,Username (Pembeli)\n"
    rows = [f'A{day},"{status.format(day)}",2026-03-{day},900,ann7\n' for day in range(10, 30)]
    path = written(header + "".join(rows) + "B,Batal,2026-03-05,700,bob8\n")

    assert bought(library.run(path)) == {"ann7": (20 * 900, 20)}
    assert rfmtool("check", path, "--decimal", ".").stdout.count(status[:16]) == 1


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("Cancelled 2026-03-01", "not_a_sale"), ("Cancelled 01.03.2026 10:00", "not_a_sale"),
     ("已取消2026/03/01", "not_a_sale"), ("Enviado 7 de julho", "sale"), ("2026-03-01", "unknown"),
     ("Refunded 50", "unknown"), ("Paid 10/12", "unknown"), ("取引完了", "sale"),
     ("(删除)等待出库", "not_a_sale"), ("Listo para despacho", "sale"),
     ("Dibatalkan Sistem", "not_a_sale"), ("READY", "sale"), ("En camino", "sale"), ("Diproses", "sale"),
     ("Menunggu Pembayaran", "not_a_sale"), ("Đang xử lý", "sale"), ("Trả hàng", "not_a_sale"),
     ("결제대기", "not_a_sale"), ("مدفوع", "sale"), ("ยกเลิก", "not_a_sale")],
)  # fmt: skip
def test_a_day_in_a_status_changes_nothing_and_other_numbers_may(word, meaning):
    assert Statuses().meaning(word) == meaning


def test_a_status_is_settled_whatever_the_day_in_it(written):
    header, rows = (
        "customer,order_id,date,amount,status\n",
        "A,{0},2026-03-{0},10,Held until 2026-04-{0}\n",
    )
    path = written(header + "".join(rows.format(day) for day in range(10, 30)))

    with pytest.raises(AmbiguousInputError, match="says 'Held until', in 20 of 20 rows"):
        library.run(path)
    assert rfmtool("check", path, "--status", "Held until=not_a_sale").exit_code == 0


HEADER = "invoiceNumber,orderNumber,createTime,customerEmail,customerName,paidPrice\n"


def test_another_column_is_read_where_that_of_customers_or_orders_is_empty(written):
    rows = ",7,2026-03-01,,Ann A,5\n,7,2026-03-01,,Ann A,6\n,8,2026-03-01,,Ann A,7\n"
    result = library.run(written(HEADER + rows))

    assert bought(result) == {"Ann A": (18, 2)}
    assert any("'customerEmail' is empty, and 'customerName'" in text
               for text in result.summary["warnings"])  # fmt: skip


def test_a_column_of_customers_that_is_filled_later_on_stays_theirs(written):
    rows = [f"{n},{n},2026-03-01,{'' if n < 9_000 else 'a@x.org'},Walker,5\n" for n in range(9_100)]

    assert bought(library.run(written(HEADER + "".join(rows)))) == {"a@x.org": (500, 100)}


@pytest.mark.parametrize(
    ("rows", "asked", "found"),
    [("1,7,2026-03-01,a@x.org,Ann A,5\n,7,2026-03-01,,Bob B,6\n", {}, ["a@x.org"]),
     (",7,2026-03-01,,Ann A,5\n", {"customer_id": "customerEmail"}, []),
     (",7,2026-03-01,,,5\n", {}, [])],
)  # fmt: skip
def test_a_column_that_is_filled_or_asked_for_stays_and_one_without_another(
    written, rows, asked, found
):
    result = library.run(written(HEADER + rows), columns=asked)

    assert [*bought(result)] == found
    assert result.grouped.export.columns["customer_id"] == "customerEmail"


def test_pieces_named_twice_are_no_matter_beside_an_amount():
    header = ("Comprador", "Fecha", "Unidades", "Total", "Unidades")
    assert find_roles(header, {}, "x.csv") == {"customer_id": 0, "ordered_at": 1, "amount": 3}


@pytest.mark.parametrize(
    ("header", "customer", "order"),
    [("订单号,下单时间,订单金额,客户姓名,下单帐号", "下单帐号", "订单号"),
     ("주문번호,결제일,결제액,구매자명,구매자ID", "구매자ID", "주문번호"),
     ("주문번호,주문일,결제액,구매자,취소여부", "구매자", "주문번호"),
     ("注文ID,注文日,小計,注文者の氏名,注文者のユーザーID", "注文者のユーザーID", "注文ID"),
     ("注文ID,購入日,合計金額,氏名", "氏名", "注文ID"),
     ("売上ID,受注日,総合計金額,購入者 名前,購入者 顧客ID", "購入者 顧客ID", "売上ID"),
     ("Sipariş Numarası,Sipariş Tarihi,Tutar,Alıcı,Paket Durumu", "Alıcı", "Sipariş Numarası"),
     ("Sipariş No,Tarih,Müşteri Email,Toplam Tutar,Durum", "Müşteri Email", "Sipariş No"),
     ("Numer zamówienia,Data,Klient,Ilość,Kwota PLN,Status", "Klient", "Numer zamówienia"),
     ("Mã Đơn,Khách Hàng,Tổng Tiền,Trạng Thái,Ngày Tạo", "Khách Hàng", "Mã Đơn"),
     ("เลขที่คำสั่งซื้อ,วันที่,ลูกค้า,ยอดรวม,สถานะ", "ลูกค้า", "เลขที่คำสั่งซื้อ"),
     ("주문번호,주문일,고객,금액,상태", "고객", "주문번호"),
     ("訂單編號,訂單日期,訂購人姓名,應收款", "訂購人姓名", "訂單編號"),
     ("订单编号,下单时间,用户名,应付款,订单状态", "用户名", "订单编号"),
     ("Номер заказа,Дата оформления,Клиент,Итоговая стоимость", "Клиент", "Номер заказа"),
     ("رقم الطلب,التاريخ,العميل,الإجمالي", "العميل", "رقم الطلب"),
     ("Номер замовлення,Дата замовлення,Ім'я клієнта,Загальна сума", "Ім'я клієнта", "Номер замовлення"),
     ("No. Invoice,Tanggal,Pelanggan,Total Omset", "Pelanggan", "No. Invoice"),
     ("ID Pedido,Fecha,Cliente,Total Pagado ($),Estado", "Cliente", "ID Pedido"),
     ("Ordrenummer,Dato,Kunde,Status,Sum", "Kunde", "Ordrenummer"),
     ("主订单编号,订单提交时间,订单应付金额,买家id", "买家id", "主订单编号"),
     ("Nomor Invoice,Tanggal Pembayaran,Total Penjualan (IDR),Nama Pembeli", "Nama Pembeli", "Nomor Invoice")],
)  # fmt: skip
def test_columns_of_further_marketplaces_are_known_accounts_before_names(header, customer, order):
    names = header.split(",")
    places = find_roles(names, {}, "x.csv")

    assert (names[places["customer_id"]], names[places["order_id"]]) == (customer, order)
    assert {"ordered_at", "amount"} <= places.keys()


@pytest.mark.parametrize(
    ("name", "numbers", "is_named"),
    [("Numéro", "123456", True), ("ID", "123456", True), ("N°", "112345", False),
     ("Reference", ["1", "2", "3", "", "", ""], False), ("Table", "123456", False)],
)  # fmt: skip
def test_a_column_that_may_number_the_orders_of_a_day_is_named(written, name, numbers, is_named):
    rows = [
        f"{number},2026-03-0{1 + row // 2} 1{row}:00,A,10\n" for row, number in enumerate(numbers)
    ]
    warnings = library.run(written(f"{name},Date,Client,Montant\n" + "".join(rows))).summary[
        "warnings"
    ]

    assert any(f"--column order_id={name!r}" in text for text in warnings) == is_named


def test_orders_of_ebay_are_known_in_french(written):
    header = "Numéro de vente;Numéro de commande;Pseudo de l’acheteur;Intitulé de l'objet;Quantité;Vendu pour;Livraison et manutention;Prix total;Date de vente;Payé le\n"
    rows = """\
11;05-1;ann7;;2;1 230,00 €;4,90 €;1 234,90 €;05-oct.-26;05-oct.-26
12;05-1;;Tasse;1;1 220,00 €;;;;
13;05-1;;Thé;1;10,00 €;;;;
14;05-2;bob8;Thé;1;10,00 €;0,00 €;10,00 €;06-oct.-26;
15;05-3;bob8;Thé;1;10,00 €;0,00 €;10,00 €;07-oct.-26;07-oct.-26
"""
    result = library.run(written(header + rows))

    assert result.grouped.export.preset.name == "ebay"
    assert bought(result) == {"ann7": (Decimal("1234.9"), 1), "bob8": (10, 1)}


@pytest.mark.parametrize(
    "header",
    ["Numéro de client;Date de la facture;Montant", "Cust. Name;Inv Dt;Net Amt", "CustNo;InvDate;AMT",
     "Kd.-Nr.;Datum & Uhrzeit;Gesamt", "Nombre completo;Fecha y hora;Total_USD", "ФИО;Дата и время;Сумма",
     "Cód. Cliente;Dt. Venda;Valor", "Name of Customer;Date of the Sale;amount_usd", "CPF;Data e hora;Valor"],
)  # fmt: skip
def test_names_that_are_shortened_linked_or_told_in_full_are_known(header):
    customer, day, amount = names = header.split(";")

    assert find_roles(names, {}, "x") == {"customer_id": 0, "ordered_at": 1, "amount": 2}
    assert find_roles([day, "Menge", amount, customer], {}, "x")["customer_id"] == 3


@pytest.mark.parametrize(
    "name",
    ["Bill #", "Inv. No.", "Order Num", "N° de la commande", "Nro. de pedido", "Num Venda", "Nº NF",
     "RE_NR", "Best.-Nr.", "No Order", "N° Boleta", "№ чека", "单号"],
)  # fmt: skip
def test_numbers_of_orders_are_known_however_a_number_is_called(name):
    assert find_roles(["date", "client", name, "amount"], {}, "x")["order_id"] == 2


def test_a_name_that_is_known_goes_before_one_that_is_known_in_full_alone():
    header = ["date", "client", "Cust Nbr", "amount", "Tot Amt", "Discount Amt", "Inv"]

    assert find_roles(header, {}, "x") == {"customer_id": 1, "ordered_at": 0, "amount": 3}


@pytest.mark.parametrize(
    "header",
    ["Fecha;Nombre;Apellidos;Total", "Date;Nom;Prénom;Montant", "Datum;Jméno;Příjmení;Cena",
     "Fecha;Nombre;SKU;Total", "Fecha;Nombre;Cantidad;Total", "Data;Nome;Preço;Total"],
)  # fmt: skip
def test_a_name_that_may_be_part_of_one_or_an_article_is_no_customer(header):
    with pytest.raises(InputError, match=r"may be (a part of|a surname|the name of an)"):
        find_roles(header.split(";"), {}, "x")

    names = ["Fecha", "Nombre", "Total"]
    assert find_roles(names, {}, "x") == {"ordered_at": 0, "customer_id": 1, "amount": 2}


def test_numbers_of_orders_on_first_rows_alone_are_carried_down_of_a_known_shop_too(written):
    path = written(
        "Order Number,Order Status,Order Date,Email (Billing),Order Refund Amount,Order Total Amount,Item #,Item Cost\n"
        "1,Completed,2026-03-01 10:00,ann@x.org,0,30.00,1,10\n"
        ",,,,,,2,20\n"
        "2,Completed,2026-03-02 10:00,bob@x.org,5.00,15.00,1,7\n"
        ",,,,,,2,8\n"
        "3,Cancelled,2026-03-03 10:00,ann@x.org,0,9.00,1,9\n"
        ",,,,,,2,0\n"
    )
    result = library.run(path)

    assert result.grouped.export.preset.name == "woocommerce"
    assert bought(result) == {"ann@x.org": (30, 1), "bob@x.org": (10, 1)}
    assert not result.summary["ledger"]["rejected"]


@pytest.mark.parametrize(
    ("amount", "said"),
    [("Amt,Net Amt", "Money is read from 'Amt'; 'Net Amt' could be it too"),
     ("Qty,Price,Disc Amt", "Money is 'Qty' times 'Price', without 'Disc Amt' taken off")],
)  # fmt: skip
def test_other_amounts_that_are_known_in_full_alone_are_named(written, amount, said):
    rows = [
        f"{day},c{day % 3},2026-03-{day}{',9' * len(amount.split(','))}" for day in range(10, 20)
    ]
    result = library.run(written(f"Inv No,Client,Date,{amount}\n" + "\n".join(rows)))

    assert any(said in warning for warning in result.summary["warnings"])


def test_numbers_on_every_row_of_a_known_shop_are_not_said_to_be_carried_down(written):
    path = written(
        "Order Number,Order Status,Order Date,Email (Billing),Order Refund Amount,Order Total Amount,Item #,Item Cost\n"
        "1,Completed,2026-03-01 10:00,ann@x.org,0,30.00,1,10\n"
        "1,,,,,,2,20\n"
        "2,Completed,2026-03-02 10:00,bob@x.org,5.00,15.00,1,7\n"
    )
    result = library.run(path)

    assert bought(result) == {"ann@x.org": (30, 1), "bob@x.org": (10, 1)}
    assert "carried down" not in " ".join(result.grouped.export.notices)
