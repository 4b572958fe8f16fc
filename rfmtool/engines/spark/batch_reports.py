"""What a task on a cluster reports, as text that travels among its lines.

A report is a line of no rows whose customer id begins with a secret random mark. It is JSON and not
a pickle, so that nothing that comes back is executed here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

import rfmtool.errors
from rfmtool.errors import InputError, RfmtoolError
from rfmtool.sources.ledger import StatusSum, Tally

_SETS: Final = tuple(item.name for item in fields(Tally) if isinstance(item.default, frozenset))
_ARRAYS: Final = ("bins", "reject_rows", "reject_codes")


@dataclass(frozen=True)
class BatchReport:
    """The tally of a batch, the error that ended reading, or without both the start of a piece."""

    position: tuple[int, int]
    """The number of the piece of the export, and of the batch in that piece."""
    file: int = 0
    tally: Tally | None = None
    reordered_header_row: int | None = None
    failure: RfmtoolError | None = None

    def to_json(self) -> str:
        """The report as text, which `from_json` reads."""
        data: dict[str, Any] = {"position": self.position, "file": self.file}
        data["reordered_header_row"] = self.reordered_header_row
        if (failure := self.failure) is not None:
            data["failure"] = type(failure).__name__, failure.args[0], failure.hint
        elif self.tally is not None:
            tally = {field.name: getattr(self.tally, field.name) for field in fields(Tally)}
            tally |= {name: tally[name].tolist() for name in _ARRAYS}
            tally |= {name: sorted(tally[name]) for name in _SETS}
            tally["statuses"] = [[*key, *sums] for key, sums in tally["statuses"].items()]
            data["tally"] = tally
        return json.dumps(data)

    @classmethod
    def from_json(cls, text: str) -> BatchReport:
        """The report that `to_json` wrote."""
        data = json.loads(text)
        position, file, tally = tuple(data["position"]), data["file"], data.get("tally")
        if "failure" in data:
            kind, message, hint = data["failure"]
            return cls(position, failure=getattr(rfmtool.errors, kind, InputError)(message, hint))
        if tally is not None:
            tally |= {name: np.array(tally[name], dtype=np.int64) for name in _ARRAYS}
            tally |= {name: frozenset(tally[name]) for name in _SETS}
            tally["statuses"] = {
                (role, word, meaning): StatusSum(*sums)
                for role, word, meaning, *sums in tally["statuses"]
            }
            tally = Tally(**tally)
        return cls(position, file, tally, data["reordered_header_row"])
