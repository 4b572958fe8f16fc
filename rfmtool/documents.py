"""Our own JSON and TOML, read within bounds: no file is so large or so deep that it does harm."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, NoReturn

Data = Mapping[str, Any]
"""What stands in a document, by name: a summary, the answer to a question, or a part of one."""

MAX_BYTES: Final = 64 << 20
_MOST_TOML_BYTES: Final = 4 << 20
_DEEPEST: Final = 64
_KEY: Final = rb"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY: Final = re.compile(
    rb"(?<![\w-])" + _KEY + rb"(?:[ \t]*+\.[ \t]*+" + _KEY + rb"){%d}" % _DEEPEST
)

_NUL: Final = re.compile(r"\\u0000|\\U00000000|\\x00")


def read_file_bytes(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a file that is not too large.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds more.
    """
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it holds more than {most:,} bytes")
    return data


def parse_json(data: bytes) -> Any:  # noqa: ANN401 - whatever stands there
    """Read JSON: UTF-8 with or without a mark, numbers that are numbers, not too deep.

    Raises:
        ValueError: it is none.
    """
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is too deep") from None
    _check_depth(found)
    return found


@cache
def packaged_toml(package: str, name: str) -> Any:  # noqa: ANN401 - as tomllib says
    """What a TOML file says that comes along with a package of ours; all share it."""
    return tomllib.loads(resources.files(package).joinpath(name).read_text("utf-8"))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file: UTF-8 with or without a mark; numbers with a point are decimals.

    Raises:
        OSError: it cannot be read.
        ValueError: it is none, or larger or deeper than any is meant to be; says which.
    """
    data = read_file_bytes(path, _MOST_TOML_BYTES)
    # The library takes a square of time and memory for each.
    if long := _LONG_KEY.search(data):
        line = data.count(b"\n", 0, long.start()) + 1
        raise ValueError(f"line {line}: a key has over {_DEEPEST} parts")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("cannot be read: not UTF-8 text") from None
    return parse_toml(text)


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML from text.

    Raises:
        ValueError: it is none; says where.
    """
    try:
        found = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, ArithmeticError, RecursionError):
        raise ValueError("a number is too long, or lists are too deep") from None
    _check_depth(found)
    if _NUL.search(text) and "\0" in _plain(found):
        raise ValueError("a text holds the character 0, as no name and no word does")
    return found


def _plain(data: Any) -> str:  # noqa: ANN401 - any shape
    """All the text of it, keys included."""
    if isinstance(data, dict):
        return "".join(map(_plain, [*data, *data.values()]))
    return "".join(map(_plain, data)) if isinstance(data, list) else str(data)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _check_depth(data: Any) -> None:  # noqa: ANN401 - any shape
    level = [data]
    for _ in range(_DEEPEST):
        level = [
            child
            for one in level
            if isinstance(one, (dict, list))
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ValueError("it is too deep")
