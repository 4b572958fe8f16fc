"""The files that mail and advertising tools take: their column names, numbers and days.

Names and forms are those of each tool's own help pages on importing contacts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd


@dataclass(frozen=True)
class Tool:
    """What one tool takes.

    Attributes:
        columns: from what we know to the tool's column names, in the order of the file.
        by_phone: whether somebody is taken who has a number alone.
        hashed: whether addresses and numbers are hashed with SHA-256.
        bare_phone: whether numbers are without the plus.
    """

    columns: Mapping[str, str]
    by_phone: bool = True
    hashed: bool = False
    bare_phone: bool = False


_OURS: Final = ("stage", "segment", "action", "last_order_on", "expected_spend")
_PEOPLE: Final = ("email", "phone", "first_name", "last_name")


_USUAL: Final = "RFM Stage|RFM Segment|RFM Action|Last Order|Expected Spend"


def _fields(people: str, ours: str = _USUAL) -> dict[str, str]:
    """The names of the columns, each list with `|` between them."""
    names = (*people.split("|"), *ours.split("|"))
    return dict(zip((*_PEOPLE, *_OURS), names, strict=True))


TOOLS: Final[Mapping[str, Tool]] = {
    "klaviyo": Tool(_fields("Email|Phone Number|First Name|Last Name")),
    "mailchimp": Tool(_fields("Email Address|Phone Number|First Name|Last Name"), by_phone=False),
    "hubspot": Tool(_fields("Email|Phone Number|First Name|Last Name"), by_phone=False),
    "brevo": Tool(
        _fields(
            "EMAIL|SMS|FIRSTNAME|LASTNAME",
            "RFM_STAGE|RFM_SEGMENT|RFM_ACTION|LAST_ORDER|EXPECTED_SPEND",
        )
    ),
    "meta": Tool({"email": "email", "phone": "phone"}, hashed=True, bare_phone=True),
    "google": Tool({"email": "Email", "phone": "Phone"}, hashed=True),
}
"""Each tool by the name that --for takes."""


def upload(people: pd.DataFrame, tool: Tool) -> pd.DataFrame:
    """A tool's table of people, as text.

    Args:
        people: email (valid, or empty), phone (as E.164, or empty), name, and what a run writes:
            stage, segment, action, last_order_on, expected_spend; all text.
        tool: which.
    """
    email = people["email"].str.lower() if tool.hashed else people["email"]
    phone = people["phone"].str.removeprefix("+") if tool.bare_phone else people["phone"]
    # The last word is the last name; a single word is a first name.
    names = people["name"].str.strip().str.extract(r"^(?P<first>.*?)(?:\s+(?P<last>\S+))?$")
    names = names.fillna("")
    in_cents = people["expected_spend"].map(lambda text: f"{float(text):.2f}" if text else "")
    known: dict[str, Any] = {
        "email": _hashed(email) if tool.hashed else email,
        "phone": _hashed(phone) if tool.hashed else phone,
        "first_name": names["first"],
        "last_name": names["last"],
        **{name: people[name] for name in _OURS},
        "expected_spend": in_cents,
    }
    return pd.DataFrame({name: known[ours] for ours, name in tool.columns.items()})


def _hashed(texts: pd.Series[Any]) -> pd.Series[Any]:
    """SHA-256 in small hexadecimal digits; what is empty stays so."""
    return texts.map(lambda text: hashlib.sha256(text.encode()).hexdigest() if text else "")
