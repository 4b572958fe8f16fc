"""Monitoring of runs, also of failed ones: a JSON log line, Prometheus gauges, a notify command."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import click

from rfmtool.cli.sections import section
from rfmtool.errors import RfmtoolError, SystemFailureError, UsageError
from rfmtool.locations import check_is_local_path, without_secrets
from rfmtool.version import __version__

_STDOUT: Final = "-"
_NOTIFY_TIMEOUT_SECONDS: Final = 60
_COUNTS: Final = ("customers", "buyers", "orders", "revenue")
_running = section("While it runs")

log = _running(
    "--log", "log_file", metavar="FILE|-",
    help="Append a line of JSON to FILE, on failure too: started, seconds, exit_code, inputs, rows,"
         " counts.",
)  # fmt: skip
metrics = _running(
    "--metrics", "metrics_file", metavar="FILE",
    help="Write gauges for Prometheus, such as node_exporter reads, into FILE.",
)  # fmt: skip


@dataclass
class RunRecord:
    """What is known about a run so far."""

    as_of: str | None = None
    inputs: Sequence[Mapping[str, Any]] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    published: Sequence[str] = ()
    """The outputs that have been written."""
    wanted: bool = False
    """Whether there is a log, metrics file or notify command."""

    def expect(self, exports: Sequence[str]) -> None:
        """Record the inputs, for a run that fails before it has read them."""
        self.inputs = [
            {
                "name": without_secrets(name),
                # pathlib fails on queries that are longer than a file name can be.
                "bytes": os.path.getsize(name) if os.path.isfile(name) else None,  # noqa: PTH113, PTH202
            }
            for name in exports
        ]


@contextmanager
def monitored(
    log_file: str | None, metrics_file: str | None, notify: Sequence[str]
) -> Iterator[RunRecord]:
    """Write the log line and the gauges when the block ends, with or without an error, and notify.

    Args:
        log_file: a line is appended to it; `-` is stdout.
        metrics_file: is overwritten.
        notify: a command that gets the line on its stdin.

    Raises:
        UsageError: a file cannot be written, or the library for metrics is not installed.
        SystemFailureError: the system refuses, before the block or after it has ended well.
    """
    from rfmtool.cli import exit_of

    record = RunRecord(wanted=bool(log_file or metrics_file or notify))
    start_seconds, started = time.monotonic(), datetime.now(UTC)
    writers: list[Callable[[Mapping[str, Any]], None]] = []

    def report(code: int, message: str) -> list[RfmtoolError | OSError]:
        """Call all writers, then the notify command; returns the errors of writers."""
        line = _log_line(record, started, time.monotonic() - start_seconds, code, message)
        failures: list[RfmtoolError | OSError] = []
        for write in writers:
            try:
                write(line)
            except (RfmtoolError, OSError) as error:
                failures.append(error)
                if not line["exit_code"]:
                    line["exit_code"], line["message"] = exit_of(error)
        _notify(notify, line)
        return failures

    try:
        if log_file is not None:
            _check_log(log_file)
            writers.append(partial(_append, log_file))
        if metrics_file is not None:
            _check_metrics(metrics_file, log_file)
            writers.append(partial(_write_gauges, Path(metrics_file), record))
        yield record
    except BaseException as error:
        for failure in report(*exit_of(error)):
            click.echo(f"rfmtool: {exit_of(failure)[1]}", err=True)
        raise
    if failures := report(0, ""):
        raise _monitoring_error(failures, record.published)


def _monitoring_error(failures: Sequence[Exception], published: Sequence[str]) -> Exception:
    """The error to raise where the run has succeeded and its monitoring failed."""
    from rfmtool.cli import exit_of

    first, *others = failures
    if isinstance(first, OSError) and not others:  # standard output was closed
        return first
    outcome = f"is published in {' and '.join(published)}" if published else "went well"
    return SystemFailureError(
        "; ".join(exit_of(failure)[1] for failure in failures),
        f"The run itself {outcome}. Free some space, or name another place for the next one.",
    )


def _check_log(path: str) -> None:
    if path == _STDOUT:
        return
    from rfmtool.outputs.system_errors import is_in_place, system_failures

    file = _file_path("--log", path)
    with system_failures(path):
        if not file.exists():
            TemporaryFile(dir=file.resolve().parent).close()
        elif not is_in_place(file):  # opening a pipe would wait for its reader
            file.open("ab").close()


def _check_metrics(path: str, log_file: str | None) -> None:
    from rfmtool.outputs.system_errors import is_in_place, system_failures

    file = _file_path("--metrics", path)
    if log_file and file.absolute() == Path(log_file).absolute():
        raise UsageError(f"--log and --metrics both name {path}", "Give one of them another file.")
    with system_failures(path):
        if not is_in_place(file):
            TemporaryFile(dir=file.resolve().parent).close()
    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        hint = "pip install 'rfmtool[metrics]' brings it."
        raise UsageError("--metrics: prometheus-client is not installed", hint) from None


def _file_path(option: str, path: str) -> Path:
    check_is_local_path(path)
    if not path or Path(path).is_dir() or not Path(path).absolute().parent.is_dir():
        hint = "Name a file in a folder that is there."
        raise UsageError(f"{option} {path}: no file can stand there", hint)
    return Path(path)


def _log_line(
    record: RunRecord, started: datetime, seconds: float, code: int, message: str
) -> dict[str, Any]:
    summary = record.summary
    return {
        "started": started.isoformat(timespec="seconds"),
        "ended": (started + timedelta(seconds=seconds)).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "exit_code": code,
        "version": __version__,
        "as_of": record.as_of,
        "inputs": [dict(entry) for entry in record.inputs],
        "ledger": summary.get("ledger"),
        "counts": {name: summary[name] for name in _COUNTS if name in summary},
        "warnings": len(summary.get("warnings", ())),
        "message": message,
    }


def _json_line(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False) + "\n"


def _append(path: str, line: Mapping[str, Any]) -> None:
    from rfmtool.outputs.system_errors import system_failures

    data = _json_line(line).encode("utf-8", "replace")
    if path == _STDOUT:
        click.echo(data, nl=False)
        return
    with system_failures(path):
        handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(data)


def _write_gauges(path: Path, record: RunRecord, line: Mapping[str, Any]) -> None:
    """Write gauges for Prometheus; they name groups, but no customers."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    from rfmtool.outputs.publish import published_file

    registry, summary = CollectorRegistry(), record.summary

    def gauge(name: str, text: str, values: Mapping[str, float], label: str = "") -> None:
        metric = Gauge(f"rfmtool_{name}", text, [label] if label else [], registry=registry)
        for label_value, value in values.items():
            (metric.labels(label_value) if label else metric).set(value)

    started = datetime.fromisoformat(line["started"]).timestamp()
    gauge("last_run_timestamp_seconds", "When the last run began", {"": started})
    gauge("last_run_duration_seconds", "How long it took", {"": line["seconds"]})
    gauge("last_run_exit_code", "How it ended; 0 is well", {"": line["exit_code"]})
    if summary:
        for name in _COUNTS:
            gauge(name, f"{name.capitalize()} of the last run", {"": float(summary[name])})
        ledger = summary["ledger"]
        rows = {name: ledger[name] for name in ("used", "anonymous", "blank")}
        rows |= {name: sum(ledger[name].values()) for name in ("excluded", "rejected")}
        gauge("rows", "Rows by what became of them", rows, "bin")
        for name, key in (("stage", "stages"), ("segment", "segments"), ("activity", "activity")):
            counts = {group["name"]: group["customers"] for group in summary[key]}
            gauge(f"{name}_customers", f"Customers by {name}", counts, name)
    with published_file(path, shared=True) as target:
        target.write(generate_latest(registry))


def _notify(command: Sequence[str], line: Mapping[str, Any]) -> None:
    """Run the notify command if there is one; its failure is printed, and no error of the run."""
    if not command:
        return
    try:
        process = subprocess.run(  # noqa: S603 - the user's own command
            list(command), input=_json_line(line).encode(), stdout=subprocess.DEVNULL, check=False,
            timeout=_NOTIFY_TIMEOUT_SECONDS,
        )  # fmt: skip
        failure = f"ended with {process.returncode}" if process.returncode else ""
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        failure = (getattr(error, "strerror", None) or type(error).__name__).lower()
    if failure:
        click.echo(f"rfmtool: notify {command[0]}: {failure}", err=True)
