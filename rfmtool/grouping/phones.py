"""Phone numbers in international form: `+44 7700 900123`."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import pandas as pd

from rfmtool.errors import UsageError

_MIN_DIGITS: Final = 7


def check_country(country: str) -> None:
    """Check that the package phonenumbers is installed and knows the country."""
    library = _library()
    if library is None:
        raise UsageError(
            "--country: needs the package phonenumbers", "pip install 'rfmtool[phones]' adds it."
        )
    if country.upper() not in library.SUPPORTED_REGIONS:
        raise UsageError(
            f"--country {country!r}: is no country of two letters", "For example GB, US or DE."
        )


def international_format(texts: pd.Series[Any], country: str | None) -> pd.Series[Any]:
    """Phone numbers in international form; unchanged where their country is not known.

    Without the package phonenumbers only numbers that begin with + or 00 are formatted. `country`,
    two letters, is for numbers without a country code.
    """
    library, unique = _library(), texts.dropna().unique()
    formatted = {text: _international(str(text), country, library) for text in unique}
    return texts.map(formatted, na_action="ignore").astype("str")


def digits_of(phones: pd.Series[Any]) -> pd.Series[Any]:
    """What numbers are compared by."""
    return phones.str.replace(r"\D+", "", regex=True)


# The same numbers may be in the export, in contacts and in their steps.
@lru_cache(maxsize=1 << 17)
def _international(text: str, country: str | None, library: ModuleType | None) -> str:
    text = text.strip().lstrip("'").strip()
    if text.startswith("00"):
        text = f"+{text[2:]}"
    if library is not None:
        try:
            number = library.parse(text, country.upper() if country else None)
        except library.NumberParseException:
            return text
        if library.is_possible_number(number):
            return str(library.format_number(number, library.PhoneNumberFormat.INTERNATIONAL))
        return text
    digits = "".join(letter if letter.isdigit() else " " for letter in text)
    if not text.startswith("+") or len(digits.replace(" ", "")) < _MIN_DIGITS:
        return text
    return f"+{' '.join(digits.split())}"


def _library() -> ModuleType | None:
    try:
        return import_module("phonenumbers")
    except ImportError:
        return None
