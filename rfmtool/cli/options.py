"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, TypeVar

import click

from rfmtool.cli.parameters import Day, Days, Exports, Size
from rfmtool.cli.sections import section

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


def combine_options(*options: Callable[[Any], Any]) -> Decorator[Any]:
    """A decorator that adds several options."""
    return lambda command: reduce(lambda inner, option: option(inner), reversed(options), command)


_reading = section("How exports are read")
_known = section("What is known beside the orders")
_counting = section("Which orders count")
_placed = section("How customers are scored and placed")
_written = section("How text tables are written")
_running = section("While it runs")

exports = click.argument("exports", metavar="EXPORT...", nargs=-1, required=True, cls=Exports)

reading = combine_options(
    _reading("--column", "columns", metavar="ROLE=NAME", multiple=True,
             help="Say which column plays a role, e.g. amount=Total. Repeatable. Roles:"
                  " customer_id, order_id, ordered_at, amount, quantity, unit_price, product,"
                  " category, cost, currency, status, payment_status, type, cancelled_on, voided,"
                  " is_test, email, phone, name, consent, and refunded and unpaid, which are taken"
                  " off the amount."),
    _reading("--no-header", is_flag=True,
             help="There is no header row; columns are named 1, 2, 3 by their places."),
    _reading("--preset", metavar="NAME",
             help="A known export: shopify, stripe, square, etsy, woocommerce, online_retail,"
                  " none (default: by its header)."),
    _reading("--table", metavar="NAME",
             help="The table to read of a database that is named by its URL, or of the cluster."),
    _reading("--query", metavar="SQL", help="What to ask a database instead."),
    _reading("--delimiter", metavar="C", help="What divides cells: , ; | or tab."),
    _reading("--encoding", metavar="NAME", help="Text encoding, e.g. cp1252."),
    _reading("--date-format", metavar="FMT",
             help="How dates are written, e.g. %d/%m/%Y, excel, unix, unix_ms, croatian or"
                  " polish."),
    _reading("--timezone", metavar="ZONE",
             help="Take days in this zone, e.g. Europe/Berlin (default: as written)."),
    _reading("--keep", metavar="COLUMN", multiple=True,
             help="Carry a column through, its latest value per customer. Repeatable."),
    _reading("--decimal", type=click.Choice([".", ","]), help="Decimal mark of numbers."),
    _reading("--country", metavar="CODE",
             help="How phone numbers without a country are read, e.g. GB."),
    _reading("--status", "statuses", metavar="WORD=sale|not_a_sale", multiple=True,
             help="Settle a status word that nobody knows. Repeatable."),
    _reading("--anonymous", metavar="ID", multiple=True,
             help="A customer id that is nobody's, such as a guest's. Repeatable."),
    _reading("--strict", is_flag=True,
             help="Stop at files otherwise skipped: empty ones, and texts that are no"
                  " table."),
    _reading("--max-size", type=Size(), metavar="SIZE",
             help="Refuse a file that holds more, unpacked, e.g. 20GB."),
)  # fmt: skip

suppress = _counting("--suppress", metavar="FILE", help="Who is to be left out of everything.")

contacts = _known(
    "--contacts",
    metavar="FILE",
    help="Who is known, and how to reach them. --column contacts.ROLE=NAME names a"
    " column of such a table.",
)
referrals = _known("--referrals", metavar="FILE", help="Who referred whom.")
contacted = _known("--contacted", metavar="FILE",
                   help="Who was contacted, for what and with what outcome.")  # fmt: skip

min_matched = _known(
    "--min-matched", metavar="P%", default="50%", show_default=True,
    help="Stop when fewer ids of partners, wallets, contacted, introductions, memberships or needs"
         " than this are matched.",
)  # fmt: skip

evidence = combine_options(
    contacts,
    referrals,
    _known("--feedback", metavar="FILE", help="Surveys, reviews and complaints."),
    _known("--partners", metavar="FILE", help="Who is a partner, and when."),
    _known("--wallets", metavar="FILE", help="What people spend in all, or our rank."),
    contacted,
    _known("--introductions", metavar="FILE", help="Who was introduced to whom, for work."),
    _known("--memberships", metavar="FILE", help="Who is in which community, and came to what."),
    _known("--needs", metavar="FILE", help="What people said they need, and when it was met."),
    suppress,
    min_matched,
)  # fmt: skip

placing = combine_options(
    _placed("--allow-proxy", is_flag=True,
            help="Make candidates supporters on orders alone."),
    _placed("--estimate/--no-estimate", default=True,
            help="Estimate wallets not stated (default), or leave them empty."),
    _placed("--estimate-plans", is_flag=True,
            help="Give headroom and wallet plans from estimates too."),
    _placed("--sow", "wallet_scores", is_flag=True,
            help="Score the share of wallet too: sow_score, and rfm_sow behind the rfm code."),
)  # fmt: skip

holdouts = combine_options(
    _placed("--holdout", "holdout", metavar="P%|ACTION=P%", multiple=True,
            help="Leave a lasting share of people out of all marketing, or of one list alone, to"
                 " measure against. Repeatable."),
    _placed("--holdout-salt", metavar="TEXT",
            help="The salt of the holdout draw (default: rfmtool); a new one starts over."),
    _placed("--results", "results_file", metavar="FILE",
            help="What rfmtool measure -o wrote: shown beside each action."),
)  # fmt: skip

question = combine_options(
    _reading("--order-per-row", is_flag=True, help="Every row is an order of its own."),
    _reading("--amount-per", type=click.Choice(["line", "order"]),
             help="What an amount covers where orders repeat it on every row."),
    _reading("--overlap", type=click.Choice(["keep-one", "sum"]),
             help="What becomes of orders that recur in another file."),
    _counting("--as-of", type=Day(words=True), metavar="DATE",
              help="Count from this day: YYYY-MM-DD, today, yesterday, or last (the last order,"
                   " even if it stands alone)."),
    _counting("--since", type=Day(), metavar="DATE", help="Only lines from this day on."),
    _counting("--window", "window_days", type=click.IntRange(min=1), metavar="DAYS",
              help="Only the last DAYS days up to as-of."),
    _counting("--currency", metavar="CODE",
              help="Only lines in this currency; with --rates, what to convert into."),
    _counting("--rates", "rates_file", metavar="FILE",
              help="Convert money: a table of currency, rate (what one unit is worth) and, where"
                   " rates change, from_on."),
    _placed("--rules", "rules_file", metavar="FILE", multiple=True,
            help="Rules on top of the shipped ones; a later file adds to and overrides an earlier."
                 " Repeatable."),
)  # fmt: skip
"""Which lines count, and the rules."""

max_rejects = _reading(
    "--max-rejects", default="1%", show_default=True, metavar="N|P%",
    help="Stop when more rows than this cannot be read.",
)  # fmt: skip

scales = _placed(
    "--scales", "scales_file", metavar="FILE",
    help="Use the cut points of an earlier run (its scales.json).",
)  # fmt: skip

scoring = combine_options(
    _placed("--cuts", metavar="DIM=...", multiple=True,
            help="recency=30,60,90,180 or frequency=quantile:5. Repeatable."),
    _placed("--within", metavar="COLUMN",
            help="Fit cut points for each value of a contact or kept column on its own."),
    *[
        _placed(f"--{end}-{noun}", metavar="N",
                help=f"Fit cut points on buyers with at {most} N{of}; all are scored.")
        for noun, of in (("orders", " orders"), ("spend", " spent"))
        for end, most in (("min", "least"), ("max", "most"))
    ],
    scales,
    max_rejects,
)  # fmt: skip

engine = combine_options(
    _running("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True,
             help="Where files are read and grouped: in this process, or on a cluster that speaks"
                  " Spark Connect. With --table and no EXPORT a table of the cluster is read."),
    _running("--remote", metavar="URL",
             help="The cluster of --engine spark: sc://HOST:15002 (default: SPARK_REMOTE)."),
    _running("--memory-limit", type=Size(), metavar="SIZE",
             help="E.g. 2GB: what run and score may take in all, other commands while they group"
                  " lines; beyond it they spill to disk, or say what the least is."),
    _running("--threads", type=click.IntRange(1, 1024), metavar="N", help="Default: all cores."),
)  # fmt: skip

shared = _written(
    "--shared",
    is_flag=True,
    help="Let others read what is written, as the umask says (default: you alone).",
)

text_tables = combine_options(
    shared,
    _written("--raw-text", is_flag=True,
             help="Leave cells that a spreadsheet would run as they are."),
    _written("--excel", is_flag=True, help="Begin CSV files with a BOM, for Excel."),
)  # fmt: skip

refit_every = _placed(
    "--refit-every", "refit_days", type=Days(), metavar="DAYS",
    help="Refit cut points where those of --scales are as old, e.g. 90d.",
)  # fmt: skip

quiet = _running("--quiet", is_flag=True, help="Print nothing unless something is wrong.")
no_color = _running("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")

talk = combine_options(
    quiet,
    _running("--progress/--no-progress", default=None,
             help="Show progress on stderr (default: on a terminal)."),
    no_color,
)  # fmt: skip


def _format(*kinds: str) -> Decorator[Any]:
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(kinds),
        default="text",
        show_default=True,
        help="What stdout gets.",
    )


output_format = _format("text", "json")


def tool(what: str, *, required: bool = False) -> Decorator[Any]:
    """The option `--for` with a mail or advertising tool."""
    tools = click.Choice(["klaviyo", "mailchimp", "hubspot", "brevo", "meta", "google"])
    return click.option("--for", "tool", required=required, type=tools, help=what)


consent_unknown = click.option(
    "--consent-unknown", type=click.Choice(["drop", "keep"]), default="drop", show_default=True,
    help="What to do with people whose consent is not known.",
)  # fmt: skip


def _checked_locale(_context: click.Context, _option: click.Parameter, tag: str) -> str:
    from rfmtool.pages.locales import Locale

    Locale.from_locale(tag)
    return tag


page_format = combine_options(
    _format("text", "json", "html"),
    click.option("--title", metavar="TEXT", help="The shop's name, at the top of the HTML page."),
    click.option("--locale", default="en", show_default=True, metavar="TAG",
                 callback=_checked_locale,
                 help="Number format of the HTML page, e.g. en-IN or de."),
)  # fmt: skip


def table_output(what: str, more: str = "") -> Decorator[Any]:
    """The option `-o` of a command that prints an answer and can write it into a file."""
    text = (
        f"Write {what}, into FILE: .csv, .tsv, .jsonl, .parquet or .xlsx; .json is the whole"
        f" answer.{more}"
    )
    return click.option("-o", "--output", metavar="FILE", help=text)


analysis = combine_options(
    page_format, reading, suppress, question, max_rejects, text_tables, engine, talk
)
"""The options of analyses that do not score customers."""
