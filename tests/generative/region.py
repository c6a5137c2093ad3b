"""Random rows for a generated rule set: unknowns, values at and beside every number of the rules."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from huiqi.rulebook.language.bounds import fact_bounds
from huiqi.rulebook.language.nodes import (
    QUANTITIES,
    Constant,
    Kind,
    Node,
    Statistic,
    walk,
)  # fmt: skip
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.rows import FactsFile, Row
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.library.vocabulary import FactSpec
from huiqi.rulebook.reference.assess import Paid
from tests.generative.rules import DAYS, Example
from tests.generative.world import CHOICES, INDUSTRIES, REGIONS, TABLES

SUBJECTS = {"集团": 8, "企业": 40, "人": 25}
UNKNOWN, GIVEN = 0.25, 0.08
SMALL = (-101, -100, -1, 0, 1, 2, 3, 99, 100, 101, 1000, 1001)


@dataclass
class Region:
    """All rows by table, as files for the bridge, and what was paid to whom (by key of the row)."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    paid: dict[str, list[Paid]] = field(default_factory=dict)

    def files(self) -> list[FactsFile]:
        return [
            FactsFile({table: row}, {})
            for table, (owner, _) in TABLES.items()
            if not owner
            for row in self.rows[table]
        ]

    def fresh(self) -> "Region":
        """The same rows without cached derived facts."""
        for row in (row for rows in self.rows.values() for row in rows):
            row.derived.clear()
        return self


def nodes_of(library: Library) -> Iterator[Node]:
    """Every node of every support and derived fact."""
    roots: list[Node] = []
    for support in library.supports:
        roots += [line.node for line in support.lines] + [support.moment]
        roots += [node for node in (support.amount, support.lowest) if node is not None]
    for table in library.vocabulary.tables.values():
        for spec in table.derived:
            made = spec.definition
            if isinstance(made, Statistic):
                roots += [made.where, *made.same]
                roots += [node for node in (made.value, made.order) if node is not None]
            elif made is not None:
                roots.append(made)
    for root in roots:
        yield from walk(root)


def pools_of(library: Library) -> dict[Kind, list[int]]:
    """Numbers at and beside every number that the rules name, and some small ones."""
    pools: dict[Kind, list[int]] = {kind: [] for kind in QUANTITIES}
    for node in nodes_of(library):
        if isinstance(node, Constant):
            pools[node.type.kind] += [node.value - 1, node.value, node.value + 1]
    pools[Kind.DATE] += DAYS
    for kind in (Kind.MONEY, Kind.COUNT, Kind.RATE):
        pools[kind] += SMALL
    return pools


def region(example: Example) -> Region:
    """Rows for an example, always the same for the same example."""
    random = Random(example.seed)
    library = example.library
    pools = pools_of(library)
    made = Region()
    tables = library.vocabulary.tables
    keys = [f"{number:05d}" for number in range(1000)]
    random.shuffle(keys)

    def row(table: str) -> Row:
        out = Row(table, keys.pop())
        for spec in tables[table].facts.values():
            given = GIVEN if spec.definition is not None else 1 - UNKNOWN
            if random.random() < given:
                value = known_value(spec, pools, random)
                if value is not None:
                    out.values[spec.name] = value
        made.rows[table].append(out)
        return out

    for table, count in SUBJECTS.items():
        for _ in range(count):
            row(table)
    for table, (owner, links) in TABLES.items():
        if owner:
            for subject in made.rows[owner]:
                for _ in range(random.choice((0, 0, 1, 2, 3, 5))):
                    event = row(table)
                    event.links[owner] = subject
                    subject.events.setdefault(table, []).append(event)
        for item in made.rows[table]:
            for link, target in links.items():
                if link != owner and random.random() < 0.75:
                    item.links[link] = random.choice(made.rows[target])
    _paid(made, library, random)
    return made


def known_value(spec: FactSpec, pools: dict[Kind, list[int]], random: Random) -> Known | None:
    """A value that a table may hold for a fact; None where its bounds exclude every value."""
    match spec.type.kind:
        case Kind.BOOL:
            return random.random() < 0.6
        case Kind.CHOICE:
            return random.choice(CHOICES[spec.type.choices])
        case Kind.REGION:
            return random.choice(REGIONS.nodes).code
        case Kind.INDUSTRY:
            return random.choice(INDUSTRIES.nodes).code
        case Kind.TEXT:
            return "文字"
    low, high = fact_bounds(spec)
    if low > high:
        return None
    pool = pools[spec.type.kind] if random.random() < 0.9 else [low, low + 1, high - 1, high]
    inside = [value for value in pool if low <= value <= high]
    return random.choice(inside) if inside else low


def beneficiary(path: tuple[str, ...], row: Row) -> Row | None:
    at: Row | None = row
    for link in path:
        at = at.links.get(link) if at is not None else None
    return at


def _paid(made: Region, library: Library, random: Random) -> None:
    """Payments to some beneficiaries, of this year and others, for their items and for others."""
    if random.random() < 0.5:
        return
    for support in library.supports:
        for row in made.rows[support.table]:
            who = beneficiary(support.beneficiary, row)
            if who is None or random.random() > 0.15:
                continue
            item = row.key if random.random() < 0.7 else "别的"
            amount = random.choice((1, 149, 150, 10_000, 20_000_001))
            payment = Paid(support.key, item, amount, random.choice(DAYS))
            made.paid.setdefault(who.key, []).append(payment)
