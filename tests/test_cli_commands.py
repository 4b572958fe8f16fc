"""The commands from outside: what they write, what they leave, with which code they end."""

import csv
import errno
import gzip
import hashlib
import io
import json
import tempfile
from pathlib import Path

import pytest
from shell import QUIETLY, SHOP, files_of, made, names_in, rfmtool, written

import rfmtool as library

HEADER = "customer_id,ordered_at,amount\n"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return written(tmp_path / "shop.csv")


def summary_of(*words, **options):
    result = rfmtool("run", *words, "--format", "json", **options)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def ids_of(result):
    assert result.exit_code == 0, result.stderr
    return [row["customer_id"] for row in csv.DictReader(io.StringIO(result.stdout))]


# run ---------------------------------------------------------------------------------------------


def test_run_writes_the_whole_set_and_a_manifest_that_matches_it(shop):
    assert rfmtool("run", shop, "-o", "out").exit_code == 0
    manifest = json.loads(Path("out/manifest.json").read_text())
    named = {output["name"]: output for output in manifest["outputs"]}
    assert {*named, "manifest.json", "segments", "stages", "actions"} == set(files_of("out"))
    for name, output in named.items():
        data = Path("out", name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == output["sha256"]
        if name.endswith(".csv"):
            assert len(data.splitlines()) == output["rows"] + 1
    assert manifest["inputs"] == [{"name": "shop.csv", "bytes": len(SHOP), "rows": 11}]
    assert manifest["as_of"] == "2024-05-20"


@pytest.mark.parametrize("command", ["run", "score", "repeat"])
@pytest.mark.parametrize("name", ["", "-"])
def test_an_output_that_was_hardly_meant_is_refused(shop, command, name):
    refused = rfmtool(command, shop, "-o", name)

    assert refused.exit_code == 2
    assert refused.stderr.startswith("rfmtool: -o")
    assert names_in(".") == ["shop.csv"]


@pytest.mark.usefixtures("shop")
def test_each_list_holds_the_rows_of_its_members():
    made("out")
    rows = Path("out/customers.csv").read_text().splitlines()
    for kind in ("segments", "stages", "actions"):
        parts = [path.read_text().splitlines() for path in Path("out", kind).iterdir()]
        assert all(part[0] == rows[0] and len(part) > 1 for part in parts)
        assert sorted(row for part in parts for row in part[1:]) == sorted(rows[1:])


@pytest.mark.long
def test_a_run_of_the_same_export_writes_the_same_bytes(shop):
    for folder in ("one", "two"):
        rfmtool("run", shop, "-o", folder, *QUIETLY)
    names = [name for name in files_of("one") if name.endswith((".csv", "s.json", "y.json"))]
    assert "customers.csv" in names
    for name in names:
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


@pytest.mark.long
@pytest.mark.parametrize("target", ["out/", "./out", "a/../out", "out"])
def test_a_folder_may_be_written_in_any_way(shop, target):
    Path("a").mkdir()
    for _ in "12":
        assert rfmtool("run", shop, "-o", target, *QUIETLY).exit_code == 0
    assert Path("out/manifest.json").is_file()
    assert names_in(".") == ["a", "out", "shop.csv"]


@pytest.mark.parametrize("target", [".", "..", "/", "../here"])
def test_a_folder_that_the_shell_stands_in_is_refused(shop, tmp_path, monkeypatch, target):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    refused = rfmtool("run", shop, "-o", target)
    assert refused.exit_code == 2
    assert "Name " in refused.stderr
    assert files_of(tmp_path) == ["here", "shop.csv"]


def bytes_of(folder):
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


@pytest.mark.long
@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "words",
    [["run", "demo/orders.csv", "-o", "demo"], ["run", "demo", "-o", "demo"],
     ["run", "demo/ord*.csv", "-o", "demo"], ["run", "shop.csv", "-o", "demo"],
     ["run", "out/customers.csv", "-o", "out"], ["demo", "out"],
     ["score", "shop.csv", "-o", "shop.csv"], ["score", "sh*.csv", "-o", "./shop.csv"],
     ["score", "link.csv", "-o", "shop.csv"], ["score", "shop.csv", "-o", "link.csv"],
     ["score", "parts", "-o", "parts/1.csv"], ["score", "parts", "-o", "parts/new.csv"],
     ["score", "shop.csv", "--scales", "scales", "-o", "scales"]],
    ids=" ".join,
)  # fmt: skip
def test_what_is_read_and_what_is_of_another_kind_is_never_replaced(words):
    Path("link.csv").symlink_to("shop.csv")
    Path("parts").mkdir()
    written(Path("parts/1.csv"))
    made("demo", "demo", "demo", "--customers", "20")
    written(Path("scales"), (made("out") / "scales.json").read_bytes())
    before = bytes_of(".")

    refused = rfmtool(*words)

    assert refused.exit_code == 2
    assert "Name another" in refused.stderr or "Name a place" in refused.stderr
    assert bytes_of(".") == before


@pytest.mark.long
@pytest.mark.usefixtures("shop")
def test_a_demo_takes_the_place_of_a_demo():
    made("demo", "demo", "demo", "--customers", "20")
    assert rfmtool("demo", "demo", "--customers", "30").exit_code == 0
    assert json.loads(Path("demo/manifest.json").read_text())["kind"] == "demo"


@pytest.mark.long
def test_a_run_into_its_export_folder_can_be_run_again(shop):
    Path("ex/deep").mkdir(parents=True)
    shop.rename("ex/shop.csv")
    for _ in "12":
        assert rfmtool("run", "ex", "-o", "ex/deep/out", *QUIETLY).exit_code == 0
    manifest = json.loads(Path("ex/deep/out/manifest.json").read_text())
    assert manifest["kind"] == "run"
    assert [one["name"] for one in manifest["inputs"]] == ["shop.csv"]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "words", [["--max-rejects", "0"], ["--since", "soon"], ["--column", "amount=x"]]
)
def test_a_run_that_fails_leaves_the_folder_of_the_one_before(words):
    made("out")
    before = {name: Path("out", name).read_bytes() for name in files_of("out") if "." in name}
    bad = written(Path("bad.csv"), SHOP + "eve,9,never,5\n")
    assert rfmtool("run", bad, "-o", "out", *words).exit_code in (1, 2)
    assert before == {name: Path("out", name).read_bytes() for name in before}
    assert rfmtool("run", bad, "-o", "new", *words).exit_code in (1, 2)
    assert names_in(".") == ["bad.csv", "out", "shop.csv"]


def test_tables_and_lists_are_chosen(shop):
    assert (
        rfmtool("run", shop, "-o", "out", "--tables", "parquet,csv", "--lists", "").exit_code == 0
    )
    assert files_of("out") == [
        "customers.csv", "customers.parquet", "history.csv", "manifest.json", "report.html",
        "rules.toml", "scales.json", "summary.json",
    ]  # fmt: skip


@pytest.mark.parametrize("words", [("--calls", "3"), ("--tables", "csv"), ("--lists", "")])
def test_what_lies_in_a_folder_is_not_asked_of_a_run_that_writes_none(shop, words):
    refused = rfmtool("run", shop, *words)
    assert refused.exit_code == 2
    assert f"{words[0]}: says what lies in the folder" in refused.stderr


@pytest.mark.long
def test_lists_are_spoken_of_where_a_run_writes_some(shop):
    assert "list in actions/" not in rfmtool("run", shop).stdout
    assert "list in actions/" in rfmtool("run", shop, "-o", "out").stdout


def test_whether_the_base_grows_is_not_told_of_a_short_history(shop):
    young = rfmtool("run", shop).stdout
    assert ": the base grows" not in young
    assert "Whether the base grows cannot be said yet: that takes more than" in young


def test_whether_the_base_grows_is_told_of_a_long_history(tmp_path):
    days = ["2021-01-01", "2023-11-05", "2023-12-01"]
    rows = [f"c{place},{place},{day},10" for place, day in enumerate(days)]
    shop = tmp_path / "shop.csv"
    shop.write_text("\n".join(["customer_id,order_id,ordered_at,amount", *rows]) + "\n")
    assert (
        "In the last 90 days 2 customers came and 0 lapsed: the base grows."
        in rfmtool("run", str(shop)).stdout
    )


@pytest.mark.usefixtures("shop")
def test_scales_of_one_run_serve_the_next():
    made("out")
    later = written(Path("later.csv"), SHOP + "eve,30,2024-06-01,99999\n")
    again = summary_of(later, "--scales", "out/scales.json", "--as-of", "2024-06-02")
    scales = json.loads(Path("out/scales.json").read_text())
    assert {**again["scales"], "schema": 1} == scales
    assert "reused" in " ".join(again["warnings"])


def test_a_hostile_label_stays_in_the_folder(shop):
    rungs = "".join(
        f'[[ladder]]\nstage = "{stage}"\nwhen.frequency.min = {least}\n'
        for least, stage in enumerate(["CON", "/etc/x", "../x"][::-1], start=2)
    )
    rules = written(Path("own.toml"), rungs[::1] + '[[ladder]]\nstage = "' + "x" * 300 + '"\n')
    assert rfmtool("run", shop, "--rules", rules, "-o", "out", *QUIETLY).exit_code == 0
    assert names_in(".") == ["out", "own.toml", "shop.csv"]
    assert all(len(path.name) < 80 for path in Path("out/stages").iterdir())


# Questions ---------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "used", "as_of"),
    [
        ([], 10, "2024-05-20"),
        (["--as-of", "last"], 10, "2024-05-20"),
        (["--as-of", "2024-03-05"], 6, "2024-03-05"),
        (["--since", "2024-03-05"], 5, "2024-05-20"),
        (["--window", "1"], 1, "2024-05-20"),
        (["--window", "99999999"], 10, "2024-05-20"),
        (["--window", "12", "--as-of", "2024-05-20"], 2, "2024-05-20"),
        (["--window", "99", "--since", "2024-05-01"], 2, "2024-05-20"),
        (["--as-of", "2024-02-02", "--since", "2024-02-02"], 1, "2024-02-02"),
        (["--as-of", "9999-12-31"], 10, "9999-12-31"),
    ],
)
def test_a_question_about_days_counts_what_it_leaves_out(shop, words, used, as_of):
    summary = summary_of(shop, *words)
    ledger = summary["ledger"]
    assert (ledger["used"], summary["as_of"]) == (used, as_of)
    parts = [ledger["used"], ledger["anonymous"], ledger["blank"], *ledger["excluded"].values(),
             *ledger["rejected"].values()]  # fmt: skip
    assert sum(parts) == ledger["rows"] == 11


@pytest.mark.parametrize("day", ["1999-01-01", "0001-01-01"])
def test_a_question_that_leaves_nothing_is_refused(shop, day):
    refused = rfmtool("run", shop, "--as-of", day)

    assert refused.exit_code == 2
    assert "none of the 11 rows can be used" in refused.stderr


@pytest.mark.parametrize("day", ["today", "yesterday"])
def test_the_clock_is_asked_only_when_the_user_asks_for_it(shop, day):
    assert summary_of(shop, "--as-of", day)["as_of"] > "2025"


@pytest.mark.long
def test_one_order_a_year_ahead_is_refused_until_it_is_explained(tmp_path):
    rows = "".join(f"c{number % 9},2024-01-{number % 28 + 1:02},5\n" for number in range(120))
    ahead = written(tmp_path / "ahead.csv", HEADER + rows + "c1,2025-01-28,5\n")
    refused = rfmtool("run", ahead)
    assert refused.exit_code == 2
    assert "2025-01-28" in refused.stderr
    assert "--as-of 2024-01-28" in refused.stderr
    assert summary_of(ahead, "--as-of", "last")["as_of"] == "2025-01-28"
    assert summary_of(ahead, "--as-of", "2024-01-28")["ledger"]["excluded"] == {"after_as_of": 1}


@pytest.mark.parametrize(
    ("rows", "customers", "buyers"),
    [
        (",2024-01-01,5\n" * 20, 0, 0),
        ("a,2024-01-01,-5\nb,2024-01-03,-5\n", 2, 0),
        ("a,2024-01-01,0\n", 1, 0),
        ("a,2024-01-01,5\n", 1, 1),
        ("".join(f"k{number},2024-01-01,5\n" for number in range(1000)), 1000, 1000),
    ],
    ids=["nobody named", "only refunds", "worth nothing", "one customer", "all alike"],
)
def test_a_strange_shop_is_still_answered(tmp_path, rows, customers, buyers):
    shop = written(tmp_path / "shop.csv", HEADER + rows)
    result = library.run(shop)
    summary = result.summary
    assert (summary["customers"], summary["buyers"]) == (customers, buyers)
    assert result.frame["rfm"].nunique() <= 1  # equals score equally
    assert rfmtool("run", shop).exit_code == rfmtool("check", shop).exit_code == 0


@pytest.mark.parametrize(
    ("ids", "wanted"),
    [(["17850.0", "13047.0", ""], ["13047", "17850"]), (["x.0", "17850.0"], ["17850.0", "x.0"]),
     (["007", "7"], ["007", "7"]), (["NA", "null", "nan"], ["NA", "nan", "null"])],
)  # fmt: skip
def test_ids_are_text_and_lose_a_point_zero_only_where_all_have_one(tmp_path, ids, wanted):
    rows = "".join(f"{one},2024-01-0{day},5\n" for day, one in enumerate(ids, start=1))
    assert ids_of(rfmtool("score", written(tmp_path / "shop.csv", HEADER + rows))) == wanted


def test_one_of_several_currencies_must_be_picked(tmp_path):
    text = "customer,date,amount,currency\na,2024-01-01,5,EUR\nb,2024-01-01,7,usd\n"
    shop = written(tmp_path / "shop.csv", text)
    refused = rfmtool("run", shop)
    assert refused.exit_code == 2
    assert "EUR, USD" in refused.stderr
    assert summary_of(shop, "--currency", "eur")["revenue"] == "5"


# score -------------------------------------------------------------------------------------------


def test_rows_are_ordered_by_id_or_as_asked(shop):
    assert ids_of(rfmtool("score", shop)) == ["ann", "bob", "cleo", "dan"]
    assert ids_of(rfmtool("score", shop, "--sort", "-monetary")) == ["ann", "bob", "dan", "cleo"]
    assert ids_of(rfmtool("score", shop, "--sort", "monetary", "--top", "1")) == ["cleo"]


def test_a_file_is_exchanged_only_when_all_went_well(shop):
    target = written(Path("scores.csv"), "old")
    assert rfmtool("score", shop, "-o", target, "--column", "amount=x").exit_code == 2
    assert target.read_text() == "old"
    assert rfmtool("score", shop, "-o", target).stdout == ""
    assert target.read_text() == rfmtool("score", shop).stdout
    assert names_in(".") == ["scores.csv", "shop.csv"]


def test_a_file_has_the_format_of_its_ending(shop):
    for words in (["-o", "x.csv"], ["-o", "x"], ["-o", "x.parquet"]):
        refused = rfmtool("score", shop, *words, "--format", "jsonl")
        assert refused.exit_code == 2
        assert "--format jsonl: is what stdout gets" in refused.stderr
    assert names_in(".") == ["shop.csv"]
    assert rfmtool("score", shop, "-o", "x.jsonl", "--format", "jsonl").exit_code == 0
    assert json.loads(Path("x.jsonl").read_text().splitlines()[0])["customer_id"] == "ann"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["score", "--sort", "nope"], "no column 'nope'"),
        (["score", "--max-rejects", "abc"], "--max-rejects 'abc'"),
        (["run", "--max-rejects", "1%%"], "--max-rejects '1%%'"),
        (["run", "--max-rejects", "-1", "-o", "out"], "--max-rejects '-1'"),
        (["run", "--min-orders", "-1"], "--min-orders: nobody has fewer than no orders"),
        (["check", "--timezone", ""], "--timezone: says nothing"),
        (["run", "--date-format", ""], "--date-format: says nothing"),
        (["score", "--currency", ""], "--currency: says nothing"),
    ],
)
def test_a_typo_is_said_before_anything_is_read(shop, words, complaint):
    refused = rfmtool(*words, "nowhere.csv")
    assert refused.exit_code == 2
    assert complaint in refused.stderr
    assert names_in(".") == [shop.name]


# Sources -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shop")
def test_stdin_is_an_export():
    assert summary_of("-", stdin=SHOP)["customers"] == 4
    assert rfmtool("run", "-", stdin="").exit_code == 2
    assert rfmtool("run", "-", "-", stdin=SHOP).exit_code == 2


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("words", [["run", "-", "-o", "out"], ["score", "-", "-o", "x.csv"]])
def test_a_full_disk_is_said_of_the_place_that_is_full(words, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    refused = rfmtool(*words, stdin=SHOP)
    assert refused.exit_code == 3
    assert "stdin: cannot be kept in a temporary file" in refused.stderr
    assert "no space left" in refused.stderr
    assert words[-1] not in refused.stderr
    assert names_in(".") == ["shop.csv"]


@pytest.mark.long
def test_files_folders_and_globs_are_read_as_one_export(shop):
    lines = SHOP.splitlines(keepends=True)
    Path("parts").mkdir()
    written(Path("parts/1.csv"), "".join(lines[:5]))
    Path("parts/2.csv.gz").write_bytes(gzip.compress("".join([lines[0], *lines[5:]]).encode()))
    whole = rfmtool("score", shop).stdout
    for words in (["parts"], ["parts/*"], ["parts/1.csv", "parts/2.csv.gz"]):
        assert rfmtool("score", *words).stdout == whole


# Silence and colour ------------------------------------------------------------------------------


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "words",
    [["run", "shop.csv"], ["run", "shop.csv", "-o", "out"], ["check", "shop.csv"],
     ["score", "shop.csv", "-o", "x.csv"], ["demo", "demo", "--customers", "20"]],
)  # fmt: skip
def test_quiet_success_prints_nothing_at_all(words):
    result = rfmtool(*words, "--quiet")
    assert result.exit_code == 0
    assert result.output == ""


@pytest.mark.usefixtures("shop")
def test_quiet_failure_is_said():
    assert rfmtool("run", "nowhere.csv", "--quiet").stderr
    bad = written(Path("bad.csv"), SHOP + "eve,9,never,5\n")
    assert rfmtool("check", bad, "--quiet").exit_code == 1


def test_a_command_without_words_shows_its_help():
    for words in ([], ["rules"]):
        result = rfmtool(*words)
        assert result.exit_code == 2
        assert result.stderr.startswith("Usage: rfmtool")


def test_the_version_is_said():
    result = rfmtool("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("rfmtool")


# Evidence beside an export -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", ["repeat", "cadence", "cohorts", "concentration", "affinity", "timeline"]
)
def test_no_question_counts_those_on_the_suppress_list(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"{who},{day}-{who},2024-0{day}-05,{price},{thing}\n"
        for who, price in (("ann", 20), ("bob", 30), ("SECRET", 50))
        for day, thing in enumerate(("tea", "coffee", "tea", "milk"), 1)
    ]
    head = "customer_id,order_id,ordered_at,amount,category\n"
    everyone = written(tmp_path / "all.csv", head + "".join(rows))
    others = written(tmp_path / "others.csv", head + "".join(rows[:8]))
    hidden = written(tmp_path / "hidden.csv", "customer_id\nSECRET\n")

    told = rfmtool(command, everyone, "--suppress", hidden, "--format", "json")
    assert told.exit_code == 0, told.stderr
    assert told.stdout == rfmtool(command, others, "--format", "json").stdout
    assert "SECRET" not in told.stdout


def test_who_the_timeline_is_fitted_on_does_not_hang_on_evidence(shop):
    words = ("timeline", shop, "--format", "json", "--min-orders", "many")
    assert rfmtool(*words).exit_code == 2


def test_columns_of_the_export_are_kept_beside_evidence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shop = written(
        tmp_path / "shop.csv", "customer_id,ordered_at,amount,shop\nann,2024-01-05,20,north\n"
    )
    contacts = written(tmp_path / "contacts.csv", "customer_id,status\nann,lead\n")
    result = rfmtool("score", shop, "--contacts", contacts, "--keep", "shop")
    assert result.exit_code == 0, result.stderr
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert row["shop"] == "north"


def test_evidence_is_never_written_over(shop, tmp_path):
    contacts = written(tmp_path / "contacts.csv", "customer_id,status\nann,lead\n")
    before = contacts.read_bytes()
    result = rfmtool("score", shop, "--contacts", contacts, "-o", contacts)
    assert result.exit_code == 2
    assert contacts.read_bytes() == before


@pytest.mark.parametrize("option", ["--log", "--metrics"])
def test_a_trace_takes_away_nothing_that_is_read(option, write):
    export = write(["customer,id,date,amount", "ann,1,2024-01-05,20"], "shop.csv")
    before = export.read_bytes()

    result = rfmtool("run", str(export), option, str(export))

    assert result.exit_code == 2
    assert f"{option} " in result.stderr
    assert export.read_bytes() == before


def test_the_largest_amounts_are_counted_in_bins(write):
    header = "customer_id,order_id,ordered_at,amount"
    rows = [f"c{day},{day},2024-01-0{day},9999999999999.99" for day in range(1, 10)]

    summary = summary_of(str(write([header, *rows], "shop.csv")))

    assert sum(summary["distributions"]["monetary"]["counts"]) == 9
