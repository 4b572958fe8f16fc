"""The contact log, appended to: who of a list was contacted, when, and with what outcome."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import pyarrow as pa

from rfmtool.errors import InputError, UsageError
from rfmtool.locations import check_is_local_path
from rfmtool.manifest import read_manifest
from rfmtool.outputs.lock import exclusive_lock
from rfmtool.outputs.publish import published_file
from rfmtool.outputs.system_errors import system_failures
from rfmtool.runs.finished import read_verified
from rfmtool.runs.texts import is_raw, text_table
from rfmtool.sources.cells.date_formats import ISO
from rfmtool.sources.cells.dates import read_days

LOG: Final = (
    "customer_id", "action", "contacted_on", "channel", "direction", "answered_on", "outcome",
    "reason", "snooze_until", "minutes", "cost",
)  # fmt: skip
"""The columns of a contact log that is begun here."""
_NEEDED: Final = LOG[:3]
_DAYS: Final = ("contacted_on", "snooze_until", "answered_on")
_OUTCOMES: Final = ("reached", "no_answer", "replied", "refused", "unsubscribed", "bought")
_KEYS: Final = ("customer_id", "action", "contacted_on", "outcome")
Row = Mapping[str, str]


def append_contacts(  # noqa: PLR0913 - what is said of a list
    folder: Path,
    name: str,
    log: Path,
    day: date,
    *,
    customers: Sequence[str] | None = None,
    file: Path | None = None,
    shared: bool = False,
) -> tuple[int, int]:
    """Append to the contact log who of a list was contacted.

    Args:
        folder: of a finished run.
        name: of the list: an action, or a path such as actions/welcome.csv.
        log: the contact log; it is begun where there is none.
        day: when they were contacted, where the file does not say.
        customers: who of the list; by default everybody whom any channel reaches.
        file: the list handed back with an outcome column filled in; who has none is left out.
        shared: let others read the log.

    Returns:
        How many rows were added, and how many were there already.

    Raises:
        InputError: the folder has no such list, a file cannot be read, or writes its days otherwise
            than as YYYY-MM-DD, as the log does from here on.
        UsageError: somebody is not on the list, or an outcome is unknown.
        SystemFailureError: the system refuses, or somebody else is writing the log.
    """
    stem, listed = _list(folder, name)
    if file is not None:
        told = [row for row in _table(file, file.name) if row.get("outcome", "").strip()]
        for number, row in enumerate(told, start=1):
            if row["outcome"].strip().lower() not in _OUTCOMES:
                raise UsageError(
                    f"{file}: the outcome of the {number:,}. row that has one is not known",
                    f"Outcomes are {', '.join(_OUTCOMES)}.",
                )
        _check_days(str(file), told)
    else:
        # By whatever channel is left, as far as the list tells of channels.
        reached = [one for one, rows in listed.items()
                   if any("channel" not in row or row["channel"] for row in rows)]  # fmt: skip
        told = [{"customer_id": one} for one in (reached if customers is None else customers)]
    # Somebody may stand on a call sheet for an action and for a task.
    meant = [
        [one for one in mine if one["action"] == row.get("action")] or mine
        for row in told
        for mine in [listed.get(row.get("customer_id", ""), [])]
    ]
    strangers = [mine for mine in meant if not mine]
    if strangers:
        raise UsageError(
            f"{len(strangers):,} of {len(told):,} customers are not on the list {stem}",
            "Write their ids as the list does, or name the list that they are on.",
        )
    rows = [_row(row, one, day) for row, mine in zip(told, meant, strict=True) for one in mine]
    check_is_local_path(str(log))
    with system_failures(str(log)):
        log = log.resolve()  # a link keeps pointing where it does
    with exclusive_lock(log):
        return _append(log, rows, shared=shared)


def _list(folder: Path, name: str) -> tuple[str, dict[str, list[Row]]]:
    """The path of a list in its folder, and its rows by customer."""
    manifest = read_manifest(folder) or {"outputs": ()}
    known = [output["name"] for output in manifest["outputs"] if output["name"].endswith(".csv")]
    stem = name.removesuffix(".csv")
    wanted = (f"actions/{stem}.csv", f"tasks/{stem}.csv", f"{stem}.csv")
    path = next((one for one in wanted if one in known), None)
    if path is None:
        if not known:
            read_verified(folder, wanted[0])  # which says what is wrong
        lists = ", ".join(
            PurePosixPath(one).stem for one in known if one.startswith(("actions/", "tasks/"))
        )
        hint = f"Lists are {lists}." if lists else "Run again with --tables csv,xlsx for lists."
        raise InputError(f"{folder}: there is no list {name!r}", hint)
    table = text_table(read_verified(folder, path), raw_text=is_raw(manifest))
    if not {"customer_id", "action"} <= {*table.column_names}:
        raise InputError(f"{folder}: {path} is no list of people to contact", "Name an action.")
    is_task = path.startswith("tasks/")  # beside the action, and by whatever channel
    known = [name for name in LOG if name in table.column_names]
    rows = table.select([name for name in known if not (is_task and name == "channel")]).to_pylist()
    if is_task:
        rows = [{**row, "action": PurePosixPath(path).stem} for row in rows]
    listed: dict[str, list[Row]] = {}
    for row in rows:
        listed.setdefault(row["customer_id"], []).append(row)
    return path, listed


def _row(told: Row, listed: Row, day: date) -> dict[str, str]:
    """A row of the log: what was told, else what the list and the day say."""
    channel = listed.get("channel") or ""
    said = {name: (told.get(name) or "").strip() for name in LOG}
    if "cost" in listed:  # of the goods that they ordered, and of no contact
        said["cost"] = ""
    if said["snooze_until"] == listed.get("snooze_until"):  # what they had asked for before
        said["snooze_until"] = ""
    return {
        **said,
        "customer_id": listed["customer_id"],
        "action": listed["action"],
        "contacted_on": said["contacted_on"] or day.isoformat(),
        "channel": said["channel"] or ("" if "," in channel else channel),
        "direction": said["direction"] or "out",
        "outcome": said["outcome"].lower(),
    }


def _table(path: Path, what: str) -> list[dict[str, str]]:
    """The rows of a CSV, by its header; its divider is found as spreadsheets write it."""
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
    divider = max(",;\t", key=header.count)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=divider))
    names = {name.strip().lower() for name in next(csv.reader([header], delimiter=divider), [])}
    missing = {"customer_id", "outcome"} - names
    if missing:
        raise InputError(
            f"{what}: has no column {min(missing)}",
            "Fill in the list as the run wrote it, with a column outcome.",
        )
    return [
        {(name or "").strip().lower(): _plain(cell) for name, cell in row.items()} for row in rows
    ]


def _plain(cell: object) -> str:
    """A cell without the mark that keeps a spreadsheet from running it."""
    text = cell if isinstance(cell, str) else ""
    return text[1:] if text[:1] == "'" and text[1:2] in set("=@+-\t\r") else text


def _check_days(where: str, rows: Sequence[Row]) -> None:
    """Check that the days of contacts are ISO dates, as those that are added."""
    for name in _DAYS:
        days = [day for row in rows if (day := (row.get(name) or "").strip())]
        _, unread = read_days(pa.array(days, pa.string()), ISO)
        if unread is not None:
            raise InputError(
                f"{where}: {np.count_nonzero(unread):,} of {len(days):,} days in {name} are not"
                " written as YYYY-MM-DD, as contacts are added here",
                "Write that column as 2025-08-31 and run it again; nothing was added.",
            )


def _append(log: Path, rows: Sequence[Row], *, shared: bool) -> tuple[int, int]:
    """Write the log anew with rows at its end, those that are not in it yet."""
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
    old = list(csv.DictReader(io.StringIO(text, newline="")))
    _check_days(str(log), old)
    unwritten = [n for n in LOG if n not in header and any(row[n] for row in rows)]
    known = {tuple(row.get(name) or "" for name in _KEYS) for row in old}
    new = [row for row in rows if tuple(row[name] for name in _KEYS) not in known]
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(
        lines, [*header, *unwritten], lineterminator="\n", extrasaction="ignore", restval=""
    )
    if unwritten or not text:
        writer.writeheader()
        writer.writerows(old)
        text = ""
    elif not text.endswith("\n"):
        text += "\n"
    writer.writerows(new)
    with published_file(log, shared=shared) as target:
        target.write((text + lines.getvalue()).encode())
    return len(new), len(rows) - len(new)
