"""Exports people really have, in small made-up bodies under their own headers.

Each says by hand what its customers paid and kept, and which rows are no sales.
"""

import json
from decimal import Decimal

import pyarrow as pa
import pytest

import rfmtool
from rfmtool.errors import InputError, RulesError, UsageError
from rfmtool.grouping.read import read_export
from rfmtool.rules import load_rules, to_toml
from rfmtool.settings import Settings
from rfmtool.sources.layout import Asked
from rfmtool.sources.presets import KnownPresets, shipped_presets

SHOPIFY = """\
Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,\
Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Cancelled at,\
Refunded Amount,Outstanding Balance,Id
#1001,ann@x.org,paid,2024-01-05 22:00:00 -0500,USD,30,5,0,35.00,TEN,10.00,2024-01-05 22:00:00 -0500,1,Tea,20,,0.00,0.00,11
#1001,ann@x.org,,,,,,,,,,2024-01-05 22:00:00 -0500,2,Cup,10,,,,
#1002,bob@x.org,partially_refunded,2024-01-06 10:00:00 -0500,USD,40,0,0,40.00,,0.00,2024-01-06 10:00:00 -0500,1,Tea,10,,15.50,0.00,12
#1002,,,,,,,,,,,2024-01-06 10:00:00 -0500,2,Cup,15,,,,
#1002,,,,,,,,,,,,1,Pot,0,,,,
#1003,cy@x.org,refunded,2024-01-06 10:00:00 -0500,USD,40,0,0,40.00,,0.00,2024-01-06 10:00:00 -0500,1,Tea,40,,40.00,0.00,13
#1004,cy@x.org,voided,,USD,40,0,0,40.00,,0.00,2024-01-07 10:00:00 -0500,1,Tea,40,,0.00,0.00,14
#1005,ann@x.org,paid,2024-01-08 10:00:00 -0500,USD,40,0,0,40.00,,0.00,2024-01-08 10:00:00 -0500,1,Tea,40,2024-01-09 09:00:00 -0500,0.00,0.00,15
#1005,ann@x.org,,,,,,,,,,2024-01-08 10:00:00 -0500,1,Cup,0,,,,
#1006,dan@x.org,partially_paid,2024-07-08 10:00:00 -0400,USD,40,0,0,40.00,,0.00,2024-07-08 10:00:00 -0400,1,Tea,40,,0.00,25.00,16
#1007,,paid,2024-07-08 10:00:00 -0400,USD,9,0,0,9.00,,0.00,2024-07-08 10:00:00 -0400,1,Tea,9,,0.00,0.00,17
#1008,eve@x.org,pending,,USD,9,0,0,9.00,,0.00,2024-07-09 10:00:00 -0400,1,Tea,9,,0.00,9.00,18
"""  # noqa: E501 - as wide as such exports are

STRIPE_ROWS = """\
ch_1,{ann},2024-02-03 23:47,"1,010.00",0.00,usd,Paid,true
ch_2,{ann},2024-02-13 01:47,20.00,5.00,usd,Paid,true
ch_3,{bob},2024-02-14 01:47,20.00,20.00,usd,Refunded,true
ch_4,{bob},2024-02-15 01:47,20.00,0.00,usd,Failed,false
ch_5,{bob},2024-02-16 01:47,30.00,0.00,usd,Paid,true
ch_6,{bob},2024-02-17 01:47,30.00,0.00,usd,Uncaptured,false
ch_7,,2024-02-17 01:47,8.00,0.00,usd,Paid,true
ch_8,{bob},2024-02-17 01:47,30.00,0.00,usd,Paid,false
"""
STRIPE_HEADERS = (
    "id,Customer ID,Created (UTC),Amount,Amount Refunded,Currency,Status,Captured",
    "id,Customer ID,Created date (UTC),Amount,Amount Refunded,Currency,Status,Captured",
    "id,Customer Email,Created (UTC),Amount,Amount Refunded,Currency,Status,Captured",
)

SQUARE = """\
Date,Time,Time Zone,Gross Sales,Discounts,Net Sales,Tax,Tip,Partial Refunds,Total Collected,Source,\
Fees,Net Total,Transaction ID,Payment ID,Event Type,Customer ID,Customer Name,Transaction Status
2022-11-10,14:30:00,Pacific Time (US & Canada),$20.00,$0.00,$20.00,$1.50,$1.00,$0.00,$22.50,Register,-$0.95,$21.55,T1,P1,Payment,C1,Ann,Complete
2022-11-11,14:30:00,Pacific Time (US & Canada),"$1,200.00",$0.00,"$1,200.00",$40.00,$0.00,$0.00,"$1,240.00",Register,-$9.95,"$1,230.05",T2,P2,Payment,C2,Bob,Complete
2022-11-12,14:30:00,Pacific Time (US & Canada),-$45.00,$0.00,-$45.00,$0.00,$0.00,$0.00,-$45.00,Register,$0.00,-$45.00,T3,P3,Refund,C2,Bob,Complete
2022-11-13,14:30:00,Pacific Time (US & Canada),$5.00,$0.00,$5.00,$0.00,$0.00,$0.00,$5.00,Register,$0.00,$5.00,T4,P4,Payment,,,Complete
2022-11-14,14:30:00,Pacific Time (US & Canada),$7.00,$0.00,$7.00,$0.00,$0.00,$0.00,$7.00,Register,$0.00,$7.00,T5,P5,Payment,C1,Ann,Voided
"""  # noqa: E501

ETSY = """\
Sale Date,Item Name,Buyer,Quantity,Price,Coupon Code,Discount Amount,Order Shipping,Item Total,\
Currency,Transaction ID,Listing ID,Date Paid,Date Shipped,Order ID
01/02/24,Tea &amp; cup,ann,2,10.00,,0.00,4.00,20.00,EUR,1,91,01/02/2024,,500
01/02/24,Pot,ann,1,12.00,,0.00,4.00,12.00,EUR,2,92,01/02/2024,,500
03/04/24,Pot,bob,1,12.00,TEN,2.00,4.00,10.00,EUR,3,92,03/04/2024,,501
05/06/24,Pot,bob,1,12.00,,0.00,4.00,12.00,EUR,4,92,,,502
"""

WOOCOMMERCE = (
    """\
Order Number,Order Status,Order Date,Email (Billing),Order Refund Amount,Order Total Amount,\
Item Name,Quantity (- Refund)
71,Completed,2024-01-05 10:00,ann@x.org,0,50.00,Tea,1
71,Completed,2024-01-05 10:00,ann@x.org,0,50.00,Cup,1
72,Processing,2024-01-06 10:00,bob@x.org,5.00,20.00,Tea,1
73,On hold,2024-01-06 10:00,bob@x.org,0,20.00,Tea,1
74,Refunded,2024-01-06 10:00,bob@x.org,20.00,20.00,Tea,1
""",
    """\
order_id,order_number,date,status,order_total,refunded_total,order_currency,customer_id,billing_email
9,71,2024-01-05 10:00:00,completed,50.00,0,EUR,0,ann@x.org
9,72,2024-01-06 10:00:00,wc-processing,20.00,5.00,EUR,0,bob@x.org
9,73,2024-01-06 10:00:00,wc-pending,20.00,0,EUR,7,bob@x.org
""",
)

PAYPAL = """\
"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net",\
"From Email Address","To Email Address","Transaction ID"
"05/01/2024","10:00","PST","Ann","Website Payment","Completed","USD","9","0","9","a@x","b@x","1"
"""
AMAZON = """\
amazon-order-id\tpurchase-date\torder-status\tquantity\tcurrency\titem-price
1\t2024-01-05T10:00:00+00:00\tShipped\t1\tUSD\t9.00
"""
RETAIL = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.00,17850.0,United Kingdom
C536379,85123A,HOLDER,-2,2010-12-02 08:26:00,2.55,17850.0,United Kingdom
A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,11062.06,,United Kingdom
"""


ETSY_ORDERS = """\
Sale Date,Order ID,Buyer User ID,Full Name,Number of Items,Date Shipped,Currency,Order Value,\
Discount Amount,Shipping,Sales Tax,Order Total,Status,Card Processing Fees,Order Net,\
Adjusted Order Total,Adjusted Net Order Amount,Buyer
01/02/24,500,ann7,Ann,3,01/05/24,EUR,32.00,0,4.00,0,36.00,Shipped,1.50,34.50,0,0,ann
03/04/24,501,bob7,Bob,1,,EUR,12.00,2.00,4.00,0,14.00,,1.00,13.00,0,0,bob
03/05/24,502,bob7,Bob,1,,EUR,12.00,0,4.00,0,16.00,Canceled,1.00,15.00,0,0,bob
"""
STRIPE_BALANCE = """\
id,Type,Source,Amount,Fee,Destination Platform Fee,Net,Currency,Created (UTC),Available On (UTC),\
Description,Customer Facing Amount,Customer Facing Currency,Transfer
txn_1,charge,ch_1,30.00,1.17,,28.83,usd,2022-04-23 21:56,2022-04-30 00:00,,30.00,usd,
"""
WOOCOMMERCE_NET = """\
Order Number,Order Status,Order Date,Email (Billing),Order Total Amount (- Refund),\
Order Refund Amount,SKU
71,completed,2024-01-05 10:00,ann@x.org,50.00,0,T
71,completed,2024-01-05 10:00,ann@x.org,50.00,0,C
72,completed,2024-01-06 10:00,bob@x.org,15.00,5.00,T
73,failed,2024-01-06 10:00,bob@x.org,20.00,0,T
"""
WOOCOMMERCE_REPORT = """\
Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,\
Coupon(s),Net Sales,Attribution
2024-01-05 10:00:00,71,"$50.00",completed,Ann Lee,new,1x Tea,1,,50.00,Direct
2024-01-07 10:00:00,71,"-$20.00",completed,Ann Lee,new,1x Tea,-1,,-20.00,Direct
2024-01-06 10:00:00,72,"$15.00",pending,Bob Ray,new,1x Tea,1,,15.00,Direct
"""


def money(result):
    """Customer to (what they paid and kept, refunds, orders that count)."""
    return {
        row.customer_id: (Decimal(row.monetary) / 10_000, Decimal(row.refunds) / 10_000,
                          row.frequency)
        for row in result.frame.itertuples()
    }  # fmt: skip


def read(write, text, name="export.csv", **asked):
    return rfmtool.run(write(text, name), asked=Asked(**asked))


def preset_of(result):
    return result.summary["reading"]["preset"]


def test_shopify_counts_each_order_once_less_what_was_given_back_or_not_paid(write):
    result = read(write, SHOPIFY)

    assert preset_of(result) == "shopify"
    assert money(result) == {
        "ann@x.org": (Decimal(35), 0, 1),
        "bob@x.org": (Decimal("24.5"), Decimal("15.5"), 1),
        "dan@x.org": (Decimal(15), 0, 1),
    }
    ledger = result.ledger
    assert (ledger["used"], ledger["anonymous"], ledger["not_a_sale"]) == (6, 1, 5)
    assert ledger.rejected == 0
    assert ledger.anonymous_units == 90_000


def test_shopify_days_are_as_written_or_in_the_zone_asked_for(write):
    first = {zone: read(write, SHOPIFY, timezone=zone).frame["first_order_on"].min().date()
             for zone in (None, "Europe/Berlin")}  # fmt: skip

    assert {zone: day.isoformat() for zone, day in first.items()} == {
        None: "2024-01-05", "Europe/Berlin": "2024-01-06",
    }  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("size", [64, 200, 1_000])
def test_shopify_reads_alike_wherever_blocks_are_cut(write, in_blocks, size):
    expected = money(read(write, SHOPIFY))
    in_blocks(size)

    assert money(read(write, SHOPIFY)) == expected


@pytest.mark.long
def test_shopify_as_a_frame_reads_like_its_csv(write):
    header, *rows = [line.split(",") for line in SHOPIFY.splitlines()]
    columns = zip(*rows, strict=True)
    table = pa.table({
        name: pa.array([cell or None for cell in cells])
        for name, cells in zip(header, columns, strict=True)
    })  # fmt: skip
    totals = pa.array([float(cell) if cell else None for cell in table["Total"].to_pylist()])
    typed = table.set_column(header.index("Total"), "Total", totals)

    for frame in (table, typed):
        assert money(rfmtool.run(frame)) == money(read(write, SHOPIFY))


@pytest.mark.parametrize("header", STRIPE_HEADERS)
def test_stripe_takes_refunds_off_and_leaves_failures_out(write, header):
    rows = STRIPE_ROWS.format(ann="cus_a", bob="cus_b")
    result = read(write, f"{header}\n{rows}")

    assert preset_of(result) == "stripe"
    assert money(result) == {
        "cus_a": (Decimal(1025), Decimal(5), 2),
        "cus_b": (Decimal(30), 0, 1),
    }
    ledger = result.ledger
    assert (ledger["used"], ledger["anonymous"], ledger["not_a_sale"]) == (3, 1, 4)


def test_stripe_times_are_utc(write):
    text = f"{STRIPE_HEADERS[0]}\n{STRIPE_ROWS.format(ann='cus_a', bob='cus_b')}"
    frame = read(write, text, timezone="Asia/Tokyo").frame

    assert frame["first_order_on"].min().date().isoformat() == "2024-02-04"


def test_square_refunds_are_rows_and_walk_ins_have_no_name(write):
    result = read(write, SQUARE)

    assert preset_of(result) == "square"
    assert money(result) == {
        "C1": (Decimal("22.5"), 0, 1),
        "C2": (Decimal(1195), Decimal(45), 1),
    }
    assert (result.ledger["anonymous"], result.ledger["not_a_sale"]) == (1, 1)


def test_etsy_months_come_first_and_unpaid_items_are_no_sale(write):
    result = read(write, ETSY)

    assert preset_of(result) == "etsy"
    assert money(result) == {"ann": (Decimal(32), 0, 1), "bob": (Decimal(10), 0, 1)}
    days = result.frame["first_order_on"].dt.date.astype(str).tolist()
    assert days == ["2024-01-02", "2024-03-04"]
    assert result.ledger["not_a_sale"] == 1


def test_etsy_with_a_day_that_is_no_month_is_read_as_it_proves(write):
    later = ETSY.replace("03/04/24", "13/04/24").replace("01/02/24", "14/02/24")

    assert read_export(write(later)).export.formats.dates.name == "D/M/Y"


@pytest.mark.parametrize("text", WOOCOMMERCE)
def test_woocommerce_counts_an_order_once_however_often_its_total_stands_there(write, text):
    result = read(write, text)

    assert preset_of(result) == "woocommerce"
    assert money(result) == {
        "ann@x.org": (Decimal(50), 0, 1),
        "bob@x.org": (Decimal(15), Decimal(5), 1),
    }


def test_woocommerce_totals_that_are_less_refunds_lose_them_once_only(write):
    result = read(write, WOOCOMMERCE_NET)

    assert preset_of(result) == "woocommerce_net"
    assert money(result) == {"ann@x.org": (Decimal(50), 0, 1), "bob@x.org": (Decimal(15), 0, 1)}


def test_woocommerce_reports_name_an_order_again_where_money_is_given_back(write):
    result = read(write, WOOCOMMERCE_REPORT)

    assert preset_of(result) == "woocommerce"
    assert money(result) == {"Ann Lee": (Decimal(30), Decimal(20), 1)}


def test_etsy_orders_are_read_by_their_totals_and_say_what_is_not_taken_off(write):
    result = read(write, ETSY_ORDERS)

    assert preset_of(result) == "etsy_orders"
    assert money(result) == {"ann": (Decimal(36), 0, 1), "bob": (Decimal(14), 0, 1)}
    assert any("partial refunds" in note for note in result.summary["warnings"])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (PAYPAL, "withdrawals"),
        (AMAZON, "does not say who bought"),
        (STRIPE_BALANCE, "has no customer"),
    ],
)
def test_exports_that_cannot_be_read_say_what_they_lack(write, text, word):
    with pytest.raises(InputError, match=word):
        read(write, text)


def test_paypal_can_be_read_without_its_preset(write):
    columns = {"customer_id": "From Email Address", "ordered_at": "Date", "amount": "Gross"}

    result = read(write, PAYPAL, columns=columns, preset="none", date_format="%d/%m/%Y")

    assert preset_of(result) == "generic"
    assert len(result.frame) == 1


def test_online_retail_reads_as_ever_and_says_what_its_invoices_are(write):
    result = read(write, RETAIL)
    generic = read(write, RETAIL, preset="none")

    assert preset_of(result) == "online_retail"
    assert money(result) == money(generic) == {"17850": (Decimal("28.2"), Decimal("5.1"), 1)}
    assert any("credit notes" in note for note in result.summary["warnings"])


def test_every_real_header_is_known(real_data):
    headers = json.loads((real_data("export_headers") / "headers.json").read_text())
    found = {
        name: KnownPresets()
        .preset_for(entry["header"].replace('"', "").split(entry["delimiter"]))
        .name
        for name, entry in headers.items()
    }

    assert found == {
        "shopify_orders": "shopify", "stripe_payments": "stripe", "square_transactions": "square",
        "paypal_activity": "paypal", "amazon_fba_orders": "amazon", "etsy_order_items": "etsy",
    }  # fmt: skip


def test_a_preset_can_be_forced_switched_off_and_mistyped(write):
    path = write(SHOPIFY)

    assert read_export(path, asked=Asked(preset="none")).export.formats.preset.name == "generic"
    with pytest.raises(UsageError, match="no preset 'shopfy'"):
        read_export(path, asked=Asked(preset="shopfy"))
    with pytest.raises(InputError, match="customer_id"):
        read_export(path, asked=Asked(preset="stripe"))


def test_columns_asked_for_win_over_the_preset(write):
    result = read(write, SHOPIFY, columns={"amount": "Subtotal", "customer_id": "Id"})

    assert money(result)["12"] == (Decimal(40), 0, 1)


def test_files_of_two_kinds_are_not_read_as_one(write):
    write(SHOPIFY, "all/a.csv")
    write(SQUARE, "all/b.csv")

    with pytest.raises(InputError, match="different kinds of export"):
        read_export(write(ETSY, "all/c.csv").parent)


OWN = """
[[preset]]
name = "till"
known_by = [["Bon", "Kunde", "Tag", "Summe"]]
columns.customer_id = "Kunde"
columns.order_id = "Bon"
columns.ordered_at = "Tag"
columns.amount = "Summe"
columns.status = "Art"
sale = ["Kauf"]
not_a_sale = ["Storno"]
"""


def test_a_preset_of_ones_own_is_shown_with_the_rules_in_force(write):
    own = load_rules(write(OWN, "own.toml"))
    shown = to_toml(load_rules(write(OWN, "own.toml")).data)

    assert own.presets
    assert load_rules(write(shown, "shown.toml")).presets == own.presets


def test_a_preset_of_ones_own_comes_first(write):
    rules = write(OWN, "own.toml")
    path = write("Bon,Kunde,Tag,Summe,Art\n1,ann,2024-01-05,5,Kauf\n2,ann,2024-01-06,6,STORNO\n")

    result = rfmtool.run(path, rules=rules)

    assert preset_of(result) == "till"
    assert money(result) == {"ann": (Decimal(5), 0, 1)}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("preset = 1", "rows"),
        ("[[preset]]\nname = 'x'", "known_by"),
        ("[[preset]]\nknown_by = [['a']]", "name"),
        ("[[preset]]\nname = 'none'\nknown_by = [['a']]", "name"),
        ("[[preset]]\nname = 'x'\nknown_by = [['a']]\ncolour = 1", "colour"),
        ("[[preset]]\nname = 'x'\nknown_by = ['a']", "known_by"),
        ("[[preset]]\nname = 'x'\nknown_by = [['a'], []]", "known_by"),
        (
            "[[preset]]\nname = 'x'\nknown_by = [['a']]\ndates = '%d/%m/%Y'",
            "dates: is D/M/Y or M/D/Y",
        ),
        ("[[preset]]\nname = 'x'\nknown_by = [['a']]\ncolumns.who = 'a'", "who"),
        ("[[preset]]\nname = 'x'\nknown_by = [['a']]\namount_per = 'day'", "amount_per"),
        ("[[preset]]\nname = 'x'\nknown_by = [['a']]\ncarry_down = ['day']", "carry_down"),
        ("[[preset]]\nname = 'x'\nknown_by = [['a']]\nnotes = [\"\\u001b\"]", "notes"),
    ],
)
def test_a_preset_with_an_error_is_named_with_its_key(write, text, word):
    with pytest.raises(RulesError, match=word):
        rfmtool.run(
            write(["customer,date,amount", "a,2024-01-05,5"]), rules=write(text, "own.toml")
        )


def test_a_preset_of_ones_own_says_which_date_is_meant_and_in_which_zone(write):
    path = write("Bon,Kunde,Tag,Summe\n1,ann,02/01/2024 23:30,5\n")
    rules = OWN + 'dates = "M/D/Y"\ntimezone = "UTC"\n'

    result = rfmtool.run(path, rules=write(rules, "own.toml"), asked=Asked(timezone="Asia/Tokyo"))

    assert str(result.as_of) == "2024-02-02"
    with pytest.raises(UsageError, match="preset till: timezone 'Mars/Base' is no known time zone"):
        rfmtool.run(path, rules=write(rules.replace("UTC", "Mars/Base"), "own.toml"))


def test_an_open_word_of_a_preset_is_a_sale_where_the_other_status_says_so(write):
    rules = (
        "[[preset]]\nname = 'till'\nknown_by = [['Bon', 'Lage']]\nopen = ['0']\nsale = ['5']\n"
        "columns = {customer_id = 'Kunde', order_id = 'Bon', ordered_at = 'Tag', amount = 'Summe',"
        " status = 'Lage', payment_status = 'Zahlung'}\n"
    )
    path = write(
        "Bon,Kunde,Tag,Summe,Lage,Zahlung\n1,a,2024-01-05,5,0,paid\n2,a,2024-01-06,7,0,0\n"
    )

    result = rfmtool.run(path, rules=write(rules, "own.toml"))

    assert result.ledger.used_units == 50_000
    assert result.ledger["not_a_sale"] == 1


def test_every_shipped_preset_is_whole():
    names = [preset.name for preset in shipped_presets()]

    assert len(set(names)) == len(names)
    for preset in shipped_presets():
        needed = {"customer_id", "order_id", "ordered_at"}
        assert preset.refused or needed <= preset.columns.keys()
        assert bool(preset.refused) == bool(preset.instead)


@pytest.mark.parametrize(
    ("amount", "back", "unpaid", "kept"),
    [
        (40, 15, "", 25),
        (40, -15, "", 25),  # given back is given back, with or without a minus
        (40, "", 25, 15),
        (40, "", 60, 0),  # nobody owes more than the price
        (40, "", -5, 40),
        (-40, "", 25, -40),  # nothing is owed on what is given back
        (40, 10, 40, -10),
    ],
)
def test_what_was_given_back_or_is_not_paid_is_taken_off_once(write, amount, back, unpaid, kept):
    path = write(
        ["customer_id,ordered_at,amount,back,open", f"ann,2024-01-05,{amount},{back},{unpaid}"]
    )
    columns = {"refunded": "back", "unpaid": "open"}

    assert rfmtool.run(path, asked=Asked(columns=columns)).ledger.used_units == kept * 10_000


def test_a_refund_that_is_no_number_rejects_its_row(write):
    text = SHOPIFY.replace("15.50", "some")
    result = rfmtool.run(write(text), max_rejects="50%", settings=Settings())

    assert result.ledger["bad_amount"] == 1
