"""Charts and maps as values: what is drawn, and the same as a table for who cannot see it.

    chart = charts.bars("by-county", "各县兑付金额", counties, {"应享": amounts}, unit="fen")
    {% include "web/parts/chart.html" with chart=chart %}
    {% block scripts %}{% include "web/parts/chart_scripts.html" %}{% endblock %}

Values are whole numbers (fen for money), which the script writes as officials do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from huiqi.rulebook.language.literals import show_money
from huiqi.rulebook.language.trees import Tree

FEN = "fen"
DEPTHS = 5
Series = Mapping[str, Sequence[int | None]]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. ``name`` is its id on the page; ``head`` and ``rows`` are its table."""

    name: str
    title: str
    option: dict[str, Any]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    unit: str = ""
    note: str = ""
    look: str = ""

    @property
    def description(self) -> str:
        """What a reader hears in place of the picture."""
        return f"{self.title}，共{len(self.rows)}项，数据见下方表格"


def shown(value: int | None, unit: str) -> str:
    """A value as the table writes it."""
    if value is None:
        return "不详"
    return brief_money(value) if unit == FEN else f"{value:,}{unit}"


def brief_money(fen: int) -> str:
    """Money in at most eight characters: exact where that fits, else to one place and said so (约)."""
    exact = show_money(fen)
    if len(exact) <= 7:
        return exact
    size, word = (10**10, "亿元") if abs(fen) >= 10**10 else (10**6, "万元")
    tenths = (Decimal(fen) / (size // 10)).quantize(Decimal(1), ROUND_HALF_UP)
    near = tenths / 10 if tenths % 10 else tenths // 10
    return f"约{near:,f}{word}" if tenths else exact


def bars(
    name: str,
    title: str,
    labels: Sequence[str],
    series: Series,
    *,
    unit: str = "",
    stacked: bool = False,
    lying: bool = False,
    note: str = "",
    look: str = "",
) -> Chart:
    """Bars: one group a label. ``lying`` for long labels; ``stacked`` puts the series in one bar."""
    category: dict[str, Any] = {"type": "category", "data": list(labels)}
    drawn = [
        {"type": "bar", "name": words, "data": list(values), "barMaxWidth": 28}
        | ({"stack": "all"} if stacked else {})
        for words, values in series.items()
    ]
    option: dict[str, Any] = {"series": drawn}
    if lying:
        option |= {"yAxis": category | {"inverse": True}, "xAxis": {"type": "value"}}
    else:
        option |= {"xAxis": category, "yAxis": {"type": "value"}}
    if len(series) > 1:
        option["legend"] = {}
    return _chart(name, title, option, labels, series, unit, note, look)


def lines(
    name: str,
    title: str,
    labels: Sequence[str],
    series: Series,
    *,
    unit: str = "",
    note: str = "",
    look: str = "",
) -> Chart:
    """Lines over labels that follow one another; a value that is not known leaves a gap."""
    drawn = [
        {"type": "line", "name": words, "data": list(values), "symbolSize": 7}
        for words, values in series.items()
    ]
    option: dict[str, Any] = {
        "xAxis": {"type": "category", "data": list(labels), "boundaryGap": False},
        "yAxis": {"type": "value"},
        "series": drawn,
    }
    if len(series) > 1:
        option["legend"] = {}
    return _chart(name, title, option, labels, series, unit, note, look)


def _chart(
    name: str,
    title: str,
    option: dict[str, Any],
    labels: Sequence[str],
    series: Series,
    unit: str,
    note: str,
    look: str,
) -> Chart:
    rows = [
        [label, *(shown(values[place], unit) for values in series.values())]
        for place, label in enumerate(labels)
    ]
    return Chart(name, title, option, ["", *series], rows, unit, note, look)


@dataclass(frozen=True, slots=True)
class Tile:
    """One county: ``depth`` 0 (nothing) to 5 (most) is how dark it is drawn."""

    code: str
    name: str
    value: int | None
    text: str
    depth: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class TileMap:
    """Counties as tiles under their cities, in the order of their codes; a map where one is supplied.

    ``steps`` are the upper ends of the depths, as texts, for the legend.
    """

    name: str
    title: str
    cities: Sequence[tuple[str, Sequence[Tile]]]
    steps: Sequence[tuple[int, str]]
    unit: str = ""
    note: str = ""
    values: Mapping[str, int | None] = field(default_factory=dict)
    bounds: Sequence[int] = ()

    @property
    def data(self) -> dict[str, Any]:
        """What the script needs to draw the operator's own map."""
        named = {tile.code: tile.name for _, tiles in self.cities for tile in tiles}
        return {
            "unit": self.unit,
            "bounds": list(self.bounds),
            "values": [
                {"code": code, "name": named.get(code, code), "value": value}
                for code, value in self.values.items()
            ],
        }


def tiles(
    name: str,
    title: str,
    values: Mapping[str, int | None],
    regions: Tree,
    *,
    unit: str = "",
    note: str = "",
    link: Callable[[str], str] | None = None,
) -> TileMap:
    """A map of counties (code -> value, None: not known). Depths split what is above zero evenly by
    rank, so that one large county does not leave all others pale.
    """
    bounds = _bounds([value for value in values.values() if value is not None and value > 0])
    cities: dict[str, list[Tile]] = {}
    for code in sorted(values, key=lambda code: (regions.get(code) is None, code)):
        value, found = values[code], regions.get(code)
        city = regions.ancestor(code, "地级") if found else None
        tile = Tile(
            code,
            found.name if found else code,
            value,
            shown(value, unit),
            _depth(value, bounds),
            link(code) if link else "",
        )
        cities.setdefault(city.name if city else "其他", []).append(tile)
    steps = [(depth + 1, shown(bound, unit)) for depth, bound in enumerate(bounds)]
    return TileMap(name, title, list(cities.items()), steps, unit, note, values, bounds)


def _bounds(above: Sequence[int]) -> list[int]:
    """Upper ends of at most five groups of like size, rising, each once."""
    ranked = sorted(above)
    if not ranked:
        return []
    ends = (ranked[-(-len(ranked) * part // DEPTHS) - 1] for part in range(1, DEPTHS + 1))
    return sorted(set(ends))


def _depth(value: int | None, bounds: Sequence[int]) -> int:
    if not value or value < 0:
        return 0
    return next((depth for depth, end in enumerate(bounds, 1) if value <= end), len(bounds))
