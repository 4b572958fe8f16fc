"""Turn a shop's transaction exports into answers about its customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "affinity",
    "cadence",
    "cohorts",
    "compare",
    "concentration",
    "explain",
    "repeat",
    "run",
    "timeline",
]

if TYPE_CHECKING:
    from rfmtool.pipeline import run
    from rfmtool.questions import affinity, cadence, cohorts, concentration, repeat, timeline
    from rfmtool.report.card import explain
    from rfmtool.report.comparison import compare


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute may be anything
    # pandas and pyarrow load when a function is first used, so that the command line starts fast.
    if name == "run":
        from rfmtool import pipeline

        return pipeline.run
    if name == "explain":
        from rfmtool.report import card

        return card.explain
    if name == "compare":
        from rfmtool.report import comparison

        return comparison.compare
    if name in __all__:
        from rfmtool import questions

        return getattr(questions, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
