"""One measurement in a fresh process: `python jobs.py NAME FOLDER` prints one line of JSON."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import common
import polars as pl
from common import ON, SUBJECT, Answers, Result, answers, timed, unpaid

from huiqi.rulebook.bridge import read_subject
from huiqi.rulebook.bulk import Engine
from huiqi.rulebook.dossier import dossier
from huiqi.rulebook.matching import match
from huiqi.rulebook.policy import Library, Support
from huiqi.rulebook.simulation import simulate

ONE = "lvliang-2022-22/差别化限产"
CHANGE = {"gaoping-2022-43/科技型中小企业知识产权.金额": "4万元"}
EXPLAINED = 200
SAMPLE = 200


def peak() -> float:
    """Peak resident megabytes of this process (of its own life: what the parent held before the
    program was started does not count)."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    size = getrusage(RUSAGE_SELF).ru_maxrss
    return size / (1024 * 1024 if sys.platform == "darwin" else 1024)


def decode(rules: Library, folder: Path, supports: tuple[Support, ...]) -> None:
    """Read the stored columns that the supports use, and touch every value."""
    data = common.snapshot(rules, folder)
    for table, columns in common.stored(rules, supports).items():
        for part in range(data.parts(table)):
            if not data.tables[table][part]:
                continue
            present = sorted(columns & data.names(table, part))
            cheap = [
                made
                for name in present
                for made in (
                    pl.col(name).null_count().alias(name),
                    pl.col(name).max().alias(name + "\u00b7"),
                )
            ]
            if cheap:
                data.scan(table, part, present).select(cheap).collect(engine="streaming")


def budget(rules: Library, folder: Path, supports: tuple[Support, ...] | None) -> Answers:
    data = common.snapshot(rules, folder)
    return answers(Engine(rules, data, ON, supports).budget())


def peers_budget(rules: Library, folder: Path, supports: tuple[Support, ...]) -> Answers:
    data = common.snapshot(rules, folder)
    return answers(unpaid(Engine(rules, data, ON, supports)).budget())


def explained(rules: Library, folder: Path) -> Result:
    """Median seconds of a full dossier over enterprises spread evenly, facts already read."""
    data = common.snapshot(rules, folder)
    rows = data.rows(SUBJECT)
    walls = []
    for number in range(0, rows, max(rows // EXPLAINED, 1)):
        file = read_subject(data, rules.vocabulary, SUBJECT, number)
        start = perf_counter()
        made = dossier(rules, file, ON)
        made.near_misses()
        made.questions()
        walls.append(perf_counter() - start)
    return Result(median(walls), None, f"median of {len(walls)} enterprises, each once")


def written(rules: Library, folder: Path) -> Result:
    with TemporaryDirectory(dir=folder.parent) as out:
        return timed(
            lambda: match(rules, common.snapshot(rules, folder), ON, Path(out) / "m") and None
        )


def loaded(rules: Library, folder: Path) -> Result:
    return timed(lambda: common.library() and None)


def simulated(rules: Library, folder: Path) -> Result:
    def work() -> None:
        found, problems = simulate(rules, common.snapshot(rules, folder), CHANGE, ON)
        if found is None:
            raise ValueError(str(problems[0]))

    return timed(work)


def duck(tuned: bool, events: bool) -> Callable[[Library, Path], Result]:
    def job(rules: Library, folder: Path) -> Result:
        from peers import sql

        data = common.snapshot(rules, folder)
        supports = common.subject_supports(rules)
        if events:
            supports = tuple(sql.covered(rules, data, common.event_supports(rules)))
        return timed(lambda: sql.run(rules, data, supports, tuned))

    return job


def fisca(four: bool) -> Callable[[Library, Path], Result]:
    def job(rules: Library, folder: Path) -> Result:
        from peers import openfisca

        data = common.snapshot(rules, folder)
        return timed(lambda: openfisca.run(rules, data, common.subject_supports(rules), four))

    return job


def zen(rules: Library, folder: Path) -> Result:
    """A sample, extrapolated; compared with the reference over the same rows is left to the tests."""
    from peers import zen_rules

    data = common.snapshot(rules, folder)
    sample = min(SAMPLE, data.rows(SUBJECT))
    wall, _, taken = zen_rules.run(rules, data, common.subject_supports(rules), sample)
    rows = data.rows(SUBJECT)
    return Result(
        wall * rows / len(taken), None, f"extrapolated from {len(taken)} rows", len(taken)
    )


def events_supports(rules: Library, folder: Path) -> tuple[Support, ...]:
    from peers import sql

    data = common.snapshot(rules, folder)
    return tuple(sql.covered(rules, data, common.event_supports(rules)))


JOBS: dict[str, Callable[[Library, Path], Result]] = {
    "floor-subject": lambda r, f: timed(lambda: decode(r, f, common.subject_supports(r))),
    "huiqi-subject": lambda r, f: timed(lambda: peers_budget(r, f, common.subject_supports(r))),
    "duckdb-tuned": duck(True, False),
    "duckdb-straight": duck(False, False),
    "openfisca-plain": fisca(False),
    "openfisca-four-valued": fisca(True),
    "zen-engine": zen,
    "floor-events": lambda r, f: timed(lambda: decode(r, f, events_supports(r, f))),
    "huiqi-events": lambda r, f: (lambda chosen: timed(lambda: peers_budget(r, f, chosen)))(
        events_supports(r, f)
    ),
    "duckdb-tuned-events": duck(True, True),
    "duckdb-straight-events": duck(False, True),
    "floor-all": lambda r, f: timed(lambda: decode(r, f, r.supports)),
    "huiqi-all": lambda r, f: timed(lambda: budget(r, f, None)),
    "huiqi-match": written,
    "huiqi-one-rule": lambda r, f: timed(lambda: budget(r, f, (r.by_key[ONE],))),
    "huiqi-simulate": simulated,
    "huiqi-explain": explained,
    "huiqi-load": loaded,
}


def lines() -> Iterator[str]:
    """The result of the job named on the command line."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    rules = common.library()
    result = JOBS[name](rules, folder)
    yield json.dumps(asdict(replace(result)) | {"peak": peak()})


if __name__ == "__main__":
    for line in lines():
        print(line)
