"""Supports that payments name, held against those of a library.

A misspelt support would count for nothing, and what was paid already would be promised again.
"""

from collections.abc import Collection
from dataclasses import dataclass

from huiqi.rulebook.problems import suggest

SHAPE = r"^[^/]+/[^/]+$"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a support is not known. ``wrong``: its policy is, so that it must be a slip; else the policy
    may be one that no longer counts."""

    message: str
    remedy: str
    wrong: bool


def unknown_support(text: str, known: Collection[str]) -> Unknown | None:
    """What is to be said of a support as payments name it; None where it is one of ``known``."""
    if text in known:
        return None
    policy, _, support = text.partition("/")
    own = sorted(key.partition("/")[2] for key in known if key.partition("/")[0] == policy)
    if own:
        listed = suggest(support, own) or f"有这些：{'、'.join(own[:12])}"
        return Unknown(f"“{policy}”里没有“{support}”这项支持", listed, True)
    policies = sorted({key.partition("/")[0] for key in known})
    remedy = suggest(policy, policies) or "已停用的政策不用管；否则核对政策编号"
    return Unknown(f"没有“{policy}”这份政策，这笔不影响测算", remedy, False)


__all__ = ["SHAPE", "Unknown", "unknown_support"]
