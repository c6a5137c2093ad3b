"""Import of a file into one table: kept, its headings matched, then taken over by a job.

:func:`upload` keeps the file, :func:`propose` says what its headings mean, :func:`start` keeps what the
person chose and asks for the job; the job checks every row (:mod:`.staging`) and takes the good ones over
piece by piece (:mod:`.taking`), going on where it stopped after an interruption.
"""

import shutil
from collections.abc import Mapping as Headings
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from huiqi.portal.base import audit, files, jobs, rules
from huiqi.portal.base.access import Actor
from huiqi.portal.base.contents import SHEETS
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import Job
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import actions, staging, taking
from huiqi.portal.registry.authority import WRITERS
from huiqi.portal.registry.checking import table_named
from huiqi.portal.registry.enums import BatchState
from huiqi.portal.registry.models import Batch, Mapping
from huiqi.rulebook.library.vocabulary import Table, Vocabulary
from huiqi.rulebook.problems import Severity
from huiqi.rulebook.tables.prepare import PAYMENTS, payments_table
from huiqi.rulebook.tables.single import Proposal
from huiqi.rulebook.tables.single import propose as read_headings
from huiqi.rulebook.tables.template import template

JOB = "registry.import"
STAGING_SHARE = 45
"""Percent of the work that reading and checking takes, measured."""


def importable(vocabulary: Vocabulary) -> list[str]:
    """The tables that files can be imported into; payments already made are the last."""
    return [*vocabulary.tables, PAYMENTS]


def declared(table: str, vocabulary: Vocabulary) -> Table:
    """A table that files can be imported into, or :class:`Refused`."""
    return payments_table() if table == PAYMENTS else table_named(table, vocabulary)


def sources(actor: Actor, vocabulary: Vocabulary) -> list[str]:
    """The registers an actor may import for: those of the unit; for a registrar all."""
    if actor.unit is None or not actor.has(*WRITERS):
        return []
    if not actor.has(Role.REGISTRAR):
        return list(actor.unit.sources)
    named = {spec.source for table in vocabulary.tables.values() for spec in table.stored}
    return sorted({*named, *actor.unit.sources} - {""})


def empty_workbook(table: str) -> bytes:
    """The workbook to fill in for a table. Raises :class:`Refused` for a table that isn't there."""
    vocabulary = rules.library().vocabulary
    return template(declared(table, vocabulary), vocabulary)


def upload(
    upload: "File[bytes] | IO[bytes]",
    table: str,
    *,
    source: str,
    as_of: date,
    by: Actor,
    at: datetime,
    name: str = "",
) -> Batch:
    """Keeps a file for import; nothing is taken over yet. Raises :class:`Refused`."""
    vocabulary = rules.library().vocabulary
    declared(table, vocabulary)
    allowed = sources(by, vocabulary)
    if by.unit is None or not allowed:
        raise Refused("您当前的角色不能导入数据", "请由数据管理员或掌握数据的单位导入")
    if source not in allowed:
        raise Refused(f"您的单位不掌握“{source}”的数据", f"可选：{'、'.join(allowed)}", "source")
    if as_of > timezone.localdate(at):
        raise Refused("“数据截至”晚于今天", "请改正日期", "as_of")
    # Nobody waits for the database while a large file is looked through.
    received = files.receive(upload, kinds=SHEETS, name=name)
    with transaction.atomic():
        kept = files.enter(received, by=by, at=at)
        batch = Batch.objects.create(
            table=table, file=kept, unit=by.unit, source=source, as_of=as_of, made_by=by.user,
            made_at=at,
        )  # fmt: skip
        audit.record("registry.upload", at=at, actor=by, subject=f"导入{batch.pk}", table=table,
                     file=kept.name, digest=kept.digest, source=source)  # fmt: skip
    return batch


def propose(batch: Batch, mapping: Mapping | None = None) -> Proposal:
    """What the headings of a batch's file mean: as the batch has them, else as a mapping says, else by
    their names; with the problems that can be seen before the rows are read."""
    given = batch.columns or (mapping.columns if mapping else {})
    matcher = staging.matcher(batch, given)
    return read_headings(files.path(batch.file), batch.file.name, matcher)


def mappings(actor: Actor, table: str) -> QuerySet[Mapping]:
    """The saved mappings of the actor's unit, the latest first."""
    return Mapping.objects.filter(unit=actor.unit, table=table).order_by("-changed_at")


def earlier(batch: Batch) -> Batch | None:
    """The import of the very same file into the same table, if there was one."""
    same = Batch.objects.filter(
        table=batch.table, file__digest=batch.file.digest, state=BatchState.DONE
    )
    return same.exclude(pk=batch.pk).order_by("-pk").first()


def start(
    batch: Batch, headings: Headings[str, str], *, by: Actor, at: datetime, save_as: str = ""
) -> Batch:
    """Asks for the job. ``headings`` says what each heading means (empty: leave it out); headings that
    are not named are read by their names. ``save_as`` keeps them for the unit's next files."""
    looked = Batch.objects.select_related("file", "unit", "job").get(pk=batch.pk)
    _may_start(looked, by)
    looked.columns = dict(headings)
    # The file is opened before the transaction, which keeps others from writing.
    found = propose(looked)
    if found.fatal:
        # What is missing says more than what was not understood; reminders say nothing of it.
        weight = {Severity.ERROR: 1, Severity.WARNING: 2}
        problem = min(
            found.problems,
            key=lambda item: 0 if item.code.startswith("table-") else weight[item.severity],
        )
        raise Refused(problem.message, problem.remedy)
    table = declared(looked.table, rules.library().vocabulary)
    if not {one.meaning for one in found.headings} - {"", table.key, table.owner}:
        raise Refused("除了编号，没有一列能导入", "核对表头，给各列选好对应的内容")
    return _started(batch, headings, by=by, at=at, save_as=save_as)


@transaction.atomic
def _started(
    batch: Batch, headings: Headings[str, str], *, by: Actor, at: datetime, save_as: str
) -> Batch:
    made = (
        Batch.objects.select_for_update(of=("self",))
        .select_related("file", "unit", "job")
        .get(pk=batch.pk)
    )
    _may_start(made, by)
    if save_as:
        actions.save_mapping(made.table, save_as, headings, by=by, at=at)
    made.columns = dict(headings)
    shutil.rmtree(work_folder(made), ignore_errors=True)
    title = f"导入{made.table}：{made.file.name}"
    made.job = jobs.enqueue(JOB, title, {"batch": made.pk}, by=by, at=at)
    made.state, made.reached = BatchState.WAITING, 0
    made.added = made.changed = made.same = made.refused = made.rows = 0
    made.save()
    audit.record("registry.import", at=at, actor=by, subject=f"导入{made.pk}", table=made.table)
    return made


def _may_start(batch: Batch, by: Actor) -> None:
    if by.unit is None or batch.unit_id != by.unit.pk or not by.has(*WRITERS):
        raise Refused("这是别的单位的导入", "请由上传的单位办理")
    if batch.standing not in (BatchState.UPLOADED, BatchState.FAILED):
        raise Refused(f"这次导入{batch.standing.label}", "请刷新页面查看")
    declared(batch.table, rules.library().vocabulary)


@transaction.atomic
def discard(batch: Batch, *, by: Actor, at: datetime) -> None:
    """An upload that is not to be imported. Raises :class:`Refused` once it was begun."""
    made = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if by.unit is None or made.unit_id != by.unit.pk or not by.has(*WRITERS):
        raise Refused("这是别的单位的导入", "请由上传的单位办理")
    if made.state != BatchState.UPLOADED:
        raise Refused(f"这次导入{made.standing.label}", "已开始的导入不能删除")
    audit.record("registry.discard", at=at, actor=by, subject=f"导入{made.pk}", table=made.table)
    made.delete()


def work_folder(batch: Batch) -> Path:
    """Where the checked rows of a batch lie until they are taken over."""
    return Path(settings.HOME) / "imports" / str(batch.pk)


def problems_file(batch: Batch) -> Path | None:
    """Every problem of a batch as a CSV that spreadsheet programs open; None where there is none."""
    path = work_folder(batch) / staging.PROBLEMS
    return path if path.is_file() else None


def run(job: Job, tell: jobs.Tell) -> dict[str, Any]:
    """The job: checks the file, takes its good rows over, and can be begun again at any point."""
    batch = Batch.objects.select_related("file", "unit").get(pk=job.parameters["batch"])
    folder = work_folder(batch)
    if not staging.is_complete(folder):
        Batch.objects.filter(pk=batch.pk).update(state=BatchState.RUNNING, reached=0)
        staged = staging.prepare(
            batch, folder, lambda share: tell(round(share * STAGING_SHARE), 100, "正在核对")
        )
    else:
        Batch.objects.filter(pk=batch.pk).update(state=BatchState.RUNNING)
        staged = staging.load(folder)
    batch.refresh_from_db()
    if staged.fatal:
        Batch.objects.filter(pk=batch.pk).update(state=BatchState.FAILED)
        raise Refused(staged.fatal, "改正后重新上传")
    rest = 100 - STAGING_SHARE
    for piece in staged.pieces(batch.reached):
        taking.take(batch, piece, at=timezone.now())
        share = batch.reached / max(1, staged.rows)
        tell(STAGING_SHARE + round(rest * share), 100, f"已导入 {batch.reached:,} 行")
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.DONE)
    batch.refresh_from_db()
    staging.tidy(folder)
    counts = ("rows", "added", "changed", "same", "refused")
    return {name: getattr(batch, name) for name in counts}
