"""The made files hold the text: Word's numbers are no text, PDF and HTML lose no character."""

import re
from pathlib import Path

import docx
import pypdfium2
import pytest

from tests.reading_corpus.documents import HERE, squeezed
from tests.reading_corpus.make_fixtures import FORMATS, NAMES, lines_of, make_fixtures


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    folder = tmp_path_factory.mktemp("fixtures")
    return {(name, kind): path for name, kind, path in make_fixtures(folder)}


def text_of(name: str) -> str:
    return (HERE / "open" / name / "text.txt").read_text("utf-8")


def test_every_document_is_made_in_every_format(made: dict[tuple[str, str], Path]) -> None:
    assert set(made) == {(name, kind) for name in NAMES for kind in FORMATS}


@pytest.mark.parametrize("name", NAMES)
def test_word_counts_the_numbers_itself(made: dict[tuple[str, str], Path], name: str) -> None:
    paragraphs = docx.Document(str(made[name, "docx"])).paragraphs
    lines = lines_of(text_of(name))
    assert [paragraph.text for paragraph in paragraphs] == [line.words for line in lines]
    counted = [
        paragraph._p.pPr is not None and paragraph._p.pPr.numPr is not None
        for paragraph in paragraphs
    ]
    assert counted == [line.style is not None for line in lines]
    assert sum(counted) >= 20


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["pdf", "two-column.pdf"])
def test_a_pdf_has_the_whole_text_between_heads_and_page_numbers(
    made: dict[tuple[str, str], Path], name: str, kind: str
) -> None:
    with pypdfium2.PdfDocument(made[name, kind]) as pdf:
        pages = []
        for page in pdf:
            text_page = page.get_textpage()
            pages.append(text_page.get_text_range())
            text_page.close()
            page.close()
    assert len(pages) >= 2
    inner = [re.sub(r"\A.*?— \d+ —", "", page, count=1, flags=re.DOTALL) for page in pages]
    assert all(re.search(r"— \d+ —", page) for page in pages)
    # STSong-Light has no glyph of its own for some marks, so only the letters are compared.
    letters = re.compile(r"[\u4e00-\u9fff0-9]+")
    assert "".join(letters.findall("".join(inner))) == "".join(letters.findall(text_of(name)))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_holds_the_whole_text_among_other_things(
    made: dict[tuple[str, str], Path], name: str
) -> None:
    page = made[name, "html"].read_text("utf-8")
    article = re.sub(r"<[^>]+>|&emsp;", "", page.partition("TRS_Editor")[2])
    assert squeezed(text_of(name)) in squeezed(article).replace("&quot;", '"')
    assert "首次认定最高奖励500万元" in page
