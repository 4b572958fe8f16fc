"""A run with all that is known of people beside their orders, as a shop meets it."""

import csv
import json
import random
import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from shell import SHOP, files_of, rfmtool, written

from rfmtool.rules import load_rules

pytestmark = pytest.mark.long

RULES = load_rules()
TABLES = ("contacts", "referrals", "feedback", "partners", "wallets", "suppress")
HEADER = "customer_id,order_id,ordered_at,amount\n"
CONTACT_COLUMNS = ["email", "phone", "name", "consent"]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(path):
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def people_of(folder):
    """The rows of customers.csv by id."""
    return {row["customer_id"]: row for row in rows_of(Path(folder) / "customers.csv")}


def summary_of(folder):
    return json.loads((Path(folder) / "summary.json").read_text("utf-8"))


def digits_of(phone):
    return re.sub(r"\D", "", phone)


def tables_in(folder):
    return [word for name in TABLES for word in (f"--{name}", Path(folder) / f"{name}.csv")]


TABLES_ALONE = ("--quiet", "--no-page", "--lists", "")


def ran(*words, folder="out", page=TABLES_ALONE):
    run = rfmtool("run", *words, "-o", folder, *page)
    assert run.exit_code == 0, run.stderr
    return run


def made(folder, *words):
    """A made-up shop and its run with every table; the folder of both."""
    assert rfmtool("demo", folder / "shop", *words).exit_code == 0
    words = [folder / "shop" / "orders.csv", *tables_in(folder / "shop")]
    run = ran(*words, folder=folder / "out", page=("--title", "The shop"))
    (folder / "page.txt").write_text(run.stdout, "utf-8")
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return made(tmp_path_factory.mktemp("shop"), "--customers", "400", "--seed", "1")


# The shop of the demo ----------------------------------------------------------------------------


def test_every_rung_and_every_row_of_the_playbook_fires_in_the_demo_shop(tmp_path):
    people = people_of(made(tmp_path) / "out").values()
    reasons = {row["stage_reason"] for row in people}
    for rung in RULES.ladder:
        words = re.split(r"\{\w+\}", f"{rung.label}: {rung.because}")
        pattern = re.compile(r"[\w-]+(?: \w+){0,2}".join(map(re.escape, words)))
        fires = any(pattern.fullmatch(reason) for reason in reasons)
        assert fires or rung.evidence == "proxy", rung.because
    assert {row["action"] for row in people} == {row.label for row in RULES.playbook}
    assert {row["wallet_basis"] for row in people} >= {"known", "stated_rank", "peer_estimate"}


def test_orders_alone_make_supporters_only_where_that_is_allowed(shop):
    source = shop / "shop" / "orders.csv"
    ran(source, "--allow-proxy")
    proxies = [row for row in people_of("out").values() if row["stage"] == "supporter"]
    assert proxies
    assert {row["stage_evidence"] for row in proxies} == {"proxy"}
    assert {row["candidate"] for row in proxies} == {"supporter"}
    with_all = people_of(shop / "out").values()
    assert "proxy" not in {row["stage_evidence"] for row in with_all}


def test_everybody_is_in_one_list_of_each_kind(shop):
    people = people_of(shop / "out")
    for folder, column in (("stages", "stage"), ("segments", "segment"), ("actions", "action")):
        files = [path for path in (shop / "out" / folder).iterdir() if "." not in path.stem]
        lists = {path.stem: rows_of(path) for path in files}
        listed = [row["customer_id"] for rows in lists.values() for row in rows]
        assert sorted(listed) == sorted(people)
        for name, rows in lists.items():
            assert {row[column] for row in rows} == {name}
            assert all(row == people[row["customer_id"]] for row in rows)


def test_lists_of_actions_are_ordered_by_what_is_at_stake(shop):
    """Open complaints; then what people may spend; newcomers come last, by their first order."""

    def key(row):
        if row["open_complaints"] != "0":
            return (0,)
        if row["activity"] == "newcomer":
            return 2, row["first_order_on"], row["customer_id"].encode()
        return 1, -Decimal(row["expected_spend"] or row["monetary"]), row["customer_id"].encode()

    people = people_of(shop / "out")
    for path in (shop / "out" / "actions").glob("*.csv"):
        if not path.stem.endswith(".phone"):
            rows = [people[row["customer_id"]] for row in rows_of(path)]
            assert [key(row) for row in rows] == sorted(key(row) for row in rows), path.name


def test_the_groups_of_the_summary_add_up_to_its_totals(shop):
    summary, people = summary_of(shop / "out"), people_of(shop / "out")
    assert summary["customers"] == len(people)
    assert summary["buyers"] == sum(row["frequency"] != "0" for row in people.values())
    for kind, column in (
        ("stages", "stage"),
        ("segments", "segment"),
        ("actions", "action"),
        ("activity", "activity"),
    ):
        groups = {group["name"]: group for group in summary[kind]}
        assert sum(group["customers"] for group in groups.values()) == len(people)
        revenue = sum(Decimal(group["revenue"]) for group in groups.values())
        assert revenue == Decimal(summary["revenue"])
        assert sum(group["share"] for group in groups.values()) == pytest.approx(1)
        counts = Counter(row[column] for row in people.values())
        assert counts == {name: group["customers"] for name, group in groups.items()}


def test_contacts_without_orders_are_people_of_the_run(shop):
    people, summary = people_of(shop / "out"), summary_of(shop / "out")
    suppressed = {row["customer_id"] for row in rows_of(shop / "shop" / "suppress.csv")}
    known = {row["customer_id"] for row in rows_of(shop / "shop" / "contacts.csv")} - suppressed
    ordered = {row["customer_id"] for row in rows_of(shop / "shop" / "orders.csv")}
    assert known <= people.keys()
    silent = known - ordered
    assert silent
    assert {people[name]["stage"] for name in silent} == {"suspect", "prospect"}
    assert {people[name]["segment"] for name in silent} == {"no_orders"}
    assert {people[name]["activity"] for name in silent} <= {"never", "paused"}
    assert summary["funnel"]["steps"][0]["reached"] == len(people)
    on_rungs = [step["stage"] for step in summary["funnel"]["steps"]]
    assert on_rungs == list(dict.fromkeys(rung.label for rung in reversed(RULES.ladder)))


def test_contact_columns_stand_after_the_id_and_the_channel_is_the_first_that_reaches(shop):
    header = list(rows_of(shop / "out" / "customers.csv")[0])
    assert header[:6] == ["customer_id", *CONTACT_COLUMNS, "stage"]
    told = {row["customer_id"]: row for row in rows_of(shop / "shop" / "contacts.csv")}
    channels = {row.label: row.channels for row in RULES.playbook}
    for name, row in people_of(shop / "out").items():
        if name in told:
            for column in CONTACT_COLUMNS:  # a phone is written with spaces of our own
                assert row[column].split() == told[name][column].split() or column == "phone"
            assert digits_of(row["phone"]) == digits_of(told[name]["phone"])
        reaches = {"email": row["email"] and row["consent"] != "no"}
        reaches |= dict.fromkeys(("phone", "call"), row["phone"])
        offered = [one for one in channels[row["action"]] if reaches.get(one, True)]
        assert row["channel"] == (offered[0] if offered else "")


def test_whoever_is_on_a_list_to_upload_can_be_reached_and_has_not_refused(shop):
    folder, everybody = shop / "out" / "actions", people_of(shop / "out")
    for kind, channels in (("email", {"email"}), ("phone", {"phone", "call"})):
        lists = sorted(folder.glob(f"*.{kind}.csv"))
        assert lists
        for path in lists:
            action = path.name.removesuffix(f".{kind}.csv")
            rows = [row["customer_id"] for row in rows_of(path)]
            whole = [row["customer_id"] for row in rows_of(folder / f"{action}.csv")]
            reached = [name for name in whole if everybody[name]["channel"] in channels]
            assert rows == reached
            for name in rows:
                assert everybody[name][kind]
                assert kind == "phone" or everybody[name]["consent"] != "no"


def test_the_call_sheet_has_everybody_who_is_to_be_called_and_says_why(shop):
    calls, everybody = rows_of(shop / "out" / "calls.csv"), people_of(shop / "out")
    by_voice = {name for name, row in everybody.items() if row["channel"] in ("phone", "call")}
    assert {row["customer_id"] for row in calls} == by_voice
    assert all(row["phone"] and row["what"] for row in calls)
    priorities = [int(everybody[row["customer_id"]]["priority"]) for row in calls]
    assert priorities == sorted(priorities)
    complaints = [row["open_complaint_on"] for row in calls if row["action"] == "put_it_right"]
    assert complaints
    assert complaints == sorted(complaints)


def test_the_summary_has_what_is_promised_and_all_that_the_page_shows(shop):
    summary = summary_of(shop / "out")
    assert summary.keys() >= {
        "as_of", "ledger", "customers", "buyers", "orders", "revenue", "anonymous_revenue",
        "stages", "segments", "actions", "scales", "columns", "warnings", "backtest",
    }  # fmt: skip
    assert summary["ledger"].keys() == {
        "rows", "used", "anonymous", "excluded", "rejected", "blank",
    }  # fmt: skip
    group = {"name", "customers", "share", "revenue", "revenue_share", "average", "median"}
    assert all(group <= one.keys() for kind in ("stages", "segments", "actions")
               for one in summary[kind])  # fmt: skip
    scales = json.loads((shop / "out" / "scales.json").read_text())
    assert {name: scales[name] for name in summary["scales"]} == summary["scales"]
    again = rfmtool("report", shop / "out")
    assert again.stdout == (shop / "page.txt").read_text("utf-8")


def test_the_manifest_names_every_file_that_was_read(shop):
    inputs = json.loads((shop / "out" / "manifest.json").read_text("utf-8"))["inputs"]
    assert [one.get("table", "orders") for one in inputs] == ["orders", *TABLES]
    for one in inputs:
        path = shop / "shop" / one["name"]
        assert one["bytes"] == path.stat().st_size
        assert one["rows"] == len(rows_of(path))


def test_shuffled_rows_and_split_files_give_the_same_bytes(shop, tmp_path):
    draw = random.Random(5)  # noqa: S311 - the same shuffle every time
    for name in ("orders", *TABLES):
        header, *lines = (shop / "shop" / f"{name}.csv").read_bytes().splitlines(keepends=True)
        draw.shuffle(lines)
        (tmp_path / name).mkdir()
        for part in (0, 1):  # an order stays in one file, or it would be told that it recurs
            some = [line for line in lines if line.split(b",")[0].strip()[-1] % 2 == part]
            (tmp_path / name / f"{part}.csv").write_bytes(header + b"".join(some))
    words = [word for name in TABLES for word in (f"--{name}", name)]
    ran("orders", *words, page=("--title", "The shop"))

    assert files_of("out") == files_of(shop / "out")
    for name in files_of("out"):
        if Path("out", name).is_file() and name not in ("manifest.json", "summary.json"):
            assert Path("out", name).read_bytes() == (shop / "out" / name).read_bytes(), name
    apart = [summary_of(folder) for folder in ("out", shop / "out")]
    assert {**apart[0], "files": 1, "input": "orders.csv"} == apart[1]


def test_without_estimates_only_what_was_told_is_a_wallet(shop):
    ran(
        shop / "shop" / "orders.csv",
        *tables_in(shop / "shop"),
        "--no-estimate",
        "--keep",
        "country",
    )
    before, now = people_of(shop / "out"), people_of("out")
    assert {row["wallet_basis"] for row in now.values()} == {"known", "stated_rank", ""}
    for name, row in now.items():
        if row["wallet_basis"]:
            assert row["wallet"] == before[name]["wallet"]
        else:
            assert (row["wallet"], row["share_of_wallet"], row["headroom"]) == ("", "", "")
            assert row["wallet_tier"] == "unknown"
        assert row["action"] == before[name]["action"]  # no action rests on an estimate
    countries = {
        row["customer_id"]: row["country"] for row in rows_of(shop / "shop" / "contacts.csv")
    }
    assert list(now["000104"])[-1] == "country"
    assert all(row["country"] == countries[name] for name, row in now.items() if name in countries)


def test_a_column_that_only_contacts_have_can_be_carried_through():
    written(Path("contacts.csv"), "customer_id,vip\nann,yes\nzoe,no\n")
    words = (written(Path("shop.csv")), "--contacts", "contacts.csv")
    ran(*words, "--keep", "vip", "--tables", "csv,parquet")
    assert {name: row["vip"] for name, row in people_of("out").items()} == {
        "ann": "yes", "bob": "", "cleo": "", "dan": "", "zoe": "no",
    }  # fmt: skip
    refused = rfmtool("run", *words, "--keep", "vap")
    assert refused.exit_code == 2
    assert "there is no column 'vap'" in refused.stderr


def test_checking_an_export_asks_for_no_evidence(shop):
    checked = rfmtool("check", shop / "shop" / "orders.csv")
    assert checked.exit_code == 0
    assert "158 without a customer" in checked.stdout or "anonymous" in checked.stdout


# Looking back ------------------------------------------------------------------------------------


def counting_days(orders):
    """The day of every order that nets above zero, by customer, each line read by hand."""
    nets, days = defaultdict(Fraction), {}
    for row in orders:
        key = row["customer_id"], row["order_id"]
        amount = Fraction(row["quantity"]) * Fraction(row["unit_price"])
        nets[key] += amount
        if amount > 0:
            days[key] = min(days.get(key, "9999"), row["ordered_at"][:10])
    found = defaultdict(list)
    for key, net in nets.items():
        if net > 0:
            found[key[0]].append(days[key])
    return found


def test_who_came_back_is_counted_as_a_run_of_then_and_a_count_by_hand_have_it(shop):
    told = summary_of(shop / "out")["backtest"]
    assert {"from", "days", "looked_back", "year_before", "buyers", "groups"} <= told.keys()
    assert told["days"] == 90
    assert len(told["looked_back"]) == 4
    keys = {"by", "name", "customers", "returned", "low", "high", "average_next"}
    assert all(keys <= group.keys() for group in told["groups"])

    tables = {name: rows_of(shop / "shop" / f"{name}.csv") for name in ("orders", *TABLES)}
    then = told["from"]
    known = {row["customer_id"] for row in tables["orders"] if row["ordered_at"][:10] <= then}
    known |= {row["customer_id"] for row in tables["contacts"] if row["since_on"] <= then}
    known |= {row["customer_id"] for row in tables["feedback"] if row["given_on"] <= then}
    for row in tables["referrals"]:
        if row["referred_on"] <= then:
            known |= {row["referrer_id"], row["referred_id"]}
    known -= {"", *(row["customer_id"] for row in tables["suppress"])}
    days = counting_days(tables["orders"])
    ran(shop / "shop" / "orders.csv", *tables_in(shop / "shop"), "--as-of", then, folder="then")
    past = people_of("then")

    people, back = Counter(), Counter()
    for name in known:
        for by in ("segment", "stage", "activity", "action"):
            people[by, past[name][by]] += 1
            back[by, past[name][by]] += any(day > then for day in days[name])
    counts = {
        (group["by"], group["name"]): (group["latest_customers"], group["latest_returned"])
        for group in told["groups"]
        if group["latest_customers"]
    }
    assert counts == {key: (people[key], back[key]) for key in people}
    assert back["stage", "prospect"] or back["stage", "suspect"]  # some of them became customers


def test_under_half_a_year_there_is_no_looking_back():
    ran(written(Path("shop.csv")))
    assert summary_of("out")["backtest"] is None


# Who is to be left out ---------------------------------------------------------------------------

LEFT_OUT = ("qqz-order", "qqz-contact", "qqz-referrer", "qqz-friend", "qqz-critic", "qqz-partner",
            "qqz-wallet", "QQZ@Mail.org", "9918273.0")  # fmt: skip


def test_nobody_on_the_list_is_in_any_byte_of_any_file():
    orders = SHOP + (
        "qqz-order,12,2024-01-01,5\nqqz@mail.ORG,13,2024-01-02,6\n9918273,14,2024-01-03,7\n"
    )
    written(Path("orders.csv"), orders)
    written(Path("contacts.csv"), "customer_id,name,email\nann,Ann,a@x\nqqz-contact,Q,qqz-c@x\n"
                                  " QQZ@mail.org,Qqz Quux,qqz@mail.org\n")  # fmt: skip
    written(Path("referrals.csv"), "referrer_id,referred_id,referred_on\n"
                                   "qqz-referrer,dan,2024-01-02\nann,qqz-friend,2024-01-02\n"
                                   "ann,dan,2024-01-02\n")  # fmt: skip
    written(Path("feedback.csv"), "customer_id,given_on,nps\nqqz-critic,2024-01-02,3\n")
    written(Path("partners.csv"), "customer_id\nqqz-partner\nann\n")
    written(Path("wallets.csv"), "customer_id,wallet\nqqz-wallet,100\nbob,100\n")
    written(Path("suppress.csv"), "customer_id\n" + "".join(f"{name}\n" for name in LEFT_OUT))
    kinds = ("--tables", "csv,parquet", "--calls", "50")
    run = ran("orders.csv", *tables_in("."), *kinds, page=("--title", "The shop"))

    assert set(people_of("out")) == {"ann", "bob", "cleo", "dan"}
    assert people_of("out")["ann"]["referrals"] == "1"
    parts = [
        Path("out", name).read_bytes() for name in files_of("out") if Path("out", name).is_file()
    ]
    for data in (*parts, run.stdout.encode(), run.stderr.encode()):
        assert b"qqz" not in data.lower()
        assert b"9918273" not in data
    assert summary_of("out")["ledger"]["excluded"] == {"suppressed": 3}


# Ids ---------------------------------------------------------------------------------------------


def test_addresses_match_in_any_case_between_all_tables():
    written(Path("orders.csv"), HEADER + "Ann@X.org,1,2024-01-05,20\nann@x.ORG,2,2024-02-05,20\n")
    written(Path("contacts.csv"), "customer_id,name\n ANN@x.org ,Ann\nNew@x.org,New\n")
    written(Path("feedback.csv"), "customer_id,given_on,nps\nann@X.ORG,2024-02-01,10\n")
    written(Path("partners.csv"), "customer_id\nANN@X.ORG\n")
    written(Path("referrals.csv"), "referrer_id,referred_id,referred_on\n"
                                   "aNN@x.org,NEW@X.ORG,2024-01-09\n")  # fmt: skip
    written(Path("wallets.csv"), "customer_id,wallet\nann@x.org,100\n")
    written(Path("suppress.csv"), "customer_id\n")
    ran("orders.csv", *tables_in("."))

    people = people_of("out")
    assert list(people) == ["Ann@X.org", "new@x.org"]
    ann = people["Ann@X.org"]
    assert (ann["stage"], ann["name"], ann["latest_nps"]) == ("partner", "Ann", "10")
    assert (ann["share_of_wallet"], ann["wallet_basis"], ann["referrals"]) == ("0.4", "known", "1")
    assert people["new@x.org"]["stage"] == "prospect"


@pytest.mark.parametrize("ends", [("", ".0"), (".0", ""), (".0", ".0")])
def test_the_point_zero_of_a_spreadsheet_parts_nobody(ends):
    orders, contacts = ends
    written(
        Path("orders.csv"),
        HEADER + f"17850{orders},1,2024-01-05,20\n13047{orders},2,2024-01-06,5\n",
    )
    written(Path("contacts.csv"), f"customer_id,name\n17850{contacts},Ann\n99{contacts},Zoe\n")
    ran("orders.csv", "--contacts", "contacts.csv")
    assert {name: row["name"] for name, row in people_of("out").items()} == {
        "13047": "", "17850": "Ann", "99": "Zoe",
    }  # fmt: skip


@pytest.mark.parametrize("table", ["partners", "wallets"])
def test_ids_that_nobody_else_knows_are_counted_and_too_many_of_them_stop_the_run(table):
    written(Path("orders.csv"), HEADER + "".join(f"c{n},{n},2024-01-05,20\n" for n in range(30)))
    more = ",wallet" if table == "wallets" else ""
    cell = ",500" if table == "wallets" else ""
    rows = [f"{'c' if n < 8 else 'stranger'}{n}{cell}\n" for n in range(20)]
    written(Path(f"{table}.csv"), f"customer_id{more}\n" + "".join(rows))

    stopped = rfmtool("run", "orders.csv", f"--{table}", f"{table}.csv", "-o", "out")
    assert stopped.exit_code == 1
    assert f"{table}: of 20 ids, only 8 match" in stopped.stderr
    assert "stranger" not in stopped.stderr
    assert not Path("out").exists()

    ran("orders.csv", f"--{table}", f"{table}.csv", "--min-matched", "40%")
    told = summary_of("out")["evidence"][table]
    assert (told["people"], told["matched"], told["unmatched"]) == (20, 8, 12)
    assert len(people_of("out")) == 30
    assert any("12" in text and table in text for text in summary_of("out")["warnings"])


# Where tables come from --------------------------------------------------------------------------


def test_the_rules_may_name_the_tables_and_an_option_goes_before():
    written(Path("orders.csv"))
    Path("crm").mkdir()
    written(Path("crm/contacts.csv"), "customer_id\nzoe\n")
    written(Path("other.csv"), "customer_id\nyan\n")
    written(Path("crm/own.toml"), "[evidence]\ncontacts = 'contacts.csv'\n")

    ran("orders.csv", "--rules", "crm/own.toml")
    assert "zoe" in people_of("out")
    ran("orders.csv", "--rules", "crm/own.toml", "--contacts", "other.csv", folder="two")
    assert "zoe" not in people_of("two")
    assert people_of("two")["yan"]["stage"] == "suspect"
    assert "crm" not in Path("out/rules.toml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--contacts", "gone.csv"), "contacts: gone.csv: "),
        (("--contacts", ""), "--contacts: the name is empty"),
        (("--contacts", "shop.csv"), "--contacts: shop.csv is the export itself"),
        (("--referrals", "./shop.csv"), "referrals: shop.csv: no column"),
        (("--contacts", "-", "--feedback", "-"), "stdin is named twice"),
        (("--min-matched", "half"), "--min-matched"),
        (("--column", "contacts.nonsense=x", "--contacts", "./shop.csv"), "nonsense"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_written(words, said):
    run = rfmtool("run", written(Path("shop.csv")), "-o", "out", *words)
    assert run.exit_code == 2
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert not Path("out").exists()


# Wallets -----------------------------------------------------------------------------------------

SPENDING = HEADER + (
    "ann,1,2023-12-31,1000\nann,2,2024-01-10,60\nann,3,2024-02-10,30\nann,4,2024-03-31,20\n"
    "bob,5,2024-01-10,50\ncy,6,2024-03-01,80\ndi,7,2024-02-01,40\ndi,C8,2024-02-02,-45\n"
    "ed,9,2024-02-01,30\n"
)
TOLD = (
    "customer_id,wallet,from_on,until_on,rank,brands\n"
    "ann,1200,2024-01-01,2024-12-31,,\nbob,100,,,,\ncy,40,2024-01-01,2024-03-31,,\n"
    "di,400,2024-01-01,2024-12-31,,\ned,,,,2,3\n"
)


def test_a_wallet_counts_for_the_days_that_the_lines_cover():
    """Ann told of a year, of which 91 of 366 days have passed: 1200 × 91/366 is her wallet now."""
    written(Path("wallets.csv"), TOLD)
    ran(written(Path("orders.csv"), SPENDING), "--wallets", "wallets.csv", "--no-estimate")
    people = people_of("out")

    assert (people["ann"]["wallet"], people["ann"]["headroom"]) == ("298.3607", "188.3607")
    assert Decimal(people["ann"]["share_of_wallet"]) == Decimal("0.368681")  # 110 of it
    assert (people["bob"]["wallet"], people["bob"]["share_of_wallet"]) == ("100", "0.5")
    assert (people["cy"]["share_of_wallet"], people["cy"]["headroom"]) == ("1", "0")
    assert people["di"]["share_of_wallet"] == "0"
    assert (people["ed"]["wallet_basis"], people["ed"]["wallet"]) == ("stated_rank", "90")
    assert people["ed"]["share_of_wallet"] == "0.333333"
    assert [people[name]["wallet_tier"] for name in sorted(people)] == [
        "mid", "mid", "high", "low", "mid",
    ]  # fmt: skip
    summary = summary_of("out")
    assert summary["wallet"]["understated"] == 1
    assert any("wallet" in text.lower() and "more" in text for text in summary["warnings"])
    known = next(one for one in summary["wallet"]["bases"] if one["basis"] == "known")
    spent, wallets = Decimal(200), Decimal("298.3607") + 100 + 40 + Decimal("99.4536")
    assert (Decimal(known["spend"]), Decimal(known["wallet"])) == (spent, wallets)
    assert known["share"] == pytest.approx(float(spent / wallets))


def test_a_wallet_counts_for_the_days_since_the_first_that_is_asked_for():
    """From 1 February 60 of Ann's 366 days are left, and 50 of her spending."""
    written(Path("wallets.csv"), TOLD)
    ran(written(Path("orders.csv"), SPENDING), "--wallets", "wallets.csv", "--no-estimate",
        "--since", "2024-02-01")  # fmt: skip
    ann = people_of("out")["ann"]
    assert (ann["monetary"], ann["wallet"]) == ("50", "196.7213")
    assert Decimal(ann["share_of_wallet"]) == Decimal("0.254167")


def test_only_what_was_spent_in_the_period_of_a_wallet_counts():
    header = "customer_id,wallet,from_on,until_on\n"
    written(Path("wallets.csv"), header + "ann,100,2024-01-01,2024-01-31\n")
    written(Path("orders.csv"), HEADER + "ann,1,2024-01-05,30\nann,2,2024-02-05,50\n")
    words = ("orders.csv", "--wallets", "wallets.csv", "--no-estimate")
    ran(*words)
    (scored,) = csv.DictReader(rfmtool("score", *words).stdout.splitlines())
    for ann in (people_of("out")["ann"], scored):
        assert (ann["wallet"], ann["share_of_wallet"]) == ("100", "0.3")


def test_the_ids_of_a_wallet_table_alone_join_nobody():
    written(Path("wallets.csv"), TOLD + "zoe,100,,,,\n")
    ran(written(Path("orders.csv"), SPENDING), "--wallets", "wallets.csv")
    assert "zoe" not in people_of("out")
    assert summary_of("out")["evidence"]["wallets"]["unmatched"] == 1


def test_contacts_are_those_of_the_day_asked_for_and_else_of_today():
    written(Path("orders.csv"), HEADER + "ann,1,2024-01-05,20\n")
    written(Path("contacts.csv"), "customer_id,since_on\nann,2024-01-01\nlate,2024-03-01\n")
    words = ("orders.csv", "--contacts", "contacts.csv")
    ran(*words, folder="today")
    ran(*words, "--as-of", "2024-01-05", folder="then")
    assert set(people_of("today")) == {"ann", "late"}
    assert set(people_of("then")) == {"ann"}


def test_the_day_of_the_run_says_which_events_have_happened():
    written(Path("orders.csv"), HEADER + "ann,1,2024-01-05,20\nann,2,2024-02-05,20\n")
    written(
        Path("feedback.csv"), "customer_id,given_on,nps\nann,2024-02-10,10\nlate,2024-02-10,9\n"
    )
    words = ("orders.csv", "--feedback", "feedback.csv")
    ran(*words, "--as-of", "2024-02-09", folder="before")
    ran(*words, "--as-of", "2024-02-10", folder="after")
    assert {name: row["stage"] for name, row in people_of("before").items()} == {"ann": "client"}
    assert {name: row["stage"] for name, row in people_of("after").items()} == {
        "ann": "supporter", "late": "prospect",
    }  # fmt: skip
    assert date.fromisoformat(summary_of("after")["as_of"]) == date(2024, 2, 10)


# Currencies of wallets ---------------------------------------------------------------------------

IN_EUROS = ["C000,1,2024-01-01,€10", "C001,2,2024-02-01,€20"]
MIXED_WALLETS = "customer_id,wallet\nC000,$50000\nC001,€50000\n"
MIXED_COLUMN = "customer_id,wallet,currency\nC000,500,USD\nC001,500,EUR\n"


def with_wallets(text, *words, orders=IN_EUROS):
    Path("orders.csv").write_text(HEADER + "\n".join(orders) + "\n", "utf-8")
    Path("wallets.csv").write_text(text, "utf-8")
    words = ("orders.csv", "--wallets", "wallets.csv", *words)
    return rfmtool("run", *words, "-o", "out", *TABLES_ALONE)


@pytest.mark.parametrize("wallets", [MIXED_WALLETS, MIXED_COLUMN], ids=["signs", "column"])
@pytest.mark.parametrize("command", ["run", "check"])
def test_wallets_in_several_currencies_are_refused(wallets, command):
    with_wallets(wallets)
    run = rfmtool(command, "orders.csv", "--wallets", "wallets.csv")

    assert run.exit_code == 2
    assert "wallets: money in 2 currencies" in run.stderr
    assert "50000" not in run.stderr


@pytest.mark.parametrize("wallets", [MIXED_WALLETS, MIXED_COLUMN], ids=["signs", "column"])
def test_the_currency_that_is_picked_picks_wallets_too(wallets):
    run = with_wallets(wallets, "--currency", "EUR", "--no-estimate")

    assert run.exit_code == 0, run.stderr
    people = people_of("out")
    assert (people["C000"]["wallet_basis"], people["C001"]["wallet_basis"]) == ("", "known")
    ledger = summary_of("out")["evidence"]["wallets"]
    assert (ledger["used"], ledger["excluded"]) == (1, {"other_currency": 1})


def test_wallets_in_another_currency_than_the_export_are_refused():
    run = with_wallets("customer_id,wallet\nC000,$500\n")

    assert run.exit_code == 2
    assert "wallets: money in $, while the export's counts in EUR" in run.stderr


def test_wallets_are_held_against_the_currency_that_money_is_converted_into():
    Path("rates.csv").write_text("currency,rate\nUSD,1\nEUR,2\n", "utf-8")
    words = ("--rates", "rates.csv", "--currency", "USD")

    assert with_wallets("customer_id,wallet\nC000,€500\n", *words).exit_code == 2
    assert with_wallets("customer_id,wallet\nC000,$500\n", *words).exit_code == 0


def test_wallets_without_a_currency_or_with_the_sign_of_the_same_are_taken():
    plain = [row.replace("€", "") for row in IN_EUROS]

    assert with_wallets("customer_id,wallet\nC000,500\n").exit_code == 0
    assert with_wallets("customer_id,wallet\nC000,500 EUR\nC001,€7\n").exit_code == 0
    assert with_wallets("customer_id,wallet\nC000,$500\n", orders=plain).exit_code == 0


# Who is left out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("listed", ["C001", "C001 "], ids=["as_written", "with_a_space"])
def test_who_is_left_out_of_the_orders_is_known_from_there(listed):
    Path("orders.csv").write_text(HEADER + "\n".join(IN_EUROS) + "\n", "utf-8")
    Path("suppress.csv").write_text(f"customer_id\n{listed}\nC999\n", "utf-8")
    ran("orders.csv", "--suppress", "suppress.csv")

    summary = summary_of("out")
    assert summary["ledger"]["excluded"] == {"suppressed": 1}
    told = summary["evidence"]["suppress"]
    assert (told["people"], told["matched"], told["unmatched"]) == (2, 1, 1)
    warning = "suppress: 1 of 2 ids has no match, so it is ignored."
    assert warning in summary["warnings"]


def test_nothing_is_warned_of_where_all_on_the_list_have_ordered():
    Path("orders.csv").write_text(HEADER + "\n".join(IN_EUROS) + "\n", "utf-8")
    Path("suppress.csv").write_text("customer_id\nC001\n", "utf-8")
    ran("orders.csv", "--suppress", "suppress.csv")

    summary = summary_of("out")
    assert summary["evidence"]["suppress"]["unmatched"] == 0
    assert not [text for text in summary["warnings"] if text.startswith("suppress")]
