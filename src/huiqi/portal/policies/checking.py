"""A candidate folder against everything in force: what is wrong, before anything is released."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from huiqi.portal.base.jobs import Tell, silent
from huiqi.portal.policies.files import BACKDROPS, Files
from huiqi.portal.policies.queries import in_force
from huiqi.portal.policies.rules import lay_out
from huiqi.reading.lineage import read_confirmations
from huiqi.reading.review import read_decisions
from huiqi.rulebook import load
from huiqi.rulebook.bulk.cases import run_bulk
from huiqi.rulebook.library.policy import Library, Policy
from huiqi.rulebook.problems import Problem, Severity, errors
from huiqi.rulebook.reference.cases import Case, Failure, read_cases, run_reference

WHOLE = "整体测算的"
"""How the bulk engine's failures begin."""


@dataclass(frozen=True)
class Checked:
    """What a folder is worth: the library it would make, its cases, and what is wrong."""

    library: Library
    policy: Policy | None
    cases: tuple[Case, ...]
    problems: tuple[Problem, ...]

    @property
    def wrong(self) -> list[Problem]:
        """What refuses it."""
        return errors(self.problems)

    @property
    def warnings(self) -> list[Problem]:
        """What a person should look at."""
        return [item for item in self.problems if item.severity is Severity.WARNING]

    @property
    def whole(self) -> bool:
        """Whether nothing refuses it."""
        return not self.wrong


def parts_in_force() -> dict[str, Files]:
    """The folders in force, by slug."""
    return dict(in_force().values_list("slug", "files"))


@contextmanager
def laid_out(parts: Mapping[str, Files]) -> Iterator[Path]:
    """Frozen folders on the disk, for as long as they are read."""
    with TemporaryDirectory(prefix="huiqi-rules-") as name:
        lay_out(parts, Path(name))
        yield Path(name)


def check(slug: str, files: Files, *, cases: bool = False, tell: Tell = silent) -> Checked:
    """The candidate among the folders in force; ``cases`` also runs them on both evaluators.

    With ``cases`` nothing may be open any more, and every support of the folder needs one at least.
    The vocabulary and the reference data are checked with every policy that reads them.
    """
    with laid_out({**parts_in_force(), slug: files}) as folder:
        return check_folder(folder, slug, cases=cases, tell=tell)


def check_folder(folder: Path, slug: str, *, cases: bool = False, tell: Tell = silent) -> Checked:
    """One folder of a policies root that is on the disk."""
    tell(0, 0, "正在读政策文件")
    library, found = load(folder)
    listed, wrong = read_cases(library)
    kept = [*read_decisions(folder / slug)[1], *read_confirmations(folder / slug)[1]]
    problems = [_placed(problem, folder) for problem in (*found, *wrong, *kept)]
    concerned = [case for case in listed if slug in BACKDROPS or _concerns(case, slug)]
    if cases:
        problems = _unfinished(library.by_id.get(slug), concerned, problems)
    if cases and not errors(problems):
        problems += _missed(run_cases(library, concerned, tell))
    return Checked(library, library.by_id.get(slug), tuple(concerned), tuple(problems))


def run_cases(library: Library, cases: list[Case], tell: Tell = silent) -> list[Failure]:
    """What the cases find wrong with the plain and with the compiled evaluator."""
    if not cases:
        return []
    done = count(1)

    def step() -> None:
        tell(next(done), 2 * len(cases), "两个计算引擎各算一遍边界用例")

    failures: list[Failure] = []
    for case in cases:
        failures += run_reference(library, case)
        step()
    return [*failures, *run_bulk(library, cases, step)]


def _unfinished(policy: Policy | None, cases: list[Case], problems: list[Problem]) -> list[Problem]:
    """The problems with what a draft may leave open and a release may not: 待定, supports without a case."""
    if policy is None:
        return problems
    own = f"{policy.id}/"
    out = [
        replace(item, severity=Severity.ERROR)
        if item.code == "open-point" and item.file.startswith(own)
        else item
        for item in problems
    ]
    tried = {support.key for case in cases for support in case.supports}
    for support in policy.supports:
        if support.key not in tried:
            out.append(
                Problem(
                    "no-case",
                    f"支持“{support.name}”没有边界用例",
                    f"写 cases/{support.id}.yaml，刚好够和刚好不够的各一个",
                    file=f"{own}supports/{support.id}.yaml",
                )
            )
    return out


def _concerns(case: Case, slug: str) -> bool:
    return case.mark.file.startswith(f"{slug}/") or any(
        support.policy == slug for support in case.supports
    )


def _placed(problem: Problem, folder: Path) -> Problem:
    """Without the folder that exists only while checking."""
    shown = problem.file.replace(f"{folder}/", "").replace(str(folder), "")
    return replace(problem, file=shown, message=problem.message.replace(f"{folder}/", ""))


def _missed(failures: list[Failure]) -> list[Problem]:
    """One problem for what both evaluators find alike, one for each that only one of them finds."""
    found: dict[tuple[int, str, str, str], list[Failure]] = {}
    for failure in failures:
        what = failure.what.removeprefix(WHOLE)
        alike = id(failure.case), what, failure.expected, failure.found
        found.setdefault(alike, []).append(failure)
    return [_problem(group) for group in found.values()]


def _problem(group: list[Failure]) -> Problem:
    first, case = group[0], group[0].case
    alone = "" if len(group) > 1 else "（整体测算）" if first.what.startswith(WHOLE) else "（逐户）"
    return Problem(
        "case-missed",
        f"用例“{case.name}”：{first.what.removeprefix(WHOLE)}应为{first.expected}，"
        f"算得{first.found}{alone}",
        "改规则或者改用例，使两者一致",
        file=case.mark.file,
        line=case.mark.line,
    )
