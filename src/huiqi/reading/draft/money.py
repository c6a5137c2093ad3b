"""What a part of a support gives, as the amount keys of a support file."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from huiqi.reading.draft.evidence import LEVELS, Finder, Group, ValueHit
from huiqi.reading.draft.likeness import Described
from huiqi.reading.draft.parts import Figured, Part
from huiqi.reading.draft.tables import Seen, choice_facts
from huiqi.reading.draft.values import Money, Open, Tier
from huiqi.rulebook.language.literals import show_money
from huiqi.rulebook.language.nodes import Fact, Kind, Method, Statistic
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary

# Money per piece of something that the document counts: 每人1000元, 每平方米20元.
_PER = re.compile(
    r"每(?:新增|新招用|招用|吸纳|引进|培育|带动|名|位|人|平方米|亩|吨|天|日|月|个月|台|套|场|次|件|项)?[^,;。、]{0,12}$"
)
_EACH = re.compile(r"每(?:台|套|人|名|位|平方米|亩|吨|张|床|辆|架次|千瓦|度)[^;。]{0,24}$")
_BY_PERSON = re.compile(r"核定|合理确定|根据[^,。]{2,20}确定|视情|酌情|综合确定")
_UP_TO = re.compile(r"(?:不超过|最高(?:不超过)?|不高于|以内)[^,;。]{0,16}$")
_YEARLY = re.compile(r"年度|每年|全年|一年内|当年")
_SUBJECT = re.compile(r"(?:同一|单个|单户|单家|每个|每家|每户)(?:企业|单位|主体|机构|户)?")


@dataclass(frozen=True)
class Plan:
    """The money with what stays open, and the base that was found for a rate."""

    money: Money
    open: tuple[Open, ...] = ()


def yuan(value: Decimal) -> str:
    """A sum in yuan as policy files write it."""
    return show_money(int(value * 100))


def percent(value: Decimal) -> str:
    return f"{value.normalize():f}%"


def base_words(part: Part) -> str:
    """The words that a rate is of; for 免征 and the like the segment itself."""
    text = part.text
    if part.rates:
        figure = part.rates[0].figure
        start = max(text.rfind(mark, 0, figure.start) for mark in ",;。") + 1
        words = text[start : figure.start]
        if start and len(re.sub(r"[按照的给予不超过最高]", "", words)) < 3:
            start = max(text.rfind(mark, 0, start - 1) for mark in ",;。") + 1
            words = text[start : figure.start]
        after = re.match(r"[^,;。]{0,20}", text[figure.end :])
        return f"{words}，{after[0] if after else ''}"
    if part.worded_rates:
        said = [s for s in re.split(r"[,;。]", text) if re.search(r"免|减半|全额", s)]
        return said[0] if said and len(said[0]) > 8 else text
    return ""


def base_facts(finder: Finder, part: Part) -> tuple[tuple[Described, int], ...]:
    """Money facts that a rate may be of, best first."""
    words = base_words(part)
    if not words:
        return ()
    best: dict[str, tuple[Described, int]] = {}
    for piece in [words, *re.split(r"[、,，和与及]", words)]:
        for item, fit in finder.numeric(piece, (Kind.MONEY,), least=35):
            known = best.get(item.spec.shown)
            if known is None or fit > known[1]:
                best[item.spec.shown] = (item, fit)
    return tuple(sorted(best.values(), key=lambda row: -row[1]))


def plan(finder: Finder, part: Part, seen: Seen, table: str) -> Plan:
    """Choose among 金额, 分档, 进档, 比例, 核定 and 优惠."""
    made = _main(finder, part, seen, table)
    money, open_ = _limits(part, made.money)
    return Plan(money, (*made.open, *open_))


def _main(finder: Finder, part: Part, seen: Seen, table: str) -> Plan:
    if part.rates or part.worded_rates:
        return _rated(finder, part, table)
    if len(part.amounts) > 1:
        return _graded(finder, part, seen, table)
    if part.amounts:
        return _single(finder, part, part.amounts[0], table)
    if part.caps:
        cap = part.caps[0]
        parameters = (("最高额", yuan(cap.value)),)
        loan = re.search(r"贷款|额度|授信", part.text) and not _BY_PERSON.search(part.text)
        if loan:
            return Plan(Money(parameters, amount="最高额"))
        return Plan(Money(parameters, within="最高额"))
    return Plan(Money(benefit=gist(part.text)))


def gist(text: str) -> str:
    """A few words of a benefit without figures, cut short; a person words it anew."""
    at = re.search(r"给予|予以|享受|开辟|优先|可|免|实行|提供|支持|进行|视同", text)
    words = text[at.start() if at else 0 :]
    words = re.split(r"[,;。]", words)[0][:18]
    return f"{words or text[:18]}（待改写）"


def _single(finder: Finder, part: Part, amount: Figured, table: str) -> Plan:
    before = part.text[: amount.figure.start]
    segment = re.split(r"[,;。]", before)[-1]
    per = _PER.search(segment) or _EACH.search(before)
    once = re.search(r"每(?:次|项|件|家|户|孵化|个项目|年)", segment)
    if per is None or once:
        return Plan(Money((("标准", yuan(amount.value)),), amount="标准"))
    counts = [
        (item, fit)
        for item, fit in finder.numeric(per[0], (Kind.COUNT,), least=40)
        if item.spec.table in _reach(finder.vocabulary, table)
    ]
    if counts:
        name = shown(finder.vocabulary, table, counts[0][0].spec)
        return Plan(
            Money((("单位标准", yuan(amount.value)),), amount=f"{name} × 单位标准"),
            (Open(per[0], f"按“{name}”计数，请核对"),),
        )
    return Plan(
        Money(
            (("单位标准", yuan(amount.value)),),
            benefit=f"按数量计发，每单位{yuan(amount.value)}（待改写）",
        ),
        (Open(per[0], "按数量计发，词汇表里没有能对上的数量"),),
    )


# -------------------------------------------------------------------- grades


def _graded(finder: Finder, part: Part, seen: Seen, table: str) -> Plan:
    reached = _reached(finder, part, seen, table)
    if reached is not None:
        return reached
    paired = _paired(finder, part, seen, table)
    if paired is not None:
        parameters = tuple((f"{tier.name}标准", tier.amount) for tier in paired)
        tiers = tuple(Tier(tier.name, tier.when, f"{tier.name}标准") for tier in paired)
        return Plan(Money(parameters, tiers=tiers))
    values = [amount.value for amount in part.amounts]
    names = _distinct([f"第{index}档" for index in range(1, len(values) + 1)])
    parameters = tuple((f"{name}标准", yuan(v)) for name, v in zip(names, values, strict=True))
    least, most = values.index(min(values)), values.index(max(values))
    money = Money(parameters, within=parameters[most][0], within_least=parameters[least][0])
    words = "、".join(yuan(value) for value in values)
    return Plan(money, (Open(words, "各档金额分别对应什么条件没有认出，先写成核定范围"),))


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}{seen[name]}")
    return out


def _paired(finder: Finder, part: Part, seen: Seen, table: str) -> tuple[Tier, ...] | None:
    """Amounts paired in order with levels and values, or each with the level printed beside it."""
    vocabulary = finder.vocabulary
    level_fact = own_choice(vocabulary, table, LEVELS)
    needed = len(part.amounts)
    combos = _combos(finder, seen.groups, level_fact, table, needed)
    if len(combos) != needed:
        # A level of its own elsewhere in the sentence (省级大赛一、二等奖) pairs with nothing.
        groups = tuple(group for group in seen.groups if group.values)
        combos = _combos(finder, groups, level_fact, table, needed)
    if len(combos) != needed:
        beside = _beside(finder, part, level_fact, table)
        if beside is None:
            return None
        combos = beside
    if not all(when for _, when in combos):
        return None
    names = _distinct([name for name, _ in combos])
    return tuple(
        Tier(name, when, yuan(amount.value))
        for name, (_, when), amount in zip(names, combos, part.amounts, strict=True)
    )


def _combos(
    finder: Finder, groups: tuple[Group, ...], level_fact: str, table: str, needed: int
) -> list[tuple[str, str]]:
    """(name, condition) of every grade that the groups list, in reading order."""
    out: list[tuple[str, str]] = []
    for group in groups:
        listed = _value_conditions(finder, table, group.values)
        if not group.levels:
            out += listed
        elif listed or not group.values:
            both = len(group.levels) * len(listed) == needed
            for level in group.levels:
                if both and len(listed) > 1:
                    out += [_both(level.level, level_fact, one) for one in listed]
                    continue
                joined = _any_of(listed) if listed else ("", "")
                out.append(_both(level.level, level_fact, joined))
    return out


def _both(level: str, fact: str, value: tuple[str, str]) -> tuple[str, str]:
    when = f"{fact} 是 {level}" if fact else ""
    name, condition = value
    if not condition:
        return level, when
    return f"{level}{name}", f"{condition} 且 {when}" if when else ""


def _any_of(listed: list[tuple[str, str]]) -> tuple[str, str]:
    """Several values of one fact as one condition; the name is said only for a single one."""
    if len(listed) == 1:
        return listed[0]
    fact = listed[0][1].split(" ")[0]
    values = "、".join(condition.split(" 是 ")[1] for _, condition in listed)
    return "", f"{fact} 是 {values}"


def _value_conditions(
    finder: Finder, table: str, values: tuple[ValueHit, ...]
) -> list[tuple[str, str]]:
    out = []
    for hit in values:
        for listed, value in hit.options:
            name = own_choice(finder.vocabulary, table, listed, linked=True)
            if name:
                out.append((value, f"{name} 是 {value}"))
                break
    return out


def _beside(finder: Finder, part: Part, fact: str, table: str) -> list[tuple[str, str]] | None:
    """国家级50万元、省级20万元: the level or value that stands right before each amount."""
    out = []
    at = 0
    for amount in part.amounts:
        words = part.text[at : amount.figure.start]
        at = amount.figure.end
        values = finder.values(words)
        levels = finder.levels(words, values)
        listed = _value_conditions(finder, table, values[-1:])
        if levels and fact:
            out.append((levels[-1].level, f"{fact} 是 {levels[-1].level}"))
        elif listed:
            out.append(listed[-1])
        else:
            return None
    return out if len({when for _, when in out}) == len(out) else None


def _reached(finder: Finder, part: Part, seen: Seen, table: str) -> Plan | None:
    """首次达到3亿元、5亿元、10亿元: the award of the grade newly reached."""
    bounds = [figure for figure in part.thresholds if figure.kind in ("money", "count")]
    if len(bounds) != len(part.amounts) or not seen.numbers:
        return None
    facts = [
        item for item, fit in seen.numbers[0].candidates
        if item.spec.table in _reach(finder.vocabulary, table) and fit >= 35
    ]  # fmt: skip
    if not facts:
        return None
    now = facts[0].spec
    name = shown(finder.vocabulary, table, now)
    money = bounds[0].kind == "money"
    steps = []
    for figure, amount in zip(bounds, part.amounts, strict=True):
        size = figure.yuan[0] if money else figure.value
        steps.append((size, yuan(size) if money else f"{size:f}{now.type.unit}", amount))
    steps.sort(key=lambda step: step[0])
    before = earlier_most(finder.vocabulary, table, now)
    first = re.search(r"首次|首个|第一次", part.text)
    if before and first:
        grades = tuple((text, yuan(amount.value)) for _, text, amount in steps)
        return Plan(Money(reached=name, reached_before=before, grades=grades))
    parameters = tuple((f"达到{text}标准", yuan(amount.value)) for _, text, amount in steps)
    tiers = tuple(
        Tier(f"达到{text}", f"{name} 达到 {text}", f"达到{text}标准")
        for _, text, _ in reversed(steps)
    )
    open_ = (Open(first[0], "没有记录以往最高数的事实，首次未能判断"),) if first else ()
    return Plan(Money(parameters, tiers=tiers), open_)


def earlier_most(vocabulary: Vocabulary, table: str, now: FactSpec) -> str:
    """The fact that holds the highest earlier value of a fact of the same event."""
    for spec in vocabulary.tables[now.table].facts.values():
        made = spec.definition
        if (
            isinstance(made, Statistic)
            and made.method is Method.EARLIER_MAX
            and isinstance(made.value, Fact)
            and (made.value.table, made.value.name) == (now.table, now.name)
        ):
            return shown(vocabulary, table, spec)
    return ""


# -------------------------------------------------------------------- rates


def _rated(finder: Finder, part: Part, table: str) -> Plan:
    values = [rate.value for rate in part.rates] or list(part.worded_rates)
    reach = _reach(finder.vocabulary, table)
    facts = _base(finder, part, table, reach)
    rate = percent(values[0])
    if len(set(values)) > 1:
        return Plan(
            Money(benefit="按不同比例给予（待改写）", printed_rates=tuple(map(percent, values))),
            (Open("、".join(map(percent, values)), "几个比例分别对应什么没有认出"),),
        )
    alone = () if facts else _only_money(finder.vocabulary, table)
    facts = facts or alone
    if not facts:
        words = base_words(part).replace("，", "")[-30:]
        return Plan(
            Money(benefit=gist(part.text), printed_rates=(rate,)),
            (Open(words, "比例的基数在词汇表里没有能对上的金额"),),
        )
    steps = re.search(r"(?:的|超出|超过)部分", part.text)
    open_: tuple[Open, ...] = (
        (Open(steps[0], "分段计算没有写成规则，先按全额乘比例"),) if steps else ()
    )
    if alone:
        open_ += (Open("", f"基数按“{table}”唯一的金额“{alone[0].name}”推定，请核对"),)
    base = " + ".join(shown(finder.vocabulary, table, spec) for spec in facts)
    if part.rates and _UP_TO.search(part.text[: part.rates[0].figure.start]):
        scaled = f"({base})" if len(facts) > 1 else base
        return Plan(Money((("最高比例", rate),), within=f"{scaled} × 最高比例"), open_)
    return Plan(Money((("比例标准", rate),), rate="比例标准", base=base), open_)


def _only_money(vocabulary: Vocabulary, table: str) -> tuple[FactSpec, ...]:
    """The one sum of money that an event holds; nothing where it holds several."""
    made = vocabulary.tables[table]
    sums = tuple(spec for spec in made.stored if spec.type.kind is Kind.MONEY)
    return sums if made.is_event and len(sums) == 1 else ()


def _base(finder: Finder, part: Part, table: str, reach: dict[str, str]) -> tuple[FactSpec, ...]:
    """The facts that make up the base; several where the text lists several."""
    words = base_words(part)
    # What stands before the rate says of what it is; only where it is silent, what stands behind.
    ahead = words.split("，")[0]
    if not any(row[1] >= 50 for row in finder.numeric(ahead, (Kind.MONEY,), least=50)):
        ahead = words
    found: dict[str, FactSpec] = {}
    for piece in re.split(r"[、,，和与及;。]", ahead):
        rows = [
            row for row in finder.numeric(piece, (Kind.MONEY,), least=50)
            if row[0].spec.table in reach
        ]  # fmt: skip
        own = [row for row in rows if row[0].spec.table == table] or rows
        for item, fit in own:
            if fit == 90 or item is own[0][0]:
                found.setdefault(item.spec.shown, item.spec)
    if part.rates and re.search(r"费用|费", words):
        # 利息、担保、评估等费用: a list of charges leaves out 费 after each.
        for spec in finder.vocabulary.tables[table].facts.values():
            bare = spec.name.removesuffix("费")
            if spec.type.kind is Kind.MONEY and bare != spec.name and bare in words:
                found.setdefault(spec.shown, spec)
    if found and any(spec.table == table for spec in found.values()):
        found = {name: spec for name, spec in found.items() if spec.table == table}
    if found:
        return tuple(found.values())
    rows = [row for row in base_facts(finder, part) if row[0].spec.table in reach and row[1] >= 45]
    return (rows[0][0].spec,) if rows else ()


# -------------------------------------------------------------------- limits


def _limits(part: Part, money: Money) -> tuple[Money, tuple[Open, ...]]:
    """Caps and floors beside the amount."""
    open_: list[Open] = []
    parameters = dict(money.parameters)
    used_cap = part.caps and not (part.amounts or part.rates or part.worded_rates)
    limits = [*([] if used_cap else part.caps), *part.other_caps]
    for limit in limits:
        before = _limit_words(part.text[: limit.figure.start])
        text = yuan(limit.value)
        if _YEARLY.search(before) and not money.year_cap:
            money = replace(money, year_cap=text)
        elif (
            re.search(r"累计|合计|总额", before)
            and _SUBJECT.search(before)
            and not money.subject_cap
        ):
            money = replace(money, subject_cap=text)
        elif not money.cap and "封顶" not in parameters and _computed(money):
            parameters["封顶"] = text
            money = replace(money, cap="封顶")
        elif "封顶" not in parameters:
            parameters["封顶"] = text
            open_.append(Open(text, "金额还不能计算，封顶先记在参数里"))
        else:
            open_.append(Open(text, "这个限额管哪一项、按什么期间计，没有认出"))
    if part.floor is not None:
        if money.rate:
            parameters["最低额"] = yuan(part.floor)
            money = replace(money, floor="最低额")
        elif not money.amount and not money.tiers:
            parameters["最低额"] = yuan(part.floor)
            money = replace(money, amount="最低额", benefit="")
            open_.append(Open(yuan(part.floor), "只写了不低于多少，先按最低数写"))
    return replace(money, parameters=tuple(parameters.items())), tuple(open_)


def _computed(money: Money) -> bool:
    return bool(money.amount or money.rate or money.within or money.tiers or money.grades)


def _limit_words(before: str) -> str:
    """The segment of a limit, with the one before it where that only says for whom (对同一企业…)."""
    segments_ = re.split(r"[,;。]", before)
    words = segments_[-1]
    if len(segments_) > 1 and re.match(r"(?:对)?(?:同一|单个|单户|单家|每[个家户])", segments_[-2]):
        words = f"{segments_[-2]},{words}"
    return words


# -------------------------------------------------------------------- names


def _reach(vocabulary: Vocabulary, table: str) -> dict[str, str]:
    return {target: prefix for prefix, (_, target) in reversed(vocabulary.paths(table).items())}


def shown(vocabulary: Vocabulary, table: str, spec: FactSpec) -> str:
    """A fact's name as rules on ``table`` write it; empty when it can't be read from there."""
    prefix = _reach(vocabulary, table).get(spec.table, "")
    return f"{prefix}.{spec.name}" if prefix else ""


def own_choice(vocabulary: Vocabulary, table: str, listed: str, linked: bool = False) -> str:
    """The name of the table's fact of a closed list; with ``linked`` also the nearest linked one."""
    for prefix, spec in choice_facts(vocabulary, table, listed):
        if spec.table == table or linked:
            return f"{prefix}.{spec.name}"
    return ""
