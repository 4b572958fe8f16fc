"""Turn a shop's transaction exports into answers about its customers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from rfmtool.version import __version__

__all__ = [
    "Asked", "Detail", "FitRules", "Method", "Settings", "__version__", "affinity", "cadence",
    "cohorts", "compare", "concentration", "explain", "journey", "measure", "repeat", "run",
    "timeline",
]  # fmt: skip

if TYPE_CHECKING:
    from rfmtool.pipeline import run
    from rfmtool.questions import (
        affinity,
        cadence,
        cohorts,
        concentration,
        journey,
        repeat,
        timeline,
    )
    from rfmtool.rules import FitRules, Method
    from rfmtool.runs.compare import compare
    from rfmtool.runs.explain import explain
    from rfmtool.runs.measure import measure
    from rfmtool.settings import Settings
    from rfmtool.sources.layout import Asked, Detail


def __dir__() -> list[str]:
    return __all__


_HOMES: Final = {
    "run": "pipeline",
    "explain": "runs.explain",
    "compare": "runs.compare",
    "measure": "runs.measure",
    **dict.fromkeys(("Detail", "Asked"), "sources.layout"),
    "Settings": "settings",
    **dict.fromkeys(("FitRules", "Method"), "rules"),
    **dict.fromkeys(
        ("affinity", "cadence", "cohorts", "concentration", "journey", "repeat", "timeline"),
        "questions",
    ),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute may be anything
    # pandas and pyarrow load when a name is first used, so that the command line starts fast.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"rfmtool.{_HOMES[name]}"), name)
