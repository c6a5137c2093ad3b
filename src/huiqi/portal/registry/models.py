"""Who exists and what is known about them: records, statements with source and date, imports.

A :class:`Record` is one row of one table of the vocabulary (a subject, or an event of one) with its
current values. A :class:`Statement` is what one source said of one record: facts by name, typed as the
vocabulary declares, valid from a day, known from a moment. Statements are never changed or removed;
what is current follows from them (:mod:`huiqi.portal.registry.history`). What pages, money and
statistics filter by has columns of its own in :class:`Enterprise`.

Values are kept as the rulebook knows them: fen, whole units, millionths, days since 1970, codes, names.
"""

import json
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from huiqi.portal.base.models import Job, StoredFile, Unit, User
from huiqi.portal.registry.enums import BatchState, CorrectionState, SizeClass


class PlainEncoder(json.JSONEncoder):
    """Chinese as it is: half the size, and the same text as bulk writing makes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class Record(models.Model):
    """One row of a table of the vocabulary, and its current values."""

    table = models.CharField("表", max_length=20)
    key = models.CharField("标识", max_length=40)
    owner = models.ForeignKey(
        "self", models.RESTRICT, null=True, related_name="events", verbose_name="所属主体"
    )
    name = models.CharField("名称", max_length=120, blank=True)
    values = models.JSONField("当前值", default=dict, encoder=PlainEncoder)
    digest = models.CharField(max_length=32, help_text="当前值的摘要，判断是否有变")
    known_at = models.DateTimeField("最近获知", db_index=True)
    since = models.DateField("数据截至", null=True, help_text="记载中最晚的起日")
    change = models.BigIntegerField(
        default=0, db_index=True, help_text="最近变更的序号，见 storing.change_number"
    )
    turns_on = models.DateField(
        null=True, db_index=True, help_text="到这一天，当前值随记载的起止自行改变"
    )

    class Meta:
        verbose_name = verbose_name_plural = "登记"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["table", "key"], name="record_key_once"),
        ]
        # With the name, so that subjects are looked through for words within the index.
        indexes: ClassVar = [models.Index(fields=["table", "owner", "id", "name"])]

    def __str__(self) -> str:
        return f"{self.table} {self.name or self.key}"


class Mapping(models.Model):
    """Which heading of a unit's sheets is which fact, so that it need not be asked again."""

    unit = models.ForeignKey(Unit, models.RESTRICT, null=True, related_name="+")
    table = models.CharField("表", max_length=20)
    name = models.CharField("名称", max_length=60)
    columns = models.JSONField("表头对应", default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "表头对应"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "table", "name"], name="mapping_name_once")
        ]


class Batch(models.Model):
    """One import of one file into one table."""

    table = models.CharField("表", max_length=20)
    file = models.ForeignKey(StoredFile, models.RESTRICT, related_name="+")
    unit = models.ForeignKey(Unit, models.RESTRICT, null=True, related_name="+")
    source = models.CharField("来源", max_length=60)
    as_of = models.DateField("数据截至")
    columns = models.JSONField("表头对应", default=dict)
    state = models.CharField(max_length=12, choices=BatchState, default=BatchState.UPLOADED)
    job = models.ForeignKey(Job, models.RESTRICT, null=True, related_name="+")
    made_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    made_at = models.DateTimeField()
    rows = models.PositiveIntegerField("行数", default=0)
    added = models.PositiveIntegerField("新增", default=0)
    changed = models.PositiveIntegerField("变更", default=0)
    same = models.PositiveIntegerField("无变化", default=0)
    refused = models.PositiveIntegerField("有误未导入", default=0)
    reached = models.PositiveIntegerField("已处理到", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "导入批次"
        ordering: ClassVar = ["-id"]

    @property
    def standing(self) -> BatchState:
        """The state as people see it: an import whose job was cancelled or failed can be begun anew."""
        state = BatchState(self.state)
        is_open = state in (BatchState.WAITING, BatchState.RUNNING)
        if is_open and self.job is not None and not self.job.is_open:
            return BatchState.FAILED
        return state


class BadRow(models.Model):
    """A place of a file that could not be taken over, with the remedy."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="bad_rows")
    place = models.CharField("位置", max_length=80)
    row = models.PositiveIntegerField("行", null=True)
    column = models.CharField("列", max_length=80, blank=True)
    value = models.CharField("内容", max_length=200, blank=True)
    problem = models.CharField("问题", max_length=300)
    remedy = models.CharField("怎么改", max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]


class Statement(models.Model):
    """What one source said of one record. Append-only.

    ``values`` holds only the facts it speaks of; null says that the source knows the fact to be unknown
    again. It holds for days from ``valid_from`` (null: always) up to and with ``valid_until``.
    """

    record = models.ForeignKey(Record, models.RESTRICT, related_name="statements")
    values = models.JSONField("事实", default=dict, encoder=PlainEncoder)
    source = models.CharField("来源", max_length=60)
    # Nobody looks for statements by these three, and every index slows an import.
    unit = models.ForeignKey(Unit, models.RESTRICT, null=True, related_name="+", db_index=False)
    valid_from = models.DateField("自", null=True)
    valid_until = models.DateField("至", null=True)
    known_at = models.DateTimeField("获知")
    batch = models.ForeignKey(
        Batch, models.RESTRICT, null=True, related_name="statements", db_index=False
    )
    said_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = verbose_name_plural = "记载"
        ordering: ClassVar = ["known_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="statement_days",
                violation_error_message="止日不能早于起日",
            )
        ]


class Enterprise(models.Model):
    """What lists, pages and statistics read of an enterprise; follows its record at every change."""

    record = models.OneToOneField(
        Record, models.CASCADE, primary_key=True, related_name="enterprise"
    )
    credit_code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    name = models.CharField("名称", max_length=120)
    kind = models.CharField("主体类型", max_length=20, blank=True)
    region = models.CharField("注册地", max_length=6, blank=True)
    industry = models.CharField("行业", max_length=5, blank=True)
    size = models.CharField("规模", max_length=4, blank=True, choices=SizeClass)
    founded_on = models.DateField("成立日期", null=True)
    employees = models.PositiveIntegerField("从业人员", null=True)
    revenue = models.BigIntegerField("上年营业收入", null=True, help_text="分")
    assets = models.BigIntegerField("资产总额", null=True, help_text="分")
    is_private = models.BooleanField("民营企业", null=True)
    titles = models.CharField(
        "认定", max_length=400, blank=True, help_text="有效认定的名称，前后加、"
    )

    class Meta:
        verbose_name = verbose_name_plural = "企业"
        ordering: ClassVar = ["credit_code"]
        indexes: ClassVar = [
            models.Index(fields=["region", "credit_code"]),
            models.Index(fields=["industry", "credit_code"]),
            models.Index(fields=["size", "credit_code"]),
            # Wide lists are filtered within the index that orders them.
            models.Index(fields=["credit_code", "record", "region", "industry", "size", "name"]),
            models.Index(fields=["name", "record", "region", "industry", "size"]),
        ]

    def __str__(self) -> str:
        return self.name


class Certificate(models.Model):
    """A title an enterprise holds or held (event 认定), as lists and filters read it."""

    record = models.OneToOneField(
        Record, models.CASCADE, primary_key=True, related_name="certificate"
    )
    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="certificates")
    name = models.CharField("名称", max_length=60)
    level = models.CharField("级别", max_length=20, blank=True)
    won_on = models.DateField("认定日期", null=True)
    ends_on = models.DateField("有效期止", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "认定"
        # With the enterprise, so that who holds a title is read from the index alone.
        indexes: ClassVar = [models.Index(fields=["name", "ends_on", "enterprise"])]


class Grant(models.Model):
    """A support already paid, so that it is not found owed again."""

    record = models.ForeignKey(Record, models.RESTRICT, related_name="grants")
    support = models.CharField("支持", max_length=120, help_text="政策/支持")
    item = models.CharField("对应事项", max_length=60, blank=True)
    amount = models.BigIntegerField("金额", help_text="分")
    on = models.DateField("兑付日期")
    source = models.CharField("来源", max_length=60)
    batch = models.ForeignKey(Batch, models.RESTRICT, null=True, related_name="grants")

    class Meta:
        verbose_name = verbose_name_plural = "已兑付"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="grant_not_negative"),
            models.UniqueConstraint(fields=["record", "support", "item", "on"], name="grant_once"),
        ]


class Correction(models.Model):
    """An enterprise says that a fact is wrong; the unit that holds the fact decides."""

    record = models.ForeignKey(Record, models.RESTRICT, related_name="corrections")
    fact = models.CharField("事实", max_length=60)
    present = models.JSONField("登记值", null=True)
    proposed = models.JSONField("申请改为", null=True)
    valid_from = models.DateField("自", null=True)
    reason = models.CharField("理由", max_length=400)
    evidence = models.ForeignKey(StoredFile, models.RESTRICT, null=True, blank=True)
    source = models.CharField("来源", max_length=60)
    holder = models.ForeignKey(
        Unit, models.RESTRICT, null=True, related_name="+", verbose_name="核实单位"
    )
    state = models.CharField(
        max_length=12, choices=CorrectionState, default=CorrectionState.WAITING
    )
    asked_by = models.ForeignKey(User, models.RESTRICT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    opinion = models.CharField("意见", max_length=400, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "更正申请"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="correction_decided_by_and_at",
            ),
            models.UniqueConstraint(
                fields=["record", "fact"],
                condition=Q(state=CorrectionState.WAITING),
                name="correction_waiting_once",
                violation_error_message="这一项已有更正申请在核实",
            ),
        ]
