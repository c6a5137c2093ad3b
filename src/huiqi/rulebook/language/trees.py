"""Classifications in levels: administrative divisions (GB/T 2260) and industries (GB/T 4754).

Nodes stand in pre-order, so that everything inside a node is one interval of positions and "belongs
to" is two comparisons of integers, for one subject as for a column. A division that was abolished
stands under its successor: its old code still belongs to the successor, the city and the province.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from huiqi.rulebook.language.csvfile import Row, read_table
from huiqi.rulebook.problems import Problem, nearest

REQUIRED = ("代码", "名称", "上级代码", "层级")
OPTIONAL = ("全称", "别名", "启用日期", "停用日期", "继任代码", "备注")

# How divisions are called that are finer than a county, and than a province.
_BELOW_COUNTY = re.compile(r"[一-鿿]{1,12}(?:镇|乡|苏木|街道|街道办|街道办事处)")
_BELOW_PROVINCE = re.compile(
    r"[一-鿿]{1,24}(?:市|县|区|旗|州|盟|镇|乡|苏木|街道|街道办|街道办事处)"
)
# The longest codes in use are the 12 digits of the statistical division codes.
_CODE = re.compile(r"([A-Z]?)([0-9]{2,12})")


class TreeError(LookupError):
    """A code that the tree does not hold. ``problem`` says it to the person who asked."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One division or industry.

    ``parent`` is the code of what it belongs or belonged to by law, None at the top;
    ``successor`` the code that took its place. ``valid_from`` is the first day it exists,
    ``valid_to`` the first day it no longer does; None means before the table begins, and still.
    ``position`` is its place in the tree and ``end`` the place after the last node inside it.
    """

    code: str
    name: str
    full_name: str
    level: str
    parent: str | None = None
    successor: str | None = None
    aliases: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""
    position: int = 0
    end: int = 0

    @property
    def current(self) -> bool:
        """Whether no end is known."""
        return self.valid_to is None

    def valid_on(self, day: date) -> bool:
        """Whether it exists on the day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Tree:
    """A classification, from ``load_tree`` or ``build_tree``. Look-ups take constant time."""

    name: str
    nodes: tuple[TreeNode, ...]
    _positions: Mapping[str, int] = field(repr=False, compare=False)
    _hosts: tuple[int, ...] = field(repr=False, compare=False)
    _leaves: frozenset[int] = field(repr=False, compare=False)
    _named: Mapping[str, tuple[int, ...]] = field(repr=False, compare=False)
    _names: tuple[str, ...] = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.nodes)

    def get(self, code: str) -> TreeNode | None:
        """The node with exactly this code, or None."""
        position = self._positions.get(code)
        return None if position is None else self.nodes[position]

    def position(self, code: str) -> int:
        """The node's place in pre-order, from 0. Raises TreeError for a code the tree lacks."""
        try:
            return self._positions[code]
        except KeyError:
            raise TreeError(self._unknown(code)) from None

    def positions(self) -> Mapping[str, int]:
        """Every code with its place, to turn a column of codes into a column of integers."""
        return self._positions

    def interval(self, code: str) -> tuple[int, int]:
        """First place inside the node (its own) and the place after the last. Raises TreeError."""
        position = self.position(code)
        return position, self.nodes[position].end

    def contains(self, outer: str, inner: str) -> bool:
        """Whether ``inner`` is ``outer`` or belongs to it. Raises TreeError for unknown codes."""
        first, end = self.interval(outer)
        return first <= self.position(inner) < end

    def succeeded(self, code: str) -> TreeNode:
        """The node that now stands in the place of the code: itself, or the last of its successors.

        A node abolished without a successor stands for itself. Raises TreeError.
        """
        return self._succeeded(self.position(code))

    def ancestor(self, code: str, level: str) -> TreeNode | None:
        """The node of that level to which the code now belongs, or None where there is none.

        Counts the node itself, and successors in the place of what was abolished: for 长治县 the
        level 县级 gives 上党区. Raises TreeError for an unknown code.
        """
        position = self.position(code)
        while position >= 0:
            node = self._succeeded(position)
            if node.level == level:
                return node
            position = self._hosts[node.position]
        return None

    def find(self, text: str) -> TreeNode | Problem:
        """The node that a person means by a code, full name, unambiguous short name or alias.

        Divisions are also found by a higher division's name with their own (长治市城区,
        山西省高平市), and industries by section letter and code (C39). A name that several nodes
        bear is a Problem listing them, unless one of them contains the others; an unknown one a
        Problem with what is near.
        """
        key = _key(text)
        position = self._positions.get(key)
        if position is not None:
            return self.nodes[position]
        places = self._named.get(key, ())
        if len(places) == 1:
            return self.nodes[places[0]]
        return self._ambiguous(text, places) if places else self._unknown(text)

    def locate(self, code: str) -> TreeNode | Problem:
        """The node to which a register's code belongs, which may be finer than the tree.

        3912 and C3912 are in 39, 410105 (郑州市金水区) in 410000, 140581000000 in 140581. Only a node
        with no current nodes inside takes finer codes in: 140199 is a Problem, because 太原市 is
        listed in full. For data; what a person writes into a rule goes through ``find``.
        """
        key = _key(code)
        found = self.get(key)
        if found is not None:
            return found
        match = _CODE.fullmatch(key)
        if match is None:
            # 6 for 06: a spreadsheet took the code for a number.
            near = [f"0{key}"] if f"0{key}" in self._positions else []
            return self._unknown(code, near)
        letter, digits = match.groups()
        for length in range(len(digits), 1, -1):
            head = digits[:length]
            position = self._positions.get(head, self._positions.get(head.ljust(len(digits), "0")))
            if position is not None:
                node = self.nodes[position]
                exact = head == digits
                fits = not letter or self._root(position).code == letter
                return node if fits and (exact or position in self._leaves) else self._unknown(code)
        return self._unknown(code)

    def host(self, text: str) -> TreeNode | None:
        """The division that a finer one's name begins with: 高平市河西镇 is in 高平市, 河南省郑州市 in 河南省.

        For data, as :meth:`locate`; only a node with no current nodes inside takes finer names in.
        None where the text is no such name.
        """
        key = _key(text)
        for length in range(len(key) - 2, 2, -1):
            places = self._named.get(key[:length], ())
            if len(places) != 1 or places[0] not in self._leaves:
                continue
            node = self.nodes[places[0]]
            finer = _BELOW_PROVINCE if node.level == "省级" else _BELOW_COUNTY
            if key[length - 1] in "省市县区旗" and finer.fullmatch(key[length:]):
                return node
        return None

    def names(self) -> tuple[str, ...]:
        """Every name, full name, combination and alias that ``find`` resolves, longest first."""
        return self._names

    def _succeeded(self, position: int) -> TreeNode:
        node = self.nodes[position]
        while node.successor is not None:
            node = self.nodes[self._positions[node.successor]]
        return node

    def _root(self, position: int) -> TreeNode:
        while self._hosts[position] >= 0:
            position = self._hosts[position]
        return self.nodes[position]

    def _ambiguous(self, text: str, places: Sequence[int]) -> Problem:
        listed = "、".join(_described(self.nodes[place]) for place in places)
        example = min((self.nodes[place] for place in places), key=lambda node: not node.current)
        return Problem(
            "tree-ambiguous",
            f"“{text}”在{self.name}里有{len(places)}个：{listed}",
            f"写明是哪一个，例如“{example.full_name}”或代码",
            found=text,
        )

    def _unknown(self, text: str, near: Sequence[str] = ()) -> Problem:
        near = near or nearest(_key(text), [*self._names, *self._positions])
        listed = "、".join(f"“{name}”" for name in near)
        remedy = f"是不是想写{listed}？" if near else f"核对{self.name}里的名称或代码"
        return Problem("tree-unknown", f"{self.name}里没有“{text}”", remedy, found=text)


def load_tree(path: Path, name: str) -> tuple[Tree, list[Problem]]:
    """The tree of a CSV file, called ``name`` in messages, and everything wrong with the file.

    Columns: 代码, 名称, 上级代码, 层级; optional 全称, 别名 (separated by ；), 启用日期,
    停用日期, 继任代码, 备注. A row without code or name, and the second row of a code, are left
    out. A row whose parent or successor is unknown, or is part of a circle, stays without it.
    """
    rows, problems = read_table(path, REQUIRED, OPTIONAL)
    nodes: dict[str, TreeNode] = {}
    lines: dict[str, int] = {}
    for row in rows:
        node, found = _parse(row)
        if node is not None and node.code in nodes:
            found.append(
                Problem(
                    "tree-duplicate",
                    f"代码“{node.code}”已在第{lines[node.code]}行用过",
                    "一个代码只留一行",
                    field="代码",
                    found=node.code,
                )
            )
        elif node is not None:
            nodes[node.code] = node
            lines[node.code] = row.line
        problems.extend(problem.at(file=str(path), line=row.line) for problem in found)
    for code, problem in _mend(nodes):
        problems.append(problem.at(file=str(path), line=lines[code]))
    return build_tree(name, nodes.values()), problems


def build_tree(name: str, nodes: Iterable[TreeNode]) -> Tree:
    """A tree of nodes whose parents and successors are among them, without circles.

    A later node replaces an earlier one of the same code. Children keep the order given;
    ``position`` and ``end`` are filled in. Raises ValueError when the nodes do not make a tree.
    """
    given = {node.code: node for node in nodes}
    children: dict[str | None, list[str]] = {}
    for node in given.values():
        children.setdefault(_host(node), []).append(node.code)
    order: list[str] = []
    ends: dict[str, int] = {}
    stack: list[tuple[str, bool]] = [(code, False) for code in reversed(children.get(None, []))]
    while stack:
        code, left = stack.pop()
        if left:
            ends[code] = len(order)
            continue
        order.append(code)
        stack.append((code, True))
        stack.extend((child, False) for child in reversed(children.get(code, [])))
    if len(order) != len(given):
        raise ValueError("a parent or successor is missing or part of a circle")
    placed = tuple(
        replace(given[code], position=place, end=ends[code]) for place, code in enumerate(order)
    )
    positions = {code: place for place, code in enumerate(order)}
    hosts = tuple(-1 if (host := _host(node)) is None else positions[host] for node in placed)
    inner = {host for node, host in zip(placed, hosts, strict=True) if node.current}
    named, names = _index(placed, positions)
    return Tree(
        name=name,
        nodes=placed,
        _positions=positions,
        _hosts=hosts,
        _leaves=frozenset(range(len(placed))) - inner,
        _named=named,
        _names=names,
    )


def _host(node: TreeNode) -> str | None:
    """The node under which it stands: what took its place, else what it belongs to."""
    return node.successor or node.parent


def _key(text: str) -> str:
    """How names and codes are compared: full-width letters and digits as narrow, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def _described(node: TreeNode) -> str:
    ended = "" if node.valid_to is None else f"，{node.valid_to.year}年已撤销"
    return f"{node.full_name}（{node.code}{ended}）"


def _index(
    nodes: Sequence[TreeNode], positions: Mapping[str, int]
) -> tuple[dict[str, tuple[int, ...]], tuple[str, ...]]:
    """What each spelling may mean, and the spellings that mean one node only."""
    meant: dict[str, dict[int, None]] = {}
    spelled: dict[str, str] = {}
    for node in nodes:
        for text in _spellings(node, nodes, positions):
            spelled.setdefault(_key(text), text)
            meant.setdefault(_key(text), {})[node.position] = None
    named = {key: _outermost(nodes, list(places)) for key, places in meant.items()}
    single = [text for key, text in spelled.items() if len(named[key]) == 1]
    for node in nodes:
        root = _legal_root(node, nodes, positions)
        if root is not node and root.code.isalpha():
            named.setdefault(_key(root.code + node.code), (node.position,))
    return named, tuple(sorted(single, key=lambda text: (-len(text), text)))


def _spellings(
    node: TreeNode, nodes: Sequence[TreeNode], positions: Mapping[str, int]
) -> list[str]:
    """Name, full name, aliases, and the name after each ancestor that the full name begins with."""
    texts = [node.name, node.full_name, *node.aliases]
    parent = node.parent
    while parent is not None:
        above = nodes[positions[parent]]
        if node.full_name.startswith(above.full_name) and node.full_name != above.full_name:
            texts += [above.name + node.name, above.full_name + node.name]
        parent = above.parent
    return texts


def _legal_root(
    node: TreeNode, nodes: Sequence[TreeNode], positions: Mapping[str, int]
) -> TreeNode:
    while node.parent is not None:
        node = nodes[positions[node.parent]]
    return node


def _outermost(nodes: Sequence[TreeNode], places: list[int]) -> tuple[int, ...]:
    """Only the first where it contains the rest (教育, section and division), else all."""
    first = nodes[min(places)]
    if all(first.position <= place < first.end for place in places):
        return (first.position,)
    return tuple(sorted(places))


def _parse(row: Row) -> tuple[TreeNode | None, list[Problem]]:
    cells = row.cells
    problems = [
        Problem(
            "tree-blank",
            f"“{heading}”没有填",
            "补上；不需要这一行就删去",
            field=heading,
        )
        for heading in ("代码", "名称", "层级")
        if not cells[heading]
    ]
    days: dict[str, date | None] = {}
    for heading in ("启用日期", "停用日期"):
        days[heading] = _date(cells[heading])
        if cells[heading] and days[heading] is None:
            problems.append(
                Problem(
                    "tree-date",
                    f"“{cells[heading]}”不是日期",
                    "写成 2018-06-19 的样子，不知道就空着",
                    field=heading,
                    found=cells[heading],
                )
            )
    start, end = days["启用日期"], days["停用日期"]
    if start is not None and end is not None and end <= start:
        problems.append(
            Problem(
                "tree-date-order",
                f"停用日期{end}不晚于启用日期{start}",
                "核对两个日期",
                field="停用日期",
                found=cells["停用日期"],
            )
        )
    successor = cells["继任代码"] or None
    if successor is not None and not cells["停用日期"]:
        problems.append(
            Problem(
                "tree-successor-without-end",
                "填了继任代码，却没有停用日期",
                "补停用日期；仍在使用的，把继任代码空着",
                field="继任代码",
                found=successor,
            )
        )
        successor = None
    if not cells["代码"] or not cells["名称"]:
        return None, problems
    node = TreeNode(
        code=_key(cells["代码"]),
        name=cells["名称"],
        full_name=cells["全称"] or cells["名称"],
        level=cells["层级"],
        parent=_key(cells["上级代码"]) or None,
        successor=_key(successor) if successor else None,
        aliases=tuple(part.strip() for part in re.split("[；;]", cells["别名"]) if part.strip()),
        valid_from=start,
        valid_to=end,
        note=cells["备注"],
    )
    return node, problems


def _date(text: str) -> date | None:
    # fromisoformat also takes 20180619 and 2018-W25-2, which nobody means in this column.
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _mend(nodes: dict[str, TreeNode]) -> list[tuple[str, Problem]]:
    """Take away parents and successors that are unknown or go in a circle; say which, by code."""
    problems: list[tuple[str, Problem]] = []
    for code, node in list(nodes.items()):
        for heading, target in (("上级代码", node.parent), ("继任代码", node.successor)):
            if target is None or target in nodes:
                continue
            near = "、".join(f"“{name}”" for name in nearest(target, list(nodes)))
            remedy = f"是不是想写{near}？" if near else "先为它加一行，或改正代码"
            kind = "tree-parent-unknown" if heading == "上级代码" else "tree-successor-unknown"
            problems.append(
                (
                    code,
                    Problem(
                        kind, f"{heading}“{target}”不在表里", remedy, field=heading, found=target
                    ),
                )
            )
            nodes[code] = (
                replace(nodes[code], parent=None)
                if heading == "上级代码"
                else replace(nodes[code], successor=None)
            )
    for circle in _circles({code: node.parent for code, node in nodes.items()}):
        problems.append((circle[0], _circle_problem("上级代码", circle)))
        for code in circle:
            nodes[code] = replace(nodes[code], parent=None)
    # Parents make no circle any more, so each circle left has a successor in it to take away; what
    # then stands under its parent may close another one, hence the repetition.
    while circles := _circles({code: _host(node) for code, node in nodes.items()}):
        for circle in circles:
            heirs = [code for code in circle if nodes[code].successor is not None]
            problems.append((heirs[0], _circle_problem("继任代码", circle)))
            for code in heirs:
                nodes[code] = replace(nodes[code], successor=None)
    return problems


def _circle_problem(heading: str, circle: Sequence[str]) -> Problem:
    path = "→".join([*circle, circle[0]])
    return Problem(
        "tree-circle",
        f"{heading}绕成了圈：{path}",
        "改正其中一行",
        field=heading,
        found=path,
    )


def _circles(above: Mapping[str, str | None]) -> list[list[str]]:
    """The circles of a table in which every code points at one other or at none."""
    circles: list[list[str]] = []
    done: set[str] = set()
    for start in above:
        path: dict[str, int] = {}
        code: str | None = start
        while code is not None and code not in done and code not in path:
            path[code] = len(path)
            code = above[code]
        if code is not None and code in path:
            circles.append(list(path)[path[code] :])
        done.update(path)
    return circles
