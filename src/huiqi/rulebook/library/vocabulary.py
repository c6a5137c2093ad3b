"""The vocabulary: every fact that rules may read, with its type, unit, question and holder.

Loaded from `policies/vocabulary` and `policies/reference`. Derived facts are resolved to nodes here;
circles among them are problems.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from huiqi.rulebook.language import resolve
from huiqi.rulebook.language.bounds import hard_bounds
from huiqi.rulebook.language.calendar import Calendar, load_calendar
from huiqi.rulebook.language.literals import (
    LiteralError,
    days,
    make,
    read_date,
    units_longest_first,
)
from huiqi.rulebook.language.nodes import (
    BOOL,
    DATE,
    DISCRETE,
    EARLIER,
    QUANTITIES,
    TREES,
    All,
    Always,
    Choose,
    Compare,
    Condition,
    Constant,
    Fact,
    Inside,
    Kind,
    Label,
    Method,
    Op,
    Statistic,
    Type,
    Value,
    facts,
)  # fmt: skip
from huiqi.rulebook.language.resolve import Names
from huiqi.rulebook.language.source import Entries, Items, Mark, Node, Reader, Scalar, read_yaml
from huiqi.rulebook.language.syntax import Words
from huiqi.rulebook.language.trees import Tree, load_tree
from huiqi.rulebook.library.strays import unread_tables
from huiqi.rulebook.problems import Problem, errors, suggest

MOST_VALUES = 62  # the values still possible are bits of one 64-bit number
KEY_FORMATS = ("信用代码", "身份证", "编号")
Definition = Condition | Value | Statistic


@dataclass(frozen=True)
class FactSpec:
    """One declared fact of one table. ``definition`` is set for derived facts."""

    table: str
    name: str
    identifier: str
    type: Type
    low: int | None = None
    high: int | None = None
    judged: bool = False
    question: str = ""
    source: str = ""
    note: str = ""
    definition: Definition | None = None
    mark: Mark = Mark("", 0, 0)

    @property
    def shown(self) -> str:
        return f"{self.table}.{self.name}"

    @cached_property
    def reads(self) -> tuple[Fact, ...]:
        """The facts that its definition reads directly; of a stored fact none."""
        return _facts_of(self.definition)

    def fact(self, path: tuple[str, ...] = ()) -> Fact:
        """The leaf node that reads this fact through ``path``."""
        return Fact(path, self.table, self.name, self.type, self.low, self.high, self.judged)


@dataclass(frozen=True, slots=True)
class Table:
    """A subject, or an event that belongs to one.

    ``links`` maps a column that holds a key to the subject it names; an event's owner is a link of
    the owner's name. ``complete`` says that a missing row means it did not happen. ``aliases`` are
    other headings that sheets have, each with the fact or key it stands for.
    """

    name: str
    identifier: str
    key: str
    key_format: str
    owner: str = ""
    moment: str = ""
    complete: bool = False
    links: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, FactSpec] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    mark: Mark = Mark("", 0, 0)

    @property
    def is_event(self) -> bool:
        return bool(self.owner)

    @property
    def stored(self) -> tuple[FactSpec, ...]:
        """Facts that tables hold, in declared order."""
        return tuple(spec for spec in self.facts.values() if spec.definition is None)

    @property
    def derived(self) -> tuple[FactSpec, ...]:
        return tuple(spec for spec in self.facts.values() if spec.definition is not None)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """All tables, closed lists, units, trees and the calendar."""

    tables: Mapping[str, Table]
    choices: Mapping[str, tuple[str, ...]]
    ordered: frozenset[str]
    units: Mapping[str, str]
    trees: Mapping[Kind, Tree]
    calendar: Calendar

    @property
    def regions(self) -> Tree:
        return self.trees[Kind.REGION]

    @property
    def industries(self) -> Tree:
        return self.trees[Kind.INDUSTRY]

    def spec(self, fact: Fact) -> FactSpec:
        """The declaration behind a leaf."""
        return self.tables[fact.table].facts[fact.name]

    def paths(self, table: str) -> dict[str, tuple[tuple[str, ...], str]]:
        """Prefix -> (link path, table) for everything readable from a table."""
        out: dict[str, tuple[tuple[str, ...], str]] = {table: ((), table)}
        queue: list[tuple[tuple[str, ...], str]] = [((), table)]
        while queue:
            path, at = queue.pop(0)
            for link, target in self.tables[at].links.items():
                if link not in out and target in self.tables and len(path) < 4:
                    out[link] = ((*path, link), target)
                    queue.append(((*path, link), target))
        return out

    @cached_property
    def _everywhere(self) -> frozenset[str]:
        return frozenset(
            f"{prefix}.{name}"
            for table in self.tables
            for prefix, (_, target) in self.paths(table).items()
            for name in self.tables[target].facts
        )

    @cached_property
    def words(self) -> Words:
        """All words of the language over this vocabulary, for the lexer."""
        values = (value for listed in self.choices.values() for value in listed)
        trees = (name for tree in self.trees.values() for name in tree.names())
        return Words.of(
            iter({*self._everywhere, *self.tables, *values, *trees}), frozenset(self.units)
        )

    @cached_property
    def _names(self) -> dict[str, Names]:
        return {}

    def names(self, table: str) -> Names:
        """What words mean to rules assessed on ``table``."""
        if table not in self._names:
            readable = {
                f"{prefix}.{spec.name}": spec.fact(path)
                for prefix, (path, target) in self.paths(table).items()
                for spec in self.tables[target].facts.values()
            }
            self._names[table] = Names(
                table, readable, self.choices, self.ordered, self.units, self.trees, self.words,
                self._everywhere,
            )  # fmt: skip
        return self._names[table]


def load_vocabulary(folder: Path) -> tuple[Vocabulary, list[Problem]]:
    """Read `vocabulary/` and `reference/` below a policies folder."""
    problems: list[Problem] = []
    reference = folder / "reference"
    regions, found = load_tree(reference / "regions.csv", "地区")
    industries, more = load_tree(reference / "industries.csv", "行业")
    calendar, last = load_calendar(reference / "working_days.csv")
    for problem in (*found, *more, *last):
        problems.append(replace(problem, file=f"reference/{Path(problem.file).name}"))
    source = folder / "vocabulary"
    choices, ordered = _choices(source / "类别.yaml", folder, problems)
    units = _units(source / "单位.yaml", folder, problems)
    sizes = _Sizes.load(reference / "sme_2011.yaml", folder, problems)
    tables: dict[str, Table] = {}
    raw: list[tuple[FactSpec, Reader]] = []
    if not source.is_dir():
        problems.append(
            Problem("no-vocabulary", "找不到词汇表", "政策目录下要有 vocabulary/", str(source))
        )
    problems += unread_tables(source)
    for path in sorted(source.glob("*.yaml")):
        if path.name in ("类别.yaml", "单位.yaml"):
            continue
        node, found = read_yaml(path, str(path.relative_to(folder)))
        problems += found
        if node is None:
            continue
        table, derived = _table(Reader(node, problems, "这张表"), problems, choices, units)
        if table.name in tables:
            other = tables[table.name].mark
            problems.append(
                table.mark.problem(
                    "duplicate-table", f"“{table.name}”在 {other.file} 里已经定义", "改名或合并"
                )
            )
            continue
        tables[table.name] = table
        raw += derived
    _links(tables, problems)
    vocabulary = Vocabulary(
        tables, choices, ordered, units, {Kind.REGION: regions, Kind.INDUSTRY: industries}, calendar
    )
    return _derive(vocabulary, raw, sizes, problems), problems


# -------------------------------------------------------------------- lists and units


def _choices(
    path: Path, folder: Path, problems: list[Problem]
) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    node, found = read_yaml(path, str(path.relative_to(folder)))
    problems += found
    choices: dict[str, tuple[str, ...]] = {}
    ordered = set()
    if isinstance(node, Entries):
        for name, value in node.entries.items():
            reader = Reader(value, problems, f"类别“{name}”")
            values = reader.scalars("值", required=True)
            reader.text("说明")
            if reader.flag("有序"):
                ordered.add(name)
            reader.finish()
            seen: set[str] = set()
            for item in values:
                if item.text in seen:
                    problems.append(
                        item.mark.problem("duplicate-value", f"“{item.text}”写了两次", "只留一处")
                    )
                seen.add(item.text)
            choices[name] = tuple(dict.fromkeys(item.text for item in values))
    elif node is not None:
        Reader(node, problems, "类别")
    return choices, frozenset(ordered)


def _units(path: Path, folder: Path, problems: list[Problem]) -> dict[str, str]:
    node, found = read_yaml(path, str(path.relative_to(folder)))
    problems += found
    units: dict[str, str] = {
        "年": "年", "日": "日", "天": "日", "个月": "个月", "个工作日": "个工作日", "工作日": "个工作日",
    }  # fmt: skip
    if isinstance(node, Items):
        for group in node.items:
            listed = group.items if isinstance(group, Items) else (group,)
            words = [item.text for item in listed if isinstance(item, Scalar)]
            units |= dict.fromkeys(words, words[0]) if words else {}
    elif node is not None:
        problems.append(node.mark.problem("not-a-list", "单位应写成列表", "每项以“- ”开头"))
    return units


# -------------------------------------------------------------------- tables


def _table(
    reader: Reader,
    problems: list[Problem],
    choices: Mapping[str, tuple[str, ...]],
    units: Mapping[str, str],
) -> tuple[Table, list[tuple[FactSpec, Reader]]]:
    subject, event = reader.text("主体"), reader.text("事件")
    if bool(subject) == bool(event):
        problems.append(
            reader.mark.problem("table-kind", "表要写明“主体”或“事件”之一", "如“主体: 企业”")
        )
    name = subject or event or "未命名"
    owner = reader.text("所属", required=bool(event))
    links = {
        link: value.text for link, _, value in reader.pairs("关联") if isinstance(value, Scalar)
    }
    if event and owner:
        links = {owner: owner, **links}
    groups = {
        label: value.text for label, _, value in reader.pairs("分组") if isinstance(value, Scalar)
    }
    facts_: dict[str, FactSpec] = {}
    raw: list[tuple[FactSpec, Reader]] = []
    identifiers: dict[str, str] = {}
    for fact, mark, node in reader.pairs("事实"):
        inner = Reader(node, problems, f"事实“{name}.{fact}”")
        spec = _fact(name, fact, mark, inner, problems, choices, units)
        if spec.identifier in identifiers:
            problems.append(
                mark.problem(
                    "duplicate-identifier",
                    f"标识“{spec.identifier}”已用于“{identifiers[spec.identifier]}”",
                    "换一个标识",
                )
            )
        identifiers[spec.identifier] = fact
        facts_[fact] = spec
        if any(inner.has(key) for key in ("算法", "统计", "划型标准")):
            raw.append((spec, inner))
        else:
            inner.finish()
    table = Table(
        name=name,
        identifier=reader.text("标识", required=True),
        key=reader.text("键", required=True),
        key_format=reader.choice("键格式", KEY_FORMATS, "编号"),
        owner=owner if event else "",
        moment=reader.text("时点"),
        complete=reader.flag("登记完整", default=not event),
        links=links,
        groups=groups,
        facts=facts_,
        note=reader.text("说明"),
        mark=reader.mark,
    )
    table = replace(table, aliases=_aliases(reader, table, problems))
    moment = facts_.get(table.moment)
    if table.moment and (moment is None or moment.type != DATE):
        problems.append(
            reader.place("时点").problem(
                "moment", f"时点“{table.moment}”不是这张表的日期事实", "写一个日期类事实的名称"
            )
        )
        table = replace(table, moment="")
    for label, fact in groups.items():
        if fact not in facts_ or facts_[fact].type.kind not in DISCRETE:
            problems.append(
                reader.place("分组").problem(
                    "group", f"分组“{label}”的“{fact}”不是类别、地区或行业事实", "改成这张表的事实"
                )
            )
    reader.finish()
    return table, raw


def _aliases(reader: Reader, table: Table, problems: list[Problem]) -> dict[str, str]:
    """Other headings of sheets, each for one fact or the key."""
    own = [table.key, *table.facts]
    out: dict[str, str] = {}
    for name, mark, node in reader.pairs("又名"):
        if name not in own:
            remedy = suggest(name, own) or "写这张表的事实或键"
            problems.append(
                mark.problem("unknown-fact", f"“{table.name}”没有“{name}”", remedy, name)
            )
        for item in node.items if isinstance(node, Items) else (node,):
            if not isinstance(item, Scalar):
                problems.append(item.mark.problem("not-a-text", "又名应是文字", "写成“名: [又名]”"))
            elif item.text in own or out.get(item.text, name) != name:
                said = f"“{item.text}”已指“{out.get(item.text, item.text)}”"
                problems.append(item.mark.problem("duplicate-alias", said, "换一个", item.text))
            else:
                out[item.text] = name
    return out


def _fact(
    table: str,
    name: str,
    mark: Mark,
    reader: Reader,
    problems: list[Problem],
    choices: Mapping[str, tuple[str, ...]],
    units: Mapping[str, str],
) -> FactSpec:
    kinds = tuple(str(kind) for kind in Kind if kind is not Kind.SPAN)
    kind = Kind(reader.choice("类型", kinds))
    unit = reader.text("单位", required=kind is Kind.COUNT) if kind is Kind.COUNT else ""
    listed = reader.text("类别", required=True) if kind is Kind.CHOICE else ""
    if listed and listed not in choices:
        problems.append(
            reader.place("类别").problem(
                "unknown-list",
                f"没有类别“{listed}”",
                suggest(listed, list(choices)) or "在 类别.yaml 里登记",
                listed,
            )
        )
    if unit and unit not in units:
        problems.append(
            reader.place("单位").problem(
                "unknown-unit", f"没有单位“{unit}”", "在 单位.yaml 里登记", unit
            )
        )
    type_ = Type(kind, units.get(unit, unit), listed)
    if kind not in QUANTITIES:
        signed = True
    else:
        signed = reader.flag("可为负", default=kind is Kind.DATE)
    judged = reader.flag("认定")
    if judged and kind not in (Kind.BOOL, Kind.CHOICE):
        problems.append(
            reader.place("认定").problem(
                "judged-type", "只有是否类和类别类事实可以由人认定", "金额由人核定时写“核定”"
            )
        )
        judged = False
    low = _bound(reader, "下限", type_, units, problems)
    high = _bound(reader, "上限", type_, units, problems)
    if low is None and not signed:
        low = 0
    if low is not None and high is not None and low > high:
        problems.append(reader.place("下限").problem("bounds", "下限大于上限", "改正上下限"))
    return FactSpec(
        table, name, reader.text("标识", required=True), type_, low, high, judged,
        reader.text("问"), reader.text("来源"), reader.text("说明"), None, mark,
    )  # fmt: skip


def _bound(
    reader: Reader, key: str, type_: Type, units: Mapping[str, str], problems: list[Problem]
) -> int | None:
    scalar = reader.scalar(key)
    if scalar is None:
        return None
    text = scalar.text.replace(" ", "")
    try:
        if type_.kind is Kind.DATE:
            return days(read_date(text))
        sign, plain = (-1, text[1:]) if text.startswith("-") else (1, text)
        cut = next(
            len(plain) - len(unit) for unit in units_longest_first(frozenset(units))
            if plain.endswith(unit) and plain[: len(plain) - len(unit)]
        )  # fmt: skip
        made = make(plain[:cut], plain[cut:], set(units))
    except (LiteralError, StopIteration) as error:
        problems.append(
            scalar.mark.problem("bad-number", f"“{key}”读不懂：{error}", "写数字和单位")
        )
        return None
    plain_zero = made.value == 0 or (made.kind is Kind.COUNT and type_.kind is Kind.COUNT)
    spans = made.kind is Kind.SPAN and type_.kind is Kind.COUNT
    if made.kind is not type_.kind and not plain_zero and not spans:
        problems.append(scalar.mark.problem("type", f"“{key}”应是{type_}", "改用同类的数", text))
        return None
    value = sign * made.value
    least, most = hard_bounds(type_)
    if not least <= value <= most:
        problems.append(scalar.mark.problem("bounds", f"“{key}”超出可计算的范围", "改小", text))
    return value


def _links(tables: dict[str, Table], problems: list[Problem]) -> None:
    identifiers: dict[str, str] = {}
    for table in tables.values():
        if table.identifier in identifiers:
            problems.append(
                table.mark.problem(
                    "duplicate-identifier",
                    f"标识“{table.identifier}”已用于“{identifiers[table.identifier]}”", "换一个",
                )
            )  # fmt: skip
        identifiers[table.identifier] = table.name
        for link, target in table.links.items():
            if target not in tables or tables[target].is_event:
                subjects = [name for name in tables if not tables[name].is_event]
                remedy = suggest(target, subjects) or f"主体有：{'、'.join(subjects)}"
                problems.append(
                    table.mark.problem(
                        "unknown-subject", f"“{link}”指向的“{target}”不是主体", remedy, target
                    )
                )


# -------------------------------------------------------------------- derived facts


SIZES = ("大型", "中型", "小型")
"""Classes with lower bounds; what reaches none is 微型."""
MEASURES = {"从业人员": "人", "营业收入": "万元", "资产总额": "万元"}


def _is_size(name: str, mark: Mark, problems: list[Problem]) -> bool:
    if name not in SIZES:
        remedy = suggest(name, SIZES) or f"可写：{'、'.join(SIZES)}"
        problems.append(mark.problem("unknown-size", f"没有“{name}”这一类", remedy, name))
    return name in SIZES


def _lower_bounds(reader: Reader) -> dict[str, int]:
    """What a size class needs at least, in people and fen."""
    out: dict[str, int] = {}
    for measure, unit in MEASURES.items():
        found = reader.scalar(measure)
        if found is None:
            continue
        try:
            out[measure] = make(found.text.strip().removesuffix(unit), unit, {"人"}).value
        except LiteralError:
            reader.problems.append(
                found.mark.problem(
                    "bad-value", f"{measure}：“{found.text}”不对", f"写成如 300{unit}", found.text
                )
            )
    reader.finish()
    return out


@dataclass(frozen=True, slots=True)
class _Sizes:
    """The size standard (工信部联企业〔2011〕300号): rows of industries with lower bounds."""

    rows: tuple[tuple[frozenset[str], tuple[tuple[str, dict[str, int]], ...]], ...] = ()

    @classmethod
    def load(cls, path: Path, folder: Path, problems: list[Problem]) -> "_Sizes":
        node, found = read_yaml(path, str(path.relative_to(folder)))
        problems += found
        if node is None:
            return cls()
        reader = Reader(node, problems, "划型标准")
        rows = []
        for item in reader.items("行业", required=True):
            row = Reader(item, problems, "一行")
            sizes = [
                (size, _lower_bounds(Reader(bounds_, problems, f"“{size}”")))
                for size, mark, bounds_ in row.pairs("下限")
                if _is_size(size, mark, problems)
            ]
            rows.append((frozenset(row.texts("行业代码", required=True)), tuple(sizes)))
            row.text("名称")
            row.text("备注")
            row.finish()
        return cls(tuple(rows))

    def definition(self, inputs: Mapping[str, Fact]) -> Choose:
        """The size class as a choice: each class needs all of its lower bounds."""
        size = Type(Kind.CHOICE, "", "规模")
        branches: list[tuple[Condition, Value]] = []
        for codes, sizes in self.rows:
            inner: list[tuple[Condition, Value]] = []
            for label, limits in sizes:
                needs = tuple(
                    Compare(Op.AT_LEAST, inputs[name], Constant(limit, inputs[name].type))
                    for name, limit in limits.items()
                )
                inner.append((All(needs), Label(label, size)))
            branches.append(
                (Inside(inputs["行业"], codes), Choose(tuple(inner), Label("微型", size), size))
            )
        return Choose(tuple(branches), Label("不适用", size), size)


def _derive(
    vocabulary: Vocabulary,
    raw: list[tuple[FactSpec, Reader]],
    sizes: _Sizes,
    problems: list[Problem],
) -> Vocabulary:
    definitions: dict[tuple[str, str], Definition] = {}
    for spec, reader in raw:
        made = _definition(vocabulary, spec, reader, sizes, problems)
        reader.finish()
        if made is not None:
            definitions[(spec.table, spec.name)] = made
    _refuse_circles(vocabulary, definitions, problems)
    tables = {
        name: replace(
            table,
            facts={
                fact: replace(spec, definition=definitions.get((name, fact)))
                for fact, spec in table.facts.items()
            },
        )
        for name, table in vocabulary.tables.items()
    }
    return Vocabulary(
        tables, vocabulary.choices, vocabulary.ordered, vocabulary.units, vocabulary.trees,
        vocabulary.calendar,
    )  # fmt: skip


def _definition(
    vocabulary: Vocabulary,
    spec: FactSpec,
    reader: Reader,
    sizes: _Sizes,
    problems: list[Problem],
) -> Definition | None:
    names = vocabulary.names(spec.table)
    made: Definition | None = None
    if (scalar := reader.scalar("算法")) is not None:
        if spec.type == BOOL:
            made = resolve.condition(scalar, names, problems)
        else:
            made = resolve.value(scalar, names, problems, spec.type)
    elif (inner := reader.mapping("划型标准")) is not None:
        inputs = {}
        for measure in ("行业", "从业人员", "营业收入", "资产总额"):
            word = inner.text(measure, required=True)
            found = vocabulary.tables[spec.table].facts.get(word)
            if found is None:
                problems.append(
                    inner.place(measure).problem(
                        "unknown-fact", f"没有事实“{word}”", "写本表的事实"
                    )
                )
            else:
                inputs[measure] = found.fact()
        inner.finish()
        made = sizes.definition(inputs) if len(inputs) == 4 else None
    elif (inner := reader.mapping("统计")) is not None:
        made = _statistic(vocabulary, spec, inner, problems)
    if spec.judged:
        problems.append(
            reader.mark.problem(
                "judged-in-derived", f"“{spec.shown}”由人认定，不能再写算法或统计", "删去其中一样"
            )
        )
    if spec.type.kind is Kind.CHOICE:
        listed = vocabulary.choices.get(spec.type.choices, ())
        if len(listed) > MOST_VALUES:
            problems.append(
                reader.mark.problem(
                    "list-too-long",
                    f"类别“{spec.type.choices}”有 {len(listed)} 个值，派生事实最多用 {MOST_VALUES} 个值的类别",
                    "拆分类别，或改成登记的事实",
                )
            )
    for fact in _facts_of(made):
        if fact.judged:
            problems.append(
                reader.mark.problem(
                    "judged-in-derived", f"派生事实不能读取由人认定的“{fact.shown}”",
                    "把判断写在支持的条件里",
                )
            )  # fmt: skip
    return made


def _statistic(
    vocabulary: Vocabulary, spec: FactSpec, reader: Reader, problems: list[Problem]
) -> Statistic | None:
    method = Method(reader.choice("方式", tuple(str(method) for method in Method)))
    table = vocabulary.tables[spec.table]
    event = reader.text("事件", default=table.name if table.is_event else "")
    own = event == spec.table
    target = vocabulary.tables.get(event)
    if target is None or (own != (method in EARLIER)) or (not own and target.owner != spec.table):
        owned = [name for name, item in vocabulary.tables.items() if item.owner == spec.table]
        problems.append(
            reader.mark.problem(
                "statistic", f"“{method}”不能统计“{event}”",
                f"此前类统计写在事件里；其他统计可用的事件：{'、'.join(owned) or '无'}", event,
            )
        )  # fmt: skip
        return None
    names = vocabulary.names(event)
    where: Condition = Always(True)
    if (scalar := reader.scalar("其中")) is not None:
        where = resolve.condition(scalar, names, problems)
    order = value = None
    if (scalar := reader.scalar("按")) is not None:
        order = resolve.quantity(scalar, names, problems)
    elif target.moment:
        order = target.facts[target.moment].fact()
    counting = method in (Method.COUNT, Method.EXISTS, Method.EARLIER_COUNT)
    dating = method in (Method.FIRST, Method.LAST)
    scalar = reader.scalar("量", required=not counting and not dating)
    if scalar is not None and not counting:
        value = resolve.value(scalar, names, problems, spec.type)
    elif dating:
        value = order
    same = []
    for item in reader.scalars("同"):
        found = resolve.value(item, names, problems, _type_of(item.text, names))
        if isinstance(found, Fact):
            same.append(found)
    empty = reader.choice("无记录时", ("零", "未知"), "零" if target.complete else "未知")
    more = reader.flag("可能还有")
    reader.finish()
    wanted = {Method.COUNT: Kind.COUNT, Method.EARLIER_COUNT: Kind.COUNT, Method.EXISTS: Kind.BOOL,
              Method.FIRST: Kind.DATE, Method.LAST: Kind.DATE}.get(method)  # fmt: skip
    if wanted is not None and spec.type.kind is not wanted:
        problems.append(spec.mark.problem("type", f"“{method}”得到的是{wanted}", "改“类型”"))
        return None
    if (value is None and not counting) or (order is None and method in (*EARLIER, Method.LATEST)):
        return None
    return Statistic(method, event, where, value, order, tuple(same), empty == "零", more)


def _type_of(text: str, names: Names) -> Type:
    fact = names.facts.get(text)
    return fact.type if fact is not None else Type(Kind.CHOICE)


def _facts_of(definition: Definition | None) -> tuple[Fact, ...]:
    """The facts a definition reads directly."""
    if definition is None:
        return ()
    if isinstance(definition, Statistic):
        parts: list[Fact] = [*facts(definition.where), *definition.same]
        for node in (definition.value, definition.order):
            parts += facts(node) if node is not None else ()
        return tuple(dict.fromkeys(parts))
    return facts(definition)


def expanded(vocabulary: Vocabulary, fact: Fact) -> tuple[Fact, ...]:
    """A stored fact or statistic itself; of another derived fact its inputs."""
    definition = vocabulary.spec(fact).definition
    if definition is None or isinstance(definition, Statistic):
        return (fact,)
    out: list[Fact] = []
    for inner in vocabulary.spec(fact).reads:
        spec = vocabulary.tables[inner.table].facts[inner.name]
        out += expanded(vocabulary, spec.fact((*fact.path, *inner.path)))
    return tuple(dict.fromkeys(out))


def _refuse_circles(
    vocabulary: Vocabulary,
    definitions: dict[tuple[str, str], Definition],
    problems: list[Problem],
) -> None:
    done: set[tuple[str, str]] = set()

    def visit(key: tuple[str, str], trail: tuple[tuple[str, str], ...]) -> None:
        if key in trail:
            circle = [*trail[trail.index(key) :], key]
            spec = vocabulary.tables[key[0]].facts[key[1]]
            problems.append(
                spec.mark.problem(
                    "circle", f"派生事实互相依赖：{' → '.join('.'.join(part) for part in circle)}",
                    "断开其中一处，改成登记的事实",
                )
            )  # fmt: skip
            for part in circle:
                definitions.pop(part, None)
            return
        if key in done or key not in definitions:
            return
        for fact in _facts_of(definitions.get(key)):
            visit((fact.table, fact.name), (*trail, key))
        done.add(key)

    for key in list(definitions):
        visit(key, ())


def derivation_order(vocabulary: Vocabulary, table: str) -> Iterator[FactSpec]:
    """Derived facts of one table, each after those of the same table that it reads."""
    specs = {spec.name: spec for spec in vocabulary.tables[table].derived}
    done: set[str] = set()

    def visit(name: str) -> Iterator[FactSpec]:
        if name in done or name not in specs:
            return
        done.add(name)
        for fact in specs[name].reads:
            if fact.table == table and not fact.path:
                yield from visit(fact.name)
        yield specs[name]

    for name in specs:
        yield from visit(name)


__all__ = [
    "Definition", "FactSpec", "Table", "TREES", "Vocabulary", "expanded",
    "derivation_order", "errors", "load_vocabulary", "Node",
]  # fmt: skip
