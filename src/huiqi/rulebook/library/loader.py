"""Policy folder -> frozen values and problems. Never stops at the first mistake."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from huiqi.rulebook.language import resolve
from huiqi.rulebook.language.bounds import unsafe
from huiqi.rulebook.language.literals import LiteralError, days, read_date
from huiqi.rulebook.language.nodes import (
    DATE,
    MONEY,
    All,
    Choose,
    Compare,
    Condition,
    Constant,
    Fact,
    Kind,
    Least,
    Minus,
    Most,
    Not,
    Op,
    Quantity,
    Round,
    Rounding,
    Today,
    Type,
    Value,
)  # fmt: skip
from huiqi.rulebook.language.source import Entries, Items, Mark, Node, Reader, Scalar, read_yaml
from huiqi.rulebook.library.measures import base_units, measure
from huiqi.rulebook.library.policy import (
    DEFAULT_FORMS,
    Clause,
    Comparator,
    Form,
    Interpretation,
    Library,
    Line,
    Policy,
    Stacking,
    Support,
    Target,
    Times,
)  # fmt: skip
from huiqi.rulebook.library.strays import unread_files, unused_parameters
from huiqi.rulebook.library.vocabulary import Vocabulary, load_vocabulary
from huiqi.rulebook.problems import Problem, Severity, suggest

NOT_POLICIES = ("vocabulary", "reference")
ROUNDINGS = {
    "舍去到分": (Rounding.DOWN, 1), "四舍五入到分": (Rounding.HALF_UP, 1),
    "进位到分": (Rounding.UP, 1), "舍去到元": (Rounding.DOWN, 100),
    "四舍五入到元": (Rounding.HALF_UP, 100), "进位到元": (Rounding.UP, 100),
}  # fmt: skip
ZERO = Constant(0, MONEY)
MOST_LINES = 32  # one bit each in the tables of entitlements
Overrides = Mapping[str, str]
"""`policy/support.path` -> the text that stands in for what the file says."""
ADDABLE = ("上限", "保底", "主体上限", "年度上限", "次数")
"""What an override may add to a support that does not say it."""


def load(folder: Path | str, overrides: Overrides | None = None) -> tuple[Library, list[Problem]]:
    """Read the vocabulary and every policy below a folder, with all problems of all files.

    ``overrides`` replaces texts inside support files before they are read, so that a simulated
    number is checked exactly like a written one.
    """
    root = Path(folder)
    if not root.is_dir():
        problem = Problem("no-folder", f"没有政策目录“{root}”", "检查 --policies 的路径", str(root))
        root_vocabulary, _ = load_vocabulary(root)
        return Library(root_vocabulary, (), str(root)), [problem]
    vocabulary, problems = load_vocabulary(root)
    remaining = dict(overrides or {})
    policies = []
    for path in sorted(root.iterdir()):
        if path.is_dir() and path.name not in NOT_POLICIES and not path.name.startswith("."):
            policy = _policy(path, root, vocabulary, remaining, problems)
            if policy is not None:
                policies.append(policy)
    _one_way_per_group(policies, problems)
    for name in remaining:
        problems.append(
            Problem("unknown-override", f"没有“{name}”这一项，无法改数", "写成 政策/支持.项=值")
        )
    shown = tuple(f"{name}={text}" for name, text in (overrides or {}).items())
    return Library(vocabulary, tuple(policies), str(root), shown), problems


def _policy(
    path: Path,
    root: Path,
    vocabulary: Vocabulary,
    overrides: dict[str, str],
    problems: list[Problem],
) -> Policy | None:
    node, found = read_yaml(path / "policy.yaml", f"{path.name}/policy.yaml")
    problems += found
    if node is None:
        return None
    reader = Reader(node, problems, "政策")
    id_ = reader.text("编号", required=True)
    if id_ and id_ != path.name:
        problems.append(
            reader.place("编号").problem(
                "id", f"编号“{id_}”与目录名“{path.name}”不同", "改成一样", id_
            )
        )
    region = reader.scalar("适用地区", required=True)
    if region is not None:
        place = vocabulary.regions.find(region.text)
        if isinstance(place, Problem):
            problems.append(
                region.mark.problem(place.code, place.message, place.remedy, region.text)
            )
    period = reader.mapping("施行", required=True)
    start, end = _period(period, problems)
    based = []
    for item in reader.items("依据"):
        inner = Reader(item, problems, "依据")
        based.append((inner.text("名称", required=True), inner.text("文号")))
        inner.finish()
    clauses = tuple(_clause(item, problems) for item in reader.items("条款", required=True))
    _unique([(clause.id, clause.mark) for clause in clauses], "条款", problems)
    policy = Policy(
        id=path.name,
        number=reader.text("文号"),
        title=reader.text("名称", required=True),
        issuers=reader.texts("发文机关", required=True),
        issued=_date(reader.scalar("印发日期"), problems),
        start=start or date(1949, 10, 1),
        end=end,
        region=region.text if region is not None else "",
        based_on=tuple(based),
        clauses=clauses,
        targets=(),
        supports=(),
        interpretations=_interpretations(reader, problems),
        open_points=_open_points(reader, problems),
    )
    reader.text("说明")
    reader.finish()
    known = {clause.id for clause in clauses}
    targets = _targets(path, vocabulary, known, problems)
    problems += unread_files(path)
    supports = []
    for file in sorted((path / "supports").glob("*.yaml")):
        support = _support(file, policy, vocabulary, overrides, problems)
        if support is not None:
            supports.append(support)
    _unique([(item.id, item.mark) for item in supports], "支持", problems)
    order = {clause.id: index for index, clause in enumerate(clauses)}
    supports.sort(key=lambda item: (order.get(item.clause, 10**6), item.id))
    return replace(policy, targets=targets, supports=tuple(supports))


def _one_way_per_group(policies: list[Policy], problems: list[Problem]) -> None:
    """Supports of a group must say the same about how it stacks, and over what time."""
    first: dict[str, Support] = {}
    for support in (support for policy in policies for support in policy.supports):
        if support.stacking is Stacking.FREE:
            continue
        other = first.setdefault(support.group, support)
        ways = [(item.stacking, item.stacking_yearly) for item in (support, other)]
        if ways[0] != ways[1]:
            problems.append(
                support.mark.problem(
                    "stacking-mixed",
                    f"叠加组“{support.group}”里各支持的“方式”或“范围”不一致，另见 {other.file}",
                    "同组写成同一种", support.group,
                )
            )  # fmt: skip


def _clause(node: Node, problems: list[Problem]) -> Clause:
    reader = Reader(node, problems, "条款")
    id_ = reader.text("编号", required=True)
    clause = Clause(
        id=id_,
        number=reader.text("号", default=id_),
        section=reader.texts("章"),
        heading=reader.text("标题", required=True),
        units=reader.texts("单位"),
        lead=reader.text("牵头"),
        joint_leads=reader.texts("共同牵头"),
        duties=reader.texts("职责", required=True),
        interpretations=_interpretations(reader, problems),
        mark=reader.mark,
        open_points=_open_points(reader, problems),
    )
    reader.text("说明")
    for name in (clause.lead, *clause.joint_leads):
        if name and name not in clause.units:
            problems.append(
                reader.mark.problem("lead", f"牵头单位“{name}”不在“单位”里", "把它列入单位", name)
            )
    reader.finish()
    return clause


# -------------------------------------------------------------------- targets


def _targets(
    path: Path, vocabulary: Vocabulary, clauses: set[str], problems: list[Problem]
) -> tuple[Target, ...]:
    file = path / "targets.yaml"
    if not file.exists():
        return ()
    node, found = read_yaml(file, f"{path.name}/targets.yaml")
    problems += found
    if not isinstance(node, Items):
        if node is not None:
            problems.append(node.mark.problem("not-a-list", "目标应写成列表", "每项以“- ”开头"))
        return ()
    targets = [_target(item, vocabulary, clauses, problems) for item in node.items]
    _unique([(target.id, target.mark) for target in targets], "目标", problems)
    return tuple(targets)


def _target(
    node: Node, vocabulary: Vocabulary, clauses: set[str], problems: list[Problem]
) -> Target:
    reader = Reader(node, problems, "目标")
    comparator = Comparator(reader.choice("比较", tuple(Comparator)))
    values: list[Decimal] = []
    relative = ""
    for item in reader.scalars("值", required=True):
        if comparator is Comparator.RELATIVE or not re.match(r"-?\d", item.text):
            relative = item.text
            continue
        try:
            values.append(Decimal(item.text))
        except InvalidOperation:
            problems.append(item.mark.problem("bad-number", f"“{item.text}”不是数字", "只写数字"))
    scalar = reader.scalar("量法")
    clause = reader.text("条款", required=True)
    if clause and clause not in clauses:
        problems.append(
            reader.place("条款").problem(
                "unknown-clause",
                f"没有条款“{clause}”",
                suggest(clause, sorted(clauses)) or "写 policy.yaml 里条款的编号",
                clause,
            )
        )
    found = measure(scalar, vocabulary, problems) if scalar is not None else None
    unit = reader.text("单位")
    if found is not None and base_units(unit, found.type, vocabulary) is None:
        problems.append(
            reader.place("单位").problem(
                "measure-unit",
                f"单位“{unit}”和量法算出的{found.type}对不上",
                "改单位或改量法",
                unit,
            )
        )
    target = Target(
        id=reader.text("编号", required=True),
        clause=clause,
        indicator=reader.text("指标", required=True),
        comparator=comparator,
        values=tuple(values),
        relative_to=relative,
        unit=unit,
        deadline=reader.text("期限"),
        due=_date(reader.scalar("截止"), problems),
        period=reader.text("周期"),
        baseline=reader.text("基期"),
        measure=found,
        measure_text=scalar.text if scalar is not None else "",
        note=reader.text("原文标注"),
        interpretations=_interpretations(reader, problems),
        mark=reader.mark,
        open_points=_open_points(reader, problems),
    )
    reader.text("说明")
    reader.finish()
    return target


# -------------------------------------------------------------------- supports


def _support(
    file: Path,
    policy: Policy,
    vocabulary: Vocabulary,
    overrides: dict[str, str],
    problems: list[Problem],
) -> Support | None:
    shown = f"{policy.id}/supports/{file.name}"
    node, found = read_yaml(file, shown)
    problems += found
    if node is None:
        return None
    unused, told = unused_parameters(node), len(problems)
    node = _overridden(node, f"{policy.id}/{file.stem}", overrides, problems)
    reader = Reader(node, problems, f"支持“{file.stem}”")
    id_ = reader.text("编号", required=True)
    if id_ and id_ != file.stem:
        problems.append(
            reader.place("编号").problem(
                "id", f"编号“{id_}”与文件名“{file.stem}”不同", "改成一样", id_
            )
        )
    clause = reader.text("条款", required=True)
    if clause not in policy.by_clause:
        problems.append(
            reader.place("条款").problem(
                "unknown-clause",
                f"没有条款“{clause}”",
                suggest(clause, list(policy.by_clause)) or "写 policy.yaml 里条款的编号",
                clause,
            )
        )
        return None
    table = reader.text("对象", required=True)
    if table not in vocabulary.tables:
        remedy = suggest(table, list(vocabulary.tables)) or "对象是词汇表里的一张表"
        problems.append(
            reader.place("对象").problem("unknown-table", f"没有“{table}”这张表", remedy, table)
        )
        return None
    kind = reader.choice("类型", tuple(DEFAULT_FORMS))
    form = Form(reader.choice("兑现", tuple(Form), DEFAULT_FORMS[kind]))
    rounding, step = ROUNDINGS[reader.choice("舍入", tuple(ROUNDINGS), "舍去到分")]
    names = vocabulary.names(table)
    parameters: dict[str, Quantity] = {}
    unread: set[str] = set()
    before = len(problems)
    for name, mark, value in reader.pairs("参数"):
        if isinstance(value, Scalar):
            made = resolve.quantity(value, names, problems, None, rounding)
            if made is not None:
                parameters[name] = made
            else:
                unread.add(name)
        else:
            problems.append(mark.problem("not-a-text", f"参数“{name}”应是一个数", "写成“名: 数”"))
    names = names.with_values(parameters)
    moment = _moment(reader, names, vocabulary, table, problems)
    start, end = _period(reader.mapping("期间"), problems)
    start, end = start or policy.start, end or policy.end
    lines = [_period_line(moment, start, end, reader.mark)]
    for item in reader.items("条件"):
        line = _line(item, names, problems)
        if line is not None:
            lines.append(line)
    if len(lines) > MOST_LINES:
        problems.append(
            lines[MOST_LINES].mark.problem(
                "too-many-conditions", f"条件多于 {MOST_LINES - 1} 条", "用“且”合并几条"
            )
        )
        del lines[MOST_LINES:]
    amount, lowest, discretion, text = _amount(reader, names, rounding, problems)
    benefit = reader.text("优惠")
    if amount is None and not benefit and not any(reader.has(key) for key in AMOUNT_KEYS):
        problems.append(
            reader.mark.problem(
                "no-amount", "没有写明给什么", "写“金额”“分档”“比例”“进档”“核定”之一，或“优惠”"
            )
        )
    cap = _money(reader, "上限", names, problems, rounding)
    floor = _money(reader, "保底", names, problems, rounding)
    if amount is not None:
        if cap is not None:
            amount = Least((amount, cap), MONEY)
        if floor is not None:
            amount = Most((amount, floor), MONEY)
        if step > 1:
            amount = Round(amount, step, rounding, MONEY)
        if unsafe(amount):
            problems.append(
                reader.mark.problem(
                    "overflow", "金额可能超出计算范围", "给涉及的事实写上限或写“上限”"
                )
            )
    group, stacking, stacking_yearly, stacking_note = _stacking(reader, policy, problems)
    support = Support(
        id=file.stem,
        policy=policy.id,
        name=reader.text("名称", required=True),
        clause=clause,
        kind=kind,
        form=form,
        table=table,
        beneficiary=_beneficiary(reader, vocabulary, table, problems),
        moment=moment,
        start=start,
        end=end,
        lines=tuple(lines),
        amount=amount,
        amount_text=text,
        discretion=discretion,
        lowest=lowest,
        benefit=benefit,
        rounding=rounding,
        times=Times(reader.choice("次数", tuple(Times), Times.EACH)),
        subject_cap=_constant_money(reader, "主体上限", names, problems),
        year_cap=_constant_money(reader, "年度上限", names, problems),
        group=group,
        stacking=stacking,
        stacking_yearly=stacking_yearly,
        stacking_note=stacking_note,
        fund=reader.text("资金"),
        papers=reader.texts("材料"),
        units=reader.texts("单位") or policy.by_clause[clause].units,
        printed_rates=reader.texts("费率"),
        parameters=parameters,
        interpretations=_interpretations(reader, problems),
        file=shown,
        mark=reader.mark,
        open_points=_open_points(reader, problems),
    )
    reader.text("说明")
    reader.finish()
    if len(problems) == told:  # what could not be read might have used them
        problems += unused
    if unread:  # what follows from a number that could not be read is not a second problem
        problems[before:] = [item for item in problems[before:] if item.found not in unread]
    return support


def _overridden(
    node: Node, support: str, overrides: dict[str, str], problems: list[Problem]
) -> Node:
    """The node with the overrides that concern this support applied (and taken off the list)."""
    for name in [name for name in overrides if name.startswith(f"{support}.")]:
        path = name[len(support) + 1 :].split(".")
        changed = _replace(node, path, overrides[name])
        if changed is not None:
            node = changed
            del overrides[name]
    return node


def _replace(node: Node, path: list[str], text: str) -> Node | None:
    """A copy with the scalar at ``path`` replaced; list items by number from 1 or by their 名."""
    if not path:
        return Scalar(text, node.mark)
    step, rest = path[0], path[1:]
    if isinstance(node, Entries):
        key = step
        if key not in node.entries:
            inner = node.entries.get("参数")
            if isinstance(inner, Entries) and key in inner.entries:
                changed = _replace(inner, path, text)
                return (
                    Entries({**node.entries, "参数": changed}, node.keys, node.mark)
                    if changed
                    else None
                )
            if key in ADDABLE and not rest:
                added = {**node.entries, key: Scalar(text, node.mark)}
                return Entries(added, {**node.keys, key: node.mark}, node.mark)
            return None
        old = node.entries[key]
        if not rest and not isinstance(old, Scalar):
            return None
        changed = _replace(old, rest, text)
        return Entries({**node.entries, key: changed}, node.keys, node.mark) if changed else None
    if isinstance(node, Items):
        for index, item in enumerate(node.items):
            name = item.entries.get("名") if isinstance(item, Entries) else None
            named = isinstance(name, Scalar) and name.text == step
            if str(index + 1) == step or named:
                default = (
                    ["金额"] if isinstance(item, Entries) and "金额" in item.entries else ["条件"]
                )
                changed = _replace(
                    item, rest or (default if isinstance(item, Entries) else []), text
                )
                if changed is None:
                    return None
                items = (*node.items[:index], changed, *node.items[index + 1 :])
                return Items(items, node.mark)
    return None


def _moment(
    reader: Reader,
    names: resolve.Names,
    vocabulary: Vocabulary,
    table: str,
    problems: list[Problem],
) -> Quantity:
    scalar = reader.scalar("时点")
    if scalar is not None:
        return resolve.quantity(scalar, names, problems, DATE) or Today()
    moment = vocabulary.tables[table].moment
    return vocabulary.tables[table].facts[moment].fact() if moment else Today()


def _period_line(moment: Quantity, start: date, end: date | None, mark: Mark) -> Line:
    text = f"{start.isoformat()} 起" + (f"，至 {end.isoformat()} 止" if end else "施行")
    parts: list[Condition] = [Compare(Op.AT_LEAST, moment, Constant(days(start), DATE))]
    if end is not None:
        parts.append(Compare(Op.AT_MOST, moment, Constant(days(end), DATE)))
    what = moment.shown if isinstance(moment, Fact) else "评定日"
    return Line(f"{what}在施行期间内（{text}）", All(tuple(parts)), "期间", mark)


def _line(node: Node, names: resolve.Names, problems: list[Problem]) -> Line | None:
    if isinstance(node, Scalar):
        return Line(node.text, resolve.condition(node, names, problems), "", node.mark)
    reader = Reader(node, problems, "条件")
    scalar = reader.scalar("条件", required=True)
    note = reader.text("说明")
    reader.finish()
    if scalar is None:
        return None
    return Line(scalar.text, resolve.condition(scalar, names, problems), note, scalar.mark)


AMOUNT_KEYS = ("金额", "分档", "比例", "进档", "核定")


def _amount(
    reader: Reader, names: resolve.Names, rounding: Rounding, problems: list[Problem]
) -> tuple[Quantity | None, Quantity | None, bool, str]:
    """The amount, its lowest value under discretion, whether there is discretion, and its text."""
    written = [key for key in AMOUNT_KEYS if reader.has(key)]
    reader.known += [*AMOUNT_KEYS, "基数", "否则"] if len(written) > 1 else []
    if len(written) > 1:
        problems.append(
            reader.place(written[1]).problem(
                "two-amounts", f"“{written[0]}”和“{written[1]}”只能写一种", "删去一种"
            )
        )
    money = _money(reader, "金额", names, problems, rounding)
    if money is not None:
        return money, None, False, reader.text("金额")
    if reader.has("分档"):
        return _tiers(reader, names, rounding, problems)
    if reader.has("比例"):
        return _rated(reader, names, rounding, problems)
    if reader.has("进档"):
        return _grades(reader, names, problems)
    if (inner := reader.mapping("核定")) is not None:
        high = _money(inner, "上限", names, problems, rounding)
        low = _money(inner, "下限", names, problems, rounding)
        text = f"核定，最高 {inner.text('上限')}"
        inner.finish()
        return high, low or ZERO, True, text
    reader.known += ["分档", "比例", "进档", "基数"]
    return None, None, False, ""


def _tiers(
    reader: Reader, names: resolve.Names, rounding: Rounding, problems: list[Problem]
) -> tuple[Quantity | None, Quantity | None, bool, str]:
    branches: list[tuple[Condition, Value]] = []
    shown = []
    for item in reader.items("分档"):
        inner = Reader(item, problems, "一档")
        when = inner.scalar("当", required=True)
        money = _money(inner, "金额", names, problems, rounding)
        shown.append(f"{inner.text('名') or inner.text('当')} {inner.text('金额')}")
        if when is not None and money is not None:
            branches.append((resolve.condition(when, names, problems), money))
        inner.finish()
    otherwise = _money(reader, "否则", names, problems, rounding) or ZERO
    return Choose(tuple(branches), otherwise, MONEY), None, False, "；".join(shown)


def _rated(
    reader: Reader, names: resolve.Names, rounding: Rounding, problems: list[Problem]
) -> tuple[Quantity | None, Quantity | None, bool, str]:
    rate, base = reader.scalar("比例", required=True), reader.scalar("基数", required=True)
    if rate is None or base is None:
        return None, None, False, ""
    joined = f"({base.text}) × ({rate.text})"
    if resolve.quantity(base, names, problems, None, rounding) is None:
        return None, None, False, joined
    if resolve.quantity(rate, names, problems, Type(Kind.RATE), rounding) is None:
        return None, None, False, joined
    whole = Scalar(joined, Mark(base.mark.file, base.mark.line, max(base.mark.column - 1, 1)))
    amount = resolve.quantity(whole, names, problems, MONEY, rounding)
    return amount, None, False, f"{base.text} 的 {rate.text}"


def _grades(
    reader: Reader, names: resolve.Names, problems: list[Problem]
) -> tuple[Quantity | None, Quantity | None, bool, str]:
    inner = reader.mapping("进档")
    if inner is None:
        return None, None, False, ""
    now_, before_ = inner.scalar("量", required=True), inner.scalar("此前", required=True)
    mode = inner.choice("付", ("全额", "补差"), "全额")
    grades: list[tuple[Constant, Constant]] = []
    for item in inner.items("档", required=True):
        pair = getattr(item, "items", ())
        made = [
            resolve.quantity(part, names, problems) for part in pair if isinstance(part, Scalar)
        ]
        if len(made) == 2 and all(isinstance(part, Constant) for part in made):
            grades.append((made[0], made[1]))  # type: ignore[arg-type]  # constants, checked above
        else:
            problems.append(
                item.mark.problem("grade", "每档写成 [达到多少, 给多少]", "如 [3亿元, 10万元]")
            )
    inner.finish()
    now = resolve.quantity(now_, names, problems) if now_ else None
    before = resolve.quantity(before_, names, problems) if before_ else None
    if now is None or before is None or not grades:
        return None, None, False, ""
    ascending = sorted(grades, key=lambda pair: pair[0].value)
    if ascending != grades:
        problems.append(inner.mark.problem("grade", "各档要从低到高写", "调整顺序"))
    text = "；".join(f"达到 {_shown(item, 0)} 给 {_shown(item, 1)}" for item in inner.items("档"))
    if mode == "补差":
        paid = Minus(_grade(now, ascending), _grade(before, ascending), MONEY)
        return Most((paid, ZERO), MONEY), None, False, f"{text}（补差）"
    branches: list[tuple[Condition, Value]] = []
    for threshold, award in reversed(ascending):
        reached = Compare(Op.AT_LEAST, now, threshold)
        already = Compare(Op.AT_LEAST, before, threshold)
        branches += [(All((reached, Not(already))), award), (reached, ZERO)]
    return Choose(tuple(branches), ZERO, MONEY), None, False, f"{text}（进档全额）"


def _shown(item: Node, index: int) -> str:
    parts = getattr(item, "items", ())
    return parts[index].text if len(parts) > index and isinstance(parts[index], Scalar) else ""


def _grade(value: Quantity, grades: list[tuple[Constant, Constant]]) -> Choose:
    branches: list[tuple[Condition, Value]] = [
        (Compare(Op.AT_LEAST, value, threshold), award) for threshold, award in reversed(grades)
    ]
    return Choose(tuple(branches), ZERO, MONEY)


def _money(
    reader: Reader, key: str, names: resolve.Names, problems: list[Problem], rounding: Rounding
) -> Quantity | None:
    scalar = reader.scalar(key)
    return None if scalar is None else resolve.quantity(scalar, names, problems, MONEY, rounding)


def _constant_money(
    reader: Reader, key: str, names: resolve.Names, problems: list[Problem]
) -> int | None:
    made = _money(reader, key, names, problems, Rounding.DOWN)
    if made is None:
        return None
    if isinstance(made, Constant):
        return made.value
    problems.append(reader.place(key).problem("not-constant", f"“{key}”应是固定金额", "如 200万元"))
    return None


def _stacking(
    reader: Reader, policy: Policy, problems: list[Problem]
) -> tuple[str, Stacking, bool, str]:
    """Group, way, whether it starts anew each calendar year, and words about other levels."""
    found = reader.raw("叠加")
    if found is None:
        return "", Stacking.FREE, False, ""
    if isinstance(found, Scalar):
        return "", Stacking.FREE, False, found.text
    inner = Reader(found, problems, "“叠加”")
    way = Stacking(inner.choice("方式", tuple(Stacking), Stacking.FREE))
    group = inner.text("组", required=way is not Stacking.FREE)
    yearly = inner.choice("范围", ("累计", "每年"), "累计") == "每年"
    note = inner.text("说明")
    inner.finish()
    if group.startswith(("全局:", "全局：")):
        group = group[3:]
    elif group:
        group = f"{policy.id}/{group}"
    return group, way, yearly, note


def _beneficiary(
    reader: Reader, vocabulary: Vocabulary, table: str, problems: list[Problem]
) -> tuple[str, ...]:
    scalar = reader.scalar("受益")
    paths = vocabulary.paths(table)
    owner = vocabulary.tables[table].owner
    default = paths[owner][0] if owner and owner in paths else ()
    if scalar is None or scalar.text == owner:
        return default
    word = scalar.text.split(".")[-1]
    subjects = {
        name: path for name, (path, at) in paths.items() if not vocabulary.tables[at].is_event
    }
    if word not in subjects:
        problems.append(
            scalar.mark.problem(
                "out-of-reach", f"从“{table}”找不到受益方“{scalar.text}”",
                f"受益方是主体，可写：{'、'.join(subjects)}", scalar.text,
            )
        )  # fmt: skip
        return default
    return subjects[word]


# -------------------------------------------------------------------- small things


def _interpretations(reader: Reader, problems: list[Problem]) -> tuple[Interpretation, ...]:
    out = []
    for item in reader.items("解释"):
        inner = Reader(item, problems, "解释")
        out.append(
            Interpretation(
                inner.text("问", required=True), inner.text("答", required=True),
                inner.text("依据"), inner.text("决定"), inner.text("日期"),
            )
        )  # fmt: skip
        inner.finish()
    return tuple(out)


def _open_points(reader: Reader, problems: list[Problem]) -> tuple[str, ...]:
    """What a draft leaves to a person; each is a warning, so that no check passes over it."""
    points = reader.scalars("待定")
    problems += [
        replace(
            point.mark.problem("open-point", f"待定：{point.text}", "定下后删去这一行", point.text),
            severity=Severity.WARNING,
        )
        for point in points
    ]
    return tuple(point.text for point in points)


def _period(reader: Reader | None, problems: list[Problem]) -> tuple[date | None, date | None]:
    if reader is None:
        return None, None
    start, end = _date(reader.scalar("起"), problems), _date(reader.scalar("止"), problems)
    if start and end and start > end:
        problems.append(reader.mark.problem("period", "起始日晚于截止日", "改正起止日期"))
    reader.text("说明")
    reader.finish()
    return start, end


def _date(scalar: Scalar | None, problems: list[Problem]) -> date | None:
    if scalar is None:
        return None
    try:
        return read_date(scalar.text.strip())
    except LiteralError as error:
        problems.append(scalar.mark.problem("bad-date", str(error), "改成存在的日期", scalar.text))
        return None


def _unique(items: list[tuple[str, Mark]], what: str, problems: list[Problem]) -> None:
    seen: dict[str, Mark] = {}
    for name, mark in items:
        if name in seen:
            problems.append(
                mark.problem(
                    "duplicate-id",
                    f"{what}“{name}”有两个，前一个在第 {seen[name].line} 行",
                    "改名",
                    name,
                )
            )
        seen.setdefault(name, mark)
