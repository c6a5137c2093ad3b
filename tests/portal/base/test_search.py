"""Search: every character counts, words are phrases, kinds do not mix."""

import pytest
from django.db import connection

from huiqi.portal.base import search
from huiqi.portal.base.models import SearchText, User

TEXTS = {
    1: "支持专精特新中小企业（2022）43号",
    2: "科技型中小企业 ABC 评价",
    3: "ＡＢＣ全角，专精",
    4: "专\n精特 新",
}


@pytest.fixture
def filled(db: None) -> None:
    for number in TEXTS:
        User.objects.create(pk=number, username=f"u{number}", name="测试")
    search.put("tests", TEXTS.items())
    search.put("other", [(1, "另一类专精特新")])


def found(words: str, kind: str = "tests") -> list[int]:
    rows = User.objects.filter(pk__in=search.matching(kind, words)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("专精特新", [1, 4]),
        ("精特", [1, 4]),
        ("企业", [1, 2]),
        ("业企", []),
        ("abc", [2, 3]),
        ("ABC 评价", [2]),
        ("2022 43", [1]),
        ("202243", [1]),
        ("022", [1]),
        ("", []),
        ("，。", []),
        ('" OR *', []),
        ("专精) NEAR", []),
        ("中小企业ABC", [2]),
        ("%", []),
        ("新" * 5000, []),
    ],
)
def test_what_words_find(words: str, rows: list[int]) -> None:
    assert found(words) == rows


@pytest.mark.usefixtures("filled")
def test_a_text_is_replaced_and_dropped() -> None:
    search.put("tests", [(1, "改过的文字"), (1, "再改的文字")])
    assert (found("专精特新"), found("改的文字"), found("专精特新", "other")) == ([4], [1], [1])
    search.drop("tests", [1, 4])
    assert (found("再改的"), found("专精特新"), found("专精")) == ([], [], [3])
    search.clear("tests")
    assert found("abc") == []
    assert SearchText.objects.count() == 1


@pytest.mark.django_db
def test_a_long_text_is_searched_to_its_end() -> None:
    User.objects.create(pk=1, username="u1", name="测试")
    search.put("tests", [(1, "企业" * 20000 + "专精特新")])
    assert found("专精特新") == [1]
    assert found("业专精") == [1]
    assert found("精专") == []


@pytest.mark.django_db
def test_what_very_many_hold_is_frequent() -> None:
    search.put("tests", ((number, f"测试公司{number}号") for number in range(3000)))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE base_searchtext")
    told = [
        search.is_frequent("tests", words, 1000) for words in ("公司", "公司 17号", "没有", "、")
    ]
    assert told == [True, False, False, False]
