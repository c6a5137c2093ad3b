"""Runs of all supports over the registry, what they found, and whom it was told."""

from typing import ClassVar

from django.db import models

from huiqi.portal.base.models import Job, Unit, User
from huiqi.portal.matching.enums import (
    AnswerKind,
    NoticeKind,
    OutgoingState,
    RunState,
    SimulationState,
)
from huiqi.portal.registry.models import Record

NEVER = 2_147_483_647
"""The number of a run that never comes: what stands until then stands now."""


class Run(models.Model):
    """One evaluation of the supports in force over the registry as known at a moment.

    Entitlements carry the numbers (pk) of the runs they hold from and until, so that the change from
    one run to the next is the change of ``is_current`` alone.
    """

    on = models.DateField("评定日")
    known_at = models.DateTimeField("数据截至", null=True)
    refreshed_at = models.DateTimeField("变更已更新至", null=True)
    seen = models.TextField("已见的变更", default="", help_text="见 storing.view")
    releases = models.JSONField("所用版本", default=dict, help_text="政策: 版本号与摘要")
    calendar = models.CharField(
        "工作日历", max_length=64, blank=True, help_text="所用工作日历的摘要"
    )
    job = models.ForeignKey(Job, models.RESTRICT, null=True, related_name="+")
    asked_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=RunState, default=RunState.RUNNING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    rows = models.JSONField("行数", default=dict)
    totals = models.JSONField("各形式合计", default=list)
    entitlements = models.PositiveIntegerField(default=0)
    changes = models.JSONField("与上次相比", default=dict)
    is_current = models.BooleanField("当前结果", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "匹配"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_current"],
                condition=models.Q(is_current=True),
                name="run_one_current",
            ),
            models.CheckConstraint(
                condition=models.Q(is_current=False) | models.Q(state="done"),
                name="run_current_is_done",
            ),
        ]


class MatchedSupport(models.Model):
    """A support that runs have met, under a short number; its words are those of the last run."""

    key = models.CharField("标识", max_length=120, unique=True, help_text="政策/支持")
    policy = models.CharField("政策", max_length=60)
    name = models.CharField("名称", max_length=120)
    form = models.CharField("形式", max_length=12)
    table = models.CharField("对象", max_length=20)
    whose = models.CharField("受益主体", max_length=20)
    is_counted = models.BooleanField("有金额", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "匹配的支持"
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return self.name


class SupportResult(models.Model):
    """The budget of one support in one run (fen).

    ``high`` is what is possible among the rows whose upper bound is known; ``unbounded`` counts the
    others.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="results")
    support = models.CharField(max_length=120)
    form = models.CharField(max_length=12)
    yes = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    judge = models.PositiveIntegerField(default=0)
    low = models.BigIntegerField(default=0)
    high = models.BigIntegerField(default=0)
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
    code = models.CharField("代码", max_length=6, blank=True)
    yes = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    judge = models.PositiveIntegerField(default=0)
    low = models.BigIntegerField(default=0)
    high = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["run", "by", "name"])]


class Gap(models.Model):
    """A missing fact, the register that would close it, and what waits for it.

    ``stakes``: per form of support its money and how many rows have no bound, ``{form, fen, unbounded}``;
    ``place``: its place among the run's gaps, the one that settles most first.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="gaps")
    fact = models.CharField(max_length=120)
    holder = models.CharField("数据来源", max_length=60)
    rows = models.PositiveIntegerField(default=0)
    supports = models.JSONField(default=list)
    stakes = models.JSONField(default=list)
    place = models.PositiveSmallIntegerField(default=0)


class NearMiss(models.Model):
    """How many of one county stand one condition away from a support, and which condition."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="near")
    support = models.CharField(max_length=120)
    condition = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=400)
    region = models.CharField("县（市、区）", max_length=6, blank=True)
    rows = models.PositiveIntegerField(default=0)


class TargetResult(models.Model):
    """A target of a document, measured in one run; figures in the target's own unit.

    ``low`` and ``high`` are the same where every fact is known; null: no bound is known.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="targets")
    policy = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    order = models.PositiveIntegerField()
    clause = models.CharField("条款", max_length=40, blank=True)
    indicator = models.CharField("指标", max_length=120)
    wanted = models.CharField("目标", max_length=120)
    unit = models.CharField("计量单位", max_length=20, blank=True)
    deadline = models.CharField("期限", max_length=60, blank=True)
    due = models.DateField("期限日", null=True)
    low = models.DecimalField(max_digits=40, decimal_places=6, null=True)
    high = models.DecimalField(max_digits=40, decimal_places=6, null=True)
    standing = models.CharField("进展", max_length=20)
    measure = models.CharField("量法", max_length=400, blank=True)
    units = models.JSONField("责任单位", default=list)
    lead = models.CharField("牵头单位", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "目标"
        ordering: ClassVar = ["run", "order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "policy", "target"], name="target_once")
        ]


class Entitlement(models.Model):
    """The answer for one beneficiary and support, where it is not a plain no; see `visible` in queries.

    Rows are derived and written in bulk: the foreign keys to records are not checked by the database.
    A row holds from run ``since`` until run ``until`` (not included); readers see those of the current
    run. The index by which lists are sorted, largest amount first, is made by a migration of its own.
    ``conditions`` has a bit for each condition that is open (for `near`: for the one that fails).
    """

    record = models.ForeignKey(
        Record,
        models.CASCADE,
        null=True,
        related_name="entitlements",
        db_constraint=False,
        help_text="受益主体；尚不知道是谁时为空",
    )
    item = models.ForeignKey(
        Record, models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False
    )
    """The event it was assessed on; null where the beneficiary itself is assessed."""
    support = models.ForeignKey(
        MatchedSupport, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    answer = models.CharField(max_length=8, choices=AnswerKind)
    conditions = models.BigIntegerField("未定或不满足的条件", default=0)
    low = models.BigIntegerField(null=True)
    high = models.BigIntegerField(null=True)
    region = models.CharField(max_length=6, blank=True)
    industry = models.CharField(max_length=5, blank=True)
    size = models.CharField(max_length=4, blank=True)
    since = models.PositiveIntegerField("自第几次匹配")
    until = models.PositiveIntegerField("至第几次匹配", default=NEVER)

    class Meta:
        verbose_name = verbose_name_plural = "应享"
        indexes: ClassVar = [
            # Lists of several supports.
            models.Index(
                fields=[
                    "answer",
                    "region",
                    "support",
                    "id",
                    "size",
                    "industry",
                    "since",
                    "until",
                    "record",
                ],
                name="entitlement_places",
            ),
            # Lists of one support in a region, and by region.
            models.Index(
                fields=[
                    "support",
                    "answer",
                    "region",
                    "id",
                    "low",
                    "high",
                    "size",
                    "industry",
                    "since",
                    "until",
                    "record",
                ],
                name="entitlement_by_region",
            ),
            models.Index(
                fields=["item"],
                condition=models.Q(item__isnull=False),
                name="entitlement_item",
            ),
        ]

    @property
    def lines(self) -> tuple[int, ...]:
        """The numbers of the conditions that are open, or of the one that fails; 0 is the period."""
        return tuple(n for n in range(self.conditions.bit_length()) if self.conditions >> n & 1)


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


class Told(models.Model):
    """For which item and release an enterprise has been told of a support: never twice."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="told")
    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    support = models.ForeignKey(MatchedSupport, models.CASCADE, related_name="+")
    item = models.BigIntegerField("对应事项", default=0, help_text="事项的登记号；0 为主体本身")
    release = models.PositiveIntegerField("发布版本", default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["record", "support", "item", "release"], name="told_once"
            )
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
    support = models.CharField("支持", max_length=120, help_text="政策/支持")
    changes = models.JSONField("改动", default=dict, help_text="政策/支持.项: 新的写法")
    verdicts = models.JSONField("边界用例的判断", default=dict, help_text="用例名: 对或错")
    on = models.DateField("评定日")
    state = models.CharField(max_length=8, choices=SimulationState, default=SimulationState.DRAFT)
    result = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    job = models.ForeignKey(Job, models.RESTRICT, null=True, related_name="+")
    shared_with = models.ManyToManyField(Unit, blank=True, related_name="shared_simulations")
    is_scratch = models.BooleanField("未保存的试算", default=False)
    made_at = models.DateTimeField()
    computed_at = models.DateTimeField(null=True)
    run_known_at = models.DateTimeField("数据截至", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "测算"
        ordering: ClassVar = ["-id"]
