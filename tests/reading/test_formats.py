"""The same paper as TXT, DOCX, PDF and HTML reads the same; bad files are problems, never tracebacks."""

import io
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from huiqi.reading import Reading, as_json, read, read_many

TITLE = "清河市人民政府关于支持科技型企业发展的若干措施"
NUMBER = "清政发〔2023〕9号"
SALUTATION = "各县（市、区）人民政府，市直各有关部门："
PREAMBLE = "为支持科技型企业发展，根据《临江省人民政府关于促进科技创新的意见》（临政发〔2022〕30号）精神，结合我市实际，制定本措施。"
BODY = [
    ("一", 0, "壮大创新主体"),
    (
        "（一）",
        1,
        "培育高新技术企业。到2025年，全市高新技术企业达到300家以上。对首次认定的高新技术企业，一次性给予20万元奖励；对重新认定的，给予5万元奖励。（市科技局、市财政局）",
    ),
    (
        "（二）",
        1,
        "支持企业研发。对研发投入1000万元以上的企业，按研发投入的5%给予补助，单个企业最高不超过100万元，所需资金由市财政统筹安排，并优先推荐申报省级科技计划项目。（市科技局牵头，市财政局、市税务局配合）",
    ),
    ("二", 0, "建设创新平台"),
    (
        "（一）",
        1,
        "建设孵化载体。对新认定的国家级、省级孵化器，分别给予100万元、50万元奖励。（责任单位：市科技局）",
    ),
]
SIGNED = ["清河市人民政府", "2023年6月30日"]


def plain_lines() -> list[str]:
    """The paper line by line with its numbers written out."""
    body = [(f"{n}、{t}" if level == 0 else f"{n}{t}") for n, level, t in BODY]
    return [TITLE, NUMBER, SALUTATION, PREAMBLE, *body, *SIGNED]


def facts(reading: Reading) -> dict[str, object]:
    """What every format must give alike: no offsets, no sentences."""
    data = as_json(reading)
    return {
        "number": data["document"]["number"],
        "title": data["document"]["title"],
        "issuer": data["document"]["issuer"],
        "issued_on": data["document"]["issued_on"],
        "based_on": [(b["title"], b["number"]) for b in data["document"]["based_on"]],
        "clauses": [
            (c["section"], c["number"], c["heading"], c["responsible"], c["lead"])
            for c in data["clauses"]
        ],
        "targets": [
            (t["indicator"], t["comparator"], t["value"], t["deadline"]) for t in data["targets"]
        ],
        "supports": [
            (s["amounts_cny"], s["rates_percent"], s["cap_cny"]) for s in data["supports"]
        ],
        "problems": data["problems"],
    }


WANTED = {
    "number": NUMBER,
    "title": TITLE,
    "issuer": ["清河市人民政府"],
    "issued_on": "2023-06-30",
    "based_on": [("临江省人民政府关于促进科技创新的意见", "临政发〔2022〕30号")],
    "clauses": [
        (["一、壮大创新主体"], "一", "培育高新技术企业", ["市科技局", "市财政局"], None),
        (
            ["一、壮大创新主体"],
            "二",
            "支持企业研发",
            ["市科技局", "市财政局", "市税务局"],
            "市科技局",
        ),
        (["二、建设创新平台"], "一", "建设孵化载体", ["市科技局"], None),
    ],
    "targets": [("全市高新技术企业", ">=", 300, "2025年")],
    "supports": [
        ([200000], [], None),
        ([50000], [], None),
        ([], [5], 1000000),
        ([1000000, 500000], [], None),
    ],
    "problems": [],
}


def sees(reading: Reading) -> None:
    """The reading has the wanted facts, and every offset gives the printed words."""
    assert facts(reading) == WANTED
    text = reading.text
    for clause in reading.clauses:
        assert text[clause.start :].startswith(clause.label.strip())
        for unit in clause.units:
            assert text[unit.start : unit.end] == unit.name
    for target in reading.targets:
        assert text[target.start : target.end] == target.quote
    for support in reading.supports:
        assert text[support.start : support.end] == support.quote


# --- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_text_in_every_encoding(encoding: str, newline: str) -> None:
    sees(read(newline.join(plain_lines()).encode(encoding), name="清河.txt"))


@pytest.mark.parametrize("width", [24, 32, 40])
def test_text_wrapped_at_a_width(width: int) -> None:
    out = [TITLE, "", NUMBER, ""]
    for line in plain_lines()[2:-2]:
        indented = "　　" + line
        out += [indented[i : i + width] for i in range(0, len(indented), width)]
    sees(read("\n".join([*out, "", *SIGNED]).encode(), name="清河.txt"))


def test_text_with_print_noise() -> None:
    lines = plain_lines()
    noisy = [
        f"# {lines[0]}",
        "",
        lines[1],
        "",
        f"**{lines[2]}**",
        "",
        lines[3].replace("，制定", "，\n\n- 2 -\n\n制定"),
        "",
        lines[4],
        lines[5]
        .replace("20万元", "2 0 万元")
        .replace("2025年", "2025 年")
        .replace("300家", "300 家"),
        lines[6].replace("（市科技局牵头", "（市科技\n\n— 3 —\n\n局牵头"),
        lines[7],
        lines[8].replace("（责任", "(责任").replace("：", ":").replace("局）", "局)"),
        "",
        *lines[9:],
    ]
    reading = read("\n\n".join(noisy).encode(), name="清河.md")
    assert facts(reading) == WANTED


# --- DOCX -----------------------------------------------------------------------------------------

_NUMBERING = """
<w:abstractNum {ns} w:abstractNumId="77">
  <w:multiLevelType w:val="multilevel"/>
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:suff w:val="nothing"/><w:lvlText w:val="%1、"/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:suff w:val="nothing"/><w:lvlText w:val="（%2）"/></w:lvl>
</w:abstractNum>
"""


def docx_bytes(automatic: bool) -> bytes:
    """The paper as DOCX, its numbers typed or made by Word."""
    document = Document()
    document.add_paragraph(TITLE).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(NUMBER)
    document.add_paragraph(SALUTATION)
    document.add_paragraph(PREAMBLE)
    if automatic:
        numbering = document.part.numbering_part.element
        numbering.insert(0, parse_xml(_NUMBERING.format(ns=nsdecls("w"))))
        num = OxmlElement("w:num")
        num.set(qn("w:numId"), "77")
        link = OxmlElement("w:abstractNumId")
        link.set(qn("w:val"), "77")
        num.append(link)
        numbering.append(num)
    for number, level, text in BODY:
        if not automatic:
            document.add_paragraph(f"{number}、{text}" if level == 0 else f"{number}{text}")
            continue
        paragraph = document.add_paragraph(text)
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = level
        properties.get_or_add_numId().val = 77
    for line in SIGNED:
        document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("automatic", [False, True])
def test_docx_with_typed_and_automatic_numbers(automatic: bool) -> None:
    sees(read(docx_bytes(automatic), name="清河.docx"))


def test_docx_keeps_tables() -> None:
    document = Document()
    document.add_paragraph(TITLE)
    document.add_paragraph("一、任务分工")
    document.add_paragraph("各有关部门要按下表落实任务，确保按期完成。")
    table = document.add_table(rows=2, cols=3)
    for row, cells in enumerate([("序号", "任务", "责任单位"), ("1", "建设孵化器", "市科技局")]):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    buffer = io.BytesIO()
    document.save(buffer)
    reading = read(buffer.getvalue(), name="表.docx")
    assert reading.text.split("\n")[-2:] == ["序号｜任务｜责任单位", "1｜建设孵化器｜市科技局"]


# --- PDF ------------------------------------------------------------------------------------------

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
SIZE = 14


def _wrapped(lines: list[str], width: int) -> list[str]:
    """Lines of a width; a closing mark never begins one, as in print."""
    out = []
    for line in lines:
        text = "　　" + line
        while text:
            stop = width
            while stop < len(text) and text[stop] in "。，、；：）》”":
                stop += 1
            out.append(text[:stop])
            text = text[stop:]
    return out


def _draw(page: canvas.Canvas, x: float, y: float, text: str) -> None:
    """One line; the ideographic indent becomes a real indent."""
    bare = text.lstrip("　")
    page.drawString(x + (len(text) - len(bare)) * SIZE, y, bare)


def pdf_bytes(rows_per_page: int = 11, columns: int = 1, encrypted: bool = False) -> bytes:
    """The paper as PDF: small pages that break sentences, a running head, page numbers."""
    buffer = io.BytesIO()
    guard = StandardEncryption("secret") if encrypted else None
    page = canvas.Canvas(buffer, pagesize=A4, encrypt=guard)
    width, height = A4
    per_line = 30 if columns == 1 else 15
    rows = _wrapped(plain_lines()[2:-2], per_line)
    number = 0

    def frame() -> None:
        nonlocal number
        number += 1
        page.setFont("STSong-Light", 10)
        page.drawCentredString(width / 2, height - 40, "清河市人民政府公报")
        page.drawCentredString(width / 2, 30, f"— {number} —")
        page.setFont("STSong-Light", SIZE)

    frame()
    y = height - 90
    page.drawCentredString(width / 2, y, TITLE)
    page.drawCentredString(width / 2, y - 26, NUMBER)
    y -= 60
    while rows:
        count = rows_per_page * columns
        part, rows = rows[:count], rows[count:]
        rest = [part[i : i + rows_per_page] for i in range(0, len(part), rows_per_page)]
        for column, lines in enumerate(rest):
            x = 70 + column * (per_line * SIZE + 28)
            for index, line in enumerate(lines):
                _draw(page, x, y - index * 24, line)
        if rows:
            page.showPage()
            frame()
            y = height - 90
    y -= rows_per_page * 24 + 20
    page.drawRightString(width - 80, y, SIGNED[0])
    page.drawRightString(width - 80, y - 24, SIGNED[1])
    page.save()
    return buffer.getvalue()


@pytest.mark.parametrize("rows", [7, 9, 11])
def test_pdf_with_sentences_over_page_ends(rows: int) -> None:
    sees(read(pdf_bytes(rows), name="清河.pdf"))


def test_pdf_in_two_columns() -> None:
    sees(read(pdf_bytes(18, columns=2), name="清河.pdf"))


def test_pdf_noise_is_gone() -> None:
    reading = read(pdf_bytes(7), name="清河.pdf")
    assert "公报" not in reading.text
    assert "— 1 —" not in reading.text


# --- HTML -----------------------------------------------------------------------------------------


def html(body: str) -> str:
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{TITLE}_清河市人民政府网</title>
<script>var a = "一、脚本";</script></head><body>
<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/z">政务公开</a></li><li><a href="/w">政策文件</a></li><li><a href="/h">互动</a></li></ul></div>
<div class="crumb">您当前的位置：<a href="/">首页</a> &gt; <a href="/w">政策文件</a></div>
<h1>{TITLE}</h1>
<div id="zoom">{body}</div>
<div class="share">分享到：微信</div>
<div class="footer"><p>主办单位：清河市人民政府办公室</p><p>版权所有 ICP备12345号</p></div></body></html>"""


def test_html_without_navigation() -> None:
    body = "".join(f"<p>{line}</p>" for line in plain_lines()[1:])
    reading = read(html(body).encode(), name="清河.html")
    sees(reading)
    for noise in ("首页", "分享", "版权", "脚本"):
        assert noise not in reading.text


def test_html_in_gb18030_with_line_breaks() -> None:
    body = "<br/>".join("　　" + line for line in plain_lines()[1:])
    text = html(f"<p>{body}</p>").replace("utf-8", "gb2312")
    sees(read(text.encode("gb18030"), name="清河.htm"))


# --- bad input ------------------------------------------------------------------------------------


def image_pdf() -> bytes:
    image = Image.new("L", (400, 300), 255)
    buffer = io.BytesIO()
    image.save(buffer, format="PDF")
    return buffer.getvalue()


def blank_docx() -> bytes:
    buffer = io.BytesIO()
    Document().save(buffer)
    return buffer.getvalue()


BAD = [
    ("empty", b"", "read-empty"),
    ("blanks", b"  \n\n", "read-empty"),
    ("bom", b"\xef\xbb\xbf", "read-empty"),
    ("binary", bytes(range(256)) * 40, "read-binary"),
    ("damaged pdf", b"%PDF-1.4 nothing here", "read-damaged"),
    ("damaged docx", b"PK\x03\x04" + b"x" * 200, "read-damaged"),
    ("old doc", b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "read-format"),
    ("encrypted pdf", pdf_bytes(encrypted=True), "read-encrypted"),
    ("scanned pdf", image_pdf(), "read-scanned"),
    ("blank docx", blank_docx(), "read-empty"),
    ("empty page", b"<html><body><div class='nav'>a</div></body></html>", "read-empty"),
]


@pytest.mark.parametrize(("data", "code"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_file_is_a_problem(data: bytes, code: str) -> None:
    reading = read(data, name="坏.bin")
    assert [(p.code, p.file) for p in reading.problems] == [(code, "坏.bin")]
    assert (reading.text, reading.clauses, reading.sentences) == ("", (), ())
    assert reading.problems[0].remedy


def test_missing_file_is_a_problem(tmp_path: Path) -> None:
    reading = read(tmp_path / "没有.txt")
    assert [p.code for p in reading.problems] == ["read-open"]


def test_many_files_with_progress(tmp_path: Path) -> None:
    good = tmp_path / "甲.txt"
    good.write_text("\n".join(plain_lines()), encoding="utf-8")
    bad = tmp_path / "乙.txt"
    bad.write_bytes(b"")
    told: list[tuple[int, int, str]] = []
    readings = list(read_many([good, bad], lambda *at: told.append(at)))
    assert told == [(1, 2, "甲.txt"), (2, 2, "乙.txt")]
    assert [len(r.clauses) for r in readings] == [3, 0]


def test_the_fixture_is_encrypted() -> None:
    with pytest.raises(pdfium.PdfiumError):
        pdfium.PdfDocument(pdf_bytes(encrypted=True))
