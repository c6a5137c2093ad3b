"""No number that a government decided stands in code: amounts and rates live in ``policies/``.

The search reads the syntax tree, so comments do not count, and docstrings are skipped. It finds

* text that holds an amount (20万元, 三亿元, 1,000元), a rate (5%, 百分之五, 3‰) or percentage points;
* whole numbers that look like an amount: multiples of 10,000 that are no power of ten (units such as
  10**6 fen in 万元 are powers of ten);
* numbers with a decimal point between 0 and 1, and text or ``Fraction``-like quotients of that size.

Of templates the texts that people read are searched for amounts and rates, of scripts every line.

What follows 如 in the same sentence of a text is an example in a message (请写成如 20万元) and allowed.
Anything else that no policy decided (a technical limit, a share of a page's lines) goes into
``ALLOWED`` with the reason. An entry that nothing needs any more fails the test too.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conventions.repository import ROOT, files_under
from tests.conventions.templates import without_tags

DIGITS = r"(?:\d[\d,]*(?:\.\d+)?|[一二三四五六七八九十百千两]+)"
AMOUNT_OR_RATE = re.compile(
    rf"{DIGITS}\s*[十百千]?[万亿]?元"
    r"|\d+(?:\.\d+)?\s*[%％‰]"
    r"|百分之[一二三四五六七八九十百零\d]+"
    rf"|{DIGITS}\s*个百分点"
)
EXAMPLE = re.compile(r"如[^。；\n]*")
DECIMAL_RATE = re.compile(r"0?\.\d{1,4}")


@dataclass(frozen=True)
class Allowed:
    """Literals of one file that may stand in code, and why."""

    file: str
    literals: tuple[str, ...]
    reason: str


ALLOWED: tuple[Allowed, ...] = (
    Allowed("src/huiqi/portal/api/evaluate.py", ("6200万元",), "an example of the API's manual"),
    Allowed("src/huiqi/portal/api/matching.py", ("20000",), "rows: one piece of a download"),
    Allowed("src/huiqi/portal/base/jobs.py", ("0.5",), "seconds between two notes of progress"),
    Allowed("src/huiqi/portal/matching/frames.py", ("50000",), "rows: one piece of a result"),
    Allowed("src/huiqi/portal/registry/queries.py", ("20000",), "names: a word that tells little"),
    Allowed("src/huiqi/portal/registry/snapshot.py", ("50000",), "rows: one part of a snapshot"),
    Allowed("src/huiqi/portal/registry/staging.py", ("20000",), "rows of one transaction"),
    Allowed(
        "src/huiqi/rulebook/bulk/engine.py", ("300000",), "rows: parts that are taken together"
    ),
    Allowed("src/huiqi/rulebook/problems.py", ("0.5",), "how alike two words are, for a hint"),
    Allowed(
        "src/huiqi/rulebook/language/bounds.py",
        ("70000", "120000", "700000"),
        "days: the years dates may lie in or move to",
    ),
    Allowed("src/huiqi/rulebook/bulk/matching.py", ("500000",), "rows: one file of entitlements"),
    Allowed("src/huiqi/rulebook/bulk/snapshot.py", ("500000",), "rows: subjects of one part"),
    Allowed(
        "src/huiqi/rulebook/bulk/stages.py", ("20000",), "rows: few enough to take in one step"
    ),
    Allowed("src/huiqi/rulebook/bulk/tabulate.py", ("200000",), "entries of one look-up table"),
    Allowed("src/huiqi/rulebook/tables/cells.py", ("200000",), "texts kept with their values"),
    Allowed("src/huiqi/rulebook/tables/delimited.py", ("50000",), "rows: one batch"),
    Allowed("src/huiqi/rulebook/tables/parquet.py", ("4000000",), "cells: one batch"),
    Allowed("src/huiqi/rulebook/tables/prepare.py", ("0.7",), "share of the work, for progress"),
    Allowed("src/huiqi/rulebook/tables/stage.py", ("5%",), "an example in a remedy"),
    Allowed(
        "src/huiqi/rulebook/language/source.py",
        ("4000000",),
        "bytes: the largest file that is read",
    ),
    Allowed("src/huiqi/reading/clean.py", ("0.9", "0.3", "0.15"), "shares of lines: page layout"),
    Allowed("src/huiqi/reading/extract.py", ("20000", "40000"), "characters: sample for decoding"),
    Allowed("src/huiqi/reading/values.py", ("0.0001",), "places of a share that is shown"),
)


@dataclass(frozen=True)
class Found:
    line: int
    literal: str


def set_aside(tree: ast.AST) -> set[int]:
    """Identities of constants that decide nothing: docstrings and ``:.1%`` in f-strings."""
    alone = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    formats = [
        piece
        for node in ast.walk(tree)
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None
        for piece in ast.walk(node.format_spec)
    ]
    return {id(node) for node in (*alone, *formats) if isinstance(node, ast.Constant)}


def looks_like_policy(value: object) -> Iterator[str]:
    """The parts of a constant that look like an amount or a rate, as written in a policy."""
    if isinstance(value, str):
        yield from AMOUNT_OR_RATE.findall(EXAMPLE.sub("", value))
        if DECIMAL_RATE.fullmatch(value):
            yield value
    elif isinstance(value, float):
        if 0 < value < 1:
            yield str(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        size = abs(value)
        if size and size % 10_000 == 0 and str(size).rstrip("0") != "1":
            yield str(value)


def literals(source: str) -> list[Found]:
    """What looks like policy in one module, in the order of its lines."""
    tree = ast.parse(source)
    skipped = set_aside(tree)
    found: list[Found] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in skipped:
            found += [Found(node.lineno, part) for part in looks_like_policy(node.value)]
        elif isinstance(node, ast.JoinedStr) and not skipped.intersection(map(id, node.values)):
            # {20}万元: the pieces of an f-string may only together be an amount.
            whole = "".join(
                str(piece.value)
                if isinstance(piece, ast.Constant)
                else str(piece.value.value)
                if isinstance(piece, ast.FormattedValue) and isinstance(piece.value, ast.Constant)
                else "\0"
                for piece in node.values
            )
            apart = [part for piece in node.values for part in of_piece(piece)]
            together = AMOUNT_OR_RATE.findall(EXAMPLE.sub("", whole))
            found += [Found(node.lineno, part) for part in together if part not in apart]
        elif isinstance(node, ast.Call) and (quotient := rate_of(node)):
            found.append(Found(node.lineno, quotient))
    return sorted(found, key=lambda one: (one.line, one.literal))


def of_piece(piece: ast.expr) -> list[str]:
    """What a constant piece of an f-string shows by itself; ``literals`` meets it on its own."""
    return list(looks_like_policy(piece.value)) if isinstance(piece, ast.Constant) else []


def rate_of(call: ast.Call) -> str:
    """``a/b`` for ``Fraction(a, b)`` with constants where b is 100, 1000 or 10000; else empty."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    values = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    if name == "Fraction" and len(values) == len(call.args) == 2:
        above, below = values
        if below in (100, 1000, 10_000) and isinstance(above, int) and above != 1:
            return f"{above}/{below}"
    return ""


class Texts(HTMLParser):
    """What a person reads on a page: texts, hints, and what is filled in beforehand."""

    READ = ("title", "placeholder", "alt", "aria-label", "value", "content")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Found] = []

    def read(self, text: str) -> None:
        first = self.getpos()[0]
        for line, words in enumerate(text.split("\n"), first):
            parts = AMOUNT_OR_RATE.findall(EXAMPLE.sub("", words))
            self.found += [Found(line, part) for part in parts]

    def handle_data(self, data: str) -> None:
        self.read(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            # A viewport and the like are settings, not words.
            if name in self.READ and not (tag == "meta" and name == "content"):
                self.read(value or "")

    handle_startendtag = handle_starttag


def on_page(template: str) -> list[Found]:
    """Amounts and rates among the words of a template."""
    texts = Texts()
    texts.feed(without_tags(template))
    texts.close()
    return texts.found


AMOUNT = re.compile(rf"{DIGITS}\s*[十百千]?[万亿]?元")


def in_script(source: str) -> list[Found]:
    """Amounts in a script; its percentages are widths."""
    return [
        Found(line, part)
        for line, words in enumerate(source.split("\n"), 1)
        for part in AMOUNT.findall(EXAMPLE.sub("", words))
    ]


READERS = {".py": literals, ".html": on_page, ".js": in_script}


def allowed(file: str, literal: str) -> bool:
    return any(one.file == file and literal in one.literals for one in ALLOWED)


@cache
def in_code() -> dict[str, list[Found]]:
    """Everything found in the package, by file."""
    return {
        path.relative_to(ROOT).as_posix(): READERS[path.suffix](path.read_text(encoding="utf-8"))
        for path in files_under("src/huiqi")
        if path.suffix in READERS
    }


def test_no_amount_and_no_rate_stands_in_code() -> None:
    offences = [
        f"{file}:{one.line}: {one.literal}"
        for file, found in in_code().items()
        for one in found
        if not allowed(file, one.literal)
    ]
    assert offences == []


def test_no_permission_outlives_its_need() -> None:
    found = in_code()
    stale = [
        (one.file, literal)
        for one in ALLOWED
        for literal in one.literals
        if literal not in [here.literal for here in found.get(one.file, [])]
    ]
    assert stale == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('prize = "20万元"', ["20万元"]),
        ('text = "奖励三十万元，贴息5%"', ["5%", "三十万元"]),
        ('text = "突破3亿元"', ["3亿元"]),
        ('text = "按百分之五"', ["百分之五"]),
        ('text = "提高5个百分点"', ["5个百分点"]),
        ('text = f"{name}奖励{20}万元"', ["20万元"]),
        ('text = f"{name}奖励20万元"', ["20万元"]),
        ("prize = 200_000", ["200000"]),
        ("prize = 20_000_000", ["20000000"]),
        ("rate = 0.05", ["0.05"]),
        ('rate = Decimal("0.05")', ["0.05"]),
        ("rate = Fraction(3, 100)", ["3/100"]),
        ("rate = fractions.Fraction(15, 1000)", ["15/1000"]),
        ("# 20万元\nx = 1", []),
        ('"""奖励20万元"""\nx = 1', []),
        ('def f():\n    """奖励20万元"""', []),
        ('class A:\n    b: int\n    """单位：20万元"""', []),
        ("FEN = 1_000_000\nMANY = 10_000\nN = 200\nF = Fraction(1, 100)", []),
        ('text = f"{amount}万元"', []),
        ('text = f"{rate}%"', []),
        ('text = f"{rate:.1%}"', []),
        ('text = f"“{found}”没有单位，请写成如 20万元 或 5%"', []),
        ('text = "请写单位，如 20万元。奖励30万元"', ["30万元"]),
        ('text = "万元 亿元 % 第20条 2022年"', []),
    ],
)
def test_the_search_finds_what_it_should(source: str, expected: list[str]) -> None:
    assert [one.literal for one in literals(source)] == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<p>好</p>\n<p>奖励20万元</p>", [Found(2, "20万元")]),
        ("<p>按5%贴息</p>", [Found(1, "5%")]),
        ('<input placeholder="300万元">', [Found(1, "300万元")]),
        ('<input placeholder="如 300万元"/>', []),
        ('<svg width="100%"></svg>{% with x="20万元" %}{# 5% #}{{ amount }}万元', []),
        ('<meta name="viewport" content="width=100%">', []),
    ],
)
def test_the_search_finds_amounts_on_pages(template: str, expected: list[Found]) -> None:
    assert on_page(template) == expected


def test_the_search_finds_amounts_in_scripts() -> None:
    source = 'const a = "50%";\nconst b = "奖励20万元";'
    assert in_script(source) == [Found(2, "20万元")]


def test_a_planted_file_is_caught(tmp_path: Path) -> None:
    planted = tmp_path / "grants.py"
    planted.write_text('def award():\n    return "奖励20万元"\n', encoding="utf-8")
    assert literals(planted.read_text(encoding="utf-8")) == [Found(2, "20万元")]
