"""Whether clauses, units, targets and dates of the text stand in the policy folder, and as printed."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from huiqi.reading.folding import fold
from huiqi.reading.review.align import Passage, alike, at, plain
from huiqi.reading.review.amounts import exact
from huiqi.reading.review.findings import Evidence, Finding, Kind, Severity, Source, finding
from huiqi.reading.values import Reading, Target
from huiqi.rulebook.library.policy import Comparator, Policy
from huiqi.rulebook.library.policy import Target as PolicyTarget

_COMPARATORS = {
    ">=": {Comparator.AT_LEAST},
    ">": {Comparator.MORE},
    "<=": {Comparator.AT_MOST},
    "<": {Comparator.LESS},
    # A bare number has no boundary word: read as exactly or as at least, neither contradicts it.
    "=": {Comparator.EQUAL, Comparator.ABOUT, Comparator.AT_LEAST},
    "range": {Comparator.RANGE},
    "growth": {Comparator.GROWTH},
    "first": {Comparator.FIRST},
}


def check_carried(
    policy: Policy, reading: Reading, passages: Sequence[Passage]
) -> Iterator[Finding]:
    """Everything that the text says of the whole paper and its clauses and the folder does not."""
    yield from _identity(policy, reading)
    yield from _clauses(policy, passages)
    yield from _units(passages)
    yield from _targets(policy, reading, passages)
    yield from _supports_dates(policy, reading, passages)


def _identity(policy: Policy, reading: Reading) -> Iterator[Finding]:
    told = reading.document
    pairs = [
        ("文号", told.number or "", policy.number),
        ("印发日期", told.issued_on or "", policy.issued.isoformat() if policy.issued else ""),
        ("施行日期", told.in_force_from or "", policy.start.isoformat()),
        ("截止日期", told.in_force_until or "", policy.end.isoformat() if policy.end else ""),
    ]
    for what, printed, kept in pairs:
        # 施行日期 is the rule author's decision where the text prints none.
        if not printed or plain(printed) == plain(kept):
            continue
        dated = what in ("施行日期", "截止日期")
        yield finding(
            Kind.DATE if dated else Kind.IDENTITY,
            f"{what}：文本是“{printed}”，政策文件里是“{kept or '没有写'}”",
            "改成一致",
            Evidence(Source.TEXT, told.in_force_words or printed if dated else printed),
            Evidence(Source.RULE, kept or "（空）", f"{policy.id}/policy.yaml"),
            key=what,
        )
    if told.in_force_span and policy.end is None:
        count, unit = told.in_force_span
        yield finding(
            Kind.DATE,
            f"文本写有效期 {count}{unit}，政策文件没有截止日期",
            "按施行日期算出截止日期，写在“施行”的“止”",
            Evidence(Source.TEXT, told.in_force_words or f"{count}{unit}"),
            key="有效期",
        )
    kept_titles = [(plain(title), plain(number)) for title, number in policy.based_on]
    own = plain(policy.title)
    for cited in told.based_on:
        title, number = plain(cited.title), plain(cited.number or "")
        known = any(
            (number and number == other) or title == name or alike(title, name) > 90
            for name, other in kept_titles
        )
        if not known and title not in own and alike(title, own) < 90:
            yield finding(
                Kind.CITED,
                f"文本的依据文件《{cited.title}》没有写进“依据”",
                "补进 policy.yaml 的“依据”",
                Evidence(
                    Source.TEXT,
                    reading.text[cited.start : cited.end],
                    start=cited.start,
                    end=cited.end,
                ),
                key=cited.number or cited.title[:16],
                severity=Severity.WARNING,
            )


def _clauses(policy: Policy, passages: Sequence[Passage]) -> Iterator[Finding]:
    carried = {passage.policy.id for passage in passages if passage.policy is not None}
    for passage in passages:
        if passage.policy is None:
            clause = passage.clause
            name = clause.heading or clause.label
            yield finding(
                Kind.CLAUSE,
                f"文本的条款“{name}”不在政策文件里",
                "补一条，写明单位和职责",
                Evidence(Source.TEXT, name, start=clause.start, end=clause.body_start),
                clause=passage.id,
            )
    for known in policy.clauses:
        if known.id not in carried:
            yield finding(
                Kind.CLAUSE,
                f"政策文件的条款“{known.heading}”在文本里找不到",
                "核对编号和标题",
                Evidence(Source.RULE, known.heading, f"{known.mark.file}:{known.mark.line}"),
                clause=known.id,
            )


def _units(passages: Sequence[Passage]) -> Iterator[Finding]:
    for passage in passages:
        known, clause = passage.policy, passage.clause
        if known is None:
            continue
        kept = {plain(name) for name in known.units}
        place = f"{known.mark.file}:{known.mark.line}"
        for unit in clause.units:
            if plain(unit.name) not in kept:
                yield finding(
                    Kind.UNIT,
                    f"文本写明的单位“{unit.name}”不在本条的“单位”里",
                    "补进单位；印错的单位照录，并在“解释”里写明是谁",
                    Evidence(Source.TEXT, unit.name, start=unit.start, end=unit.end),
                    clause=passage.id,
                    key=unit.name,
                )
        told = {plain(unit.name) for unit in clause.units}
        for name in known.units:
            if plain(name) not in told:
                yield finding(
                    Kind.UNIT,
                    f"本条的单位“{name}”在文本里没有写",
                    "核对；由别的规定派定的，在“解释”里写明",
                    Evidence(Source.RULE, name, place),
                    clause=passage.id,
                    key=name,
                    severity=Severity.WARNING,
                )
        if (clause.lead or "") and plain(clause.lead or "") != plain(known.lead):
            joint = {plain(name) for name in known.joint_leads}
            if plain(clause.lead or "") not in joint:
                yield finding(
                    Kind.UNIT,
                    f"文本的牵头单位是“{clause.lead}”，政策文件里是“{known.lead or '没有写'}”",
                    "改正“牵头”",
                    Evidence(Source.TEXT, clause.lead or "", start=clause.start, end=clause.end),
                    clause=passage.id,
                    key="牵头",
                )


# -------------------------------------------------------------------- targets


def _targets(policy: Policy, reading: Reading, passages: Sequence[Passage]) -> Iterator[Finding]:
    for target in reading.targets:
        passage = at(passages, target.start)
        clause = passage.id if passage is not None else ""
        known = passage.policy.id if passage is not None and passage.policy is not None else None
        here = [kept for kept in policy.targets if known is None or kept.clause == known]
        same = [kept for kept in here if _same_value(target, kept)]
        key = plain(target.indicator)[:16]
        words = Evidence(Source.TEXT, target.quote, start=target.start, end=target.end)
        if not same:
            yield finding(
                Kind.TARGET,
                f"文本的目标“{target.indicator} {_shown(target)}”不在 targets.yaml 里",
                "补进 targets.yaml；不是目标的，说明理由",
                words,
                clause=clause,
                key=key,
            )
            continue
        best = max(same, key=lambda kept: alike(kept.indicator, target.indicator))
        rule = Evidence(Source.RULE, best.indicator, f"{best.mark.file}:{best.mark.line}")
        if best.comparator not in _COMPARATORS.get(target.comparator, {best.comparator}):
            yield finding(
                Kind.BOUNDARY,
                f"目标“{best.indicator}”：文本的意思是“{_said(target)}”，targets.yaml 写“{best.comparator}”",
                "改正“比较”",
                words,
                rule,
                clause=clause,
                key=key,
            )
        told, kept_years = _years(target.deadline), _years(best.deadline)
        if told and kept_years and told != kept_years and not best.period:
            yield finding(
                Kind.DATE,
                f"目标“{best.indicator}”：文本的期限是“{target.deadline}”，targets.yaml 写“{best.deadline}”",
                "改正“期限”",
                words,
                rule,
                clause=clause,
                key=key,
            )


def _said(target: Target) -> str:
    if target.comparator == "=":
        return "等于"
    found = sorted(_COMPARATORS.get(target.comparator, set()))
    return str(found[0]) if found else target.comparator


def _same_value(target: Target, kept: PolicyTarget) -> bool:
    values = target.value if isinstance(target.value, tuple) else (target.value,)
    mine, theirs = _scaled(values, target.unit or ""), _scaled(kept.values, kept.unit)
    return mine == theirs and alike(target.indicator, kept.indicator) > 25


def _scaled(values: tuple[Decimal, ...], unit: str) -> tuple[Decimal, ...]:
    factor = Decimal(1)
    for sign, size in (("亿", Decimal(10**8)), ("万", Decimal(10**4))):
        if unit.startswith(sign):
            factor = size
    return tuple((value * factor).normalize() for value in values)


def _shown(target: Target) -> str:
    values = target.value if isinstance(target.value, tuple) else (target.value,)
    return f"{_said(target)} {'至'.join(exact(v) for v in values)}{target.unit or ''}"


def _years(text: str | None) -> frozenset[str]:
    return frozenset(re.findall(r"(?:19|20)\d\d|十[一二三四五]五", fold(text or "")))


# -------------------------------------------------------------------- periods of supports

_UNTIL = re.compile(
    r"(?:到|至|截至|截止)(?P<year>20\d\d)年(?P<rest>\d{1,2}月(?:\d{1,2}日)?|底|末)?"
)


def _supports_dates(
    policy: Policy, reading: Reading, passages: Sequence[Passage]
) -> Iterator[Finding]:
    """A year until which the text gives a support, where the rule goes on for ever."""
    shadow = fold(reading.text)
    for said in reading.supports:
        passage = at(passages, said.start)
        found = _UNTIL.search(shadow, said.start, said.end) if passage is not None else None
        if passage is None or passage.policy is None or found is None:
            continue
        supports = [item for item in policy.supports if item.clause == passage.policy.id]
        if supports and not any(
            item.end is not None and item.end.year == int(found["year"]) for item in supports
        ):
            yield finding(
                Kind.DATE,
                f"文本写“{found[0]}”，本条的规则没有在{found['year']}年截止",
                "在支持的“期间”里写“止”",
                Evidence(
                    Source.TEXT,
                    reading.text[found.start() : found.end()],
                    start=found.start(),
                    end=found.end(),
                ),
                clause=passage.id,
                support=supports[0].id,
                key=found[0],
            )
