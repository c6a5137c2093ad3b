"""One measurement in a fresh process: `python jobs.py NAME FOLDER` prints one line of JSON."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import cells
import common
import polars as pl
from common import ON, SUBJECT, Answers, Result, answers, timed, unpaid

from huiqi.rulebook.bulk.bridge import read_subject
from huiqi.rulebook.bulk.engine import Engine
from huiqi.rulebook.bulk.matching import match
from huiqi.rulebook.bulk.simulation import simulate, touched
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.problems import errors
from huiqi.rulebook.reference.dossier import dossier

CHANGE = {"gaoping-2022-43/科技型中小企业知识产权.金额": "4万元"}
SAMPLE = 200
Job = Callable[[Library, Path], Result]


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


def floor(choose: Callable[[Library, Path], Sequence[Support]], paid: bool) -> Job:
    """Read the columns that the supports can't be decided without, and nothing else: one streamed
    query per table over all its files. Counting nulls keeps no column, but has each one decoded."""

    def job(rules: Library, folder: Path) -> Result:
        data = common.snapshot(rules, folder)
        engine = Engine(rules, data, ON, choose(rules, folder))
        columns = common.stored(engine if paid else unpaid(engine))

        def work() -> None:
            for table, names in columns.items():
                files = [path for path, _ in common.files(data, table)]
                present = sorted(names & data.names(table, 0)) if files else []
                if present:
                    rows = pl.scan_parquet(files).select(pl.col(present).null_count())
                    rows.collect(engine="streaming")

        return timed(work)

    return job


def budget(choose: Callable[[Library, Path], Sequence[Support]], paid: bool) -> Job:
    """The budget of some supports; without payments already made where peers don't know them."""

    def job(rules: Library, folder: Path) -> Result:
        supports = choose(rules, folder)

        def work() -> Answers:
            engine = Engine(rules, common.snapshot(rules, folder), ON, supports)
            return answers((engine if paid else unpaid(engine)).budget())

        return timed(work)

    return job


def everything(rules: Library, folder: Path) -> Sequence[Support]:
    return rules.ready


def of_subjects(rules: Library, folder: Path) -> Sequence[Support]:
    return common.subject_supports(rules)


def of_events(rules: Library, folder: Path) -> Sequence[Support]:
    """The supports on events that the SQL states."""
    from peers import sql

    return sql.covered(rules, common.snapshot(rules, folder), common.event_supports(rules))


def rebudget(rules: Library, folder: Path) -> Result:
    """The one rule whose number is changed, with its stacking group; both libraries are loaded."""
    changed, problems = load(rules.folder, CHANGE)
    if errors(problems):
        raise ValueError(str(errors(problems)[0]))
    after = touched(rules, changed)[1]

    def work() -> Answers:
        data = common.snapshot(changed, folder)
        return answers(Engine(changed, data, ON, after).budget())

    return timed(work)


def explained(rules: Library, folder: Path) -> Result:
    """Median seconds of a full dossier over enterprises spread evenly, facts already read."""
    data = common.snapshot(rules, folder)
    taken = cells.spread(data, SAMPLE)
    walls = []
    for file in [read_subject(data, rules.vocabulary, SUBJECT, number) for number in taken]:
        start = perf_counter()
        made = dossier(rules, file, ON)
        made.near_misses()
        made.questions()
        walls.append(perf_counter() - start)
    return Result(median(walls), note=f"median of {len(walls)} enterprises, each once")


def evaluators(rules: Library, folder: Path) -> Result:
    """The two evaluators cell by cell over enterprises spread evenly, with all their events, limits
    and payments; once more with every amount one fen less on one side."""
    data = common.snapshot(rules, folder)
    taken, supports = cells.spread(data, SAMPLE), cells.own(rules)
    start = perf_counter()
    expected = cells.by_reference(rules, data, supports, taken)
    wall = perf_counter() - start
    found = cells.by_engine(rules, data, supports, taken)
    off = cells.by_engine(rules, data, [cells.one_fen_less(item) for item in supports], taken)
    return Result(
        wall,
        cells=len(expected.keys() | found.keys()),
        wrong=cells.differing(expected, found),
        control=cells.differing(expected, off),
        note=f"{len(taken)} enterprises with their events, {len(supports)} supports",
    )


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


def duck(choose: Callable[[Library, Path], Sequence[Support]], tuned: bool) -> Job:
    def job(rules: Library, folder: Path) -> Result:
        from peers import sql

        data, chosen = common.snapshot(rules, folder), choose(rules, folder)
        found = timed(sql.prepared(rules, data, chosen, tuned))
        if choose is not of_events:
            return found
        return replace(found, note=stated(rules, data))

    return job


def stated(rules: Library, data: Snapshot) -> str:
    """How many supports on an enterprise's events the SQL covers."""
    from peers import sql

    every = [
        item for item in rules.supports if rules.vocabulary.tables[item.table].owner == SUBJECT
    ]
    free = common.event_supports(rules)
    return (
        f"{len(sql.covered(rules, data, free))} of {len(every)} supports on events: "
        f"{len(every) - len(free)} have limits across rows, the others look at earlier events"
    )


def fisca(four: bool) -> Job:
    def job(rules: Library, folder: Path) -> Result:
        from peers import openfisca

        data, supports = common.snapshot(rules, folder), common.subject_supports(rules)
        with TemporaryDirectory(dir=folder.parent) as work:
            made = openfisca.prepared(rules, data, supports, four, Path(work))
            found = replace(timed(made.run), peak=peak())
            found = replace(found, note=f"{made.computing:.2f} s of it computing, the rest reading")
            if not four:
                return replace(found, reason="two-valued: the unknown counts as no or zero")
            ours = answers(unpaid(Engine(rules, data, ON, supports)).budget())
            if found.answers == ours:
                return found
            same = made.exactly() == ours
        return replace(
            found,
            reason="float32: the same formulas over 64-bit integers are equal"
            if same
            else "unexplained",
        )

    return job


def zen(rules: Library, folder: Path) -> Result:
    """A sample, extrapolated, each answer compared with ours."""
    from peers import zen_rules

    data, supports = common.snapshot(rules, folder), common.subject_supports(rules)
    taken = cells.spread(data, SAMPLE)
    work = zen_rules.prepared(rules, data, supports, taken)
    start = perf_counter()
    found = work()
    wall = perf_counter() - start
    memory = peak()
    ours = cells.answers_of(rules, data, supports, taken)
    return Result(
        wall * data.rows(SUBJECT) / len(taken),
        cells=len(taken) * len(supports),
        wrong=sum(
            one is not two for key in ours for one, two in zip(ours[key], found[key], strict=True)
        ),
        note=f"extrapolated from {len(taken)} enterprises",
        peak=memory,
    )


JOBS: dict[str, Job] = {
    "floor-subject": floor(of_subjects, paid=False),
    "huiqi-subject": budget(of_subjects, paid=False),
    "duckdb-tuned": duck(of_subjects, tuned=True),
    "duckdb-straight": duck(of_subjects, tuned=False),
    "openfisca-plain": fisca(False),
    "openfisca-four-valued": fisca(True),
    "zen-engine": zen,
    "floor-events": floor(of_events, paid=False),
    "huiqi-events": budget(of_events, paid=False),
    "duckdb-tuned-events": duck(of_events, tuned=True),
    "duckdb-straight-events": duck(of_events, tuned=False),
    "floor-all": floor(everything, paid=True),
    "huiqi-all": budget(everything, paid=True),
    "huiqi-rebudget": rebudget,
    "huiqi-simulate": simulated,
    "huiqi-match": written,
    "huiqi-evaluators": evaluators,
    "huiqi-explain": explained,
    "huiqi-load": loaded,
}


def lines() -> Iterator[str]:
    """The result of the job named on the command line."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    rules = common.library()
    result = JOBS[name](rules, folder)
    yield json.dumps(asdict(result) | {"peak": result.peak or peak()})


if __name__ == "__main__":
    for line in lines():
        print(line)
