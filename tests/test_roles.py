"""Columns are found by the names shops use, or as asked; what is not clear is refused."""

import pytest

from rfmtool.errors import AmbiguousInputError, InputError, UsageError
from rfmtool.sources.roles import find_roles, normalized, parse_asked
from rfmtool.sources.synonyms import fallback_synonyms, synonyms


def roles(*header, **asked):
    return {role: header[place] for role, place in find_roles(header, asked, "x.csv").items()}


def test_online_retail_names_are_known():
    assert roles("InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID") == {
        "customer_id": "CustomerID",
        "order_id": "InvoiceNo",
        "ordered_at": "InvoiceDate",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
    }


@pytest.mark.parametrize(
    "name", ["Customer ID", "customer_id", "CUSTOMER-ID", " CustomerId ", "id"]
)
def test_case_spaces_and_marks_in_names_do_not_matter(name):
    if name == "id":  # an id of what?
        with pytest.raises(InputError, match="customer_id"):
            roles(name, "date", "amount")
    else:
        assert roles(name, "date", "amount")["customer_id"] == name


def test_every_synonym_is_found_on_its_own():
    for role, known in synonyms().items():
        for synonym in known:
            others = {"customer_id": "client", "ordered_at": "saledate", "amount": "spend"}
            others.pop(role, None)
            header = [*others.values(), synonym]
            if role in ("quantity", "unit_price"):
                other = {"quantity": "price", "unit_price": "qty"}[role]
                header = ["client", "saledate", other, synonym]
            found = roles(*dict.fromkeys(header))
            assert synonym in found.values(), (role, synonym)


@pytest.mark.parametrize(
    ("product", "category"),
    [
        ("Artikelbezeichnung", "Warengruppe"),
        ("Produit", "Catégorie"),
        ("Producto", "Categoría"),
    ],
)
def test_articles_and_their_groups_are_found_in_other_languages(product, category):
    found = roles("client", "saledate", "spend", category, product)
    assert (found.get("product"), found.get("category")) == (product, category)


@pytest.mark.parametrize("names", [synonyms(), fallback_synonyms()])
def test_no_name_stands_twice_under_a_role(names):
    assert all(len({*known}) == len(known) for known in names.values())


def test_the_likelier_of_two_names_wins_wherever_it_stands():
    assert roles("name", "email", "Customer ID", "date", "total", "amount") == {
        "customer_id": "Customer ID",
        "ordered_at": "date",
        "amount": "amount",
        "email": "email",
        "name": "name",
    }


def test_a_company_is_the_customer_where_nobody_else_is():
    assert roles("Rechnungsnummer", "Firma", "Datum", "Netto")["customer_id"] == "Firma"
    assert roles("Firma", "E-Mail", "Datum", "Netto")["customer_id"] == "E-Mail"
    with pytest.raises(InputError, match="'Firma' beside 'Vorname' may be a part of the name"):
        roles("Firma", "Vorname", "Nachname", "Datum", "Netto")


@pytest.mark.parametrize(
    ("header", "amount"),
    [
        ("Order Date (UTC);Customer;Amount (USD)", "Amount (USD)"),
        ("Datum;Kunde;Betrag in EUR", "Betrag in EUR"),
        ("Datum;Kunde;Umsatz [€]", "Umsatz [€]"),
        ("日付;顧客名;金額(円)", "金額(円)"),
        ("date;customer;Total;Total (USD)", "Total"),
    ],
)
def test_units_behind_a_name_do_not_hide_it(header, amount):
    assert roles(*header.split(";"))["amount"] == amount


def test_units_tell_columns_of_one_name_apart():
    with pytest.raises(InputError, match="no column was recognised as amount"):
        roles("date", "customer", "Total (USD)", "Total (EUR)")
    found = roles("Date (UTC)", "customer", "Total (USD)", "Total (EUR)", amount="Total (EUR)")
    assert found["amount"] == "Total (EUR)"


def test_an_amount_is_preferred_to_its_factors():
    found = roles("customer", "date", "quantity", "unit price", "amount")

    assert "amount" in found
    assert not {"quantity", "unit_price"} & found.keys()


def test_factors_asked_for_are_preferred_to_an_amount():
    found = roles("customer", "date", "q", "p", "amount", quantity="q", unit_price="p")

    assert found == {
        "customer_id": "customer",
        "ordered_at": "date",
        "quantity": "q",
        "unit_price": "p",
    }


def test_a_price_without_a_quantity_is_what_was_paid():
    assert roles("customer", "date", "price")["amount"] == "price"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("ID_Cliente,Fecha_Venta,Cantidad,Total", "ID_Cliente,Fecha_Venta,Total"),
        ("pedido_id,cliente_id,data_venda,total_venda",
         "cliente_id,pedido_id,data_venda,total_venda"),
        ("siparis_id,tarih,adet,birim_fiyat,musteri_id",
         "musteri_id,siparis_id,tarih,adet,birim_fiyat"),
        ("Tanggal,Produk,Jumlah,Total,Pelanggan", "Pelanggan,Tanggal,Total"),
        ("id_klienta,id_objednavky,datum_objednavky,cena_objednavky",
         "id_klienta,id_objednavky,datum_objednavky,cena_objednavky"),
        ("numero_fattura,cliente,importo,data_emissione",
         "cliente,numero_fattura,data_emissione,importo"),
        ("交易編號,日期,顧客ID,數量,單價", "顧客ID,交易編號,日期,數量,單價"),
        ("客户名称,销售日期,销售数量,单价", "客户名称,销售日期,销售数量,单价"),
        ("customer_id,transaction_date,unit_quantity,unit_spend",
         "customer_id,transaction_date,unit_spend"),
        ("CUSTOMERNAME,ORDERDATE,QUANTITYORDERED,PRICEEACH",
         "CUSTOMERNAME,ORDERDATE,QUANTITYORDERED,PRICEEACH"),
        ("order_id,customer_id,order_purchase_timestamp,payment_value,price",
         "customer_id,order_id,order_purchase_timestamp,price"),
        ("Контрагент,Номер документа,Дата документа,Сумма счета",
         "Контрагент,Номер документа,Дата документа,Сумма счета"),
        ("Bestellnummer,E-Mail (Rechnung),Bestelldatum,Rabattbetrag,Gesamtbetrag der Bestellung",
         "Bestellnummer,E-Mail (Rechnung),Bestelldatum,Gesamtbetrag der Bestellung"),
        ("№ заказа,Дата и время заказа,Эл. почта,Стоимость доставки,Итого",
         "№ заказа,Дата и время заказа,Эл. почта,Итого"),
        ("受注番号,受注日時,注文者メールアドレス,送料,総合計金額",
         "受注番号,受注日時,注文者メールアドレス,総合計金額"),
        ("رقم الطلب,تاريخ الطلب,البريد الإلكتروني,تكلفة الشحن,إجمالي الطلب",
         "رقم الطلب,تاريخ الطلب,البريد الإلكتروني,إجمالي الطلب"),
        ("מספר הזמנה,תאריך,אימייל,משלוח,סכום לתשלום", "מספר הזמנה,תאריך,אימייל,סכום לתשלום"),
        ("Sipariş No,Sipariş Tarihi,Üye ID,E-Posta,Kargo,Toplam Tutar",
         "Sipariş No,Sipariş Tarihi,Üye ID,E-Posta,Toplam Tutar"),
        ("Rechnungsnr.,Kundennr.,Datum,Netto,MwSt,Brutto", "Rechnungsnr.,Kundennr.,Datum,Brutto"),
        ("Tilausnumero,Tilauspäivä,Asiakas,Summa", "Tilausnumero,Tilauspäivä,Asiakas,Summa"),
        ("Număr comandă,Data comenzii,Client,Total comandă,Cost livrare",
         "Număr comandă,Data comenzii,Client,Total comandă"),
        ("Bestillingsnummer,Fakturadato,Kunde,I alt", "Bestillingsnummer,Fakturadato,Kunde,I alt"),
        ("Номер на поръчка,Дата,Клиент,Общо,Доставка", "Номер на поръчка,Дата,Клиент,Общо"),
        ("Order ID,Order Date,Email,Payment,Net,VAT,Gross", "Order ID,Order Date,Email,Gross"),
        ("orderNumber,customerEmail,createTime,unitPrice,paidPrice",
         "orderNumber,customerEmail,createTime,paidPrice"),
    ],
)  # fmt: skip
def test_names_of_many_ledgers_and_shops_are_known(header, found):
    assert {*roles(*header.split(",")).values()} == {*found.split(",")}


def test_the_likeliest_name_of_a_column_is_preferred():
    header = "musteri_id,email,tanggal,date,total,total_venda,pedido_id,order"

    assert roles(*header.split(",")) == {
        "customer_id": "musteri_id",
        "order_id": "order",
        "ordered_at": "date",
        "amount": "total",
        "email": "email",
    }


@pytest.mark.parametrize(
    ("number", "name"),
    [("KdNr", "Naam"), ("Cust No", "Nombre"), ("取引先コード", "取引先名"), ("RUT", "Nome")],
)
def test_a_number_of_customers_is_preferred_to_a_name(number, name):
    assert roles(name, number, "date", "total")["customer_id"] == number


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("البريد الإلكتروني", "اسم العميل"),
        ("อีเมล", "ชื่อลูกค้า"),
        ("이메일", "고객명"),
        ("メール", "顧客名"),
        ("電郵", "顧客"),
        ("Rechnungs-E-Mail", "Kundenname"),
    ],
)
def test_an_address_is_preferred_to_a_name_in_any_language(address, name):
    assert roles(name, address, "date", "total")["customer_id"] == address


@pytest.mark.parametrize(
    ("customer", "other"),
    [("EmailAddress", "AccountCode"), ("Client", "Réf. client"), ("CPF", "E-mail faturação")],
)
def test_what_may_be_of_a_ledger_or_an_order_is_not_preferred(customer, other):
    assert roles(other, customer, "date", "total")["customer_id"] == customer


def test_what_rows_come_to_is_preferred_to_a_price_without_a_quantity():
    assert roles("customer", "date", "price", "Total Venda")["amount"] == "Total Venda"
    assert "amount" not in roles("customer", "date", "price", "Total Venda", "qty")


def test_a_column_asked_for_beats_every_synonym():
    assert roles("amount", "net", "date", "customer", amount="net")["amount"] == "net"


def test_a_column_is_asked_for_by_its_exact_name_before_a_similar_one():
    header = ("Total", "total", "date", "customer")

    assert find_roles(header, {"amount": "total"}, "x.csv")["amount"] == 1
    assert find_roles(header, {"amount": "Total"}, "x.csv")["amount"] == 0


def test_a_column_plays_one_role_only():
    with pytest.raises(InputError, match="no column was recognised as customer_id"):
        roles("customer", "date", "amount", order_id="customer")


def test_a_needed_column_that_is_missing_is_named_with_the_ones_there_are():
    with pytest.raises(InputError) as raised:
        roles("who", "when", "how much")

    message = str(raised.value)
    assert "x.csv: no column was recognised as customer_id, ordered_at, amount" in message
    assert "'who', 'when', 'how much'" in message


@pytest.mark.parametrize("header", [("id", "Date", "date", "amount", "customer")])
def test_two_columns_of_one_name_are_refused_where_they_matter(header):
    with pytest.raises(AmbiguousInputError, match="2 columns are called 'Date'"):
        roles(*header)
    assert roles(*header, ordered_at="date")["ordered_at"] == "date"


def test_two_columns_of_one_name_are_no_matter_elsewhere():
    assert roles("note", "note", "", "", "date", "amount", "customer")


def test_asking_for_a_name_that_occurs_twice_is_refused():
    with pytest.raises(AmbiguousInputError, match="2 columns are called 'x'"):
        roles("x", "x", "date", "customer", amount="x")


def test_a_mistyped_name_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'Revenue'"):
        roles("Revenue", "date", "customer", amount="Revnue")


def test_a_very_wide_header_is_not_listed_whole():
    with pytest.raises(InputError, match="and 70 more"):
        roles(*(f"c{place}" for place in range(100)))


def test_pairs_are_read():
    assert parse_asked(["amount=Net = total", "customer_id=E-mail"]) == {
        "amount": "Net = total",
        "customer_id": "E-mail",
    }


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        (["amount"], "is not ROLE=NAME"),
        (["amount="], "is not ROLE=NAME"),
        (["money=Net"], "no role 'money'"),
        (["amount=a", "amount=b"], "given twice"),
    ],
)
def test_what_is_no_pair_is_refused(texts, complaint):
    with pytest.raises(UsageError, match=complaint):
        parse_asked(texts)


@pytest.mark.parametrize(
    "header",
    [
        ("Kundennummer", "Bestell-Nr.", "Bestelldatum", "Gesamtbetrag", "Währung"),
        ("N° client", "Numéro de commande", "Date de commande", "Montant TTC", "Devise"),
        ("ID Cliente", "Número de pedido", "Fecha de pedido", "Importe total", "Moneda"),
        ("Cliente", "Numero fattura", "Data fattura", "Importo", "Valuta"),
        ("Klantnummer", "Bestelnummer", "Besteldatum", "Totaalbedrag", "Valuta"),
        ("Código Cliente", "Número do pedido", "Data do pedido", "Valor total", "Moeda"),
        ("ID klienta", "Numer zamówienia", "Data zamówienia", "Wartość", "Waluta"),
        ("Kundenr.", "Ordrenummer", "Ordredato", "Beløp", "Valuta"),
    ],
)
def test_the_commonest_names_of_other_languages_are_known(header):
    found = roles(*header)

    assert found == dict(
        zip(("customer_id", "order_id", "ordered_at", "amount", "currency"), header, strict=True)
    )


@pytest.mark.parametrize(
    ("number", "others"),
    [
        ("Kundennummer", ("Name", "E-Mail", "E-Mail-Adresse")),
        ("N° client", ("Nom", "E-mail")),
        ("klantnummer", ("Email", "klantnaam")),
        ("Customer number", ("Name", "Email")),
        ("Customer No", ("Customer", "Name")),
        ("KdNr", ("Kunde", "Name", "E-Mail")),
        ("Debitorennummer", ("Kunde", "Name", "E-Mail")),
        ("N° client", ("Client", "Courriel")),
        ("Codice cliente", ("Cliente", "Email")),
        ("codice cliente", ("email", "Name")),
        ("得意先コード", ("得意先名", "Name")),
    ],
)
def test_a_number_of_customers_goes_before_names_and_addresses_in_any_language(number, others):
    found = roles(*others, number, "date", "amount")

    assert found["customer_id"] == number


@pytest.mark.parametrize(
    ("name", "part"),
    [("nome cliente", "cognome cliente"), ("Nombre del cliente", "Apellidos del cliente"),
     ("nom client", "prénom client"), ("Kundenname", "Vorname"), ("client name", "client surname")],
)  # fmt: skip
def test_a_part_of_a_name_does_not_stand_for_the_customer(name, part):
    with pytest.raises(InputError, match="may be a part of the name alone"):
        roles("order id", "date", name, part, "amount")

    assert roles("date", name, "amount")["customer_id"] == name
    assert roles("date", "email", name, part, "amount")["customer_id"] == "email"


def test_further_names_of_customers_and_prices_are_known():
    assert roles("data", "codice cliente", "importo")["customer_id"] == "codice cliente"
    assert roles("date", "client", "Množství", "Jednotková cena")["unit_price"] == "Jednotková cena"
    assert roles("date", "client", "Količina", "Cijena")["unit_price"] == "Cijena"
    assert roles("Broj narudžbe", "date", "client", "iznos")["order_id"] == "Broj narudžbe"


def test_letters_of_any_script_keep_names_apart():
    assert normalized("Größe (m²)") == "grossem2"
    assert normalized("Клиент") == "клиент"
    assert normalized("顧客ID") == "顧客id"
    assert normalized("ŁÓDŹ_Øre") == "lodzore"
    assert normalized("カード") != normalized("カート")
    assert normalized("Order №") == normalized(normalized("Order №")) == "orderno"


@pytest.mark.parametrize("name", ["Währungscode", "Code devise", "Código moneda", "Kod waluty"])
def test_codes_of_currencies_are_known(name):
    assert roles("client", "date", "amount", name)["currency"] == name
