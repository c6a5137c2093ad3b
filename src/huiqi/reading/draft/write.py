"""A draft as the files of a policy folder, in the style of the packaged ones."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from huiqi.reading.draft.values import Draft, DraftClause, DraftSupport, DraftTarget

_PLAIN = re.compile(
    r"[\u4e00-\u9fffA-Za-z（][^\x00-\x1f\x7f-\x9f\u2028\u2029,\[\]{}#&*!|>'\"%@`:\\]*"
)
Value = str | Sequence[str] | Sequence["Row"]
Row = Mapping[str, "str | Sequence[str]"]


def scalar(text: str) -> str:
    """A text as YAML: bare where nothing in it could be read otherwise, else in quotation marks."""
    bare = _PLAIN.fullmatch(text) and text == text.strip() and text not in ("null", "true", "false")
    return text if bare else json.dumps(text, ensure_ascii=False)


def flow(value: "str | Sequence[str] | Row") -> str:
    """A value on one line."""
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(scalar(item) for item in value) + "]"


def comment(text: str) -> str:
    """Words of the document beside what was made of them."""
    return f"# {' '.join(text.split())}"


def support_text(support: DraftSupport) -> str:
    """The file of one support."""
    money = support.money
    lines = [
        f"编号: {scalar(support.id)}",
        f"名称: {scalar(support.name + '（待改写）')}",
        f"条款: {json.dumps(support.clause, ensure_ascii=False)}",
        f"类型: {support.kind}",
        f"对象: {scalar(support.table)}",
    ]
    if support.form:
        lines.append(f"兑现: {support.form}")
    if support.beneficiary:
        lines.append(f"受益: {scalar(support.beneficiary)}")
    if support.until:
        lines.append(f"期间: {{止: {support.until}}}")
    if money.parameters:
        lines.append(f"参数: {flow(dict(money.parameters))}")
    if support.conditions:
        lines.append("条件:")
        for built in support.conditions:
            words = (
                f"“{built.words}”[{built.start}:{built.end}]" if built.words else "原文没有直接写"
            )
            doubt = "" if built.sure else " 待核对"
            lines.append(
                f"  - {flow({'条件': built.condition, '说明': built.note})} {comment(words + doubt)}"
            )
    if money.tiers:
        lines.append("分档:")
        lines += [
            f"  - {flow({'名': tier.name, '当': tier.when, '金额': tier.amount})}"
            for tier in money.tiers
        ]
    if money.grades:
        lines += [
            "进档:",
            f"  量: {scalar(money.reached)}",
            f"  此前: {scalar(money.reached_before)}",
            "  档: [" + ", ".join(flow(pair) for pair in money.grades) + "]",
        ]
    for key, text in (
        ("金额", money.amount), ("比例", money.rate), ("基数", money.base), ("优惠", money.benefit),
        ("上限", money.cap), ("保底", money.floor), ("主体上限", money.subject_cap),
        ("年度上限", money.year_cap),
    ):  # fmt: skip
        if text:
            lines.append(f"{key}: {scalar(text)}")
    if money.within:
        inner = {"上限": money.within}
        if money.within_least:
            inner["下限"] = money.within_least
        lines.append(f"核定: {flow(inner)}")
    if money.printed_rates:
        lines.append(f"费率: {flow(money.printed_rates)}")
    lines.append(f"次数: {support.times}")
    if support.stacking:
        inner = {"组": support.group, "方式": support.stacking}
        if support.stacking_yearly:
            inner["范围"] = "每年"
        if support.stacking_note:
            inner["说明"] = support.stacking_note
        lines.append(f"叠加: {flow(inner)}")
    elif support.stacking_note:
        lines.append(f"叠加: {scalar(support.stacking_note)}")
    lines.append(f"资金: {scalar(support.fund or '未写明')}")
    lines += _open([point.text for point in support.open])
    return "\n".join(lines) + "\n"


def _open(points: Sequence[str], indent: str = "") -> list[str]:
    if not points:
        return []
    return [f"{indent}待定:", *(f"{indent}  - {scalar(point)}" for point in points)]


def _items(first: bool, lines: list[str]) -> list[str]:
    return [
        ("  - " if not index else "    ") + line if line else line
        for index, line in enumerate(lines)
    ]


def policy_text(draft: Draft) -> str:
    """policy.yaml."""
    lines = [
        f"编号: {scalar(draft.id)}",
        *([f"文号: {scalar(draft.number)}"] if draft.number else []),
        f"名称: {scalar(draft.title)}",
        f"发文机关: {flow(draft.issuers)}",
        *([f"印发日期: {draft.issued}"] if draft.issued else []),
    ]
    force = {}
    if draft.start:
        force["起"] = draft.start
    if draft.end:
        force["止"] = draft.end
    lines.append("施行: {" + ", ".join(f"{key}: {day}" for key, day in force.items()) + "}")
    lines.append(f"适用地区: {scalar(draft.region)}")
    if draft.based_on:
        lines.append("依据:")
        for title, number in draft.based_on:
            row = {"名称": title}
            if number:
                row["文号"] = number
            lines.append(f"  - {flow(row)}")
    lines += _open(draft.open)
    lines.append("条款:")
    for clause in draft.clauses:
        lines += _items(True, _clause_lines(clause))
    return "\n".join(lines) + "\n"


def _clause_lines(clause: DraftClause) -> list[str]:
    return [
        f"编号: {json.dumps(clause.id, ensure_ascii=False)}",
        f"号: {json.dumps(clause.number, ensure_ascii=False)}",
        f"章: {flow(clause.section)}",
        f"标题: {scalar(clause.heading)}",
        f"单位: {flow(clause.units)}",
        *([f"牵头: {scalar(clause.lead)}"] if clause.lead else []),
        *([f"共同牵头: {flow(clause.joint_leads)}"] if clause.joint_leads else []),
        "职责:",
        *(f"  - {scalar(duty)}" for duty in clause.duties),
        *_open(clause.open),
    ]


def targets_text(targets: Sequence[DraftTarget]) -> str:
    """targets.yaml."""
    lines: list[str] = []
    for target in targets:
        inner = [
            f"编号: {scalar(target.id)}",
            f"条款: {json.dumps(target.clause, ensure_ascii=False)}",
            f"指标: {scalar(target.indicator)}",
            f"比较: {target.comparator}",
            "值: "
            + (flow(target.values) if len(target.values) > 1 else json.dumps(target.values[0])),
        ]
        for key, text in (
            ("单位", target.unit), ("期限", target.deadline), ("截止", target.due),
            ("周期", target.period), ("基期", target.baseline), ("量法", target.measure),
        ):  # fmt: skip
            if text:
                inner.append(f"{key}: {text if key == '截止' else scalar(text)}")
        inner += _open(target.open)
        lines += [line[2:] for line in _items(True, inner)]
    return "\n".join(lines) + "\n"


def write(draft: Draft, folder: Path) -> None:
    """Write the policy folder ``folder/<draft.id>``, which must not exist. Raises OSError."""
    root = folder / draft.id
    (root / "supports").mkdir(parents=True)
    (root / "cases").mkdir()
    (root / "policy.yaml").write_text(policy_text(draft), "utf-8")
    if draft.targets:
        (root / "targets.yaml").write_text(targets_text(draft.targets), "utf-8")
    for support in draft.supports:
        (root / "supports" / f"{support.id}.yaml").write_text(support_text(support), "utf-8")
