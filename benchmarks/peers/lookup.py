"""A size class as SQL look-ups: limits split every figure into classes, and a table holds the answer
for each combination of classes. The table is filled by the plain expression, one row per entry."""

from datetime import date
from itertools import count

from huiqi.rulebook.bulk.tabulate import Axis


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value of an axis as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return str(value).upper() if isinstance(value, bool) else str(value)


class Lookup:
    """One derived list fact: `name` its column, `axes` what it depends on, `mask` the plain SQL."""

    def __init__(self, name: str, axes: list[Axis], mask: str) -> None:
        self.name, self.axes, self.mask = name, axes, mask
        self.table = quoted(f"表.{name}")

    def _classes(self, axis: Axis) -> str:
        return quoted(f"类.{self.name}.{axis.column}")

    def tables(self) -> list[str]:
        """Statements that make the tables: the answers, and the class of every code."""
        out = []
        sources, place = [], "0"
        for number, axis in enumerate(self.axes):
            rows = ", ".join(f"({n}, {literal(v)})" for n, v in zip(count(), axis.values))
            sources.append(f"(VALUES {rows}) v{number}(n{number}, {quoted(axis.column)})")
            place = f"({place} * {len(axis.values)} + n{number})"
            if axis.classes:
                out.append(
                    f"CREATE TEMP TABLE {self._classes(axis)} AS "
                    f"SELECT * FROM (VALUES {', '.join(map(str, enumerate(axis.classes)))}) "
                    "v(code, class)"
                )
        out.append(
            f"CREATE TEMP TABLE {self.table} AS SELECT {place} AS place, {self.mask} AS mask "
            f"FROM {', '.join(sources)}"
        )
        return out

    def joined(self, source: str) -> str:
        """The source with the fact as a column more."""
        joins, place = "", "0"
        for number, axis in enumerate(self.axes):
            column, unknown = f"s.{quoted(axis.column)}", len(axis.values) - 1
            if axis.classes:
                joins += f" LEFT JOIN {self._classes(axis)} k{number} ON k{number}.code = {column}"
                part = f"k{number}.class"
            elif axis.cuts:
                part = " + ".join(f"({column} >= {cut})::INTEGER" for cut in axis.cuts)
            else:
                part = f"{column}::INTEGER"
            place = f"({place} * {len(axis.values)} + COALESCE({part}, {unknown}))"
        column = quoted("集." + self.name)
        return (
            f"(SELECT s.*, m.mask AS {column} FROM {source} s{joins} "
            f"LEFT JOIN {self.table} m ON m.place = {place})"
        )
