"""The rules in force as frozen dataclasses; `placing.matching` evaluates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Literal, get_args

from rfmtool.rules.presets import Preset

MethodName = Literal["quantile", "cumulative", "nested", "fixed", "at_least"]
METHODS: Final[tuple[MethodName, ...]] = get_args(MethodName)
BINNED: Final = METHODS[:3]
"""The methods that fit their cuts for a number of bins."""
MIN_BINS, MAX_BINS = 2, 10
NO_ORDERS: Final = "no_orders"
NEW: Final = "(new)"
"""In a comparison, the old place of customers whom only the new run has."""
GONE: Final = "(gone)"
"""In a comparison, the new place of customers whom only the old run has."""


@dataclass(frozen=True)
class Method:
    """How one dimension is scored. Cuts are whole units: days, orders, 1/10,000 of money."""

    name: MethodName
    bins: int
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Condition:
    """Holds where `smallest` <= column <= `largest`, or where the column is one of `words`.

    None is no bound. Money is in units of 1/10,000, ratios are in millionths, yes is 1 and no 0.
    """

    column: str
    smallest: int | None = None
    largest: int | None = None
    words: frozenset[str] | None = None

    def implies(self, other: Condition) -> bool:
        """Whether `other` is on the same column, and holds wherever this does."""
        low = other.smallest is None or (
            self.smallest is not None and self.smallest >= other.smallest
        )
        high = other.largest is None or (self.largest is not None and self.largest <= other.largest)
        words = other.words is None or (self.words is not None and self.words <= other.words)
        return self.column == other.column and low and high and words


@dataclass(frozen=True)
class Rule:
    """A label for the rows that meet all conditions."""

    label: str
    conditions: tuple[Condition, ...] = ()

    def covers(self, other: Rule) -> bool:
        """Whether this rule holds wherever the other does."""
        return all(
            any(theirs.implies(ours) for theirs in other.conditions) for ours in self.conditions
        )


@dataclass(frozen=True)
class Rung(Rule):
    """A rule of the ladder, with its kind of evidence and the text of its reason."""

    proof: str = ""
    evidence: str = ""
    because: str = ""


@dataclass(frozen=True)
class Action(Rule):
    """A row of the playbook: an action, for whom, by which channels, and how soon.

    `say` describes the action to the shop's owner, `why` gives the reason for it.
    """

    priority: int = 1
    channels: tuple[str, ...] = ()
    say: str = ""
    why: str = ""
    is_marketing: bool = True
    """Whether it may have a holdout group; service actions have none."""
    hold_out: Decimal | None = None
    """The share of its customers that is always held out."""
    rest_days: int | None = None
    """The rest period after a contact for it; None: the one for all actions."""
    unless_result: frozenset[str] = frozenset()
    """Verdicts on its last result that disable the row."""
    only_result: frozenset[str] = frozenset()
    """Verdicts of which one is required; empty: any or none."""

    def covers(self, other: Rule) -> bool:
        """Whether this row matches wherever the other does, whatever the verdicts."""
        depends_on_results = self.unless_result or self.only_result
        return not depends_on_results and super().covers(other)

    def allows_verdict(self, verdict: str | None) -> bool:
        """Whether the row is active with this verdict on the last result of its action."""
        is_allowed = not self.only_result or verdict in self.only_result
        return is_allowed and verdict not in self.unless_result


@dataclass(frozen=True)
class SegmentMap:
    """Rules on the three scores; those of a grid are disjoint, in a list the first match wins."""

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

    def with_defaults(self, defaults: FitRules) -> FitRules:
        """These rules, completed by `defaults` where they are None."""
        given = {key: value for key, value in asdict(self).items() if value is not None}
        return replace(defaults, **given)


@dataclass(frozen=True)
class WalletRules:
    """Shares of wallet are low below `low` and high from `high` on.

    A peer estimate is the `tau` quantile of spend among customers who have the same values in the
    `peers` columns of the contacts, if there are at least `min_peers` of them.
    """

    low: Decimal
    high: Decimal
    tau: Decimal
    peers: tuple[str, ...]
    min_peers: int


@dataclass(frozen=True)
class HoldoutRules:
    """The shares (between 0 and 1) to hold out, by action, or "all" for all marketing."""

    shares: Mapping[str, Decimal] = field(default_factory=dict)
    salt: str = "rfmtool"


@dataclass(frozen=True)
class ContactRules:
    """Contact limits, per action and in all, and what a minute of contact costs."""

    rest_days: int
    most_in_30_days: int
    minute_cost: Decimal
    """In currency units."""


@dataclass(frozen=True)
class RelationshipRules:
    """When to follow up orders, which customers are businesses to find work for, partner rewards.

    Money is in units of 1/10,000, shares are in millionths.
    """

    follow_up_days: int
    find_work_months: int
    business_column: str
    """The column of the contacts that marks businesses, with one of `business_words`."""
    business_words: frozenset[str]
    reward_sum: int
    """Paid once for each referred person who buys."""
    reward_tiers: tuple[tuple[int, int], ...]
    """Referred turnover of a month from which on a share of all of it is paid; ascending from 0."""


@dataclass(frozen=True)
class Rules:
    """All that a rules file can set."""

    scoring: Mapping[str, Method]
    fit: FitRules
    weights: Mapping[str, Decimal]
    segments: SegmentMap
    ladder: tuple[Rung, ...]
    playbook: tuple[Action, ...]
    not_a_sale: frozenset[str]
    """Status words of orders that are not sales, in addition to the built-in ones."""
    sale: frozenset[str]
    """The same for orders that are."""
    wallet: WalletRules
    contacting: ContactRules
    relationship: RelationshipRules
    evidence: Mapping[str, str | list[str]] = field(default_factory=dict)
    """Paths of the evidence tables by name; options of a run take precedence."""
    presets: tuple[Preset, ...] = ()
    """The user's own."""
    shared: bool = False
    """Whether other users of the system may read the files written."""
    holdout: HoldoutRules = field(default_factory=HoldoutRules)
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The last result of each action, as `measure` wrote it."""
    warnings: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The same as plain data, for `to_toml`."""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """The file of each part, such as `scoring.recency`; others are from the shipped file."""
