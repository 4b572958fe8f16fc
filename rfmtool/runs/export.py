"""The lists of a finished run in the format of a mail or advertising tool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.errors import UsageError
from rfmtool.frames import is_among
from rfmtool.grouping.ids import matching_keys
from rfmtool.outputs.files import file_stems
from rfmtool.outputs.uploads import TOOLS, Tool, upload
from rfmtool.placing.channels import consent_masks
from rfmtool.placing.contact_limits import normalized_channels
from rfmtool.rules import Action
from rfmtool.runs.finished import RunFolder, read_errors
from rfmtool.runs.kept_runs import CUSTOMERS_FILE, PREVIOUS, earlier_runs

# Only ASCII before the @: mail tools refuse other letters there.
_ADDRESS: Final = r"[A-Za-z0-9_][!#-+\--9=?A-~]*@[^\s@,;<>\"']+\.[^\s@,;<>\"'.]+"
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
_COLUMNS: Final = (
    "email", "phone", "name", "consent", "holdout", "resting",
    "stage", "segment", "action", "last_order_on", "expected_spend", "monetary",
)  # fmt: skip
_PHONE_CHANNELS: Final = ("phone", "call", "sms", "whatsapp", "")
"""A refusal of one of these channels, or without a channel, keeps a number out of all tools."""
_REFUSALS: Final = "evidence/refusals.csv"
_REPEATED: Final = "same address as another"
_GROUPINGS: Final = ("stage", "segment", "action")


@dataclass(frozen=True)
class Uploads:
    """The tables to upload, one for each list, and how many people are excluded."""

    lists: Mapping[str, pd.DataFrame]
    """Columns of text, by the file name of the list without its extension."""
    left_out: Mapping[str, int]
    """Numbers of people by reason."""
    stems: frozenset[str]
    """The names that lists of this run can have."""
    asked: frozenset[str]
    """Those of them that were asked for, whether anybody is on them or not."""
    combined: pd.DataFrame
    """All lists in one table."""
    customers: list[str]
    """The ids of those on them, and of others with their addresses."""


def export(
    folder: Path,
    tool: str,
    *,
    only: str | None = None,
    changed: bool = False,
    keep_unknown: bool = False,
) -> Uploads:
    """Select the people of a run who may be contacted, list by list.

    Args:
        folder: the folder of the run.
        tool: one of `outputs.uploads.TOOLS`.
        only: export this list only; None exports all.
        changed: only people whose stage, segment or action differs from the previous run.
        keep_unknown: include people whose consent is not known.

    Raises:
        InputError: the folder is not of a run, or a file in it is not as the run wrote it.
        UsageError: there is no such list, no earlier run, or there are no contacts at all.
    """
    run = RunFolder.open(folder)
    people, rules = run.customers(run.summary(), None).to_pandas(), run.rules()
    people = people.reindex(columns=["customer_id", *_COLUMNS]).astype("str").fillna("")
    stems = file_stems(sorted({row.label for row in rules.playbook}))
    if only is not None and only not in {*stems, *stems.values()}:
        raise UsageError(
            f"{only!r} is no action of this run", f"Actions are {', '.join(sorted(stems))}."
        )
    if not (people["email"].ne("").any() or people["phone"].ne("").any()):
        raise UsageError(
            f"{folder}: knows nobody's e-mail address or phone number",
            "Run with --contacts FILE, or --column email=NAME.",
        )
    people = _with_valid_addresses(people, run)
    reasons = exclusion_reasons(people, rules.playbook, TOOLS[tool], keep_unknown=keep_unknown)
    if changed:
        reasons = reasons.where(reasons.ne("") | _is_changed(people, folder), "unchanged")
    if only is not None:
        wanted = people["action"].isin({only, *(label for label in stems if stems[label] == only)})
        people, reasons = people[wanted], reasons[wanted]
    included = people[reasons.eq("")]
    reached = {*included["email"].str.lower(), *included["phone"]} - {""}
    has_reached = is_among(people["email"].str.lower(), reached) | is_among(
        people["phone"], reached
    )
    if TOOLS[tool].by_phone:  # there a number is of one person, and gets messages once
        is_repeated = included["phone"].duplicated()
        included = included.assign(phone=included["phone"].mask(is_repeated, ""))
    order = {row.label: rank for rank, row in enumerate(reversed(rules.playbook))}
    lists = {
        stems[action]: upload(included[included["action"].eq(action)], TOOLS[tool])
        for action in sorted(set(included["action"]), key=lambda name: -order[name])
    }
    combined = pd.concat([upload(included[:0], TOOLS[tool]), *lists.values()], ignore_index=True)
    asked = {stem for label, stem in stems.items() if only in (None, label, stem)}
    left_out = Counter(reasons[reasons.ne("")])
    is_reached = reasons.eq("") | (reasons.eq(_REPEATED) & has_reached)
    ids = people["customer_id"][is_reached].tolist()
    return Uploads(lists, left_out, frozenset(stems.values()), frozenset(asked), combined, ids)


def _with_valid_addresses(people: pd.DataFrame, run: RunFolder) -> pd.DataFrame:
    """Valid email, and phone as E.164 (empty without country code, and where calls are refused)."""
    email = people["email"].str.strip()
    phone = people["phone"].str.strip().str.removeprefix("'")
    digits = phone.str.replace(r"\D", "", regex=True)
    is_valid = phone.str.startswith("+") & digits.str.len().between(_FEWEST_DIGITS, _MOST_DIGITS)
    numbers = ("+" + digits).where(is_valid, "")
    if _REFUSALS in run.digests:  # of e-mail, the consent column has them
        refusals = run.text_table(_REFUSALS).to_pandas()
        by_phone = normalized_channels(refusals).isin(_PHONE_CHANNELS)
        refused = is_among(people["customer_id"], refusals["customer_id"][by_phone])
        numbers = numbers.mask(refused, "")
    return people.assign(email=email.where(email.str.fullmatch(_ADDRESS), ""), phone=numbers)


def exclusion_reasons(
    people: pd.DataFrame, playbook: tuple[Action, ...], tool: Tool, *, keep_unknown: bool
) -> pd.Series[Any]:
    """Why each person is excluded, in a few words; empty for those included.

    `people` has columns of text: valid email or empty, phone as E.164 or empty, consent, action,
    holdout and resting; actions without a channel leave customers alone.
    """
    has_consent, has_refused = consent_masks(people)
    # Service actions, such as those for complaints, are no audience of mailings or advertising.
    idle = [row.label for row in playbook if not {*row.channels} - {"manager"}
            or not (row.is_marketing or "email" in row.channels)]  # fmt: skip
    unreachable = people["email"].eq("") & (people["phone"].eq("") | (not tool.by_phone))
    address = people["email"].where(people["email"].ne(""), people["phone"]).str.lower()
    reasons = {
        "refused": has_refused,
        "consent not known": ~has_consent & ~has_refused & (not keep_unknown),
        "left alone by the playbook": people["action"].isin(idle).to_numpy(),
        "held out": people["holdout"].ne("").to_numpy(),
        "resting": people["resting"].ne("").to_numpy(),
        "no valid e-mail address" + " or number" * tool.by_phone: unreachable.to_numpy(),
    }
    reason = pd.Series(np.select([*reasons.values()], [*reasons], ""), people.index)
    # Of people who share an address the first is included, and nobody if one of them has refused.
    email = people["email"].str.lower()
    refused = {*email[has_refused], *people["phone"][has_refused]} - {""}
    shares_refused = is_among(email, refused) | is_among(people["phone"], refused)
    reason = reason.mask(reason.eq("") & shares_refused, "refused")
    is_repeated = reason.eq("") & address.where(reason.eq("")).duplicated()
    reason = reason.mask(is_repeated, _REPEATED)
    is_repeated = reason.eq("") & people["phone"].where(reason.eq("")).duplicated()
    return reason.mask(is_repeated & email.eq(""), _REPEATED)


def _is_changed(people: pd.DataFrame, folder: Path) -> pd.Series[Any]:
    """Whose stage, segment or action differs from the previous run, or who was not in it."""
    runs = earlier_runs(folder)
    previous = next((run for run in runs if run.prefix == f"{PREVIOUS}/"), None)
    if previous is None:
        raise UsageError(
            f"--changed: {folder} keeps no earlier run", "Leave it out, or run again first."
        )
    with read_errors(folder):
        table = previous.text_table(CUSTOMERS_FILE)
        old = table.select(["customer_id", *_GROUPINGS]).to_pandas()
    old = old.set_index(matching_keys(old.pop("customer_id")))
    old = old[~old.index.duplicated()].reindex(matching_keys(people["customer_id"]))
    old = old.fillna("").set_axis(people.index)
    return people[list(_GROUPINGS)].ne(old).any(axis=1)
