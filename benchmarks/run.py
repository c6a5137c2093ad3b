"""Runs every measurement in fresh processes, engines in turn, and writes docs/benchmarks."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from report import EVENTS, OWN, SUBJECT, Nation, Runs, write

HERE = Path(__file__).resolve().parent
NEVER = 10**12
# Too slow to repeat from this size on: run once.
ONCE = {
    "duckdb-straight": 0, "duckdb-straight-events": 0, "zen-engine": 0, "huiqi-evaluators": 0,
    "huiqi-explain": 0, "huiqi-match": 500_000,
}  # fmt: skip
# Not run at all from this size on: too slow, or all its rows stand in memory at once.
SKIPPED = {
    "duckdb-straight": 5_000_000, "duckdb-straight-events": 5_000_000, "huiqi-evaluators": 5_000_000,
    "openfisca-plain": 20_000_000, "openfisca-four-valued": 20_000_000, "zen-engine": 20_000_000,
}  # fmt: skip

MAKE = """
import sys; from pathlib import Path
import common; from huiqi.rulebook.demo import make_region
rules = common.library()
make_region(rules.vocabulary, Path(sys.argv[1]), enterprises=int(sys.argv[2]), seed=1,
            today=common.ON, supports=rules.supports)
print("{}")
"""


def child(arguments: list[str]) -> dict[str, Any]:
    """One job in a process of its own; what it printed, or its last line as an error."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=HERE, capture_output=True, text=True, timeout=3600
    )
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["stopped"])[-1]}
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def region(folder: Path, size: int) -> Path:
    """The snapshot of so many enterprises, made where it is missing."""
    data = folder / str(size)
    if not (data / "snapshot.json").is_file():
        print(f"making a region of {size:,} enterprises", flush=True)
        data.parent.mkdir(parents=True, exist_ok=True)
        made = child(["-c", MAKE, str(data), str(size)])
        if "error" in made:
            raise SystemExit(made["error"])
    return data


def steps(sizes: list[int], rounds: int, names: list[str]) -> list[tuple[int, int, str]]:
    """Size, round and name of every run, engines in turn."""
    return [
        (size, turn, name)
        for size in sizes
        for turn in range(rounds)
        for name in names
        if not (turn and size >= ONCE.get(name, NEVER)) and size < SKIPPED.get(name, NEVER)
    ]


def measure(
    folder: Path, sizes: list[int], rounds: int, names: list[str], told: Callable[[Runs], None]
) -> Runs:
    """All runs; ``told`` of what there is after each."""
    runs: Runs = {}
    started = time.monotonic()
    todo = steps(sizes, rounds, names)
    for done, (size, turn, name) in enumerate(todo):
        made = child(["jobs.py", name, str(region(folder, size))])
        runs.setdefault((size, name), []).append(made)
        shown = made.get("error") or f"{made['wall']:.4f} s, {made['peak']:.0f} MB"
        print(
            f"{time.monotonic() - started:5.0f} s  {done + 1:>3}/{len(todo)}  {size:>11,}  "
            f"round {turn + 1}/{rounds}  {name:24} {shown}",
            flush=True,
        )
        told(runs)
    return runs


def nation(data: Path, size: int, times: int) -> Nation:
    """One region again and again, as the partitions of a nation, one after another."""
    seconds, peak = 0.0, 0.0
    for turn in range(times):
        made = child(["jobs.py", "huiqi-all", str(data)])
        if "error" in made:
            raise SystemExit(made["error"])
        seconds, peak = seconds + made["wall"], max(peak, made["peak"])
        print(f"nation {turn + 1}/{times}: {seconds:.1f} s", flush=True)
    return Nation(size * times, times, seconds, peak)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE.parent / "var" / "bench")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "benchmarks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 500_000])
    parser.add_argument("--only", nargs="+", default=[*SUBJECT, *EVENTS, *OWN])
    parser.add_argument("--nation", type=int, default=0, help="how often the largest region is run")
    given = parser.parse_args()
    sizes, folder = sorted(given.sizes), given.data.resolve()

    def told(runs: Runs) -> None:
        there = [size for size in sizes if any(size == one for one, _ in runs)]
        write(given.out, runs, there, given.rounds, None)

    runs = measure(folder, sizes, given.rounds, given.only, told)
    whole = None
    if given.nation:
        whole = nation(region(folder, sizes[-1]), sizes[-1], given.nation)
    write(given.out, runs, sizes, given.rounds, whole)
    print(f"written: {given.out / 'README.md'}", flush=True)


if __name__ == "__main__":
    main()
