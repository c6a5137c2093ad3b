#!/usr/bin/env python
"""Prints the manual's chapter on the rule language from the tables that tests run.

.venv/bin/python scripts/print_language.py          writes docs/handbook/language.md
.venv/bin/python scripts/print_language.py --check  says whether that file is up to date
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from huiqi.rulebook.language.syntax import COMPARISONS  # noqa: E402 - the root must be on the path first
from tests.spec.running import refused  # noqa: E402
from tests.spec.tables import CHAPTERS, LIMITS, REFUSALS, Chapter, Limit  # noqa: E402

TARGET = ROOT / "docs" / "handbook" / "language.md"
INTRODUCTION = """# 规则语言

条件和金额用中文写，一条一行；词与词之间可以空格，也可以不空。事实写成“表.事实”，经过关联读到的写成“关联.事实”。
全角和半角的数字、括号、符号都认。下面每个例子都是测试：两个求值器给出的就是“结果”一栏。没有写出的事实一律是不知道。

## 词

| 意思 | 写法 |
|---|---|
"""
SIGNS = {">=": "不低于", ">": "高于", "<=": "不高于", "<": "低于", "=": "等于", "!=": "不等于"}
OTHERS = (
    ("并且、或者、不", "且、或、非；“且”先于“或”，可加括号"),
    ("是其中之一", "是 甲、乙；不是 甲、乙"),
    ("在树的某处或其下", "属于 高平市、泽州县；不属于 制造业"),
    ("两头都含", "介于 1万元 至 2万元"),
    ("时长", "自 甲 至 乙 满 2年（不满、超过、不超过）；日、个月、年、个工作日"),
    ("算", "+ − × ÷；取小(…, …)；取大(…, …)；取整(甲 ÷ 5%)"),
    (
        "数",
        "20万元 3亿元 1,000元；5% 5个百分点 1.1倍；30人 2项；2022-08-17 或 2022年8月17日；评定日",
    ),
)


def printed() -> str:
    """The whole chapter as Markdown."""
    parts = [INTRODUCTION, *_words(), ""]
    for chapter in CHAPTERS:
        parts += _chapter(chapter)
    parts += [
        "## 几项之间：次数、上限、叠加",
        "",
        "先按时点先后、再按编号排；时点不知道的排在最后。",
        "",
    ]
    for limit in LIMITS:
        parts += _limit(limit)
    parts += _refusals()
    return "\n".join(parts).replace("|\n\n|", "|\n|") + "\n"


def _words() -> list[str]:
    rows = []
    for sign, meaning in SIGNS.items():
        words = [word for word, found in COMPARISONS.items() if found == sign]
        rows.append(
            f"| {meaning}（{sign.replace('<', '&lt;').replace('>', '&gt;')}） | {_cell('、'.join(words))} |"
        )
    return rows + [f"| {meaning} | {_cell(words)} |" for meaning, words in OTHERS]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def _chapter(chapter: Chapter) -> list[str]:
    rows = [
        f"| `{row.text}` | {_facts(row.facts)} | {row.result} |" for row in chapter.rows
    ]  # fmt: skip
    return [
        f"## {chapter.title}",
        "",
        chapter.words,
        "",
        "| 写法 | 已知的事实 | 结果 |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _facts(text: str) -> str:
    plain = text.removeprefix("{企业: {").removesuffix("}}") if text.count("{") == 2 else text
    return "（无）" if text == "{}" else f"`{plain}`" if plain else "（无）"


def _limit(limit: Limit) -> list[str]:
    rule = "，".join(f"{name}：{value}" for name, value in limit.rule.items()) or "次数：每项一次"
    rows = [f"| {day} | {amount} | {left} |" for day, amount, left in limit.rows]
    had = "".join(f"{day} 同组的另一项已付 {amount}。" for day, amount in limit.paid)
    return [
        f"### {limit.title}", "", f"{rule}。{had}合计 {limit.total}。", "",
        "| 时点 | 这一项 | 限额以后 |", "|---|---|---|", *rows, "",
    ]  # fmt: skip


def _refusals() -> list[str]:
    rows = []
    for item in REFUSALS:
        problem = refused(item.text)[0]
        rows.append(
            f"| {f'`{item.text}`' if item.text else '（空）'} | 第 {problem.column} 字 | {_cell(problem.message)} | {_cell(problem.remedy)} |"
        )
    head = ["| 写法 | 位置 | 问题 | 怎么办 |", "|---|---|---|---|"]
    words = "读文件时就指出来，写明文件、行、字和改法；一个文件里有几处就报几处。"
    return ["## 读不懂的写法", "", words, "", *head, *rows]


def main() -> int:
    text = printed()
    if "--check" in sys.argv[1:]:
        current = TARGET.read_text("utf-8") if TARGET.is_file() else ""
        print("一致" if current == text else f"{TARGET} 需要重印：运行 scripts/print_language.py")
        return int(current != text)
    TARGET.write_text(text, "utf-8")
    print(f"写好 {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
