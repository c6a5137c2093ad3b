"""Chance without state: every draw is a function of the row's identity and the draw's name.

So the same row gets the same value whatever the size of the region or of its parts, and nothing
depends on the order in which columns are made. The mixer is SplitMix64 (Steele, Lea, Flood 2014),
whose 64-bit arithmetic is exact everywhere.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import pi

import polars as pl

IDENTITY = "_r"
TABLE_BITS = 16
_WHOLE = 2**64 - 1


def word(value: int) -> pl.Expr:
    """A 64-bit constant."""
    return pl.lit(value & _WHOLE, dtype=pl.UInt64)


def mixed(bits: pl.Expr) -> pl.Expr:
    """Bits so mixed that neighbours have nothing in common; a bijection."""
    bits = (bits ^ (bits // word(2**30))) * word(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits // word(2**27))) * word(0x94D049BB133111EB)
    return bits ^ (bits // word(2**31))


def salt(*names: object) -> int:
    """64 bits for a name, the same everywhere and always."""
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def identity(number: pl.Expr, seed: int, table: str) -> pl.Expr:
    """The identity of a table's row from its number within the region."""
    return mixed(number.cast(pl.UInt64) + word(salt(seed, table)))


@lru_cache(maxsize=512)
def _spread(weights: tuple[float, ...]) -> pl.Series:
    """Positions repeated by weight in a table of 2^16 places, largest remainders last."""
    size, total, reached = 2**TABLE_BITS, sum(weights), 0.0
    out: list[int] = []
    for position, weight in enumerate(weights):
        reached += weight
        out += [position] * (round(size * reached / total) - len(out))
    return pl.Series(out, dtype=pl.UInt32)


class Chance:
    """Draws for the rows of one frame, told apart by a name; ``column`` holds the identities."""

    def __init__(self, table: str, column: str = IDENTITY) -> None:
        self.table, self.column = table, column

    def bits(self, name: str) -> pl.Expr:
        """64 even bits."""
        return mixed(pl.col(self.column) ^ word(salt(self.table, name)))

    def uniform(self, name: str) -> pl.Expr:
        """From 0 (included) to 1 (not), in steps of 2^-53."""
        return (self.bits(name) // word(2**11)).cast(pl.Float64) * 2.0**-53

    def happens(self, name: str, share: float | pl.Expr) -> pl.Expr:
        """True for this share of rows."""
        return self.uniform(name) < share

    def whole(self, name: str, low: int, high: int) -> pl.Expr:
        """A whole number between both, which may come."""
        return (self.bits(name) % word(high - low + 1)).cast(pl.Int64) + low

    def place(self, name: str, weights: Sequence[float]) -> pl.Expr:
        """A position of ``weights``, as often as its weight."""
        index = (self.bits(name) % word(2**TABLE_BITS)).cast(pl.UInt32)
        return pl.lit(_spread(tuple(weights))).gather(index)

    def pick(self, name: str, weights: Mapping[int, float]) -> pl.Expr:
        """One of the keys, as often as its weight."""
        values = pl.Series(list(weights), dtype=pl.Int64)
        return pl.lit(values).gather(self.place(name, list(weights.values())))

    def normal(self, name: str) -> pl.Expr:
        """Normally distributed with mean 0 and deviation 1 (Box-Muller)."""
        radius = (((self.uniform(f"{name}/r") + 2.0**-54).log()) * -2.0).sqrt()
        return radius * (self.uniform(f"{name}/a") * (2 * pi)).cos()

    def around(self, name: str, median: float | pl.Expr, spread: float | pl.Expr) -> pl.Expr:
        """Log-normal around a median."""
        return (self.normal(name) * spread).exp() * median


__all__ = ["IDENTITY", "Chance", "identity", "mixed", "salt", "word"]
