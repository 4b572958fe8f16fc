"""Write the folder of a run: tables, lists, scales, summary, and the manifest last."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool.arrays import Ints, text_bytes
from rfmtool.columns import GROUP_NOUNS
from rfmtool.documents import Data
from rfmtool.manifest import MANIFEST, SCHEMA, TOOL
from rfmtool.memory import release_memory
from rfmtool.outputs.files import Hashed, file_stems, write_bytes, write_json
from rfmtool.outputs.lists import list_jobs, write_rows
from rfmtool.outputs.tables import labels_as_text, to_rows
from rfmtool.outputs.text import TextOptions, header_line, text_lines
from rfmtool.pages.html import run_page
from rfmtool.placing.activity import missing_regulars
from rfmtool.placing.channels import contacts_known
from rfmtool.placing.contact_limits import is_eligible, opted_out_by_channel
from rfmtool.placing.playbook import WORKLIST_ORDER_COLUMNS, call_queue, worklist_order
from rfmtool.placing.tasks import TASKS
from rfmtool.runs.calls import call_sheet, collect_call_rows, needs_call, task_call_rows
from rfmtool.runs.evidence import evidence_kept, money_tables
from rfmtool.runs.finished import RULES, SUMMARY
from rfmtool.runs.history import has_timeline, timeline_from_history
from rfmtool.runs.holdouts import holdouts_data, holdouts_table, reading_data
from rfmtool.runs.kept_runs import PREVIOUS
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
_WORKLISTS: Final = ("actions",)
"""The lists to work through from the top, without people on holdout or at rest."""


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
    """The length of the call sheet; None lists all."""
    rejects: bool = False
    """Whether to list the rows that cannot be read."""
    page: PageOptions | None = field(default_factory=PageOptions)
    """None writes no page, and skips what only the page needs."""

    @property
    def lists_as(self) -> str | None:
        """The file kind of action lists, other kinds before xlsx; None without such lists."""
        return min(self.tables, key="xlsx".__eq__) if "actions" in self.lists else None


def write_files(
    run: RunWithPrevious, folder: Path, command: Sequence[str], options: FolderOptions
) -> dict[str, Any]:
    """Write all files of a run into an empty folder, the manifest last; returns the summary."""
    result, outputs, left_out = run.result, [], 0
    if options.rejects:
        entry, left_out = _write_rejects(result.rejects(), folder, options.text)
        outputs.append(entry)
    with background_pool() as pool:
        tables, lists, calls = _write_customers(result, folder, options, pool)
        release_memory()
        finish_timeline = None
        if options.page and not has_timeline(run.folder, result.as_of):
            finish_timeline = start_timeline(result, pool)
        summary = summarise(result, left_out) if left_out else result.summary
        # Within the block, where this thread takes a share of the work.
        timeline = finish_timeline() if finish_timeline else None
        outputs += [*tables, *(job.result() for job in lists)]
    summary = {**summary, "lists_as": options.lists_as}
    if "xlsx" in options.tables:
        entry, warnings = _write_book(result, calls, folder, options, summary)
        outputs.append(entry)
        summary = {**summary, "warnings": [*summary["warnings"], *warnings]}
    scales = {"schema": SCHEMA, **result.scales.as_data(), **holdouts_data(result)}
    outputs.append(write_json(folder, "scales.json", scales))
    holdouts = {"holdouts": holdouts_table(result.holdouts)} if len(result.holdouts) else {}
    for name, table in {**holdouts, **money_tables(result), **evidence_kept(result)}.items():
        rows = table.to_reader()
        outputs.append(write_rows(folder, name, rows, "csv", options.text).manifest_entry)
    entries, earlier_runs, warnings, points = run.write(folder, summary, options.text)
    outputs += entries
    summary = {**summary, "since": run.since, "warnings": [*summary["warnings"], *warnings]}
    if options.page:
        if not finish_timeline:
            timeline = timeline_from_history(points)
        summary = {**summary, "title": options.page.title, "timeline": timeline}
        page = run_page(summary, options.page.locale)
        outputs.append(write_bytes(folder, PAGE, page.encode()))
    outputs.append(write_json(folder, SUMMARY, summary))
    outputs.append(write_bytes(folder, RULES, rules_text(result.rules).encode()))
    manifest = {**_manifest_head(result, command), PREVIOUS: earlier_runs}
    write_json(folder, MANIFEST, {**manifest, "inputs": inputs(result), "outputs": outputs})
    return summary


def _manifest_head(result: Result, command: Sequence[str]) -> dict[str, Any]:
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
    result: Result, folder: Path, options: FolderOptions, pool: Executor
) -> tuple[list[dict[str, Any]], list[Future[dict[str, Any]]], dict[str, pd.DataFrame]]:
    """Write customers and call sheets, and start on the lists; returns entries and call sheets."""
    outputs, lists = list[dict[str, Any]](), list[Future[dict[str, Any]]]()
    calls: dict[str, pd.DataFrame] = {}
    with_tasks = any(task.table in result.grouped.evidence for task in TASKS.values())
    # customers.csv is always written, as the next run reads it.
    for kind in [kind for kind in dict.fromkeys(("csv", *options.tables)) if kind != "xlsx"]:
        call_rows: list[pd.DataFrame] = []
        parts = result.parts_collecting_report_data()
        parts = collect_call_rows(parts, call_rows, with_tasks=with_tasks)
        rows = to_rows(parts, result.columns)
        table = write_rows(folder, "customers", rows, kind, options.text)
        outputs.append(table.manifest_entry)
        calls = calls or _call_sheets(result, pd.concat(call_rows), options)
        if kind in options.tables:
            lists += map(pool.submit, list_jobs(folder, table, list_places(result, options)))
            outputs += [
                write_rows(folder, name, _batches(sheet), kind, options.text).manifest_entry
                for name, sheet in calls.items()
            ]
    return outputs, lists, calls


def inputs(result: Result, *, hashed: bool = False) -> list[dict[str, Any]]:
    """Name, stored bytes and rows of each file that was read; for evidence also its table.

    With `hashed` also the SHA-256 of its bytes, for which each file is read again; None for sources
    that are no files.
    """
    rows, entries = result.ledger.rows_by_file, list[tuple[Source, dict[str, Any]]]()
    for source in result.grouped.export.sources:
        entries.append((source, {"bytes": source.stored_bytes, "rows": rows.get(source.name, 0)}))
    for table, ledger in (result.evidence.ledgers if result.evidence else {}).items():
        for source in (file.source for file in ledger.files):
            counts = {"bytes": ledger.stored_bytes[source.name],
                      "rows": ledger.rows.rows_by_file.get(source.name, 0)}  # fmt: skip
            entries.append((source, {**counts, "table": table}))
    if hashed:
        for source, entry in entries:
            entry["sha256"] = source.file.sha256() if isinstance(source, FileSource) else None
    return [{"name": source.name, **entry} for source, entry in entries]


def _write_rejects(
    parts: Iterator[Rejects], folder: Path, text: TextOptions
) -> tuple[dict[str, Any], int]:
    """Write rejects.csv; returns its entry, and how many rows of suppressed people it lacks."""
    header, rows, left_out = next(parts), 0, 0  # the first part has column names only
    # Only its owner may read it: raw cells can be anything.
    handle = os.open(folder / REJECTS, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        hashed = Hashed(file)
        hashed.write(header_line(header.rows.column_names, text))
        for part in parts:
            for lines in text_lines(part.rows.to_batches(), text):
                hashed.write(text_bytes(lines)[1].data)
            rows, left_out = rows + len(part.rows), left_out + part.left_out
    return {"name": REJECTS, "rows": rows, "sha256": hashed.hash.hexdigest()}, left_out


def list_places(result: Result, options: FolderOptions) -> dict[str, Ints]:
    """The places of the customers on each list by its name: missing regulars, groups, tasks."""
    people = result.report_data.frame
    order_columns = people[people.columns.intersection([*WORKLIST_ORDER_COLUMNS])]
    is_listed = is_eligible(people)

    def ordered(rows: Ints) -> Ints:
        return rows[worklist_order(order_columns.iloc[rows])]

    missing = np.flatnonzero(missing_regulars(people) & is_listed)
    lists = {"missing_regulars": ordered(missing)} if len(missing) else {}
    by_email = people["channel"].eq("email").to_numpy() & contacts_known(result.columns)
    for kind in options.lists:
        groups = people[_LIST_COLUMN[kind]].astype("category")
        codes, is_worklist = groups.cat.codes.to_numpy(), kind in _WORKLISTS
        for label, stem in file_stems(sorted(groups.cat.categories)).items():
            members = codes == groups.cat.categories.get_loc(label)
            rows = np.flatnonzero(members & is_listed if is_worklist else members)
            if len(rows):
                lists[f"{kind}/{stem}"] = ordered(rows) if is_worklist else rows
            if is_worklist and len(rows := rows[by_email[rows]]):
                lists[f"{kind}/{stem}.email"] = ordered(rows)
    if "actions" in options.lists:
        lists |= {f"tasks/{name}": rows for name, rows in task_lists(result).items() if len(rows)}
    return lists


def _call_sheets(
    result: Result, call_rows: pd.DataFrame, options: FolderOptions
) -> dict[str, pd.DataFrame]:
    """The call sheet, and the phone list of each action; the most urgent calls first."""
    has_contacts = contacts_known(result.columns)
    if not (has_contacts or options.calls):
        return {}
    queue = call_queue(call_rows[is_eligible(call_rows) & needs_call(call_rows)])
    refused = opted_out_by_channel(len(result.grouped.table), result.log).get("phone")
    open_rows = call_rows if refused is None else call_rows[~refused[call_rows.index]]
    rows = pd.concat([queue, *task_call_rows(open_rows, task_lists(result))])
    if not len(rows):
        return {}
    sheet = call_sheet(result, rows)
    sheets = {"calls": sheet.head(options.calls) if options.calls else sheet}
    if has_contacts and "actions" in options.lists:
        stems = file_stems(
            sorted(result.report_data.frame["action"].astype("category").cat.categories)
        )
        for action, part in sheet.head(len(queue)).groupby("action", observed=True, sort=True):
            sheets[f"actions/{stems[str(action)]}.phone"] = part
    return sheets


def _batches(rows: pd.DataFrame) -> pa.RecordBatchReader:
    return to_rows(iter([rows]), tuple(rows.columns))


def _write_book(
    result: Result, calls: Data, folder: Path, options: FolderOptions, summary: Data
) -> tuple[dict[str, Any], list[str]]:
    """Write the workbook, with a sheet for each list; worklists first."""
    customers = labels_as_text(to_rows(result.parts(), result.columns)).read_all()
    sheets = {name: labels_as_text(_batches(rows)).read_all() for name, rows in calls.items()}
    for name, places in list_places(result, options).items():
        sheets[name] = customers.take(pa.array(places))
    names = sorted(sheets, key=lambda name: not name.startswith(("calls", "actions/")))
    return write_book(folder, summary, customers, {name: sheets[name] for name in names})
