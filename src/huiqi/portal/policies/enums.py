"""Closed lists of the policy library."""

from django.db import models


class DocumentState(models.TextChoices):
    READ = "read", "待确认"
    CONFIRMED = "confirmed", "已确认"


class ReleaseState(models.TextChoices):
    DRAFT = "draft", "草稿"
    REVIEWED = "reviewed", "已审核"
    IN_FORCE = "in_force", "已发布"
    SUPERSEDED = "superseded", "已被替代"
    WITHDRAWN = "withdrawn", "已撤回"


class Signed(models.TextChoices):
    """What a signature vouches for."""

    CASES = "cases", "边界用例"
    INTERPRETATIONS = "interpretations", "解释口径"
    RELEASE = "release", "发布"
