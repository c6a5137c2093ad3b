"""Closed lists of the registry."""

from django.db import models


class SizeClass(models.TextChoices):
    """What the size class (划型) is certain to be; no value while it is not."""

    MICRO = "微型", "微型"
    SMALL = "小型", "小型"
    MEDIUM = "中型", "中型"
    LARGE = "大型", "大型"


class BatchState(models.TextChoices):
    UPLOADED = "uploaded", "待核对表头"
    WAITING = "waiting", "排队中"
    RUNNING = "running", "导入中"
    DONE = "done", "已导入"
    FAILED = "failed", "未导入"


class CorrectionState(models.TextChoices):
    WAITING = "waiting", "待核实"
    ACCEPTED = "accepted", "已更正"
    REFUSED = "refused", "不予更正"
    WITHDRAWN = "withdrawn", "已撤回"
