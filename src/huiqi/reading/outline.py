"""Numbered paragraphs -> a tree, and which of its nodes are sections and which are clauses.

A style's depth is not fixed: whatever style first appears below another is its child, so 一、（一）1.
and 1.（1）一、 give the same tree. Numbers may skip or restart; a paragraph whose number fits nowhere is
text. A clause is the smallest numbered measure; finer lists inside it (its conditions, its grades)
are part of it.
"""

import re
from dataclasses import dataclass, field

from huiqi.reading.clean import Cleaned, Paragraph
from huiqi.reading.folding import depth
from huiqi.reading.numbering import Label
from huiqi.rulebook.problems import Problem, Severity

_FORMAL = ["编", "章", "节", "条"]
_FINE = {"（1）", "1）", "①", "A.", "Ⅰ"}
_CONTENTS = re.compile(r"(?:…{2,}|\.{4,}|·{4,}|—{4,}) ?[\-—]?\d{1,3}[\-—]?$")
_ATTACHMENT = re.compile(r"附(?:件|表|录) ?[\d一二三四五六七八九十]{0,3} ?(?::|$|[^:]{0,2}$)")
_SIGNED = re.compile(
    r"\(?[\d零一二三四五六七八九十]{2,4} ?年 ?[\d一二三四五六七八九十]{1,3} ?月 ?[\d一二三四五六七八九十]{1,3} ?日"
    r"(?:印发|印|发布)?\)?$"
)
_COLOPHON = re.compile(
    r"抄送|抄报|主送|分送|\(?此件|\(?此文|信息公开(?:选项|属性)|公开(?:方式|属性)|印发$|\(?联系"
)
_NO_HEADING = re.compile(
    r"给予(?=.{0,20}\d)|给予.{14,}|奖励[^扶政制]|补助\d|应当|不得|是指|指的是|本(?:办法|细则|规定|措施|政策|意见|方案|通知)(?:所|自|由|的|有|执)"
    r"|\d[\d.]*(?:万|亿|%|元)|可以|须|符合.{0,12}的|下列|以下|如下|^对[^标接外口内]|^经|^凡|^由"
)


@dataclass
class Node:
    """One numbered paragraph with what stands below it; positions in the cleaned text."""

    label: Label | None
    paragraph: int
    start: int
    heading: tuple[int, int] | None
    body: int
    end: int = 0
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    clause: bool = False
    attachment: str | None = None

    def own_text(self, cleaned: Cleaned) -> str:
        """The node's text without its heading and without its children's."""
        parts = []
        for index in self.paragraphs:
            paragraph = cleaned.paragraphs[index]
            start = self.body if index == self.paragraph else paragraph.start
            parts.append(cleaned.shadow[start : paragraph.end])
        return "".join(parts).strip()


@dataclass(frozen=True)
class Outline:
    """Tree, clauses in order, and the paragraphs before, between and after them."""

    roots: tuple[Node, ...]
    clauses: tuple[Node, ...]
    # Index of the first numbered paragraph, or the number of paragraphs.
    first: int
    # Paragraphs after the last clause that belong to no clause (closing words, signature, colophon).
    closing: frozenset[int]
    contents: frozenset[int]
    problems: tuple[Problem, ...]


def outline(cleaned: Cleaned) -> Outline:
    """The tree of a cleaned document."""
    roots: list[Node] = []
    stack: list[Node] = []
    nodes: list[Node] = []
    last: dict[str, int] = {}
    problems: list[Problem] = []
    contents: set[int] = set()
    attachment: str | None = None
    inside = depth(cleaned.shadow, "([“《")
    listed = 0  # number of the last attachment in a list of them, 附件：1.…
    for index, paragraph in enumerate(cleaned.paragraphs):
        shadow = cleaned.shadow[paragraph.start : paragraph.end]
        if len(shadow) <= 80 and _CONTENTS.search(shadow):
            contents.add(index)
            continue
        titled = _ATTACHMENT.match(shadow) and len(shadow) <= 40 and shadow.rstrip()[-1:] != "。"
        if titled and nodes and ":" not in shadow[:6]:
            attachment = cleaned.text[paragraph.start : paragraph.end]
            stack.clear()
            last.clear()
        found = paragraph.label
        listed = _attached(shadow, found, listed)
        if listed and found is not None:
            if stack:
                stack[-1].paragraphs.append(index)
            continue
        if found is None or not _fits(found, stack, last):
            if found is not None and nodes:
                problems.append(_odd(found, paragraph, cleaned))
            if stack:
                stack[-1].paragraphs.append(index)
            continue
        if last.get(found.style, 0) + 1 < found.number and nodes and found.style in last:
            problems.append(_skipped(found, last[found.style], paragraph, cleaned))
        node = _node(found, index, paragraph, cleaned, inside)
        node.attachment = attachment
        _place(node, stack, roots)
        last[found.style] = found.number
        nodes.append(node)
    for node in nodes:
        node.end = cleaned.paragraphs[node.paragraphs[-1]].end
    _headings_over_text(nodes, cleaned)
    _choose(roots, cleaned)
    nodes = [each for root in roots for each in _flat(root)]
    clauses = [node for node in nodes if node.clause]
    closing = _closing(nodes, clauses, cleaned)
    for node in clauses:
        node.end = max(_ends(node, cleaned, closing), default=node.end)
    first = nodes[0].paragraph if nodes else len(cleaned.paragraphs)
    return Outline(
        tuple(roots),
        tuple(clauses),
        first,
        frozenset(closing),
        frozenset(contents),
        tuple(problems),
    )


def _attached(shadow: str, found: Label | None, before: int) -> int:
    """The number of the attachment that a line of their list names; 0 for any other line."""
    if re.match(r"附件 ?: ?1[.、]", shadow):
        return 1
    return before + 1 if before and found is not None and found.number == before + 1 else 0


def _flat(node: Node) -> list[Node]:
    return [node, *(each for child in node.children for each in _flat(child))]


def _fits(found: Label, stack: list[Node], last: dict[str, int]) -> bool:
    """Whether a number can stand here: next, first, or a small skip."""
    if found.style in _FORMAL:
        return True
    for node in reversed(stack):
        if node.label is not None and node.label.style == found.style:
            step = found.number - node.label.number
            return found.number == 1 or -1 <= step <= 5
    if found.style in _FINE and found.number > 1 and last.get(found.style, 0) + 1 != found.number:
        # ② at a line's start, its ① inside the line before.
        return False
    if found.number == 1 or found.style not in last:
        return found.number <= 5 or not last
    return -2 <= found.number - last[found.style] <= 5


def _place(node: Node, stack: list[Node], roots: list[Node]) -> None:
    """Put a node below the right parent and make it the end of the stack."""
    assert node.label is not None
    style = node.label.style
    at = next(
        (i for i in range(len(stack) - 1, -1, -1) if stack[i].label.style == style),  # type: ignore[union-attr]
        None,
    )
    if at is None and style in _FORMAL:
        rank = _FORMAL.index(style)
        for i, above in enumerate(stack):
            assert above.label is not None
            if above.label.style in _FORMAL and _FORMAL.index(above.label.style) > rank:
                at = i
                break
    if at is not None:
        del stack[at:]
    if stack:
        node.parent = stack[-1]
        stack[-1].children.append(node)
    else:
        roots.append(node)
    stack.append(node)


def _node(
    found: Label, index: int, paragraph: Paragraph, cleaned: Cleaned, inside: bytearray
) -> Node:
    start = paragraph.start + found.length
    heading, body = _heading(start, paragraph.end, cleaned, inside, found.style)
    return Node(found, index, paragraph.start, heading, body, paragraph.end, paragraphs=[index])


def _heading(
    start: int, end: int, cleaned: Cleaned, inside: bytearray, style: str
) -> tuple[tuple[int, int] | None, int]:
    """The heading's place and where the text begins: own line, run-in, or none."""
    shadow = cleaned.shadow
    bracketed = re.match(r"[\[(]([^\])]{2,16})[\])] ?", shadow[start : min(end, start + 22)])
    if bracketed and style == "条" and not re.search(r"单位|部门|负责", bracketed[1]):
        return (start + 1, start + 1 + len(bracketed[1])), start + bracketed.end()
    stop = start
    while stop < end and (inside[stop] or shadow[stop] not in "。:;!?") and stop - start <= 90:
        if shadow[stop] == " " and not inside[stop] and cleaned.text[stop + 1 : stop + 2]:
            rest = shadow[stop:end]
            if stop - start <= 40 and "。" in rest and "," not in shadow[start:stop]:
                break
        stop += 1
    text = shadow[start:stop]
    bare = re.sub(r"[\[(][^\])]*(?:单位|部门|负责|牵头)[^\])]*[\])]$", "", text)
    if stop >= end:
        if len(bare) <= 60 and not _NO_HEADING.search(bare) and not re.search(r",.*,.*,", bare):
            return (start, start + len(bare)), start + len(bare)
        return None, start
    mark = shadow[stop]
    longest = 20 if style == "条" else 45
    if mark == ":":
        if (
            len(text) <= 16
            and not _NO_HEADING.search(text)
            and not re.search(r"[,、]|条件$|包括", text)
        ):
            return (start, stop), stop + 1
        return None, start
    if mark in ";!?" or not text or len(text) > longest or _NO_HEADING.search(text):
        return None, start
    if style == "条" and mark == "。" and not _short_title(text, shadow[stop + 1 : end]):
        return None, start
    if text.count(",") > 2:
        return None, start
    return (start, stop), stop + 1


def _short_title(text: str, rest: str) -> bool:
    """Whether an article's first words are a title: short, and more follows."""
    return len(text) <= 18 and "," not in text and len(rest) >= 10


def _headings_over_text(nodes: list[Node], cleaned: Cleaned) -> None:
    """A sentence that is all a leaf says is its text and no heading, when it is long or orders."""
    articles = [n for n in nodes if n.label is not None and n.label.style == "条"]
    titled = [n for n in articles if n.heading is not None]
    if len(titled) * 5 < len(articles) * 3:
        # Articles have titles all or none: a short first sentence is text.
        for node in titled:
            assert node.heading is not None
            if cleaned.shadow[node.heading[1] : node.heading[1] + 1] == "。":
                node.body, node.heading = node.heading[0], None
    for node in nodes:
        if node.children or node.heading is None or node.own_text(cleaned):
            continue
        start, end = node.heading
        text = cleaned.shadow[start:end]
        stopped = cleaned.shadow[end : end + 1] == "。"
        if stopped and (len(text) > 25 or "," in text):
            node.heading, node.body = None, start


def _choose(roots: list[Node], cleaned: Cleaned) -> None:
    """Mark clauses: articles where there are articles, else the finest level that carries measures."""
    for root in roots:
        _choose_below(root, cleaned)
    grouped = any(root.children and not root.clause for root in roots)
    for root in roots:
        if grouped and root.clause and not root.children:
            _bullets(root, cleaned)


_BULLET = re.compile(r"(?:——|— ?—|--) ?")


def _bullets(node: Node, cleaned: Cleaned) -> None:
    """A top section without numbers below it, whose measures are headed bullets: ——增量提质。…"""
    below: list[Node] = []
    for index in node.paragraphs:
        paragraph = cleaned.paragraphs[index]
        mark = _BULLET.match(cleaned.shadow, paragraph.start)
        if mark is None:
            if below:
                below[-1].paragraphs.append(index)
            continue
        stop = cleaned.shadow.find("。", mark.end(), mark.end() + 40)
        if (
            stop < 0
            or stop + 8 > paragraph.end
            or _NO_HEADING.search(cleaned.shadow, mark.end(), stop)
        ):
            return
        heading = (mark.end(), stop)
        below.append(
            Node(None, index, paragraph.start, heading, stop + 1, parent=node, paragraphs=[index])
        )
    if len(below) < 2:
        return
    node.clause = False
    taken = {index for bullet in below for index in bullet.paragraphs}
    node.paragraphs = [index for index in node.paragraphs if index not in taken]
    node.children = below
    for bullet in below:
        bullet.clause = True


def _choose_below(node: Node, cleaned: Cleaned) -> None:
    if node.label is not None and node.label.style == "条":
        node.clause = True
        return
    if not node.children:
        node.clause = True
        return
    if _is_section(node, cleaned):
        for child in node.children:
            _choose_below(child, cleaned)
    else:
        node.clause = True


def _is_section(node: Node, cleaned: Cleaned) -> bool:
    """Whether a node with children only groups them."""
    children = node.children
    if any(c.label is not None and c.label.style in _FORMAL for c in children):
        return True
    own = node.own_text(cleaned)
    texts = [_whole_text(child, cleaned) for child in children]
    named = [bool(re.search(r"[\])][。;]?$", text)) and _has_units(text) for text in texts]
    headed = sum(
        child.heading is not None and len(_whole_text(child, cleaned)) - _head_length(child) >= 8
        for child in children
    )
    average = sum(map(len, texts)) / len(texts)
    listing = re.search(r"(?:下列|以下|如下|条件|包括|范围|材料|标准)[^。]{0,12}[:：]$", own)
    fine = children[0].label is not None and children[0].label.style in _FINE
    # Units behind the last of some items are the measure's own.
    if sum(named) * 2 >= len(children) and (not fine or any(named[:-1])):
        return True
    if listing:
        return False
    if own and len(own) > 12:
        # Text of its own: a lead sentence over headed measures, or a measure over its items.
        if _has_units(own) or fine:
            return False
        return headed * 3 >= len(children) * 2 and average >= 40
    if fine:
        return headed * 3 >= len(children) * 2 and average >= 60 and len(children) >= 2
    if node.parent is None:
        return True
    if headed * 2 >= len(children):
        return True
    return average >= 30


def _head_length(node: Node) -> int:
    return 0 if node.heading is None else node.heading[1] - node.heading[0]


def _whole_text(node: Node, cleaned: Cleaned) -> str:
    last = node
    while last.children:
        last = last.children[-1]
    end = cleaned.paragraphs[last.paragraphs[-1]].end
    start = node.start + (node.label.length if node.label else 0)
    return cleaned.shadow[start:end]


_UNITS = re.compile(
    r"责任单位|责任部门|牵头|配合单位|(?:局|委|办|厅|部|中心|政府|会|行|院)[^()\[\]。]{0,12}[\])]"
)


def _has_units(text: str) -> bool:
    return bool(_UNITS.search(text[-400:]))


def _closing(nodes: list[Node], clauses: list[Node], cleaned: Cleaned) -> set[int]:
    """Paragraphs after the last measure that say something about the whole paper."""
    closing: set[int] = set()
    if not nodes:
        return closing
    single = [node for node in clauses if len(node.paragraphs) == 1 and not node.children]
    mostly_single = len(clauses) >= 3 and len(single) * 5 >= len(clauses) * 4
    for position, node in enumerate(nodes):
        follows = nodes[position + 1].paragraph if position + 1 < len(nodes) else None
        tail = [index for index in node.paragraphs if index != node.paragraph]
        signed = False
        for index in tail:
            paragraph = cleaned.paragraphs[index]
            shadow = cleaned.shadow[paragraph.start : paragraph.end]
            frame = _SIGNED.match(shadow) or _COLOPHON.match(shadow) or _ATTACHMENT.match(shadow)
            if frame or signed:
                closing.add(index)
                signed = True
            elif follows is None and mostly_single and _says_enough(node, cleaned):
                closing.add(index)
        # A signature line stands right before the date.
        for index in tail:
            if index in closing and index - 1 in tail and index - 1 not in closing:
                paragraph = cleaned.paragraphs[index]
                before = cleaned.paragraphs[index - 1]
                text = cleaned.shadow[before.start : before.end]
                dated = _SIGNED.match(cleaned.shadow[paragraph.start : paragraph.end])
                if dated and len(text) <= 40 and not re.search(r"[。,;:]", text):
                    closing.add(index - 1)
    return closing


def _says_enough(node: Node, cleaned: Cleaned) -> bool:
    """Whether a node's own paragraph already says something, so that what follows closes the paper."""
    return cleaned.paragraphs[node.paragraph].end - node.body >= 20


def _ends(node: Node, cleaned: Cleaned, closing: set[int]) -> list[int]:
    ends = [cleaned.paragraphs[i].end for i in node.paragraphs if i not in closing]
    for child in node.children:
        ends.extend(_ends(child, cleaned, closing))
    return ends


def chain(node: Node, cleaned: Cleaned) -> tuple[str, ...]:
    """The headings above a node, outermost first, with their numbers as printed."""
    above: list[str] = []
    at = node.parent
    while at is not None:
        above.append(printed_heading(at, cleaned))
        at = at.parent
    if node.attachment is not None:
        above.append(node.attachment)
    return tuple(reversed(above))


def printed_heading(node: Node, cleaned: Cleaned) -> str:
    """Number and heading as printed: `二、工作措施`."""
    end = node.heading[1] if node.heading else cleaned.paragraphs[node.paragraph].end
    if node.label is not None and node.label.style in _FORMAL and node.heading:
        number = cleaned.text[node.start : node.start + node.label.length].strip()
        return f"{number} {cleaned.text[slice(*node.heading)].strip()}"
    return cleaned.text[node.start : min(end, node.start + 80)]


def printed_number(node: Node, cleaned: Cleaned) -> str:
    """The number without its marks: `十四`, `3`, `第十条`; a headed bullet counts as 目标1, 目标2 …"""
    if node.label is None:
        assert node.parent is not None
        return f"{'目标' if '目标' in printed_heading(node.parent, cleaned) else '要点'}{node.parent.children.index(node) + 1}"
    printed = "".join(cleaned.text[node.start : node.start + node.label.length].split())
    return printed.strip("()（）〔〕[]、.．，,") or printed


def _odd(found: Label, paragraph: Paragraph, cleaned: Cleaned) -> Problem:
    return Problem(
        "read-numbering",
        f"段首的“{found.printed}”与前后编号不接，按正文处理",
        "请核对此处是不是一条的开头",
        found=cleaned.text[paragraph.start : paragraph.start + 20],
        severity=Severity.WARNING,
    )


def _skipped(found: Label, before: int, paragraph: Paragraph, cleaned: Cleaned) -> Problem:
    return Problem(
        "read-numbering-skip",
        f"编号从 {before} 跳到 {found.number}",
        "请核对原文是否缺条或编号有误",
        found=cleaned.text[paragraph.start : paragraph.start + 20],
        severity=Severity.WARNING,
    )
