"""What people ask of matching: a run now, simulations kept, changed, shared, removed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import transaction

from huiqi.portal.base import audit, jobs, rules
from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import JobState, Role
from huiqi.portal.base.models import Job
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching.enums import SimulationState
from huiqi.portal.matching.models import Simulation
from huiqi.portal.matching.queries import sharing_units

RUN, SIMULATE = "matching.run", "matching.simulate"
MAY_RUN = (Role.OFFICER, Role.LEADER, Role.AUTHOR, Role.OPERATOR)
MAY_SIMULATE = (Role.AUTHOR, Role.SIGNER)
OPEN = (JobState.WAITING, JobState.RUNNING)


@transaction.atomic
def ask_run(*, by: Actor, at: datetime) -> Job:
    """A run over the whole registry, as soon as a worker is free."""
    if not by.has(*MAY_RUN):
        raise Refused("您当前的角色不能发起匹配", "请切换为工作人员身份")
    present = Job.objects.filter(kind=RUN, state__in=OPEN).first()
    if present is not None:
        raise Refused("已有一次匹配在排队或进行", "等它完成后再看结果")
    return jobs.enqueue(RUN, "政策匹配", {}, by=by, at=at)


# ---------------------------------------------------------------- simulations


@transaction.atomic
def save_simulation(
    *,
    support: str,
    name: str,
    changes: Mapping[str, str],
    verdicts: Mapping[str, str],
    on: date,
    by: Actor,
    at: datetime,
    note: str = "",
    simulation: Simulation | None = None,
) -> Simulation:
    """Keeps a simulation of the author's own; an existing one is changed and has to be computed anew."""
    if by.user is None or not by.has(*MAY_SIMULATE):
        raise Refused("您当前的角色不能保存测算", "请切换为政策编制员身份")
    if support not in rules.library().by_key:
        raise Refused(f"没有支持“{support}”", "它可能已被新版本替代，请从政策编制页重新进入")
    name = name.strip()
    if not name:
        raise Refused("没有写名称", "给这次测算起个名字，便于比较", "name")
    if len(name) > 80:
        raise Refused("名称太长", "不超过80个字", "name")
    if not changes:
        raise Refused("没有改动", "改一个数字或条件再保存")
    if simulation is not None and simulation.author != by.user:
        raise Refused("这是别人的测算，不能改", "另存为自己的测算")
    made = simulation or Simulation(author=by.user, made_at=at)
    anew = (dict(changes), on, support) != (made.changes, made.on, made.support)
    made.support, made.name, made.note = support, name, note.strip()[:400]
    made.changes, made.verdicts, made.on = dict(changes), dict(verdicts), on
    if anew:
        made.state, made.result, made.problems = SimulationState.DRAFT, {}, []
        made.computed_at = made.run_known_at = None
    made.save()
    audit.record(
        "simulation.save", at=at, actor=by, subject=f"测算{made.pk}", name=name, changes=changes
    )
    return made


@transaction.atomic
def try_changes(
    *, support: str, changes: Mapping[str, str], on: date, by: Actor, at: datetime
) -> Simulation:
    """What an author is trying out over a large region: kept once for each support, computed by a
    worker; the same changes are not computed twice."""
    if by.user is None or not by.has(*MAY_SIMULATE):
        raise Refused("您当前的角色不能测算", "请切换为政策编制员身份")
    made = Simulation.objects.filter(author=by.user, support=support, is_scratch=True).first()
    if made is not None and (made.changes, made.on) == (dict(changes), on):
        if made.state == SimulationState.DONE or (made.job is not None and made.job.is_open):
            return made
    else:
        made = made or Simulation(author=by.user, support=support, is_scratch=True, made_at=at)
        made.name, made.changes, made.on = "试算", dict(changes), on
        made.save()
    compute_simulation(made, by=by, at=at)
    return made


@transaction.atomic
def compute_simulation(simulation: Simulation, *, by: Actor, at: datetime) -> Job:
    """Has a saved simulation computed by a worker."""
    _own(simulation, by)
    job = jobs.enqueue(
        SIMULATE, f"测算：{simulation.name}", {"simulation": simulation.pk}, by=by, at=at
    )
    simulation.job = job
    simulation.state, simulation.result, simulation.problems = SimulationState.DRAFT, {}, []
    simulation.save(update_fields=["job", "state", "result", "problems"])
    return job


@transaction.atomic
def share_simulation(
    simulation: Simulation, *, units: Iterable[int], by: Actor, at: datetime
) -> None:
    """Shows a simulation to exactly these units; nobody else's can be shared."""
    _own(simulation, by)
    wanted = set(units)
    found = list(sharing_units(by).filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise Refused("有的单位不能共享", "只能与在用的部门、园区和机构共享", "units")
    simulation.shared_with.set(found)
    audit.record(
        "simulation.share", at=at, actor=by, subject=f"测算{simulation.pk}",
        units=[unit.name for unit in found],
    )  # fmt: skip


@transaction.atomic
def remove_simulation(simulation: Simulation, *, by: Actor, at: datetime) -> None:
    """Removes a simulation of the author's own."""
    _own(simulation, by)
    number, name = simulation.pk, simulation.name
    simulation.delete()
    audit.record("simulation.remove", at=at, actor=by, subject=f"测算{number}", name=name)


def _own(simulation: Simulation, by: Actor) -> None:
    if by.user is None or simulation.author != by.user:
        raise Refused("这是别人的测算", "另存为自己的测算后再改")
