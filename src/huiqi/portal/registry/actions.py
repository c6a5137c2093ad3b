"""Acts on the registry: state facts, add and take back records, corrections, mappings.

What a source says becomes a statement that is never changed; the record's current values and the columns
that lists read follow in the same transaction.
"""

from collections.abc import Mapping as Values
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from huiqi.portal.base import audit, rules, search
from huiqi.portal.base.access import NOBODY, Actor
from huiqi.portal.base.models import StoredFile, Unit
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import columns, history, storing
from huiqi.portal.registry.authority import holder_of, must_state, region_of, source_of
from huiqi.portal.registry.checking import check_names, check_values, key_for, table_named
from huiqi.portal.registry.encoding import GONE, digest_of, text_of
from huiqi.portal.registry.enums import CorrectionState
from huiqi.portal.registry.history import Spoken
from huiqi.portal.registry.models import (
    Certificate,
    Correction,
    Enterprise,
    Mapping,
    Record,
    Statement,
)
from huiqi.rulebook.library.values import Known, show_known
from huiqi.rulebook.library.vocabulary import Table, Vocabulary
from huiqi.rulebook.tables.prepare import PAYMENTS, payments_table

# -------------------------------------------------------------------- stating


@transaction.atomic
def state(
    record: Record,
    values: Values[str, Known | None],
    *,
    source: str = "",
    by: Actor,
    at: datetime,
    valid_from: date | None = None,
    valid_until: date | None = None,
    seen: Values[str, Known | None] | None = None,
) -> Statement:
    """One source says facts of one record; None says that a fact is unknown again.

    Without ``source`` it is the register that holds the facts (which must be one). Facts of a subject
    hold from ``valid_from``, else from today on; those of an event, which bears its own date, always.
    ``seen`` are the values the person had before the eyes: where one of them is no longer so,
    somebody else was quicker, and nothing is changed. Raises :class:`Refused`.
    """
    vocabulary = rules.library().vocabulary
    record = _locked(record)
    table = table_named(record.table, vocabulary)
    if not values:
        raise Refused("没有要登记的事实", "请至少填写一项")
    check_values(table, values, vocabulary)
    sources = {source_of(table, name) for name in values}
    must_state(by, sources, region_of(record, vocabulary), vocabulary)
    if not source and len(sources) > 1:
        raise Refused("这几项事实来自不同的登记", "请分开登记")
    _still(record, table, seen or {}, vocabulary)
    _targets_exist(table, values)
    if valid_from is None:
        valid_from = record.since if table.is_event else timezone.localdate(at)
    statement = _say(
        record, values, source or sources.pop(), by=by, at=at,
        valid_from=valid_from, valid_until=valid_until,
    )  # fmt: skip
    audit.record(
        "registry.state", at=at, actor=by, subject=f"{record.table} {record.key}",
        source=statement.source, values=dict(values), valid_from=valid_from, valid_until=valid_until,
    )  # fmt: skip
    return statement


@transaction.atomic
def add(
    table: str,
    key: str,
    values: Values[str, Known | None],
    *,
    owner: Record | None = None,
    source: str = "",
    by: Actor,
    at: datetime,
    valid_from: date | None = None,
) -> Record:
    """Adds one record with its first facts. An event needs its owner. Raises :class:`Refused`."""
    vocabulary = rules.library().vocabulary
    declared = table_named(table, vocabulary)
    plain = key_for(declared, key)
    check_values(declared, values, vocabulary)
    if declared.is_event and (owner is None or owner.table != declared.owner):
        raise Refused(f"没有指明所属的{declared.owner}", f"先选定{declared.owner}再登记")
    if Record.objects.filter(table=table, key=plain).exists():
        raise Refused(f"“{plain}”已经登记过", "请打开原有登记再改", declared.key)
    _targets_exist(declared, values)
    record = Record(
        table=table, key=plain, owner=owner if declared.is_event else None, known_at=at,
        values=dict(values),
    )  # fmt: skip
    region = region_of(record, vocabulary)
    must_state(by, {source_of(declared, name) for name in values}, region, vocabulary)
    record.values, record.digest = {}, digest_of("{}")
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError:  # somebody else was quicker
        raise Refused(f"“{plain}”已经登记过", "请打开原有登记再改", declared.key) from None
    if valid_from is None and not declared.is_event:
        valid_from = timezone.localdate(at)
    said_by = source or next((source_of(declared, name) for name in values), "") or table
    _say(record, values, said_by, by=by, at=at, valid_from=valid_from)
    audit.record(
        "registry.add", at=at, actor=by, subject=f"{table} {plain}", source=said_by,
        values=dict(values), valid_from=valid_from,
    )  # fmt: skip
    return record


@transaction.atomic
def take_back(record: Record, *, reason: str, by: Actor, at: datetime) -> Statement:
    """A record was made by mistake: it no longer counts anywhere; its history stays."""
    return _count(record, False, reason, by, at)


@transaction.atomic
def bring_back(record: Record, *, reason: str, by: Actor, at: datetime) -> Statement:
    """A record that was taken back counts again."""
    return _count(record, True, reason, by, at)


def _count(record: Record, counts: bool, reason: str, by: Actor, at: datetime) -> Statement:
    vocabulary = rules.library().vocabulary
    record = (
        Record.objects.select_for_update(of=("self",)).select_related("owner").get(pk=record.pk)
    )
    table = table_named(record.table, vocabulary)
    must_state(by, {source_of(table, "")}, region_of(record, vocabulary), vocabulary)
    if not reason.strip():
        raise Refused("没有写理由", "请写明理由", "reason")
    if bool(record.values.get(GONE)) is not counts:
        raise Refused("登记本来就是这样" if counts else "已经撤销登记", "请刷新页面查看")
    held = [event for event in record.events.all() if not event.values.get(GONE)]
    if not counts and held:
        raise Refused(f"名下还有{len(held)}条登记", "请先撤销这些登记")
    source = by.unit.name[:60] if by.unit else source_of(table, "") or table.name
    statement = _say(record, {GONE: None if counts else True}, source, by=by, at=at,
                     valid_from=record.since)  # fmt: skip
    act = "registry.bring_back" if counts else "registry.take_back"
    audit.record(act, at=at, actor=by, subject=f"{record.table} {record.key}", reason=reason)
    return statement


def _locked(record: Record) -> Record:
    """The record as it stands, kept from others until the transaction ends."""
    found = Record.objects.select_for_update(of=("self",)).select_related("owner")
    locked = found.get(pk=record.pk)
    if locked.values.get(GONE):
        raise Refused("这条登记已经撤销", "要改先恢复登记")
    return locked


def _still(
    record: Record, table: Table, seen: Values[str, Known | None], vocabulary: Vocabulary
) -> None:
    for name, value in seen.items():
        present = record.values.get(name)
        if present != value:
            spec = table.facts.get(name)
            shown = show_known(present, spec, vocabulary) if spec else present or "未知"
            raise Refused(
                f"“{name}”刚刚被别人改成了{shown}", "请刷新页面，核对后再决定改不改", name
            )


def _targets_exist(table: Table, values: Values[str, Known | None]) -> None:
    for name, value in values.items():
        target = table.links.get(name)
        if target and value and not Record.objects.filter(table=target, key=value).exists():
            raise Refused(f"“{name}”：{target}里没有“{value}”", "请先登记，或核对标识", name)


def _say(
    record: Record,
    values: Values[str, Known | None],
    source: str,
    *,
    by: Actor,
    at: datetime,
    valid_from: date | None,
    valid_until: date | None = None,
) -> Statement:
    """Keeps a statement and lets the record follow; refuses what says nothing new."""
    if valid_from and valid_until and valid_until < valid_from:
        raise Refused("止日早于起日", "请改正日期", "valid_until")
    told = history.spoken([record.pk])
    before = history.fold(told, valid_from or date.min)
    if (
        told
        and valid_until is None
        and all(name in before and before[name].value == value for name, value in values.items())
    ):
        raise Refused("与登记的一样，没有变化", "不用再登记")
    statement = Statement.objects.create(
        record=record, values=dict(values), source=source, unit=by.unit, valid_from=valid_from,
        valid_until=valid_until, known_at=at, said_by=by.user,
    )  # fmt: skip
    new = Spoken(record.pk, dict(values), source, valid_from, valid_until, at, statement.pk)
    follow(record, [*told, new], on=timezone.localdate(at), at=at)
    return statement


# -------------------------------------------------------------------- what follows


def follow(record: Record, told: list[Spoken], *, on: date, at: datetime) -> None:
    """Brings a record's current values, and the columns that lists read, to what statements say."""
    values: dict[str, Any] = history.values_of(history.fold(told, on))
    vocabulary = rules.library().vocabulary
    table = vocabulary.tables[record.table]
    label = columns.label_fact(table)
    record.values = values
    record.digest = digest_of(text_of(values))
    record.name = str(values.get(label, ""))[:120] if label else ""
    record.since = history.since(told)
    record.turns_on = history.next_turn(told, on)
    record.known_at = max(at, record.known_at)
    record.change = storing.change_number()
    record.save(
        update_fields=["values", "digest", "name", "since", "turns_on", "known_at", "change"]
    )
    if values.get(GONE) and not table.is_event:
        search.drop(columns.SEARCH, [record.pk])
    elif label and not table.is_event:
        search.put(columns.SEARCH, [(record.pk, record.name)])
    if record.table == columns.ENTERPRISE:
        _follow_enterprise(record, values, vocabulary)
    elif record.table == columns.CERTIFICATE:
        _follow_certificate(record, values)
        retitle(record.owner_id, on=on)


def _follow_enterprise(record: Record, values: Values[str, Any], vocabulary: Vocabulary) -> None:
    if values.get(GONE):
        Enterprise.objects.filter(pk=record.pk).delete()
        return
    shown = columns.followed(columns.ENTERPRISE, values)
    shown["size"] = columns.size_of(values, vocabulary)
    Enterprise.objects.update_or_create(
        record=record, defaults=shown, create_defaults={**shown, "credit_code": record.key}
    )


def _follow_certificate(record: Record, values: Values[str, Any]) -> None:
    if values.get(GONE):
        Certificate.objects.filter(pk=record.pk).delete()
        return
    shown = columns.followed(columns.CERTIFICATE, values)
    Certificate.objects.update_or_create(
        record=record, defaults=shown, create_defaults={**shown, "enterprise_id": record.owner_id}
    )


def retitle(enterprise: int | None, *, on: date) -> None:
    """Writes the titles that an enterprise holds on a day."""
    held = Certificate.objects.filter(enterprise=enterprise).exclude(name="")
    names = held.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)).values_list("name", flat=True)
    Enterprise.objects.filter(pk=enterprise).update(titles=columns.titles_text(list(names)))


@transaction.atomic
def turn(*, on: date, at: datetime) -> int:
    """What changes because days pass: statements that begin or end, titles that expire. How many.

    Doing it twice changes nothing more.
    """
    due = list(Record.objects.select_for_update().filter(turns_on__lte=on).order_by("pk"))
    told: dict[int, list[Spoken]] = {}
    for item in history.spoken([record.pk for record in due]):
        told.setdefault(item.record, []).append(item)
    for record in due:
        follow(record, told.get(record.pk, []), on=on, at=at)
    ended = Certificate.objects.filter(ends_on__lt=on).exclude(enterprise__titles="")
    stale = {
        enterprise
        for enterprise, name, titles in ended.values_list(
            "enterprise_id", "name", "enterprise__titles"
        ).iterator()
        if f"、{name}、" in titles
    }
    changed = 0
    for enterprise in sorted(stale):
        before = Enterprise.objects.values_list("titles", flat=True).get(pk=enterprise)
        retitle(enterprise, on=on)
        changed += before != Enterprise.objects.values_list("titles", flat=True).get(pk=enterprise)
    if due:
        audit.record("registry.turn", at=at, actor=NOBODY, records=len(due), on=on)
    return len(due) + changed


# -------------------------------------------------------------------- corrections


@transaction.atomic
def ask_correction(
    record: Record,
    fact: str,
    *,
    proposed: Known | None,
    reason: str,
    valid_from: date | None = None,
    evidence: StoredFile | None = None,
    by: Actor,
    at: datetime,
) -> Correction:
    """An enterprise says that a fact of its own is wrong. Raises :class:`Refused`."""
    vocabulary = rules.library().vocabulary
    record = _locked(record)
    table = table_named(record.table, vocabulary)
    if by.user is None or not is_own(record, by):
        raise Refused("只能申请更正本企业的登记", "请用本企业的账户登录")
    check_names(table, {fact: proposed})
    check_values(table, {fact: proposed}, vocabulary)
    _targets_exist(table, {fact: proposed})
    if not reason.strip():
        raise Refused("没有写理由", "请写明哪里不对、依据是什么", "reason")
    present = record.values.get(fact)
    if present == proposed:
        raise Refused("与登记的一样，没有可更正的", "请填写正确的值", "proposed")
    if Correction.objects.filter(record=record, fact=fact, state=CorrectionState.WAITING).exists():
        raise Refused("这一项已有更正申请在核实", "请等待结果，或撤回后重新申请")
    source = source_of(table, fact)
    try:
        with transaction.atomic():
            made = Correction.objects.create(
                record=record, fact=fact, present=present, proposed=proposed,
                valid_from=valid_from, reason=reason.strip()[:400], evidence=evidence, source=source,
                holder=holder_of(source, region_of(record, vocabulary), vocabulary),
                asked_by=by.user, asked_at=at,
            )  # fmt: skip
    except IntegrityError:
        raise Refused("这一项已有更正申请在核实", "请等待结果，或撤回后重新申请") from None
    audit.record(
        "registry.ask_correction", at=at, actor=by, subject=f"{record.table} {record.key}",
        correction=made.pk, fact=fact, present=present, proposed=proposed,
    )  # fmt: skip
    return made


@transaction.atomic
def withdraw_correction(correction: Correction, *, by: Actor, at: datetime) -> Correction:
    """The enterprise no longer asks for it."""
    made = _waiting(correction)
    if not is_own(made.record, by):
        raise Refused("只能撤回本企业的申请", "请用本企业的账户登录")
    made.state = CorrectionState.WITHDRAWN
    made.save(update_fields=["state"])
    _noted("registry.withdraw_correction", made, by, at)
    return made


@transaction.atomic
def decide_correction(
    correction: Correction, *, accept: bool, opinion: str = "", by: Actor, at: datetime
) -> Correction:
    """The unit that holds the fact decides. Accepted, the fact is changed in the same act.

    It is changed from the asked day on, else from the day that the wrong value bears. Raises
    :class:`Refused`, also when the value has changed since the enterprise asked.
    """
    made = _waiting(correction)
    if not may_decide(made, by):
        holder = made.holder.name if made.holder else "数据管理员"
        raise Refused("您的单位不能办理这项更正", f"这项数据由{holder}核实")
    if not accept and not opinion.strip():
        raise Refused("没有写意见", "不予更正要写明理由", "opinion")
    if accept:
        record = _locked(made.record)
        vocabulary = rules.library().vocabulary
        table = table_named(record.table, vocabulary)
        _still(record, table, {made.fact: made.present}, vocabulary)
        check_values(table, {made.fact: made.proposed}, vocabulary)
        present = history.as_of(record, timezone.localdate(at)).get(made.fact)
        since = made.valid_from or (present.valid_from if present else record.since)
        _say(record, {made.fact: made.proposed}, made.source, by=by, at=at, valid_from=since)
    made.state = CorrectionState.ACCEPTED if accept else CorrectionState.REFUSED
    made.decided_by, made.decided_at, made.opinion = by.user, at, opinion.strip()[:400]
    made.save(update_fields=["state", "decided_by", "decided_at", "opinion"])
    _noted("registry.decide_correction", made, by, at)
    return made


def is_own(record: Record, by: Actor) -> bool:
    """Whether a record is the actor's own enterprise or an event of it."""
    subject = record.owner or record
    own = by.is_enterprise and by.unit is not None
    return bool(own and subject.table == columns.ENTERPRISE and by.unit.credit_code == subject.key)  # type: ignore[union-attr]  # own says there is one


def may_decide(correction: Correction, by: Actor) -> bool:
    """The holder's own people; where no unit holds the fact, whoever may state it in the region."""
    if by.user is None or by.unit is None:
        return False
    vocabulary = rules.library().vocabulary
    if correction.holder_id is not None and by.unit.pk != correction.holder_id:
        return False
    try:
        must_state(by, {correction.source}, region_of(correction.record, vocabulary), vocabulary)
    except Refused:
        return False
    return True


def _waiting(correction: Correction) -> Correction:
    found = Correction.objects.select_for_update(of=("self",))
    # Who decided is read after the lock: a joined row would be as it was before it.
    made = found.select_related("record__owner", "holder").get(pk=correction.pk)
    if made.state == CorrectionState.WITHDRAWN:
        raise Refused("申请已经撤回", "不用再办理")
    if made.state != CorrectionState.WAITING:
        who = made.decided_by.name if made.decided_by else "别人"
        raise Refused(f"这项申请已由{who}办结（{made.get_state_display()}）", "请刷新页面查看")
    return made


def _noted(act: str, made: Correction, by: Actor, at: datetime) -> None:
    audit.record(
        act, at=at, actor=by, subject=f"{made.record.table} {made.record.key}",
        correction=made.pk, fact=made.fact, state=made.state, opinion=made.opinion,
    )  # fmt: skip


# -------------------------------------------------------------------- mappings


@transaction.atomic
def save_mapping(
    table: str,
    name: str,
    headings: Values[str, str],
    *,
    unit: Unit | None = None,
    by: Actor,
    at: datetime,
) -> Mapping:
    """Keeps which heading is which fact, link or key, for the unit's next files. A name may bear the
    unit of its numbers in brackets: 上年营业收入（万元）. Raises :class:`Refused`."""
    if table == PAYMENTS:
        declared = payments_table()
    else:
        declared = table_named(table, rules.library().vocabulary)
    known = {declared.key, *declared.links, *declared.facts, ""}
    for heading, meant in headings.items():
        if meant not in known and meant.partition("（")[0] not in known:
            raise Refused(f"“{declared.name}”没有“{meant}”", "请从列表里选", heading)
    named = (meant if meant in known else meant.partition("（")[0] for meant in headings.values())
    meanings = [meant for meant in named if meant]
    twice = sorted({meant for meant in meanings if meanings.count(meant) > 1})
    if twice:
        raise Refused(f"“{twice[0]}”对应了不止一列", "每项只选一列", twice[0])
    if not name.strip():
        raise Refused("没有写名称", "给这套表头起个名字", "name")
    made, _ = Mapping.objects.update_or_create(
        unit=unit or by.unit, table=table, name=name.strip()[:60],
        defaults={"columns": dict(headings), "changed_at": at},
    )  # fmt: skip
    audit.record("registry.save_mapping", at=at, actor=by, subject=f"{table} {made.name}")
    return made
