"""Convert the options of a command to arguments of library functions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rfmtool.errors import UsageError
from rfmtool.locations import WEB_SCHEME, is_database, scheme_of, without_secrets

if TYPE_CHECKING:
    from rfmtool.outputs.text import TextOptions
    from rfmtool.sources.layout import Asked

Params = Mapping[str, Any]
"""The options of a command by name, as click has parsed them."""

_EXPORT_OPTIONS: Final = (
    "delimiter", "encoding", "date_format", "decimal", "country", "timezone", "preset", "strict",
    "table", "query",
)  # fmt: skip
_SETTINGS: Final = (
    "since", "window_days", "order_per_row", "amount_per", "overlap", "memory_limit",
)  # fmt: skip
_NOT_EMPTY: Final = ("timezone", "date_format", "currency", "table", "query", "remote")
"""Options whose empty text would be taken for none."""
_TEXTS: Final = (*_NOT_EMPTY, "title", "locale", "holdout_salt")
"""Options with text that is no path."""
_PLACING_SETTINGS: Final = ("allow_proxy", "estimate", "estimate_plans", "wallet_scores")
"""Options of `options.placing`, which not all commands have."""


def build_asked(params: Params) -> Asked:
    """The reading options of an export."""
    from rfmtool.sources.evidence.roles import evidence_roles
    from rfmtool.sources.layout import Asked
    from rfmtool.sources.roles import parse_asked
    from rfmtool.sources.statuses import parse_statuses

    _as_text(filter(None, map(params.get, _TEXTS)))
    for name in _NOT_EMPTY:
        if params.get(name) == "":  # from an unset variable of a script
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option}: says nothing", "Give it a value, or leave it out.")
    return Asked(
        columns=parse_asked(_as_text(params["columns"]), evidence_roles()),
        has_header=not params["no_header"],
        max_bytes=params["max_size"],
        keep=tuple(_as_text(params["keep"])),
        statuses=parse_statuses(_as_text(params["statuses"])),
        anonymous=frozenset(_as_text(params["anonymous"])),
        **{name: params[name] for name in _EXPORT_OPTIONS},
    )


def _as_text(words: Iterable[str]) -> list[str]:
    """Words of the command line decoded as UTF-8 whatever the locale."""
    try:
        return [os.fsencode(word).decode("utf-8") for word in words]
    except UnicodeError:
        hint = "Write it in UTF-8, as terminals do unless told else."
        raise UsageError("an option's text is not UTF-8", hint) from None


def evidence_sources(params: Params, exports: Sequence[str] = ()) -> dict[str, str]:
    """The paths of the evidence tables given, by table."""
    from rfmtool.sources.evidence.roles import evidence_tables

    paths = {name: params[name] for name in evidence_tables() if params.get(name) is not None}
    for name, path in paths.items():
        if not path:
            raise UsageError(f"--{name}: the name is empty", "Name a file, or leave it out.")
    for name, path in paths.items():
        if path in exports and path != "-":
            problem = f"--{name}: {without_secrets(path)} is the export itself"
            raise UsageError(problem, "Name the table of evidence.")
    if [*exports, *paths.values(), params.get("rates_file")].count("-") > 1:
        raise UsageError("stdin is named twice, and can be read once", "Give the other as a file.")
    return paths


def check_arguments(params: Params) -> dict[str, Any]:
    """The keyword arguments of `pipeline.check` for the options of a command."""
    import pyarrow as pa

    from rfmtool.cli.progress import watcher
    from rfmtool.settings import Settings

    # Takes a tenth less memory than Arrow's own pool, which keeps freed blocks.
    pa.set_memory_pool(pa.system_memory_pool())
    asked, as_of = build_asked(params), params["as_of"]
    settings = Settings(
        as_of=None if as_of == "last" else as_of,
        accept_last=as_of == "last",
        **{name: params[name] for name in _SETTINGS},
        **{name: params[name] for name in _PLACING_SETTINGS if name in params},
        **({"threads": params["threads"]} if params["threads"] else {}),
        remote=_remote(params),
        **_currency_settings(params),
    )
    rules, bar = params["rules_file"], watcher(params)
    return {"asked": asked, "settings": settings, "rules": rules, "watcher": bar}


def _remote(params: Params) -> str | None:
    """The URL of the cluster; None for the local engine."""
    remote: str | None = params["remote"]
    if params["engine"] == "local":
        if remote is not None:
            problem = "--remote names a cluster, and --engine local asks for none"
            raise UsageError(problem, "Say --engine spark.")
        return None
    from rfmtool.clusters.sessions import host_and_port

    remote = remote or os.environ.get("SPARK_REMOTE")
    if not remote:
        hint = "Say --remote sc://HOST:15002, or set SPARK_REMOTE."
        raise UsageError("--engine spark: no cluster is named", hint)
    host_and_port(remote)
    return remote


def _currency_settings(params: Params) -> dict[str, Any]:
    """The currency of the lines to count, or the rates to convert all lines with."""
    path, currency = params["rates_file"], params["currency"]
    if path is None:
        return {"currency": currency}
    if not path:
        raise UsageError("--rates: the name is empty", "Name a file, or leave it out.")
    from rfmtool.sources.evidence.rates import read_rates

    return {"rates": read_rates(path, currency, build_asked(params), threads=params["threads"])}


def run_arguments(params: Params, exports: Sequence[str]) -> dict[str, Any]:
    """The keyword arguments of `pipeline.run`, or of `questions`, for the options of a command.

    Options of `options.evidence` and `options.scoring` may be missing.
    """
    from rfmtool.sources.evidence.ledger import check_matched
    from rfmtool.sources.ledger import Ledger, check_rejects

    if params["engine"] != "local":
        _check_readable_by_cluster(exports)
    check_rejects(Ledger(), params["max_rejects"])  # finds typos before the export is read
    arguments = {
        "evidence": evidence_sources(params, exports),
        "max_rejects": params["max_rejects"],
        **check_arguments(params),
    }
    if "min_matched" in params:
        check_matched((), params["min_matched"])
        arguments["min_matched"] = params["min_matched"]
    if "scales_file" in params:
        arguments["scales"] = params["scales_file"]
    if "cuts" in params:
        arguments |= _scoring(params)
    return arguments


def _scoring(params: Params) -> dict[str, Any]:
    """The cut points given, and the customers to fit the others on; None if not given."""
    from rfmtool import rules

    cuts = dict(rules.parse_cuts(text) for text in params["cuts"])
    if len(cuts) < len(params["cuts"]):
        raise UsageError("--cuts names a dimension twice", "Give each dimension once.")
    limits = {name: params[name] for name in rules.FIT_LIMITS if params[name] is not None}
    is_given = limits or params["within"] is not None
    fit = rules.parse_fit(params["within"], limits) if is_given else None
    return {"cuts": cuts, "fit_on": fit}


def _check_readable_by_cluster(exports: Sequence[str]) -> None:
    from rfmtool.stores.lakes import find_lake_table

    for name in exports:
        if (name == "-" or is_database(name) or scheme_of(name) == WEB_SCHEME
                or find_lake_table(name)):  # fmt: skip
            raise UsageError(
                f"{without_secrets(name)}: --engine spark reads files and objects of stores, which"
                " workers of the cluster can open too, and tables of the cluster",
                "Take --engine local, or save it where all of them find it.",
            )


def text_options(params: Params) -> TextOptions:
    """The options for writing text tables."""
    from rfmtool.outputs.text import TextOptions

    return TextOptions(excel=params["excel"], raw_text=params["raw_text"])


def choices(text: str, known: tuple[str, ...], option: str) -> list[str]:
    """The distinct words of a comma-separated option, which must be in `known`."""
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in chosen if word not in known]
    if unknown:
        hint = f"Take any of {', '.join(known)}."
        raise UsageError(f"{option}: there is no {unknown[0]!r}", hint)
    return list(dict.fromkeys(chosen))


def command_line() -> list[str]:
    """The command line as UTF-8 text, without the path of the program and secrets."""
    words = (os.fsencode(word).decode("utf-8", "replace") for word in sys.argv[1:])
    return ["rfmtool", *map(without_secrets, words)]
