"""The slow, obvious answer: every definition as a plain loop over exact numbers.

Nothing but the standard library, so that nothing is shared with the program it checks. Each
function is meant to be compared with its definition by eye; none of them is meant to be fast.

A "method" of scoring one dimension is a pair: `("quantile", bins)`, `("fixed", cuts)`,
`("at_least", cuts)` or `("cumulative", bins)`.
"""

from __future__ import annotations

import csv
import gzip
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import combinations, pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

Better = Literal["higher", "lower"]
Method = tuple[str, Any]

CENT_OF_A_CENT = Decimal("0.0001")
QUINTILES: Method = ("quantile", 5)
FREQUENCY_BANDS: Method = ("fixed", (1, 2, 4, 9))  # 1 | 2 | 3-4 | 5-9 | 10+


# Lines ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One readable row of an export; `customer_id` is '' where nobody is named."""

    customer_id: str
    order_id: str | None
    day: date
    amount: Decimal
    category: str | None = None
    cost: Decimal | None = None
    email: str | None = None
    is_sale: bool = True


@cache
def money(*factors: str | Decimal | int) -> Decimal:
    """The product of the factors, exact, then rounded half-even to 4 decimals.

    `money(amount)` or `money(quantity, unit_price)`.
    """
    product = Fraction(1)
    for factor in factors:
        product *= Fraction(Decimal(factor))
    return _four_decimals(product)


def _four_decimals(exact: Fraction) -> Decimal:
    whole = round(exact * 10_000)  # a Fraction rounds half to even
    with localcontext(prec=100):
        return whole * CENT_OF_A_CENT


def line_of(cells: Mapping[str, str]) -> Line:
    """The line in one row of text cells, keyed by role."""
    if "amount" in cells:
        amount = money(cells["amount"])
    else:
        amount = money(cells["quantity"], cells["unit_price"])
    return Line(
        customer_id=cells["customer_id"],
        order_id=cells.get("order_id") or None,
        day=date.fromisoformat(cells["ordered_at"][:10]),
        amount=amount,
        category=cells.get("category", "").strip() or None,
        cost=_cost_of(cells),
        email=cells.get("email", "").strip() or None,
        is_sale=cells.get("status") != "cancelled",
    )


def _cost_of(cells: Mapping[str, str]) -> Decimal | None:
    """The cost of a line: of each piece where pieces are counted; None where it cannot be read."""
    if not re.fullmatch(r"-?[0-9.]+", cells.get("cost", "")):
        return None
    return money(cells["cost"], cells.get("quantity", "1"))


def lines_of(rows: Iterable[Mapping[str, str]]) -> list[Line]:
    """The lines of a whole export; customer ids all written like `17850.0` lose their `.0`."""
    rows = list(rows)
    names = {cells["customer_id"] for cells in rows} - {""}
    if all(re.fullmatch(r"[0-9]+\.0", name) for name in names):
        rows = [{**cells, "customer_id": cells["customer_id"].removesuffix(".0")} for cells in rows]
    return [line_of(cells) for cells in rows]


def read_lines(paths: Iterable[Path], roles: Mapping[str, str]) -> list[Line]:
    """The lines of clean CSV files with ISO dates; `roles` gives each role's header name."""
    return lines_of(cells for path in paths for cells in _rows(path, roles))


def _rows(path: Path, roles: Mapping[str, str]) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as text:
        records = csv.reader(text)
        header = next(records)
        places = {role: header.index(name) for role, name in roles.items()}
        for record in records:
            yield {role: record[place] for role, place in places.items()}


# Orders and customers ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """All lines of one order; it counts when they net above zero, and only then has a day."""

    customer_id: str
    net: Decimal
    day: date | None


@dataclass(frozen=True)
class Customer:
    """What the lines up to as_of say of one customer; None where no order counts."""

    customer_id: str
    frequency: int
    order_days: int
    first_order_on: date | None
    last_order_on: date | None
    recency_days: int | None
    monetary: Decimal
    refunds: Decimal
    average_order: Decimal | None


def ledger(lines: Iterable[Line], *, as_of: date | None = None) -> dict[str, int]:
    """How many rows end in each bin that a clean export can fill; anonymous is asked first."""
    bins = {"rows": 0, "used": 0, "anonymous": 0, "after_as_of": 0}
    for line in lines:
        bins["rows"] += 1
        if not line.customer_id:
            bins["anonymous"] += 1
        elif as_of is not None and line.day > as_of:
            bins["after_as_of"] += 1
        else:
            bins["used"] += 1
    return bins


def used(lines: Iterable[Line], *, as_of: date | None = None) -> list[Line]:
    """The lines of named customers, without those later than a given as_of."""
    return [line for line in lines if line.customer_id and (as_of is None or line.day <= as_of)]


def orders(
    lines: Iterable[Line], *, as_of: date | None = None, order_per_row: bool = False
) -> list[Order]:
    """Every order, counting or not: a (customer, order id), or a (customer, day) without an id."""
    lines_of: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    for row, line in enumerate(used(lines, as_of=as_of)):
        if order_per_row:
            lines_of[line.customer_id, "row", row].append(line)
        elif line.order_id is not None:
            lines_of[line.customer_id, "id", line.order_id].append(line)
        else:
            lines_of[line.customer_id, "day", line.day].append(line)
    found = []
    for same_order in lines_of.values():
        net = sum((line.amount for line in same_order), Decimal(0))
        day = min(line.day for line in same_order if line.amount > 0) if net > 0 else None
        found.append(Order(same_order[0].customer_id, net, day))
    return found


def order_days(
    lines: Iterable[Line], *, as_of: date | None = None, order_per_row: bool = False
) -> dict[str, list[date]]:
    """For each buyer the distinct days with a counting order, ascending."""
    days_of: dict[str, set[date]] = defaultdict(set)
    for order in orders(lines, as_of=as_of, order_per_row=order_per_row):
        if order.day is not None:
            days_of[order.customer_id].add(order.day)
    return {customer_id: sorted(days) for customer_id, days in days_of.items()}


def as_of_day(
    lines: Sequence[Line], *, as_of: date | None = None, order_per_row: bool = False
) -> date:
    """The day given; else the latest day of a counting order; else the last line's day."""
    if as_of is not None:
        return as_of
    days = [order.day for order in orders(lines, order_per_row=order_per_row) if order.day]
    return max(days or [line.day for line in lines])


def stray_days(days: Iterable[date]) -> list[date]:
    """Days of counting orders (one for each order) that look mistyped: few, after a long gap."""
    days = sorted(days)
    if len(days) < 100:
        return []
    for place in range(1, len(days)):
        after = len(days) - place
        gap = (days[place] - days[place - 1]).days
        if gap > 60 and after <= max(1, len(days) / 1000):
            return sorted(set(days[place:]))
    return []


def customers(
    lines: Iterable[Line], *, as_of: date | None = None, order_per_row: bool = False
) -> dict[str, Customer]:
    """Every customer with a used line, by id."""
    lines = used(lines, as_of=as_of)
    if not lines:
        return {}
    until = as_of_day(lines, as_of=as_of, order_per_row=order_per_row)

    amounts_of: dict[str, list[Decimal]] = defaultdict(list)
    for line in lines:
        amounts_of[line.customer_id].append(line.amount)
    days_of: dict[str, list[date]] = defaultdict(list)  # one day for each counting order
    for order in orders(lines, order_per_row=order_per_row):
        if order.day is not None:
            days_of[order.customer_id].append(order.day)

    return {
        customer_id: _customer(customer_id, amounts, days_of[customer_id], until)
        for customer_id, amounts in sorted(amounts_of.items())
    }


def _customer(customer_id: str, amounts: list[Decimal], days: list[date], as_of: date) -> Customer:
    monetary = sum(amounts, Decimal(0))
    frequency = len(days)
    return Customer(
        customer_id=customer_id,
        frequency=frequency,
        order_days=len(set(days)),
        first_order_on=min(days, default=None),
        last_order_on=max(days, default=None),
        recency_days=(as_of - max(days)).days if days else None,
        monetary=monetary,
        refunds=sum((-amount for amount in amounts if amount < 0), Decimal(0)),
        average_order=_four_decimals(Fraction(monetary) / frequency) if days else None,
    )


# Levels -----------------------------------------------------------------------------------------


@dataclass
class Moved:
    """What lines add up to; `days` are those of the orders that count."""

    sales: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)
    rows: int = 0
    cost: Decimal = Decimal(0)
    uncosted: int = 0
    days: list[date] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.sales += max(line.amount, Decimal(0))
        self.refunds += max(-line.amount, Decimal(0))
        self.rows += 1
        self.cost += line.cost or Decimal(0)
        self.uncosted += line.cost is None


def sold(lines: Iterable[Line], *, until: date | None = None) -> list[Line]:
    """Used lines under one name for each person, without orders that have a line of no sale."""
    lines = used(lines)
    spellings: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        spellings[_person(line.customer_id)].add(line.customer_id)
    shown = {key: min(same, key=str.encode) for key, same in spellings.items()}
    lines = [replace(line, customer_id=shown[_person(line.customer_id)]) for line in lines]
    void = {order_key(line) for line in lines if not line.is_sale and line.order_id is not None}
    return [
        line
        for line in lines
        if line.is_sale and order_key(line) not in void and (until is None or line.day <= until)
    ]


def _person(customer_id: str) -> str:
    return customer_id.strip().lower() if "@" in customer_id else customer_id


def order_key(line: Line) -> tuple[str, str]:
    """The customer and the order; without an id the order is the day."""
    return line.customer_id, f"day {line.day}" if line.order_id is None else line.order_id


def _by_bytes(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(part.encode() if isinstance(part, str) else part for part in key)


def levels(lines: Iterable[Line], *, until: date | None = None) -> dict[str, Moved]:
    """What each customer moved until the end of a day, by id."""
    lines = sold(lines, until=until)
    moved: dict[str, Moved] = defaultdict(Moved)
    for line in lines:
        moved[line.customer_id].add(line)
    for order in orders(lines):
        if order.day is not None:
            moved[order.customer_id].days.append(order.day)
    for each in moved.values():
        each.days.sort()
    return {who: moved[who] for who in sorted(moved, key=str.encode)}


def entries(lines: Iterable[Line]) -> dict[tuple[str, str, date], Moved]:
    """What each order moved on each day, by customer, order and day."""
    moved: dict[tuple[str, str, date], Moved] = defaultdict(Moved)
    for line in sold(lines):
        moved[*order_key(line), line.day].add(line)
    return {key: moved[key] for key in sorted(moved, key=_by_bytes)}


def categories(lines: Iterable[Line]) -> dict[tuple[str, str], tuple[Decimal, date | None]]:
    """By customer and category: the net money, and the last day with a sale."""
    same: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in sold(lines):
        if line.category is not None:
            same[line.customer_id, line.category].append(line)
    return {
        key: (
            sum((line.amount for line in same[key]), Decimal(0)),
            max((line.day for line in same[key] if line.amount > 0), default=None),
        )
        for key in sorted(same, key=_by_bytes)
    }


def spend(
    lines: Iterable[Line], customer_id: str, start: date | None, stop: date | None
) -> Decimal:
    """The net spend of a customer from one day to another, both included."""
    within = [
        line.amount
        for line in sold(lines)
        if line.customer_id == customer_id
        and (start is None or start <= line.day)
        and (stop is None or line.day <= stop)
    ]
    return sum(within, Decimal(0))


def latest_emails(lines: Iterable[Line]) -> dict[str, str | None]:
    """For each customer the e-mail address of the latest day; of several the largest by bytes."""
    found: dict[str, list[tuple[date, bytes]]] = defaultdict(list)
    for line in sold(lines):
        named = [(line.day, line.email.encode())] if line.email else []
        found[line.customer_id] += named
    return {who: max(known)[1].decode() if known else None for who, known in found.items()}


# Scores -----------------------------------------------------------------------------------------


def quantile(values: Iterable[int | Decimal | Fraction], share: Fraction) -> Fraction:
    """The type-7 (linear) quantile, exact: the value at place (n - 1) x share, counted from 0."""
    ascending = sorted(Fraction(value) for value in values)
    place = (len(ascending) - 1) * share
    below = math.floor(place)
    above = math.ceil(place)
    return ascending[below] + (place - below) * (ascending[above] - ascending[below])


def quantile_cuts(values: Iterable[Any], bins: int, unit: Any = 1) -> list[Any]:
    """The quantiles at 1/bins, 2/bins, ..., each floored to whole units."""
    values = list(values)
    exact = [quantile(values, Fraction(k, bins)) for k in range(1, bins)]
    return [math.floor(cut / Fraction(unit)) * unit for cut in exact]


def score(value: Any, cuts: Sequence[Any], better: Better, *, at_least: bool = False) -> int:
    """The band from 1 to len(cuts) + 1: a value passes the cuts it is above (or on)."""
    passed = 0
    for cut in cuts:
        if value > cut or (at_least and value == cut):
            passed += 1
    return 1 + passed if better == "higher" else len(cuts) + 1 - passed


def cumulative_scores(values: Sequence[Any], bins: int, better: Better) -> list[int]:
    """Bands of equal cumulated value.

    Read so: the distinct values stand in ascending order, each with all its ties, as stretches of
    the total. A value's place is the middle of its stretch, as a share of the total; it passes the
    cut k/bins when strictly above it. Where lower is better the bands are counted from the other
    end. Equal values all stand in the middle, so they share the middle band.
    """
    total = sum(Fraction(value) for value in values)
    if min(values) < 0 or total <= 0:
        raise ValueError("cumulative bands need values >= 0 and a total > 0")
    cuts = [Fraction(k, bins) for k in range(1, bins)]
    band_of = {}
    begin = Fraction(0)
    for value in sorted(set(values)):
        stretch = Fraction(value) * values.count(value)
        band_of[value] = score((begin + stretch / 2) / total, cuts, better)
        begin += stretch
    return [band_of[value] for value in values]


def band(values: Sequence[Any], method: Method, better: Better, unit: Any = 1) -> list[int]:
    """The scores of one dimension, fitted on the values themselves."""
    kind, setting = method
    if kind == "cumulative":
        return cumulative_scores(values, setting, better)
    cuts = quantile_cuts(values, setting, unit) if kind == "quantile" else setting
    return [score(value, cuts, better, at_least=kind == "at_least") for value in values]


def scores(
    people: Mapping[str, Customer],
    *,
    recency: Method = QUINTILES,
    frequency: Method = FREQUENCY_BANDS,
    monetary: Method = QUINTILES,
) -> dict[str, tuple[int, int, int]]:
    """(r, f, m) of each customer with a counting order; fitted on them, 1 is worst."""
    buyers = [person for person in people.values() if person.frequency >= 1]
    if not buyers:
        return {}
    r = band([buyer.recency_days for buyer in buyers], recency, "lower")
    f = band([buyer.frequency for buyer in buyers], frequency, "higher")
    m = band([buyer.monetary for buyer in buyers], monetary, "higher", CENT_OF_A_CENT)
    return dict(
        zip([buyer.customer_id for buyer in buyers], zip(r, f, m, strict=True), strict=True)
    )


def nested_scores(people: Mapping[str, Customer], bins: int = 5) -> dict[str, tuple[int, int, int]]:
    """R over all buyers, F among those of one R, M among those of one R and F.

    Read so: each is a quantile score fitted on the members of its group alone, ties sharing it as
    everywhere; a group of one, or of equals, scores F 1 or M 1.
    """
    buyers = [person for person in people.values() if person.frequency >= 1]
    found: dict[str, tuple[int, int, int]] = {}
    if not buyers:
        return found
    for r, same_r in _grouped(buyers, "recency_days", bins, "lower"):
        for f, same_rf in _grouped(same_r, "frequency", bins, "higher"):
            for m, same_rfm in _grouped(same_rf, "monetary", bins, "higher", CENT_OF_A_CENT):
                found |= {buyer.customer_id: (r, f, m) for buyer in same_rfm}
    return found


def _grouped(
    buyers: Sequence[Customer], column: str, bins: int, better: Better, unit: Any = 1
) -> Iterator[tuple[int, list[Customer]]]:
    bands = band([getattr(buyer, column) for buyer in buyers], ("quantile", bins), better, unit)
    for each in sorted(set(bands)):
        yield each, [buyer for buyer, its in zip(buyers, bands, strict=True) if its == each]


# Places -----------------------------------------------------------------------------------------

# The shipped grid, one row for each R; F runs from 1 to 5 along it.
GRID = {
    5: ("new", "potential_loyalist", "potential_loyalist", "champions", "champions"),
    4: ("promising", "potential_loyalist", "potential_loyalist", "loyal", "loyal"),
    3: ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    2: ("hibernating", "hibernating", "at_risk", "at_risk", "cant_lose"),
    1: ("hibernating", "hibernating", "at_risk", "at_risk", "cant_lose"),
}


def segment(r: int | None, f: int | None) -> str:
    """The shipped segment of a customer; no scores, no orders."""
    return "no_orders" if r is None or f is None else GRID[r][f - 1]


def stage(customer: Customer) -> str:
    """The rung by transactions alone, which never exceeds client."""
    if customer.order_days >= 2:
        return "client"
    if customer.order_days == 1:
        return "customer"
    return "prospect"


# Timing -----------------------------------------------------------------------------------------


class Step(NamedTuple):
    """The curve from `day` on: the share still without the event, and its standard error."""

    day: int
    survival: Fraction
    se: float | None


def second_order_times(
    days_of: Mapping[str, Sequence[date]], as_of: date
) -> tuple[list[int], list[bool]]:
    """Days from first to second order day and True; without a second, days to as_of and False."""
    times, events = [], []
    for days in days_of.values():
        events.append(len(days) >= 2)
        times.append(((days[1] if len(days) >= 2 else as_of) - days[0]).days)
    return times, events


def kaplan_meier(times: Sequence[int], events: Sequence[bool]) -> list[Step]:
    """The survival curve after each day with an event, with Greenwood's standard error."""
    leaving = Counter(times)
    happening = Counter(time for time, event in zip(times, events, strict=True) if event)
    steps = []
    survival = Fraction(1)
    spread = Fraction(0)
    at_risk = len(times)
    for day in sorted(leaving):
        happened = happening[day]
        if happened:
            survival *= Fraction(at_risk - happened, at_risk)
            if survival:
                spread += Fraction(happened, at_risk * (at_risk - happened))
            se = float(survival) * math.sqrt(spread) if survival else None
            steps.append(Step(day, survival, se))
        at_risk -= leaving[day]
    return steps


def share_by(steps: Iterable[Step], day: int) -> Fraction:
    """F(day): the share with the event by that day."""
    survival = Fraction(1)
    for step in steps:
        if step.day <= day:
            survival = step.survival
    return 1 - survival


def windows(times: Sequence[int], events: Sequence[bool]) -> dict[str, int]:
    """W_p, the first day by which p of all that is ever seen has happened."""
    if sum(events) < 30:
        return {"w25": 30, "w50": 60, "w80": 180, "w95": 365}
    steps = kaplan_meier(times, events)
    ever = 1 - steps[-1].survival
    return {
        f"w{p}": next(step.day for step in steps if 1 - step.survival >= Fraction(p, 100) * ever)
        for p in (25, 50, 80, 95)
    }


def weekly_hazard(times: Sequence[int], events: Sequence[bool], weeks: int) -> list[float]:
    """Events per 1,000 customer-days at risk in days 1-7, 8-14, ..."""
    rates = []
    for week in range(weeks):
        days = range(7 * week + 1, 7 * week + 8)
        happened = sum(
            1 for time, event in zip(times, events, strict=True) if event and time in days
        )
        at_risk = sum(sum(1 for time in times if time >= day) for day in days)
        rates.append(1000 * happened / at_risk)
    return rates


def best_weeks(rates: Sequence[float]) -> list[int]:
    """First and last week, counted from 1, around the highest rate that stay at 90 % of it."""
    enough = 0.9 * max(rates)
    first = last = rates.index(max(rates))
    while first > 0 and rates[first - 1] >= enough:
        first -= 1
    while last + 1 < len(rates) and rates[last + 1] >= enough:
        last += 1
    return [first + 1, last + 1]


def gaps(days: Sequence[date]) -> list[int]:
    """The days between neighbouring order days."""
    return [(later - earlier).days for earlier, later in pairwise(days)]


def latency(days_of: Mapping[str, Sequence[date]], number: int) -> float:
    """The median gap between order day `number`, counted from 1, and the next."""
    return median(gap[number - 1] for gap in map(gaps, days_of.values()) if len(gap) >= number)


def usual_gap(own_gaps: Sequence[int], median_gap: float, k: int = 3) -> float:
    """The mean, in logarithms, of the customer's own gaps and k gaps of everyone's median."""
    total = k * _log_millionths(median_gap) + sum(_log_millionths(gap) for gap in own_gaps)
    return math.exp(total / 1_000_000 / (k + len(own_gaps)))


def _log_millionths(days: float) -> int:
    return round(math.log(days) * 1_000_000)


def overdue_limits(days_of: Mapping[str, Sequence[date]]) -> tuple[float, float]:
    """Q80 and Q95 of each completed gap against the usual gap that its owner's others give."""
    median_gap = median(gap for days in days_of.values() for gap in gaps(days))
    ratios = []
    for days in days_of.values():
        own = gaps(days)
        for place, gap in enumerate(own):
            if len(days) >= 3:
                others = own[:place] + own[place + 1 :]
                ratios.append(Fraction(gap / usual_gap(others, median_gap)))
    if len(ratios) < 100:
        return 2.0, 4.0
    return float(quantile(ratios, Fraction(80, 100))), float(quantile(ratios, Fraction(95, 100)))


def wilson(returned: int, customers: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Where the score test of a share just does not refuse it, by halving."""

    def refuses(share: float) -> bool:
        error = math.sqrt(share * (1 - share) / customers)
        return abs(returned / customers - share) > z * error

    def edge(inside: float, outside: float) -> float:
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if refuses(middle) else (middle, outside)
        return inside

    part = returned / customers
    return edge(part, 0.0), edge(part, 1.0)


# Structure --------------------------------------------------------------------------------------


def gini(values: Iterable[Fraction | int | Decimal]) -> Fraction:
    """Half the mean difference of all pairs over the mean."""
    exact = [Fraction(value) for value in values]
    differences = sum(abs(one - other) for one in exact for other in exact)
    return Fraction(differences, 2 * len(exact) * sum(exact))


def top_share(values: Iterable[Fraction | int | Decimal], part: Fraction) -> Fraction:
    """What the largest so many of a hundred, rounded up, are of the whole."""
    exact = sorted((Fraction(value) for value in values), reverse=True)
    return sum(exact[: math.ceil(part * len(exact))]) / sum(exact)


# Movement ----------------------------------------------------------------------------------------


def transitions(before: dict[str, str], after: dict[str, str]) -> dict[str, dict[str, int]]:
    """From label to label how many customers, each looked up by hand."""
    counts: dict[str, dict[str, int]] = {}
    for customer_id in {*before, *after}:
        row = counts.setdefault(before.get(customer_id, "(new)"), {})
        end = after.get(customer_id, "(gone)")
        row[end] = row.get(end, 0) + 1
    return counts


def cohorts(lines: Iterable[Line], as_of: date) -> list[dict[str, Any]]:
    """By first-order month: how many, who ordered in each month since, and the money of each."""
    lines = list(lines)
    days_of = order_days(lines)
    until = _month(as_of)
    found = {}
    for month in sorted({_month(days[0]) for days in days_of.values()}):
        members = {name: days for name, days in days_of.items() if _month(days[0]) == month}
        money = [Decimal(0)] * (until - month + 1)
        for line in lines:
            if line.customer_id in members:
                place = min(max(_month(line.day) - month, 0), until - month)
                money[place] += line.amount
        found[month] = {
            "cohort": f"{month // 12}-{month % 12 + 1:02}",
            "size": len(members),
            "active": [
                sum(1 for days in members.values() if any(_month(day) == later for day in days))
                for later in range(month, until + 1)
            ],
            "revenue": money,
        }
    return list(found.values())


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def rules(baskets: Iterable[set[str]]) -> dict[tuple[tuple[str, ...], str], int]:
    """Who has one name or two, and what else, by how many: 20 and 1 %, and stronger than chance.

    From two names only where both say more than either alone.
    """
    bought = [basket for basket in baskets if basket]

    def many(names: set[str]) -> int:
        return sum(1 for basket in bought if basket >= names)

    def confidence(has: tuple[str, ...], then: str) -> Fraction:
        return Fraction(many({*has, then}), max(many({*has}), 1))

    names = sorted(set().union(*bought))
    found = {}
    for has in [*combinations(names, 1), *combinations(names, 2)]:
        for then in (name for name in names if name not in has):
            together = many({*has, then})
            by_chance = Fraction(many({then}), len(bought))
            better = len(has) == 1 or all(
                confidence(has, then) > confidence((one,), then) for one in has
            )
            enough = together >= max(20, Fraction(len(bought), 100))
            if enough and better and confidence(has, then) > by_chance:
                found[has, then] = together
    return found
