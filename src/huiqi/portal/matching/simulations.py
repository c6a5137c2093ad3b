"""What would change if a rule changed: checked, held to its boundary cases, computed over the region."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from huiqi.portal.base import rules
from huiqi.portal.base.access import Actor
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching.editing import Field, edited, fields, replaced
from huiqi.portal.matching.enums import SimulationState
from huiqi.portal.matching.models import Simulation
from huiqi.portal.policies import actions as policy_actions
from huiqi.portal.policies.enums import ReleaseState
from huiqi.portal.policies.models import Release
from huiqi.portal.registry import snapshot as registry
from huiqi.rulebook import load
from huiqi.rulebook.bulk.cases import run_bulk
from huiqi.rulebook.bulk.simulation import simulate
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.handbook.pages import case_line
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import show_money
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.library.rows import forget
from huiqi.rulebook.problems import Problem, errors
from huiqi.rulebook.reference.assess import Assessment
from huiqi.rulebook.reference.cases import Case, read_cases, run_reference
from huiqi.rulebook.reference.dossier import Dossier, dossier
from huiqi.rulebook.reference.explaining import range_words

JOB = "matching.simulate"
LIVE_ROWS = 100_000
"""A larger region is computed by a worker, with progress."""
SUBJECT = "企业"


# ---------------------------------------------------------------- the rule and what is wrong with it


def file_text(library: Library, support: Support) -> str:
    """The support's file as it stands in the rules in force."""
    return (Path(library.folder) / support.file).read_text("utf-8")


def fields_of(library: Library, support: Support) -> list[Field]:
    """What can be changed of a support."""
    return fields(file_text(library, support))


def overrides(support: str, changes: Mapping[str, str]) -> dict[str, str]:
    """Changes by path as the rulebook takes them."""
    return {f"{support}.{path}": text for path, text in changes.items()}


@dataclass(frozen=True, slots=True)
class Checked:
    """Changed rules, or what is wrong with the changes: by path, and with the whole."""

    library: Library
    problems: Mapping[str, tuple[Problem, ...]]
    others: tuple[Problem, ...]

    @property
    def is_fine(self) -> bool:
        return not self.problems and not self.others

    def all(self) -> list[Problem]:
        return [one for found in self.problems.values() for one in found] + list(self.others)


def check(library: Library, support: str, changes: Mapping[str, str]) -> Checked:
    """Loads the rules with changes; a problem is put to the change that has it alone."""
    changed, problems = load(library.folder, overrides(support, changes))
    changed = changed.with_calendar(library.vocabulary.calendar)
    wrong = errors(problems)
    if not wrong:
        return Checked(changed, {}, ())
    by_path: dict[str, tuple[Problem, ...]] = {}
    for path, text in changes.items():
        _, found = load(library.folder, overrides(support, {path: text}))
        if errors(found):
            by_path[path] = tuple(errors(found))
    known = {(one.code, one.message) for found in by_path.values() for one in found}
    others = tuple(one for one in wrong if (one.code, one.message) not in known)
    return Checked(changed, by_path, others)


# ---------------------------------------------------------------- boundary cases


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A boundary case under the changed rule: what it expects, what came out, who disagrees."""

    name: str
    given: str
    wanted: str
    wanted_amount: str
    found: str
    found_amount: str
    plain: tuple[str, ...]
    """What the reference evaluator finds wrong, and below what the bulk engine finds."""
    bulk: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        return not self.plain and not self.bulk

    @property
    def is_split(self) -> bool:
        """Whether only one of the two evaluators meets it: then a program is wrong, not a rule."""
        return bool(self.plain) != bool(self.bulk)


def cases_of(library: Library, support: Support) -> list[Case]:
    """The boundary cases that hold a support to account, in the order of their files."""
    own = library.by_id[support.policy]
    found, _ = read_cases(replace(library, policies=(own,)))
    return [case for case in found if support.key in {one.key for one in case.supports}]


def run_cases(library: Library, support: Support) -> list[CaseResult]:
    """Every case on both evaluators."""
    cases = cases_of(library, support)
    bulk: dict[int, list[str]] = {}
    places = {id(case): number for number, case in enumerate(cases)}
    for failure in run_bulk(library, cases):
        words = f"{failure.what}应为{failure.expected}，算得{failure.found}"
        bulk.setdefault(places[id(failure.case)], []).append(words)
    out = []
    for number, case in enumerate(cases):
        plain = [
            f"{one.what}应为{one.expected}，算得{one.found}" for one in run_reference(library, case)
        ]
        line = case_line(case, library.vocabulary)
        answer, amount = _outcome(library, case)
        out.append(
            CaseResult(
                line.name, line.given, line.answer, line.amount, answer, amount,
                tuple(plain), tuple(bulk.get(number, ())),
            )
        )  # fmt: skip
    return out


def _outcome(library: Library, case: Case) -> tuple[str, str]:
    """What the reference evaluator finds for a case: the answer and the amount, in words."""
    forget(_all_rows(case))
    made = dossier(library, case.facts, case.on, case.supports)
    if case.total != (None, None):
        return "", f"合计 {range_words(*made.total())}"
    item = _assessed(made, case)
    if item is None:
        return "", ""
    amount = ""
    if item.support.amount is not None and item.answer is not Answer.NO:
        amount = range_words(item.low, item.high)
    return item.answer.chinese, amount


def _assessed(made: Dossier, case: Case) -> Assessment | None:
    """What came out for the row that a case is about."""
    rows = case.facts.rows(case.supports[0].table)
    if len(rows) < case.index:
        return None
    return next(
        found for found in made.assessments
        if found.row is rows[case.index - 1] and found.support is case.supports[0]
    )  # fmt: skip


def _all_rows(case: Case) -> list[Any]:
    return [
        *case.facts.subjects.values(),
        *(row for rows in case.facts.events.values() for row in rows),
    ]


# ---------------------------------------------------------------- over the region


def region() -> tuple[Snapshot, datetime] | None:
    """The snapshot that simulations read: the last one; None before the first."""
    return registry.current()


def is_live(snapshot: Snapshot) -> bool:
    """Whether a change can be computed while its author waits."""
    return snapshot.rows(SUBJECT) <= LIVE_ROWS


def effect(
    library: Library, snapshot: Snapshot, support: str, changes: Mapping[str, str], on: date
) -> dict[str, Any]:
    """What changes in the region, as plain values; money in fen. Raises Refused for broken changes."""
    made, problems = simulate(library, snapshot, overrides(support, changes), on)
    if made is None:
        raise Refused(str(errors(problems)[0]), "改正后再测算")
    return made.as_json()


def work(number: int, *, at: datetime, tell: Any) -> dict[str, Any]:
    """Computes a saved simulation; what it finds, or what is wrong, is kept with it."""
    simulation = Simulation.objects.get(pk=number)
    library = rules.library()
    tell(0, 3, "检查改动")
    snapshot, known_at = registry.current() or registry.write()
    made, problems = simulate(
        library,
        snapshot,
        overrides(simulation.support, simulation.changes),
        simulation.on,
        lambda what, done, of: tell(1, 3, f"{what} {done + 1}/{of}"),
    )
    return finish(
        simulation,
        {**made.as_json(), **_compared_with(library, simulation)} if made is not None else None,
        [one.as_dict() for one in errors(problems)],
        known_at=known_at,
        at=at,
    )


def _compared_with(library: Library, simulation: Simulation) -> dict[str, Any]:
    """The rules of then: which they were, and what they said where the simulation says otherwise."""
    rule = library.by_key.get(simulation.support)
    known = {field.path: field.text for field in fields_of(library, rule)} if rule else {}
    before = {path: known.get(path, "") for path in simulation.changes}
    return {"rules": Path(library.folder).name, "before": before}


def is_outdated(simulation: Simulation) -> bool:
    """Whether other rules came into force since it was computed."""
    return simulation.result.get("rules", "") not in ("", Path(rules.library().folder).name)


@transaction.atomic
def finish(
    simulation: Simulation,
    result: dict[str, Any] | None,
    problems: list[dict[str, Any]],
    *,
    known_at: datetime,
    at: datetime,
) -> dict[str, Any]:
    """Keeps the outcome, unless the simulation was changed meanwhile."""
    state = SimulationState.FAILED if result is None else SimulationState.DONE
    kept = Simulation.objects.filter(
        pk=simulation.pk, changes=simulation.changes, on=simulation.on
    ).update(
        state=state,
        result=result or {},
        problems=problems,
        computed_at=at,
        run_known_at=known_at,
    )
    return {"simulation": simulation.pk, "state": str(state), "kept": bool(kept)}


# ---------------------------------------------------------------- towards a release


def draft(simulation: Simulation, *, by: Actor, at: datetime) -> Release:
    """The folder in force with the simulation's changes, as a draft for the release desk.

    Boundary cases whose outcome the author judged right expect the new amounts in it.
    """
    policy, _, name = simulation.support.partition("/")
    release = Release.objects.filter(slug=policy, state=ReleaseState.IN_FORCE).first()
    path = f"supports/{name}.yaml"
    if release is None or path not in release.files:
        raise Refused("这项政策没有发布版本", "先在政策发布页建立第一版")
    try:
        changed = edited(release.files[path], simulation.changes)
    except KeyError as missing:
        raise Refused(
            f"已发布的版本里没有“{missing.args[0]}”这一项", "重新打开这项支持，再做一次改动"
        ) from None
    files = {**release.files, path: changed}
    many = 0
    for name, found in _judged_right(simulation).items():
        if name in files:
            files[name], put = replaced(files[name], found)
            many += len({path[0] for path in put})
    note = f"来自测算：{simulation.name}"
    if many:
        note += f"；{many}个用例的金额按判断改了"
    return policy_actions.draft_release(policy, files, note=note, by=by, at=at)


Amounts = dict[tuple[str, ...], str]
"""Path in a file of cases -> the amount that it expects."""


def _judged_right(simulation: Simulation) -> dict[str, Amounts]:
    """By file of the folder, the amounts of the cases that are not met and were judged right.

    Only where both evaluators agree and the answer stays; another answer is for a person to write.
    """
    right = {name for name, verdict in simulation.verdicts.items() if verdict == "right"}
    if not right:
        return {}
    checked = check(rules.library(), simulation.support, simulation.changes)
    if not checked.is_fine:
        return {}
    library = checked.library
    support = library.by_key[simulation.support]
    outcomes = run_cases(library, support)
    out: dict[str, Amounts] = {}
    for case, outcome in zip(cases_of(library, support), outcomes, strict=True):
        if case.name in right and not outcome.is_met and not outcome.is_split:
            file = case.mark.file.partition("/")[2]
            out.setdefault(file, {}).update(_amounts(library, case))
    return out


def _amounts(library: Library, case: Case) -> Amounts:
    forget(_all_rows(case))
    made = dossier(library, case.facts, case.on, case.supports)
    if case.total != (None, None):
        return _written(case.name, "合计", case.total, made.total())
    item = _assessed(made, case)
    if item is None or (case.answer is not None and item.answer is not case.answer):
        return {}
    return _written(case.name, "金额", (case.low, case.high), (item.low, item.high))


def _written(
    name: str, key: str, wanted: tuple[int | None, int | None], found: tuple[int | None, int | None]
) -> Amounts:
    """The amounts at their paths, in the shape the case has them: one, or 下限 and 上限."""
    low, high = found
    if low is None or high is None or wanted[0] is None or wanted[1] in (None, -1):
        return {}
    words = [show_money(fen).replace(",", "") for fen in (low, high)]
    ends: Amounts = {(name, key, "下限"): words[0], (name, key, "上限"): words[1]}
    return {(name, key): words[0], **ends} if low == high else ends
