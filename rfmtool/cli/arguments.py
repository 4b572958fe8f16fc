"""What the options of a command ask of the library: its arguments."""

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

_OF_EXPORT: Final = (
    "delimiter", "encoding", "date_format", "decimal", "country", "timezone", "preset", "strict",
    "table", "query",
)  # fmt: skip
_ALWAYS: Final = (
    "since", "window_days", "order_per_row", "amount_per", "overlap", "memory_limit",
)  # fmt: skip
_SAY_SOMETHING: Final = ("timezone", "date_format", "currency", "table", "query", "remote")
"""Options whose empty text would else be taken for none."""
_TEXTS: Final = (*_SAY_SOMETHING, "title", "locale", "holdout_salt")
"""Options of text that is no name in the file system."""
_SOMETIMES: Final = ("allow_proxy", "estimate", "estimate_plans", "wallet_scores")
"""Options that only the commands with those of `placing` have."""


def build_asked(params: Params) -> Asked:
    """What the user said about the export."""
    from rfmtool.sources.evidence.roles import evidence_roles
    from rfmtool.sources.layout import Asked
    from rfmtool.sources.roles import parse_asked
    from rfmtool.sources.statuses import parse_statuses

    _as_text(filter(None, map(params.get, _TEXTS)))
    for name in _SAY_SOMETHING:
        if params.get(name) == "":  # as an unset variable of a script makes it
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option}: says nothing", "Give it a value, or leave it out.")
    return Asked(
        columns=parse_asked(_as_text(params["columns"]), evidence_roles()),
        has_header=not params["no_header"],
        max_bytes=params["max_size"],
        keep=tuple(_as_text(params["keep"])),
        statuses=parse_statuses(_as_text(params["statuses"])),
        anonymous=frozenset(_as_text(params["anonymous"])),
        **{name: params[name] for name in _OF_EXPORT},
    )


def _as_text(words: Iterable[str]) -> list[str]:
    """Words of the command line as the UTF-8 that they are, whatever the locale says."""
    try:
        return [os.fsencode(word).decode("utf-8") for word in words]
    except UnicodeError:
        raise UsageError(
            "an option's text is not UTF-8", "Write it in UTF-8, as terminals do unless told else."
        ) from None


def evidence_sources(params: Params, exports: Sequence[str] = ()) -> dict[str, str]:
    """The evidence tables that were named, and where each is."""
    from rfmtool.sources.evidence.roles import evidence_tables

    given = {name: params.get(name) for name in evidence_tables()}
    named = {name: path for name, path in given.items() if path is not None}
    if "" in named.values():
        name = next(name for name, path in named.items() if not path)
        raise UsageError(f"--{name}: the name is empty", "Name a file, or leave it out.")
    same = [name for name, path in named.items() if path in exports and path != "-"]
    if same:
        raise UsageError(
            f"--{same[0]}: {without_secrets(named[same[0]])} is the export itself",
            "Name the table of evidence.",
        )
    if [*exports, *named.values(), params.get("rates_file")].count("-") > 1:
        raise UsageError("stdin is named twice, and can be read once", "Give the other as a file.")
    return named


def look_arguments(params: Params) -> dict[str, Any]:
    """The keyword arguments of `pipeline.check` for the options of a command."""
    import pyarrow as pa

    from rfmtool.cli.progress import watcher
    from rfmtool.grouping.read import Settings

    # A tenth less memory than Arrow's own pool, which keeps what a block has given back.
    pa.set_memory_pool(pa.system_memory_pool())
    return {
        "asked": build_asked(params),
        "settings": Settings(**_lines_wanted(params), **_money(params)),
        "rules": params["rules_file"],
        "watcher": watcher(params),
    }


def _lines_wanted(params: Params) -> dict[str, Any]:
    """Which lines count and how they are read, by the names that the library has for it."""
    as_of = params["as_of"]
    return {
        "as_of": None if as_of == "last" else as_of,
        "accept_last": as_of == "last",
        **{name: params[name] for name in _ALWAYS},
        **{name: params[name] for name in _SOMETIMES if name in params},
        **({"threads": params["threads"]} if params["threads"] else {}),
        "remote": _remote(params),
    }


def _remote(params: Params) -> str | None:
    """The cluster that is asked for; None where there is none."""
    remote: str | None = params["remote"]
    if params["engine"] == "local":
        if remote is not None:
            raise UsageError(
                "--remote names a cluster, and --engine local asks for none", "Say --engine spark."
            )
        return None
    from rfmtool.clusters.sessions import host_and_port

    remote = remote or os.environ.get("SPARK_REMOTE")
    if not remote:
        raise UsageError(
            "--engine spark: no cluster is named",
            "Say --remote sc://HOST:15002, or set SPARK_REMOTE.",
        )
    host_and_port(remote)
    return remote


def _money(params: Params) -> dict[str, Any]:
    """Which money is asked for: that in one currency, or all of it converted into one."""
    path, currency = params["rates_file"], params["currency"]
    if path is None:
        return {"currency": currency}
    if not path:
        raise UsageError("--rates: the name is empty", "Name a file, or leave it out.")
    from rfmtool.sources.evidence.rates import read_rates

    return {"rates": read_rates(path, currency, build_asked(params), threads=params["threads"])}


def run_arguments(params: Params, exports: Sequence[str]) -> dict[str, Any]:
    """The keyword arguments of `pipeline.run`, or of a question, for the options of a command.

    Args:
        params: of a command with the options of `question`; of the options of `evidence` and
            `scoring` those that it has.
        exports: what else is read.
    """
    from rfmtool.sources.evidence.ledger import check_matched
    from rfmtool.sources.ledger import Ledger
    from rfmtool.sources.limits import check_rejects

    if params["engine"] != "local":
        _check_files(exports)
    # Of no rows at all: a typo should not wait until the whole export is read.
    check_rejects(Ledger(), params["max_rejects"])
    arguments = {
        "evidence": evidence_sources(params, exports),
        "max_rejects": params["max_rejects"],
        **look_arguments(params),
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
    """The cuts that are given, and who the others are fitted on; None where nothing is said."""
    from rfmtool import rules

    cuts = dict(rules.parse_cuts(text) for text in params["cuts"])
    if len(cuts) < len(params["cuts"]):
        raise UsageError("--cuts names a dimension twice", "Give each dimension once.")
    limits = {name: params[name] for name in rules.FIT_LIMITS if params[name] is not None}
    is_said = limits or params["within"] is not None
    fit = rules.parse_fit(params["within"], limits) if is_said else None
    return {"cuts": cuts, "fit_on": fit}


def _check_files(exports: Sequence[str]) -> None:
    """Check that all exports are files, before any row of another is fetched for nothing."""
    from rfmtool.stores.lakes import find_lake_table

    others = [
        one
        for one in exports
        if one == "-" or is_database(one) or scheme_of(one) == WEB_SCHEME or find_lake_table(one)
    ]
    if others:
        raise UsageError(
            f"{without_secrets(others[0])}: --engine spark reads files and objects of stores, which"
            " workers of the cluster can open too, and tables of the cluster",
            "Take --engine local, or save it where all of them find it.",
        )


def text_options(params: Params) -> TextOptions:
    """How text tables are to be written."""
    from rfmtool.outputs.text import TextOptions

    return TextOptions(excel=params["excel"], raw_text=params["raw_text"])


def choices(text: str, known: tuple[str, ...], option: str) -> list[str]:
    """Read a comma-separated choice."""
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in chosen if word not in known]
    if unknown:
        hint = f"Take any of {', '.join(known)}."
        raise UsageError(f"{option}: there is no {unknown[0]!r}", hint)
    return list(dict.fromkeys(chosen))


def command_line() -> list[str]:
    """The command as it was typed, as text that can be written: without path and secrets."""
    words = (os.fsencode(word).decode("utf-8", "replace") for word in sys.argv[1:])
    return ["rfmtool", *map(without_secrets, words)]
