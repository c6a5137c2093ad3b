"""Closed lists of the base: kinds of unit, roles, states."""

from django.db import models


class UnitKind(models.TextChoices):
    DEPARTMENT = "department", "部门"
    PARK = "park", "园区"
    BANK = "bank", "银行"
    GUARANTOR = "guarantor", "担保机构"
    INSTITUTION = "institution", "机构"
    ENTERPRISE = "enterprise", "企业"


class Role(models.TextChoices):
    """What a member may do for a unit. One person may hold several, each with its own unit."""

    ENTERPRISE_ADMIN = "enterprise_admin", "企业管理员"
    ENTERPRISE_STAFF = "enterprise_staff", "企业经办人"
    OFFICER = "officer", "工作人员"
    REGISTRAR = "registrar", "数据管理员"
    LEADER = "leader", "领导"
    AUTHOR = "author", "政策编制员"
    SIGNER = "signer", "政策签发人"
    AUDITOR = "auditor", "审计员"
    OPERATOR = "operator", "系统管理员"


ENTERPRISE_ROLES = frozenset({Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_STAFF})
STAFF_ROLES = frozenset(Role) - ENTERPRISE_ROLES


class ClaimState(models.TextChoices):
    WAITING = "waiting", "待确认"
    CONFIRMED = "confirmed", "已确认"
    REFUSED = "refused", "已退回"
    WITHDRAWN = "withdrawn", "已撤回"


class JobState(models.TextChoices):
    WAITING = "waiting", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"
    CANCELLED = "cancelled", "已取消"


class YearState(models.TextChoices):
    """Whether the notice of a year's holidays is out."""

    ANNOUNCED = "announced", "已公布"
    PROVISIONAL = "provisional", "暂定"


class Scope(models.TextChoices):
    """What a key to the API may be used for; the role of its person limits it further."""

    REGISTRY = "registry:read", "读登记库"
    MATCHING = "matching:read", "读匹配结果"
    OWN = "own:read", "读本企业信息和应享政策"
    OWN_WRITE = "own:write", "替本企业补充信息"
    AUDIT = "audit:read", "读审计记录"
