"""What a task on a cluster has to say beside its lines, as text that travels among them.

A note is a line of no rows whose customer id begins with a mark that nobody can know before. It is
JSON, so that nothing that comes back is run here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

import rfmtool.errors
from rfmtool.errors import InputError, RfmtoolError
from rfmtool.sources.ledger import StatusSum, Tally
from rfmtool.sources.rows.clean import Cleaned

_SETS: Final = tuple(one.name for one in fields(Tally) if isinstance(one.default, frozenset))
_ARRAYS: Final = ("bins", "reject_rows", "reject_codes")


@dataclass(frozen=True)
class BatchReport:
    """Of one batch: where its rows went, or what ended reading; or that a piece begins.

    `place` is that of the batch: its piece of the export, and its number in that piece.
    """

    place: tuple[int, int]
    file: int = 0
    tally: Tally | None = None
    turned: int | None = None
    failure: RfmtoolError | None = None

    @classmethod
    def from_cleaned(cls, place: tuple[int, int], file: int, cleaned: Cleaned) -> BatchReport:
        """What there is to say of a batch that was read."""
        return cls(place, file, cleaned.tally, cleaned.reordered_header_row)

    def to_json(self) -> str:
        """The note as text."""
        data: dict[str, Any] = {"place": self.place, "file": self.file, "turned": self.turned}
        if self.tally is None and self.failure is None:
            return json.dumps(data)
        if self.failure is not None:
            said = type(self.failure).__name__, self.failure.args[0], self.failure.hint
            return json.dumps({**data, "failure": said})
        tally = {field.name: getattr(self.tally, field.name) for field in fields(Tally)}
        tally |= {name: tally[name].tolist() for name in _ARRAYS}
        tally |= {name: sorted(tally[name]) for name in _SETS}
        tally["statuses"] = [[*key, *held] for key, held in tally["statuses"].items()]
        return json.dumps({**data, "tally": tally})

    @classmethod
    def from_json(cls, text: str) -> BatchReport:
        """The note that a text is."""
        data = json.loads(text)
        found = cls(tuple(data["place"]), data["file"], turned=data["turned"])
        if "failure" in data:
            kind, *said = data["failure"]
            return cls(found.place, failure=getattr(rfmtool.errors, kind, InputError)(*said))
        if "tally" not in data:
            return found
        tally = data["tally"]
        tally |= {name: np.array(tally[name], dtype=np.int64) for name in _ARRAYS}
        tally |= {name: frozenset(tally[name]) for name in _SETS}
        tally["statuses"] = {
            (role, word, meaning): StatusSum(*held)
            for role, word, meaning, *held in tally["statuses"]
        }
        return cls(found.place, found.file, Tally(**tally), found.turned)
