"""Columns of names: whether they may hold the full names of customers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from rfmtool.errors import InputError
from rfmtool.sources.names import normalized
from rfmtool.sources.synonyms import synonyms

_NAMES: Final = frozenset(map(normalized, (
    "name", "nombre", "nome", "nom", "naam", "navn", "namn", "nama", "nimi", "nev", "jmeno", "isim",
    "имя", "ім'я", "이름", "名前", "ชื่อ", "الاسم", "שם", "nume", "όνομα",
)))  # fmt: skip
"""Columns that hold names of articles, or first names alone, if other columns say so."""
_FIRST_NAMES: Final = frozenset((
    "vorname", "firstname", "givenname", "forename", "prenom", "imie", "fornamn", "voornaam",
))  # fmt: skip
_MAY_BE_PART_OF_NAME: Final = frozenset((
    "buyername", "clientname", "nomecliente", "nomedocliente", "nombrecliente", "nombredelcliente",
    "nomclient", "nomduclient", "kundenname", "klantnaam", "nazwaklienta", "kundnamn", "kundenavn",
    "companyname", "organizationname", "organisationname", "firmenname", "firma", "raisonsociale",
    "razonsocial", "ragionesociale", "razaosocial", "bedrijfsnaam", "foretagsnamn",
))  # fmt: skip
"""Columns of names that hold a part of them, or companies alone, if others hold persons' names."""
_PARTS_OR_WHOLE: Final = _MAY_BE_PART_OF_NAME | _NAMES - {"name"}
_NAME_PARTS: Final = re.compile(
    r"(?:customer|client|buyer|kunden?|klant)?(?:vorname|firstname|givenname|forename|prenom|imie|"
    r"fornamn|voornaam|lastname|surname|familyname|nachname|cognome|apellidos?|sobrenome|apelido|"
    r"achternaam|efternamn|etternavn|efternavn|nazwisko|(?:primer|segundo)apellido|prijmeni|priezvisko|"
    r"soyad|soyadi|sukunimi|vezeteknev|prezime|priimek|namabelakang|фамилия|прізвище|姓|苗字)(?:(?:del?|do|du)?(?:cliente?|klienta))?"
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
    first_names = [other.strip() for other in header if normalized(other) in _FIRST_NAMES]
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
