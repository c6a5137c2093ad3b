"""Small steps over frames that stand in memory, each as cheap as it can be."""

import polars as pl
from polars import selectors


def collected(query: pl.LazyFrame) -> pl.DataFrame:
    """The rows of a query over frames in memory, or over the columns of a few files.

    Polars' default engine streams: it cuts rows into pieces and puts them together again, which costs
    more than a short query itself.
    """
    return query.collect(engine="in-memory")


def beside(frame: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """A frame with the columns of another of the same height that it lacks."""
    present = set(frame.columns)
    return frame.hstack([item for item in other.get_columns() if item.name not in present])


def own_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Copied texts: views of a few would keep the texts of all rows in memory."""
    if pl.String not in frame.dtypes:
        return frame
    return frame.with_columns(selectors.string() + "")


__all__ = ["beside", "collected", "own_text"]
