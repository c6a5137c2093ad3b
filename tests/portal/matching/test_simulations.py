"""Simulations: equal to the rulebook's, kept by their author, shared, taken to a release."""

import json
from datetime import date

import pytest

from huiqi.portal.base import rules
from huiqi.portal.base.models import AuditEntry, Job
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching import actions, queries, simulations
from huiqi.portal.matching.models import Simulation
from huiqi.portal.policies import actions as policies
from huiqi.portal.policies.models import Release
from huiqi.portal.registry import snapshot
from huiqi.rulebook.bulk.simulation import simulate
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.library.home import policies_folder
from tests.portal import people
from tests.portal.matching.conftest import LATER, ON

pytestmark = pytest.mark.django_db
KEY = "gaoping-2022-43/高企首次取得"
CHANGES = {"奖励": "30万元"}


def save(person: people.Person, **other: object) -> Simulation:
    given = {"support": KEY, "name": "提到三十万", "changes": CHANGES, "verdicts": {}, "on": ON}
    return actions.save_simulation(**(given | other), by=person.actor, at=LATER)  # type: ignore[arg-type]


def test_equal_to_the_rulebook(region: Snapshot) -> None:
    library = rules.library()
    wanted, problems = simulate(library, region, {f"{KEY}.奖励": "30万元"}, ON)
    assert problems == []
    assert wanted is not None
    assert simulations.effect(library, region, KEY, CHANGES, ON) == wanted.as_json()


def test_a_worker_computes_what_is_kept(region: Snapshot, settings: object) -> None:
    settings.SNAPSHOTS = region.folder.parent  # type: ignore[attr-defined]
    assert snapshot.current() is not None
    person = people.author()
    made = save(person)
    job = actions.compute_simulation(made, by=person.actor, at=LATER)
    assert (made.state, made.job, job.parameters) == ("draft", job, {"simulation": made.pk})
    done = simulations.work(made.pk, at=LATER, tell=lambda done, of, what: None)
    assert done == {"simulation": made.pk, "state": "done", "kept": True}
    made.refresh_from_db()
    effect = simulations.effect(rules.library(), region, KEY, CHANGES, ON)
    then = {"rules": rules.folder().name, "before": {"奖励": "20万元"}}
    assert made.result == {**json.loads(json.dumps(effect)), **then}
    assert made.computed_at == LATER
    assert not simulations.is_outdated(made)
    made.result["rules"] = "0" * 64
    assert simulations.is_outdated(made)


def test_what_was_changed_meanwhile_is_not_overwritten(db: None) -> None:
    made = save(people.author())
    Simulation.objects.filter(pk=made.pk).update(changes={"奖励": "40万元"})
    kept = simulations.finish(made, {"a": 1}, [], known_at=LATER, at=LATER)
    assert kept["kept"] is False
    made.refresh_from_db()
    assert (made.state, made.result) == ("draft", {})


def test_problems_stand_at_the_change_that_has_them() -> None:
    library = rules.library()
    checked = simulations.check(
        library, KEY, {"奖励": "很多钱", "条件.2": "认定.时注册地 属于 高平市"}
    )
    assert set(checked.problems) == {"奖励"}
    assert (checked.others, checked.is_fine) == ((), False)
    assert all(problem.remedy for problem in checked.all())


def test_cases_on_both_evaluators() -> None:
    library = rules.library()
    before = simulations.run_cases(library, library.by_key[KEY])
    assert before
    assert all(case.is_met for case in before)
    changed = simulations.check(library, KEY, CHANGES).library
    after = {case.name: case for case in simulations.run_cases(changed, changed.by_key[KEY])}
    assert set(after) == {case.name for case in before}
    missed = [case for case in after.values() if not case.is_met]
    assert missed
    assert not any(case.is_split for case in after.values())
    paid = [case for case in missed if case.wanted_amount == "20万元"]
    assert {case.found_amount for case in paid} == {"30万元"}


# ---------------------------------------------------------------- who may what


def test_saving_refuses_what_cannot_be_and_saves_nothing(db: None) -> None:
    author = people.author()
    for wrong, words in (
        ({"name": " "}, "名称"),
        ({"name": "长" * 81}, "名称太长"),
        ({"changes": {}}, "没有改动"),
        ({"support": "甲/乙"}, "没有支持"),
    ):
        with pytest.raises(Refused, match=words):
            save(author, **wrong)
    with pytest.raises(Refused, match="角色"):
        save(people.officer())
    assert (Simulation.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_only_the_author_changes_shares_and_removes(db: None) -> None:
    author, other = people.author(), people.author(region="140500")
    made = save(author)
    with pytest.raises(Refused, match="别人"):
        save(other, simulation=made)
    with pytest.raises(Refused, match="别人"):
        actions.share_simulation(made, units=[], by=other.actor, at=LATER)
    with pytest.raises(Refused, match="别人"):
        actions.remove_simulation(made, by=other.actor, at=LATER)
    with pytest.raises(Refused, match="别人"):
        actions.compute_simulation(made, by=other.actor, at=LATER)
    assert (Simulation.objects.count(), Job.objects.count()) == (1, 0)
    actions.remove_simulation(made, by=author.actor, at=LATER)
    assert Simulation.objects.count() == 0


def test_a_changed_simulation_is_computed_anew(db: None) -> None:
    author = people.author()
    made = save(author)
    simulations.finish(made, {"a": 1}, [], known_at=LATER, at=LATER)
    made.refresh_from_db()
    assert save(author, simulation=made, name="换个名字").state == "done"
    assert save(author, simulation=made, changes={"奖励": "50万元"}).state == "draft"
    assert Simulation.objects.get().result == {}


def test_private_until_shared(db: None) -> None:
    author, other, officer = (
        people.author(),
        people.author(region="140500"),
        people.officer("140400"),
    )
    made = save(author)
    assert list(queries.simulations(author.actor)) == [made]
    assert list(queries.simulations(other.actor)) == []
    actions.share_simulation(
        made, units=[other.unit.pk, officer.unit.pk], by=author.actor, at=LATER
    )
    assert list(queries.simulations(other.actor)) == [made]
    assert list(queries.simulations(officer.actor)) == [made]
    actions.share_simulation(made, units=[], by=author.actor, at=LATER)
    assert list(queries.simulations(other.actor)) == []


def test_not_shared_with_enterprises(db: None) -> None:
    author, firm = people.author(), people.enterprise_user()
    made = save(author)
    with pytest.raises(Refused, match="单位"):
        actions.share_simulation(made, units=[firm.unit.pk], by=author.actor, at=LATER)
    assert made.shared_with.count() == 0


def test_a_trial_is_kept_once_and_not_computed_twice(db: None) -> None:
    author = people.author()
    first = actions.try_changes(support=KEY, changes=CHANGES, on=ON, by=author.actor, at=LATER)
    again = actions.try_changes(support=KEY, changes=CHANGES, on=ON, by=author.actor, at=LATER)
    assert (again, Job.objects.count()) == (first, 1)
    other = actions.try_changes(
        support=KEY, changes={"奖励": "40万元"}, on=ON, by=author.actor, at=LATER
    )
    assert (other.pk, Job.objects.count()) == (first.pk, 2)
    assert list(queries.simulations(author.actor)) == []


def test_a_draft_holds_the_change_and_nothing_is_in_force(db: None) -> None:
    author = people.author()
    policies.seed(policies_folder(), at=LATER, by=people.operator().actor)
    before = Release.objects.get(slug="gaoping-2022-43", state="in_force")
    made = simulations.draft(save(author), by=author.actor, at=LATER)
    assert (made.state, made.slug, made.problems) == ("draft", before.slug, [])
    path = "supports/高企首次取得.yaml"
    assert made.files[path] == before.files[path].replace("20万元", "30万元", 1)
    assert {name for name in made.files if made.files[name] != before.files.get(name)} == {path}
    assert Release.objects.get(slug=before.slug, state="in_force") == before
    with pytest.raises(Refused, match="草稿"):
        simulations.draft(save(author), by=author.actor, at=LATER)


def test_cases_judged_right_expect_the_new_amounts(db: None) -> None:
    author = people.author()
    policies.seed(policies_folder(), at=LATER, by=people.operator().actor)
    before = Release.objects.get(slug="gaoping-2022-43", state="in_force")
    names = [
        "发证当天注册在高平，首次取得",  # one amount
        "发证时的注册地没有登记",  # from and to
        "首次和重新认定两张证书，首次奖励只一笔",  # a total
        "印发前一天发证",  # met as it is
    ]
    verdicts = dict.fromkeys(names, "right") | {"印发当天发证": "wrong"}
    made = simulations.draft(save(author, verdicts=verdicts), by=author.actor, at=LATER)
    assert made.note == "来自测算：提到三十万；3个用例的金额按判断改了"
    path = "cases/高企首次取得.yaml"
    lines = zip(before.files[path].splitlines(), made.files[path].splitlines(), strict=True)
    changed = [(old.strip(), new.strip()) for old, new in lines if old != new]
    assert changed == [
        ("金额: 20万元", "金额: 30万元"),
        ("金额: {下限: 0元, 上限: 20万元}", "金额: {下限: 0元, 上限: 30万元}"),
        ("合计: 20万元", "合计: 30万元"),
    ]
    assert made.files["cases/叠加.yaml"] == before.files["cases/叠加.yaml"]


def test_a_draft_with_every_case_judged_right_can_be_handed_over(db: None) -> None:
    author = people.author()
    policies.seed(policies_folder(), at=LATER, by=people.operator().actor)
    library = rules.library()
    changed = simulations.check(library, KEY, CHANGES).library
    missed = [
        case.name for case in simulations.run_cases(changed, changed.by_key[KEY]) if not case.is_met
    ]
    verdicts = dict.fromkeys(missed, "right")
    made = simulations.draft(save(author, verdicts=verdicts), by=author.actor, at=LATER)
    assert policies.review_release(made, by=author.actor, at=LATER).state == "reviewed"


def test_without_a_release_there_is_nothing_to_draft_from(db: None) -> None:
    author = people.author()
    with pytest.raises(Refused, match="没有发布版本"):
        simulations.draft(save(author, on=date(2026, 1, 1)), by=author.actor, at=LATER)


# ---------------------------------------------------------------- a run on demand


def test_a_run_is_asked_for_once(db: None) -> None:
    officer = people.officer()
    job = actions.ask_run(by=officer.actor, at=LATER)
    assert (job.kind, job.state) == ("matching.run", "waiting")
    with pytest.raises(Refused, match="已有一次匹配"):
        actions.ask_run(by=officer.actor, at=LATER)
    assert Job.objects.count() == 1


def test_enterprises_ask_for_no_run(db: None) -> None:
    with pytest.raises(Refused, match="角色"):
        actions.ask_run(by=people.enterprise_user().actor, at=LATER)
    assert Job.objects.count() == 0
