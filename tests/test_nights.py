"""Many nights in a row: history adds up, causes are right by construction, memory is bounded."""

import csv
import json
import random
from datetime import date, timedelta

from hypothesis import settings
from shell import files_of, rfmtool, written

NIGHTS = 500 if settings.default.max_examples >= 1_000 else 20
KEEP = 3
HEADER = "customer_id,order_id,ordered_at,amount\n"
FIRST = date(2024, 1, 1)
COLUMNS = ("stage", "segment", "activity")
FREEZES = 6
"""The night after which cut points stay as they are."""


class Shop:
    """A shop whose export grows; Sundays it is closed, and every fifth night corrects the past."""

    def __init__(self):
        self.chance, self.orders = random.Random(7), []  # noqa: S311 - made-up orders

    def open(self, day):
        """Sell for a day; returns who did anything, or whose past was corrected."""
        sold = 0 if day.weekday() == 6 else self.chance.randint(1, 4)
        for number in range(sold):
            who, amount = f"c{self.chance.randrange(12)}", self.chance.randint(5, 90)
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


def bytes_in(out):
    return {name: (out / name).read_bytes() for name in files_of(out) if (out / name).is_file()}


def assert_moves_are_told(changes, before, now, did, *, frozen):
    """Changes are all that differs, and whoever did nothing moved by something else."""
    for column in COLUMNS if before else ():
        moved = {who: row[column] for who, row in now.items()
                 if before.get(who, {}).get(column) != row[column]}  # fmt: skip
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


def test_history_adds_up_night_after_night(tmp_path):
    shop, out = Shop(), tmp_path / "out"
    scales, before, begun = (), {}, {}
    for night in range(NIGHTS):
        day = FIRST + timedelta(night)
        did = shop.open(day)
        words = ("run", shop.export(tmp_path / "orders.csv"), "-o", out, "--quiet", "--no-page",
                 "--as-of", day.isoformat(), "--keep-runs", str(KEEP), *scales)  # fmt: skip
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
        kept = json.loads((out / "manifest.json").read_bytes())["previous"]
        assert len(kept) == min(night, KEEP)
        if night == FREEZES:
            scales = (
                "--scales",
                written(tmp_path / "scales.json", (out / "scales.json").read_bytes()),
            )
        before = now
