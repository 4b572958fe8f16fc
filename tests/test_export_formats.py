"""From a shop system's export to an upload file in two commands, read back by the tool's rules."""

import csv
import hashlib
import io
import random
import re
from pathlib import Path

import pandas as pd
import pytest
from shell import rfmtool

from rfmtool.demo import generate, to_export_format
from rfmtool.demo.export_formats import EXPORT_FORMATS
from rfmtool.outputs.uploads import TOOLS
from rfmtool.pipeline import run
from rfmtool.settings import Settings

E164 = re.compile(r"\+[1-9]\d{6,14}")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
NUMBER = re.compile(r"\d+\.\d\d")
DIGEST = re.compile(r"[0-9a-f]{64}")


@pytest.fixture(scope="module")
def made():
    return generate(150, 3)


@pytest.fixture(scope="module", params=[*EXPORT_FORMATS])
def shop(request, made, tmp_path_factory):
    """A run over one system's export, some of whose people are suppressed, or have unsubscribed."""
    place = tmp_path_factory.mktemp(request.param)
    orders = to_export_format(made, request.param)
    orders.to_csv(place / "orders.csv", index=False)
    emails = sorted(set(made["contacts"]["email"]) - {""})
    random.Random(1).shuffle(emails)  # noqa: S311 - any would do
    gone, left = emails[:20], emails[20:40]
    pd.DataFrame({"customer_id": gone}).to_csv(place / "gone.csv", index=False)
    log = {"customer_id": left, "action": "club", "contacted_on": "2025-01-01", "channel": "email",
           "outcome": "unsubscribed"}  # fmt: skip
    pd.DataFrame(log).to_csv(place / "log.csv", index=False)
    words = ("--suppress", place / "gone.csv", "--contacted", place / "log.csv", "--quiet")
    done = rfmtool("run", place / "orders.csv", *words, "--min-matched", "0%", "--no-page",
                   "-o", place / "out")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    return request.param, place / "out", {*gone, *left}


def exported(shop, tool):
    """The rows of an export; of who is not known to agree too, where nobody was asked."""
    system, folder, _ = shop
    unknown = () if system == "shopify" else ("--consent-unknown", "keep")
    done = rfmtool("export", folder, "--for", tool, *unknown)
    assert done.exit_code == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("tool", ["klaviyo", "mailchimp", "hubspot", "brevo"])
def test_each_mail_tool_takes_the_file(shop, tool):
    rows = exported(shop, tool)
    email, phone, *_, stage, segment, action, last, spend = TOOLS[tool].columns.values()

    assert [*rows[0]] == [*TOOLS[tool].columns.values()]
    assert {"klaviyo": "Email", "mailchimp": "Email Address", "hubspot": "Email",
            "brevo": "EMAIL"}[tool] == email  # fmt: skip
    for row in rows:
        assert re.fullmatch(r"[!-~]+@[^@\s]+\.[^@\s]+", row[email])
        assert not row[phone] or E164.fullmatch(row[phone])
        assert DAY.fullmatch(row[last])
        assert NUMBER.fullmatch(row[spend])
        assert row[stage]
        assert row[segment]
        assert row[action]
    assert len({row[email].lower() for row in rows}) == len(rows) > 20


@pytest.mark.parametrize("tool", ["meta", "google"])
def test_each_advertising_tool_takes_the_file(shop, tool):
    rows = exported(shop, tool)
    people = exported(shop, "klaviyo")
    numbers = [row["Phone Number"].removeprefix("+" if tool == "meta" else "") for row in people]

    assert [*rows[0]] == {"meta": ["email", "phone"], "google": ["Email", "Phone"]}[tool]
    assert all(not cell or DIGEST.fullmatch(cell) for row in rows for cell in row.values())
    assert [[*row.values()] for row in rows] == [
        [digest(one["Email"].lower()), digest(number) if number else ""]
        for one, number in zip(people, numbers, strict=True)
    ]


@pytest.mark.parametrize("tool", [*TOOLS])
def test_nobody_who_refused_unsubscribed_or_is_suppressed_is_in_any_export(shop, made, tool):
    system, _, gone = shop
    people = made["contacts"]
    refused = {*people["email"][people["consent"].eq("no")]} if system == "shopify" else set()
    never = {one.lower() for one in refused | gone} - {""}
    hashed = {digest(one) for one in never}
    numbers = people["phone"][people["email"].str.lower().isin(never)].str.replace(" ", "")
    theirs = {*numbers} - {""}
    taken = {cell for row in exported(shop, tool) for cell in row.values()}

    assert not {one.lower() for one in taken} & (never | hashed)
    # A number may be that of somebody else who agreed.
    others = people["phone"][~people["email"].str.lower().isin(never)].str.replace(" ", "")
    assert not taken & (theirs - {*others})


def test_every_shape_holds_the_same_money_and_people(made):
    asked = Settings(select=("customer_id", "monetary", "frequency"))
    one, other = (
        run(to_export_format(made, system), settings=asked).customers for system in EXPORT_FORMATS
    )

    pd.testing.assert_frame_equal(one, other)
    assert len(one) > 80


@pytest.mark.long
@pytest.mark.parametrize("system", [*EXPORT_FORMATS])
def test_a_shop_of_hardly_anybody_has_a_shape_too(system):
    for seed in range(4):
        assert len(to_export_format(generate(1 + seed, seed), system).columns) > 20


def test_the_command_writes_the_orders_alone_and_says_what_to_try(tmp_path):
    for system in EXPORT_FORMATS:
        place = tmp_path / system
        done = rfmtool("demo", place, "--as", system, "--customers", "60")

        assert {path.name for path in Path(place).iterdir()} == {"orders.csv", "manifest.json"}
        assert f"rfmtool run {place}/orders.csv -o out" in done.stdout
        assert ("--consent-unknown keep" in done.stdout) is (system == "woocommerce")
