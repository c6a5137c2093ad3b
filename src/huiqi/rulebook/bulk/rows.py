"""Some rows of one part of a table, and what is made of their positions once."""

from functools import cached_property

import polars as pl

FEW = 20
"""Rows fewer than one in so many are picked one by one; more are filtered, which is much quicker."""


class Rows:
    """Rows at some positions of a part of ``height`` rows, in the order of the positions."""

    def __init__(self, at: pl.Series, height: int) -> None:
        self.at, self.height = at, height

    @classmethod
    def where(cls, chosen: pl.Series) -> "Rows":
        """The rows for which a Boolean of the whole part is true."""
        made = cls(chosen.arg_true(), len(chosen))
        made.chosen, made.rising = chosen, True
        return made

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def rising(self) -> bool:
        """Whether positions rise strictly, so that none comes twice."""
        return bool((self.at.slice(1) > self.at.slice(0, len(self.at) - 1)).all())

    @cached_property
    def chosen(self) -> pl.Series:
        """For every row of the part, whether it is one of them."""
        return pl.repeat(False, self.height, dtype=pl.Boolean, eager=True).scatter(self.at, True)

    @cached_property
    def numbers(self) -> pl.Series:
        """For every row of the part, how many of them stand before it if it is one of them, else 0."""
        order = pl.int_range(len(self.at), dtype=pl.UInt32, eager=True)
        return pl.zeros(self.height, pl.UInt32, eager=True).scatter(self.at, order)

    def of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """These rows of a frame of the whole part."""
        if len(self.at) * FEW > self.height and self.rising:
            return frame.filter(self.chosen)
        return frame[self.at]


__all__ = ["Rows"]
