"""Every option that several commands share, once."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import click

from rfmtool.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from rfmtool.outputs.tables import TextOptions
    from rfmtool.rules import FitRules, Method
    from rfmtool.sources.layout import Asked

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]
Settings = Mapping[str, Any]


def _together(*options: Callable[[Any], Any]) -> Decorator[Any]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


class _Day(click.ParamType["date | str"]):
    """A day as YYYY-MM-DD; with `words`, also today, yesterday and last."""

    name = "date"

    def __init__(self, *, words: bool = False) -> None:
        self._words = words

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> date | str:
        if isinstance(value, date):
            return value
        if self._words and value == "last":
            return "last"
        if self._words and value in ("today", "yesterday"):
            # The one place where the clock is asked, because the user asks for it.
            return date.today() - timedelta(days=value == "yesterday")  # noqa: DTZ011 - their day
        try:
            # Python alone also takes 20240131 and 2024-W05-3.
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            words = ", today, yesterday or last" if self._words else ""
            self.fail(f"{value!r} is not YYYY-MM-DD{words}", param, ctx)


class _Size(click.ParamType["int"]):
    """A number of bytes, with or without a unit."""

    name = "size"
    _units: ClassVar = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
                        "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}  # fmt: skip

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        match = re.fullmatch(r"\s*(\d{1,12}(?:\.\d+)?)\s*([a-zA-Z]*)\s*", str(value), re.ASCII)
        unit = self._units.get(match[2].upper()) if match else None
        if match is None or unit is None:
            self.fail(f"{value!r} is no size such as 500MB or 20GB", param, ctx)
        return int(float(match[1]) * unit)


exports = click.argument("exports", metavar="EXPORT...", nargs=-1, required=True)

reading = _together(
    click.option("--column", "columns", metavar="ROLE=NAME", multiple=True,
                 help="Say which column plays a role, e.g. amount=Total. Repeatable. Roles:"
                      " customer_id, order_id, ordered_at, amount, quantity, unit_price, product,"
                      " category, cost, currency, status, email, phone, name, consent."),
    click.option("--no-header", is_flag=True,
                 help="There is no header row; columns are named 1, 2, 3 by their places."),
    click.option("--preset", metavar="NAME",
                 help="A known export: shopify, stripe, square, etsy, woocommerce, online_retail,"
                      " none (default: by its header)."),
    click.option("--delimiter", metavar="C", help="What divides cells: , ; | or tab."),
    click.option("--encoding", metavar="NAME", help="Text encoding, e.g. cp1252."),
    click.option("--date-format", metavar="FMT",
                 help="How dates are written, e.g. %d/%m/%Y, excel, unix or unix_ms."),
    click.option("--timezone", metavar="ZONE",
                 help="Take days in this zone, e.g. Europe/Berlin (default: as written)."),
    click.option("--keep", metavar="COLUMN", multiple=True,
                 help="Carry a column through, its latest value per customer. Repeatable."),
    click.option("--decimal", type=click.Choice([".", ","]), help="Decimal mark of numbers."),
    click.option("--max-size", type=_Size(), metavar="SIZE",
                 help="Refuse a file that holds more, unpacked, e.g. 20GB."),
)  # fmt: skip
"""How an export is to be read, where detection is not to decide."""

suppress = click.option("--suppress", metavar="FILE", help="Who is to be left out of everything.")
"""Whom no answer may count."""

evidence = _together(
    click.option("--contacts", metavar="FILE",
                 help="Who is known, and how to reach them. --column contacts.ROLE=NAME names a"
                      " column of such a table."),
    click.option("--referrals", metavar="FILE", help="Who referred whom."),
    click.option("--feedback", metavar="FILE", help="Surveys, reviews and complaints."),
    click.option("--partners", metavar="FILE", help="Who is a partner, and when."),
    click.option("--wallets", metavar="FILE", help="What people spend in all, or our rank."),
    suppress,
    click.option("--min-matched", metavar="P%", default="50%", show_default=True,
                 help="Stop when fewer ids of partners or wallets than this are known elsewhere."),
)  # fmt: skip
"""What is known of people beside their orders."""

placing = _together(
    click.option("--allow-proxy", is_flag=True,
                 help="Let orders alone make supporters of those they suggest."),
    click.option("--estimate/--no-estimate", default=True,
                 help="Estimate the wallets nobody told of (default), or leave them empty."),
    click.option("--sow", "wallet_scores", is_flag=True,
                 help="Score the share of wallet too: sow_score, and rfm_sow behind the rfm code."),
)  # fmt: skip
"""What may be concluded where nobody has said it."""

question = _together(
    click.option("--order-per-row", is_flag=True, help="Every row is an order of its own."),
    click.option("--amount-per", type=click.Choice(["line", "order"]),
                 help="What an amount is of, where orders repeat one on every row."),
    click.option("--overlap", type=click.Choice(["keep-one", "sum"]),
                 help="What becomes of orders that recur in another file."),
    click.option("--as-of", type=_Day(words=True), metavar="DATE",
                 help="Count from this day: YYYY-MM-DD, today, yesterday, or last (the last order,"
                      " even if it stands alone)."),
    click.option("--since", type=_Day(), metavar="DATE", help="Only lines from this day on."),
    click.option("--window", "window_days", type=click.IntRange(min=1), metavar="DAYS",
                 help="Only the last DAYS days up to as-of."),
    click.option("--currency", metavar="CODE",
                 help="Only lines in this currency; with --rates, what to convert into."),
    click.option("--rates", "rates_file", metavar="FILE",
                 help="Convert money: a table of currency, rate (what one unit is worth) and, where"
                      " rates change, from_on."),
    click.option("--rules", "rules_file", metavar="FILE", help="Rules that override the shipped."),
)  # fmt: skip
"""Which lines are asked for."""

max_rejects = click.option(
    "--max-rejects", default="1%", show_default=True, metavar="N|P%",
    help="Stop when more rows than this cannot be read.",
)  # fmt: skip
"""How many unreadable rows are accepted."""

scales = click.option(
    "--scales", "scales_file", metavar="FILE",
    help="Use the cut points of an earlier run (its scales.json).",
)  # fmt: skip
"""Limits and cut points to take over."""

scoring = _together(
    click.option("--cuts", metavar="DIM=...", multiple=True,
                 help="recency=30,60,90,180 or frequency=quantile:5. Repeatable."),
    click.option("--within", metavar="COLUMN",
                 help="Fit cut points for each value of a contact or kept column on its own."),
    *[
        click.option(f"--{end}-{noun}", metavar="N",
                     help=f"Fit cut points on buyers with at {most} N{of}; all are scored.")
        for noun, of in (("orders", " orders"), ("spend", " spent"))
        for end, most in (("min", "least"), ("max", "most"))
    ],
    scales,
    max_rejects,
)  # fmt: skip
"""How customers are scored, and how many unreadable rows are accepted."""

engine = _together(
    click.option("--memory-limit", metavar="SIZE", help="E.g. 2GB; beyond it, spill to disk."),
    click.option(
        "--threads", type=click.IntRange(1, 1024), metavar="N", help="Default: all cores."
    ),
)

text_tables = _together(
    click.option("--raw-text", is_flag=True,
                 help="Leave cells that a spreadsheet would run as they are."),
    click.option("--excel", is_flag=True, help="Begin CSV files with a BOM, for Excel."),
)  # fmt: skip

talk = _together(
    click.option("--quiet", is_flag=True, help="Print nothing unless something is wrong."),
    click.option("--progress/--no-progress", default=None,
                 help="Show progress on stderr (default: on a terminal)."),
    click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same."),
)  # fmt: skip

output_format = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What stdout gets.",
)


def table_output(what: str) -> Decorator[Any]:
    """The option `-o` of a command whose answer goes to stdout, and a table into a file."""
    text = (
        f"Write {what}, into FILE: .csv, .tsv, .jsonl, .parquet or .xlsx; .json is the whole"
        " answer."
    )
    return click.option("-o", "--output", metavar="FILE", help=text)


def asked(settings: Settings) -> Asked:
    """What the user said about the export."""
    from rfmtool.sources.evidence_roles import evidence_tables, rates_table
    from rfmtool.sources.layout import Asked
    from rfmtool.sources.roles import parse_asked

    tables = {**evidence_tables(), "rates": rates_table()}
    roles = {name: table.roles for name, table in tables.items()}
    return Asked(
        columns=parse_asked(_as_text(settings["columns"]), roles),
        delimiter=settings["delimiter"],
        encoding=settings["encoding"],
        date_format=settings["date_format"],
        decimal=settings["decimal"],
        timezone=settings["timezone"],
        has_header=not settings["no_header"],
        max_bytes=settings["max_size"],
        preset=settings["preset"],
        keep=tuple(_as_text(settings["keep"])),
    )


def _as_text(words: Iterable[str]) -> list[str]:
    """Words of the command line as the UTF-8 that they are, whatever the terminal is said to speak.

    A byte that is no UTF-8 stays what Python makes of it.
    """
    return [os.fsencode(word).decode("utf-8", "surrogateescape") for word in words]


def evidence_sources(settings: Settings, exports: Sequence[str] = ()) -> dict[str, str]:
    """The evidence tables that were named, and where each is.

    Args:
        settings: of a command with the options of `evidence`, or with some of them.
        exports: what else is read.

    Raises:
        UsageError: a name is empty, or stdin is named twice.
    """
    from rfmtool.sources.evidence_roles import evidence_tables

    given = {name: settings.get(name) for name in evidence_tables()}
    named = {name: path for name, path in given.items() if path is not None}
    if "" in named.values():
        name = next(name for name, path in named.items() if not path)
        raise UsageError(f"--{name}: the name is empty", "Name a file, or leave it out.")
    same = [name for name, path in named.items() if path in exports and path != "-"]
    if same:
        raise UsageError(
            f"--{same[0]}: {named[same[0]]} is the export itself", "Name the table of evidence."
        )
    if [*exports, *named.values(), settings.get("rates_file")].count("-") > 1:
        raise UsageError("stdin is named twice, and can be read once", "Give the other as a file.")
    return named


def look_arguments(settings: Settings) -> dict[str, Any]:
    """The keyword arguments of `pipeline.inspect` for a command's settings."""
    import pyarrow as pa

    from rfmtool.cli.progress import watcher
    from rfmtool.grouping import Settings as RunSettings

    # A tenth less memory than Arrow's own pool, which keeps what a block has given back.
    pa.set_memory_pool(pa.system_memory_pool())
    as_of = settings["as_of"]
    kept = {
        name: settings[name]
        for name in (
            "since",
            "window_days",
            "order_per_row",
            "amount_per",
            "overlap",
            "memory_limit",
        )
    }
    kept |= {
        name: settings[name]
        for name in ("allow_proxy", "estimate", "wallet_scores")
        if name in settings
    }
    if settings["threads"]:
        kept["threads"] = settings["threads"]
    return {
        "asked": asked(settings),
        "settings": RunSettings(
            as_of=None if as_of == "last" else as_of,
            accept_last=as_of == "last",
            **kept,
            **_money(settings),
        ),
        "rules": settings["rules_file"],
        "watcher": watcher(settings),
    }


def _money(settings: Settings) -> dict[str, Any]:
    """Which money is asked for: that in one currency, or all of it converted into one."""
    path, currency = settings["rates_file"], settings["currency"]
    if path is None:
        return {"currency": currency}
    if not path:
        raise UsageError("--rates: the name is empty", "Name a file, or leave it out.")
    from rfmtool.sources.rates_reading import read_rates

    return {"rates": read_rates(path, currency, asked(settings), threads=settings["threads"])}


def run_arguments(settings: Settings, exports: Sequence[str]) -> dict[str, Any]:
    """The keyword arguments of `pipeline.run`, or of a question, for a command's settings.

    Args:
        settings: of a command with the options of `question`; of the options of `evidence` and
            `scoring` those that it has.
        exports: what else is read.

    Raises:
        UsageError: one of them cannot be meant.
    """
    from rfmtool.sources.evidence_ledger import check_matched
    from rfmtool.sources.ledger import Ledger
    from rfmtool.sources.limits import check_rejects

    # Of no rows at all: a typo should not wait until the whole export is read.
    check_rejects(Ledger(), settings["max_rejects"])
    arguments = {
        "evidence": evidence_sources(settings, exports),
        "max_rejects": settings["max_rejects"],
        **look_arguments(settings),
    }
    if "min_matched" in settings:
        check_matched((), settings["min_matched"])
        arguments["min_matched"] = settings["min_matched"]
    if "scales_file" in settings:
        arguments["scales"] = settings["scales_file"]
    if "cuts" in settings:
        arguments |= {"cuts": parse_cuts(settings["cuts"]), "fit_on": parse_fit(settings)}
    return arguments


def parse_cuts(texts: tuple[str, ...]) -> dict[str, Method]:
    """Read the `--cuts`.

    Raises:
        UsageError: a dimension is given twice.
    """
    from rfmtool import rules

    cuts = dict(rules.parse_cuts(text) for text in texts)
    if len(cuts) < len(texts):
        raise UsageError("--cuts names a dimension twice", "Give each dimension once.")
    return cuts


def parse_fit(settings: Settings) -> FitRules | None:
    """Read who cut points are fitted on; None where nothing is said.

    Raises:
        RulesError: a limit is not a number, or leaves nobody.
    """
    from rfmtool import rules

    limits = {name: settings[name] for name in rules.LIMITS if settings[name] is not None}
    within = settings["within"]
    return rules.parse_fit(within, limits) if limits or within is not None else None


def text_options(settings: Settings) -> TextOptions:
    """How text tables are to be written."""
    from rfmtool.outputs.tables import TextOptions

    return TextOptions(excel=settings["excel"], raw_text=settings["raw_text"])


def choices(text: str, known: tuple[str, ...], option: str) -> list[str]:
    """Read a comma-separated choice.

    Raises:
        UsageError: something in it is not known.
    """
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in chosen if word not in known]
    if unknown:
        hint = f"Take any of {', '.join(known)}."
        raise UsageError(f"{option}: there is no {unknown[0]!r}", hint)
    return list(dict.fromkeys(chosen))


def console(settings: Settings) -> Console:
    """The console that a command prints on."""
    from rfmtool.report.terminal import as_console

    return as_console(color=not settings["no_color"])


def command_line() -> list[str]:
    """The command as it was typed, without the path of the program, as text that can be written."""
    return ["rfmtool", *(os.fsencode(word).decode("utf-8", "replace") for word in sys.argv[1:])]


def output_path(output: str | None) -> Path | None:
    """Where `-o` points; None where it was not given.

    Raises:
        UsageError: it is empty, as an unset variable of a script makes it.
    """
    if output == "":
        raise UsageError("-o: the name is empty", "Name where to write, or leave -o out.")
    return Path(output) if output else None


def check_apart(target: Path, *inputs: str | None) -> None:
    """Check that writing `target` takes away nothing that is read.

    Raises:
        UsageError: an input is `target`, lies in it, or is a folder that would read it.
    """
    place = target.resolve()
    for name in filter(None, inputs):
        for path in map(Path, [name, *glob.glob(name, recursive=True)]):  # noqa: PTH207 - absolute
            if path.resolve().is_relative_to(place):
                raise UsageError(
                    f"-o {target}: {path} is read, and would be replaced", "Name another place."
                )
            if path.is_dir() and _would_be_read(place, path.resolve()):
                raise UsageError(
                    f"-o {target}: lies in {path}, and would be read as input the next time",
                    "Name a place outside of it.",
                )


def _would_be_read(place: Path, folder: Path) -> bool:
    from rfmtool.sources.exports import has_data_name

    return place.is_relative_to(folder) and has_data_name(place, folder)


def show_json(data: object) -> None:
    """Print data as JSON, which is UTF-8 whatever the terminal speaks."""
    import json

    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    click.echo(text.encode("utf-8", "replace"), nl=False)
