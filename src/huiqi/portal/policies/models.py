"""Documents as issued, and the releases of the policy folders that make them run."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from huiqi.portal.base.models import Job, StoredFile, Unit, User
from huiqi.portal.policies.enums import DocumentState, ReleaseState, Signed
from huiqi.portal.policies.files import BACKDROPS


class Document(models.Model):
    """An official document: its text as imported, and what a person confirmed of what was read."""

    slug = models.SlugField(max_length=60, unique=True, help_text="与政策文件夹同名")
    number = models.CharField("文号", max_length=60, blank=True)
    title = models.CharField("标题", max_length=200)
    issuers = models.JSONField("发文机关", default=list)
    issued_by = models.CharField(
        "发文机关名", max_length=400, blank=True, help_text="、隔开，两端也有，供筛选"
    )
    region = models.CharField("适用地区", max_length=6, blank=True)
    issued_on = models.DateField("成文日期", null=True)
    text = models.TextField("全文", blank=True)
    reading = models.JSONField("读出的结构", default=dict)
    file = models.ForeignKey(StoredFile, models.RESTRICT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=DocumentState, default=DocumentState.READ)
    version = models.PositiveIntegerField("修改次数", default=1)
    imported_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    imported_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "文件"
        ordering: ClassVar = ["-issued_on", "slug"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="document_confirmed_by_and_at",
            )
        ]

    def __str__(self) -> str:
        return self.number or self.title

    @property
    def has_text(self) -> bool:
        """Whether the words of the document were imported and confirmed."""
        return self.confirmed_at is not None


def joined(names: list[str]) -> str:
    """Names as one text in which each can be found whole."""
    return f"、{'、'.join(names)}、"[:400] if names else ""


class Clause(models.Model):
    """One clause of a document: where it stands in the text, who is responsible."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="clauses")
    name = models.CharField("条款", max_length=40, help_text="与政策文件中的条款编号一致")
    order = models.PositiveIntegerField()
    heading = models.CharField("标题", max_length=200, blank=True)
    section = models.CharField("所在章节", max_length=200, blank=True)
    text = models.TextField("内容", blank=True)
    start = models.PositiveIntegerField("起", default=0)
    end = models.PositiveIntegerField("止", default=0)
    units = models.JSONField("责任单位", default=list)
    lead = models.CharField("牵头单位", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "条款"
        ordering: ClassVar = ["document", "order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "name"], name="clause_once")
        ]


class Release(models.Model):
    """One version of one policy folder, frozen: its files, and the days it is in force.

    The folders `vocabulary` and `reference` are released like policies. ``digest`` is over the files.
    """

    slug = models.SlugField(max_length=60)
    version = models.PositiveIntegerField()
    number = models.CharField("文号", max_length=60, blank=True)
    title = models.CharField("标题", max_length=200, blank=True)
    region = models.CharField("适用地区", max_length=6, blank=True)
    files = models.JSONField("文件", default=dict, help_text="路径: 内容")
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=ReleaseState, default=ReleaseState.DRAFT)
    problems = models.JSONField("问题", default=list, help_text="有一条就不能施行")
    warnings = models.JSONField("提醒", default=list)
    starts_on = models.DateField("施行", null=True)
    ends_on = models.DateField("废止", null=True)
    note = models.CharField("说明", max_length=400, blank=True, help_text="只给编制和签发的人看")
    made_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    made_at = models.DateTimeField()
    authors = models.JSONField("编写人", default=list, help_text="编写或者改过的人，不能签字")
    reviewed_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    reason = models.CharField("撤回的理由", max_length=400, blank=True)
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, related_name="+", help_text="最近一次送签或者发布"
    )
    looked_at = models.DateTimeField("最近一次审查", null=True)
    superseded_at = models.DateTimeField("停用", null=True, help_text="被替代或撤回的时刻")

    class Meta:
        verbose_name = verbose_name_plural = "发布"
        ordering: ClassVar = ["slug", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["slug", "version"], name="release_version_once"),
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(state=ReleaseState.IN_FORCE),
                name="release_one_in_force",
                violation_error_message="同一政策只能有一个已发布版本",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="release_days",
                violation_error_message="废止日不能早于施行日",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReleaseState.IN_FORCE)
                | (Q(released_at__isnull=False) & Q(problems=[])),
                name="release_in_force_is_whole",
                violation_error_message="有问题或未签发的版本不能施行",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} 第{self.version}版"

    @property
    def is_backdrop(self) -> bool:
        """Whether it is the vocabulary or the reference data, which all policies read."""
        return self.slug in BACKDROPS


class SupportEntry(models.Model):
    """A support of the release in force, as lists and search read it; the rule stands in the release."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="supports")
    key = models.CharField("标识", max_length=120, unique=True, help_text="政策/支持")
    name = models.CharField("名称", max_length=120)
    clause = models.CharField("条款", max_length=40)
    kind = models.CharField("类别", max_length=20)
    form = models.CharField("形式", max_length=12)
    table = models.CharField("对象", max_length=20)
    beneficiary = models.CharField("受益主体", max_length=20)
    region = models.CharField("适用地区", max_length=6, blank=True)
    amount_text = models.CharField("支持标准", max_length=400, blank=True)
    summary = models.CharField("概要", max_length=400, blank=True)
    units = models.JSONField("责任单位", default=list)
    starts_on = models.DateField("起", null=True)
    ends_on = models.DateField("止", null=True)
    is_ready = models.BooleanField("可以执行", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "支持"
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return self.name

    @property
    def local_name(self) -> str:
        """The part of the key behind the policy."""
        return self.key.partition("/")[2]


class Signature(models.Model):
    """A person vouches for the boundary cases, the interpretations or the release itself."""

    release = models.ForeignKey(Release, models.RESTRICT, related_name="signatures")
    what = models.CharField(max_length=16, choices=Signed)
    by = models.ForeignKey(User, models.RESTRICT, related_name="+")
    unit = models.ForeignKey(Unit, models.RESTRICT, null=True, related_name="+")
    at = models.DateTimeField()
    digest = models.CharField(max_length=64, help_text="所签内容的摘要")
    note = models.CharField("意见", max_length=400, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "签字"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "what", "by"], name="signature_once")
        ]


class Finding(models.Model):
    """What the review of a release found, and what a person decided, here or in its `review.yaml`.

    ``key`` stays the same from run to run; ``digests`` are of the words it was found in. A decision
    becomes stale when words appear that are not among those it was taken on.
    """

    release = models.ForeignKey(Release, models.CASCADE, related_name="findings")
    key = models.CharField("编号", max_length=160)
    kind = models.CharField("类别", max_length=20)
    is_fair = models.BooleanField("属公平竞争审查", default=False)
    is_error = models.BooleanField("须处理", default=True)
    clause = models.CharField("条款", max_length=40, blank=True)
    standard = models.CharField("审查标准", max_length=400, blank=True)
    message = models.CharField("发现", max_length=400)
    remedy = models.CharField("建议", max_length=400, blank=True)
    words = models.TextField("涉及内容", blank=True)
    basis = models.CharField("由何而知", max_length=40)
    digests = models.JSONField("指纹", default=list)
    options = models.JSONField("可决定", default=list)
    decision = models.CharField("决定", max_length=40, blank=True)
    reason = models.CharField("理由", max_length=400, blank=True)
    decider = models.CharField("决定人", max_length=60, blank=True)
    decided_on = models.CharField("决定日期", max_length=20, blank=True, help_text="2026-03-05")
    decided_digests = models.JSONField("作决定时的指纹", default=list)
    is_stale = models.BooleanField("作决定后文字变了", default=False)
    decided_by = models.ForeignKey(
        User, models.RESTRICT, null=True, related_name="+", help_text="没有的，出自 review.yaml"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "审查发现"
        ordering: ClassVar = ["release", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "key"], name="finding_once"),
            models.CheckConstraint(
                condition=Q(decision="", reason="", decider="", is_stale=False)
                | (~Q(decision="") & ~Q(reason="") & ~Q(decider="")),
                name="finding_decided_with_reason",
                violation_error_message="处理审查发现要写明理由",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="finding_decided_by_and_at",
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Whether a person still has to decide."""
        return not self.decision or self.is_stale

    @property
    def blocks(self) -> bool:
        """Whether a release waits for the decision: an error that nobody has decided."""
        return self.is_error and self.is_open

    @property
    def seal(self) -> str:
        """What was decided as a person saw it, so that two people do not overwrite each other."""
        return "｜".join([self.decision, self.reason, "变" if self.is_stale else ""])


class LinkDecision(models.Model):
    """A person's word on whether one clause carries out a clause of the document above.

    Documents and clauses are named as in the policy folders, so that the word outlives a new version.
    """

    upper = models.SlugField("上级", max_length=60)
    above = models.CharField("上级条款", max_length=40)
    lower = models.SlugField("下级", max_length=60)
    below = models.CharField("条款", max_length=40)
    carries = models.BooleanField("承接")
    reason = models.CharField("理由", max_length=400)
    decided_by = models.ForeignKey(User, models.RESTRICT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "承接判断"
        ordering: ClassVar = ["upper", "lower", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["upper", "above", "lower", "below"], name="link_decision_once"
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="link_decision_has_reason",
                violation_error_message="判断承接要写明理由",
            ),
        ]


class Subscription(models.Model):
    """Whom new releases of a policy, a region or everything are told to."""

    user = models.ForeignKey(User, models.CASCADE, related_name="subscriptions")
    slug = models.CharField("政策", max_length=60, blank=True)
    region = models.CharField("地区", max_length=6, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "订阅"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "slug", "region"], name="subscription_once")
        ]
