"""rfmtool job: one run by a job file."""

from __future__ import annotations

import difflib
import glob
import os
import shlex
import shutil
import string
import sys
from collections.abc import Mapping
from contextlib import chdir, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import click

from rfmtool.cli.destination import check_not_an_input
from rfmtool.cli.monitoring import monitored
from rfmtool.cli.run import command as run
from rfmtool.cli.run_places import run_outputs
from rfmtool.cli.sections import HELP_NAMES
from rfmtool.documents import read_toml
from rfmtool.errors import RfmtoolError, UsageError
from rfmtool.locations import check_is_local_path, scheme_of, without_secrets

_SECTION: Final = "job"
_DAY: Final = "{as_of}"
_FIT_KEYS: Final = "cuts", "within", "min_orders", "max_orders", "min_spend", "max_spend"
_HINT: Final = "See the section on jobs in the README."


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--check", is_flag=True, help="Say what would be run, and run nothing.")
def command(file: str, *, check: bool) -> None:
    """Do the run that the [job] of FILE asks for; paths in it are relative to FILE."""
    check_is_local_path(file)
    path, folder = Path(file), Path(file).absolute().parent
    data = _read_job_file(path)
    try:
        arguments, notify = _run_arguments(path, data)
        with chdir(folder):
            ctx = run.make_context(
                "rfmtool run", [*arguments], obj={"notify": notify}, help_option_names=HELP_NAMES
            )
    except (RfmtoolError, click.ClickException) as error:
        if not check:
            # Failures of the log or metrics are suppressed: this error matters more.
            with (
                chdir(folder),
                suppress(RfmtoolError, click.ClickException),
                monitored(*_monitoring_of_invalid_job(path, data[_SECTION])),
            ):
                raise error from None
        raise
    with chdir(folder), ctx:
        if check:
            _check_without_reading(ctx)
            quoted = shlex.join(["rfmtool", "run", *map(without_secrets, arguments)])
            click.echo(f"{file}: {quoted}")
            return
        # The manifest records the command line of the run.
        sys.argv = [sys.argv[0], "run", *arguments]
        run.invoke(ctx)


def _read_job_file(path: Path) -> dict[str, Any]:
    try:
        data = read_toml(path)
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        raise UsageError(f"{path}: cannot be read: {reason}", "Name a job file.") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}", "Write it as TOML.") from None
    if not isinstance(data.get(_SECTION), dict):
        raise UsageError(f"{path}: there is no [job] in it", _HINT)
    return data


def _run_arguments(path: Path, data: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The command-line arguments of `rfmtool run` for a job, and its notify command."""
    job = dict(data[_SECTION])
    day = _as_of(job.get("as_of"))
    job = {key: _substitute(value, day, f"{path}: {key}") for key, value in job.items()}
    inputs = _texts(job.pop("inputs", []), f"{path}: inputs")
    if not inputs:
        hint = 'For example inputs = ["exports/*.csv"].'
        raise UsageError(f"{path}: inputs: none is named", hint)
    notify = _texts(job.pop("notify", []), f"{path}: notify")
    if isinstance(job.get("keep"), str):
        raise UsageError(f"{path}: keep: is no number", "For example keep = 12, without quotes.")
    if isinstance(job.get("keep"), int):  # a list is the option --keep
        job["keep_runs"] = job.pop("keep")
    if set(data) - {_SECTION}:
        job["rules"] = [*_texts(job.get("rules", []), f"{path}: rules"), path.name]
    _check_scales_and_fit(path, job)
    if _is_before_first_run(path.absolute().parent, job):
        del job["scales"]
        job.pop("refit_every", None)
    known = {param.opts[-1].removeprefix("--").replace("-", "_"): param for param in run.params
             if isinstance(param, click.Option)}  # fmt: skip
    arguments = []
    for key, value in job.items():
        if key not in known:
            names = [*known, "inputs", "notify"]
            similar = difflib.get_close_matches(key, names, 1)
            hint = f"Is it {similar[0]}?" if similar else f"Known are {', '.join(sorted(names))}."
            raise UsageError(f"{path}: unknown key {key!r} in [job]", hint)
        arguments += _option_arguments(known[key], value, f"{path}: {key}")
    return [*arguments, "--", *inputs], notify


def _check_scales_and_fit(path: Path, job: Mapping[str, Any]) -> None:
    """Check that scales and keys that fit them are not both given, also before the first run."""
    conflicting = [key for key in _FIT_KEYS if key in job]
    if "scales" in job and conflicting and "refit_every" not in job:
        raise UsageError(
            f"{path}: scales and {conflicting[0]} are both given, and both set the score"
            " cut points",
            "Leave one out, or say with refit_every how old the scales may get.",
        )


def _is_before_first_run(folder: Path, job: Mapping[str, Any]) -> bool:
    """Whether the scales are to be written by this job, and do not exist yet."""
    scales, output = job.get("scales"), job.get("output")
    outputs = output if isinstance(output, list) else [output]
    if not isinstance(scales, str):
        return False
    path = folder / scales
    folders = (folder / output for output in outputs if isinstance(output, str))
    return not path.exists() and any(map(path.is_relative_to, folders))


def _option_arguments(option: click.Option, value: Any, where: str) -> list[str]:
    name = option.opts[-1]
    if isinstance(value, bool):
        if not option.is_flag:
            raise UsageError(f"{where}: is not true or false", f"It takes what {name} takes.")
        return [name] if value else option.secondary_opts[:1]
    if isinstance(value, Mapping):
        value = [f"{key}={cell}" for key, cell in value.items()]
    texts = _texts(value, where)
    if option.is_flag or (len(texts) > 1 and option.nargs != 1):
        raise UsageError(f"{where}: must be true or false", f"It says what {name} says.")
    if not option.multiple:
        texts = [",".join(texts)]
    return [f"{name}={text}" for text in texts]


def _texts(value: Any, where: str) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if any(isinstance(item, (list, dict, bool)) for item in values):
        raise UsageError(f"{where}: must be a text or a list of texts", _HINT)
    return [str(item) for item in values]


def _monitoring_of_invalid_job(
    path: Path, job: Mapping[str, Any]
) -> tuple[str | None, str | None, list[str]]:
    """The log file, metrics file and notify command, as far as they are valid."""
    day, texts = _as_of(job.get("as_of")), dict[str, list[str]]()
    for key, value in job.items():
        with suppress(UsageError):
            texts[key] = _texts(_substitute(value, day, key), key)
    files: list[str | None] = []
    for name in ("log", "metrics"):
        file = ",".join(texts.pop(name, [])) or None
        inputs = [text for key in texts.keys() - {"output", "query"} for text in texts[key]]
        try:
            if file not in (None, "-"):
                check_not_an_input(Path(file), path.name, *inputs)
        except (UsageError, OSError):
            file = None
        files.append(file)
    return files[0], files[1], texts.get("notify", [])


def _as_of(value: object) -> str | None:
    """The as_of day as text, if it is known before the export is read."""
    if isinstance(value, date):
        return value.isoformat()
    if value in ("today", "yesterday"):
        return (date.today() - timedelta(days=value == "yesterday")).isoformat()  # noqa: DTZ011
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None


def _substitute(value: Any, day: str | None, where: str) -> Any:
    """A value with `{as_of}` and variables of the environment substituted."""
    if isinstance(value, list):
        return [_substitute(item, day, where) for item in value]
    if isinstance(value, dict):
        return {key: _substitute(item, day, where) for key, item in value.items()}
    if not isinstance(value, str):
        return value
    if _DAY in value and day is None:
        raise UsageError(
            f"{where}: {_DAY} is not known before the run",
            'Set as_of to a day, "today" or "yesterday".',
        )
    try:
        return string.Template(value.replace(_DAY, day or "")).substitute(os.environ)
    except KeyError as error:
        problem = f"{where}: there is no variable {error.args[0]} in the environment"
        raise UsageError(problem, "Set it.") from None
    except ValueError:
        raise UsageError(f"{where}: a $ stands alone", "Write $$ for one.") from None


def _check_without_reading(ctx: click.Context) -> None:
    """Check what can be checked without reading an export (--check)."""
    from rfmtool.cli import limits
    from rfmtool.cli.arguments import evidence_sources, run_arguments
    from rfmtool.rules import load_rules
    from rfmtool.scoring.scales import load_scales

    params = dict(ctx.params)
    exports, output = params.pop("exports"), run_outputs(params.pop("outputs")).folder
    fail_if = limits.parse_run_limits(params["fail_if"], Path(output) if output else None)
    limits.previous_summary(fail_if, None, params)
    for name in (*exports, *evidence_sources(params, exports).values()):
        is_there = scheme_of(name) or name == "-" or Path(name).exists()
        if not is_there and not glob.glob(name, recursive=True):  # noqa: PTH207 - as given
            raise UsageError(f"{name}: there is no such file", "Look at the job file.")
    notify = ctx.obj["notify"][:1]
    if notify and not shutil.which(notify[0]):
        problem = f"notify {notify[0]}: there is no such command, or it may not be run"
        raise UsageError(problem, "Name one, and make a script executable (chmod +x).")
    run_arguments(params, exports)
    load_rules(params["rules_file"])
    if params["scales_file"]:
        load_scales(params["scales_file"])
