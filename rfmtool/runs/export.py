"""The lists of a finished run in the form that a mail or advertising tool takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.errors import UsageError
from rfmtool.grouping.ids import matching_keys
from rfmtool.outputs.files import file_stems
from rfmtool.outputs.uploads import TOOLS, Tool, upload
from rfmtool.placing.channels import consent_masks
from rfmtool.placing.contact_limits import normalized_channels
from rfmtool.rules import Action
from rfmtool.runs.finished import converting_read_errors, read_text_rows, read_texts
from rfmtool.runs.kept_runs import CUSTOMERS, PREVIOUS, earlier_runs
from rfmtool.runs.texts import text_table

# Letters of the Latin alphabet alone before the @: mail tools refuse others there.
_ADDRESS: Final = r"[A-Za-z0-9_][!#-+\--9=?A-~]*@[^\s@,;<>\"']+\.[^\s@,;<>\"'.]+"
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
_READ: Final = (
    "email", "phone", "name", "consent", "holdout", "resting",
    "stage", "segment", "action", "last_order_on", "expected_spend", "monetary",
)  # fmt: skip
_OF_NUMBERS: Final = ("phone", "call", "sms", "whatsapp", "")
"""The channels of which each, refused, keeps a number from other tools; any where none is said."""
_CHANGES: Final = ("stage", "segment", "action")


@dataclass(frozen=True)
class Uploads:
    """What is to be uploaded: a table for each list, and why others are in none."""

    lists: Mapping[str, pd.DataFrame]
    """By the list's file name without its ending, all text."""
    left_out: Mapping[str, int]
    """How many people, by reason."""
    stems: frozenset[str]
    """The names that lists of this run may have."""
    combined: pd.DataFrame
    """All lists as one."""


def export(
    folder: Path,
    tool: str,
    *,
    only: str | None = None,
    changed: bool = False,
    keep_unknown: bool = False,
) -> Uploads:
    """Take the people of a run who may be written to, list by list.

    Args:
        folder: the run's.
        tool: one of `outputs.uploads.TOOLS`.
        only: the one list to take; None takes all.
        changed: take only those whose stage, segment or action is not what it was the run before.
        keep_unknown: take those too whose consent nobody knows.

    Raises:
        InputError: the folder is not a run's, or something in it is not what the run wrote.
        UsageError: there is no such list, no earlier run, or no contacts at all.
    """
    people, rules = read_texts(folder)
    people = people.reindex(columns=["customer_id", *_READ]).astype("str").fillna("")
    stems = file_stems(sorted({row.label for row in rules.playbook}))
    if only is not None and only not in {*stems, *stems.values()}:
        raise UsageError(
            f"--list {only!r}: is no action of this run", f"Actions are {', '.join(sorted(stems))}."
        )
    if not (people["email"].ne("").any() or people["phone"].ne("").any()):
        raise UsageError(
            f"{folder}: knows nobody's e-mail address or phone number",
            "Run with --contacts FILE, or --column email=NAME.",
        )
    email = people["email"].str.strip()
    email = email.where(email.str.fullmatch(_ADDRESS), "")
    # As E.164, a plus and digits; empty where no country is known.
    bare = people["phone"].str.strip().str.removeprefix("'")
    digits = bare.str.replace(r"\D", "", regex=True)
    known = bare.str.startswith("+") & digits.str.len().between(_FEWEST_DIGITS, _MOST_DIGITS)
    numbers = ("+" + digits).where(known, "")
    refusals = read_text_rows(folder, "evidence/refusals.csv")
    if refusals is not None:  # e-mail is closed by consent
        told = refusals.to_pandas()
        refused = told["customer_id"][normalized_channels(told["channel"]).isin(_OF_NUMBERS)]
        numbers = numbers.mask(people["customer_id"].isin(refused), "")
    people = people.assign(email=email, phone=numbers)
    reasons = exclusion_reasons(people, rules.playbook, TOOLS[tool], keep_unknown=keep_unknown)
    wanted = people["action"].isin({only, *(one for one in stems if stems[one] == only)})
    counted = wanted if only is not None else np.ones(len(people), dtype=bool)
    if changed:
        reasons = reasons.where(reasons.ne("") | _is_changed(people, folder), "unchanged")
    left = Counter(reasons[counted & reasons.ne("")])
    taken = people[counted & reasons.eq("")]
    order = {row.label: place for place, row in enumerate(reversed(rules.playbook))}
    actions = sorted(set(taken["action"]), key=lambda name: -order[name])
    lists = {stems[name]: upload(taken[taken["action"].eq(name)], TOOLS[tool]) for name in actions}
    together = pd.concat([upload(taken[:0], TOOLS[tool]), *lists.values()], ignore_index=True)
    return Uploads(lists, left, frozenset(stems.values()), together)


def exclusion_reasons(
    people: pd.DataFrame, playbook: tuple[Action, ...], tool: Tool, *, keep_unknown: bool
) -> pd.Series[Any]:
    """Why each person is not taken, in a few words; empty for who is.

    Args:
        people: one row each, all text: valid email or empty, phone as E.164 or empty, consent,
            action, holdout and resting.
        playbook: the rows in force; who is to be left alone has an action without a channel.
        tool: which.
        keep_unknown: take those too whose consent nobody knows.
    """
    said_yes, said_no = consent_masks(people)
    # Who is to be served, such as for a complaint, is no audience of what only mails or advertises.
    idle = [row.label for row in playbook if not {*row.channels} - {"manager"}
            or not (row.is_marketing or "email" in row.channels)]  # fmt: skip
    no_way = people["email"].eq("") & (people["phone"].eq("") | (not tool.by_phone))
    address = people["email"].where(people["email"].ne(""), people["phone"]).str.lower()
    reasons = {
        "refused": said_no,
        "consent not known": ~said_yes & ~said_no & (not keep_unknown),
        "left alone by the playbook": people["action"].isin(idle).to_numpy(),
        "held out": people["holdout"].ne("").to_numpy(),
        "resting": people["resting"].ne("").to_numpy(),
        "no valid e-mail address" + " or number" * tool.by_phone: no_way.to_numpy(),
    }
    found = pd.Series(np.select([*reasons.values()], [*reasons], ""), people.index)
    # Of two people with one address the first is taken; a refusal of either is a refusal.
    email = people["email"].str.lower()
    refusing = {*email[said_no], *people["phone"][said_no]} - {""}
    shared = email.isin(refusing) | people["phone"].isin(refusing)
    found = found.mask(found.eq("") & shared, "refused")
    twice = found.eq("") & address.where(found.eq("")).duplicated()
    return found.mask(twice, "same address as another")


def _is_changed(people: pd.DataFrame, folder: Path) -> pd.Series[Any]:
    """Who stands elsewhere than in the run before, or was not in it."""
    runs = earlier_runs(folder, date.max)
    kept = next((run for run in runs if run.place == f"{PREVIOUS}/"), None)
    if kept is None:
        raise UsageError(
            f"--changed: {folder} keeps no earlier run", "Leave it out, or run again first."
        )
    with converting_read_errors(folder):
        table = text_table(kept.read_verified(CUSTOMERS), raw_text=kept.raw_text)
        before = table.select(["customer_id", *_CHANGES]).to_pandas()
    before = before.set_index(matching_keys(before.pop("customer_id")))
    before = before[~before.index.duplicated()].reindex(matching_keys(people["customer_id"]))
    before = before.fillna("").reset_index(drop=True)
    now = people[list(_CHANGES)].reset_index(drop=True)
    return now.ne(before).any(axis=1).set_axis(people.index)
