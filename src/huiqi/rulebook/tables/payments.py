"""Supports and items that payments name, held against those of a library and a region.

A misspelt support would count for nothing, and what was paid already would be promised again; so would
an award of which nobody said for which certificate it was paid.
"""

from collections.abc import Collection
from dataclasses import dataclass

from huiqi.rulebook.library.policy import Library, Times
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


def item_tables(library: Library) -> dict[str, str]:
    """Every support with the table of the events each of which it pays once; empty where it pays by the
    year or the beneficiary."""
    tables = library.vocabulary.tables
    return {
        support.key: support.table
        if support.times is Times.EACH and tables[support.table].is_event
        else ""
        for support in library.supports
    }


def item_words(table: str, item: str) -> tuple[str, str]:
    """What is to be said, and to be done, where a payment's item is none of a table; it counts all the
    same towards caps and groups."""
    if item:
        return (
            f"“{table}”里没有“{item}”，这笔挡不住同一项再给",
            f"核对编号；“{table}”还没登记的，登记以后自然对上",
        )
    return (
        f"没写事项：“{table}”每项只给一次，不写就挡不住同一项再给",
        f"在“事项”里写上“{table}”的编号",
    )


__all__ = ["SHAPE", "Unknown", "item_tables", "item_words", "unknown_support"]
