"""Pages as self-contained HTML files, the same bytes every time.

Templates draw the cards; jinja2 escapes every text. The content security policy of a page allows
only its own style and script, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final, get_args

import jinja2
from markupsafe import Markup

from rfmtool.documents import Data
from rfmtool.errors import InputError
from rfmtool.pages.blocks import Cell, Sparkline
from rfmtool.pages.cards import Chapter, Mark, Page, Sentence, chapter, shortened, visible
from rfmtool.pages.locales import Locale
from rfmtool.pages.sections import answers, run
from rfmtool.pages.svg import as_percent, boxes_path, line_path, shade_class

_TESTS: Final = {
    **{kind.__name__.lower(): kind for kind in get_args(Mark)},
    **{f"{kind.__name__.lower()}_cell": kind for kind in get_args(Cell)},
}
"""Tests of templates, by the class of a mark or cell: `is table`, `is number_cell`."""
_POLICY: Final = (
    "default-src 'none'; style-src '{style}'; script-src '{script}'; img-src data:;"
    " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_IN_A_NOTEBOOK: Final = ("first", "ladder", "climb", "segments", "grid", "concentration")
"""The cards of a run that a notebook shows."""
MAX_PAGE_BYTES: Final = 250_000


def run_page(summary: Data, locale: str = "en", title: str | None = None) -> str:
    """The page of a run, of its summary or a summary.json read back, as one HTML file.

    Raises:
        UsageError: the language is not known.
        InputError: the summary is of a version without HTML pages.
    """
    number_format = Locale.from_locale(locale)
    if "distributions" not in summary:
        raise InputError(
            "summary.json: lacks what a page is drawn from; an earlier version wrote it",
            "Run again to write it anew.",
        )
    return document(run.page(summary, number_format, title))


def answer_page(name: str, data: Data, locale: str, title: str | None) -> str:
    """The page of a question or comparison as one HTML file; see `sections.answers.page`."""
    return document(answers.page(name, data, Locale.from_locale(locale), title))


def run_fragment(summary: Data) -> str:
    """A run in a notebook: the head of its page and a few cards."""
    page = run.page(summary, Locale())
    rows = [
        tuple(card for card in cards if card.anchor in _IN_A_NOTEBOOK)
        for chapter_ in page.chapters
        for cards in chapter_.rows
    ]
    return notebook_fragment(replace(page, chapters=tuple(chapter("", *rows))))


def answer_fragment(name: str, data: Data) -> str:
    """An answer, a comparison or a customer in a notebook: the cards of its page."""
    return notebook_fragment(answers.page(name, data, Locale(), None))


def notebook_fragment(page: Page) -> str:
    """The cards of a page for a notebook, without script; ids are unique in the notebook."""
    prefix = hashlib.sha256(repr(page).encode()).hexdigest()[:8]
    chapters = tuple(
        Chapter("", tuple(tuple(replace(card, anchor=f"{prefix}-{card.anchor}") for card in row)
                          for row in each.rows))
        for each in page.chapters
    )  # fmt: skip
    lines = _template_file("style.css").splitlines()
    style = "\n".join(line for line in lines if "html" not in line.split(".rfmtool")[0])
    template = _environment().get_template("part.html.j2")
    return template.render(page=replace(page, chapters=chapters), style=Markup(style))  # noqa: S704 - ours


def document(page: Page) -> str:
    """A page as one HTML file."""
    style, script = _template_file("style.css"), _template_file("script.js")
    cards = [card for chapter in page.chapters for row in chapter.rows for card in row]
    known = [mark for card in cards if card.anchor == "known" for mark in card.marks]
    shown = _warning_count(page.trust)
    more = _warning_count(known) - shown
    return _environment().get_template("page.html.j2").render(
        page=page,
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        policy=Markup(_POLICY.format(style=_digest(style), script=_digest(script))),  # noqa: S704
        entries=[(card.anchor, card.topic) for card in cards],
        warnings=f"{more} more" if shown and more > 0 else f"{more}" if more > 0 else "",
    )  # fmt: skip


def _warning_count(marks: Sequence[Mark]) -> int:
    return sum(isinstance(mark, Sentence) and mark.is_warning for mark in marks)


@cache
def _template_file(name: str) -> str:
    lines = files("rfmtool.pages").joinpath("templates", name).read_text("utf-8")
    return "\n" + "\n".join(line.strip() for line in lines.splitlines()) + "\n"


def _digest(text: str) -> str:
    """The hash of the bytes between the tags, for the content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rfmtool.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_printable_value,
    )
    for name, kind in _TESTS.items():
        environment.tests[name] = lambda value, kind=kind: isinstance(value, kind)
    environment.filters.update(
        name=lambda text: visible(shortened(text)),
        is_long=lambda text: shortened(text).endswith("…"),
        pc=as_percent,
        heat=lambda share, linear: shade_class(share, linear=linear),
        spark=_sparkline_path,
        columns=_columns_path,
    )
    environment.globals["data"] = _data
    return environment


def _printable_value(value: object) -> object:
    """Every text that templates print, control characters replaced."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _data(shown: str, exact: str) -> Markup | str:
    """A number as shown, with its exact text in the data where that differs."""
    if not exact or shown == exact:
        return shown
    return Markup('<data value="{}">{}</data>').format(exact, shown)


def _sparkline_path(sparkline: Sparkline) -> str:
    values = sparkline.values
    highest = max(*values, 1.0) if len(values) > 1 else 1.0
    step = 100 / max(len(values) - 1, 1)
    points = ((step * index, 92 * max(value, 0.0) / highest) for index, value in enumerate(values))
    return line_path(points)


def _columns_path(bars: Sequence[float]) -> str:
    """Columns side by side in a box of 100 by 100."""
    width = 100 / len(bars)
    return boxes_path(
        ((index * width + 1) / 10, (100 - 100 * bar) / 10, (width - 2) / 10, 10 * bar)
        for index, bar in enumerate(bars)
        if bar
    )
