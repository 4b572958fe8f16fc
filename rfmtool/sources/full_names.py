"""Columns of names: whether they may hold the full names of customers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from rfmtool.documents import packaged_toml
from rfmtool.errors import InputError
from rfmtool.sources.names import normalized
from rfmtool.sources.synonyms import synonyms

_DATA: Final = packaged_toml(__package__, "names.toml")
_NAMES: Final = frozenset(map(normalized, _DATA["of_anything"]))
_PARTS_OR_WHOLE: Final = _NAMES - {"name"} | {*_DATA["parts_or_companies"]}
_NAME_PARTS: Final = re.compile(
    rf"(?:customer|client|buyer|kunden?|klant)?(?:{'|'.join(_DATA['name_parts'])})(?:(?:del?|do|du)?(?:cliente?|klienta))?"
)


def check_is_full_name(header: Sequence[str], places: Mapping[str, int], where: str) -> None:
    """Check that a column of customers' names, if it is the id, may hold their full names."""
    if "customer_id" not in places:
        return
    name = header[places["customer_id"]].strip()
    articles = article_columns(header, places)
    if normalized(name) != "name" and "product" not in places:
        factors = {*synonyms()["quantity"], *synonyms()["unit_price"]}
        articles += [other.strip() for other in header if normalized(other) in factors]
    first_names = [other.strip() for other in header if normalized(other) in _DATA["first_names"]]
    parts = [other.strip() for other in header if _NAME_PARTS.fullmatch(normalized(other))]
    if normalized(name) in _NAMES and articles:
        what = f"{articles[0]!r} may be the name of an article or of a customer"
    elif normalized(name) in _NAMES and first_names:
        what = f"{first_names[0]!r} may be a surname alone"
    elif normalized(name) in _PARTS_OR_WHOLE and parts:
        what = f"{parts[0]!r} may be a part of the name alone"
    else:
        return
    hint = f"If it tells customers apart, take --column customer_id={name!r}."
    raise InputError(f"{where}: {name!r} beside {what}", hint)


def article_columns(header: Sequence[str], places: Mapping[str, int]) -> list[str]:
    """The columns that only rows of goods have; beside an amount, a quantity proves nothing."""
    known = {"sku", "variant", *(() if "amount" in places else synonyms()["quantity"])}
    return [name.strip() for name in header if normalized(name) in known]
