"""A person's word on pairs of clauses, kept in `policies/<id>/lineage.yaml` of the lower document."""

from datetime import date
from pathlib import Path

from huiqi.reading.lineage.lineage import Confirmation
from huiqi.reading.review.kept import keep, read_entries
from huiqi.rulebook.language.source import Reader
from huiqi.rulebook.problems import Problem

NAME = "lineage.yaml"
CARRIES, NOT = "承接", "不承接"
HEAD = """# 本文件的条款承接上级文件的哪一条。由 huiqi lineage 写入，也可以手改；每项是一个人的判断。
"""


def read_confirmations(folder: Path) -> tuple[tuple[Confirmation, ...], list[Problem]]:
    """What persons said about a policy folder's clauses; the later of two on one pair stands."""
    shown = f"{folder.name}/{NAME}"
    found, problems = read_entries(folder / NAME, shown)
    made: dict[tuple[str, str, str], Confirmation] = {}
    for item in found.items if found is not None else ():
        reader = Reader(item, problems, "承接关系")
        upper, above = reader.text("上级", required=True), reader.text("上级条款", required=True)
        below = reader.text("条款", required=True)
        made[upper, above, below] = Confirmation(
            upper,
            above,
            folder.name,
            below,
            reader.choice("判断", (CARRIES, NOT)) == CARRIES,
            reader.text("理由"),
            reader.text("决定人", required=True),
            reader.text("日期", required=True),
        )
        reader.finish()
    return tuple(made.values()), problems


def confirm(
    folder: Path, upper: str, above: str, below: str, carries: bool, reason: str, by: str, on: date
) -> list[Problem]:
    """Keep one person's word; returns the problems that kept it from being written."""
    entry = {
        "上级": upper,
        "上级条款": above,
        "条款": below,
        "判断": CARRIES if carries else NOT,
        "理由": reason.strip(),
        "决定人": by.strip(),
        "日期": on.isoformat(),
    }
    same = ("上级", "上级条款", "条款")
    return keep(folder / NAME, entry, same, HEAD, f"{folder.name}/{NAME}")
