"""Append to the contact log which customers of a list were contacted, when, with what outcome."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import pyarrow as pa

from rfmtool.errors import InputError, UsageError
from rfmtool.locations import check_is_local_path
from rfmtool.outputs.lock import exclusive_lock
from rfmtool.outputs.publish import published_file
from rfmtool.outputs.system_errors import system_failures
from rfmtool.placing.tasks import TASKS
from rfmtool.runs.finished import RunFolder
from rfmtool.sources.cells.date_formats import ISO
from rfmtool.sources.cells.dates import read_days

LOG: Final = (
    "customer_id", "action", "contacted_on", "channel", "direction", "answered_on", "outcome",
    "reason", "snooze_until", "minutes", "cost",
)  # fmt: skip
"""The columns of a new contact log."""
_NEEDED: Final = LOG[:3]
_DAY_COLUMNS: Final = ("contacted_on", "snooze_until", "answered_on")
_OUTCOMES: Final = ("reached", "no_answer", "replied", "refused", "unsubscribed", "bought")
_NUMBER: Final = re.compile(r"(\W*\d[\d.,' ]*\W*)?")
_KEY_COLUMNS: Final = (
    "customer_id", "action", "contacted_on", "outcome", "channel", "snooze_until",
)  # fmt: skip
_OF_PLAYBOOK: Final = " channel"
"""Of rows of a task, the channel of their action, which is not that of the task."""
Row = Mapping[str, str]


def append_contacts(  # noqa: PLR0913 - the options of `rfmtool done`
    folder: Path,
    name: str,
    log: Path,
    day: date,
    *,
    customers: Sequence[str] | None = None,
    file: Path | None = None,
    shared: bool = False,
) -> tuple[int, int]:
    """Append the contacted customers of a list to the contact log.

    Args:
        folder: the folder of a finished run.
        name: an action, or the path of a list such as actions/welcome.csv.
        log: the contact log; it is created where there is none.
        day: the day of contact where the file has none.
        customers: ids on the list; by default all that some channel reaches.
        file: the list with its outcome column filled in; rows without an outcome are skipped.
        shared: let other users read the log.

    Returns:
        The number of rows added, and of those that were in the log already.

    Raises:
        InputError: the folder has no such list, or a file cannot be read or has days that are not
            written as YYYY-MM-DD, as the log has them.
        UsageError: a customer is not on the list, or an outcome is unknown.
        SystemFailureError: the system refuses, or another process is writing the log.
    """
    path, listed = _read_list(folder, name, may_be_gone=file is not None)
    if file is not None:
        contacted = [row for row in _read_filled_in(file) if row.get("outcome", "").strip()]
        for number, row in enumerate(contacted, start=1):
            if row["outcome"].strip().lower() not in _OUTCOMES:
                raise UsageError(
                    f"{file}: the outcome of the {number:,}. row that has one is not known",
                    f"Outcomes are {', '.join(_OUTCOMES)}.",
                )
        _check_days(str(file), contacted)
        for column in ("minutes", "cost"):
            if not all(_NUMBER.fullmatch(row.get(column, "").strip()) for row in contacted):
                raise InputError(
                    f"{file}: column {column} has cells that are no numbers",
                    "Write numbers there and words into reason; nothing was added.",
                )
        if not {row.get("customer_id", "") for row in contacted} <= listed.keys():
            listed = _of_earlier_list(folder, path, contacted) | listed
    else:
        reached = [id_ for id_, rows in listed.items()
                   if any("channel" not in row or row["channel"] for row in rows)]  # fmt: skip
        contacted = [{"customer_id": id_} for id_ in (reached if customers is None else customers)]
    rows, missing = list[dict[str, str]](), 0
    for row in contacted:
        candidates = listed.get(row.get("customer_id", ""), [])
        # A call sheet may list a customer for an action and for a task.
        same_action = [entry for entry in candidates if entry["action"] == row.get("action")]
        rows += [_log_row(row, entry, day) for entry in same_action or candidates]
        missing += not candidates
    if missing:
        raise UsageError(
            f"{missing:,} of {len(contacted):,} customers are not on the list {path}",
            "Write their ids as the list does, or name the list that they are on.",
        )
    check_is_local_path(str(log))
    with system_failures(str(log)):
        log = log.resolve()  # a symbolic link stays one
    with exclusive_lock(log):
        return _append(log, rows, shared=shared)


def _read_list(folder: Path, name: str, *, may_be_gone: bool) -> tuple[str, dict[str, list[Row]]]:
    """The path of a list within its folder, and its rows by customer.

    `may_be_gone` says that the list may be of an earlier run, and have nobody on it now.
    """
    run = RunFolder.open(folder)
    known = [name for name in run.digests if name.endswith(".csv")]
    stem = name.removesuffix(".csv")
    wanted = (f"actions/{stem}.csv", f"tasks/{stem}.csv", f"{stem}.csv")
    path = next((candidate for candidate in wanted if candidate in known), None)
    if path is None:
        if may_be_gone and stem in {*TASKS, *(row.label for row in run.rules().playbook)}:
            return wanted[stem in TASKS], {}
        names = [file for file in known if file.startswith(("actions/", "tasks/"))]
        lists = ", ".join(PurePosixPath(file).stem for file in names)
        hint = f"Lists are {lists}." if lists else "Run again with --tables csv,xlsx for lists."
        raise InputError(f"{folder}: there is no list {name!r}", hint)
    table = run.text_table(path)
    if not {"customer_id", "action"} <= {*table.column_names}:
        raise InputError(f"{folder}: {path} is no list of people to contact", "Name an action.")
    rows = table.select([name for name in LOG if name in table.column_names]).to_pylist()
    return path, _by_customer(path, rows)


def _by_customer(path: str, rows: Iterable[dict[str, str]]) -> dict[str, list[Row]]:
    """The rows of a list by customer, with action and channel as of a contact."""
    listed: dict[str, list[Row]] = {}
    for row in rows:
        if path.startswith("tasks/"):  # there, action and channel are those of the playbook
            row[_OF_PLAYBOOK] = row.pop("channel", "")
            row["action"] = PurePosixPath(path).stem
        elif path == "calls.csv" or path.endswith(".phone.csv"):  # they have no column of channels
            row["channel"] = "phone"
            row.pop("cost", None)
        listed.setdefault(row["customer_id"], []).append(row)
    return listed


def _of_earlier_list(folder: Path, path: str, back: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of those customers of the run who are handed back, on the list by now or not."""
    run = RunFolder.open(folder)
    people = run.customers(run.summary(), None).to_pandas()
    people = people[people.columns.intersection(["customer_id", "snooze_until", "cost"])]
    people = people[people["customer_id"].isin([row.get("customer_id") for row in back])]
    known = people.set_index("customer_id", drop=False).to_dict("index")
    rows, name = list[Any](), PurePosixPath(path).name.split(".")[0]
    for row in back:
        id_, written = row.get("customer_id"), row.get("action", "")
        action = written if path == "calls.csv" else name
        if id_ in known and (action in TASKS or (action and written in {"", action})):
            rows.append({**known[id_], "action": action, "channel": row.get("channel", "")})
    return _by_customer(path, rows)


def _log_row(contact: Row, listed: Row, day: date) -> dict[str, str]:
    """A row of the log: cells as filled in, defaults from the list and the day."""
    channel = listed.get("channel") or ""
    cells = {name: (contact.get(name) or "").strip() for name in LOG}
    if "cost" in listed:  # there it is the cost of goods, not of the contact
        cells["cost"] = ""
    if cells["channel"] == listed.get(_OF_PLAYBOOK):
        cells["channel"] = ""
    if cells["snooze_until"] == listed.get("snooze_until"):  # from an earlier contact
        cells["snooze_until"] = ""
    return {
        **cells,
        "customer_id": listed["customer_id"],
        "action": listed["action"],
        "contacted_on": cells["contacted_on"] or day.isoformat(),
        "channel": cells["channel"] or ("" if "," in channel else channel),
        "direction": cells["direction"] or "out",
        "outcome": cells["outcome"].lower(),
    }


def _read_filled_in(path: Path) -> list[dict[str, str]]:
    """The rows of a list saved by a spreadsheet, whose delimiter can be any of `,;` and tab."""
    check_is_local_path(str(path))
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        hint = "Name the list that came back."
        raise InputError(f"{path}: there is no such file", hint) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise InputError(f"{path}: {reason.lower()}", "Save it as CSV in UTF-8.") from None
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = _csv_rows(text, str(path), delimiter)
    names = {name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])}
    missing = {"customer_id", "outcome"} - names
    if missing:
        raise InputError(
            f"{path.name}: has no column {min(missing)}",
            "Fill in the list as the run wrote it, with a column outcome.",
        )
    return [{(name or "").strip().lower(): _unescaped(cell) for name, cell in row.items()}
            for row in rows]  # fmt: skip


def _csv_rows(text: str, where: str, delimiter: str = ",") -> list[dict[str, str]]:
    lines = io.StringIO(text, newline="")
    try:
        return list(csv.DictReader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        raise InputError(
            f"{where}: cannot be read to its end, as a quote that opens a cell is not closed",
            "Mend it, or save it anew as CSV; nothing was added.",
        ) from None


def _unescaped(cell: object) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it as a formula."""
    text = cell if isinstance(cell, str) else ""
    return text[1:] if text[:1] == "'" and text[1:2] in set("=@+-\t\r") else text


def _check_days(where: str, rows: Sequence[Row]) -> None:
    """Check that the days of contacts are ISO dates, as in the rows to be added."""
    for name in _DAY_COLUMNS:
        days = [day for row in rows if (day := (row.get(name) or "").strip())]
        _, unread = read_days(pa.array(days, pa.string()), ISO)
        if unread is not None:
            raise InputError(
                f"{where}: {np.count_nonzero(unread):,} of {len(days):,} days in {name} are not"
                " written as YYYY-MM-DD, as contacts are added here",
                "Write that column as 2025-08-31 and run it again; nothing was added.",
            )


def _append(log: Path, rows: Sequence[Row], *, shared: bool) -> tuple[int, int]:
    """Rewrite the log with the new rows at its end; returns numbers of new and known rows."""
    text = ""
    if log.exists():
        try:
            with system_failures(str(log)):
                text = log.read_text("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError(f"{log}: is not UTF-8 text", "Save it as CSV in UTF-8.") from None
    header = next(csv.reader(io.StringIO(text, newline="")), list(LOG))
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise InputError(
            f"{log}: has no column {missing[0]}, so it is no contact log of ours",
            f"Its header has {', '.join(_NEEDED)}, and any of {', '.join(LOG[3:])}.",
        )
    old = _csv_rows(text, str(log))
    _check_days(str(log), old)
    added = [name for name in LOG if name not in header and any(row[name] for row in rows)]
    known = {tuple(row.get(name) or "" for name in _KEY_COLUMNS) for row in old}
    by_key = {tuple(row[name] for name in _KEY_COLUMNS): row for row in rows}
    new = [row for key, row in by_key.items() if key not in known]
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(
        lines, [*header, *added], lineterminator="\n", extrasaction="ignore", restval=""
    )
    if added or not text:
        writer.writeheader()
        writer.writerows(old)
        text = ""
    elif not text.endswith("\n"):
        text += "\n"
    writer.writerows(new)
    with published_file(log, shared=shared) as target:
        target.write((text + lines.getvalue()).encode())
    return len(new), len(rows) - len(new)
