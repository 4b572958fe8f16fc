"""Which encoding a file's bytes are in: what they prove, else what they may be."""

from __future__ import annotations

import codecs
from typing import Final

from rfmtool.errors import InputError, UsageError

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHIFTS: Final = (b"\x1b$", b"\x1b(")
"""How ISO-2022 encodings leave ASCII; to UTF-8 they are ordinary letters."""
_LOOKED_AT: Final = 1 << 14
_MOST_NAMED: Final = 3


def proven(start: bytes) -> str:
    """The encoding that a file's first bytes prove, UTF-8 without such proof."""
    return next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")


def check_encoding(encoding: str) -> None:
    """Check that an encoding asked for is one of text.

    Raises:
        UsageError: it is none.
    """
    try:
        codecs.lookup(encoding)
        "a".encode(encoding)
        codecs.getincrementaldecoder(encoding)("surrogateescape").decode(b"", final=True)
    except (LookupError, TypeError, UnicodeError):
        raise UsageError(
            f"--encoding: there is no text encoding {encoding!r}", "For example cp1252."
        ) from None


def check_utf8(sample: bytes, where: str) -> None:
    """Check that the first bytes of a file are UTF-8; no encoding is ever guessed silently.

    Raises:
        InputError: they are not; the hint names what they may be.
    """
    if any(shift in sample for shift in _SHIFTS):
        raise InputError(
            f"{where}: there are escape codes in this text, as Japanese mail encodings have them",
            "If it is one, say --encoding iso2022_jp; else export it as UTF-8.",
        )
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError as error:
        line = sample.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{where}: line {line} is not UTF-8 text", _way_out(sample, error)
        ) from None


def no_text(sample: bytes, where: str) -> InputError:
    """Say that the header holds NUL bytes, as UTF-16 without its mark has them."""
    likely = "utf-16-be" if sample[:1] == b"\0" else "utf-16-le"
    return InputError(
        f"{where}: the header row holds NUL bytes, so this is no UTF-8 text",
        f"It may be UTF-16: say --encoding {likely}.",
    )


def _way_out(sample: bytes, error: UnicodeDecodeError) -> str:
    start = max(0, sample.rfind(b"\n", 0, max(0, error.start - _LOOKED_AT // 2)) + 1)
    names = _candidates(sample[start : start + _LOOKED_AT])
    all_the_same = "--encoding utf-8 reads it all the same and itemises the bad rows."
    if names:
        likely = " or ".join(f"--encoding {name}" for name in names)
        return f"By its letters it may be one of several; likely are {likely}. {all_the_same}"
    return (
        "Say how it is encoded, for example --encoding cp1252 (Windows, western Europe);"
        f" {all_the_same} With pip install 'rfmtool[encodings]' likely ones are named here."
    )


def _candidates(text: bytes) -> list[str]:
    """Encodings that the text may be in, the likeliest first; none where nothing can tell."""
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        return []
    found = [match.encoding for match in from_bytes(text)]
    found += [other for match in from_bytes(text) for other in match.could_be_from_charset]
    return [name for name in dict.fromkeys(found) if name not in ("utf_8", "ascii")][:_MOST_NAMED]
