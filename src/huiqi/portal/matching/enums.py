"""Closed lists of matching."""

from django.db import models


class AnswerKind(models.TextChoices):
    """What is stored of the four answers; a plain 不享 is not stored, one step away is."""

    YES = "yes", "应享"
    MISSING = "missing", "缺事实"
    JUDGE = "judge", "需认定"
    NEAR = "near", "差一步"


class RunState(models.TextChoices):
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"


class NoticeKind(models.TextChoices):
    ENTITLED = "entitled", "应享政策"
    NEAR = "near", "差一步"
    QUESTION = "question", "补充信息"
    POLICY = "policy", "政策发布"
    ACCOUNT = "account", "账户"


class OutgoingState(models.TextChoices):
    DUE = "due", "待发送"
    SENT = "sent", "已发送"
    FAILED = "failed", "发送失败"


class SimulationState(models.TextChoices):
    DRAFT = "draft", "待测算"
    DONE = "done", "已测算"
    FAILED = "failed", "未能测算"
