"""A facts file (YAML or JSON) -> what is known of one subject, with every problem and its place.

The format is that of boundary cases: `表: {事实: 值}`; a value may carry where it comes from:
`从业人员: {值: 35人, 来源: 市统计局, 日期: 2026-06-30}`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huiqi.rulebook.language.source import Entries, Items, Mark, Node, Scalar, read_yaml
from huiqi.rulebook.library.rows import FactsFile, read_facts
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.problems import Problem


def read_facts_file(path: Path, vocabulary: Vocabulary) -> tuple[FactsFile, list[Problem]]:
    """The rows of a facts file; empty where it cannot be read. Problems name the file as ``path``."""
    if not path.exists():
        missing = Problem("file-unreadable", "没有这个文件", "检查路径", str(path))
        return FactsFile({}, {}), [missing]
    if path.suffix.lower() == ".json":
        node, problems = _read_json(path)
    else:
        node, problems = read_yaml(path)
    if node is None:
        return FactsFile({}, {}), problems
    return _facts(node, vocabulary, problems, "文件里没有可用的表"), problems


def _read_json(path: Path) -> tuple[Node | None, list[Problem]]:
    """JSON with the places of its values; its syntax is judged as JSON, not as YAML."""
    node, problems = read_yaml(path)
    if any(problem.code != "yaml-syntax" for problem in problems):
        return node, problems
    mark = Mark(str(path), 0, 0)
    twice: list[Problem] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) < len(pairs):
            names = "、".join(key for key in out if sum(key == one for one, _ in pairs) > 1)
            twice.append(mark.problem("duplicate-key", f"“{names}”写了两次", "只保留一处", names))
        return out

    try:
        # Numbers stay text: 0.1 must not become a float on its way to an amount.
        plain = json.loads(
            path.read_bytes().decode("utf-8-sig"),
            parse_float=str,
            parse_int=str,
            object_pairs_hook=once,
        )
    except json.JSONDecodeError as error:
        return None, [
            Problem(
                "json-syntax",
                f"JSON 写法有误：{_json_message(error.msg)}",
                "检查引号、逗号和括号",
                str(path),
                error.lineno,
                error.colno,
            )
        ]
    except RecursionError:
        return None, [Problem("json-syntax", "JSON 嵌套太深", "事实只有两三层", str(path))]
    # JSON that YAML reads differently (tabs, \u escapes in pairs) is taken without places.
    return (node, problems) if node is not None else (_placed(plain, mark, _same), twice)


def _json_message(message: str) -> str:
    known = {
        "Expecting value": "这里应是一个值",
        "Expecting ',' delimiter": "这里缺逗号",
        "Expecting ':' delimiter": "这里缺冒号",
        "Expecting property name enclosed in double quotes": "这里应是双引号括起的名称",
        "Unterminated string starting at": "引号没有成对",
        "Invalid control character at": "文字里有换行或控制字符",
        "Invalid \\escape": "反斜杠写法不对",
        "Extra data": "结尾之后还有内容",
    }  # fmt: skip
    return next((text for start, text in known.items() if message.startswith(start)), message)


def _placed(value: Any, mark: Mark, below: Callable[[Mark, object], Mark]) -> Node:
    """Plain values as nodes; ``below`` makes the mark of what stands under a key or a number."""
    if isinstance(value, dict):
        marks = {str(key): below(mark, key) for key in value}
        nodes = {str(key): _placed(item, below(mark, key), below) for key, item in value.items()}
        return Entries(nodes, marks, mark)
    if isinstance(value, list):
        items = (_placed(item, below(mark, at), below) for at, item in enumerate(value))
        return Items(tuple(items), mark)
    if isinstance(value, bool):
        return Scalar("true" if value else "false", mark)
    return Scalar("" if value is None else str(value), mark)


def _same(mark: Mark, key: object) -> Mark:
    """All of a file whose places are not known stands in the file."""
    return mark


def _named(mark: Mark, key: object) -> Mark:
    """The way to a value of a request: `facts.企业.从业人员`."""
    return Mark(f"{mark.file}.{key}" if mark.file else str(key), 0, 0)


def read_facts_data(
    data: dict[str, Any], vocabulary: Vocabulary, name: str = ""
) -> tuple[FactsFile, list[Problem]]:
    """The same from plain values (a request's JSON, numbers as text); problems name ``name``."""
    problems: list[Problem] = []
    node = _placed(data, Mark(name, 0, 0), _named)
    return _facts(node, vocabulary, problems, "没有可用的表"), problems


def _facts(node: Node, vocabulary: Vocabulary, problems: list[Problem], nothing: str) -> FactsFile:
    """The rows that a mapping names; having none at all is a problem, said as ``nothing``."""
    facts = read_facts(node, vocabulary, problems)
    if not problems and not facts.subjects and not facts.events:
        tables = "、".join(vocabulary.tables)
        problems.append(node.mark.problem("no-facts", nothing, f"可写的表：{tables}"))
    return facts
