"""Encodings of text files: what a byte order mark proves, and candidates to suggest to the user."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from typing import Final

from rfmtool.documents import packaged_toml
from rfmtool.errors import InputError, UsageError

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ISO_2022_ESCAPES: Final = (b"\x1b$", b"\x1b(")
"""Escape sequences by which ISO-2022 encodings leave ASCII; they are valid UTF-8."""
_SAMPLE_BYTES: Final = 1 << 14
_CONTROLS: Final = bytes([*range(9), *range(14, 27), 127])
"""Control characters that text does not contain; without white space, ESC and delimiters."""
_MOST_CONTROLS: Final = 0.04  # the largest share in text; of random bytes it is nearly a tenth
_LEAST_NUL_RATIO: Final = 10
_MEAN_RUN_LENGTH: Final = 1.5
"""The largest mean length of runs of non-ASCII bytes in texts of Latin alphabets."""
_MOST_NAMED: Final = 3
_LEAST_SHARE: Final = 0.9
_DOS: Final = re.compile(r"cp(437|7\d\d|85\d|86\d)")
_WINDOWS: Final = re.compile(r"cp125\d")


def encoding_from_bom(start: bytes) -> str:
    """The encoding of a file by its byte order mark, UTF-8 without one."""
    return next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")


def check_encoding(encoding: str) -> None:
    """Check that an encoding exists and is one of text."""
    try:
        codecs.lookup(encoding)
        "a".encode(encoding)
        codecs.getincrementaldecoder(encoding)("surrogateescape").decode(b"", final=True)
    except (LookupError, TypeError, UnicodeError):
        raise UsageError(
            f"--encoding: there is no text encoding {encoding!r}", "For example cp1252."
        ) from None


def check_utf8(sample: bytes, where: str) -> None:
    """Check that the first bytes of a file are UTF-8; other encodings are only suggested."""
    fault = None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError as error:
        fault = error
    controls = 1 - len(sample.translate(None, _CONTROLS)) / max(1, len(sample))
    if fault and _utf16_variant(sample):
        raise nul_bytes_error(sample, where)
    if fault and controls > _MOST_CONTROLS:
        raise InputError(
            f"{where}: this is no text: {controls:.0%} of its first bytes are control characters",
            "Export it as CSV or Parquet; if it is text all the same, say how it is encoded with"
            " --encoding.",
        )
    if any(shift in sample for shift in _ISO_2022_ESCAPES):
        raise InputError(
            f"{where}: there are escape codes in this text, as Japanese mail encodings have them",
            "If it is one, say --encoding iso2022_jp; else export it as UTF-8.",
        )
    if fault:
        line = sample.count(b"\n", 0, fault.start) + 1
        raise InputError(f"{where}: line {line} is not UTF-8 text", _encoding_hint(sample, fault))


def _utf16_variant(sample: bytes) -> str:
    """The variant of UTF-16 that bytes without a mark may be in, by their NULs; else empty."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    least, most = sorted([even, odd])
    if most * _LEAST_NUL_RATIO <= len(sample) or least * _LEAST_NUL_RATIO > most:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def nul_bytes_error(sample: bytes, where: str) -> InputError:
    """The error for NUL bytes in the header, as in UTF-16 without a byte order mark."""
    likely = _utf16_variant(sample)
    return InputError(
        f"{where}: the header row holds NUL bytes, so this is no UTF-8 text",
        f"It may be UTF-16: say --encoding {likely}." if likely else "Export it as CSV or Parquet.",
    )


def _encoding_hint(sample: bytes, error: UnicodeDecodeError) -> str:
    start = max(0, sample.rfind(b"\n", 0, max(0, error.start - _SAMPLE_BYTES // 2)) + 1)
    piece = sample[start : start + _SAMPLE_BYTES]
    piece = piece[: piece.rfind(b"\n") + 1] or piece  # so as not to cut a multi-byte character
    names = _candidates(piece)
    fallback = "--encoding utf-8 reads it all the same and itemises the bad rows."
    if names:
        likely = " or ".join(f"--encoding {name}" for name in names)
        return f"By its letters it may be one of several; likely are {likely}. {fallback}"
    return (
        "Say how it is encoded, for example --encoding cp1252 (Windows, western Europe);"
        f" {fallback}"
    )


def _by_alphabet(text: bytes) -> list[str]:
    """The encodings in which nearly all non-ASCII characters belong to the right alphabet."""
    if _is_latin(text):
        return ["cp1250", "cp1254"]
    encodings = []
    for name, alphabet in packaged_toml(__package__, "alphabets.toml").items():
        with suppress(UnicodeDecodeError):
            characters = re.sub(r"[\0-\x7f]+", "", text.decode(name))
            count = len(characters)
            in_alphabet = len(re.findall(f"[{alphabet['characters']}]", characters))
            typical = len(re.findall(f"[{alphabet['typical']}]", characters))
            is_typical = typical >= alphabet["least"] * count
            if count and in_alphabet >= _LEAST_SHARE * count and is_typical:
                encodings.append(name)
    return encodings


def _candidates(text: bytes) -> list[str]:
    """Encodings that the text may be in, the likeliest first."""
    names = ["cp1252"] * _is_western(text) + _by_alphabet(text)
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        return names[:_MOST_NAMED]
    matches = list(from_bytes(text))
    names += [match.encoding for match in matches]
    names += [alternative for match in matches for alternative in match.could_be_from_charset]
    likely = [name for name in dict.fromkeys(names) if name not in ("utf_8", "ascii")]
    if any(map(_WINDOWS.fullmatch, likely)):
        likely = [name for name in likely if not _DOS.fullmatch(name)]
    return likely[:_MOST_NAMED]


def _is_western(text: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        text.decode("cp1252")
        return _is_latin(text) and text == text.translate(None, _CONTROLS)
    return False


def _is_latin(text: bytes) -> bool:
    """Whether non-ASCII bytes mostly stand alone, as the accented letters of Latin alphabets do."""
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", text)]
    return sum(runs) < _MEAN_RUN_LENGTH * len(runs)
