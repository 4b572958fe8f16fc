"""Many nights in a row: history adds up, causes are right by construction, memory is bounded.

Among them are a closed day, a double start, a corrected past order, a run that is killed, a full
disk, a clock that goes back a day, and two customers who turn out to be one.
"""

import csv
import errno
import json
import os
import random
import signal
from datetime import date, timedelta

import pytest
from effort import THOROUGH
from shell import files_of, names_in, python, rfmtool, written

pytestmark = pytest.mark.long

NIGHTS = 500 if THOROUGH else 16
KEEP = 3
HEADER = "customer_id,order_id,ordered_at,amount\n"
FIRST = date(2024, 1, 1)
COLUMNS = ("stage", "segment", "activity")
FREEZES = 6
"""The night after which cut points stay as they are."""
MERGES = 12
"""The night on which one customer's id becomes another's."""
DIES = """
import os, signal, sys
from rfmtool.outputs import publish
publish.os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
from rfmtool.__main__ import main
main()
"""
"""The command, killed when all is written and nothing is exchanged yet."""


class Shop:
    """A shop whose export grows; Sundays it is closed, and every fifth night corrects the past."""

    def __init__(self):
        self.chance, self.orders = random.Random(7), []  # noqa: S311 - made-up orders
        self.same = {}

    def merge(self, gone, kept):
        """What one customer ordered has always been another's; returns whom that concerns."""
        self.same[gone] = kept
        for order in self.orders:
            order[0] = self.same.get(order[0], order[0])
        return {gone, kept}

    def open(self, day):
        """Sell for a day; returns who did anything, or whose past was corrected."""
        sold = 0 if day.weekday() == 6 else self.chance.randint(1, 4)
        for number in range(sold):
            who, amount = f"c{self.chance.randrange(12)}", self.chance.randint(5, 90)
            who = self.same.get(who, who)
            self.orders.append([who, f"{day}-{number}", day.isoformat(), amount])
        did = {order[0] for order in self.orders[len(self.orders) - sold :]}
        if (day - FIRST).days % 5 == 4:
            order = self.chance.choice(self.orders)
            order[3] += 1_000
            did.add(order[0])
        return did

    def export(self, path):
        """Everything sold so far."""
        return written(
            path, HEADER + "".join(f"{','.join(map(str, one))}\n" for one in self.orders)
        )


def rows_of(path):
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def points_of(out):
    """The history but for how many rows the export had."""
    return [{**row, "rows": ""} for row in rows_of(out / "history.csv")]


def bytes_in(out):
    return {name: (out / name).read_bytes() for name in files_of(out) if (out / name).is_file()}


def assert_moves_are_told(changes, before, now, did, *, frozen):
    """Changes are all that differs, and whoever did nothing moved by something else."""
    for column in COLUMNS if before else ():
        moved = {who: row[column] for who, row in now.items()
                 if before.get(who, {}).get(column) != row[column]}  # fmt: skip
        moved |= dict.fromkeys(before.keys() - now.keys(), "")
        told = {row["customer_id"]: row["new"] for row in changes if row["column"] == column}
        assert told == moved
    for row in changes:
        by_themselves = {"time"} if frozen else {"time", "cut_points"}
        assert row["cause"] in by_themselves | ({"orders"} if row["customer_id"] in did else set())


def assert_history_adds_up(out, day, customers, nights):
    history = rows_of(out / "history.csv")
    assert sum(row["kind"] == "all" for row in history) == nights
    for kind in COLUMNS:
        counts = [int(row["customers"]) for row in history
                  if row["kind"] == kind and row["as_of"] == day.isoformat()]  # fmt: skip
        assert sum(counts) == customers


def assert_a_kill_and_a_full_disk_change_nothing(words, out, monkeypatch, *, killed):
    """The folder is as it was, and nothing else is left that the next run would trip over."""
    before = bytes_in(out)
    if killed:
        died = python("-c", DIES, *words)
        assert died.returncode == -signal.SIGKILL
    else:

        def full(_handle):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patched:
            patched.setattr("rfmtool.outputs.publish.os.fsync", full)
            failed = rfmtool(*words)
        assert failed.exit_code == 3
        assert "no space left" in failed.stderr
    assert bytes_in(out) == before


def assert_a_clock_that_goes_back_loses_nothing(words, out, day):
    """A run of the day before, and then of the day again, ends where it began.

    Only that the export has grown since is told of the day before.
    """
    customers, history = (out / "customers.csv").read_bytes(), points_of(out)
    at = words.index("--as-of") + 1
    for other in (day - timedelta(1), day):
        again = rfmtool(*words[:at], other.isoformat(), *words[at + 1 :])
        assert again.exit_code == 0, again.stderr
    assert (out / "customers.csv").read_bytes() == customers
    assert points_of(out) == history


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_history_adds_up_night_after_night(tmp_path, monkeypatch):
    shop, out = Shop(), tmp_path / "out"
    scales, before, begun = (), {}, {}
    for night in range(NIGHTS):
        day = FIRST + timedelta(night)
        did = shop.merge("c3", "c4") if night == MERGES else set()
        did |= shop.open(day)
        words = ("run", shop.export(tmp_path / "orders.csv"), "-o", out, "--quiet", "--no-page",
                 "--as-of", day.isoformat(), "--keep-runs", str(KEEP), *scales)  # fmt: skip
        if night % 20 in (8, 15):
            assert_a_kill_and_a_full_disk_change_nothing(
                words, out, monkeypatch, killed=night % 20 == 8
            )
        for _ in range(1 + (night % 7 == 3)):  # now and then it is started twice
            first = bytes_in(out) if out.exists() else {}
            assert rfmtool(*words).exit_code == 0
        assert night % 7 != 3 or first == bytes_in(out)

        now = {row["customer_id"]: row for row in rows_of(out / "customers.csv")}
        changes = rows_of(out / "changes.csv")
        assert_moves_are_told(changes, before, now, did, frozen=night > FREEZES + 1)
        assert_history_adds_up(out, day, len(now), night + 1)
        for who, row in now.items():
            if before.get(who, {}).get("stage") != row["stage"]:
                begun[who] = day.isoformat()
            assert row["stage_since_on"] == begun[who]
        if night % 10 == 6:
            assert_a_clock_that_goes_back_loses_nothing(words, out, day)
        kept = json.loads((out / "manifest.json").read_bytes())["previous"]
        assert len(kept) == min(night, KEEP)
        if night == FREEZES:
            scales = (
                "--scales",
                written(tmp_path / "scales.json", (out / "scales.json").read_bytes()),
            )
        before = now
    assert names_in(tmp_path) == ["orders.csv", "out", "scales.json"]
