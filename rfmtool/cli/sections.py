"""Help that lists the options of a command by section."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import click

_DEFAULT_SECTION: Final = "Options"
_MAX_SHOWN: Final = 20
_SHOW_ALL: Final = "rfmtool.help_all"
HELP_ALL: Final = "--help-all"
HELP_NAMES: Final = ["-h", "--help"]
MOST_USED: Final = frozenset({
    "--output", "--column", "--as-of", "--rules", "--scales", "--contacts", "--referrals",
    "--feedback", "--contacted", "--suppress", "--holdout", "--tables", "--select", "--sort",
    "--top", "--by", "--every", "--days", "--format", "--quiet", "--help", HELP_ALL,
})  # fmt: skip
"""The options that the short help of all commands shows."""


class SectionedOption(click.Option):
    """An option in a section of the help."""

    def __init__(self, *names: Any, section: str, **params: Any) -> None:
        super().__init__(*names, **params)
        self.section = section


class SectionedCommand(click.Command):
    """A command whose help lists its own options first, then those of each section.

    Where there are many, `--help` shows the most used, and `--help-all` all.
    """

    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        if len(self.params) > _MAX_SHOWN:
            option = click.Option([HELP_ALL], is_flag=True, is_eager=True, expose_value=False,
                                  callback=_show_all, help="Show every option.")  # fmt: skip
            self.params.append(option)

    @property
    def has_many(self) -> bool:
        """Whether `--help` does not show all options."""
        return any(HELP_ALL in param.opts for param in self.params)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, with one width of names for all sections."""
        sections: dict[str, list[tuple[str, str]]] = {_DEFAULT_SECTION: []}
        is_short = self.has_many and not ctx.meta.get(_SHOW_ALL)
        for param in self.get_params(ctx):
            if is_short and MOST_USED.isdisjoint(param.opts):
                continue
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record:
                sections.setdefault(getattr(param, "section", _DEFAULT_SECTION), []).append(record)
        width = max(len(names) for records in sections.values() for names, _ in records)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl([(names.ljust(width), text) for names, text in records])
        if is_short:
            formatter.write_paragraph()
            formatter.write_text(f"{ctx.command_path} {HELP_ALL} lists every option.")


def _show_all(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - as click calls it
    if wanted and not ctx.resilient_parsing:
        ctx.meta[_SHOW_ALL] = True
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


def section(title: str) -> Callable[..., Callable[[Any], Any]]:
    """A variant of `click.option` for options of the section with a title."""
    return partial(click.option, cls=SectionedOption, section=title)
