"""Our own JSON and TOML files, read with limits on size and depth."""

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
"""A JSON object: a summary, the answer to a question, or a part of one."""

MAX_BYTES: Final = 64 << 20
_MAX_TOML_BYTES: Final = 4 << 20
_MAX_DEPTH: Final = 64
_KEY: Final = rb"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY: Final = re.compile(
    rb"(?<![\w-])" + _KEY + rb"(?:[ \t]*+\.[ \t]*+" + _KEY + rb"){%d}" % _MAX_DEPTH
)

_NUL: Final = re.compile(r"\\u0000|\\U00000000|\\x00")


def read_file_bytes(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a file; raises OSError, or ValueError where it holds more than `most` bytes."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it holds more than {most:,} bytes")
    return data


def parse_json(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON in UTF-8, with or without a byte order mark.

    Raises ValueError where it is not JSON, is too deep, or has NaN or infinity.
    """
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is too deep") from None
    _check_depth(document)
    return document


@cache
def packaged_toml(package: str, name: str) -> Any:  # noqa: ANN401 - as tomllib says
    """The content of a TOML file in one of our packages, shared by all callers."""
    return tomllib.loads(resources.files(package).joinpath(name).read_text("utf-8"))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file in UTF-8, with or without a byte order mark; see `parse_toml`.

    Raises OSError, or ValueError where it is not TOML, or too large or too deep.
    """
    data = read_file_bytes(path, _MAX_TOML_BYTES)
    # tomllib's time and memory grow with the square of the number of parts.
    if long_key := _LONG_KEY.search(data):
        line = data.count(b"\n", 0, long_key.start()) + 1
        raise ValueError(f"line {line}: a key has over {_MAX_DEPTH} parts")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("cannot be read: not UTF-8 text") from None
    return parse_toml(text)


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML, numbers with a decimal point as Decimal; raises ValueError, saying where."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, ArithmeticError, RecursionError):
        raise ValueError("a number is too long, or lists are too deep") from None
    _check_depth(document)
    if _NUL.search(text) and "\0" in _all_text(document):
        raise ValueError("a text holds the character 0, as no name and no word does")
    return document


def _all_text(data: Any) -> str:  # noqa: ANN401 - any shape
    """All keys and values, joined into one text."""
    if isinstance(data, dict):
        return "".join(map(_all_text, [*data, *data.values()]))
    return "".join(map(_all_text, data)) if isinstance(data, list) else str(data)


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _check_depth(data: Any) -> None:  # noqa: ANN401 - any shape
    level = [data]
    for _ in range(_MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise ValueError("it is too deep")
