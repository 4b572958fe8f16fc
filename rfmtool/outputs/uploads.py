"""The upload files of mail and advertising tools: column names and formats.

Source: the help pages of each tool on importing contacts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd


@dataclass(frozen=True)
class Tool:
    """The format of one tool.

    Attributes:
        columns: from our column names to those of the tool, in the order of the file.
        by_phone: whether people with a number but no e-mail address are accepted.
        hashed: whether addresses and numbers are hashed with SHA-256.
        bare_phone: whether numbers have no leading plus.
    """

    columns: Mapping[str, str]
    by_phone: bool = True
    hashed: bool = False
    bare_phone: bool = False


_CONTACT_COLUMNS: Final = ("email", "phone", "first_name", "last_name")
_RFM_COLUMNS: Final = ("stage", "segment", "action", "last_order_on", "expected_spend")
_RFM_NAMES: Final = "RFM Stage|RFM Segment|RFM Action|Last Order|Expected Spend"


def _fields(contact_names: str, rfm_names: str = _RFM_NAMES) -> dict[str, str]:
    """The column names of a tool, given with `|` between them."""
    names = (*contact_names.split("|"), *rfm_names.split("|"))
    return dict(zip((*_CONTACT_COLUMNS, *_RFM_COLUMNS), names, strict=True))


TOOLS: Final[Mapping[str, Tool]] = {
    "klaviyo": Tool(_fields("Email|Phone Number|First Name|Last Name")),
    "mailchimp": Tool(_fields("Email Address|Phone Number|First Name|Last Name"), by_phone=False),
    "hubspot": Tool(_fields("Email|Phone Number|First Name|Last Name"), by_phone=False),
    "brevo": Tool(_fields("EMAIL|SMS|FIRSTNAME|LASTNAME", _RFM_NAMES.upper().replace(" ", "_"))),
    "meta": Tool({"email": "email", "phone": "phone"}, hashed=True, bare_phone=True),
    "google": Tool({"email": "Email", "phone": "Phone"}, hashed=True),
}
"""The tools by their names for --for."""


def upload(people: pd.DataFrame, tool: Tool) -> pd.DataFrame:
    """The table that a tool imports, as text.

    `people` has columns of text: email (valid or empty), phone (E.164 or empty), name, stage,
    segment, action, last_order_on and expected_spend.
    """
    email, phone = people["email"], people["phone"]
    if tool.bare_phone:
        phone = phone.str.removeprefix("+")
    if tool.hashed:
        email, phone = _hashed(email.str.lower()), _hashed(phone)
    # The last word is the last name; a single word is a first name.
    names = people["name"].str.strip().str.extract(r"^(.*?)(?:\s+(\S+))?$").fillna("")
    spend = people["expected_spend"].map(lambda text: f"{float(text):.2f}" if text else "")
    columns: dict[str, Any] = {
        "email": email,
        "phone": phone,
        "first_name": names[0],
        "last_name": names[1],
        **{name: people[name] for name in _RFM_COLUMNS},
        "expected_spend": spend,
    }
    return pd.DataFrame({name: columns[ours] for ours, name in tool.columns.items()})


def _hashed(texts: pd.Series[Any]) -> pd.Series[Any]:
    """SHA-256 in lower-case hexadecimal; empty text stays empty."""
    return texts.map(lambda text: hashlib.sha256(text.encode()).hexdigest() if text else "")
