"""Every error says what, where and what next, and never quotes a customer's cell."""

import ast
import gzip
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from books import xlsx
from shell import SHOP, made, rfmtool, written
from test_containers import zipped

CANARY = "CANARY-4711"
WITH_CANARY = SHOP.replace("ann", CANARY)
HEADER = "customer_id,order_id,ordered_at,amount\n"
EUROS = "customer,date,amount,currency\nb,2024-01-05,1,EUR\n"
GOOD = f"{CANARY},1,2024-01-05,20\n"
SOURCES = Path(__file__).parents[1] / "rfmtool"

EXPORTS = {
    "empty file": (2, ""),
    "blank lines only": (2, "\n\n\n"),
    "header only": (2, HEADER),
    "no header": (2, "00001,19970101,29.33\n00002,19970102,11.77\n"),
    "no header, addresses": (2, f"{CANARY}@example.org,2024-01-05,29.33\nx@y.z,2024-01-05,1\n"),
    "role missing": (2, f"who,ordered_at,amount\n{CANARY},2024-01-05,20\n"),
    "column twice": (2, f"customer_id,ordered_at,amount,amount\n{CANARY},2024-01-05,20,30\n"),
    "bad dates": (1, HEADER + GOOD + f"a,1,{CANARY},5\n"),
    "no date": (1, HEADER + GOOD + f"{CANARY},2,,5\n"),
    "no dates at all": (2, HEADER + f"a,1,{CANARY},5\n"),
    "bad amounts": (1, HEADER + GOOD + f"a,1,2024-01-05,{CANARY}\n"),
    "no amount": (1, HEADER + GOOD + f"{CANARY},1,2024-01-05,\n"),
    "not a number": (1, HEADER + GOOD + "a,1,2024-01-05,NaN\nb,1,2024-01-05,inf\n"),
    "bad quantity": (1, f"customer,date,qty,price\na,2024-01-05,2,2\nb,2024-01-05,{CANARY},2\n"),
    "bad price": (1, f"customer,date,qty,price\na,2024-01-05,2,2\nb,2024-01-05,2,{CANARY}\n"),
    "ragged": (1, HEADER + GOOD + f"{CANARY},{CANARY}\n{CANARY},,,,,,{CANARY}\n"),
    "quote not closed": (1, HEADER + GOOD + f'"{CANARY},1,2024-01-05,5\n'),
    "header quote not closed": (2, f'"customer_id,ordered_at,amount\n{CANARY},2024-01-05,5\n'),
    "quotes inside": (1, HEADER + GOOD + f'"{CANARY}" x,1,2024-01-05,5\n'),
    "nul": (1, HEADER + GOOD + f"{CANARY}\0,1,2024-01-05,5\n"),
    "utf-16 without a bom": (2, (HEADER + GOOD).encode("utf-16-le")),
    "latin-1": (2, (HEADER + GOOD + f"{CANARY}\xe9,1,2024-01-05,5\n").encode("latin-1")),
    "binary": (2, bytes(range(256)) * 20),
    "day or month": (2, f"customer,date,amount\n{CANARY},01/02/2024,5\nb,03/04/2024,6\n"),
    "point or comma": (2, f'customer,date,amount\n{CANARY},2024-01-05,"1,234"\n'),
    "totals on every row": (2, HEADER + "".join(f"{CANARY},{n},2024-01-05,5\n" * 2
                                                for n in range(20))),
    "paypal": (2, f"Date,Name,Type,Status,Gross,Fee,Net,Transaction ID\n1,{CANARY},a,b,1,0,1,2\n"),
    "amazon": (2, f"amazon-order-id,purchase-date,order-status,item-price\n{CANARY},1,2,3\n"),
    "dates counted": (2, HEADER + f"{CANARY},1,45292,20\n"),
    "currency signs": (2, HEADER + f"{CANARY},1,2024-01-05,$5\nb,2,2024-01-05,€6\n"),
    "currencies": (2, EUROS + f"a,2024-01-05,1,{CANARY}\n"),
    "huge order": (2, HEADER + f"{CANARY},1,2024-01-05,4e14\n{CANARY},1,2024-01-05,4e14\n"),
    "huge customer": (2, HEADER + f"{CANARY},1,2024-01-05,4e14\n" + f"{CANARY},2,2024-01-06,4e14\n"
                         + f"{CANARY},3,2024-01-07,4e14\n"),
    "a year ahead": (2, HEADER + "".join(f"{CANARY},{n},2024-01-05,5\n" for n in range(120))
                        + f"{CANARY},x,2025-01-05,5\n"),
    "nothing usable": (2, HEADER + ",,,\n,,,\n"),
    "zip": (2, b"PK\x03\x04" + CANARY.encode()),
    "excel": (2, b"\xd0\xcf\x11\xe0" + CANARY.encode()),
    "zip of two": (2, zipped({"a.csv": HEADER + GOOD, "b.csv": HEADER + GOOD})),
    "zip of nothing": (2, zipped({})),
    "zip locked": (2, zipped({"a.csv": (HEADER + GOOD).encode()}, locked=True)),
    "zip in a gzip": (2, gzip.compress(zipped({"a.csv": HEADER + GOOD}))),
    "workbook of two": (2, xlsx({"a": [["x"], [CANARY]], "b": [["y"], [CANARY]]})),
    "workbook of nothing": (2, xlsx({"a": []})),
    "a web page": (2, f"<!DOCTYPE html><html><body>{CANARY}</body></html>"),
    "a second table": (2, HEADER + GOOD + f",,,\nname,street,town,land\n{CANARY},b,c,d\n"),
    "parquet cut off": (2, b"PAR1" + CANARY.encode()),
    "gzip cut off": (2, b"\x1f\x8b\x08\0\0\0\0\0" + CANARY.encode()),
    "zstd damaged": (2, b"\x28\xb5\x2f\xfd" + CANARY.encode()),
    "bz2 damaged": (2, b"BZh9" + CANARY.encode()),
}  # fmt: skip

WORDS = {
    "no such file": (2, ["run", "nowhere.csv"]),
    "empty name": (2, ["run", ""]),
    "no match": (2, ["run", "*.nothing"]),
    "folder without data": (2, ["run", "empty"]),
    "twice": (2, ["run", "shop.csv", "./shop.csv"]),
    "differing roles": (2, ["run", "shop.csv", "quantities.csv"]),
    "no such column": (2, ["run", "shop.csv", "--column", "amount=Amuont"]),
    "no such role": (2, ["run", "shop.csv", "--column", "price=amount"]),
    "no pair": (2, ["run", "shop.csv", "--column", "amount"]),
    "role twice": (2, ["run", "shop.csv", *["--column", "amount=amount"] * 2]),
    "delimiter": (2, ["run", "shop.csv", "--delimiter", "::"]),
    "encoding unknown": (2, ["run", "shop.csv", "--encoding", "latin-99"]),
    "encoding no text": (2, ["run", "shop.csv", "--encoding", "hex"]),
    "encoding unusable": (2, ["run", "shop.csv", "--encoding", "idna"]),
    "encoding undefined": (2, ["run", "shop.csv", "--encoding", "undefined"]),
    "encoding wrong": (2, ["run", "shop.csv", "--encoding", "utf-16"]),
    "date format": (2, ["run", "shop.csv", "--date-format", "%Q"]),
    "date format without a day": (2, ["run", "shop.csv", "--date-format", "%Y-%m"]),
    "date format that fits nothing": (1, ["run", "shop.csv", "--date-format", "%d/%m/%Y"]),
    "preset": (2, ["run", "shop.csv", "--preset", "shopfy"]),
    "preset that does not fit": (2, ["run", "shop.csv", "--preset", "shopify"]),
    "overlap": (2, ["run", "twins"]),
    "timezone": (2, ["run", "shop.csv", "--timezone", "Nowhere/Town"]),
    "date format counted": (1, ["run", "shop.csv", "--date-format", "excel"]),
    "decimal": (2, ["run", "shop.csv", "--decimal", ";"]),
    "as of": (2, ["run", "shop.csv", "--as-of", "20240105"]),
    "as of a week": (2, ["run", "shop.csv", "--as-of", "2024-W01-1"]),
    "window": (2, ["run", "shop.csv", "--window", "0"]),
    "threads": (2, ["run", "shop.csv", "--threads", "1000000"]),
    "memory": (2, ["run", "shop.csv", "--memory-limit", "-1"]),
    "memory too small": (2, ["run", "shop.csv", "--threads", "2", "--memory-limit", "447MB"]),
    "memory too small for threads": (
        2, ["run", "shop.csv", "--threads", "100", "--memory-limit", "1GB"],
    ),
    "currency": (2, ["run", "shop.csv", "--currency", "EUR"]),
    "rejects": (2, ["run", "shop.csv", "--max-rejects", "many"]),
    "cuts": (2, ["run", "shop.csv", "--cuts", "recency=soon"]),
    "cuts not a number": (2, ["run", "shop.csv", "--cuts", "recency=nan"]),
    "cuts of nothing": (2, ["run", "shop.csv", "--cuts", "speed=1"]),
    "cuts twice": (2, ["run", "shop.csv", *["--cuts", "recency=1,2,3,4"] * 2]),
    "cuts that do not ascend": (2, ["run", "shop.csv", "--cuts", "recency=2,1"]),
    "cuts beyond the grid": (2, ["run", "shop.csv", "--cuts", "recency=quantile:10"]),
    "no rules": (2, ["run", "shop.csv", "--rules", "nowhere.toml"]),
    "rules no toml": (2, ["run", "shop.csv", "--rules", "shop.csv"]),
    "rules a folder": (2, ["run", "shop.csv", "--rules", "empty"]),
    "no scales": (2, ["run", "shop.csv", "--scales", "nowhere.json"]),
    "scales no json": (2, ["run", "shop.csv", "--scales", "shop.csv"]),
    "scales with other bins": (2, ["run", "shop.csv", "--scales", "few.json"]),
    "tables": (2, ["run", "shop.csv", "-o", "out", "--tables", "xls"]),
    "no tables": (2, ["run", "shop.csv", "-o", "out", "--tables", ","]),
    "lists": (2, ["run", "shop.csv", "-o", "out", "--lists", "friends"]),
    "output empty": (2, ["run", "shop.csv", "-o", ""]),
    "output a file": (2, ["run", "shop.csv", "-o", "shop.csv"]),
    "output below a file": (2, ["run", "shop.csv", "-o", "shop.csv/out"]),
    "output foreign": (2, ["run", "shop.csv", "-o", "."]),
    "output a device": (2, ["run", "shop.csv", "-o", "/dev/null"]),
    "file a folder": (2, ["score", "shop.csv", "-o", "empty"]),
    "file in no folder": (2, ["score", "shop.csv", "-o", "nowhere/x.csv"]),
    "file of no kind": (2, ["score", "shop.csv", "-o", "x.xls"]),
    "file full": (3, ["score", "shop.csv", "-o", "/dev/full"]),
    "sort": (2, ["score", "shop.csv", "--sort", "height"]),
    "top": (2, ["score", "shop.csv", "--top", "0"]),
    "report of nothing": (2, ["report", "nowhere"]),
    "report of no run": (2, ["report", "empty"]),
    "report of a changed run": (2, ["report", "changed"]),
    "demo into foreign": (2, ["demo", "."]),
    "rejects without a folder": (2, ["run", "shop.csv", "--keep-rejects"]),
    "calls without a folder": (2, ["run", "shop.csv", "--calls", "3"]),
    "tables without a folder": (2, ["run", "shop.csv", "--tables", "csv"]),
    "lists without a folder": (2, ["run", "shop.csv", "--lists", ""]),
    "too many rejects": (1, ["run", "spoilt.csv", "-o", "out", "--keep-rejects"]),
    "rejects, quietly": (1, ["check", "spoilt.csv", "--quiet"]),
    "no such member": (2, ["run", "shop.zip/x.csv"]),
    "a member of no zip": (2, ["run", "shop.csv/x.csv"]),
    "no such sheet": (2, ["run", "shop.xlsx/x"]),
    "too large": (2, ["run", "shop.csv", "--max-size", "1B"]),
    "no size": (2, ["run", "shop.csv", "--max-size", "large"]),
    "kinds of exports": (2, ["run", "shop.csv", "shopify.csv"]),
    "typed otherwise": (2, ["run", "typed.parquet"]),
    "kept twice": (2, ["run", "shop.csv", "--keep", "stage"]),
    "kept of nothing": (2, ["run", "shop.csv", "--keep", "height"]),
    "evidence empty": (2, ["run", "shop.csv", "--contacts", ""]),
    "stdin twice": (2, ["run", "-", "--contacts", "-"]),
    "no such table": (2, ["run", "shop.csv", "--column", "friends.customer_id=x"]),
    "matched": (2, ["run", "shop.csv", "--min-matched", "half"]),
    "cuts and scales": (2, ["run", "shop.csv", "--scales", "done/scales.json", "--cuts",
                            "recency=1,2,3,4"]),
    "fit of nobody": (2, ["run", "shop.csv", "--min-orders", "90"]),
    "fit the wrong way": (2, ["run", "shop.csv", "--min-orders", "3", "--max-orders", "2"]),
    "fit no number": (2, ["run", "shop.csv", "--min-spend", "lots"]),
    "fit by weekday": (2, ["run", "shop.csv", "--within", "weekday"]),
    "fit within ours": (2, ["run", "shop.csv", "--within", "stage"]),
    "cumulative of losses": (2, ["run", "losses.csv", "--cuts", "monetary=cumulative:5"]),
    "limit of nothing": (2, ["run", "shop.csv", "--fail-if", "height < 3"]),
    "limit no limit": (2, ["run", "shop.csv", "--fail-if", "customers"]),
    "limit no value": (2, ["run", "shop.csv", "--fail-if", "customers < few"]),
    "limit of another kind": (2, ["run", "shop.csv", "--fail-if", "as_of < 3"]),
    "limit no share": (2, ["run", "shop.csv", "--fail-if", "revenue < 3%"]),
    "limit without a run before": (2, ["run", "shop.csv", "--fail-if", "buyers < -10%"]),
    "limit broken": (1, ["run", "shop.csv", "--fail-if", "buyers < 10"]),
    "limit against a changed run": (2, ["run", "shop.csv", "-o", "changed", "--fail-if",
                                        "buyers < -10%"]),
    "output is read": (2, ["score", "shop.csv", "-o", "shop.csv"]),
    "output is evidence": (2, ["score", "shop.csv", "-o", "x.csv", "--contacts", "x.csv"]),
    "output in what is read": (2, ["run", "twins", "-o", "twins/out"]),
    "output of another kind": (2, ["score", "shop.csv", "-o", "x.jsonl", "--format", "tsv"]),
    "folder of another kind": (2, ["compare", "done", "done", "-o", "made"]),
    "compare into a run": (2, ["compare", "done", "done", "-o", "done/x"]),
    "compare nothing": (2, ["compare", "done", "empty"]),
    "explain nobody": (2, ["explain", "done", "nobody"]),
    "explain in nothing": (2, ["explain", "empty", "ann"]),
    "report without a table": (2, ["compare", "unlisted", "done"]),
    "report of another version": (2, ["compare", "older", "done"]),
    "affinity without a category": (2, ["affinity", "shop.csv"]),
    "repeat by nothing": (2, ["repeat", "shop.csv", "--by", "height"]),
    "every hour": (2, ["timeline", "shop.csv", "--every", "hour"]),
    "analysis of no kind": (2, ["cohorts", "shop.csv", "-o", "x.xls"]),
    "unknown command": (2, ["rum", "shop.csv"]),
    "unknown option": (2, ["run", "shop.csv", "--as-if"]),
    "no export": (2, ["run"]),
}  # fmt: skip

RULES = {
    "unknown section": "colour = 1",
    "unknown key": "[scoring.recency]\nmethod = 'quantile'\nsize = 5",
    "section no table": "scoring = 1",
    "method": "[scoring.recency]\nmethod = 'magic'",
    "bins": "[scoring.recency]\nmethod = 'quantile'\nbins = 11",
    "cuts": "[scoring.recency]\nmethod = 'fixed'\ncuts = []",
    "cut no number": "[scoring.recency]\nmethod = 'fixed'\ncuts = ['x']",
    "cut too large": "[scoring.recency]\nmethod = 'fixed'\ncuts = [1e40]",
    "cuts and bins": "[scoring.recency]\nmethod = 'fixed'\ncuts = [1]\nbins = 3",
    "weight negative": "[scoring.weights]\nrecency = -1",
    "weight infinite": "[scoring.weights]\nrecency = inf",
    "weight no number": "[scoring.weights]\nrecency = nan",
    "map": "[segments]\nmap = 'tree'\nrows = []",
    "segment without a name": "[segments]\nmap = 'list'\nrows = [{}]",
    "segment reserved": "[segments]\nmap = 'list'\nrows = [{name = 'no_orders'}]",
    "segment range": "[segments]\nmap = 'list'\nrows = [{name = 'x', recency = [0, 9]}]",
    "segments leave out": "[segments]\nmap = 'grid'\nrows = [{name = 'x', recency = [1, 4]}]",
    "segments overlap": "[segments]\nmap = 'grid'\nrows = [{name = 'x'}, {name = 'y'}]",
    "list without an end": "[segments]\nmap = 'list'\nrows = [{name = 'x', recency = [1, 2]}]",
    "no ladder": "ladder = []",
    "rung without a stage": "[[ladder]]\nproof = 'x'",
    "rung with control characters": '[[ladder]]\nstage = "\\u001b[31m"',
    "reason of nothing": "[[ladder]]\nstage = 'x'\nbecause = '{shoe_size}'",
    "condition of nothing": "[[ladder]]\nstage = 'x'\nwhen.shoe_size.min = 1",
    "ladder without an end": "[[ladder]]\nstage = 'x'\nwhen.order_days.min = 1",
    "preset without a header": "[[preset]]\nname = 'x'",
    "preset of an unknown role": "[[preset]]\nname = 'x'\nknown_by = [['a']]\ncolumns.who = 'a'",
    "words": "[reading]\nnot_a_sale = [1]",
    "flag": "[[ladder]]\nstage = 'x'\nwhen.paused = 3",
    "word of nothing": "[[ladder]]\nstage = 'x'\nwhen.activity = 'asleep'",
    "words of no kind": "[[ladder]]\nstage = 'x'\nwhen.activity = 3",
    "range the wrong way": "[[ladder]]\nstage = 'x'\nwhen.order_days = {min = 3, max = 2}",
    "evidence no path": "[evidence]\ncontacts = 3",
    "evidence of nothing": "[evidence]\nfriends = 'x.csv'",
    "no playbook": "playbook = []",
    "playbook without an end": "[[playbook]]\naction = 'x'\npriority = 1\nchannel = 'email'\n"
    "when.order_days.min = 1",
    "action no name": "[[playbook]]\naction = 'Call!'\npriority = 1\nchannel = 'email'",
    "priority": "[[playbook]]\naction = 'x'\npriority = 0\nchannel = 'email'",
    "priorities the wrong way": "[[playbook]]\naction = 'x'\npriority = 2\nchannel = 'email'\n"
    "when.order_days.min = 1\n"
    "[[playbook]]\naction = 'y'\npriority = 1\nchannel = 'email'",
    "channel": "[[playbook]]\naction = 'x'\npriority = 1\nchannel = 'pigeon'",
    "presets no rows": "preset = 3",
    "preset no name": "[[preset]]\nname = 'none'",
    "preset amounts": "[[preset]]\nname = 'x'\nknown_by = [['a']]\namount_per = 'day'",
    "preset carries nothing": "[[preset]]\nname = 'x'\nknown_by = [['a']]\ncarry_down = ['who']",
    "preset no text": "[[preset]]\nname = 'x'\ntitle = 3\nknown_by = [['a']]",
    "preset not plain": "[[preset]]\nname = 'x'\nknown_by = [[\"\\u001b\"]]",
    "preset no texts": "[[preset]]\nname = 'x'\nknown_by = [[3]]",
    "fit within nothing": "[scoring.fit]\nwithin = 3",
    "fit the wrong way": "[scoring.fit]\nmin_orders = 3\nmax_orders = 2",
    "tiers": "[wallet]\nlow = 0.9\nhigh = 0.1",
    "tier no share": "[wallet]\nlow = 3",
    "peers": "[wallet]\nmin_peers = 0",
    "peers of nothing": "[wallet]\npeers = 3",
    "peers twice": "[wallet]\npeers = ['land', 'land']",
    "peers by ours": "[wallet]\npeers = ['stage']",
    "no toml": "what is this",
}

TABLES = {
    "contacts": [f"customer_id,status,since_on\n{CANARY},{CANARY},2024-01-05\n",
                 f"customer_id,since_on\n{CANARY},01/02/2024\nb,03/04/2024\n",
                 f"customer_id,scheme_member,paused_until\n{CANARY},{CANARY},{CANARY}\n"],
    "referrals": [f"referrer_id,referred_id,referred_on\n{CANARY},b,{CANARY}\n",
                  f"who,whom,day\n{CANARY},b,2024-01-05\n"],
    "feedback": [f"customer_id,given_on,nps\n{CANARY},2024-01-05,{CANARY}\n",
                 f"customer_id,given_on,kind\n{CANARY},2024-01-05,{CANARY}\n",
                 f"customer_id,given_on\n{CANARY},2024-01-05\n"],
    "partners": [f"customer_id,from_on\n{CANARY},{CANARY}\n", f'customer_id\n"{CANARY}" x\n',
                 "customer_id\n" + "".join(f"{CANARY}-{n}\n" for n in range(30))],
    "wallets": [f"customer_id,wallet\n{CANARY},{CANARY}\n",
                f"customer_id,rank,brands\n{CANARY},9,{CANARY}\n",
                f'customer_id,wallet\n{CANARY},"1,234"\nb,"1.234"\n'],
    "suppress": [f'customer_id\n{CANARY}\n"{CANARY}" x\n', f"{CANARY}\n{CANARY}\n",
                 f"customer_id\n{CANARY}\xe9\n".encode("latin-1")],
}  # fmt: skip
"""Evidence that cannot be read, or not all of it; every cell is a customer's."""
ASKING = ("run", "score", "check", "timeline", "repeat", "cadence", "cohorts", "concentration",
          "affinity")  # fmt: skip


def _relabelled(folder, word, other):
    """Change a folder so that its manifest still fits."""
    data = (folder / "customers.csv").read_bytes().replace(word, other)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for output in manifest["outputs"]:
        if output["name"] == "customers.csv":
            output["sha256"] = hashlib.sha256(data).hexdigest()
    written(folder / "customers.csv", data)
    written(folder / "manifest.json", json.dumps(manifest))


FOLDERS = {
    "done": lambda _: None,
    "changed": lambda folder: written(folder / "summary.json", "{}"),
    "older": lambda folder: _relabelled(folder, b",stage,", b",rung,"),
    "unlisted": lambda folder: written(
        folder / "manifest.json",
        (folder / "manifest.json").read_text("utf-8").replace("customers.csv", "people.csv"),
    ),
    "made": lambda _: None,
}
"""What becomes of a finished run before a command meets it."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a good export and a few bad things."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    written(tmp_path / "shop.csv", WITH_CANARY)
    (tmp_path / "twins").mkdir()
    for name in ("1.csv", "2.csv"):
        written(tmp_path / "twins" / name, WITH_CANARY)
    good = (HEADER + GOOD).encode()
    written(tmp_path / "spoilt.csv", good + f"a,1,{CANARY},5\n".encode() + good)
    written(tmp_path / "losses.csv", HEADER + GOOD + "b,2,2024-01-06,5\nb,3,2024-01-07,-50\n")
    written(tmp_path / "shop.zip", zipped({"shop.csv": WITH_CANARY}))
    written(tmp_path / "shop.xlsx", xlsx({"Orders": [["x"], [CANARY]]}))
    shopify = "Name,Email,Financial Status,Created at,Subtotal,Lineitem quantity,Lineitem name"
    written(tmp_path / "shopify.csv", f"{shopify}\n#1,{CANARY},paid,2024-01-05,5,1,tea\n")
    days = pa.array([None, None], pa.list_(pa.string()))
    pq.write_table(pa.table({"customer_id": [CANARY, "b"], "ordered_at": days, "amount": [1, 2]}),
                   tmp_path / "typed.parquet")  # fmt: skip
    written(tmp_path / "quantities.csv", f"customer,date,qty,price\n{CANARY},2024-01-05,1,2\n")
    return tmp_path


def assert_clear(result, code):
    """What and where on the first line, what next on the others, and no cell of anybody."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    what, *hints = result.stderr.splitlines()
    assert what.startswith("rfmtool: ")
    assert hints
    assert all(hint.startswith("  ") and hint.strip() for hint in hints)
    assert CANARY not in result.stderr
    assert "Traceback" not in result.stderr
    assert "Error" not in result.stderr
    assert all(letter.isprintable() or letter == "\n" for letter in result.stderr)


@pytest.mark.parametrize("case", EXPORTS)
@pytest.mark.parametrize("command", ["run", "score"])
def test_an_export_that_cannot_be_used_is_named(place, case, command):
    code, text = EXPORTS[case]
    result = rfmtool(command, written(place / "bad.csv", text))
    assert_clear(result, code)
    assert "bad.csv" in result.stderr


@pytest.mark.parametrize("case", EXPORTS)
def test_check_shows_no_cell_and_no_traceback(place, case):
    _, text = EXPORTS[case]
    result = rfmtool("check", written(place / "bad.csv", text))
    assert result.exit_code in (0, 1, 2)
    assert CANARY not in result.output.replace(f"{CANARY}@", "")


@pytest.mark.long
@pytest.mark.parametrize("case", WORDS)
def test_words_that_cannot_be_meant_are_answered(place, case):
    code, words = WORDS[case]
    if case.startswith("scales with"):
        scales = {"method": "fixed", "better": "higher", "cuts": [1]}
        dimensions = dict.fromkeys(("recency", "frequency", "monetary"), scales)
        written(place / "few.json", json.dumps({"version": 1, "as_of": "2024-01-01", **dimensions}))
    for name, change in FOLDERS.items():
        if any(word.split("/")[0] == name for word in words):
            change(made("finished", text=WITH_CANARY).rename(place / name))
    assert_clear(rfmtool(*words), code)


@pytest.mark.parametrize("command", ASKING)
@pytest.mark.parametrize("table", TABLES)
def test_no_command_shows_a_cell_of_evidence_that_it_cannot_read(place, command, table):
    if f"--{table}" not in rfmtool(command, "--help-all").stdout:
        pytest.skip("the command takes no evidence")
    for text in TABLES[table]:
        words = [command, "quantities.csv", f"--{table}", written(place / f"{table}.csv", text)]
        result = rfmtool(*words, "--max-rejects", "0") if command != "check" else rfmtool(*words)
        assert result.exit_code in (0, 1, 2), result.output
        assert CANARY not in result.stderr
        if result.exit_code and command != "check":
            assert_clear(result, result.exit_code)
            assert table in result.stderr


@pytest.mark.parametrize("case", RULES)
def test_a_rules_file_with_an_error_is_named_with_the_place_in_it(place, case):
    rules = written(place / "own.toml", RULES[case])
    for words in (("rules", "check", rules), ("rules", "show", "--rules", rules),
                  ("run", "shop.csv", "--rules", rules)):  # fmt: skip
        result = rfmtool(*words)
        assert_clear(result, 2)
        assert "own.toml" in result.stderr


def test_a_damaged_page_in_the_middle_of_a_parquet_file_is_named(place):
    table = pa.table({"customer": [CANARY] * 9999, "date": ["2024-01-05"] * 9999,
                      "amount": [float(n) for n in range(9999)]})  # fmt: skip
    pq.write_table(table, place / "bad.parquet", compression="zstd")
    data = bytearray((place / "bad.parquet").read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    result = rfmtool("run", written(place / "bad.parquet", bytes(data)))
    assert_clear(result, 2)
    assert "bad.parquet" in result.stderr


def test_control_characters_never_reach_the_terminal(place):
    header = "customer_id,ordered_at,amount,\x1b[31mred\x1b[0m,\x07\n"
    export = written(place / "\x1b[5mblink\n.csv", header + "\x1b]0;id\x07,2024-01-05,5,,\n")
    for words in (["run", export], ["check", export], ["run", "\x1b[2Jnowhere.csv"],
                  ["run", export, "--column", "amount=x"], ["score", export, "-o", "\x07/x.csv"],
                  ["run", export, "--column", "status=\x1b"]):  # fmt: skip
        output = rfmtool(*words).output
        assert output
        assert not [letter for letter in output if not letter.isprintable() and letter != "\n"]


def test_an_option_that_is_missing_is_named_with_its_choices():
    result = rfmtool("export", "out")
    assert_clear(result, 2)
    assert "'--for'. Choose from: klaviyo, mailchimp, hubspot, brevo, meta, google" in result.stderr


def test_a_name_whose_bytes_are_no_text_is_shown_and_written(place):
    name = "w\udcffrd.csv"
    try:
        export = written(place / name)
    except OSError:
        pytest.skip("this system takes no such names")
    assert rfmtool("run", export, "-o", "out").exit_code == 0
    manifest = json.loads((place / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["inputs"][0]["name"] == "w\ufffdrd.csv"
    assert rfmtool("check", export, "--format", "json").exit_code == 0


def test_two_files_of_one_name_are_told_apart(place):
    for folder in ("one", "two"):
        (place / folder).mkdir()
    written(place / "one" / "x.csv", HEADER + "a,1,2024-01-05,5\n" * 3)
    written(place / "two" / "x.csv", HEADER + "a,1,2024-01-05,5\na,2,never,5\n")
    result = rfmtool("check", "one/x.csv", "two/x.csv", "--format", "json")
    assert json.loads(result.stdout)["rejects"] == [
        {"file": "two/x.csv", "row": 2, "reason": "bad_date"}
    ]


def errors():
    """Where each error of ours is made in the sources, its kind and its arguments."""
    kinds = {"UsageError", "InputError", "AmbiguousInputError", "ForeignFolderError", "LimitError",
             "SystemFailureError", "RulesError"}  # fmt: skip
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds:
                yield f"{path.name}:{node.lineno}", node.func.id, node.args


def literal(node):
    """The text of a constant or an f-string, with `{}` for what is filled in; None for others."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}"
                       for part in node.values)  # fmt: skip
    return None


@pytest.mark.long
def test_every_error_in_the_sources_says_what_and_where_and_has_a_next_step():
    found = list(errors())
    assert len(found) > 190
    for place, kind, (what, *hints) in found:
        # Where rules are wrong, there is an example to look at.
        assert len(hints) == 1 or (kind == "RulesError" and not hints), place
        text, hint = literal(what), literal(hints[0]) if hints else None
        assert text is None or (text == text.strip() and not text.endswith((".", "!"))), place
        assert hint is None or hint.endswith((".", "?", "}")) or ": {}" in hint, (place, hint)
