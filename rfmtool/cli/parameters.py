"""Parameter types of options: days, sizes, numbers of days; and the argument for exports."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import click


class Exports(click.Argument):
    """The exports to read; without any, the cluster that has the `--table` to read."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The exports; options have been processed before."""
        is_missing = self.value_is_missing(value)
        if is_missing and ctx.params.get("table") and ctx.params.get("engine") == "spark":
            remote = ctx.params.get("remote") or os.environ.get("SPARK_REMOTE")
            value = (remote,) if remote else ()
        return super().process_value(ctx, value)


class Day(click.ParamType["date | str"]):
    """A day as YYYY-MM-DD; with `words`, also today, yesterday and last."""

    name = "date"

    def __init__(self, *, words: bool = False) -> None:
        self._words = words

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> date | str:
        """Parse a day, or return the word `last`."""
        if isinstance(value, date):
            return value
        if self._words and value == "last":
            return "last"
        if self._words and value in ("today", "yesterday"):
            # The clock is asked only because the user asks for it.
            return date.today() - timedelta(days=value == "yesterday")  # noqa: DTZ011 - local time
        try:
            # Unlike strptime, fromisoformat accepts 20240131 and 2024-W05-3.
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            words = ", today, yesterday or last" if self._words else ""
            self.fail(f"{value!r} is not YYYY-MM-DD{words}", param, ctx)


class Size(click.ParamType["int"]):
    """A number of bytes, with or without a unit."""

    name = "size"
    _units: ClassVar = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
                        "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}  # fmt: skip

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse a number of bytes."""
        match = re.fullmatch(r"\s*(\d{1,12}(?:\.\d+)?)\s*([a-zA-Z]*)\s*", str(value), re.ASCII)
        unit = self._units.get(match[2].upper()) if match else None
        if match is None or unit is None:
            self.fail(f"{value!r} is no size such as 500MB or 20GB", param, ctx)
        return int(float(match[1]) * unit)


class Days(click.ParamType["int"]):
    """A number of days, such as 90d."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse a number of days."""
        match = re.fullmatch(r"([1-9]\d{0,4})d?", str(value), re.ASCII)
        if match is None:
            self.fail(f"{value!r} is no number of days such as 90d", param, ctx)
        return int(match[1])
