"""What the makers of tables share: the vocabulary, the profile, the boundaries, the part at hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from huiqi.rulebook.demo.chance import Chance
from huiqi.rulebook.demo.edges import Edges
from huiqi.rulebook.demo.profile import Profile
from huiqi.rulebook.library.policy import Support
from huiqi.rulebook.library.vocabulary import Vocabulary

FIRST = "企业"  # the subject that all others are laid out along
ANCHOR = "_anchor"  # the enterprise beside which a row of another subject stands
BESIDE = 5  # a link to an enterprise names one of so many beside the anchor
SLOT = "_slot"  # which event of its owner an event is


@dataclass(frozen=True)
class World:
    """A region to be made: `enterprises` of them, seen on `today` (days since 1970)."""

    vocabulary: Vocabulary
    profile: Profile
    edges: Edges
    supports: Sequence[Support]
    enterprises: int
    seed: int
    today: int
    year: int
    part_rows: int

    def code(self, choices: str, value: str) -> int | None:
        """The position of a value in a closed list, or None where the list lacks it."""
        values = self.vocabulary.choices.get(choices, ())
        return values.index(value) if value in values else None

    def count(self, table: str, enterprises: int) -> int:
        """Rows of a subject that stand beside the first so many enterprises."""
        if table == FIRST:
            return enterprises
        per, least = self.profile.subjects(table)
        return least + (enterprises // per if per else 0)


@dataclass
class Part:
    """One part of the region; ``frames`` holds subjects as they truly are, before facts are lost."""

    world: World
    number: int
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """The first enterprise's number."""
        return self.number * self.world.part_rows

    @property
    def rows(self) -> int:
        """How many enterprises lie in the part."""
        return min(self.world.part_rows, self.world.enterprises - self.start)

    def first(self, table: str) -> int:
        """The number of a subject's first row in the part."""
        return 0 if self.number == 0 else self.world.count(table, self.start)

    def height(self, table: str) -> int:
        """How many rows of a subject lie in the part."""
        return self.world.count(table, self.start + self.rows) - self.first(table)

    def numbers(self, table: str) -> pl.DataFrame:
        """`_id` of a subject's rows in the part."""
        first = self.first(table)
        return pl.select(
            pl.int_range(first, first + self.height(table), dtype=pl.UInt32).alias("_id")
        )

    def link(self, chance: Chance, name: str, target: str) -> pl.Expr:
        """`_id` of the target beside the row's anchor, which lies in the same part."""
        if target == FIRST:
            near = chance.whole(f"link/{name}", 0, BESIDE - 1)
            beside = pl.col(ANCHOR) // BESIDE * BESIDE + near
            return beside.clip(self.start, self.start + self.rows - 1).cast(pl.UInt32)
        per, least = self.world.profile.subjects(target)
        if not per:
            return chance.whole(f"link/{name}", 0, least - 1).cast(pl.UInt32)
        beside = least + pl.col(ANCHOR) // per
        last = self.first(target) + self.height(target) - 1
        return beside.clip(self.first(target), last).cast(pl.UInt32)


def anchors(part: Part, table: str, chance: Chance) -> pl.Expr:
    """The enterprise beside which each row of another subject stands."""
    per, least = part.world.profile.subjects(table)
    number = pl.col("_id").cast(pl.Int64)
    block = part.world.profile.data["part_block"]
    early = chance.whole("anchor", 0, min(part.world.enterprises, block) - 1)
    if not per:
        return early
    beside = (number - least) * per + chance.whole("beside", 0, per - 1)
    return pl.when(number < least).then(early).otherwise(beside)


__all__ = ["ANCHOR", "FIRST", "SLOT", "Part", "World", "anchors"]
