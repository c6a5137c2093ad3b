"""Runs of all supports over the registry, what they found, and whom it was told."""

from typing import ClassVar

from django.db import models

from huiqi.portal.base.models import Job, Unit, User
from huiqi.portal.matching.enums import AnswerKind, NoticeKind, OutgoingState, SimulationState
from huiqi.portal.registry.models import Record


class Run(models.Model):
    """One evaluation of the supports in force over the registry as known at a moment."""

    on = models.DateField("评定日")
    known_at = models.DateTimeField("数据截至")
    releases = models.JSONField("所用版本", default=dict, help_text="政策: 版本号与摘要")
    job = models.ForeignKey(Job, models.RESTRICT, null=True, related_name="+")
    asked_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    rows = models.JSONField("行数", default=dict)
    totals = models.JSONField("各形式合计", default=list)
    entitlements = models.PositiveIntegerField(default=0)
    is_current = models.BooleanField("当前结果", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "匹配"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_current"],
                condition=models.Q(is_current=True),
                name="run_one_current",
            )
        ]


class SupportResult(models.Model):
    """The budget of one support in one run. Amounts in fen; ``high`` null: no upper bound is known."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="results")
    support = models.CharField(max_length=120)
    form = models.CharField(max_length=12)
    yes = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    judge = models.PositiveIntegerField(default=0)
    near = models.PositiveIntegerField(default=0)
    low = models.BigIntegerField(default=0)
    high = models.BigIntegerField(null=True)
    unbounded = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "support"], name="result_once")
        ]


class Slice(models.Model):
    """A support's result in one county, industry or size class."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="slices")
    support = models.CharField(max_length=120)
    by = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    yes = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    judge = models.PositiveIntegerField(default=0)
    low = models.BigIntegerField(default=0)
    high = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["run", "by", "name"])]


class Gap(models.Model):
    """A missing fact, the register that would close it, and the money that waits for it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="gaps")
    fact = models.CharField(max_length=120)
    holder = models.CharField("数据来源", max_length=60)
    rows = models.PositiveIntegerField(default=0)
    supports = models.JSONField(default=list)
    at_stake = models.BigIntegerField(default=0)
    unbounded = models.PositiveIntegerField(default=0)


class NearMiss(models.Model):
    """How many stand one condition away from a support, and which condition."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="near")
    support = models.CharField(max_length=120)
    condition = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=400)
    rows = models.PositiveIntegerField(default=0)


class Entitlement(models.Model):
    """The current answer for one record and support, where it is not a plain no."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="entitlements")
    item = models.ForeignKey(Record, models.CASCADE, null=True, related_name="+")
    """The event it was assessed on; null where the subject itself is assessed."""
    support = models.CharField(max_length=120)
    answer = models.CharField(max_length=8, choices=AnswerKind)
    low = models.BigIntegerField(null=True)
    high = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    region = models.CharField(max_length=6, blank=True)
    industry = models.CharField(max_length=5, blank=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["support", "answer", "region"]),
            models.Index(fields=["record"]),
        ]


class Notice(models.Model):
    """What an enterprise (or a user) is told, once for the same thing."""

    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="notices")
    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="notices")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="notices")
    kind = models.CharField(max_length=12, choices=NoticeKind)
    about = models.CharField("事由标识", max_length=200, help_text="同一事由只通知一次")
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    link = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["record", "about"],
                condition=models.Q(record__isnull=False),
                name="notice_once_a_record",
            ),
            models.UniqueConstraint(
                fields=["user", "about"],
                condition=models.Q(user__isnull=False),
                name="notice_once_a_user",
            ),
        ]


class Outgoing(models.Model):
    """The outbox: what is to leave the platform by mail or by a channel others read."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="outgoing")
    channel = models.CharField(max_length=12, default="email")
    address = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=OutgoingState, default=OutgoingState.DUE)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "due_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notice", "channel", "address"], name="outgoing_once")
        ]


class Calculation(models.Model):
    """What the public calculator was told, kept so that it can be taken into an account."""

    token = models.CharField(max_length=43, unique=True)
    facts = models.JSONField(default=dict)
    on = models.DateField()
    made_at = models.DateTimeField()
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="calculations")


class OwnAnswer(models.Model):
    """What an enterprise itself answered; used for its own view until a register says otherwise."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="own_answers")
    fact = models.CharField(max_length=80)
    value = models.JSONField(null=True)
    by = models.ForeignKey(User, models.RESTRICT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["record", "fact"], name="own_answer_once")
        ]


class Simulation(models.Model):
    """What would change if a rule changed: private to its author until shared."""

    author = models.ForeignKey(User, models.RESTRICT, related_name="simulations")
    name = models.CharField("名称", max_length=80)
    note = models.CharField("说明", max_length=400, blank=True)
    changes = models.JSONField("改动", default=dict, help_text="政策/支持.项: 新的写法")
    on = models.DateField("评定日")
    state = models.CharField(max_length=8, choices=SimulationState, default=SimulationState.DRAFT)
    result = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    job = models.ForeignKey(Job, models.RESTRICT, null=True, related_name="+")
    shared_with = models.ManyToManyField(Unit, blank=True, related_name="shared_simulations")
    made_at = models.DateTimeField()
    computed_at = models.DateTimeField(null=True)
    run_known_at = models.DateTimeField("数据截至", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "测算"
        ordering: ClassVar = ["-id"]
