"""Handbooks: every page there, every link alive, every number from the rule."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from huiqi.rulebook.handbook import NotOurs, markdown, write_handbook
from huiqi.rulebook.handbook.pages import (
    deadline_words,
    dictionary,
    target_words,
    unit_sections,
)
from huiqi.rulebook.handbook.say import say, say_definition
from huiqi.rulebook.language.resolve import condition, quantity
from huiqi.rulebook.language.source import Mark, Scalar
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Target
from huiqi.rulebook.problems import Problem
from huiqi.rulebook.reference.cases import read_cases
from tests.cli.running import changed, copied
from tests.rulebook.packaged import cases, library

VOID = {"meta", "link", "br"}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The handbook of the packaged policies, written once."""
    out = tmp_path_factory.mktemp("book") / "docs"
    write_handbook(library(), cases()[0], out)
    return out


class Page(HTMLParser):
    """Links, anchors and tags of one page; raises where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        self.links += [value for name in ("href", "src") if (value := found.get(name))]
        if identity := found.get("id"):
            assert identity not in self.ids
            self.ids.add(identity)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def pages(book: Path) -> Iterator[tuple[Path, Page]]:
    for path in sorted(book.rglob("*.html")):
        yield path, Page(path.read_text("utf-8"))


# -------------------------------------------------------------------- pages and links


def test_every_support_has_its_page_in_both_forms(book: Path) -> None:
    for support in library().supports:
        for kind in ("html", "md"):
            assert (book / support.policy / f"{support.id}.{kind}").is_file()
    for policy in library().policies:
        for name in ("index", "units"):
            assert (book / policy.id / f"{name}.html").is_file()
            assert (book / policy.id / f"{name}.md").is_file()


def test_pages_are_well_formed_and_without_scripts(book: Path) -> None:
    seen = [page for _, page in pages(book)]
    assert len(seen) == 2 + 2 * 5 + len(library().supports)
    assert {tag for page in seen for tag in page.tags} & {"script", "iframe", "form"} == set()


def test_every_link_of_a_page_leads_somewhere(book: Path) -> None:
    ids = {path.resolve(): page.ids for path, page in pages(book)}
    dead = []
    for path, page in pages(book):
        for link in page.links:
            target, anchor = urldefrag(link)
            file = (path.parent / unquote(target)).resolve() if target else path.resolve()
            if not file.is_file() or (anchor and unquote(anchor) not in ids[file]):
                dead.append((path.name, link))
    assert dead == []


def test_every_link_of_the_markdown_leads_somewhere(book: Path) -> None:
    dead = []
    for path in book.rglob("*.md"):
        text = path.read_text("utf-8")
        for link in re.findall(r"(?<!\\)\]\(([^)]+)\)", text):
            target, anchor = urldefrag(link)
            file = path.parent / unquote(target)
            if not file.is_file() or (anchor and f'id="{anchor}"' not in file.read_text("utf-8")):
                dead.append((path.name, link))
    assert dead == []


def test_rows_of_markdown_tables_have_as_many_cells_as_their_heading(book: Path) -> None:
    uneven = []
    for path in book.rglob("*.md"):
        width = 0
        for line in path.read_text("utf-8").splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            if cells and width and cells != width:
                uneven.append((path.name, line))
            width = cells
    assert uneven == []


# -------------------------------------------------------------------- what a page says


def plain(text: str) -> str:
    return text.replace("\\", "")


def test_a_support_page_says_what_a_person_asks(book: Path) -> None:
    text = plain((book / "gaoping-2022-43" / "质押贷款费用资助.md").read_text("utf-8"))
    for words in (
        "高发改发〔2022〕43号 第19条 构建知识产权质押融资风险分担机制 · 补助 · 拨付",
        "- **贷款300万元以上** 质押融资.贷款金额 达到 300万元",
        "评估费）的 50%，最高 20万元**",
        "- 资金：高平市财政",
        "- 材料：质押登记通知书、贷款合同、付息和费用凭证",
        "| 正好300万元 |",
    ):
        assert words in text


def test_every_condition_interpretation_and_case_is_on_the_page(book: Path) -> None:
    for support in library().supports:
        text = plain((book / support.policy / f"{support.id}.md").read_text("utf-8"))
        wanted = [item.answer for item in support.interpretations]
        wanted += [line.note for line in support.lines]
        wanted += [case.name for case in cases()[0] if support in case.supports]
        wanted += [*support.papers, support.name]
        assert [words for words in wanted if plain(" ".join(words.split("\n"))) not in text] == []


def test_a_changed_number_changes_the_page_and_nothing_else(tmp_path: Path, book: Path) -> None:
    root = copied(tmp_path / "policies", "gaoping-2022-43")
    changed(root / "gaoping-2022-43/supports/高企首次取得.yaml", "20万元", "23万元")
    made, problems = load(root)
    assert problems == []
    found, _ = read_cases(made)
    write_handbook(made, found, tmp_path / "docs")
    differing = {
        path.name
        for path in (tmp_path / "docs" / "gaoping-2022-43").iterdir()
        if path.read_text("utf-8") != (book / "gaoping-2022-43" / path.name).read_text("utf-8")
    }
    assert differing == {"高企首次取得.html", "高企首次取得.md"}
    page = (tmp_path / "docs/gaoping-2022-43/高企首次取得.html").read_text("utf-8")
    assert '<p class="amount">23万元</p>' in page


def test_what_looks_like_markup_is_shown_as_it_is(tmp_path: Path) -> None:
    root = copied(tmp_path / "policies", "gaoping-2022-43")
    file = root / "gaoping-2022-43/supports/高企首次取得.yaml"
    changed(file, "名称: ", '名称: "<b>甲|乙*丙</b>" #')
    made, problems = load(root)
    assert problems == []
    write_handbook(made, (), tmp_path / "docs")
    page = (tmp_path / "docs/gaoping-2022-43/高企首次取得.html").read_text("utf-8")
    assert "<h1>&lt;b&gt;甲|乙*丙&lt;/b&gt;</h1>" in page
    text = (tmp_path / "docs/gaoping-2022-43/高企首次取得.md").read_text("utf-8")
    assert text.splitlines()[0] == r"# \<b\>甲\|乙\*丙\</b\>"


def test_markdown_signs_are_escaped() -> None:
    assert markdown("a|b\n*c* [d]") == r"a\|b \*c\* \[d\]"
    assert markdown(None) == ""


# -------------------------------------------------------------------- facts and units


def test_the_dictionary_has_every_fact_and_its_readers() -> None:
    vocabulary = library().vocabulary
    tables = dictionary(library())
    listed = [(item.table.name, entry.spec.name) for item in tables for entry in item.entries]
    assert listed == [
        (name, fact) for name, table in vocabulary.tables.items() for fact in table.facts
    ]
    entries = {(item.table.name, one.spec.name): one for item in tables for one in item.entries}
    # Read directly, and read only through the fact that is derived from it.
    direct = entries[("质押融资", "贷款金额")]
    assert [support.id for support in direct.readers] == ["质押贷款费用资助"]
    derived = entries[("企业", "划型")]
    assert derived.derived.startswith("按 企业.行业、")
    readers = {support.key for support in derived.readers}
    assert readers
    assert readers <= {support.key for support in entries[("企业", "资产总额")].readers}
    unasked = [one.identifier for one in entries.values() if not (one.spec.question or one.derived)]
    assert unasked == []


def test_units_have_all_their_clauses() -> None:
    for policy in library().policies:
        sections = unit_sections(policy)
        expected = sum(len(clause.units) or 1 for clause in policy.clauses)
        assert sum(len(section.lines) for section in sections) == expected
        leads = [line for section in sections for line in section.lines if line.lead]
        assert len(leads) == sum(
            bool(clause.lead) + len(set(clause.joint_leads) - {clause.lead})
            for clause in policy.clauses
        )


def target(policy: str, name: str) -> Target:
    return next(item for item in library().by_id[policy].targets if item.id == name)


def test_targets_in_words() -> None:
    words = {target_words(item) for policy in library().policies for item in policy.targets}
    assert target_words(target("gaoping-2022-43", "众创空间数")) == "介于 1—2个"
    assert target_words(target("gaoping-2022-43", "省级孵化器")) == "首次 1"
    assert "相对 全国平均水平" in words
    assert "1.3万件 左右" in words


# -------------------------------------------------------------------- nodes back to Chinese


@pytest.mark.parametrize(
    "text",
    [
        "认定.名称 是 高新技术企业 且 认定.级别 是 省级、国家级",
        "企业.注册地 属于 高平市",
        "非 企业.在链主名单",
        "(企业.民营企业 或 企业.在链主名单) 且 企业.从业人员 达到 30人",
        "企业.成立日期 不早于 2022-08-17",
        "企业.成立日期 + 3年 晚于 评定日",
        "质押融资.利息 + 质押融资.担保费 超过 20万元",
    ],
)
def test_what_is_said_reads_as_the_same_rule(text: str) -> None:
    table = text.lstrip("(非 ").split(".")[0]
    names = library().vocabulary.names(table)
    problems: list[Problem] = []
    node = condition(Scalar(text, Mark("", 1, 1)), names, problems)
    assert problems == []
    assert say(node, library().vocabulary) == text
    again = condition(Scalar(say(node, library().vocabulary), Mark("", 1, 1)), names, problems)
    assert again == node


def test_every_definition_and_every_rule_can_be_said() -> None:
    vocabulary = library().vocabulary
    for table in vocabulary.tables.values():
        for spec in table.derived:
            assert spec.definition is not None
            assert say_definition(spec.definition, vocabulary)
    problems: list[Problem] = []
    for support in library().supports:
        names = vocabulary.names(support.table)
        for line in support.lines[1:]:
            told = say(line.node, vocabulary)
            assert condition(Scalar(told, Mark("", 1, 1)), names, problems) == line.node
    assert problems == []
    amount = library().by_key["gaoping-2022-43/质押贷款费用资助"].amount
    assert amount is not None
    assert (
        say(amount, vocabulary)
        == "取小((质押融资.利息 + 质押融资.担保费 + 质押融资.保险费 + 质押融资.评估费) × 50%, 20万元)"
    )
    told = Scalar(say(amount, vocabulary), Mark("", 1, 1))
    assert quantity(told, vocabulary.names("质押融资"), problems) == amount


# -------------------------------------------------------------------- the output folder


def test_an_earlier_handbook_is_replaced_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "docs"
    first = write_handbook(library(), (), out)
    (out / "stale.html").write_text("old", "utf-8")
    second = write_handbook(library(), (), out)
    assert first == second
    assert not (out / "stale.html").exists()
    assert (
        sum(1 for path in out.rglob("*") if path.suffix in (".html", ".md", ".css")) == second.files
    )
    assert [path.name for path in tmp_path.iterdir()] == ["docs"]


def test_what_is_no_handbook_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(NotOurs):
        write_handbook(library(), (), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("words", "due", "told"),
    [
        ("2025年", date(2025, 12, 31), "2025年"),
        ("到2025年底", date(2025, 12, 31), "到2025年底"),
        ("2025年6月30日", date(2025, 6, 30), "2025年6月30日"),
        ("2025年", date(2025, 6, 30), "2025年，截止2025年6月30日"),
        ("十四五末", date(2025, 12, 31), "十四五末，截止2025年12月31日"),
        ("三年", date(2025, 4, 22), "三年，截止2025年4月22日"),
        ("", date(2025, 4, 22), "截止2025年4月22日"),
        ("每年", None, "每年"),
    ],
)
def test_a_deadline_says_its_day_once(words: str, due: date | None, told: str) -> None:
    made = replace(target("gaoping-2022-43", "众创空间数"), deadline=words, due=due, baseline="")
    assert deadline_words(made) == told
    assert deadline_words(replace(made, baseline="2020年")) == f"{told}，基期 2020年"
