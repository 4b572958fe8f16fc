"""The rules in force as frozen values; a rule is a label and conditions, and evaluates nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Literal

from rfmtool.rules.presets import Preset

MethodName = Literal["quantile", "cumulative", "nested", "fixed", "at_least"]
METHODS: Final[tuple[MethodName, ...]] = (
    "quantile", "cumulative", "nested", "fixed", "at_least",
)  # fmt: skip
BINNED: Final = METHODS[:3]
"""The methods that find their own cuts for a number of bins."""
MIN_BINS, MAX_BINS = 2, 10
NO_ORDERS: Final = "no_orders"
NEW: Final = "(new)"
"""Where a comparison has customers come from whom only the new run knows."""
GONE: Final = "(gone)"
"""Where it has those go whom only the old run knows."""


@dataclass(frozen=True)
class Method:
    """How one dimension is scored. Cuts are whole units: days, orders, 1/10,000 of money."""

    name: MethodName
    bins: int
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Condition:
    """Holds where `smallest` <= column <= `largest`, or where it is one of `words`.

    None is no bound. Money is in whole 1/10,000, a ratio in whole millionths, a yes is 1, a no 0.
    """

    column: str
    smallest: int | None = None
    largest: int | None = None
    words: frozenset[str] | None = None

    def implies(self, other: Condition) -> bool:
        """Whether `other`, about the same column, holds wherever this does."""
        low = other.smallest is None or (
            self.smallest is not None and self.smallest >= other.smallest
        )
        high = other.largest is None or (self.largest is not None and self.largest <= other.largest)
        said = other.words is None or (self.words is not None and self.words <= other.words)
        return low and high and said


@dataclass(frozen=True)
class Rule:
    """A label for the rows that meet all conditions."""

    label: str
    conditions: tuple[Condition, ...] = ()

    def covers(self, other: Rule) -> bool:
        """Whether this rule holds wherever the other does."""
        return all(
            any(
                theirs.column == ours.column and theirs.implies(ours) for theirs in other.conditions
            )
            for ours in self.conditions
        )


@dataclass(frozen=True)
class Rung(Rule):
    """A rule of the ladder: what proves it, and the words that say why."""

    proof: str = ""
    evidence: str = ""
    because: str = ""


@dataclass(frozen=True)
class Action(Rule):
    """A row of the playbook: what to do for whom, by which channels, and how soon.

    `say` is the action in words for the shop's owner, `why` what speaks for it.
    """

    priority: int = 1
    channels: tuple[str, ...] = ()
    say: str = ""
    why: str = ""
    is_marketing: bool = True
    """Whether people may be left out of it by lot; service is for everybody."""
    hold_out: Decimal | None = None
    """The share of people who are always left out of it, to measure against."""
    rest_days: int | None = None
    """How long somebody is left alone with it who was contacted for it; None: as all others."""
    unless_result: frozenset[str] = frozenset()
    """Verdicts on what it did last time with which nobody gets it."""
    only_result: frozenset[str] = frozenset()
    """Verdicts of which one must be known for anybody to get it; none: any or no verdict."""

    def covers(self, other: Rule) -> bool:
        """Whether this row takes everybody whom the other would, whatever anything did."""
        asks_for_results = self.unless_result or self.only_result
        return not asks_for_results and super().covers(other)

    def allows_verdict(self, verdict: str | None) -> bool:
        """Whether anybody may get it, by what it did last time."""
        return verdict not in self.unless_result and (
            not self.only_result or verdict in self.only_result
        )


@dataclass(frozen=True)
class SegmentMap:
    """Rules over the three scores; a grid is a partition, a list is read from the top."""

    kind: Literal["grid", "list"]
    rows: tuple[Rule, ...]


@dataclass(frozen=True)
class FitRules:
    """Who cut points are fitted on, and the column within whose values each has cuts of its own.

    Customers outside of the limits are scored by the cut points that the others make. Money is in
    whole units; None is no limit.
    """

    within: str | None = None
    min_orders: int | None = None
    max_orders: int | None = None
    min_spend: int | None = None
    max_spend: int | None = None

    def over(self, other: FitRules) -> FitRules:
        """These rules, and the other ones where these leave something open."""
        mine = {key: value for key, value in asdict(self).items() if value is not None}
        return replace(other, **mine)


@dataclass(frozen=True)
class WalletRules:
    """Shares of wallet are low below `low` and high from `high` on; who a peer estimate asks.

    The estimate is the `tau` quantile of spend among those who share the `peers` columns of the
    contacts, where there are `min_peers` of them.
    """

    low: Decimal
    high: Decimal
    tau: Decimal
    peers: tuple[str, ...]
    min_peers: int


@dataclass(frozen=True)
class HoldoutRules:
    """The lots that are drawn: of each the share, above 0 and below 1, that is left out.

    `shares` is by the name of the lot: "all" marketing, or an action.
    """

    shares: Mapping[str, Decimal] = field(default_factory=dict)
    salt: str = "rfmtool"


@dataclass(frozen=True)
class ContactRules:
    """How often people are contacted: per action, in all, and what a minute of it costs."""

    rest_days: int
    most_in_30_days: int
    minute_cost: Decimal
    """In currency units."""


@dataclass(frozen=True)
class RelationshipRules:
    """When orders are followed up, whom work is found for, and what partners get.

    Money is in whole 1/10,000, shares are in whole millionths.
    """

    follow_up_days: int
    find_work_months: int
    business_column: str
    """The column of the contacts that marks businesses, with one of `business_words`."""
    business_words: frozenset[str]
    reward_sum: int
    """For each person brought who buys, once."""
    reward_tiers: tuple[tuple[int, int], ...]
    """From what was brought in a month, the share of all of it; ascending from 0."""


@dataclass(frozen=True)
class Rules:
    """Everything a user can change without code."""

    scoring: Mapping[str, Method]
    fit: FitRules
    weights: Mapping[str, Decimal]
    segments: SegmentMap
    ladder: tuple[Rung, ...]
    playbook: tuple[Action, ...]
    not_a_sale: frozenset[str]
    """Status words of orders that are no sales, beside those that are known."""
    sale: frozenset[str]
    """The same, of orders that are."""
    wallet: WalletRules
    contacting: ContactRules
    relationship: RelationshipRules
    evidence: Mapping[str, str | list[str]] = field(default_factory=dict)
    """Where evidence tables are, by name; what a run is given comes first."""
    presets: tuple[Preset, ...] = ()
    """Known exports of the user's own."""
    shared: bool = False
    """Whether others may read what is written."""
    holdout: HoldoutRules = field(default_factory=HoldoutRules)
    """Who is left out, to measure against."""
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What each action did last time, as `measure` wrote it."""
    warnings: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The same as plain data, which `to_toml` writes."""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Which file each part is from, such as `scoring.recency`; what is not named is shipped."""
