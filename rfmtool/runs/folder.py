"""What a run writes into its folder: tables, lists, scales, summary, and last the manifest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool.arrays import Ints, text_bytes
from rfmtool.columns import GROUP_NOUNS
from rfmtool.manifest import MANIFEST, SCHEMA, TOOL
from rfmtool.memory import release_memory
from rfmtool.outputs.files import Hashed, file_stems, write_json, write_text
from rfmtool.outputs.lists import list_jobs, write_rows
from rfmtool.outputs.tables import labels_as_text, to_rows
from rfmtool.outputs.text import TextOptions, header_line, text_lines
from rfmtool.pages.html import run_page
from rfmtool.placing.activity import missing_regulars
from rfmtool.placing.channels import contacts_known
from rfmtool.placing.contact_limits import is_eligible
from rfmtool.placing.playbook import WORKLIST_ORDER_COLUMNS, call_queue, worklist_order
from rfmtool.placing.tasks import TASKS
from rfmtool.runs.calls import call_sheet, collect_call_rows, needs_call, task_call_rows
from rfmtool.runs.evidence import evidence_kept, money_tables
from rfmtool.runs.finished import RULES, SUMMARY
from rfmtool.runs.history import has_timeline, timeline_from_history
from rfmtool.runs.holdouts import holdouts_data, holdouts_table, reading_data
from rfmtool.runs.moves import rules_text
from rfmtool.runs.previous import RunWithPrevious
from rfmtool.runs.workbook import write_book
from rfmtool.sources.rows.rejects import Rejects
from rfmtool.sources.source import FileSource, Source
from rfmtool.summaries.condensed import start_timeline
from rfmtool.summaries.relationship import task_lists
from rfmtool.summaries.summary import summarise
from rfmtool.threads import background_pool
from rfmtool.version import __version__

if TYPE_CHECKING:
    from rfmtool.pipeline import Result

REJECTS: Final = "rejects.csv"
PAGE: Final = "report.html"
_LIST_COLUMN: Final = {GROUP_NOUNS[column]: column for column in ("segment", "stage", "action")}
LISTS: Final = tuple(_LIST_COLUMN)
_URGENT: Final = ("actions",)
"""The lists that somebody works through from the top."""


@dataclass(frozen=True)
class PageOptions:
    """How numbers are written on the page of a run, and the shop's name on it."""

    locale: str = "en"
    title: str | None = None


@dataclass(frozen=True)
class FolderOptions:
    """Which kinds of table files and which lists to write, and how text is written."""

    tables: Sequence[str] = ("csv",)
    lists: Sequence[str] = LISTS
    text: TextOptions = field(default_factory=TextOptions)
    calls: int | None = None
    """How many people to list that are to be called first."""
    rejects: bool = False
    """Whether to list the rows that cannot be read."""
    page: PageOptions | None = field(default_factory=PageOptions)
    """None writes no page, and computes nothing for it alone."""

    @property
    def lists_as(self) -> str | None:
        """The kind of table that lists to work through are; files rather than sheets."""
        return min(self.tables, key="xlsx".__eq__) if "actions" in self.lists else None


def write_files(
    memory: RunWithPrevious, place: Path, command: Sequence[str], options: FolderOptions
) -> dict[str, Any]:
    """Write all files of a run into an empty folder, the manifest last.

    Returns:
        The summary that is written: of the result, and of what a second look at the export shows.
    """
    result, outputs, left_out = memory.result, [], 0
    if options.rejects:
        written, left_out = _write_rejects(result.rejects(), place, options.text)
        outputs.append(written)
    with background_pool() as beside:
        tables, lists, calls = _write_customers(result, place, options, beside)
        release_memory()
        earlier = None
        if options.page and not has_timeline(memory.folder, result.as_of):
            earlier = start_timeline(result, beside)
        summary = summarise(result, left_out) if left_out else result.summary
        timeline = earlier() if earlier else None  # here, to take part: the block's end only waits
        outputs += [*tables, *(written.result() for written in lists)]
    summary = {**summary, "lists_as": options.lists_as}
    if "xlsx" in options.tables:
        written, warned = _write_book(result, calls, place, options, summary)
        outputs.append(written)
        summary = {**summary, "warnings": [*summary["warnings"], *warned]}
    scales = {"schema": SCHEMA, **result.scales.as_data(), **holdouts_data(result)}
    outputs.append(write_json(place, "scales.json", scales))
    held_out = {"holdouts": holdouts_table(result.holdouts)} if len(result.holdouts) else {}
    for name, kept in {**held_out, **money_tables(result), **evidence_kept(result)}.items():
        outputs.append(
            write_rows(place, name, kept.to_reader(), "csv", options.text).manifest_entry
        )
    left = memory.write(place, summary, options.text)
    outputs += left.outputs
    warnings = [*summary["warnings"], *left.warnings]
    summary = {**summary, "since": memory.since, "warnings": warnings}
    if options.page:
        timeline = timeline if earlier else timeline_from_history(left.points)
        summary = {**summary, "title": options.page.title, "timeline": timeline}
        outputs.append(write_text(place, PAGE, run_page(summary, options.page.locale)))
    outputs.append(write_json(place, SUMMARY, summary))
    outputs.append(write_text(place, RULES, rules_text(result.rules)))
    about = {**_manifest(result, command), **left.about, "inputs": inputs(result)}
    write_json(place, MANIFEST, {**about, "outputs": outputs})
    return summary


def _manifest(result: Result, command: Sequence[str]) -> dict[str, Any]:
    """What wrote a folder, and how the export was read."""
    is_on_cluster = result.settings.remote or result.grouped.export.remote
    return {
        "tool": TOOL,
        "schema": SCHEMA,
        "kind": "run",
        "version": __version__,
        "command": list(command),
        "as_of": result.as_of.isoformat(),
        **reading_data(result),
        **({"engine": "spark"} if is_on_cluster else {}),
    }


def _write_customers(
    result: Result, place: Path, options: FolderOptions, beside: Executor
) -> tuple[list[dict[str, Any]], list[Future[dict[str, Any]]], dict[str, pd.DataFrame]]:
    """Write everybody and call sheets as text and Parquet, lists `beside`; gives the sheets too."""
    outputs, calls = list[dict[str, Any]](), dict[str, pd.DataFrame]()
    lists: list[Future[dict[str, Any]]] = []
    with_tasks = any(task.table in result.grouped.evidence for task in TASKS.values())
    # The next run takes customers.csv up, so it is always there.
    for kind in [one for one in dict.fromkeys(("csv", *options.tables)) if one != "xlsx"]:
        spoken: list[pd.DataFrame] = []
        parts = collect_call_rows(result.parts_collecting_figures(), spoken, with_tasks=with_tasks)
        rows = to_rows(parts, result.columns)
        table = write_rows(place, "customers", rows, kind, options.text)
        outputs.append(table.manifest_entry)
        calls = calls or _call_sheets(result, pd.concat(spoken), options)
        if kind in options.tables:
            lists += map(beside.submit, list_jobs(place, table, list_rows(result, options)))
            outputs += [
                write_rows(place, name, _called(rows), kind, options.text).manifest_entry
                for name, rows in calls.items()
            ]
    return outputs, lists, calls


def inputs(result: Result, *, hashed: bool = False) -> list[dict[str, Any]]:
    """Name, stored bytes and rows of each file that was read; of evidence also its table.

    With `hashed` also the SHA-256 of its bytes, for which each is read once more; None of what is
    no file.
    """
    rows, told = result.ledger.rows_by_file, list[tuple[Source, dict[str, Any]]]()
    for source in result.grouped.export.sources:
        told.append((source, {"bytes": source.stored_bytes, "rows": rows.get(source.name, 0)}))
    for table, read in (result.evidence.ledgers if result.evidence else {}).items():
        for source in (one.source for one in read.files):
            counts = {"bytes": read.stored_bytes[source.name],
                      "rows": read.rows.rows_by_file.get(source.name, 0)}  # fmt: skip
            told.append((source, {**counts, "table": table}))
    if hashed:
        for source, about in told:
            about["sha256"] = source.file.sha256() if isinstance(source, FileSource) else None
    return [{"name": source.name, **about} for source, about in told]


def _write_rejects(
    parts: Iterator[Rejects], place: Path, text: TextOptions
) -> tuple[dict[str, Any], int]:
    """Write rejects.csv, which only its owner may read: raw cells can be anything.

    Returns:
        What the manifest says of it, and how many rows are left out for whom they name.
    """
    header, rows, left_out = next(parts), 0, 0  # the first has only the columns
    handle = os.open(place / REJECTS, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        hashed = Hashed(file)
        hashed.write(header_line(header.rows.column_names, text))
        for part in parts:
            for lines in text_lines(part.rows.to_batches(), text):
                hashed.write(text_bytes(lines)[1].data)
            rows, left_out = rows + len(part.rows), left_out + part.left_out
    return {"name": REJECTS, "rows": rows, "sha256": hashed.hash.hexdigest()}, left_out


def list_rows(result: Result, options: FolderOptions) -> dict[str, Ints]:
    """The rows of each list by its name: who is missed, who is in which group, who is mailed."""
    people = result.figures.frame
    valued, is_listed = (
        people[people.columns.intersection([*WORKLIST_ORDER_COLUMNS])],
        is_eligible(people),
    )

    def by_value(rows: Ints) -> Ints:
        """In the order in which a list is worked through."""
        return rows[worklist_order(valued.iloc[rows])]

    missing = np.flatnonzero(missing_regulars(people) & is_listed)
    lists = {"missing_regulars": by_value(missing)} if len(missing) else {}
    mailed = people["channel"].eq("email").to_numpy() & contacts_known(result.columns)
    for folder in options.lists:
        groups = people[_LIST_COLUMN[folder]].astype("category")
        codes = groups.cat.codes.to_numpy()
        for label, stem in file_stems(sorted(groups.cat.categories)).items():
            members = codes == groups.cat.categories.get_loc(label)
            rows = np.flatnonzero(members & is_listed if folder in _URGENT else members)
            if len(rows):
                lists[f"{folder}/{stem}"] = by_value(rows) if folder in _URGENT else rows
            if folder in _URGENT and len(rows := rows[mailed[rows]]):
                lists[f"{folder}/{stem}.email"] = by_value(rows)
    if "actions" in options.lists:
        lists |= {f"tasks/{name}": rows for name, rows in task_lists(result).items() if len(rows)}
    return lists


def _call_sheets(
    result: Result, spoken: pd.DataFrame, options: FolderOptions
) -> dict[str, pd.DataFrame]:
    """The call sheet, and each action's phone list: who is to be called, the most urgent first."""
    known = contacts_known(result.columns)
    if not (known or options.calls):
        return {}
    queue = call_queue(spoken[is_eligible(spoken) & needs_call(spoken)])
    in_all = pd.concat([queue, *task_call_rows(spoken, task_lists(result))])
    if not len(in_all):
        return {}
    sheet = call_sheet(result, in_all)
    parts = {"calls": sheet.head(options.calls) if options.calls else sheet}
    if known and "actions" in options.lists:
        stems = file_stems(sorted(result.figures.frame["action"].astype("category").cat.categories))
        for action, rows in sheet.head(len(queue)).groupby("action", observed=True, sort=True):
            parts[f"actions/{stems[str(action)]}.phone"] = rows
    return parts


def _called(rows: pd.DataFrame) -> pa.RecordBatchReader:
    return to_rows(iter([rows]), tuple(rows.columns))


def _write_book(
    result: Result,
    calls: Mapping[str, pd.DataFrame],
    place: Path,
    options: FolderOptions,
    summary: Mapping[str, Any],
) -> tuple[dict[str, Any], list[str]]:
    """Write the workbook, in which all lists are sheets."""
    customers = labels_as_text(to_rows(result.parts(), result.columns)).read_all()
    lists = {
        name: customers.take(pa.array(places))
        for name, places in list_rows(result, options).items()
    }
    called = {name: labels_as_text(_called(rows)).read_all() for name, rows in calls.items()}
    worked_through = ("calls", "actions/")
    both = {**called, **lists}
    ordered = sorted(both, key=lambda name: not name.startswith(worked_through))
    return write_book(place, summary, customers, {name: both[name] for name in ordered})
