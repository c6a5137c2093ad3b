"""Runs every measurement in fresh processes, interleaved, and writes docs/benchmarks."""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "docs" / "benchmarks"
SUBJECT = [
    "floor-subject", "huiqi-subject", "duckdb-tuned", "duckdb-straight", "openfisca-plain",
    "openfisca-four-valued", "zen-engine",
]  # fmt: skip
EVENTS = ["floor-events", "huiqi-events", "duckdb-tuned-events", "duckdb-straight-events"]
OWN = [
    "floor-all", "huiqi-all", "huiqi-match", "huiqi-one-rule", "huiqi-simulate", "huiqi-explain",
    "huiqi-load",
]  # fmt: skip
# Too slow to repeat at this size and above: run once.
ONCE = {"duckdb-straight": 5_000_000, "duckdb-tuned": 5_000_000, "zen-engine": 0}
Runs = dict[tuple[int, str], list[dict[str, Any]]]


def child(arguments: list[str]) -> dict[str, Any]:
    """One job in a process of its own; what it printed, or its last line as an error."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=HERE, capture_output=True, text=True, timeout=1800
    )
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["stopped"])[-1]}
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


MAKE = """
import sys; from pathlib import Path
import common; from huiqi.rulebook.demo import make_region
rules = common.library()
make_region(rules.vocabulary, Path(sys.argv[1]), enterprises=int(sys.argv[2]), seed=1,
            today=common.ON, supports=rules.supports)
print("{}")
"""


def measure(folder: Path, sizes: list[int], rounds: int, names: list[str]) -> Runs:
    runs: Runs = {}
    for size in sizes:
        data = folder / str(size)
        if not (data / "snapshot.json").is_file():
            print(f"making a region of {size:,} enterprises", flush=True)
            data.parent.mkdir(parents=True, exist_ok=True)
            made = child(["-c", MAKE, str(data), str(size)])
            if "error" in made:
                raise SystemExit(made["error"])
        for turn in range(rounds):
            for name in names:
                if turn and size >= ONCE.get(name, size + 1):
                    continue
                made = child(["jobs.py", name, str(data)])
                runs.setdefault((size, name), []).append(made)
                shown = made.get("error") or f"{made['wall']:.4f} s, {made['peak']:.0f} MB"
                print(f"{size:>11,}  round {turn + 1}/{rounds}  {name:24} {shown}", flush=True)
    return runs


def wall(runs: Runs, size: int, name: str) -> float | None:
    found = [run["wall"] for run in runs.get((size, name), []) if "wall" in run]
    return median(found) if found else None


def equal(runs: Runs, size: int, name: str, ours: str) -> str:
    """Whether an engine's counts and sums are ours."""
    mine = next((run["answers"] for run in runs.get((size, ours), []) if run.get("answers")), None)
    made = runs.get((size, name), [{}])[0]
    if "error" in made:
        return f"did not run: {made['error']}"
    if name == "zen-engine":
        return f"not compared: {made['note']}"
    if mine is None or made.get("answers") is None:
        return ""
    other = made["answers"]
    wrong = [key for key in other if other[key] != mine.get(key)]
    if not wrong:
        return "equal"
    why = "two-valued: unknown taken as no; " if name == "openfisca-plain" else ""
    return f"{why}differs on {len(wrong)} of {len(other)} supports"


def table(runs: Runs, size: int, names: list[str], ours: str, floor: str) -> list[str]:
    out = [
        "| engine | rows | median s | to huiqi | to decoding | peak MB | answers |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    base, least = wall(runs, size, ours), wall(runs, size, floor)
    for name in names:
        own = wall(runs, size, name)
        if (size, name) not in runs:
            continue
        peak = max((run.get("peak", 0) for run in runs.get((size, name), [])), default=0)
        ratios = [f"{own / part:.2f}" if own and part else "" for part in (base, least)]
        note = equal(runs, size, name, ours) if name != ours else "ours"
        out.append(
            f"| {name} | {size:,} | {'' if own is None else f'{own:.3f}'} | {ratios[0]} "
            f"| {ratios[1]} | {peak:.0f} | {note if not name.startswith('floor') else ''} |"
        )
    return out


def figures(runs: Runs, sizes: list[int]) -> list[str]:
    """What was to be reached at the largest size run, and whether it was."""
    size = sizes[-1]

    def ratio(one: str, two: str) -> float | None:
        a, b = wall(runs, size, one), wall(runs, size, two)
        return a / b if a and b else None

    def peak(name: str) -> float | None:
        found = [run["peak"] for run in runs.get((size, name), []) if "peak" in run]
        return max(found) if found else None

    slope = None
    if len(sizes) > 1:
        small, large = sizes[-2], sizes[-1]
        a, b = wall(runs, small, "huiqi-all"), wall(runs, large, "huiqi-all")
        slope = math.log(b / a) / math.log(large / small) if a and b else None
    one = wall(runs, size, "huiqi-explain")
    rows: list[tuple[str, float, float | None, bool]] = [
        ("subject rules, times decoding only", 2, ratio("huiqi-subject", "floor-subject"), True),
        ("all rules with events, times decoding only", 3, ratio("huiqi-all", "floor-all"), True),
        ("openfisca four-valued, times ours", 8,
         ratio("openfisca-four-valued", "huiqi-subject"), False),
        ("zen-engine, times ours", 200, ratio("zen-engine", "huiqi-subject"), False),
        ("tuned DuckDB, times ours", 2, ratio("duckdb-tuned", "huiqi-subject"), False),
        ("tuned DuckDB over events, times ours", 2,
         ratio("duckdb-tuned-events", "huiqi-events"), False),
        ("peak MB, budget of all rules", 512, peak("huiqi-all"), True),
        ("peak MB, entitlements written", 1536, peak("huiqi-match"), True),
        ("slope of the last two sizes", 1.1, slope, True),
        ("one rule again, share of the full run", 0.1, ratio("huiqi-one-rule", "huiqi-all"), True),
        ("one changed number simulated, share of the full run", 0.1,
         ratio("huiqi-simulate", "huiqi-all"), True),
        ("one enterprise explained, ms", 0.5, one * 1000 if one else None, True),
        ("five policies loaded and checked, s", 1, wall(runs, size, "huiqi-load"), True),
    ]  # fmt: skip
    out = ["| figure | target | reached | |", "|---|---:|---:|---|"]
    for label, aim, got, most in rows:
        if got is None:
            out.append(f"| {label} | {'≤' if most else '≥'} {aim} | not run | |")
            continue
        met = got <= aim if most else got >= aim
        out.append(
            f"| {label} | {'≤' if most else '≥'} {aim} | {got:.3g} | {'yes' if met else '**no**'} |"
        )
    return out


def chart(bars: list[tuple[str, float]], title: str) -> str:
    """Bars on a logarithmic scale as SVG."""
    low = math.floor(min(math.log10(value) for _, value in bars))
    high = math.ceil(max(math.log10(value) for _, value in bars) + 0.01)
    left, width, step = 210, 480, 28
    height = 60 + step * len(bars)

    def at(value: float) -> float:
        return left + width * (math.log10(value) - low) / (high - low)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 90} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="100%" height="100%" fill="white"/><text x="10" y="20">{title}</text>',
    ]
    for power in range(low, high + 1):
        x = at(10.0**power)
        out.append(f'<line x1="{x:.0f}" y1="34" x2="{x:.0f}" y2="{height - 20}" stroke="#ddd"/>')
        out.append(
            f'<text x="{x:.0f}" y="{height - 5}" text-anchor="middle" fill="#555">'
            f"{10.0**power:g} s</text>"
        )
    for index, (name, value) in enumerate(bars):
        y = 38 + index * step
        colour = {"huiqi": "#1a6fb0", "floor": "#999"}.get(name.split("-")[0], "#d08a3c")
        out.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{name}</text>')
        out.append(
            f'<rect x="{left}" y="{y}" width="{max(at(value) - left, 1):.1f}" height="19" '
            f'fill="{colour}"/><text x="{at(value) + 5:.1f}" y="{y + 14}">{value:.3g}</text>'
        )
    return "\n".join([*out, "</svg>", ""])


def memory() -> str:
    """The machine's memory in whole gigabytes."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"


def report(runs: Runs, sizes: list[int], rounds: int, nation: float | None) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {datetime.now(UTC).date().isoformat()}: {os.cpu_count()} cores, {memory()}, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}. "
        f"Each run in a fresh process, engines in turn, {rounds} round(s), medians; peaks include "
        "the interpreter and its libraries.",
        "",
        f"## What was to be reached ({sizes[-1]:,} enterprises)",
        "",
        *figures(runs, sizes),
        "",
    ]
    for size in sizes:
        lines += [f"## Rules of enterprises themselves, {size:,}", ""]
        lines += [*table(runs, size, SUBJECT, "huiqi-subject", "floor-subject"), ""]
        lines += [f"## Rules of events with their enterprise, {size:,}", ""]
        lines += [*table(runs, size, EVENTS, "huiqi-events", "floor-events"), ""]
        lines += [f"## All rules, {size:,}", ""]
        lines += [*table(runs, size, OWN, "huiqi-all", "floor-all"), ""]
        bars = [(name, wall(runs, size, name)) for name in SUBJECT]
        shown = [(name, value) for name, value in bars if value]
        if shown:
            title = f"Budget of the enterprises' own rules, {size:,} enterprises (log scale)"
            (OUT / f"subject-{size}.svg").write_text(chart(shown, title), "utf-8")
            lines += [f"![{title}](subject-{size}.svg)", ""]
    if nation is not None:
        lines += [f"A nation in partitions, one after another: {nation:.1f} s.", ""]
    lines += [
        "What is compared: counts of the four answers and both sums of every support. Counts over "
        "events are given ready-made to OpenFisca and zen (they have neither files nor events), "
        "which favours them. The event rules are those without limits across rows, without earlier "
        "events and without derived facts: the rest is not written in SQL. Payments already made "
        "are left out where engines are compared. The tuned SQL still derives the size class by "
        "nested CASE; a look-up table of its thresholds would be faster.",
        "",
    ]
    (OUT / "README.md").write_text("\n".join(lines), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE.parent / "var" / "bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 500_000])
    parser.add_argument("--only", nargs="+", default=[*SUBJECT, *EVENTS, *OWN])
    parser.add_argument("--nation", type=int, default=0, help="how often the largest region is run")
    given = parser.parse_args()
    sizes = sorted(given.sizes)
    folder = given.data.resolve()
    runs = measure(folder, sizes, given.rounds, given.only)
    nation = None
    if given.nation:
        nation = 0.0
        for turn in range(given.nation):
            nation += child(["jobs.py", "huiqi-all", str(folder / str(sizes[-1]))])["wall"]
            print(f"nation {turn + 1}/{given.nation}: {nation:.1f} s", flush=True)
    report(runs, sizes, given.rounds, nation)


if __name__ == "__main__":
    main()
