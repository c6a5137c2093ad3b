"""The fair-competition review of rules: what conditions and amounts read, whatever the wording."""

import re
from collections.abc import Iterator

from huiqi.reading.review.fairness_words import fair_finding, hits
from huiqi.reading.review.findings import Evidence, Finding, Kind, Severity, Source
from huiqi.rulebook.language.nodes import All, Any, Condition, Fact, Inside, Not, OneOf, facts, walk
from huiqi.rulebook.language.nodes import Kind as FactKind
from huiqi.rulebook.library.policy import Form, Policy, Support
from huiqi.rulebook.library.vocabulary import Vocabulary

_LOCAL = r"(?:本地|本市|本省|本县|我市|市内|省内|县内|区内|域内|当地|属地)"
_LOCAL_SHARE = re.compile(
    rf"{_LOCAL}(?:企业|产品)?(?:的)?(?:协作)?(?:配套|采购|供应|产品|用工|零部件|份额|占比|原料)|本地化率"
)
_MOVING = re.compile(r"迁入|搬迁入|迁来|招引|引进企业|引进项目|招商|落户(?!人员)")
_TAX_PAID = re.compile(
    r"纳税(?!信用)(?!人)|缴税|税收贡献|财政贡献|地方贡献|经济贡献|地方留成|税收留成|入库税|上缴税|地方财力"
)
_A_TAX = re.compile(r"(?:税|税款|税额|税收|税费)$")
_OWNER = re.compile(r"民营|民办|私营|国有|国企|央企|外资|外商|集体所有|非公有|所有制|港澳台")
_BRANCH = re.compile(r"分支机构|分公司|子公司|本地法人|区域总部|在本地设|设立总部")
_OWNER_NAME = re.compile(
    r"(?:支持|向|对|给|面向)(?:民营|民办|私营|国有|外资|非公)|^(?:民营|民办|私营|外资)[^向采购]*$"
)
_RETURN = re.compile(r"返投")
_REGISTERED = re.compile(r"注册地|登记地|税务登记地|时注册地")


def fair_rules(policy: Policy, vocabulary: Vocabulary | None = None) -> list[Finding]:
    """The findings in a policy's supports and duties, one for each kind and clause."""
    out: list[Finding] = []
    for support in policy.supports:
        out += _of_support(support, vocabulary)
    for clause in policy.clauses:
        place = f"{clause.mark.file}:{clause.mark.line}"
        for duty in (clause.heading, *clause.duties):
            for hit in hits(duty):
                if hit.kind is not Kind.LOCAL_REGISTRATION:
                    words = Evidence(Source.RULE, duty, place)
                    out.append(fair_finding(hit.kind, hit.severity, words, clause.id))
    return out


def _of_support(support: Support, vocabulary: Vocabulary | None) -> Iterator[Finding]:
    """What one support's conditions, amount and own words show."""

    def made(kind: Kind, severity: Severity, words: str, line: int = 0) -> Finding:
        place = f"{support.file}:{line or support.mark.line}"
        whole = kind is Kind.LOCAL_REGISTRATION
        return fair_finding(
            kind,
            severity,
            Evidence(Source.RULE, words, place),
            "" if whole else support.clause,
            support.id,
        )

    moved = False
    for line in support.lines[1:]:
        at = line.mark.line
        read = _mine(support, facts(line.node))
        if _crosses(line.node) or (_labels(line.node, _MOVING) and not _people(support)):
            moved = True
            yield made(Kind.MOVE_IN, Severity.ERROR, line.text, at)
        elif _registered_here(line.node):
            yield made(Kind.LOCAL_REGISTRATION, Severity.WARNING, line.text, at)
        for fact in read:
            words = _words(fact, vocabulary)
            if _LOCAL_SHARE.search(words):
                yield made(Kind.LOCAL_SHARE, Severity.ERROR, line.text, at)
            if _TAX_PAID.search(words) and support.form is not Form.RELIEF:
                yield made(Kind.TAX_LINK, Severity.ERROR, line.text, at)
            if _OWNER.search(fact.name):
                yield made(Kind.OWNER, Severity.ERROR, line.text, at)
            if _BRANCH.search(fact.name):
                yield made(Kind.BRANCH, Severity.ERROR, line.text, at)
        if _labels(line.node, _OWNER, support):
            yield made(Kind.OWNER, Severity.ERROR, line.text, at)
    if not moved and _MOVING.search(support.table) and not _people(support):
        yield made(Kind.MOVE_IN, Severity.ERROR, f"对象: {support.table}")
    for fact in _paid_by(support):
        words = _words(fact, vocabulary)
        shown = support.amount_text or fact.shown
        if _LOCAL_SHARE.search(words):
            yield made(Kind.LOCAL_SHARE, Severity.ERROR, shown)
        paid_out = support.form in (Form.PAYMENT, Form.VOUCHER)
        by_tax = _TAX_PAID.search(words) and support.form is not Form.RELIEF
        if by_tax or (paid_out and _A_TAX.search(fact.name)):
            yield made(Kind.TAX_LINK, Severity.ERROR, shown)
    own = (support.name, support.benefit, *(line.note for line in support.lines[1:]))
    if any(_RETURN.search(words) for words in (*own, *support.parameters, support.amount_text)):
        yield made(Kind.RETURN_INVESTMENT, Severity.WARNING, support.name)
    if _OWNER_NAME.search(support.name):
        yield made(Kind.OWNER, Severity.ERROR, support.name)
    if support.kind == "税收优惠":
        yield made(Kind.TAX_RELIEF, Severity.WARNING, support.name)
    lines = [support.mark.line] * 2 + [line.mark.line for line in support.lines[1:]]
    for words, at in zip(own, lines, strict=True):
        for hit in hits(words, giving=True):
            if hit.kind not in (Kind.LOCAL_REGISTRATION, Kind.RETURN_INVESTMENT):
                yield made(hit.kind, hit.severity, words, at)


def _crosses(node: Condition) -> bool:
    """Whether a condition asks that something came from outside a region into it."""
    inside: set[tuple[frozenset[str], Fact]] = set()
    outside: set[tuple[frozenset[str], Fact]] = set()

    def collect(item: Condition, positive: bool) -> None:
        match item:
            case Not():
                collect(item.item, not positive)
            case All() | Any():
                for part in item.items:
                    collect(part, positive)
            case Inside(item=Fact() as fact) if fact.type.kind is FactKind.REGION:
                (inside if positive else outside).add((item.codes, fact))

    collect(node, True)
    return any(
        codes == others and fact != other and (fact.path, fact.table) == (other.path, other.table)
        for codes, fact in inside
        for others, other in outside
    )


def _labels(node: Condition, pattern: re.Pattern[str], support: Support | None = None) -> bool:
    """Whether a condition asks for a list value that says it (认定方式 是 迁入)."""
    for part in walk(node):
        if not isinstance(part, OneOf) or not any(pattern.search(value) for value in part.values):
            continue
        if support is None:
            return True
        own = not isinstance(part.item, Fact) or bool(_mine(support, (part.item,)))
        # A list that names other kinds beside owners (高校、科研院所、国有企业) is no owner's privilege.
        if own and not _mixed(part.values):
            return True
    return False


def _mixed(values: frozenset[str]) -> bool:
    return any(not _OWNER.search(value) for value in values)


def _mine(support: Support, read: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Facts about the assessed row, its owner or the beneficiary, not about third parties.

    The link to an owner has the owner's name; links to others have names of their own (提供单位).
    """
    near = {(), support.beneficiary}
    return tuple(fact for fact in read if fact.path in near or fact.path == (fact.table,))


def _paid_by(support: Support) -> tuple[Fact, ...]:
    nodes = [node for node in (support.amount, support.lowest) if node is not None]
    return tuple(dict.fromkeys(fact for node in nodes for fact in facts(node)))


def _registered_here(node: Condition) -> bool:
    return any(
        isinstance(part, Inside)
        and isinstance(part.item, Fact)
        and part.item.type.kind is FactKind.REGION
        and _REGISTERED.search(part.item.name) is not None
        for part in walk(node)
    )


def _people(support: Support) -> bool:
    return re.search(r"人员|人才|引才|团队", support.table) is not None


def _words(fact: Fact, vocabulary: Vocabulary | None) -> str:
    """The fact's name, with its question where the vocabulary is at hand."""
    if vocabulary is None or fact.table not in vocabulary.tables:
        return fact.name
    spec = vocabulary.tables[fact.table].facts.get(fact.name)
    return f"{fact.name} {spec.question}" if spec is not None else fact.name
