"""Six documents of the corpus as DOCX, PDF and HTML, made from their text when the tests run.

Run as a script to look at the files:

    python -m tests.reading_corpus.make_fixtures FOLDER

* DOCX: numbers are real Word numbering (a multi-level list, 一、 （一） 1. （1） or 第一章 第一条), so the text of a paragraph
  holds none; lines of the letterhead are centred, header and footer carry a running head and the page number.
* PDF: text layer in STSong-Light, lines broken by the width of the column, running head and page number on every
  page; in one column and in two.
* HTML: a page of a government site with navigation, sidebar, scripts and footer around the document.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import OxmlElement
from docx.text.paragraph import Paragraph
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from tests.reading_corpus.documents import OPEN
from tests.reading_corpus.scoring import ordinal

NAMES = (
    "01-qinghe-2021-3",
    "02-lanbo-2023-8",
    "03-yunling-2021-30",
    "04-linchuan-2022-17",
    "05-chengpu-2010-18",
    "13-yunling-rs-2020-11",
)
FORMATS = ("docx", "pdf", "two-column.pdf", "html")


@dataclass(frozen=True)
class Style:
    """One kind of number: how it is printed, and how Word names it."""

    printed: re.Pattern[str]
    word_format: str
    word_text: str


_CHINESE = "[一二三四五六七八九十百]+"
_STYLES = (
    Style(re.compile(rf"第({_CHINESE})章\s*"), "chineseCountingThousand", "第%{level}章"),
    Style(re.compile(rf"第({_CHINESE})条\s*"), "chineseCountingThousand", "第%{level}条"),
    Style(re.compile(rf"({_CHINESE})、"), "chineseCountingThousand", "%{level}、"),
    Style(re.compile(rf"（({_CHINESE})）"), "chineseCountingThousand", "（%{level}）"),
    Style(re.compile(rf"\(({_CHINESE})\)"), "chineseCountingThousand", "(%{level})"),
    Style(re.compile(r"(\d+)[.．]\s*"), "decimal", "%{level}."),
    Style(re.compile(r"（(\d+)）"), "decimal", "（%{level}）"),
)


@dataclass(frozen=True)
class Line:
    """A line of the text: the style and value of its number, if it opens with one, and the words."""

    style: Style | None
    number: int
    words: str


def make_fixtures(folder: Path) -> list[tuple[str, str, Path]]:
    """Writes every document in every format; the name of the document, the format and the file."""
    made = []
    for source in OPEN:
        if source.name not in NAMES:
            continue
        text = (source / "text.txt").read_text("utf-8")
        for kind in FORMATS:
            path = folder / f"{source.name}.{kind}"
            if kind == "docx":
                write_docx(text, path)
            elif kind == "html":
                write_html(text, path)
            else:
                write_pdf(text, path, columns=2 if kind == "two-column.pdf" else 1)
            made.append((source.name, kind, path))
    return made


def lines_of(text: str) -> list[Line]:
    """The lines of a text that are not empty, with their numbers taken off."""
    lines = []
    for printed in text.splitlines():
        words = printed.strip()
        if not words:
            continue
        for style in _STYLES:
            if match := style.printed.match(words):
                number = ordinal(match[1])
                assert number is not None
                lines.append(Line(style, number, words[match.end() :]))
                break
        else:
            lines.append(Line(None, 0, words))
    return lines


# --- DOCX -----------------------------------------------------------------------------------------


def write_docx(text: str, path: Path) -> None:
    """The text as a Word document whose numbers are counted by Word."""
    lines = lines_of(text)
    levels: list[Style] = []
    for line in lines:
        if line.style is not None and line.style not in levels:
            levels.append(line.style)
    running = {
        style for style in levels if _runs_on(line.number for line in lines if line.style is style)
    }
    _check_counting(lines, levels, running)

    document = docx.Document()
    numbering = document.part.numbering_part.element
    for child in list(numbering):
        numbering.remove(child)
    numbering.append(parse_xml(_abstract_numbering(levels, running)))
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="1"><w:abstractNumId w:val="1"/></w:num>')
    )
    section = document.sections[0]
    section.header.paragraphs[0].text = _running_head(text)
    _page_number(section.footer.paragraphs[0])
    body = False
    for line in lines:
        paragraph = document.add_paragraph(line.words)
        body = body or line.style is not None
        if line.style is not None:
            _count_by_word(paragraph, levels.index(line.style))
        elif not body and len(line.words) < 40:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.save(str(path))


def _runs_on(numbers: Iterable[int]) -> bool:
    listed = list(numbers)
    return listed == list(range(1, len(listed) + 1))


def _check_counting(lines: list[Line], levels: list[Style], running: set[Style]) -> None:
    """Word's counters, counted here, must give the printed numbers: the fixture would be wrong otherwise."""
    counters = dict.fromkeys(levels, 0)
    for line in lines:
        if line.style is None:
            continue
        counters[line.style] += 1
        for deeper in levels[levels.index(line.style) + 1 :]:
            if deeper not in running:
                counters[deeper] = 0
        if counters[line.style] != line.number:
            raise ValueError(f"Word would count {counters[line.style]} at {line}")


def _abstract_numbering(levels: list[Style], running: set[Style]) -> str:
    parts = []
    for index, style in enumerate(levels):
        restart = '<w:lvlRestart w:val="0"/>' if index and style in running else ""
        parts.append(
            f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{style.word_format}"/>'
            f'{restart}<w:suff w:val="{"space" if "第" in style.word_text else "nothing"}"/>'
            f'<w:lvlText w:val="{style.word_text.format(level=index + 1)}"/><w:lvlJc w:val="left"/></w:lvl>'
        )
    return (
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="1">'
        f'<w:multiLevelType w:val="multilevel"/>{"".join(parts)}</w:abstractNum>'
    )


def _count_by_word(paragraph: Paragraph, level: int) -> None:
    number = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    number.get_or_add_ilvl().val = level
    number.get_or_add_numId().val = 1


def _page_number(paragraph: Paragraph) -> None:
    run = paragraph.add_run()
    for kind in ("begin", "end"):
        char = OxmlElement("w:fldChar")
        char.set(qn("w:fldCharType"), kind)
        if kind == "end":
            instruction = OxmlElement("w:instrText")
            instruction.text = " PAGE "
            run._r.append(instruction)
        run._r.append(char)


# --- PDF ------------------------------------------------------------------------------------------

FONT = "STSong-Light"
SIZE = 12
LEADING = 20
MARGIN = 72


def write_pdf(text: str, path: Path, *, columns: int) -> None:
    """The text as a PDF with a text layer, in one or two columns, with running heads and page numbers."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    width, height = A4
    gap = 24
    column_width = (width - 2 * MARGIN - gap * (columns - 1)) / columns
    rows = [row for line in text.splitlines() for row in _broken(line, column_width)]
    per_column = int((height - 2 * MARGIN) // LEADING)
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    pages = [
        rows[start : start + per_column * columns]
        for start in range(0, len(rows), per_column * columns)
    ]
    for page, content in enumerate(pages, start=1):
        canvas.setFont(FONT, 9)
        canvas.drawCentredString(width / 2, height - 40, _running_head(text))
        canvas.drawCentredString(width / 2, 36, f"— {page} —")
        canvas.setFont(FONT, SIZE)
        for index, row in enumerate(content):
            column, down = divmod(index, per_column)
            left = MARGIN + column * (column_width + gap)
            canvas.drawString(left, height - MARGIN - SIZE - down * LEADING, row)
        canvas.showPage()
    canvas.save()


def _broken(line: str, width: float) -> list[str]:
    """One line of the text as rows no wider than the column; a paragraph opens with two blanks."""
    words = line.strip()
    if not words:
        return []
    rows, row = [], "　　"
    # A number is never broken, and no line opens with a closing mark: that is how office software breaks lines.
    for piece in re.findall(r"[0-9A-Za-z.%‰]+|.", words):
        too_wide = pdfmetrics.stringWidth(row + piece, FONT, SIZE) > width
        if too_wide and piece not in "，。；：、）〕】":
            rows.append(row)
            row = ""
        row += piece
    if rows and len(row) == 1:
        # A character alone on its line is lost by some text layers: squeeze it into the line before.
        rows[-1], row = rows[-1][:-1], rows[-1][-1] + row
    return [*rows, row]


# --- HTML -----------------------------------------------------------------------------------------

_PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>{title}_政策文件_政府门户网站</title>
<style>.nav li {{ float: left }}</style>
<script>var visits = 500; document.title = "最高奖励500万元";</script>
</head>
<body>
<header><a href="/">政府门户网站</a><form><input name="q" placeholder="请输入关键字"></form></header>
<nav class="nav"><ul><li><a href="/">首页</a></li><li><a href="/gk">政务公开</a></li><li><a href="/fw">政务服务</a></li><li><a href="/hd">互动交流</a></li></ul></nav>
<div class="crumbs">当前位置：<a href="/">首页</a> &gt; <a href="/gk">政务公开</a> &gt; 政策文件</div>
<aside class="sidebar"><h3>相关解读</h3><ul>
<li><a href="/1">一、首次认定最高奖励500万元（市科技局解读）</a></li>
<li><a href="/2">1.到2030年产业规模突破8000亿元</a></li>
<li><a href="/3">第三条 租金补贴每月每平方米30元怎么领</a></li>
</ul></aside>
<main><div class="article"><div class="meta">来源：本站　浏览次数：<span>1024</span>　字体：[<a>大</a> <a>中</a> <a>小</a>]</div>
<div class="TRS_Editor">
{paragraphs}
</div>
<div class="share">分享到：<a>微信</a> <a>微博</a>　<a href="javascript:window.print()">打印本页</a> <a>关闭窗口</a></div>
</div></main>
<footer><p>主办：市人民政府办公室　承办：市大数据中心</p><p>网站标识码：0000000000　备案号：00000000号-1　联系电话：0000-12345</p></footer>
</body>
</html>
"""


def write_html(text: str, path: Path) -> None:
    """The text as a page of a government site; every line is a paragraph, headings are bold."""
    paragraphs = []
    for line in text.splitlines():
        words = html.escape(line.strip())
        if not words:
            continue
        if re.match(rf"{_CHINESE}、|第{_CHINESE}章", words) and len(words) < 30:
            words = f"<strong>{words}</strong>"
        paragraphs.append(f'<p style="text-indent: 2em">&emsp;&emsp;{words}</p>')
    page = _PAGE.format(title=html.escape(_running_head(text)), paragraphs="\n".join(paragraphs))
    path.write_text(page, "utf-8")


def _running_head(text: str) -> str:
    """The first line of the letterhead."""
    return text.split("\n", 1)[0].strip()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name, kind, path in make_fixtures(target):
        print(name, kind, path)
