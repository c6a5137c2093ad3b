"""The results as tables and charts: docs/benchmarks/README.md."""

import math
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import charts

SUBJECT = [
    "floor-subject", "huiqi-subject", "duckdb-tuned", "duckdb-straight", "openfisca-plain",
    "openfisca-four-valued", "zen-engine",
]  # fmt: skip
EVENTS = ["floor-events", "huiqi-events", "duckdb-tuned-events", "duckdb-straight-events"]
OWN = [
    "floor-all", "huiqi-all", "huiqi-rebudget", "huiqi-simulate", "huiqi-evaluators",
    "huiqi-explain", "huiqi-load", "huiqi-match",
]  # fmt: skip
Runs = dict[tuple[int, str], list[dict[str, Any]]]


@dataclass(frozen=True)
class Nation:
    """Partitions one after another: enterprises, partitions, seconds together, highest peak."""

    rows: int
    parts: int
    seconds: float
    peak: float


@dataclass(frozen=True)
class Figure:
    """One thing to be reached: at most, or at least, ``aim``. ``spent``: the same in processor time."""

    label: str
    aim: float
    got: float | None
    most: bool = True
    spent: float | None = None

    def row(self) -> str:
        sign = "≤" if self.most else "≥"
        if self.got is None:
            return f"| {self.label} | {sign} {self.aim:g} | not run | | |"
        met = self.got <= self.aim if self.most else self.got >= self.aim
        spent = "" if self.spent is None else f"{self.spent:.3g}"
        return (
            f"| {self.label} | {sign} {self.aim:g} | {self.got:.4g} | {'yes' if met else '**no**'} "
            f"| {spent} |"
        )


def wall(runs: Runs, size: int, name: str, what: str = "wall") -> float | None:
    """Median seconds; None where there are none."""
    found = [run[what] for run in runs.get((size, name), []) if run.get(what)]
    return median(found) if found else None


def peak(runs: Runs, size: int, name: str) -> float | None:
    """The highest of all rounds, megabytes."""
    found = [run["peak"] for run in runs.get((size, name), []) if "peak" in run]
    return max(found) if found else None


def ratio(runs: Runs, size: int, one: str, two: str, what: str = "wall") -> float | None:
    a, b = wall(runs, size, one, what), wall(runs, size, two, what)
    return a / b if a and b else None


def slope(runs: Runs, sizes: list[int]) -> float | None:
    """How time grows with size, from half a million to the largest: 1 is linear."""
    inside = [size for size in sizes if size >= 500_000]
    if len(inside) < 2:
        return None
    a, b = wall(runs, inside[0], "huiqi-all"), wall(runs, inside[-1], "huiqi-all")
    return math.log(b / a) / math.log(inside[-1] / inside[0]) if a and b else None


def figures(runs: Runs, sizes: list[int]) -> list[Figure]:
    """What was to be reached, at the largest size at which each was run."""

    def at(*names: str) -> int:
        return max((size for size in sizes if all(wall(runs, size, n) for n in names)), default=0)

    def times(label: str, aim: float, one: str, two: str, most: bool = True) -> Figure:
        size = at(one, two)
        shown = f"{label} ({size:,})" if size else label
        spent = ratio(runs, size, one, two, "processor")
        return Figure(shown, aim, ratio(runs, size, one, two), most, spent)

    def megabytes(label: str, aim: float, name: str) -> Figure:
        size = at(name)
        return Figure(f"{label} ({size:,})" if size else label, aim, peak(runs, size, name))

    one = wall(runs, at("huiqi-explain"), "huiqi-explain")
    cells = [
        run for (_, name), found in runs.items() if name == "huiqi-evaluators" for run in found
    ]
    wrong = sum(run["wrong"] for run in cells if "wrong" in run) if cells else None
    seen = min((run["control"] for run in cells if "control" in run), default=None)
    return [
        times("rules of subjects, times decoding only", 2, "huiqi-subject", "floor-subject"),
        times("all rules with events, times decoding only", 3, "huiqi-all", "floor-all"),
        times("openfisca four-valued, times ours", 8, "openfisca-four-valued", "huiqi-subject", False),
        times("zen-engine, times ours", 200, "zen-engine", "huiqi-subject", False),
        times("tuned DuckDB, times ours", 2, "duckdb-tuned", "huiqi-subject", False),
        times("tuned DuckDB over events, times ours", 2, "duckdb-tuned-events", "huiqi-events", False),
        megabytes("peak MB, budget of all rules", 512, "huiqi-all"),
        megabytes("peak MB, entitlements written", 1536, "huiqi-match"),
        Figure("slope from 500,000 to the largest size", 1.1, slope(runs, sizes)),
        times("one changed number, share of the full run", 0.1, "huiqi-rebudget", "huiqi-all"),
        Figure("one enterprise explained, ms", 0.5, one * 1000 if one else None),
        Figure("five policies loaded and checked, s", 1, wall(runs, at("huiqi-load"), "huiqi-load")),
        Figure("differing cells between the evaluators", 0, wrong),
        Figure("cells that differ in the negative control", 1, seen, most=False),
    ]  # fmt: skip


def compared(runs: Runs, size: int, name: str, ours: str) -> str:
    """Whether an engine's answers are ours, by comparing them."""
    made = runs.get((size, name), [{}])[0]
    if "error" in made:
        return f"**did not run**: {made['error']}"
    if name == ours or name.startswith("floor"):
        return "ours" if name == ours else ""
    notes = [made["note"]] if made.get("note") else []
    mine = next((run["answers"] for run in runs.get((size, ours), []) if run.get("answers")), None)
    if made.get("cells"):
        right, cells = made["cells"] - made["wrong"], made["cells"]
        notes.insert(0, f"{right:,} of {cells:,} cells equal")
    if made.get("control"):
        notes.append(f"negative control: {made['control']:,} cells differ")
    if mine is not None and made.get("answers") and name != "huiqi-rebudget":
        notes.insert(0, difference(made, mine))
    return "; ".join(notes)


def difference(made: dict[str, Any], mine: dict[str, list[int]]) -> str:
    """Figures that are not ours: supports, rows that have another answer at the least, yuan."""
    other = made["answers"]
    wrong = [key for key in other if other[key] != mine.get(key)]
    if not wrong:
        return f"equal: all figures of {len(other)} supports"
    rows = sum(
        sum(abs(a - b) for a, b in zip(other[key][:4], mine[key][:4], strict=True)) for key in wrong
    )
    fen = sum(abs(other[key][4] - mine[key][4]) for key in wrong)
    return (
        f"**differs** on {len(wrong)} of {len(other)} supports, {max(rows // 2, 1):,} rows, "
        f"{fen // 100:,} yuan of what is certain: {made.get('reason') or 'unexplained'}"
    )


def table(runs: Runs, size: int, names: list[str], ours: str, floor: str) -> list[str]:
    """One row an engine that was run; where it was left out at this size, that is said."""
    out = [
        "| engine | median s | to huiqi | to decoding | processor s | to huiqi | to decoding | peak MB | answers |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    base, least = wall(runs, size, ours), wall(runs, size, floor)
    everywhere = {name for _, name in runs}
    for name in names:
        own = wall(runs, size, name)
        if (size, name) not in runs:
            if name in everywhere:
                out.append(f"| {name} | | | | | | | | not run at this size |")
            continue
        cells = [*beside(own, base, least)]
        cells += beside(*(wall(runs, size, item, "processor") for item in (name, ours, floor)))
        if name in ("huiqi-evaluators", "huiqi-explain", "huiqi-load"):
            cells = [cells[0], "", "", "", "", ""]
        out.append(
            f"| {name} | {' | '.join(cells)} "
            f"| {peak(runs, size, name) or 0:.0f} | {compared(runs, size, name, ours)} |"
        )
    return out


def beside(own: float | None, base: float | None, least: float | None) -> list[str]:
    """Seconds, and times those of two others."""
    shown = "" if not own else f"{own:.4f}" if own < 0.01 else f"{own:.3f}"
    return [shown, *(f"{own / part:.2f}" if own and part else "" for part in (base, least))]


def memory() -> str:
    """The machine's memory in whole gigabytes."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"


def versions() -> str:
    """The libraries that were measured."""
    out = []
    for name in ("polars", "duckdb", "openfisca-core", "zen-engine"):
        try:
            out.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(out)


READING = """## How to read this

- Every run is a process of its own; engines take turns, so that a busy machine slows all alike. Medians of the rounds;
  peaks are the highest of all rounds and include the interpreter and its libraries.
- *Processor s* is what all threads together spent; it moves little when others have the machine too.
- *Decoding only* (floor-…) reads just the columns without which these rules can't be decided, one streamed query per
  table over all its files, and counts nulls: every column is decoded, none is kept. Where limits weigh rows of one
  beneficiary against each other, keys and links to it belong to them.
- *huiqi-…* reads the files, evaluates and sums, from a standing start. Rules are loaded before.
- *DuckDB* reads the same files. *Straight* is what one writes first; *tuned* computes each distinct condition once and
  looks the size class up in a table of its limits, filled before the clock starts. SQL states {covered}.
- *OpenFisca* and *zen-engine* have neither files nor events, so that counts over events are made for them beforehand.
  *OpenFisca* then starts as everyone does, from a file (one that holds just its inputs), which Polars reads into its
  arrays; of its seconds the row says how many it computed. *Plain* is how such systems are written; *four-valued*
  carries what is known beside each input. *zen-engine* is given its rows in memory, which favours it.
- *Answers* are compared, never assumed: the counts of the four answers, both sums and the rows without bound of every
  support; zen-engine and the two evaluators of huiqi cell by cell. Payments already made are left out where engines are
  compared, and weighed in the runs over all rules.
- *huiqi-rebudget* is the budget of one rule with one number changed. *huiqi-simulate* is the whole comparison that
  `huiqi simulate` prints: policies read again, both sides, gainers and losers, counties, industries and sizes.
- *huiqi-evaluators* holds the columnar engine to the reference for single enterprises with all their events, limits and
  payments; the negative control takes one fen off every rule on one side.
"""


def covered(runs: Runs) -> str:
    notes = [
        run["note"]
        for (_, name), found in runs.items()
        for run in found
        if name == "duckdb-tuned-events" and run.get("note")
    ]
    return notes[0] if notes else "rules without limits across rows"


def write(out: Path, runs: Runs, sizes: list[int], rounds: int, nation: Nation | None) -> None:
    """The page and its charts."""
    out.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {datetime.now(UTC).date().isoformat()}: {os.cpu_count()} cores, {memory()}, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}; {versions()}. "
        f"{rounds} round(s); load of the machine at the end {os.getloadavg()[2]:.1f}.",
        "",
        *busy(),
        "## What was to be reached",
        "",
        "| figure (enterprises) | target | reached | | in processor time |",
        "|---|---:|---:|---|---:|",
        *(figure.row() for figure in figures(runs, sizes)),
        "",
    ]
    if nation is not None:
        lines += [
            f"A nation of {nation.rows:,} enterprises in {nation.parts} partitions, one after another: "
            f"{nation.seconds:.1f} s, {nation.peak:.0f} MB.",
            "",
        ]
    for size in reversed(sizes):
        lines += section(out, runs, size)
    lines += growth(out, runs, sizes)
    lines += [READING.format(covered=covered(runs))]
    (out / "README.md").write_text("\n".join(lines), "utf-8")


def busy() -> list[str]:
    """A warning where other programs had the machine too."""
    if os.getloadavg()[2] <= (os.cpu_count() or 1) + 1:
        return []
    return [
        "**The machine was busy with other programs.** Seconds, and ratios of seconds, of so few rounds are not to be "
        "relied on; processor seconds are, roughly. Repeat with `make bench` on a quiet machine.",
        "",
    ]


def section(out: Path, runs: Runs, size: int) -> list[str]:
    """The tables and bars of one size."""
    lines = []
    for title, short, names, ours, floor in (
        ("Rules of enterprises themselves", "subject", SUBJECT, "huiqi-subject", "floor-subject"),
        ("Rules of events with their enterprise", "events", EVENTS, "huiqi-events", "floor-events"),
        ("All rules, and what else is done with them", "all", OWN, "huiqi-all", "floor-all"),
    ):
        if not any((size, name) in runs for name in names):
            continue
        lines += [f"## {title}, {size:,}", "", *table(runs, size, names, ours, floor), ""]
        shown = [(name, value) for name in names if (value := wall(runs, size, name))]
        if shown and short != "all":
            heading = f"{title}, {size:,} enterprises: seconds"
            (out / f"{short}-{size}.svg").write_text(charts.bars(shown, heading), "utf-8")
            lines += [f"![{heading}]({short}-{size}.svg)", ""]
    return lines


def growth(out: Path, runs: Runs, sizes: list[int]) -> list[str]:
    """Seconds over size, where there are several sizes."""
    series = {}
    for name in ("floor-all", "huiqi-all", "duckdb-tuned", "openfisca-four-valued", "zen-engine"):
        points = [(size, value) for size in sizes if (value := wall(runs, size, name))]
        if len(points) > 1:
            series[name] = points
    if not series:
        return []
    title = "Seconds over enterprises"
    (out / "growth.svg").write_text(charts.lines(series, title), "utf-8")
    return [f"## {title}", "", f"![{title}](growth.svg)", ""]
