"""Contacts come along with known exports, phones in one form, and lists reach people."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from shell import QUIETLY, rfmtool

from rfmtool import run
from rfmtool.errors import UsageError
from rfmtool.grouping.phones import check_country, international_format

SHOPIFY = [
    *("Name", "Email", "Financial Status", "Accepts Marketing", "Currency", "Total", "Created at"),
    *("Lineitem name", "Billing Name", "Billing Phone", "Refunded Amount", "Outstanding Balance"),
]
WOO = [
    *("Order Number", "Order Status", "Order Date", "Order Total Amount", "Email (Billing)"),
    *("Phone (Billing)", "Full Name (Billing)"),
]


def write_shopify(path):
    """Three people of whom one agreed, one refused in the end, and one later agreed."""
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, SHOPIFY, restval="")
        table.writeheader()
        said = {"ann": ("yes", "yes"), "bob": ("yes", "no"), "cy": ("no", "yes")}
        for number, (who, words) in enumerate(said.items()):
            for step, word in enumerate(words):
                order = {"Name": f"#{number}{step}", "Email": f"{who}@example.com"}
                table.writerow(order | {
                    "Financial Status": "paid", "Accepts Marketing": word, "Currency": "GBP",
                    "Total": "12.50", "Created at": f"2024-0{step + 1}-0{number + 1} 10:00:00",
                    "Lineitem name": "Tea", "Billing Name": f"{who.title()} Moor",
                    "Billing Phone": f"'+44 7700 90012{number}", "Refunded Amount": "0.00",
                    "Outstanding Balance": "0.00",
                })  # fmt: skip
                table.writerow(order | {"Lineitem name": "Cup"})


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_shopify(Path("orders.csv"))
    done = rfmtool("run", "orders.csv", "-o", "out", "--no-page")
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "header",
    ["Kundennummer;E-Mail-Adresse;Telefon;Vor- und Nachname;Einwilligung",
     "Client;Adresse e-mail;Téléphone;Nom complet;Consentement"],
)  # fmt: skip
def test_contacts_have_the_names_of_their_language(tmp_path, header):
    orders = tmp_path / "orders.csv"
    orders.write_text("customer_id,ordered_at,amount\n007,2024-01-05,20\n")
    contacts = tmp_path / "contacts.csv"
    contacts.write_text(f"{header}\n007;ann@example.com;+49 30 123456;Ann Moor;yes\n", "utf-8")

    people = rfmtool("score", orders, "--contacts", contacts,
                     "--select", "email,phone,name,consent", "--quiet").stdout  # fmt: skip

    assert people.splitlines()[1] == "ann@example.com,+49 30 123456,Ann Moor,yes"


def test_a_shopify_export_brings_contacts_and_the_latest_consent(shop):
    rows = {row["name"]: row for row in rows_of(Path("out/customers.csv").read_text())}

    assert {name: row["consent"] for name, row in rows.items()} == {
        "Ann Moor": "yes", "Bob Moor": "no", "Cy Moor": "yes",
    }  # fmt: skip
    assert rows["Ann Moor"]["email"] == rows["Ann Moor"]["customer_id"] == "ann@example.com"
    assert rows["Ann Moor"]["phone"] == "+44 7700 900120"
    assert "revenue 75.00 GBP" in shop


def test_a_shopify_export_is_a_file_to_upload_after_two_commands(shop):
    assert shop
    done = rfmtool("export", "out", "--for", "mailchimp")

    assert {row["Email Address"] for row in rows_of(done.stdout)} == {
        "ann@example.com", "cy@example.com",
    }  # fmt: skip
    assert all(row["Phone Number"].startswith("+447700") for row in rows_of(done.stdout))


@pytest.mark.long
def test_a_woocommerce_export_is_one_where_consent_unknown_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = "1,completed,2024-01-01,5,ann@example.com,+44 7700 900120,Ann Moor"
    Path("orders.csv").write_text(f"{','.join(WOO)}\n{cells}\n{cells.replace('1,c', '2,c', 1)}\n")
    done = rfmtool("run", "orders.csv", "-o", "out", "--no-page")
    assert "No consent is known" in done.stdout
    assert rows_of(rfmtool("export", "out", "--for", "brevo").stdout) == []
    [ann] = rows_of(rfmtool("export", "out", "--for", "brevo", "--consent-unknown", "keep").stdout)
    assert (ann["EMAIL"], ann["SMS"], ann["FIRSTNAME"], ann["LASTNAME"]) == (
        "ann@example.com", "+447700900120", "Ann", "Moor",
    )  # fmt: skip


def test_a_column_may_play_two_roles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("shop.csv").write_text("who,day,money\nann@example.com,2024-01-01,5\n")
    roles = ("customer_id=who", "email=who", "ordered_at=day", "amount=money")
    words = [word for role in roles for word in ("--column", role)]
    done = rfmtool("run", "shop.csv", *words, "-o", "out", *QUIETLY)
    assert done.exit_code == 0, done.stderr
    [row] = rows_of(Path("out/customers.csv").read_text())
    assert row["email"] == row["customer_id"] == "ann@example.com"


def test_without_contacts_the_report_says_once_that_channels_are_the_playbooks(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("shop.csv").write_text("customer_id,ordered_at,amount\nann,2024-01-01,5\n")
    said = " ".join(rfmtool("run", "shop.csv", "-o", "out", "--no-page").stdout.split())
    assert said.count("No e-mail address or number is known") == 1
    assert not list(Path("out").glob("**/*.email.csv"))
    assert not Path("out/calls.csv").exists()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("'+44 7700 900123", "+44 7700 900123"),
        ("0044 7700 900123", "+44 7700 900123"),
        (" +44 (7700) 900-123 ", None),
        ("07700 900123", "07700 900123"),
        ("call Ann", "call Ann"),
        ("+1", "+1"),
    ],
)
def test_numbers_have_one_form_where_their_country_is_known(written, shown):
    [found] = international_format(pd.Series([written], dtype="str"), None)
    assert found == (shown or found)
    assert found.replace(" ", "") == (shown or "+447700900123").replace(" ", "")


def test_a_country_reads_numbers_that_tell_none():
    pytest.importorskip("phonenumbers")
    texts = pd.Series(["07700 900123", None, "+44 7700 900123"], dtype="str")
    assert international_format(texts, "gb").tolist()[::2] == ["+44 7700 900123"] * 2
    with pytest.raises(UsageError, match="no country"):
        check_country("XX")


def test_a_country_asks_for_what_reads_numbers(monkeypatch):
    monkeypatch.setattr("rfmtool.grouping.phones._library", lambda: None)
    with pytest.raises(UsageError, match="phonenumbers"):
        check_country("GB")


CONSENTS = [("yes", "no"), ("no", "yes"), ("subscribed", "Opted Out"), ("True", "FALSE")]


def test_numbers_are_formatted_once_for_all_days_that_a_run_computes(tmp_path, monkeypatch):
    rows = [f"c{n % 7},{n},2024-{n % 12 + 1:02}-03,5,0044 7700 90012{n % 7}" for n in range(60)]
    orders = tmp_path / "orders.csv"
    orders.write_text("\n".join(["customer,order,date,amount,phone", *rows, ""]))
    series = []

    def formatted(texts, country):
        series.append(len(texts))
        return international_format(texts, country)

    monkeypatch.setattr("rfmtool.grouping.evidence.international_format", formatted)

    result = run(orders)

    assert result.summary["backtest"]
    assert sum(series) == 7
    assert {number[:9] for number in result.customers["phone"]} == {"+44 7700 "}


def test_a_cell_that_says_there_is_no_address_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ("ann,n/a,01632 960001", "bob,-,0", "cy,none,", "dee,d@x.org,unknown")
    Path("contacts.csv").write_text("customer_id,email,phone\n" + "\n".join(rows))
    orders = "".join(f"{row.partition(',')[0]},2025-06-28,5\n" for row in rows)
    Path("orders.csv").write_text(f"customer_id,ordered_at,amount\n{orders}")
    Path("needs.csv").write_text("customer_id,need\nann,tea\n")
    words = ("--contacts", "contacts.csv", "--needs", "needs.csv", "--quiet")
    assert rfmtool("run", "orders.csv", "-o", "out", *words).exit_code == 0

    people = rows_of(Path("out/customers.csv").read_text())
    assert [row["channel"] for row in people] == ["call", "", "", "email"]
    mailed, called = (rows_of(Path("out", name).read_text())
                      for name in ("actions/welcome.email.csv", "calls.csv"))  # fmt: skip
    assert [row["customer_id"] for row in (*mailed, *called)] == ["dee", "ann"]


@pytest.mark.parametrize("words", CONSENTS)
def test_of_a_yes_and_a_no_on_one_day_the_no_counts(tmp_path, monkeypatch, words):
    """In the export, and in a table of contacts; the day after, a yes is a yes again."""
    monkeypatch.chdir(tmp_path)
    one, other = words
    lines = [f"ann,1,2024-01-05,5,{one}", f"ann,2,2024-01-05,5,{other}", "bob,3,2024-01-05,5,no",
             "bob,4,2024-01-06,5,yes"]  # fmt: skip
    Path("a.csv").write_text("\n".join(["customer_id,order_id,ordered_at,amount,consent", *lines]))
    done = rfmtool("score", "a.csv", "--select", "customer_id,consent")
    refusal = next(word for word in words if word.lower().startswith(("n", "o", "f")))
    assert [row["consent"] for row in rows_of(done.stdout)] == [refusal, "yes"]

    Path("b.csv").write_text("customer_id,order_id,ordered_at,amount\nann,1,2024-01-05,5\n")
    rows = [f"ann,2024-01-01,{one},2024-01-09", f"ann,2024-01-01,{other},"]
    Path("c.csv").write_text("\n".join(["customer_id,since_on,consent,paused_until", *rows]))
    done = rfmtool("score", "b.csv", "--contacts", "c.csv", "--select", "customer_id,consent")
    assert [row["consent"] for row in rows_of(done.stdout)] == [refusal]


@pytest.mark.parametrize(("day", "stage"), [("2024-02-29", "suspect"), ("2024-03-01", "prospect")])
def test_a_status_holds_from_its_day_on(tmp_path, monkeypatch, day, stage):
    """Ann is known by the friend whom she named before she answered."""
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text("customer_id,order_id,ordered_at,amount\nbob,1,2024-01-05,5\n")
    Path("c.csv").write_text("customer_id,status,since_on\nann,replied,2024-03-01\n")
    Path("r.csv").write_text("referrer_id,referred_id,referred_on\nann,bob,2024-01-04\n")
    done = rfmtool("score", "orders.csv", "--as-of", day, "--contacts", "c.csv",
                   "--referrals", "r.csv", "--select", "customer_id,stage")  # fmt: skip
    assert rows_of(done.stdout)[0] == {"customer_id": "ann", "stage": stage}
