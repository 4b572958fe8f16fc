"""Phone numbers in one form, as they are dialled from abroad: `+44 7700 900123`."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import pandas as pd

from rfmtool.errors import UsageError

_FEWEST_DIGITS: Final = 7


def check_country(country: str | None) -> None:
    """Make sure that numbers can be read as those of a country, where one is given.

    Raises:
        UsageError: what reads them is not installed, or knows no such country.
    """
    if country is None:
        return
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
    """Phone numbers in one international form; those of no known country as they are written.

    Without the package phonenumbers only numbers that begin with + or 00 are brought into form.

    Args:
        texts: as exports write them, a leading `'` included.
        country: two letters, for numbers that tell none.
    """
    distinct = texts.dropna().unique()
    library = _library()
    forms = {text: _international(str(text), country, library) for text in distinct}
    return texts.map(forms, na_action="ignore").astype("str")


# The same people are measured on several days.
@lru_cache(maxsize=1 << 17)
def _international(text: str, country: str | None, library: ModuleType | None) -> str:
    bare = text.strip().lstrip("'").strip()
    if bare.startswith("00"):
        bare = f"+{bare[2:]}"
    if library is not None:
        try:
            number = library.parse(bare, country.upper() if country else None)
        except library.NumberParseException:
            return bare
        if library.is_possible_number(number):
            form = library.PhoneNumberFormat.INTERNATIONAL
            return str(library.format_number(number, form))
        return bare
    digits = "".join(letter if letter.isdigit() else " " for letter in bare)
    if not bare.startswith("+") or len(digits.replace(" ", "")) < _FEWEST_DIGITS:
        return bare
    return f"+{' '.join(digits.split())}"


def _library() -> ModuleType | None:
    try:
        return import_module("phonenumbers")
    except ImportError:
        return None
