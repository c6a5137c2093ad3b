"""Bars and lines on logarithmic scales as SVG."""

import math
from collections.abc import Mapping, Sequence

COLOURS = {"huiqi": "#1a6fb0", "floor": "#888888"}
OTHERS = ("#d08a3c", "#7a5195", "#3f8f5b", "#b04a4a")
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" font-family="sans-serif" font-size="13">'


def colour(name: str) -> str:
    return COLOURS.get(name.split("-")[0], OTHERS[0])


def bars(rows: Sequence[tuple[str, float]], title: str) -> str:
    """One bar a row; seconds."""
    low = math.floor(min(math.log10(value) for _, value in rows))
    high = math.ceil(max(math.log10(value) for _, value in rows) + 0.01)
    left, width, step = 210, 480, 28
    height = 60 + step * len(rows)

    def at(value: float) -> float:
        return left + width * (math.log10(value) - low) / (high - low)

    out = [HEAD.format(left + width + 90, height), frame(title)]
    for power in range(low, high + 1):
        x = at(10.0**power)
        out.append(f'<line x1="{x:.0f}" y1="34" x2="{x:.0f}" y2="{height - 20}" stroke="#ddd"/>')
        out.append(label(x, height - 5, f"{10.0**power:g} s"))
    for index, (name, value) in enumerate(rows):
        y = 38 + index * step
        out.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{name}</text>')
        out.append(
            f'<rect x="{left}" y="{y}" width="{max(at(value) - left, 1):.1f}" height="19" '
            f'fill="{colour(name)}"/><text x="{at(value) + 5:.1f}" y="{y + 14}">{value:.3g}</text>'
        )
    return "\n".join([*out, "</svg>", ""])


def lines(series: Mapping[str, Sequence[tuple[int, float]]], title: str) -> str:
    """Seconds over enterprises, a line an engine."""
    points = [point for line in series.values() for point in line]
    ends = [
        (math.floor(min(values)), math.ceil(max(values) + 0.01))
        for values in (
            [math.log10(size) for size, _ in points],
            [math.log10(seconds) for _, seconds in points],
        )
    ]
    left, top, width, height = 70, 40, 480, 300

    def x(size: float) -> float:
        return left + width * (math.log10(size) - ends[0][0]) / (ends[0][1] - ends[0][0])

    def y(seconds: float) -> float:
        return top + height * (ends[1][1] - math.log10(seconds)) / (ends[1][1] - ends[1][0])

    out = [HEAD.format(left + width + 210, top + height + 30), frame(title)]
    for power in range(ends[0][0], ends[0][1] + 1):
        at = x(10.0**power)
        out.append(
            f'<line x1="{at:.0f}" y1="{top}" x2="{at:.0f}" y2="{top + height}" stroke="#ddd"/>'
        )
        out.append(label(at, top + height + 18, f"{10**power:,}"))
    for power in range(ends[1][0], ends[1][1] + 1):
        at = y(10.0**power)
        out.append(
            f'<line x1="{left}" y1="{at:.0f}" x2="{left + width}" y2="{at:.0f}" stroke="#ddd"/>'
        )
        out.append(label(left - 30, at + 4, f"{10.0**power:g} s"))
    tints = iter(OTHERS)
    for name, line in series.items():
        tint = COLOURS.get(name.split("-")[0]) or next(tints, "#555555")
        path = " ".join(f"{x(size):.1f},{y(seconds):.1f}" for size, seconds in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{tint}" stroke-width="2"/>')
        for size, seconds in line:
            out.append(f'<circle cx="{x(size):.1f}" cy="{y(seconds):.1f}" r="3" fill="{tint}"/>')
        end = line[-1]
        out.append(
            f'<text x="{x(end[0]) + 8:.1f}" y="{y(end[1]) + 4:.1f}" fill="{tint}">{name}</text>'
        )
    return "\n".join([*out, "</svg>", ""])


def frame(title: str) -> str:
    return f'<rect width="100%" height="100%" fill="white"/><text x="10" y="20">{title}</text>'


def label(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" fill="#555">{text}</text>'
