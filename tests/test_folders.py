"""Folders as they lie about: keys in names, days without sales, texts that are no tables."""

import pandas as pd
import pytest
from shell import rfmtool

import rfmtool as library
from rfmtool.errors import InputError
from rfmtool.sources.layout import Asked

HEADER = "customer_id,order_id,ordered_at,amount\n"
GOOD = HEADER + "ann,1,2026-01-03,10\nbob,2,2026-01-04,20\n"


def lay_out(folder, files):
    """Write files by their paths in a folder; frames become Parquet."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pd.DataFrame):
            content.to_parquet(path)
        else:
            path.write_text(content)
    return folder


def orders(**columns):
    return pd.DataFrame({"customer_id": ["ann"], "order_id": ["1"], "ordered_at": ["2026-01-03"],
                         "amount": [10.0], **columns})  # fmt: skip


def test_a_status_that_stands_in_the_names_of_folders_counts(tmp_path):
    lay_out(tmp_path, {
        "status=paid/a.parquet": orders(),
        "status=cancelled/a.parquet": orders(order_id=["2"]),
    })  # fmt: skip

    result = library.run(tmp_path)

    assert (result.ledger["used"], result.ledger["not_a_sale"]) == (1, 1)
    assert result.summary["columns"]["status"] == "status"


def test_so_does_one_above_files_of_text(tmp_path):
    second = GOOD.replace("ann,1", "ann,3").replace("bob,2", "bob,4")
    lay_out(tmp_path, {"status=paid/a.csv": GOOD, "status=cancelled/b.csv": second})

    ledger = library.run(tmp_path).ledger

    assert (ledger["used"], ledger["not_a_sale"]) == (2, 2)


def test_any_role_may_stand_in_the_names_of_folders_percent_signs_and_gaps_included(tmp_path):
    table = orders().drop(columns=["customer_id", "ordered_at"])
    hive = "customer_id=__HIVE_DEFAULT_PARTITION__"
    lay_out(tmp_path, {
        "customer_id=a%2Fb/ordered_at=2026-01-03/x.parquet": table,
        "customer_id=007/ordered_at=2026-01-04/x.parquet": table.assign(order_id="2"),
        f"{hive}/ordered_at=2026-01-05/x.parquet": table.assign(order_id="3"),
    })  # fmt: skip

    result = library.run(tmp_path)

    assert list(result.customers["customer_id"]) == ["007", "a/b"]
    assert result.ledger["anonymous"] == 1


def test_keys_belong_to_text_files_too(tmp_path):
    lay_out(tmp_path, {"customer=ann/x.csv": "order_id,ordered_at,amount\n1,2026-01-03,10\n"})

    assert list(library.run(tmp_path).customers["customer_id"]) == ["ann"]


def test_a_column_of_the_file_comes_before_a_key(tmp_path):
    lay_out(tmp_path, {"customer_id=bob/x.csv": GOOD})

    assert list(library.run(tmp_path).customers["customer_id"]) == ["ann", "bob"]


@pytest.mark.parametrize(
    "content", ["", "\n\n", HEADER, "Export notes\nhello\n", "All sales, but those of May.\nBye\n"]
)
def test_a_file_without_a_table_beside_good_ones_is_passed_over_with_a_notice(tmp_path, content):
    lay_out(tmp_path, {"jan.csv": GOOD, "other.txt": content})

    result = library.run(tmp_path)

    assert result.ledger["used"] == 2
    assert any("Passed over: other.txt" in text for text in result.summary["warnings"])


def test_strict_makes_such_a_notice_an_error(tmp_path):
    lay_out(tmp_path, {"jan.csv": GOOD, "feb.csv": ""})

    with pytest.raises(InputError, match=r"feb\.csv: the file is empty"):
        library.run(tmp_path, asked=Asked(strict=True))


def test_an_export_that_cannot_be_read_still_stops_a_folder(tmp_path):
    lay_out(tmp_path, {"jan.csv": GOOD, "feb.csv": "who,when,what\nann,2026-01-03,10\n"})

    with pytest.raises(InputError, match=r"feb\.csv: no column was recognised"):
        library.run(tmp_path)


def test_a_folder_of_nothing_but_empty_files_is_refused(tmp_path):
    lay_out(tmp_path, {"jan.csv": "", "feb.csv": ""})

    with pytest.raises(InputError, match="the file is empty"):
        library.run(tmp_path)


def test_score_tells_of_files_passed_over_on_stderr_unless_it_is_quiet(tmp_path):
    lay_out(tmp_path, {"jan.csv": GOOD, "feb.csv": ""})

    assert "! Passed over: feb.csv" in rfmtool("score", tmp_path).stderr
    assert rfmtool("score", tmp_path, "--quiet").stderr == ""


# Rejects -----------------------------------------------------------------------------------------


def many(bad):
    rows = "".join(f"c{n},{n},2026-01-0{n % 8 + 1},10\n" for n in range(300))
    return HEADER + rows + bad


def test_rejected_rows_are_counted_in_money_too(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(many("big,x,2026-13-45,9000\n"))

    refused, taken = rfmtool("score", path), rfmtool("score", path, "--max-rejects", "80%")

    assert refused.exit_code == 1
    assert "hold 75.0% of the money" in refused.stderr
    assert taken.exit_code == 0
    assert taken.stderr.startswith("rejected 1 of 301 rows (bad_date 1)\n")


def test_a_number_of_rows_that_is_accepted_says_nothing_of_money(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(many("big,x,2026-13-45,9000\n"))

    shown = rfmtool("repeat", path, "--max-rejects", "1")

    assert (shown.exit_code, shown.stderr) == (0, "rejected 1 of 301 rows (bad_date 1)\n")


def test_check_counts_the_rows_of_a_file_that_is_refused_early(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("who,when,what\nann,2026-01-03,10\n" + ",,\n" * 12)

    shown = rfmtool("check", path)

    assert shown.exit_code == 2
    assert "13 rows (12 blank)" in shown.stdout
