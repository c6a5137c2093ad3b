"""Decisions on findings, kept in `policies/<id>/review.yaml`, each with reason, person and day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from huiqi.reading.review.findings import Decision, Finding, Source
from huiqi.reading.review.kept import keep, read_entries
from huiqi.rulebook.language.source import Reader
from huiqi.rulebook.problems import Problem, suggest

NAME = "review.yaml"
HEAD = """# 审查意见。由 huiqi review 写入，也可以手改；每项是一个人对一个发现的决定。
# “依据”是作决定时原文和规则的指纹：文字变了，系统会请您重新决定。
"""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a decision was not kept."""

    message: str
    remedy: str


def read_decisions(folder: Path) -> tuple[tuple[Decision, ...], list[Problem]]:
    """The decisions kept in a policy folder; of two on one finding the later stands."""
    shown = f"{folder.name}/{NAME}"
    found, problems = read_entries(folder / NAME, shown)
    made: dict[str, Decision] = {}
    for item in found.items if found is not None else ():
        reader = Reader(item, problems, "审查意见")
        decision = Decision(
            reader.text("发现", required=True),
            reader.text("决定", required=True),
            reader.text("理由", required=True),
            reader.text("决定人", required=True),
            reader.text("日期", required=True),
            reader.texts("依据"),
        )
        reader.finish()
        if decision.finding in made:
            problems.append(
                reader.mark.problem(
                    "duplicate-decision",
                    f"对“{decision.finding}”有两个决定",
                    "删去不用的一个",
                    decision.finding,
                )
            )
        if decision.finding:
            made[decision.finding] = decision
    return tuple(made.values()), problems


def decide(
    folder: Path,
    findings: Sequence[Finding],
    id_: str,
    decision: str,
    reason: str,
    by: str,
    on: date,
) -> Decision | Refused | list[Problem]:
    """Keep one decision. Refuses an unknown finding, an option it does not have, a missing reason."""
    known = {item.id: item for item in findings}
    if id_ not in known:
        hint = suggest(id_, list(known)) or "先运行 huiqi review 看有哪些发现"
        return Refused(f"没有发现“{id_}”", hint)
    item = known[id_]
    if decision not in item.options:
        return Refused(f"“{id_}”不能决定为“{decision}”", f"可写：{'、'.join(item.options)}")
    if not reason.strip():
        return Refused("没有写理由", "用 --reason 写明为什么这样决定")
    if not by.strip():
        return Refused("没有写是谁决定的", "用 --by 写明姓名")
    made = Decision(id_, decision, reason.strip(), by.strip(), on.isoformat(), item.digests)
    return keep_decision(folder, made) or made


def keep_decision(folder: Path, made: Decision) -> list[Problem]:
    """Writes a decision in the place of an earlier one on the same finding; returns what kept it from that."""
    entry = {
        "发现": made.finding,
        "决定": made.decision,
        "理由": made.reason,
        "决定人": made.by,
        "日期": made.on,
        "依据": made.basis,
    }
    return keep(folder / NAME, entry, ("发现",), HEAD, f"{folder.name}/{NAME}")


def vanished(
    findings: Sequence[Finding], decisions: Sequence[Decision], with_rules: bool, with_text: bool
) -> tuple[Decision, ...]:
    """Decisions whose finding is gone. One found only in a text is not gone while no text is given."""
    known = {item.id for item in findings}
    at_hand = set()
    if with_rules:
        at_hand.add(str(Source.RULE))
    if with_text:
        at_hand.add(str(Source.TEXT))
    return tuple(
        item
        for item in decisions
        if item.finding not in known and (not item.sources or item.sources <= at_hand)
    )
