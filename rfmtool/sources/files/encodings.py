"""Which encoding a file's bytes are in: what they prove, else what they may be."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from contextlib import suppress
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
_CONTROLS: Final = bytes([*range(9), *range(14, 27), 127])
"""What no text holds but by accident; without white space, ESC and what may divide cells."""
_TOO_MANY: Final = 0.04
"""Of random bytes nearly a tenth are such."""
_SPARSE: Final = 10
_IN_RUNS: Final = 1.5
"""How many foreign letters follow each other at most in words of Latin letters, on average."""
_MOST_NAMED: Final = 3
_HAN: Final = r"\u3000-\u303f\u4e00-\u9fff\uff01-\uffe5"
_ALIKE: Final = 0.9
_ALPHABETS: Final[Mapping[str, tuple[str, str, float]]] = {
    "cp932": (rf"\u3040-\u30ff{_HAN}", r"\u3040-\u30ff", 0.1),
    "euc_kr": (rf"\uac00-\ud7a3{_HAN}", r"\uac00-\ud7a3", 0.6),
    "gb18030": (_HAN, r"\u4e00-\u9fa5", 0.6),
    "big5": (_HAN, r"\u4e00-\u9fa5", 0.6),
    "cp1251": (r"\u0401\u0410-\u0451\u2013\u2014\u2116", r"\u0410-\u044f", 0.9),
    "cp1253": (r"\u0384-\u03ce\u2013\u2014", r"\u0386-\u03ce", 0.9),
    "cp1255": (r"\u05d0-\u05ea\u2013\u2014", r"\u05d0-\u05ea", 0.9),
    "cp1256": (r"\u060c-\u06d2\u2013\u2014", r"\u0621-\u064a", 0.9),
}
"""By encoding, the letters of its alphabet, the telling ones, and the least share of these."""
_DOS: Final = re.compile(r"cp(437|7\d\d|85\d|86\d)")
_WINDOWS: Final = re.compile(r"cp125\d")


def encoding_from_bom(start: bytes) -> str:
    """The encoding that a file's first bytes prove, UTF-8 without such proof."""
    return next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")


def check_encoding(encoding: str) -> None:
    """Check that an encoding asked for is one of text."""
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
    fault = None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError as error:
        fault = error
    controls = 1 - len(sample.translate(None, _CONTROLS)) / max(1, len(sample))
    if fault and _utf16(sample):
        raise nul_bytes_error(sample, where)
    if fault and controls > _TOO_MANY:
        raise InputError(
            f"{where}: this is no text: {controls:.0%} of its first bytes are control characters",
            "Export it as CSV or Parquet; if it is text all the same, say how it is encoded with"
            " --encoding.",
        )
    if any(shift in sample for shift in _SHIFTS):
        raise InputError(
            f"{where}: there are escape codes in this text, as Japanese mail encodings have them",
            "If it is one, say --encoding iso2022_jp; else export it as UTF-8.",
        )
    if fault:
        line = sample.count(b"\n", 0, fault.start) + 1
        raise InputError(f"{where}: line {line} is not UTF-8 text", _way_out(sample, fault))


def _utf16(sample: bytes) -> str:
    """UTF-16 as bytes without its mark look, each second of them NUL; empty for others."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    least, most = sorted([even, odd])
    if most * _SPARSE <= len(sample) or least * _SPARSE > most:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def nul_bytes_error(sample: bytes, where: str) -> InputError:
    """Say that the header holds NUL bytes, as UTF-16 without its mark has them."""
    likely = _utf16(sample)
    return InputError(
        f"{where}: the header row holds NUL bytes, so this is no UTF-8 text",
        f"It may be UTF-16: say --encoding {likely}." if likely else "Export it as CSV or Parquet.",
    )


def _way_out(sample: bytes, error: UnicodeDecodeError) -> str:
    start = max(0, sample.rfind(b"\n", 0, max(0, error.start - _LOOKED_AT // 2)) + 1)
    piece = sample[start : start + _LOOKED_AT]
    piece = piece[: piece.rfind(b"\n") + 1] or piece  # a letter of several bytes is not cut
    names = _candidates(piece)
    all_the_same = "--encoding utf-8 reads it all the same and itemises the bad rows."
    if names:
        likely = " or ".join(f"--encoding {name}" for name in names)
        return f"By its letters it may be one of several; likely are {likely}. {all_the_same}"
    return (
        "Say how it is encoded, for example --encoding cp1252 (Windows, western Europe);"
        f" {all_the_same}"
    )


def _by_alphabet(text: bytes) -> list[str]:
    """The encodings in which nearly all foreign letters are of the alphabet that they are for."""
    found = []
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", text)]
    in_words = sum(runs) >= _IN_RUNS * len(runs)
    if not in_words:  # letters of Latin alphabets stand alone
        return ["cp1250", "cp1254"]
    for name, (letters, telling, least) in _ALPHABETS.items():
        own, proof = re.compile(f"[{letters}]"), re.compile(f"[{telling}]")
        with suppress(UnicodeDecodeError):
            foreign = [letter for letter in text.decode(name) if letter > "\x7f"]
            alike = sum(bool(own.match(letter)) for letter in foreign)
            told = sum(bool(proof.match(letter)) for letter in foreign)
            if foreign and alike >= _ALIKE * len(foreign) and told >= least * len(foreign):
                found.append(name)
    return found


def _candidates(text: bytes) -> list[str]:
    """Encodings that the text may be in, the likeliest first."""
    own = _by_alphabet(text)
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        return (["cp1252"] * _is_western(text) + own)[:_MOST_NAMED]
    matches = list(from_bytes(text))
    found = ["cp1252"] * _is_western(text) + own + [match.encoding for match in matches]
    found += [other for match in matches for other in match.could_be_from_charset]
    likely = [name for name in dict.fromkeys(found) if name not in ("utf_8", "ascii")]
    if any(map(_WINDOWS.fullmatch, likely)):
        likely = [name for name in likely if not _DOS.fullmatch(name)]
    return likely[:_MOST_NAMED]


def _is_western(text: bytes) -> bool:
    """Whether it is Windows text whose foreign letters stand alone, as in Latin alphabets."""
    with suppress(UnicodeDecodeError):
        text.decode("cp1252")
        runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", text)]
        return sum(runs) < _IN_RUNS * len(runs) and text == text.translate(None, _CONTROLS)
    return False
