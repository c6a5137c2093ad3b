"""HTML pages -> lines: navigation, share buttons and footers go, headings, text and tables stay."""

import re
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from huiqi.reading.lines import Extracted, Line
from huiqi.rulebook.problems import Problem

_DROPPED = "script, style, nav, footer, aside, form, iframe, noscript, button, select, input, svg, template, head > meta, link, video, audio, object"
_NOISE_NAME = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|menus|crumb|crumbs|breadcrumb|breadcrumbs|footer|foot|sidebar|side|share|bshare|social|toolbar|tools|"
    r"copyright|search|related|recommend|position|location|pagination|pager|login|banner|qrcode|wechat|ewm|print|fontsize|dqwz|wz|top-bar|topbar|logo|links|friend)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CONTENT = (
    "#UCAP-CONTENT, #zoom, #Zoom, .TRS_Editor, .trs_editor_view, #article, .article-content, .article_content, .pages_content, "
    "#content, .content, article, main, .detail, .view, .con, .news_content, #mainText"
)
_BLOCKS = {
    "p",
    "div",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "article",
    "main",
    "ul",
    "ol",
    "table",
    "tbody",
    "thead",
    "blockquote",
    "center",
    "dd",
    "dt",
    "dl",
    "pre",
    "header",
    "body",
    "html",
    "td",
    "th",
    "figure",
    "figcaption",
    "address",
}
_NOISE_LINE = re.compile(
    r"(?:(?:您)?(?:当前|现在|所在)的?(?:所在)?位置|首页\s*[>»/-]|\[?\s*打印(?:本页|此页)?\s*\]?$|\[?关闭(?:窗口|本页)?\]?$|分享到|扫一扫|微信|上一篇|下一篇|相关(?:链接|文档|解读|新闻)|"
    r"版权所有|Copyright|©|.{0,20}ICP备|.{0,12}公网安备|网站(?:地图|标识码)|联系我们|无障碍|繁体|【?字体|字号|收藏|我要纠错|返回顶部|浏览次数|责任编辑|返回|政务微博|客户端)",
    re.IGNORECASE,
)


@dataclass
class _Facts:
    """What a page's elements hold, by element: counted once for all, from the leaves up."""

    length: dict[int, int] = field(default_factory=dict)
    linked: dict[int, int] = field(default_factory=dict)
    links: dict[int, int] = field(default_factory=dict)
    stops: dict[int, int] = field(default_factory=dict)


def html_lines(text: str, name: str = "") -> Extracted:
    """The document's lines from a page; a page without text is a problem."""
    if _deepest(text) > _DEEPEST:
        # No page nests so deep; a parser's work grows with the square of the depth.
        words = re.sub(r"<[^<>]{0,2000}>", "\n", text)
        return Extracted(tuple(Line(line) for line in words.split("\n")))
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    hint = ""
    if title is not None:
        hint = re.split(
            r"\s*[_|\-—–]\s*(?=[^_|]{2,20}(?:政府|网|局|委|厅|门户)?$)",
            title.text(strip=True)[:300],
        )[0]
    body = tree.body
    if body is None:
        return _empty(name)
    dropped = {node.mem_id for node in body.css(_DROPPED)}
    facts = _facts(body, dropped)
    everything = facts.length.get(body.mem_id, 0)
    for node in body.css("[class], [id], [role]"):
        attributes = node.attributes
        label = " ".join(attributes.get(key) or "" for key in ("class", "id", "role"))
        if not _NOISE_NAME.search(label[:200]):
            continue
        # An element that holds most of the page is no navigation, whatever it is called.
        holds = facts.length.get(node.mem_id, 0) * 2 > everything and facts.stops.get(
            node.mem_id, 0
        )
        if not holds:
            dropped.add(node.mem_id)
    for node in body.css("ul, ol, div, td"):
        key = node.mem_id
        count = facts.links.get(key, 0)
        if count >= 4 and facts.linked[key] * 10 >= facts.length[key] * 7:
            dropped.add(key)
    facts = _facts(body, dropped)
    root, before = _main(body, facts, dropped)
    lines = [*before, *_lines(root, dropped)]
    lines = [
        line for line in lines if line.cells is not None or not _NOISE_LINE.match(line.text.strip())
    ]
    if not any(line.text.strip() for line in lines):
        return _empty(name)
    return Extracted(tuple(lines), title=hint)


_DEEPEST = 500
_TAG = re.compile(
    r"<(/?)(?:div|span|table|ul|ol|section|font|b|i|em|strong|center|article|blockquote)\b",
    re.IGNORECASE,
)


def _deepest(text: str) -> int:
    """How deep a page nests, roughly: opened minus closed tags at the worst place."""
    level = worst = 0
    for found in _TAG.finditer(text):
        level += -1 if found[1] else 1
        worst = max(worst, level)
    return worst


def _empty(name: str) -> Extracted:
    return Extracted(
        problems=(
            Problem("read-empty", "网页里没有正文", "请打开原文所在的网页另存后再读入", file=name),
        )
    )


def _children(node: Any) -> list[Any]:
    children = []
    child = node.child
    while child is not None:
        children.append(child)
        child = child.next
    return children


def _facts(body: Any, dropped: set[int]) -> _Facts:
    """Characters, linked characters, links and full stops below every element, in one walk."""
    facts = _Facts()
    # (element, key of its parent, whether inside a link), then once more on the way up.
    stack: list[tuple[Any, int, bool, bool]] = [(body, 0, False, False)]
    while stack:
        node, parent, linked, leaving = stack.pop()
        key = node.mem_id
        if leaving:
            for table in (facts.length, facts.linked, facts.links, facts.stops):
                table[parent] = table.get(parent, 0) + table.get(key, 0)
            continue
        if node.tag == "-text":
            words = node.text(deep=False) or ""
            length = len("".join(words.split()))
            facts.length[parent] = facts.length.get(parent, 0) + length
            facts.linked[parent] = facts.linked.get(parent, 0) + (length if linked else 0)
            facts.stops[parent] = facts.stops.get(parent, 0) + words.count("。")
            continue
        if key in dropped:
            continue
        link = node.tag == "a"
        for table in (facts.length, facts.linked, facts.links, facts.stops):
            table[key] = 0
        facts.links[key] = int(link)
        stack.append((node, parent, linked, True))
        stack.extend((child, key, linked or link, False) for child in _children(node))
    return facts


def _main(body: Any, facts: _Facts, dropped: set[int]) -> tuple[Any, list[Line]]:
    """The element that holds the text, and the headings and metadata that stand before it."""
    total = facts.length.get(body.mem_id, 0)
    best: tuple[int, Any] | None = None
    for node in body.css(_CONTENT):
        length = facts.length.get(node.mem_id, 0)
        if length * 10 >= total * 5 and (best is None or length <= best[0]):
            best = (length, node)
    if best is None:
        return body, []
    root = best[1]
    inside = "".join(line.text for line in _lines(root, dropped))
    inside = re.sub(r"\s+", "", inside)[:3000]
    before: list[Line] = []
    for node in body.css("h1, h2, table, .title, #title, .article-title, .headInfo"):
        if not 0 < facts.length.get(node.mem_id, 0) <= 600:
            continue
        words = re.sub(r"\s+", "", node.text(deep=True))
        if words in inside:
            continue
        label = f"{node.attributes.get('class')} {node.attributes.get('id')}"
        if node.tag in {"h1", "h2"} or "title" in label:
            before.append(Line(words, hard=True))
        elif re.search(r"索引号|发文字号|发文机关|成文日期|文号", words):
            before.extend(_meta_lines(node))
    return root, list({line.text: line for line in before}.values())


def _meta_lines(table: Any) -> list[Line]:
    """索引号 … 发文字号 …: a table of facts as lines `name：value`."""
    cells = [re.sub(r"\s+", "", cell.text(deep=True)) for cell in table.css("td, th")]
    lines = []
    index = 0
    while index < len(cells):
        cell = cells[index]
        if re.search(r"[:：].", cell):
            lines.append(Line(cell, hard=True))
            index += 1
        elif index + 1 < len(cells):
            lines.append(Line(f"{cell.strip('：:')}：{cells[index + 1]}", hard=True))
            index += 2
        else:
            index += 1
    return lines


def _lines(root: Any, dropped: set[int]) -> list[Line]:
    """Blocks as lines, <br> as a soft line end, data tables as rows."""
    out: list[Line] = []
    buffer: list[str] = []

    def flush(hard: bool) -> None:
        text = re.sub(r"[\t\r\n ]+", " ", "".join(buffer))
        buffer.clear()
        if text.strip(" \u00a0\u3000"):
            out.append(Line(text, hard=hard))

    # An explicit stack: pages nest deeper than Python recurses.
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        tag = node.tag
        if leaving:
            flush(True)
            continue
        if node.mem_id in dropped:
            continue
        if tag == "-text":
            buffer.append(node.text(deep=False) or "")
            continue
        if tag == "br":
            flush(False)
            continue
        if tag == "table" and (rows := _data_rows(node)):
            flush(True)
            out.extend(rows)
            continue
        block = tag in _BLOCKS
        if block:
            flush(True)
            stack.append((node, True))
        stack.extend((each, False) for each in reversed(_children(node)))
    flush(True)
    return out


def _data_rows(table: Any) -> list[Line]:
    """The rows of a table of data; a table that only lays out the page gives none."""
    if table.css("table table"):
        return []
    rows = []
    for row in table.css("tr"):
        cells = tuple(
            re.sub(r"\s+", " ", cell.text(deep=True)).strip().replace("｜", "|")
            for cell in row.css("td, th")
        )
        if any(len(cell) > 400 for cell in cells):
            return []
        if any(cells):
            rows.append(cells)
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return []
    return [Line("｜".join(cells), hard=True, cells=cells) for cells in rows]
