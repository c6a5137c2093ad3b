"""Who acts: users, units and roles; what they did: the audit; files, jobs, working days."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from huiqi.portal.base.enums import ClaimState, JobState, Role, UnitKind, YearState

credit_code = RegexValidator(r"^[0-9A-HJ-NPQRTUWXY]{18}$", "统一社会信用代码应为18位")


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **extra: Any) -> "User":
        """A user with a hashed password; without one the account cannot log in by password."""
        user = self.model(username=self.model.normalize_username(username), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """A person's account. What the person may do stands in :class:`Membership`."""

    username = models.CharField("用户名", max_length=64, unique=True)
    name = models.CharField("姓名", max_length=64)
    phone = models.CharField("手机号", max_length=20, blank=True)
    email = models.EmailField("电子邮箱", blank=True)
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("下次登录改密码", default=False)
    joined_at = models.DateTimeField("开户时间", auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        ordering: ClassVar = ["username"]

    def __str__(self) -> str:
        return self.name or self.username


class Unit(models.Model):
    """A department, park, bank, institution, or the members of an enterprise (by its credit code)."""

    kind = models.CharField("类别", max_length=16, choices=UnitKind)
    name = models.CharField("名称", max_length=120)
    credit_code = models.CharField(
        "统一社会信用代码", max_length=18, blank=True, default="", validators=[credit_code]
    )
    region = models.CharField("所在地区", max_length=6, blank=True, help_text="GB/T 2260 代码")
    parent = models.ForeignKey(
        "self", models.RESTRICT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    sources = models.JSONField(
        "掌握的数据来源", default=list, blank=True, help_text="词汇表里的来源名"
    )
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering: ClassVar = ["kind", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=Q(kind=UnitKind.ENTERPRISE),
                name="unit_enterprise_once",
                violation_error_message="这家企业已经有账户",
            ),
            models.CheckConstraint(
                condition=~Q(kind=UnitKind.ENTERPRISE) | ~Q(credit_code=""),
                name="unit_enterprise_has_code",
                violation_error_message="企业必须有统一社会信用代码",
            ),
            models.UniqueConstraint(
                fields=["name", "region"],
                condition=~Q(kind=UnitKind.ENTERPRISE),
                name="unit_name_once_a_region",
                violation_error_message="同一地区已有同名单位",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A role that a person holds for a unit, from a day until a day; delegation names its giver."""

    user = models.ForeignKey(User, models.RESTRICT, related_name="memberships", verbose_name="人员")
    unit = models.ForeignKey(Unit, models.RESTRICT, related_name="members", verbose_name="单位")
    role = models.CharField("角色", max_length=20, choices=Role)
    since = models.DateField("起")
    until = models.DateField("止", null=True, blank=True, help_text="含当日；空为长期")
    granted_by = models.ForeignKey(
        User, models.RESTRICT, null=True, related_name="+", verbose_name="授予人"
    )
    delegated_from = models.ForeignKey(
        "self", models.RESTRICT, null=True, blank=True, related_name="delegations"
    )
    ended_at = models.DateTimeField("收回时间", null=True, help_text="自此刻起不再有效")
    ended_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="membership_ended_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="membership_days",
                violation_error_message="止日不能早于起日",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "role"])]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} {self.unit}"


class Invitation(models.Model):
    """A link with which a colleague becomes a member of a unit. Only its digest is kept."""

    unit = models.ForeignKey(Unit, models.RESTRICT, related_name="invitations")
    role = models.CharField("角色", max_length=20, choices=Role)
    name = models.CharField("邀请谁", max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, models.RESTRICT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField("有效期至")
    used_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "邀请"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, used_by__isnull=True)
                | Q(used_at__isnull=False, used_by__isnull=False),
                name="invitation_used_by_and_at",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.unit}"


class Claim(models.Model):
    """A person says to act for an enterprise; an officer confirms or sends it back with a reason."""

    user = models.ForeignKey(User, models.RESTRICT, related_name="claims")
    credit_code = models.CharField("统一社会信用代码", max_length=18, validators=[credit_code])
    enterprise_name = models.CharField("企业名称", max_length=120)
    region = models.CharField("地区", max_length=6, help_text="由这一地区的工作人员确认")
    post = models.CharField("本人职务", max_length=60)
    statement = models.CharField("说明", max_length=400, blank=True)
    evidence = models.ForeignKey("StoredFile", models.RESTRICT, null=True, blank=True)
    state = models.CharField(max_length=12, choices=ClaimState, default=ClaimState.WAITING)
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField("意见", max_length=400, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "企业认领"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="claim_decided_by_and_at",
            ),
            models.UniqueConstraint(
                fields=["user", "credit_code"],
                condition=Q(state=ClaimState.WAITING),
                name="claim_waiting_once",
                violation_error_message="您已提交过这家企业的认领，请等待确认",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.enterprise_name}"


class AuditEntry(models.Model):
    """One act or protected read. Append-only: triggers refuse change and removal.

    ``digest`` is SHA-256 over the previous digest and the canonical JSON of the other columns.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    actor_name = models.CharField(max_length=64, blank=True)
    unit = models.ForeignKey(Unit, models.RESTRICT, null=True, related_name="+")
    act = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=120, blank=True, db_index=True)
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering: ClassVar = ["-number"]
        indexes: ClassVar = [models.Index(fields=["actor_name", "number"])]

    def __str__(self) -> str:
        return f"{self.number} {self.act} {self.subject}"


class StoredFile(models.Model):
    """An uploaded file, kept under its digest in MEDIA_ROOT; checked by content before it is kept."""

    digest = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    uploaded_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "文件"

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """Long work with progress, done by a worker; resumable where its kind says so."""

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=12, choices=JobState, default=JobState.WAITING)
    parameters = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    message = models.CharField(max_length=400, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    asked_by = models.ForeignKey(User, models.RESTRICT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True, help_text="工作进程最近一次报告")
    ended_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=32, blank=True, help_text="正在做它的那一次运行")
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "作业"
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["state", "id"])]

    def __str__(self) -> str:
        return f"{self.id} {self.title}"

    @property
    def share(self) -> int:
        """Percent done."""
        return min(100, self.done * 100 // self.total) if self.total else 0

    @property
    def is_open(self) -> bool:
        return self.state in (JobState.WAITING, JobState.RUNNING)


class Routine(models.Model):
    """When work that comes round again was last begun; one worker at a time takes it."""

    name = models.CharField(max_length=60, primary_key=True)
    begun_at = models.DateTimeField()


class SearchText(models.Model):
    """A text that can be searched, its characters apart; the number carries its kind and its row.

    The index over it is a table of FTS5 on SQLite and a GIN index on PostgreSQL, made by a migration.
    """

    id = models.BigIntegerField(primary_key=True)
    body = models.TextField()


class CalendarYear(models.Model):
    """Whether a year's holidays are announced; before that its working days are provisional."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    state = models.CharField(max_length=12, choices=YearState)
    notice = models.CharField("文件", max_length=120, blank=True)


class CalendarState(models.Model):
    """The working days as they counted at some time; never changed, so that what was decided by them
    can name them."""

    digest = models.CharField(max_length=64, primary_key=True)
    content = models.TextField()
    made_at = models.DateTimeField()


class CalendarDay(models.Model):
    """A day that is not what its weekday says."""

    day = models.DateField(primary_key=True)
    is_working = models.BooleanField("上班")
    name = models.CharField("名称", max_length=40)


class Token(models.Model):
    """A key to the API, acting in one membership. Only its digest is kept; it is shown once."""

    user = models.ForeignKey(User, models.RESTRICT, related_name="tokens")
    membership = models.ForeignKey(Membership, models.RESTRICT, null=True, related_name="tokens")
    name = models.CharField("用途", max_length=60)
    prefix = models.CharField(max_length=8)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "接口密钥"
        ordering: ClassVar = ["-id"]


class Login(models.Model):
    """One place where a person is logged in, so that the person can see and end it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="logins")
    session_key = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField("登录时间")
    seen_at = models.DateTimeField("最近使用")
    address = models.GenericIPAddressField("地址", null=True)
    agent = models.CharField("浏览器", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "登录"
        ordering: ClassVar = ["-seen_at"]


class SecondFactor(models.Model):
    """A person's second step at the login: one-time codes of an app, and codes for when it is lost."""

    user = models.OneToOneField(User, models.CASCADE, related_name="second_factor")
    sealed = models.CharField(max_length=200, help_text="密钥，加密保存")
    made_at = models.DateTimeField()
    last_step = models.PositiveBigIntegerField(default=0, help_text="用过的码不能再用")
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    recovery = models.JSONField(default=list, help_text="恢复码的摘要")

    class Meta:
        verbose_name = verbose_name_plural = "第二道验证"


class Identity(models.Model):
    """A person as an OpenID provider knows it, linked to the account it may sign on to.

    It gives no right of its own; what the account may do stands in :class:`Membership`.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="identities")
    issuer = models.CharField("身份提供方", max_length=255)
    subject = models.CharField("标识", max_length=255)
    linked_at = models.DateTimeField("绑定时间")
    linked_by = models.ForeignKey(User, models.RESTRICT, related_name="+", verbose_name="绑定人")

    class Meta:
        verbose_name = verbose_name_plural = "单点登录身份"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["issuer", "subject"],
                name="identity_once",
                violation_error_message="这个身份已绑定账户",
            ),
            models.UniqueConstraint(
                fields=["user", "issuer"],
                name="identity_once_an_account",
                violation_error_message="这个账户已绑定身份",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.user}"
