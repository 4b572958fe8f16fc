"""rfmtool rules: show the rules in force, or check a rules file."""

from __future__ import annotations

import json

import click

from rfmtool.cli.options import output_format


@click.group()
def command() -> None:
    """Show the rules in force, or check a rules file of your own."""


@command.command()
@click.option(
    "--rules", "rules_file", metavar="FILE", multiple=True,
    help="Show them with FILE on top. Repeatable.",
)  # fmt: skip
@output_format
def show(rules_file: tuple[str, ...], output_format: str) -> None:
    """Print the rules in force as a rules file that loads, and which file each part is from."""
    from rfmtool import rules

    loaded = rules.load_rules(rules_file)
    if output_format == "json":
        click.echo(json.dumps(loaded.data, default=float, ensure_ascii=False, indent=1))
        return
    text = rules.to_toml(loaded.data, loaded.origins) if rules_file else rules.shipped_text()
    click.echo(text, nl=False)


@command.command()
@click.argument("file", metavar="FILE")
@output_format
def check(file: str, output_format: str) -> None:
    """Check that FILE loads and leaves nobody out; warn of rules that can never be reached."""
    from rfmtool import rules
    from rfmtool.pages.blocks import printable
    from rfmtool.summaries.formatting import count_text

    loaded = rules.load_rules(file)
    counts = {
        "rungs": len({rung.label for rung in loaded.ladder}),
        "segments": len({row.label for row in loaded.segments.rows}),
        "actions": len({row.label for row in loaded.playbook}),
    }
    if output_format == "json":
        data = {"file": file, **counts, "warnings": [*loaded.warnings]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    for warning in loaded.warnings:
        click.echo(f"! {printable(warning)}")
    texts = ", ".join(count_text(count, name.removesuffix("s")) for name, count in counts.items())
    click.echo(f"{printable(file)}: good; {texts}, everybody is placed")
