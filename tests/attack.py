"""Hostile input, made at random: the command ends with a code of the contract, in time and memory.

    python tests/attack.py [SECONDS a kind] [SEED] [KIND ...]

Every find prints the seed of its round, with which `python tests/attack.py 0 SEED KIND` makes the
same case again, kept in a folder that is named.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import pkgutil
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
from books import ods, xlsx

import rfmtool
from rfmtool import cli
from rfmtool.cli import EXIT_BUG

MEMORY, SECONDS = 2 << 30, 30
CODES = {0, 1, 2, 3}
HEADER = ["customer_id", "order_id", "ordered_at", "amount", "quantity", "status", "category"]
ROWS = [
    [f"C{row % 7}", str(row), f"2024-0{1 + row % 9}-1{row % 10}", f"{row * 1.5:.2f}",
     "1", "paid", ["tea", "Kaffee"][row % 2]] for row in range(60)
]  # fmt: skip
NUMBERS = ["0", "-1", "1e9999", "9" * 30, "9" * 5000, "nan", "inf", "1%", "-5%", "1.5.2", "", " ",
           "\u0661", "0x10", "1_000", "+3", "--", "1,2,3"]  # fmt: skip
WORDS = [*NUMBERS, "a=b", "recency=1,2,3", "frequency=quantile:99", "\u202e", "\U0001f600",
         "\udcff", "..", "/", "~", "-", "a" * 5000, "NULL", "%s", "{}", "s3://b/x",
         "2024-02-30", "9999-12-31",
         "0001-01-01", "utf-16", "cp1252", "idna", "rot13", "zlib", "Europe/Berlin", "../../etc",
         "%d/%m/%Y", "%", "%Y%Y", "excel", ";", "\t", '"', "rows < 1", "revenue > 1e3",
         "tea < +5%", "customer_id=amount", "amount=", "=x", "x.y=z"]  # fmt: skip
OPTIONS = [
    "--column", "--delimiter", "--encoding", "--date-format", "--decimal", "--timezone", "--keep",
    "--max-size", "--max-rejects", "--as-of", "--since", "--window", "--currency", "--rates",
    "--rules", "--cuts", "--scales", "--within", "--min-orders", "--max-spend", "--sort", "--top",
    "--select", "--fail-if", "--tables", "--lists", "--calls", "--memory-limit", "--threads",
    "--preset", "--contacts", "--wallets", "--suppress", "--min-matched", "--overlap", "-o",
]  # fmt: skip


def csv_text(chance: random.Random) -> bytes:
    """A small export; now and then with other marks."""
    mark = chance.choice([",", ";", "\t", "|"])
    end = chance.choice(["\n", "\r\n", "\r"])
    return end.join(mark.join(row) for row in [HEADER, *ROWS, []]).encode()


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Data with a few places flipped, cut, doubled or filled with what is special."""
    pieces = [b"\0", b'"', b'""', b"\r", b"\n", b",", b";", b"\xff", b"\xef\xbb\xbf", b"'", b"=",
              b"\xc3", b"1" * 400, b"-", b"e9", b"\\", b"\x1b$B", b"\n\n",
              b"a" * 70_000]  # fmt: skip
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data = data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
            case 1:
                data = data[:place] + chance.choice(pieces) + data[place:]
            case 2:
                data = data[:place] + data[place + chance.randint(1, 40) :]
            case 3:
                data = data[:place] + data[max(0, place - chance.randint(1, 300)) :]
            case _:
                data = data[: max(1, place)]
    return data


def csv_bytes(place: Path, chance: random.Random) -> list[str]:
    """An export of text, packed or not, with damage before or behind the packing."""
    import bz2
    import gzip

    pack = chance.choice([bytes, bytes, bytes, gzip.compress, bz2.compress])
    data = csv_text(chance)
    data = pack(damaged(data, chance)) if chance.random() < 0.7 else damaged(pack(data), chance)
    (place / "in.csv").write_bytes(data)
    return [chance.choice(["check", "score", "run", "repeat", "cohorts"]), "in.csv"]


def parquet(place: Path, chance: random.Random) -> list[str]:
    """A Parquet file with page checksums, and some bits of it flipped."""
    table = pa.table(dict(zip(HEADER, zip(*ROWS, strict=True), strict=True)))
    table = table.set_column(3, "amount", pa.array([float(row[3]) for row in ROWS]))
    target = io.BytesIO()
    pq.write_table(
        table, target, write_page_checksum=True, row_group_size=chance.choice([7, 60]),
        compression=chance.choice(["none", "snappy", "zstd", "gzip"]),
        use_dictionary=chance.random() < 0.5, data_page_version=chance.choice(["1.0", "2.0"]),
    )  # fmt: skip
    data = bytearray(target.getvalue())
    for _ in range(chance.choice([1, 1, 2, 5])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    (place / "in.parquet").write_bytes(data)
    return [
        chance.choice(["check", "score"]),
        "in.parquet",
        *chance.choice([[], ["--keep", "status"]]),
    ]


def workbook(place: Path, chance: random.Random) -> list[str]:
    """A workbook with one of its parts damaged, or the whole of it."""
    book = chance.choice([xlsx({"Orders": [HEADER, *ROWS]}), ods([HEADER, *ROWS])])
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as there, zipfile.ZipFile(copy, "w") as here:
        chosen = chance.choice(there.namelist())
        for member in there.namelist():
            data = there.read(member)
            if member == chosen or "sheet1" in member or "content" in member:
                far = chance.choice(["XFD1048576", "ZZ300000", "A1048576", "ZZZZ1", "A99999999999"])
                data = data.replace(b'r="B7"', f'r="{far}"'.encode(), chance.randrange(2))
                times = (
                    f'<table:table-cell table:number-columns-repeated="{10 ** chance.randrange(9)}"'
                )
                data = data.replace(b"<table:table-cell", times.encode(), chance.randrange(3))
                data = damaged(data, chance) if chance.random() < 0.6 else data
            here.writestr(member, data)
    whole = copy.getvalue() if chance.random() < 0.8 else damaged(copy.getvalue(), chance)
    (place / "in.xlsx").write_bytes(whole)
    return ["check", "in.xlsx"]


def toml(place: Path, chance: random.Random) -> list[str]:
    """The shipped rules, damaged, or with values of other kinds in the place of theirs."""
    from rfmtool.rules import shipped_text

    (place / "in.csv").write_bytes(csv_text(random.Random(1)))  # noqa: S311
    lines = shipped_text().splitlines()
    values = ["1", "-1", "1e400", "[]", "{}", '"x"', "true", "nan", "2024-01-01", "[[[[]]]]",
              "9" * 400, "[1, 'a']", "{a.b.c = 1}", '"\\u0000"', "[" * 300 + "]" * 300]  # fmt: skip
    for _ in range(chance.randint(1, 4)):
        place_ = chance.randrange(len(lines))
        if "=" in lines[place_] and chance.random() < 0.8:
            key = lines[place_].partition("=")[0]
            lines[place_] = f"{key}= {chance.choice(values)}"
        else:
            added = ["[a]", "[[ladder]]", ".".join("a" * 3000) + "=1", "x", "[scoring]",
                     "[[playbook]]", "shared = 1"]  # fmt: skip
            lines.insert(place_, chance.choice(added))
    text = "\n".join(lines).encode()
    (place / "in.toml").write_bytes(damaged(text, chance) if chance.random() < 0.3 else text)
    return chance.choice([["rules", "check", "in.toml"], ["score", "in.csv", "--rules", "in.toml"]])


FINISHED: dict[str, bytes] = {}


def folder(place: Path, chance: random.Random) -> list[str]:
    """The folder of a finished run whose files agree with its manifest, and hold something else."""
    if not FINISHED:
        (place / "in.csv").write_bytes(csv_text(random.Random(1)))  # noqa: S311
        run(place, ["run", "in.csv", "-o", "out", "--quiet"])
        FINISHED.update({path.relative_to(place / "out").as_posix(): path.read_bytes()
                         for path in (place / "out").rglob("*") if path.is_file()})  # fmt: skip
        shutil.rmtree(place / "out")
    files = dict(FINISHED)
    name = chance.choice(["summary.json", "summary.json", "scales.json", "customers.csv",
                          "rules.toml", "manifest.json"])  # fmt: skip
    if name.endswith(".json") and chance.random() < 0.8:
        files[name] = json.dumps(_twisted(json.loads(files[name]), chance)).encode()
    else:
        files[name] = damaged(files[name], chance)
    manifest = json.loads(FINISHED["manifest.json"])
    for output in manifest["outputs"]:
        output["sha256"] = hashlib.sha256(files[output["name"]]).hexdigest()
    if name != "manifest.json":
        files["manifest.json"] = json.dumps(manifest).encode()
    for path, data in files.items():
        (place / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (place / "out" / path).write_bytes(data)
    (place / "in.csv").write_bytes(csv_text(random.Random(1)))  # noqa: S311
    return chance.choice([
        ["report", "out"], ["compare", "out", "out"], ["explain", "out", "C1"],
        ["run", "in.csv", "-o", "out", "--fail-if", "rows < -5%"],
        ["score", "in.csv", "--scales", "out/scales.json"],
    ])  # fmt: skip


def _twisted(data: object, chance: random.Random) -> object:
    """JSON with one value somewhere taken away, or of another kind."""
    if isinstance(data, dict) and data and chance.random() < 0.95:
        key = chance.choice(list(data))
        if chance.random() < 0.2:
            return {name: value for name, value in data.items() if name != key}
        return {**data, key: _twisted(data[key], chance)}
    if isinstance(data, list) and data and chance.random() < 0.8:
        place = chance.randrange(len(data))
        return [*data[:place], _twisted(data[place], chance), *data[place + 1 :]]
    return chance.choice([None, 0, -1, 10**30, 1e308, "", "x", "x" * 5000, [], {}, [[]], True,
                          "2024-13-01", {"name": 5}, [None], "\ud800".encode("utf-8", "replace")
                          .decode()])  # fmt: skip


def options(place: Path, chance: random.Random) -> list[str]:
    """Options with values that nobody should mean."""
    (place / "in.csv").write_bytes(csv_text(random.Random(1)))  # noqa: S311
    words = [chance.choice(["run", "score", "check", "repeat", "timeline", "affinity"]), "in.csv"]
    for option in chance.sample(OPTIONS, chance.randint(1, 3)):
        words += [option, chance.choice(WORDS)]
    return words


KINDS = {"parquet": parquet, "workbook": workbook, "csv": csv_bytes, "toml": toml,
         "folder": folder, "options": options}  # fmt: skip


def run(place: Path, words: list[str]) -> tuple[int, str, int]:
    """Run the command in a process of its own; its code, what it said, and its memory at most."""
    _load()
    said = place.parent / f"{place.name}.said"
    child = os.fork()
    if not child:
        _be_the_command(place, words, said)
    _, status, used = os.wait4(child, 0)
    text = said.read_text(errors="replace")
    said.unlink()
    return os.waitstatus_to_exitcode(status), text, used.ru_maxrss << 10


def _load() -> None:
    """Import all there is once, so that a round costs no more than its command."""
    for module in pkgutil.walk_packages(rfmtool.__path__, "rfmtool."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _be_the_command(place: Path, words: list[str], said: Path) -> NoReturn:
    os.setsid()
    os.chdir(place)
    os.environ.update(COLUMNS="80", TMPDIR=os.fspath(place))
    tempfile.tempdir = None
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, os.devnull, os.O_WRONLY),
                                (2, said, os.O_WRONLY | os.O_CREAT)):  # fmt: skip
        os.dup2(os.open(path, flags, 0o600), number)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(10 * SECONDS)  # on a busy machine it may wait long for its turn
    for stream, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        setattr(sys, stream, os.fdopen(number, "r" if number == 0 else "w", closefd=False))
    sys.argv = ["rfmtool", *(word.replace("\0", "") for word in words)]
    code = EXIT_BUG
    try:
        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else EXIT_BUG
    except BaseException:  # noqa: BLE001 - such as a panic of a library
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def fault_of(code: int, said: str, memory: int) -> str:
    """What is wrong with an ending; empty where nothing is."""
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    if code not in CODES:
        return f"exit {code}"
    return (
        f"{memory >> 20} MiB" if memory > MEMORY else "a traceback" if "Traceback" in said else ""
    )


def attack(kind: str, seconds: float, seed: int, most: int | None = None) -> tuple[int, list[str]]:
    """Make cases of a kind for so many seconds; how many rounds there were, and the finds."""
    finds, rounds, end = [], 0, time.monotonic() + seconds
    while rounds == 0 or (time.monotonic() < end and rounds != most):
        round_seed = seed + rounds
        rounds += 1
        place = Path(tempfile.mkdtemp(prefix="attack-"))
        words = KINDS[kind](place, random.Random(round_seed))  # noqa: S311 - not a secret
        code, said, memory = run(place, words)
        fault = fault_of(code, said, memory)
        if fault:
            last = said.strip().splitlines()[-3:]
            shown = " ".join(word[:60] for word in words)
            finds.append(f"{kind} {round_seed}: {fault}: {shown} ({place}) {last}")
            print(finds[-1].encode("utf-8", "replace").decode(), flush=True)  # noqa: T201
        else:
            shutil.rmtree(place, ignore_errors=True)
    return rounds, finds


def main() -> None:
    """Attack with every kind; ends with 1 where there are finds."""
    seconds, seed, *kinds = [*sys.argv[1:], *("60", "0")[max(0, len(sys.argv) - 1) :]]
    found = 0
    for kind in kinds or KINDS:
        rounds, finds = attack(kind, float(seconds), int(seed))
        found += len(finds)
        print(f"{kind}: {rounds:,} rounds from seed {seed}, {len(finds)} finds", flush=True)  # noqa: T201
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
