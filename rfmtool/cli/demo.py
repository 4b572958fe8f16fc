"""rfmtool demo: a synthetic shop to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from rfmtool.cli import options
from rfmtool.interrupts import uninterrupted

if TYPE_CHECKING:
    import pandas as pd

_RULES: Final = "shop.toml"
_STEPS: Final = "contact_steps"


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--customers", type=click.IntRange(1, 10_000_000), default=2000, show_default=True,
              metavar="N", help="How many people the shop knows.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=7, show_default=True,
              metavar="S", help="The same seed gives the same shop.")  # fmt: skip
@click.option("--as", "system", type=click.Choice(["shopify", "woocommerce"]),
              help="Write the orders alone, in the shape of this shop system's"
                   " export.")  # fmt: skip
@options.shared
@click.option("--quiet", is_flag=True, help="Print nothing unless something is wrong.")
def command(  # noqa: PLR0913 - one for each option
    folder: str, customers: int, seed: int, system: str | None, *, shared: bool, quiet: bool
) -> None:
    """Write a synthetic shop into DIR: three years of orders, and the people behind them."""
    with uninterrupted():
        from rfmtool import demo
        from rfmtool.demo.next_quarter import HOLDOUT_SHARE
        from rfmtool.outputs.answers import write_frames

    shop = demo.generate(customers, seed)
    if system:
        frames = {"orders": demo.to_export_format(shop, system)}
        write_frames(frames, {}, Path(folder), shared=shared)
        if not quiet:
            click.echo(f"{folder}/orders.csv: a made-up shop as {system} exports it")
            click.echo(f"Try: rfmtool run {folder}/orders.csv -o out")
            unknown = "" if system == "shopify" else " --consent-unknown keep"
            click.echo(f"and: rfmtool export out --for mailchimp -o lists{unknown}")
        return
    files = {name: f'"{name}.csv"' for name in _evidence_names(shop)}
    files["contacts"] = f'["contacts.csv", "{_STEPS}.csv"]'
    tables = "".join(f"{name} = {path}\n" for name, path in files.items())
    rules = f"# What the shop knows of its customers beside their orders.\n\n[evidence]\n{tables}"
    rules += "\n# What a minute of contact costs, and what partners get of what they bring.\n\n"
    rules += "[contacting]\nminute_cost = 0.4\n\n[relationship]\nreward_share = 0.05\n"
    frames = {**shop, **_next_quarter(shop, seed)}
    write_frames(frames, {_RULES: rules}, Path(folder), shared=shared)
    if not quiet:
        count = f"{len(shop['orders']):,}"
        click.echo(f"{folder}: {count} order lines of a made-up tea and coffee shop")
        run = f"rfmtool run {folder}/orders.csv --rules {folder}/{_RULES} -o out"
        click.echo(f"Try: {run} --holdout {HOLDOUT_SHARE}")
        click.echo(f"and, as if a quarter had gone by: rfmtool measure out {folder}/later.csv")


def _evidence_names(shop: dict[str, pd.DataFrame]) -> list[str]:
    return [name for name in shop if name not in ("orders", _STEPS)]


def _next_quarter(shop: dict[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    """The orders a quarter after a run with holdouts, and the true effects of its lists."""
    from rfmtool import pipeline
    from rfmtool.demo import next_quarter
    from rfmtool.rules import parse_holdouts
    from rfmtool.settings import Settings

    evidence = {name: shop[name] for name in _evidence_names(shop)}
    holdouts = parse_holdouts([next_quarter.HOLDOUT_SHARE])
    settings = Settings(select=("customer_id", "action", "holdout"))  # spares slow forecasts
    result = pipeline.run(shop["orders"], evidence=evidence, lots=holdouts, settings=settings)
    people = result.frame[["customer_id", "action"]].astype("str")
    people = people.assign(held_out=result.frame["holdout"].eq("yes").to_numpy(bool))
    return {
        "later": next_quarter.orders(shop["orders"], people, seed),
        "effects": next_quarter.true_effects(sorted(result.holdouts["action"].unique())),
    }
