"""Pages as HTML: one file that needs nothing else, the same bytes every time.

Templates draw what the story says; jinja2 escapes every text. The policy in the page lets nothing
in but its own style and script, told by their hashes.
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
from rfmtool.pages.number_format import NumberFormat
from rfmtool.pages.sections import answers, run
from rfmtool.pages.svg import as_percent, boxes_path, line_path, shade_class

_TESTS: Final = {
    **{kind.__name__.lower(): kind for kind in get_args(Mark)},
    **{f"{kind.__name__.lower()}_cell": kind for kind in get_args(Cell)},
}
"""What a template asks a mark, or a cell of a table, to be."""
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
        InputError: the summary is of a version that did not draw pages.
    """
    numerals = NumberFormat.from_locale(locale)
    if "distributions" not in summary:
        raise InputError(
            "summary.json: lacks what a page is drawn from; an earlier version wrote it",
            "Run again to write it anew.",
        )
    return document(run.page(summary, numerals, title))


def answer_page(name: str, data: Data, locale: str, title: str | None) -> str:
    """The page of a question, or of a comparison, as one HTML file; see `story.answers.page`."""
    return document(answers.page(name, data, NumberFormat.from_locale(locale), title))


def run_fragment(summary: Data) -> str:
    """What a notebook shows of a run: the head of its page, and a few cards."""
    whole = run.page(summary, NumberFormat())
    rows = [
        tuple(card for card in cards if card.anchor in _IN_A_NOTEBOOK)
        for one in whole.chapters
        for cards in one.rows
    ]
    return notebook_fragment(replace(whole, chapters=tuple(chapter("", *rows))))


def answer_fragment(name: str, data: Data) -> str:
    """What a notebook shows of an answer, a comparison or a customer: the cards of its page."""
    return notebook_fragment(answers.page(name, data, NumberFormat(), None))


def notebook_fragment(page: Page) -> str:
    """The cards of a page for a notebook: no script, and its ids are of this part alone."""
    mine = hashlib.sha256(repr(page).encode()).hexdigest()[:8]
    chapters = tuple(
        Chapter("", tuple(tuple(replace(card, anchor=f"{mine}-{card.anchor}") for card in row)
                          for row in one.rows))
        for one in page.chapters
    )  # fmt: skip
    style = "\n".join(
        line for line in _text("style.css").splitlines() if "html" not in line.split(".rfmtool")[0]
    )
    template = _environment().get_template("part.html.j2")
    return template.render(page=replace(page, chapters=chapters), style=Markup(style))  # noqa: S704 - ours


def document(page: Page) -> str:
    """A page as one HTML file."""
    style, script = _text("style.css"), _text("script.js")
    cards = [card for chapter in page.chapters for row in chapter.rows for card in row]
    known = next((card for card in cards if card.anchor == "known"), None)
    told = (
        sum(isinstance(mark, Sentence) and mark.is_warning for mark in known.marks) if known else 0
    )
    shown = sum(isinstance(mark, Sentence) and mark.is_warning for mark in page.trust)
    more = told - shown
    return _environment().get_template("page.html.j2").render(
        page=page,
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        policy=Markup(_POLICY.format(style=_digest(style), script=_digest(script))),  # noqa: S704
        entries=[(card.anchor, card.topic) for card in cards],
        warnings=f"{more} more" if shown and more > 0 else f"{more}" if more > 0 else "",
    )  # fmt: skip


@cache
def _text(name: str) -> str:
    lines = files("rfmtool.pages").joinpath("templates", name).read_text("utf-8")
    return "\n" + "\n".join(each.strip() for each in lines.splitlines()) + "\n"


def _digest(text: str) -> str:
    """The hash of exactly the bytes between the tags."""
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
        finalize=_clean,
    )
    for name, kind in _TESTS.items():
        environment.tests[name] = lambda one, kind=kind: isinstance(one, kind)
    environment.filters.update(
        name=lambda text: visible(shortened(text)),
        is_long=lambda text: shortened(text).endswith("…"),
        pc=as_percent,
        heat=lambda share, linear: shade_class(share, linear=linear),
        spark=_spark,
        columns=_columns,
    )
    environment.globals["data"] = _data
    return environment


def _clean(value: object) -> object:
    """What a browser would obey instead of showing is replaced in every text."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _data(shown: str, exact: str) -> Markup | str:
    """A number as shown, with the text that stands in the data where that differs."""
    if not exact or shown == exact:
        return shown
    return Markup('<data value="{}">{}</data>').format(exact, shown)


def _spark(spark: Sparkline) -> str:
    highest = max(*spark.values, 1.0) if len(spark.values) > 1 else 1.0
    across = 100 / max(len(spark.values) - 1, 1)
    return line_path(
        (across * at, 92 * max(value, 0.0) / highest) for at, value in enumerate(spark.values)
    )


def _columns(bars: Sequence[float]) -> str:
    """Columns side by side in a box of 100 by 100."""
    width = 100 / len(bars)
    return boxes_path(
        ((at * width + 1) / 10, (100 - 100 * bar) / 10, (width - 2) / 10, 10 * bar)
        for at, bar in enumerate(bars)
        if bar
    )
