"""The commands for one analysis, each named like its function in `rfmtool.questions`."""

from __future__ import annotations

from typing import Any

import click

from rfmtool.cli import options
from rfmtool.cli.asking import ask
from rfmtool.cli.sections import SectionedCommand


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("what each first purchase leads to")
@click.option("--by", type=click.Choice(["category", "product"]),
              help="The column that says what a first purchase was (default: category, or else"
                   " product).")  # fmt: skip
@options.contacts
@options.referrals
@options.contacted
@options.min_matched
@options.analysis
def journey(exports: tuple[str, ...], output: str | None, by: str | None, **params: Any) -> None:
    """Follow first-time buyers in EXPORTS from the first contact to the third order.

    With --contacts it begins before the first order, with --contacted it says whether anybody asks
    for a second one.
    """
    ask("journey", exports, output, params, by=by)


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("one-time buyers who may still come back, with the days left")
@click.option("--by", metavar="COLUMN",
              help="Also split customers by a column of the export, or cohort: the"
                   " first-order month.")  # fmt: skip
@options.analysis
def repeat(exports: tuple[str, ...], output: str | None, by: str | None, **params: Any) -> None:
    """Say when second orders come in EXPORTS, how many ever do, and when to ask for one."""
    ask("repeat", exports, output, params, by=by)


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("the overdue regulars, the most valuable first")
@options.analysis
@options.scales
def cadence(exports: tuple[str, ...], output: str | None, **params: Any) -> None:
    """List the regulars in EXPORTS who should have ordered by now.

    A regular has ordered on three days or more, and is measured by their own habit: the usual gap
    is the geometric mean of their gaps and of three more as long as the shop's median gap, so that
    few gaps do not decide alone. A look back shows how many of those who were as late 90 days ago
    came back.
    """
    ask("cadence", exports, output, params)


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("a row for each cohort and month")
@options.analysis
def cohorts(exports: tuple[str, ...], output: str | None, **params: Any) -> None:
    """Follow the customers in EXPORTS by the month of their first order.

    How many of them still order each month after, and what each has brought until then.
    """
    ask("cohorts", exports, output, params)


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("every buyer's tier and spend, the largest first")
@options.analysis
def concentration(exports: tuple[str, ...], output: str | None, **params: Any) -> None:
    """Say how few customers bring how much of the revenue in EXPORTS.

    Heavy buyers are the fifth who spent most, medium ones the next three tenths, light ones the
    other half.
    """
    ask("concentration", exports, output, params)


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("a suggestion for each customer")
@click.option("--by", type=click.Choice(["category", "product"]), default="category",
              show_default=True, help="The column whose values are compared.")  # fmt: skip
@options.analysis
def affinity(exports: tuple[str, ...], output: str | None, by: str, **params: Any) -> None:
    """Find what customers in EXPORTS who buy one thing tend to buy as well.

    A rule rests on 20 customers and 1% of all or more, and is stronger than chance.
    """
    ask("affinity", exports, output, params, by=by)


@click.command(cls=SectionedCommand)
@options.exports
@options.table_output("a row for each day")
@click.option("--every", type=click.Choice(["week", "month", "quarter"]), default="month",
              show_default=True, help="Count at the end of each.")  # fmt: skip
@options.page_format
@options.reading
@options.question
@options.scoring
@options.evidence
@options.text_tables
@options.engine
@options.talk
def timeline(exports: tuple[str, ...], output: str | None, every: str, **params: Any) -> None:
    """Count who in EXPORTS stood where at the end of each month.

    Cut points and limits are fitted to what was known by then, unless --scales gives them. Evidence
    counts from the day of each referral and answer.
    """
    ask("timeline", exports, output, params, every=every)
