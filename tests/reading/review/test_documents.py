"""Documents relied on: expired, replaced, for a year gone by, unknown."""

from datetime import date
from pathlib import Path

import pytest

from huiqi.reading.review import Documents, Standing, load_documents, review
from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.problems import Severity
from tests.reading.review.folders import ID, TODAY, Draft


def known(until: date | None = None, replaced: date | None = None, number: str = "") -> Documents:
    by = "《云岭省创新条例（修订）》" if replaced else ""
    return Documents((Standing("云岭省创新条例", number, until, by, replaced, "省公报", TODAY),))


def found(paper: Draft, documents: Documents, on: date | None = TODAY) -> list[tuple[str, str]]:
    library = paper.library()
    made = review(library.by_id[ID], documents=documents, on=on)
    return [(item.id, str(item.severity)) for item in made]


def test_unknown_is_said_to_be_unknown(paper: Draft) -> None:
    assert found(paper, Documents()) == [("效力不明-全文", "提醒")]


def test_a_document_in_force_is_no_finding(paper: Draft) -> None:
    assert found(paper, known()) == []
    assert found(paper, known(until=TODAY)) == []


@pytest.mark.parametrize(
    "documents", [known(until=date(2026, 11, 21)), known(replaced=date(2026, 11, 22))]
)
def test_expired_and_replaced_documents(paper: Draft, documents: Documents) -> None:
    assert found(paper, documents) == [("文件失效-全文-云岭省创新条例", "错误")]


def test_the_day_decides(paper: Draft) -> None:
    later = known(replaced=date(2027, 1, 1))
    assert found(paper, later) == []
    assert found(paper, later, date(2027, 1, 1)) == [("文件失效-全文-云岭省创新条例", "错误")]


def test_a_number_that_differs_is_another_document(paper: Draft) -> None:
    paper.change(
        "policy.yaml", "名称: 云岭省创新条例", "名称: 云岭省创新条例\n    文号: 云人发〔2020〕3号"
    )
    assert found(paper, known(until=date(2020, 1, 1), number="云人发〔2010〕1号")) == [
        ("效力不明-全文", "提醒")
    ]


def test_a_plan_for_one_year_has_had_its_year(paper: Draft) -> None:
    paper.change("policy.yaml", "名称: 云岭省创新条例", "名称: 云岭省2022年创新工作方案")
    assert found(paper, Documents()) == [("文件失效-全文-云岭省2022年创新工作方案", "提醒")]
    assert found(paper, Documents(), date(2022, 12, 31)) == [("效力不明-全文", "提醒")]


def test_documents_cited_in_the_text_count_too(paper: Draft) -> None:
    paper.rewrite("到2025年，全市", "执行《云岭省奖励办法》（云政发〔2015〕2号）。到2025年，全市")
    documents = Documents(
        (
            *known().known,
            Standing(
                "云岭省奖励办法", "云政发〔2015〕2号", date(2020, 1, 1), "", None, "公报", TODAY
            ),
        )
    )
    (item,) = [one for one in paper.findings(documents=documents) if "失效" in one.id]
    assert item.id == "文件失效-全文-云政发〔2015〕2号"
    (proof,) = item.evidence
    assert "云岭省奖励办法" in paper.reading().text[proof.start : proof.end]


def test_the_packaged_file_is_good_and_its_checks_are_dated() -> None:
    documents, problems = load_documents(policies_folder())
    assert problems == []
    assert all(item.source and item.checked is not None for item in documents.known)
    standing = documents.find("保障中小企业款项支付条例", "")
    assert standing is not None
    assert standing.replaced_on == date(2025, 6, 1)


def test_mistakes_in_the_file_are_problems_with_places(tmp_path: Path) -> None:
    assert load_documents(tmp_path) == (Documents(), [])
    (tmp_path / "reference").mkdir()
    file = tmp_path / "reference/documents.yaml"
    file.write_text(
        "- 名称: 甲\n  止: 2023-02-30\n  依据: 乙\n  核对: 2026-01-01\n  效期: 丙\n", "utf-8"
    )
    documents, problems = load_documents(tmp_path)
    assert [(item.code, item.line, item.severity) for item in problems] == [
        ("bad-date", 2, Severity.ERROR),
        ("unknown-key", 5, Severity.ERROR),
    ]
    assert documents.find("甲", "") is not None
    file.write_text("名称: 甲\n", "utf-8")
    assert [item.code for item in load_documents(tmp_path)[1]] == ["not-a-list"]
