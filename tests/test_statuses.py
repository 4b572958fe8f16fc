"""A status that nobody knows is never a sale in silence, in whatever language it is written."""

# ruff: noqa: E501, RUF001 - tables of words, a line for each language

import re

import pandas as pd
import pytest
from shell import rfmtool

import rfmtool as library
from rfmtool.errors import AmbiguousInputError, UsageError
from rfmtool.sources.layout import Asked
from rfmtool.sources.statuses import Statuses, _meanings, _shipped, parse_statuses

WORDS = {
    "English": ("Completed", "shipped", "PAID", "Cancelled", "refunded", "pending_payment", "Void"),
    "German": ("Abgeschlossen", "versandt", "Komplett bezahlt", "Storniert", "Erstattet",
               "Zahlung ausstehend", "Fehlgeschlagen"),
    "French": ("Terminée", "Livré", "Paiement accepté", "Annulée", "Remboursé", "Impayée", "Échoué"),
    "Spanish": ("Completado", "Enviado", "Pagado", "Cancelado", "Reembolsado", "Pendiente de pago",
                "Fallido"),
    "Italian": ("Completato", "Spedito", "Pagato", "Annullato", "Rimborsato", "In attesa di pagamento",
                "Fallito"),
    "Portuguese": ("Concluído", "Entregue", "Pago", "Cancelado", "Reembolsado", "Aguardando pagamento",
                   "Recusado"),
    "Dutch": ("Voltooid", "Verzonden", "Betaald", "Geannuleerd", "Terugbetaald", "Onbetaald",
              "Mislukt"),
    "Polish": ("Zrealizowane", "Wysłane", "Opłacone", "Anulowane", "Zwrócone", "Oczekuje na płatność",
               "Odrzucone"),
    "Swedish": ("Slutförd", "Skickad", "Betald", "Avbruten", "Återbetald", "Obetald", "Misslyckad"),
    "Danish": ("Gennemført", "Afsendt", "Betalt", "Annulleret", "Refunderet", "Ubetalt", "Mislykket"),
    "Norwegian": ("Fullført", "Sendt", "Betalt", "Kansellert", "Refundert", "Venter på betaling",
                  "Feilet"),
    "Czech": ("Dokončeno", "Odesláno", "Zaplaceno", "Zrušeno", "Vráceno", "Čeká na platbu",
              "Platba selhala"),
    "Turkish": ("Tamamlandı", "Kargoya verildi", "Ödendi", "İptal edildi", "İade edildi",
                "Ödeme bekleniyor", "Başarısız"),
    "Russian": ("Выполнен", "Доставлен", "Оплачен", "Отменён", "Возврат", "Ожидает оплаты", "Ошибка"),
    "Japanese": ("完了", "発送済み", "入金済み", "キャンセル", "返金済み", "入金待ち", "決済エラー"),
    "Finnish": ("Valmis", "Toimitettu", "Maksettu", "Peruttu", "Palautettu", "Odottaa maksua", "Epäonnistui"),
    "Hungarian": ("Teljesítve", "Kiszállítva", "Fizetve", "Törölve", "Visszatérítve", "Fizetésre vár",
                  "Sikertelen"),
    "Romanian": ("Finalizată", "Livrată", "Plătită", "Anulată", "Rambursată", "În așteptare", "Eșuată"),
    "Greek": ("Ολοκληρωμένη", "Απεστάλη", "Πληρωμένη", "Ακυρωμένη", "Επιστράφηκε", "Σε αναμονή", "Απέτυχε"),
    "Bulgarian": ("Изпълнена", "Изпратена", "Платена", "Отказана", "Възстановена", "Очаква плащане",
                  "Неуспешна"),
    "Chinese": ("已完成", "已发货", "已付款", "已取消", "已退款", "待付款", "支付失败"),
}  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
def test_words_of_twenty_one_languages_are_known_without_case_accents_and_marks(language):
    words, taken = WORDS[language], ["sale"] * 3 + ["not_a_sale"] * 4

    assert [Statuses().meaning(word) for word in words] == taken
    assert [Statuses().meaning(word.upper().replace(" ", "_")) for word in words] == taken


def test_no_word_means_two_things():
    for kinds in (_shipped()["type"], {name: _shipped()[name] for name in ("sale", "not_a_sale")}):
        words = [word for groups in kinds.values() for group in groups.values() for word in group]
        of_types = kinds is _shipped()["type"]
        for word in words:
            meanings = {meaning for meaning, groups in kinds.items()
                        if any(word in group for group in groups.values())}  # fmt: skip
            assert len(meanings) == 1, word
            assert Statuses().meaning(word, of_type=of_types) in meanings, word
    assert "cancelled" in _meanings(of_types=False)


def shop(*statuses, amount=10, **columns):
    """A row for each status: an order of a customer of its own on a day of its own."""
    count = len(statuses)
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(count)],
            "order_id": [f"o{number}" for number in range(count)],
            "ordered_at": [f"2026-01-{number % 28 + 1:02}" for number in range(count)],
            "amount": amount,
            "status": statuses,
            **columns,
        }
    )


def test_a_word_that_nobody_knows_and_many_rows_share_is_refused_by_name():
    frame = shop(*["paid"] * 50, *["parked"] * 5)

    with pytest.raises(AmbiguousInputError, match="'parked', in 5 of 55 rows") as caught:
        library.run(frame)

    assert "--status 'parked=sale'" in caught.value.hint


def test_a_word_that_nobody_knows_is_refused_for_its_money_too():
    frame = shop(*["paid"] * 997, *["parked"] * 3, amount=[1] * 997 + [100] * 3)

    with pytest.raises(AmbiguousInputError, match="'parked'"):
        library.run(frame)


def test_a_cell_that_may_be_somebodys_is_not_shown():
    frame = shop(*["paid"] * 10, "Ann Archer", "ann@example.org", *["4711-1"] * 5)

    with pytest.raises(AmbiguousInputError) as caught:
        library.run(frame)

    said = str(caught.value)
    assert "not shown" in said
    assert not any(word in said for word in ("Ann", "example", "4711"))


@pytest.mark.parametrize("word", ["Geschlossen", "En retard", "Atrasado"])
def test_a_word_with_a_meaning_in_each_shop_of_its_own_is_shown_however_few_rows_have_it(word):
    with pytest.raises(AmbiguousInputError, match=f"{word!r}, in 1 of 11 rows"):
        library.run(shop(*["paid"] * 10, word))


def test_a_few_rows_that_nobody_knows_are_warned_of():
    result = library.run(shop(*["paid"] * 995, *["parked"] * 5))

    warning = next(text for text in result.summary["warnings"] if "parked" in text)

    assert "--status 'WORD=not_a_sale'" in warning
    assert {"column": "status", "status": "parked", "rows": 5, "money": "50",
            "taken_as": "sale, as nobody knows it"} in result.summary["statuses"]  # fmt: skip


@pytest.mark.parametrize(("is_sale", "used"), [(True, 7), (False, 4)])
def test_the_user_settles_a_word(is_sale, used):
    frame = shop(*["paid"] * 4, *["parked"] * 3)

    result = library.run(frame, asked=Asked(statuses={"Parked": is_sale}))

    assert result.ledger["used"] == used


def test_rules_settle_a_word_and_turn_a_known_one(tmp_path):
    rules = tmp_path / "own.toml"
    rules.write_text("[reading]\nsale = ['pending']\nnot_a_sale = ['parked']\n")

    result = library.run(shop("paid", "pending", *["parked"] * 3), rules=rules)

    assert (result.ledger["used"], result.ledger["not_a_sale"]) == (2, 3)


def test_an_open_order_is_a_sale_where_its_payment_says_so():
    payments = {"payment_status": ["paid", "open", "refunded"]}

    result = library.run(shop("open", "open", "completed", **payments))

    assert list(result.customers["customer_id"]) == ["c0"]


def test_a_part_refunded_word_without_a_column_of_refunds_is_warned_of():
    result = library.run(shop("paid", "partially_refunded"))

    assert any("partly refunded by their status: 1" in text for text in result.summary["warnings"])


@pytest.mark.parametrize("text", ["parked", "parked=yes", "=sale", ""])
def test_a_status_option_that_is_no_pair_is_refused(text):
    with pytest.raises(UsageError, match="--status"):
        parse_statuses([text])


def test_a_word_cannot_be_said_to_be_both():
    with pytest.raises(UsageError, match="both"):
        parse_statuses(["parked=sale", "parked=not_a_sale"])


def test_check_lists_every_status_with_what_it_was_taken_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shop("Storniert", "bezahlt", "bezahlt").to_csv("shop.csv", index=False)

    shown = rfmtool("check", "shop.csv")

    assert "status: bezahlt, 2 rows, 20.00: sale" in shown.output
    assert "status: Storniert, 1 row, 10.00: not a sale" in shown.output


# Types, flags and refunds ------------------------------------------------------------------------


def test_the_money_of_a_credit_note_is_given_back_whatever_its_sign():
    frame = pd.DataFrame(
        {
            "customer": ["ann", "ann", "bob", "bob"],
            "invoice": ["1", "2", "3", "4"],
            "date": ["2026-01-05", "2026-02-05", "2026-01-06", "2026-02-06"],
            "total": [100, 30, 50, -20],
            "type": ["Invoice", "Credit note", "Rechnung", "Gutschrift"],
        }
    )

    people = library.run(frame).customers.set_index("customer_id")

    assert dict(people["monetary"]) == {"ann": 70, "bob": 30}
    assert list(people["frequency"]) == [1, 1]


@pytest.mark.parametrize(
    ("name", "sale", "credit"),
    [("Tipo de comprobante", "Factura A", "Nota de Crédito A"), ("Tyyppi", "Lasku", "Hyvityslasku"),
     ("Τύπος", "Τιμολόγιο", "Πιστωτικό"), ("نوع", "فاتورة", "إشعار دائن"), ("סוג מסמך", "חשבונית", "זיכוי"),
     ("ประเภท", "ขาย", "คืน"), ("Loại", "Bán hàng", "Trả hàng"), ("Tipe", "Penjualan", "Retur"),
     ("Typ dokladu", "Faktura", "Opravný daňový doklad"), ("类型", "销售", "退货")],
)  # fmt: skip
def test_credit_notes_of_further_languages_are_taken_off(name, sale, credit):
    orders = shop("", "", "", amount=[50, 20, 5], **{name: [sale, sale, credit]})

    assert library.run(orders.drop(columns="status")).summary["revenue"] == "65"


def test_a_column_called_type_that_says_nothing_of_documents_plays_no_role():
    frame = shop("paid", "paid").assign(type=["retail", "wholesale"])

    assert "type" not in library.run(frame).summary["columns"]


def test_a_quote_or_a_payout_is_no_sale_and_leaves_its_order_alone():
    frame = shop("paid", "paid", "paid").assign(
        type=["charge", "charge", "payout"], order_id=["1", "2", "2"]
    )

    result = library.run(frame)

    assert (result.ledger["used"], result.ledger["not_a_sale"]) == (2, 1)


@pytest.mark.parametrize(
    ("name", "cells", "role"),
    [
        ("Refund amount", ["0", "4.50", ""], "refunded"),
        ("Erstattungsbetrag", ["", "4,50", ""], "refunded"),
        ("환불금액", ["0", "4.50", "0"], "refunded"),
        ("Total Refunds", ["0", "4.50", "0"], "refunded"),
        ("Refunded", ["0 kr.", "4.50 kr.", ""], "refunded"),
        ("Refunded", ["no", "yes", "no"], "voided"),
        ("Voided", ["false", "true", "false"], "voided"),
        ("Storniert", ["nein", "ja", "nein"], "voided"),
        ("Cancelled", ["ei", "kyllä", "ei"], "voided"),
        ("Paid", ["نعم", "لا", "نعم"], "captured"),
        ("Cancelled", ["", "2026-03-01", ""], "cancelled_on"),
        ("Cancelled at", ["", "2026-03-01 10:00", ""], "cancelled_on"),
        ("Test order", ["0", "1", "0"], "is_test"),
        ("Paid", ["true", "false", "true"], "captured"),
    ],
)
def test_what_looks_like_money_given_back_gets_the_role_that_its_cells_bear_out(name, cells, role):
    result = library.run(shop("paid", "paid", "paid", **{name: cells}))

    assert result.summary["columns"][role] == name
    people = result.customers.set_index("customer_id")["monetary"]
    assert people.get("c1", 0) == (5.5 if role == "refunded" else 0)


@pytest.mark.parametrize("word", ["pending", "On hold", "offen", "Принят, ожидается оплата"])
def test_what_waits_counts_where_a_flag_says_that_it_is_paid(word):
    result = library.run(shop(word, word, "paid", Paid=["yes", "no", "yes"]))

    assert (result.ledger["used"], result.ledger["not_a_sale"]) == (2, 1)


@pytest.mark.parametrize("name", ["Date paid", "Bezahlt am", "Amount Paid"])
def test_what_waits_beside_a_column_of_payments_is_told_of(name):
    told = library.run(shop("pending", "paid", **{name: ["2026-03-01", ""]})).summary["warnings"]

    assert any(f"whatever {name!r} says" in text and "pending=sale" in text for text in told)
    told = library.run(shop("paid", "paid", **{name: ["2026-03-01", ""]})).summary["warnings"]
    assert not any("whatever" in text for text in told)


@pytest.mark.parametrize(
    ("name", "cells", "role"),
    [("Confirmed", ["Y", "N", "Y"], "captured"), ("success", ["true", "false", "true"], "captured"),
     ("Return Date", ["", "2026-03-01", ""], "cancelled_on")],
)  # fmt: skip
def test_flags_that_may_say_what_is_no_sale_are_named(name, cells, role):
    orders = shop("", "", "", **{name: cells}).drop(columns="status")

    told = library.run(orders).summary["warnings"]

    assert any(f"Column {name!r} looks like" in text and f"{role}=NAME" in text for text in told)


def test_a_flag_that_says_yes_of_all_rows_is_not_told_of():
    orders = shop("", "", "", Confirmed=["Y", "Y", "Y"]).drop(columns="status")
    assert not any("Confirmed" in text for text in library.run(orders).summary["warnings"])


@pytest.mark.parametrize(
    ("name", "cells"),
    [("キャンセル", ["", "キャンセル", ""]), ("Paid", ["Paid", "Unpaid", "Paid"])],
)
def test_a_flag_written_in_words_of_statuses_is_the_status_where_there_is_no_other(name, cells):
    orders = shop("", "", "", **{name: cells}).drop(columns="status")

    result = library.run(orders)

    assert result.summary["columns"]["status"] == name
    assert (result.ledger["used"], result.ledger["not_a_sale"]) == (2, 1)


@pytest.mark.parametrize(
    ("name", "cells"),
    [("Refund", ["", "completed", ""]), ("Storno", ["", "erledigt", ""]),
     ("Voucher Status", ["used", "unused", "used"])],
)  # fmt: skip
def test_words_that_may_be_said_of_a_refund_or_a_voucher_are_no_status_of_orders(name, cells):
    orders = shop("", "", "", **{name: cells}).drop(columns="status")

    summary = library.run(orders).summary

    assert "status" not in summary["columns"]
    assert any(f"Column {name!r}" in text for text in summary["warnings"])


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        ("fulfilment", ("delivered", "cancelled", "delivered"), "'cancelled'.*payment_status=NAME"),
        ("gateway says", ("ok", "ok", "Declined"), "'Declined'.*payment_status=NAME"),
        ("purpose", ("sale", "sale", "Refund"), "'Refund'.*type=NAME"),
        ("is_deleted", (0, 0, 1), "orders called off.*voided=NAME"),
        ("returned on", (None, None, "2026-01-04"), "refunds.*cancelled_on=NAME"),
        ("D/C", ("D", "D", "C"), "which rows are refunds.*type=NAME"),
    ],
)
def test_a_column_without_a_role_that_tells_of_no_sales_is_named_with_the_option(name, cells, said):
    result = library.run(shop("paid", "paid", "paid", **{name: cells}))

    [found] = [text for text in result.summary["warnings"] if repr(name) in text]

    assert re.search(said, found)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("paid by", ("cash", "credit", "pending")),
        ("note", [f"cancelled the {row}. lesson" for row in range(3)]),
        ("returning", ("new", "returning", "new")),
        ("price", (1, 2, 3)),
    ],
)
def test_a_column_of_something_else_is_not_named(name, cells):
    warnings = library.run(shop("paid", "paid", "paid", **{name: cells})).summary["warnings"]

    assert not any(repr(name) in text for text in warnings)


def test_a_refund_whose_row_is_no_sale_by_its_status_is_told_of_as_taken_off_nobody():
    frame = shop("paid", "refunded", "refunded", amount=[100, -10, 3])

    warnings = library.run(frame).summary["warnings"]

    assert any("'refunded' hold -7 in all" in text for text in warnings)


def test_an_export_of_which_nothing_counts_says_which_word_leaves_it_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    head = "order_id,customer_id,date,amount,status"
    pending = "1,Ann,2026-01-01,5,pending\n2,Bob,2026-01-02,7,pending\n"
    (tmp_path / "none.csv").write_text(f"{head}\n{pending}3,,2026-01-03,7,paid\n")
    (tmp_path / "some.csv").write_text(f"{head}\n{pending}3,Cid,2026-01-03,7,paid\n")
    (tmp_path / "nobody.csv").write_text(f"{head}\n{pending}" + "3,,2026-01-03,7,paid\n" * 3)

    none, some, nobody = (
        " ".join(rfmtool("check", f"{name}.csv").stdout.split())
        for name in ("none", "some", "nobody")
    )

    assert "No row counts, most of them because 'status' says 'pending'" in none
    assert "names nobody" not in none
    assert "No row counts" not in some + nobody
    assert "Column 'customer_id' names nobody" in nobody


def test_a_cancelled_row_without_an_order_id_leaves_what_else_was_bought_that_day():
    frame = shop("paid", "cancelled", "paid", amount=[5, 7, 11])
    frame["customer_id"], frame["ordered_at"] = "ann", "2026-01-01"

    with_ids, without = library.run(frame), library.run(frame.drop(columns="order_id"))

    assert with_ids.customers["monetary"].item() == without.customers["monetary"].item() == 16
    assert without.ledger["not_a_sale"] == 1


def test_a_column_that_looks_like_refunds_and_holds_something_else_is_named():
    result = library.run(shop("paid", "paid", **{"Refund reason": ["", "too small"]}))

    assert any("'Refund reason' looks like refunds" in text
               for text in result.summary["warnings"])  # fmt: skip


def test_another_column_that_could_be_the_amount_is_named():
    result = library.run(shop("paid", "paid", total=[11, 12]))

    assert any("'total' could be it too" in text for text in result.summary["warnings"])


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("Faturado", "sale"), ("Atendido", "sale"), ("Preparando envio", "sale"), ("Lunas", "sale"),
     ("Em andamento", "sale"), ("Em aberto", "open"), ("Contracargo", "not_a_sale"),
     ("Do wysłania", "sale"), ("Anulowane przez klienta", "not_a_sale"), ("Chờ lấy hàng", "sale"),
     ("Chưa thanh toán", "not_a_sale"), ("การจัดส่ง", "sale"), ("ที่ต้องชำระ", "not_a_sale"),
     ("تم التوصيل", "sale"), ("بانتظار الدفع", "not_a_sale"), ("הושלם", "sale"), ("בוטל", "not_a_sale"),
     ("Warenausgang gebucht", "sale"), ("未発送", "sale"),
     ("Refunded (partially)", "sale"), ("Pedido Entregue", "sale"), ("미결제취소", "not_a_sale"), ("Expedována", "sale"), ("Stornována", "not_a_sale"),
     ("Verkaufsauftrag", "sale"), ("Devis envoyé", "not_a_sale"), ("Zamówienie zakończone", "sale"),
     ("Klient anulował", "not_a_sale"), ("Wacht op betaling", "not_a_sale"), ("À expédier", "sale"), ("Gagal", "not_a_sale"),
     ("Returnată", "not_a_sale"), ("未対応", "sale"), ("Settlement", "sale"), ("Başarılı", "sale"), ("Zwrócona", "not_a_sale"), ("[7] Warenausgang gebucht", "sale"), ("[8.1] Storniert", "not_a_sale")],
)  # fmt: skip
def test_words_of_ledgers_and_marketplaces_are_known(word, meaning):
    assert Statuses().meaning(word) == meaning


@pytest.mark.parametrize(
    ("meaning", "words"),
    [
        (
            "sale",
            "issued, wystawiona, teilbezahlt, parzialmente pagata, soldée, inviata, validée, 請求済み",
        ),
        (
            "not_a_sale",
            "fällig, pendiente de cobro, po terminie, written off, inutilizada, luonnos",
        ),
        ("open", "avoin"),
    ],
)
def test_words_of_invoices_are_known(meaning, words):
    assert {Statuses().meaning(word) for word in words.split(", ")} == {meaning}


def test_rows_that_are_rejected_are_in_no_sum_of_a_status():
    orders = [
        ["a", "2025-01-01", 10, "paid"],
        ["b", "no day", 1000, "paid"],
        ["c", None, 9, "void"],
    ]
    table = pd.DataFrame(orders, columns=["customer_id", "date", "amount", "status"])
    result = library.run(table, max_rejects="100%")
    assert [(row["status"], row["rows"], row["money"]) for row in result.summary["statuses"]] == [
        ("paid", 1, "10")
    ]
